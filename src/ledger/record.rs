use crate::database::{DatabaseError, Session, Value};
use crate::migration::{Checksum, Migration, Version};
use crate::model::Dialect;
use std::collections::BTreeMap;

/// Diesel's table, as Diesel creates it.
const DIESEL: &str = "__diesel_schema_migrations";
const DBKIT: &str = "__dbkit_migrations";
pub(super) const FILES: &str = "__dbkit_files";

/// Whether a migration that cannot run in one transaction came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Started,
    Finished,
}

/// What the ledger says of one migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub version: Version,
    /// It is in Diesel's table. False only for one that was started and did not finish.
    pub applied: bool,
    pub run_on: Option<String>,
    /// `None` where Diesel itself ran it.
    pub name: Option<String>,
    pub checksum: Option<String>,
    pub state: State,
    /// Statements that are done, of one that did not finish.
    pub statement: u64,
    pub duration_ms: Option<u64>,
}

/// The ledger of one database: where its tables are, and how they are written.
#[derive(Clone, Debug)]
pub struct Ledger {
    pub(super) dialect: Dialect,
    /// Quoted schema and a dot, so that a migration that changes `search_path` does no harm;
    /// empty on SQLite.
    pub(super) prefix: String,
    exists: bool,
    own_exists: bool,
    pub(super) files_exist: bool,
}

impl Ledger {
    /// Finds the ledger's tables; creates nothing.
    ///
    /// # Errors
    /// The database's own.
    pub fn find(session: &mut dyn Session) -> Result<Self, DatabaseError> {
        let dialect = session.dialect();
        if dialect == Dialect::Sqlite {
            let rows = session.query(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN (?1, ?2, ?3)",
                &[DIESEL, DBKIT, FILES].map(|name| Value::Text(name.to_owned())),
            )?;
            let has =
                |name: &str| rows.rows.iter().flatten().any(|value| value.as_text() == Some(name));
            return Ok(Self {
                dialect,
                prefix: String::new(),
                exists: has(DIESEL),
                own_exists: has(DBKIT),
                files_exist: has(FILES),
            });
        }
        let rows = session.query(
            "SELECT quote_ident(coalesce(n.nspname, current_schema())), c.oid IS NOT NULL, \
                    to_regclass(quote_ident(coalesce(n.nspname, current_schema())) || '.__dbkit_migrations') IS NOT NULL, \
                    to_regclass(quote_ident(coalesce(n.nspname, current_schema())) || '.__dbkit_files') IS NOT NULL \
             FROM (SELECT to_regclass('__diesel_schema_migrations') AS oid) AS found \
             LEFT JOIN pg_catalog.pg_class c ON c.oid = found.oid \
             LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace",
            &[],
        )?;
        let cell = |at: usize| rows.rows.first().and_then(|row| row.get(at)).cloned();
        let schema = cell(0).and_then(|value| value.as_text().map(str::to_owned));
        Ok(Self {
            dialect,
            prefix: schema.map(|schema| format!("{schema}.")).unwrap_or_default(),
            exists: is_true(cell(1)),
            own_exists: is_true(cell(2)),
            files_exist: is_true(cell(3)),
        })
    }

    /// Makes the tables that are missing.
    ///
    /// # Errors
    /// The database's own, such as a role without CREATE.
    pub fn create(&mut self, session: &mut dyn Session) -> Result<(), DatabaseError> {
        let prefix = &self.prefix;
        if !self.exists {
            session.execute(&format!(
                "CREATE TABLE IF NOT EXISTS {prefix}{DIESEL} (\n    \
                 version VARCHAR(50) PRIMARY KEY NOT NULL,\n    \
                 run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP\n)"
            ))?;
            self.exists = true;
        }
        if !self.own_exists {
            let integer = match self.dialect {
                Dialect::Postgres => "BIGINT",
                Dialect::Sqlite => "INTEGER",
            };
            session.execute(&format!(
                "CREATE TABLE IF NOT EXISTS {prefix}{DBKIT} (\n    \
                 version VARCHAR(50) PRIMARY KEY NOT NULL,\n    \
                 name TEXT NOT NULL,\n    \
                 checksum TEXT NOT NULL,\n    \
                 state TEXT NOT NULL CHECK (state IN ('started', 'finished')),\n    \
                 statement {integer} NOT NULL DEFAULT 0,\n    \
                 started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \
                 duration_ms {integer},\n    \
                 run_by TEXT,\n    \
                 dbkit_version TEXT NOT NULL\n)"
            ))?;
            self.own_exists = true;
        }
        self.create_files(session)
    }

