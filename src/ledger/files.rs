use super::Ledger;
use super::record::FILES;
use crate::database::{DatabaseError, Session, Value};
use crate::migration::{Migration, SNAPSHOT_FILE, Version};
use crate::model::Dialect;
use std::path::Path;

/// Larger files are known by their checksum only: data does not belong into the ledger twice.
const LARGEST: u64 = 256 * 1024;

/// A migration's files as they were when it ran. `None`: there was none, it was too large, or
/// Diesel ran the migration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub up: Option<String>,
    pub down: Option<String>,
    pub metadata: Option<String>,
    pub snapshot: Option<String>,
}

impl Kept {
    fn of(migration: &Migration) -> Self {
        if let Some(files) = migration.embedded {
            let small = |text: &&str| text.len() as u64 <= LARGEST;
            let owned = |text: Option<&str>| text.filter(small).map(str::to_owned);
            return Self {
                up: owned(Some(files.up)),
                down: owned(files.down),
                metadata: owned(files.metadata),
                snapshot: None,
            };
        }
        let read = |name: &str| small(&migration.path.join(name));
        Self {
            up: read("up.sql"),
            down: read("down.sql"),
            metadata: read("metadata.toml"),
            snapshot: read(SNAPSHOT_FILE),
        }
    }

    /// The files that are there, by name.
    #[must_use]
    pub fn files(&self) -> Vec<(&'static str, &str)> {
        [
            ("up.sql", &self.up),
            ("down.sql", &self.down),
            ("metadata.toml", &self.metadata),
            (SNAPSHOT_FILE, &self.snapshot),
        ]
        .into_iter()
        .filter_map(|(name, text)| Some((name, text.as_deref()?)))
        .collect()
    }
}

/// A file's text. What is not text, or holds what no database stores, is not kept.
fn small(path: &Path) -> Option<String> {
    if std::fs::metadata(path).ok()?.len() > LARGEST {
        return None;
    }
    std::fs::read_to_string(path).ok().filter(|text| !text.contains('\0'))
}

impl Ledger {
    /// On SQLite the key is the table: each commit waits for a page less to reach the disk.
    pub(super) fn keyed(&self) -> &'static str {
        match self.dialect {
            Dialect::Postgres => "",
            Dialect::Sqlite => " WITHOUT ROWID",
        }
    }

    pub(super) fn create_files(&mut self, session: &mut dyn Session) -> Result<(), DatabaseError> {
        if !self.files_exist {
            session.execute(&format!(
                "CREATE TABLE IF NOT EXISTS {}{FILES} (\n    \
                 version VARCHAR(50) PRIMARY KEY NOT NULL,\n    \
                 up TEXT,\n    down TEXT,\n    metadata TEXT,\n    snapshot TEXT\n){}",
                self.prefix,
                self.keyed()
            ))?;
            self.files_exist = true;
        }
        Ok(())
    }

    /// Keeps the files of a migration, so that a later edit can be shown and a lost folder
    /// restored.
    pub(crate) fn keep_sql(&self, migration: &Migration) -> String {
        let kept = Kept::of(migration);
        let text = |text: &Option<String>| self.literal_or_null(text.as_deref());
        format!(
            "INSERT INTO {}{FILES} (version, up, down, metadata, snapshot) VALUES ({}, {}, {}, {}, {}) \
             ON CONFLICT (version) DO UPDATE SET up = excluded.up, down = excluded.down, \
             metadata = excluded.metadata, snapshot = excluded.snapshot;\n",
            self.prefix,
            self.literal_or_null(Some(migration.version.as_str())),
            text(&kept.up),
            text(&kept.down),
            text(&kept.metadata),
            text(&kept.snapshot),
        )
    }

    /// Puts a migration's files off: to open one more table in each of many transactions that
    /// changed the catalogue costs PostgreSQL a fifth of all its time.
    pub(crate) fn keep_later(&mut self, migration: &Migration) {
        let sql = self.keep_sql(migration);
        self.unkept.push_str(&sql);
    }

    /// The statements that keep what was put off.
    pub(crate) fn unkept(&self) -> &str {
        &self.unkept
    }

    /// They have run.
    pub(crate) fn nothing_unkept(&mut self) {
        self.unkept.clear();
    }

    /// The files of a migration as they were when it ran.
    ///
    /// # Errors
    /// The database's own.
    pub fn kept(
        &self,
        session: &mut dyn Session,
        version: &Version,
    ) -> Result<Kept, DatabaseError> {
        if !self.files_exist {
            return Ok(Kept::default());
        }
        let sql = format!(
            "SELECT up, down, metadata, snapshot FROM {}{FILES} WHERE version = {}",
            self.prefix,
            self.marks().0
        );
        let rows = session.query(&sql, &[Value::Text(version.to_string())])?.rows;
        let mut row = rows.into_iter().flatten().map(|value| match value {
            Value::Text(text) => Some(text),
            _ => None,
        });
        let mut next = || row.next().flatten();
        Ok(Kept { up: next(), down: next(), metadata: next(), snapshot: next() })
    }

    /// Gives what is noted for one version to another: its folder was renamed.
    ///
    /// # Errors
    /// The database's own.
    pub fn rename(
        &self,
        session: &mut dyn Session,
        from: &Version,
        to: &Version,
    ) -> Result<(), DatabaseError> {
        let (one, two) = self.marks();
        for table in self.tables() {
            let sql =
                format!("UPDATE {}{table} SET version = {one} WHERE version = {two}", self.prefix);
            session.query(&sql, &[Value::Text(to.to_string()), Value::Text(from.to_string())])?;
        }
        Ok(())
    }
}
