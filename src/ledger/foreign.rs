//! The ledgers of other tools: what they say has run. They are read and never written.

use crate::database::{DatabaseError, Session, Value};
use crate::migration::foreign::{ForeignHistory, Key, Tool};
use crate::model::Dialect;

/// Why another tool's ledger cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(
        "{file} is not what ran on this database: {tool}'s ledger has another checksum\nhelp: bring the file back from version control; nothing was changed"
    )]
    Changed { file: String, tool: Tool },
    #[error(
        "{tool} has run {name} on this database, and there is no such file\nhelp: bring it back from version control; nothing was changed"
    )]
    Missing { name: String, tool: Tool },
    #[error(
        "{name} failed on this database, says {tool}'s ledger\nhelp: mend it with {tool} first (its database is as the failure left it); nothing was changed"
    )]
    Failed { name: String, tool: Tool },
}

/// Which of a history's migrations have run, by position; `None` where the tool has no ledger here.
///
/// # Errors
/// The database's own; a ledger that does not fit the files.
pub fn applied(
    session: &mut dyn Session,
    history: &ForeignHistory,
) -> Result<Option<Vec<bool>>, LedgerError> {
    let (name, sql) = match history.tool {
        Tool::Drizzle => (
            "__drizzle_migrations",
            "SELECT hash, CAST(created_at AS TEXT) FROM {} ORDER BY created_at",
        ),
        Tool::Sqlx => (
            "_sqlx_migrations",
            match session.dialect() {
                Dialect::Postgres => {
                    "SELECT CAST(version AS TEXT), encode(checksum, 'hex'), success FROM {} ORDER BY version"
                }
                Dialect::Sqlite => {
                    "SELECT CAST(version AS TEXT), lower(hex(checksum)), success FROM {} ORDER BY version"
                }
            },
        ),
        Tool::Refinery => (
            "refinery_schema_history",
            "SELECT CAST(version AS TEXT), checksum FROM {} ORDER BY version",
        ),
        Tool::Prisma => (
            "_prisma_migrations",
            "SELECT migration_name, checksum, finished_at IS NOT NULL FROM {} WHERE rolled_back_at IS NULL ORDER BY started_at",
        ),
    };
    let Some(table) = place(session, name)? else { return Ok(None) };
    let rows = session.query(&sql.replace("{}", &table), &[])?;
    let mut applied = vec![false; history.migrations.len()];
    for row in rows.rows {
        let line = Line::of(&row);
        let found = history.migrations.iter().position(|migration| line.names(&migration.key));
        let tool = history.tool;
        let Some((migration, applied)) =
            found.and_then(|at| Some((history.migrations.get(at)?, applied.get_mut(at)?)))
        else {
            return Err(LedgerError::Missing { name: line.name, tool });
        };
        if line.done == Some(false) {
            return Err(LedgerError::Failed { name: line.name, tool });
        }
        if !line.fits(&migration.key) {
            let file = migration.file.display().to_string();
            return Err(LedgerError::Changed { file, tool });
        }
        *applied = true;
    }
    Ok(Some(applied))
}

/// The ledger's table, quoted, where there is one.
fn place(session: &mut dyn Session, name: &str) -> Result<Option<String>, DatabaseError> {
    let binds = [Value::Text(name.to_owned())];
    let sql = match session.dialect() {
        Dialect::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ?1",
        // drizzle-kit has a schema for it; the others follow the search path.
        Dialect::Postgres => {
            "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relname = $1 AND c.relkind IN ('r', 'p') \
             ORDER BY n.nspname IN ('drizzle', 'public') DESC, n.nspname LIMIT 1"
        }
    };
    let rows = session.query(sql, &binds)?;
    Ok(rows.rows.first().and_then(|row| row.first()?.as_text().map(str::to_owned)))
}

/// A row of a ledger.
struct Line {
    /// What names the migration: a hash, a version, a folder.
    name: String,
    second: Option<String>,
    done: Option<bool>,
}

impl Line {
    fn of(row: &[Value]) -> Self {
        let text = |at: usize| row.get(at).and_then(Value::as_text).map(str::to_owned);
        let done = row.get(2).map(|value| match value {
            // As PostgreSQL prints a truth value.
            Value::Text(text) => text == "t" || text == "true" || text == "1",
            other => other.as_bool().unwrap_or(false),
        });
        Self { name: text(0).unwrap_or_default(), second: text(1), done }
    }

    fn names(&self, key: &Key) -> bool {
        match key {
            Key::Drizzle { hash, when } => {
                // `numeric` on SQLite, `bigint` on PostgreSQL.
                let moment = self.second.as_deref().map(|text| text.trim_end_matches(".0"));
                self.name == *hash || moment == Some(when.to_string().as_str())
            }
            Key::Sqlx { version, .. } | Key::Refinery { version, .. } => {
                self.name == version.to_string()
            }
            Key::Prisma { name, .. } => self.name == *name,
        }
    }

    fn fits(&self, key: &Key) -> bool {
        let has = |sum: &String| self.second.as_ref() == Some(sum);
        match key {
            Key::Drizzle { hash, .. } => self.name == *hash,
            Key::Sqlx { checksum, .. } => has(checksum),
            Key::Refinery { checksums, .. } | Key::Prisma { checksums, .. } => {
                checksums.iter().any(has)
            }
        }
    }
}
