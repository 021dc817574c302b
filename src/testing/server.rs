//! PostgreSQL: `CREATE DATABASE … TEMPLATE`.

use super::Error;
use super::name::{COPY, TEMPLATE, next_copy, number, process, process_of};
use crate::config::{Location, Target};
use crate::database::postgres::PgSession;
use crate::database::{DatabaseError, ErrorKind, Session, Value, connect_elsewhere};
use crate::dialect::postgres::quote;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// First key of the advisory lock a process holds on its number while it lives.
const ALIVE: i32 = 0x0064_6b74;

/// First key of the lock on a template while it is made.
const MAKING: i32 = 0x0064_6b75;

/// SQLSTATEs of a database that is not there, and of one that is used by somebody.
const UNKNOWN_DATABASE: &str = "3D000";
const IN_USE: &str = "55006";

/// A session in the server's maintenance database, and the templates known to be there, with the
/// way to copy them.
struct Server {
    session: PgSession,
    templates: BTreeMap<String, String>,
}

/// One session for each server, which ends with the process.
static SERVERS: Mutex<BTreeMap<String, Server>> = Mutex::new(BTreeMap::new());

/// A copy of the template, made by `make` first where it is missing.
pub(super) fn copy(
    target: &Target,
    template: &str,
    make: &mut dyn FnMut(&str) -> Result<(), Error>,
) -> Result<(Target, String, String), Error> {
    let mut servers = lock();
    let server = server(&mut servers, target)?;
    let name = next_copy();
    let mut tries = 0;
    loop {
        let how = server.template(target, template, make)?;
        tries += 1;
        match server.session.execute(&create(&name, template, &how)) {
            // Another process has cleared it away: it was not used for long.
            Err(error) if tries < 3 && error.code.as_deref() == Some(UNKNOWN_DATABASE) => {
                server.templates.remove(template);
            }
            made => {
                made.map_err(Error::database(format!("making the database {name}")))?;
                return Ok((named(target, &name), url(target, &name), name));
            }
        }
    }
}

pub(super) fn remove(target: &Target, name: &str) -> Result<(), Error> {
    let mut servers = lock();
    let server = server(&mut servers, target)?;
    let sql = drop_sql(name);
    server.session.execute(&sql).map_err(Error::database(format!("dropping {name}")))
}

fn lock() -> MutexGuard<'static, BTreeMap<String, Server>> {
    SERVERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn server<'s>(
    servers: &'s mut BTreeMap<String, Server>,
    target: &Target,
) -> Result<&'s mut Server, Error> {
    let key = url(target, "");
    // A session that broke off has lost its locks, too.
    if servers.get_mut(&key).is_some_and(|server| server.session.execute("SELECT 1").is_err()) {
        servers.remove(&key);
    }
    if !servers.contains_key(&key) {
        let session = connect_elsewhere(target).map_err(Error::database(format!(
            "connecting to the server of {target}, whose role needs CREATEDB"
        )))?;
        let mut server = Server { session, templates: BTreeMap::new() };
        server.begin().map_err(Error::database("looking for databases that tests left"))?;
        servers.insert(key.clone(), server);
    }
    let gone = DatabaseError::new(ErrorKind::Lost, "the session is gone");
    servers.get_mut(&key).ok_or(gone).map_err(Error::database("connecting"))
}

impl Server {
    /// Says that this process lives, and removes what others left that do not.
    fn begin(&mut self) -> Result<(), DatabaseError> {
        self.session.execute(&format!("SELECT pg_advisory_lock({ALIVE}, {})", process() as i32))?;
        let own = format!(
            "SELECT datname, obj_description_of.text FROM pg_database \
             CROSS JOIN LATERAL (SELECT shobj_description(pg_database.oid, 'pg_database')) \
             AS obj_description_of(text) \
             WHERE datdba = (SELECT oid FROM pg_roles WHERE rolname = current_user) \
             AND (datname LIKE '{}%' OR datname LIKE '{}%') ORDER BY datname",
            COPY.replace('_', "\\_"),
            TEMPLATE.replace('_', "\\_"),
        );
        for row in self.session.query(&own, &[])?.rows {
            let (Some(Value::Text(name)), note) = (row.first(), row.get(1)) else { continue };
            let over = match process_of(name) {
                Some(other) => self.is_dead(other)?,
                None => matches!(note, Some(Value::Text(note)) if Note::parse(note).is_old()),
            };
            if over {
                // Another process may be clearing it away, too; what cannot be dropped now is
                // looked at again by the next.
                let _ = self.session.execute(&drop_sql(name));
            }
        }
        Ok(())
    }