    /// Everything in the ledger, oldest version first.
    ///
    /// # Errors
    /// The database's own, such as a role that may not read it.
    pub fn records(&self, session: &mut dyn Session) -> Result<Vec<Record>, DatabaseError> {
        let mut found: BTreeMap<Version, Record> = BTreeMap::new();
        let prefix = &self.prefix;
        if self.exists {
            let sql = format!("SELECT version, CAST(run_on AS TEXT) FROM {prefix}{DIESEL}");
            for row in session.query(&sql, &[])?.rows {
                let mut row = row.into_iter();
                let Some(version) = row.next().and_then(text) else { continue };
                let version = Version::new(&version);
                let record = Record {
                    version: version.clone(),
                    applied: true,
                    run_on: row.next().and_then(text),
                    name: None,
                    checksum: None,
                    state: State::Finished,
                    statement: 0,
                    duration_ms: None,
                };
                found.insert(version, record);
            }
        }
        if self.own_exists {
            let sql = format!(
                "SELECT version, name, checksum, state, CAST(statement AS TEXT), \
                 CAST(duration_ms AS TEXT), CAST(started_at AS TEXT) FROM {prefix}{DBKIT}"
            );
            for row in session.query(&sql, &[])?.rows {
                let mut row = row.into_iter().map(text);
                let mut next = || row.next().flatten();
                let Some(version) = next() else { continue };
                let version = Version::new(&version);
                let (name, checksum, state) = (next(), next(), next());
                let finished = state.as_deref() == Some("finished");
                // A finished row without Diesel's: Diesel itself reverted the migration.
                if finished && !found.contains_key(&version) {
                    continue;
                }
                let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
                let record = found.entry(version.clone()).or_insert(Record {
                    version,
                    applied: false,
                    run_on: None,
                    name: None,
                    checksum: None,
                    state: State::Finished,
                    statement: 0,
                    duration_ms: None,
                });
                record.name = name;
                record.state = if finished { State::Finished } else { State::Started };
                record.statement = number(next()).unwrap_or_default();
                record.duration_ms = number(next());
                // Another time in Diesel's row: Diesel reverted it and ran it again, perhaps from
                // another file.
                record.checksum = checksum.filter(|_| !finished || next() == record.run_on);
            }
        }
        Ok(found.into_values().collect())
    }

    /// Notes that a migration begins that cannot run in one transaction.
    ///
    /// # Errors
    /// The database's own.
    pub fn start(
        &self,
        session: &mut dyn Session,
        migration: &Migration,
        checksum: &Checksum,
    ) -> Result<(), DatabaseError> {
        self.put(session, migration, checksum, State::Started, None)
    }

    /// Notes how many statements of a started migration are done.
    ///
    /// # Errors
    /// The database's own.
    pub fn progress(
        &self,
        session: &mut dyn Session,
        version: &Version,
        statements: usize,
    ) -> Result<(), DatabaseError> {
        let (one, two) = self.marks();
        let sql =
            format!("UPDATE {}{DBKIT} SET statement = {one} WHERE version = {two}", self.prefix);
        let statements = i64::try_from(statements).unwrap_or(i64::MAX);
        let binds = [Value::Integer(statements), Value::Text(version.to_string())];
        session.query(&sql, &binds).map(drop)
    }

    /// Notes that a migration has run: in Diesel's table and in dbkit's.
    ///
    /// # Errors
    /// The database's own.
    pub fn finish(
        &self,
        session: &mut dyn Session,
        migration: &Migration,
        checksum: &Checksum,
        duration_ms: u64,
    ) -> Result<(), DatabaseError> {
        let one = self.marks().0;
        let sql = format!("INSERT INTO {}{DIESEL} (version) VALUES ({one})", self.prefix);
        session.query(&sql, &[Value::Text(migration.version.to_string())])?;
        self.put(session, migration, checksum, State::Finished, Some(duration_ms))?;
        self.keep(session, migration)
    }

