use crate::database::{DatabaseError, Session, Value};
use crate::dialect::{postgres, sqlite};
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
    /// It was applied, and its way back began.
    Reverting,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Finished => "finished",
            Self::Reverting => "reverting",
        }
    }
}

/// How far a migration is that runs statement by statement.
#[derive(Clone, Debug)]
pub struct Progress<'p> {
    pub state: State,
    /// Statements that are done.
    pub done: usize,
    /// Statements of the file.
    pub of: usize,
    /// The statement that is about to run, where nothing but a look at the database can tell
    /// afterwards whether it did.
    pub running: Option<&'p str>,
    /// Of the file's text up to the last statement that is done.
    pub part: Checksum,
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
    /// How many its file has.
    pub statements: u64,
    /// The statement whose outcome is unknown.
    pub running: Option<String>,
    /// Checksum of the file's text up to the last statement that is done.
    pub part: Option<String>,
    pub duration_ms: Option<u64>,
}

impl Record {
    fn new(version: Version, applied: bool) -> Self {
        Self {
            version,
            applied,
            run_on: None,
            name: None,
            checksum: None,
            state: State::Finished,
            statement: 0,
            statements: 0,
            running: None,
            part: None,
            duration_ms: None,
        }
    }
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
    /// Files of migrations that have run and are not kept yet.
    pub(super) unkept: String,
}

impl Ledger {
    /// Finds the ledger's tables; creates nothing.
    ///
    /// # Errors
    /// The database's own.
    pub fn find(session: &mut dyn Session) -> Result<Self, DatabaseError> {
        Self::find_in(session, None)
    }