    fn is_dead(&mut self, other: u32) -> Result<bool, DatabaseError> {
        let key = format!("({ALIVE}, {})", other as i32);
        let free = self.truth(&format!("SELECT pg_try_advisory_lock{key}"))?;
        if free {
            self.session.execute(&format!("SELECT pg_advisory_unlock{key}"))?;
        }
        Ok(free)
    }

    fn truth(&mut self, sql: &str) -> Result<bool, DatabaseError> {
        let rows = self.session.query(sql, &[])?.rows;
        Ok(matches!(rows.first().and_then(|row| row.first()), Some(Value::Bool(true))))
    }

    /// The way to copy a template, which is made when it is not there.
    fn template(
        &mut self,
        target: &Target,
        template: &str,
        make: &mut dyn FnMut(&str) -> Result<(), Error>,
    ) -> Result<String, Error> {
        if let Some(how) = self.templates.get(template) {
            return Ok(how.clone());
        }
        let looking = || Error::database(format!("looking for the template {template}"));
        let key = format!("({MAKING}, {})", number(template));
        let mut note = self.find(template).map_err(looking())?;
        if note.is_none() {
            self.session.execute(&format!("SELECT pg_advisory_lock{key}")).map_err(looking())?;
            // Somebody else may have been faster.
            let made = match self.find(template) {
                Ok(None) => self.make(target, template, make).map(Some),
                found => found.map_err(looking()),
            };
            self.session.execute(&format!("SELECT pg_advisory_unlock{key}")).map_err(looking())?;
            note = made?;
        }
        let note = note.unwrap_or_default();
        if note.used != today() {
            let note = Note { used: today(), ..note.clone() };
            // Two processes may do so at once; it is the same note.
            let _ = self.session.execute(&note.sql(template));
        }
        self.templates.insert(template.to_owned(), note.how.clone());
        Ok(note.how)
    }

    fn find(&mut self, template: &str) -> Result<Option<Note>, DatabaseError> {
        let sql = "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1";
        let rows = self.session.query(sql, &[Value::Text(template.to_owned())])?.rows;
        Ok(match rows.first().and_then(|row| row.first()) {
            Some(Value::Text(note)) => Some(Note::parse(note)),
            _ => None,
        })
    }

    /// Under another name first: what has the template's name is complete.
    fn make(
        &mut self,
        target: &Target,
        template: &str,
        make: &mut dyn FnMut(&str) -> Result<(), Error>,
    ) -> Result<Note, Error> {
        let draft = next_copy();
        self.create_draft(&draft)
            .map_err(Error::database("making the template (the role needs CREATEDB)"))?;
        let outcome = make(&url(target, &draft)).and_then(|()| {
            self.finish(&draft, template).map_err(Error::database("making the template"))
        });
        if outcome.is_err() {
            let _ = self.session.execute(&drop_sql(&draft));
        }
        outcome
    }

    /// `template1`, which is copied, is in use for a moment whenever somebody looks at it.
    fn create_draft(&mut self, draft: &str) -> Result<(), DatabaseError> {
        let sql = format!("CREATE DATABASE {}", quote::ident(draft));
        for _ in 0..5 {
            match self.session.execute(&sql) {
                Err(error) if error.code.as_deref() == Some(IN_USE) => {}
                other => return other,
            }
        }
        self.session.execute(&sql)
    }

    fn finish(&mut self, draft: &str, template: &str) -> Result<Note, DatabaseError> {
        let (from, to) = (quote::ident(draft), quote::ident(template));
        // A copy is refused while somebody is connected.
        self.session.execute(&format!("ALTER DATABASE {from} ALLOW_CONNECTIONS false"))?;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        self.session.query(sql, &[Value::Text(draft.to_owned())])?;
        let note = Note { how: self.fastest(draft)?, used: today() };
        self.session.execute(&note.sql(draft))?;
        self.session.execute(&format!("ALTER DATABASE {from} RENAME TO {to}"))?;
        Ok(note)
    }