    /// Notes a migration that has run as it is now: its name, its checksum and its files.
    ///
    /// # Errors
    /// The database's own.
    pub fn accept(
        &self,
        session: &mut dyn Session,
        migration: &Migration,
        checksum: &Checksum,
    ) -> Result<(), DatabaseError> {
        self.put(session, migration, checksum, State::Finished, None)?;
        self.keep(session, migration)
    }

    /// Takes a migration out of both tables.
    ///
    /// # Errors
    /// The database's own.
    pub fn remove(
        &self,
        session: &mut dyn Session,
        version: &Version,
    ) -> Result<(), DatabaseError> {
        let one = self.marks().0;
        for table in self.tables() {
            let sql = format!("DELETE FROM {}{table} WHERE version = {one}", self.prefix);
            session.query(&sql, &[Value::Text(version.to_string())])?;
        }
        Ok(())
    }

    /// True when the version is in Diesel's table now.
    ///
    /// # Errors
    /// The database's own.
    pub fn has(&self, session: &mut dyn Session, version: &Version) -> Result<bool, DatabaseError> {
        let one = self.marks().0;
        let sql = format!("SELECT 1 FROM {}{DIESEL} WHERE version = {one}", self.prefix);
        let rows = session.query(&sql, &[Value::Text(version.to_string())])?;
        Ok(!rows.rows.is_empty())
    }

    fn put(
        &self,
        session: &mut dyn Session,
        migration: &Migration,
        checksum: &Checksum,
        state: State,
        duration_ms: Option<u64>,
    ) -> Result<(), DatabaseError> {
        let prefix = &self.prefix;
        let (marks, first) = match self.dialect {
            Dialect::Postgres => ("$1::varchar, $2, $3, $4, $5, $6, $7", "$1::varchar"),
            Dialect::Sqlite => ("?1, ?2, ?3, ?4, ?5, ?6, ?7", "?1"),
        };
        // Diesel's own time, where it has one, ties this row to that run.
        let sql = format!(
            "INSERT INTO {prefix}{DBKIT} \
             (version, name, checksum, state, duration_ms, run_by, dbkit_version, started_at) \
             VALUES ({marks}, coalesce((SELECT run_on FROM {prefix}{DIESEL} WHERE version = {first}), \
             CURRENT_TIMESTAMP)) ON CONFLICT (version) DO UPDATE SET name = excluded.name, \
             checksum = excluded.checksum, state = excluded.state, \
             duration_ms = coalesce(excluded.duration_ms, {DBKIT}.duration_ms), \
             run_by = excluded.run_by, dbkit_version = excluded.dbkit_version, \
             started_at = excluded.started_at"
        );
        let word = match state {
            State::Started => "started",
            State::Finished => "finished",
        };
        let duration =
            duration_ms.and_then(|ms| i64::try_from(ms).ok()).map_or(Value::Null, Value::Integer);
        let binds = [
            Value::Text(migration.version.to_string()),
            Value::Text(migration.name.clone()),
            Value::Text(checksum.as_str().to_owned()),
            Value::Text(word.to_owned()),
            duration,
            std::env::var("USER").map_or(Value::Null, Value::Text),
            Value::Text(env!("CARGO_PKG_VERSION").to_owned()),
        ];
        session.query(&sql, &binds).map(drop)
    }

    /// All of its tables, whether they are there or not.
    pub(super) fn tables(&self) -> [&'static str; 3] {
        [DIESEL, DBKIT, FILES]
    }

    pub(super) fn marks(&self) -> (&'static str, &'static str) {
        match self.dialect {
            Dialect::Postgres => ("$1", "$2"),
            Dialect::Sqlite => ("?1", "?2"),
        }
    }
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

fn is_true(value: Option<Value>) -> bool {
    matches!(value, Some(Value::Bool(true))) || value.as_ref().and_then(Value::as_text) == Some("t")
}