    /// The same in one schema of PostgreSQL, whatever `search_path` finds: a ledger of that name in
    /// `public` must not be taken for a tenant's.
    ///
    /// # Errors
    /// The database's own.
    pub fn find_in(session: &mut dyn Session, schema: Option<&str>) -> Result<Self, DatabaseError> {
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
                unkept: String::new(),
            });
        }
        let schema = schema.map_or(Value::Null, |schema| Value::Text(schema.to_owned()));
        let rows = session.query(
            "SELECT quote_ident(coalesce(n.nspname, found.wanted, current_schema())), c.oid IS NOT NULL, \
                    to_regclass(quote_ident(coalesce(n.nspname, found.wanted, current_schema())) || '.__dbkit_migrations') IS NOT NULL, \
                    to_regclass(quote_ident(coalesce(n.nspname, found.wanted, current_schema())) || '.__dbkit_files') IS NOT NULL \
             FROM (SELECT $1::text AS wanted, \
                          to_regclass(coalesce(quote_ident($1::text) || '.', '') || '__diesel_schema_migrations') AS oid) AS found \
             LEFT JOIN pg_catalog.pg_class c ON c.oid = found.oid \
             LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace",
            &[schema],
        )?;
        let cell = |at: usize| rows.rows.first().and_then(|row| row.get(at)).cloned();
        let schema = cell(0).and_then(|value| value.as_text().map(str::to_owned));
        Ok(Self {
            dialect,
            prefix: schema.map(|schema| format!("{schema}.")).unwrap_or_default(),
            exists: is_true(cell(1)),
            own_exists: is_true(cell(2)),
            files_exist: is_true(cell(3)),
            unkept: String::new(),
        })
    }

    /// All its tables are there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.exists && self.own_exists && self.files_exist
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
                 state TEXT NOT NULL CHECK (state IN ('started', 'finished', 'reverting')),\n    \
                 statement {integer} NOT NULL DEFAULT 0,\n    \
                 statements {integer} NOT NULL DEFAULT 0,\n    \
                 running TEXT,\n    \
                 part TEXT,\n    \
                 started_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,\n    \
                 duration_ms {integer},\n    \
                 run_by TEXT,\n    \
                 dbkit_version TEXT NOT NULL\n){}",
                self.keyed()
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
        // Both in one round trip.
        let mut sql = Vec::new();
        if self.exists {
            sql.push(format!("SELECT version, CAST(run_on AS TEXT) FROM {prefix}{DIESEL}"));
        }
        if self.own_exists {
            sql.push(format!(
                "SELECT version, name, checksum, state, CAST(statement AS TEXT), \
                 CAST(statements AS TEXT), running, part, CAST(duration_ms AS TEXT), CAST(started_at AS TEXT) FROM {prefix}{DBKIT}"
            ));
        }
        let mut results = session.query_all(&sql)?.into_iter();
        if self.exists {
            for row in results.next().unwrap_or_default().rows {
                let mut row = row.into_iter();
                let Some(version) = row.next().and_then(text) else { continue };
                let version = Version::new(&version);
                let mut record = Record::new(version.clone(), true);
                record.run_on = row.next().and_then(text);
                found.insert(version, record);
            }
        }
        if self.own_exists {
            for row in results.next().unwrap_or_default().rows {
                let mut row = row.into_iter().map(text);
                let mut next = || row.next().flatten();
                let Some(version) = next() else { continue };
                let version = Version::new(&version);
                let (name, checksum, state) = (next(), next(), next());
                let state = match state.as_deref() {
                    Some("started") => State::Started,
                    Some("reverting") => State::Reverting,
                    _ => State::Finished,
                };
                // Without Diesel's row: Diesel itself reverted the migration.
                if state != State::Started && !found.contains_key(&version) {
                    continue;
                }
                let number = |text: Option<String>| text.and_then(|text| text.parse().ok());
                let record =
                    found.entry(version.clone()).or_insert_with(|| Record::new(version, false));
                // With Diesel's row: Diesel has run what dbkit had only begun.
                let overtaken = state == State::Started && record.applied;
                record.state = if overtaken { State::Finished } else { state };
                let finished = state == State::Finished;
                record.name = name;
                record.statement = number(next()).unwrap_or_default();
                record.statements = number(next()).unwrap_or_default();
                record.running = next();
                record.part = next();
                record.duration_ms = number(next());
                // Another time in Diesel's row: Diesel reverted it and ran it again, perhaps from
                // another file.
                record.checksum = checksum.filter(|_| !finished || next() == record.run_on);
            }
        }
        Ok(found.into_values().collect())
    }

    /// Notes how far a migration is.
    ///
    /// # Errors
    /// The database's own.
    pub fn note(
        &self,
        session: &mut dyn Session,
        migration: &Migration,
        checksum: &Checksum,
        progress: &Progress<'_>,
    ) -> Result<(), DatabaseError> {
        session.execute(&self.put(migration, checksum, progress, "NULL"))
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
        statements: usize,
        duration_ms: u64,
    ) -> Result<(), DatabaseError> {
        let sql = self.finish_sql(migration, checksum, statements, Some(duration_ms));
        session.execute(&format!("{sql}{}", self.keep_sql(migration)))
    }

    /// The statements that note that a migration has run, all but its files. Without a duration the server measures
    /// it, from the beginning of the transaction.
    #[must_use]
    pub fn finish_sql(
        &self,
        migration: &Migration,
        checksum: &Checksum,
        statements: usize,
        duration_ms: Option<u64>,
    ) -> String {
        let duration = match (duration_ms, self.dialect) {
            (Some(duration), _) => duration.to_string(),
            (None, Dialect::Sqlite) => "NULL".to_owned(),
            (None, Dialect::Postgres) => {
                "CAST(1000 * extract(epoch FROM pg_catalog.clock_timestamp() - \
                 pg_catalog.transaction_timestamp()) AS bigint)"
                    .to_owned()
            }
        };
        format!(
            "INSERT INTO {}{DIESEL} (version) VALUES ({});\n{}",
            self.prefix,
            self.literal(migration.version.as_str()),
            self.put(migration, checksum, &finished(statements, checksum), &duration),
        )
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
        let sql = self.put(migration, checksum, &finished(0, checksum), "NULL");
        session.execute(&format!("{sql}{}", self.keep_sql(migration)))
    }

    /// Takes a migration out of all tables.
    ///
    /// # Errors
    /// The database's own.
    pub fn remove(
        &self,
        session: &mut dyn Session,
        version: &Version,
    ) -> Result<(), DatabaseError> {
        session.execute(&self.remove_sql(version))
    }

    /// The statements that take a migration out of all tables.
    #[must_use]
    pub fn remove_sql(&self, version: &Version) -> String {
        let (prefix, version) = (&self.prefix, self.literal(version.as_str()));
        let line = |table| format!("DELETE FROM {prefix}{table} WHERE version = {version};\n");
        self.tables().map(line).concat()
    }

    /// True when the version is in Diesel's table now.
    ///
    /// # Errors
    /// The database's own.
    pub fn has(&self, session: &mut dyn Session, version: &Version) -> Result<bool, DatabaseError> {
        let version = self.literal(version.as_str());
        let sql = format!("SELECT 1 FROM {}{DIESEL} WHERE version = {version}", self.prefix);
        let rows = session.query(&sql, &[])?;
        Ok(!rows.rows.is_empty())
    }

    /// Values stand in the text, so that it can travel with a migration's own statements.
    fn put(
        &self,
        migration: &Migration,
        checksum: &Checksum,
        progress: &Progress<'_>,
        duration: &str,
    ) -> String {
        let prefix = &self.prefix;
        let text = |text: &str| self.literal(text);
        let version = text(migration.version.as_str());
        let user = std::env::var("USER").ok();
        // Diesel's own time, where it has one, ties this row to that run.
        format!(
            "INSERT INTO {prefix}{DBKIT} (version, name, checksum, state, statement, statements, running, part, \
             duration_ms, run_by, dbkit_version, started_at) \
             VALUES ({version}, {}, {}, {}, {}, {}, {}, {}, {duration}, {}, {}, \
             coalesce((SELECT run_on FROM {prefix}{DIESEL} WHERE version = {version}), CURRENT_TIMESTAMP)) \
             ON CONFLICT (version) DO UPDATE SET name = excluded.name, \
             checksum = excluded.checksum, state = excluded.state, statement = excluded.statement, \
             statements = excluded.statements, running = excluded.running, part = excluded.part, \
             duration_ms = coalesce(excluded.duration_ms, {DBKIT}.duration_ms), \
             run_by = excluded.run_by, dbkit_version = excluded.dbkit_version, \
             started_at = excluded.started_at;\n",
            text(&migration.name),
            text(checksum.as_str()),
            text(progress.state.word()),
            progress.done,
            progress.of,
            self.literal_or_null(progress.running),
            text(progress.part.as_str()),
            self.literal_or_null(user.as_deref()),
            text(env!("CARGO_PKG_VERSION")),
        )
    }

    fn literal(&self, text: &str) -> String {
        match self.dialect {
            Dialect::Postgres => postgres::quote::literal(text),
            Dialect::Sqlite => sqlite::quote::literal(text),
        }
    }

    pub(super) fn literal_or_null(&self, text: Option<&str>) -> String {
        text.map_or("NULL".to_owned(), |text| self.literal(text))
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

fn finished(statements: usize, checksum: &Checksum) -> Progress<'static> {
    Progress {
        state: State::Finished,
        done: statements,
        of: statements,
        running: None,
        part: checksum.clone(),
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