    /// Whether pages go by way of the log or files are copied depends on size and disk (manual,
    /// CREATE DATABASE, STRATEGY): both are tried. Before version 15 files are copied always.
    fn fastest(&mut self, template: &str) -> Result<String, DatabaseError> {
        if !self.truth("SELECT current_setting('server_version_num')::int >= 150000")? {
            return Ok(String::new());
        }
        let mut best: Option<(std::time::Duration, &str)> = None;
        for how in [" STRATEGY wal_log", " STRATEGY file_copy"] {
            let name = next_copy();
            let begun = Instant::now();
            self.session.execute(&create(&name, template, how))?;
            self.session.execute(&drop_sql(&name))?;
            let took = begun.elapsed();
            if best.is_none_or(|(least, _)| took < least) {
                best = Some((took, how));
            }
        }
        Ok(best.map_or_else(String::new, |(_, how)| how.to_owned()))
    }
}

/// What a template's comment says: how to copy it and when it was last used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Note {
    how: String,
    used: String,
}

impl Note {
    fn parse(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let after = |key: &str| {
            let at = words.iter().position(|word| *word == key)?;
            words.get(at + 1).map(|word| (*word).to_owned())
        };
        let how = after("strategy").filter(|how| how == "wal_log" || how == "file_copy");
        Self {
            how: how.map(|how| format!(" STRATEGY {how}")).unwrap_or_default(),
            used: after("used").unwrap_or_default(),
        }
    }

    fn sql(&self, database: &str) -> String {
        let how = self.how.to_ascii_lowercase();
        let text = format!("dbkit::testing{how} used {}", self.used);
        format!("COMMENT ON DATABASE {} IS {}", quote::ident(database), quote::literal(&text))
    }

    /// Nobody has used it for a week.
    fn is_old(&self) -> bool {
        let used = chrono::NaiveDate::parse_from_str(&self.used, "%Y-%m-%d");
        used.is_ok_and(|used| (chrono::Utc::now().date_naive() - used).num_days() > 7)
    }
}

fn today() -> String {
    chrono::Utc::now().date_naive().to_string()
}

fn create(name: &str, template: &str, how: &str) -> String {
    format!("CREATE DATABASE {} TEMPLATE {}{how}", quote::ident(name), quote::ident(template))
}

fn drop_sql(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote::ident(name))
}

fn named(target: &Target, name: &str) -> Target {
    let mut target = target.clone();
    if let Location::Postgres { keywords, .. } = &mut target.location {
        keywords.retain(|(key, _)| key != "dbname");
        keywords.push(("dbname".to_owned(), name.to_owned()));
    }
    target
}

/// The target's URL with another database.
fn url(target: &Target, name: &str) -> String {
    target.location.url(Some(name))
}

#[cfg(test)]
mod tests {
    use super::{Note, named, url};
    use crate::config::{Location, Origin, Target};

    fn target(text: &str) -> Target {
        let location = Location::parse(text, &Origin::Default).unwrap_or_else(|e| panic!("{e}"));
        Target {
            location,
            origin: Origin::Default,
            environment: None,
            protected: false,
            connect_timeout: None,
            wait: None,
        }
    }

    #[test]
    fn another_database_of_the_same_server() {
        for (text, wanted) in [
            (
                "postgres://u:p%40@h:1/shop?sslmode=disable",
                "postgres://u:p%40@h:1/x_1?sslmode=disable",
            ),
            ("postgres://h", "postgres://h/x_1"),
            ("postgresql:///shop?host=%2Ftmp&dbname=y", "postgres:///x_1?host=%2Ftmp"),
            ("postgres://a,b:2/shop", "postgres://a,b:2/x_1"),
        ] {
            assert_eq!(url(&target(text), "x_1"), wanted);
        }
        let mut with = target("postgres://h/shop");
        if let Location::Postgres { keywords, .. } = &mut with.location {
            keywords.push(("sslmode".to_owned(), "verify-full".to_owned()));
        }
        assert_eq!(url(&named(&with, "y"), "x"), "postgres://h/x?sslmode=verify-full");
    }

    #[test]
    fn a_note_says_how_and_when() {
        let note = Note::parse("dbkit::testing strategy file_copy used 2020-01-31");
        assert_eq!(note.how, " STRATEGY file_copy");
        assert!(note.is_old());
        assert_eq!(Note::parse("; DROP"), Note::default());
        assert!(!Note::parse("").is_old());
    }
}
