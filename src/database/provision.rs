//! Making and dropping whole databases.

use super::postgres::{ConnectOptions, PgSession, RetryPolicy, Waiting};
use super::{Access, Connection, DatabaseError, ErrorKind, Session, Value, open, sqlite};
use crate::config::{Location, Target};
use crate::dialect::postgres::quote;
use std::path::Path;

/// Databases every server has; one of them must let the role in to make another.
const MAINTENANCE: [&str; 2] = ["postgres", "template1"];

/// SQLSTATE of a database that does not exist, and of one that does already.
const UNKNOWN_DATABASE: &str = "3D000";
const DUPLICATE_DATABASE: &str = "42P04";

/// Connects; makes the database first when it is missing. The second value tells whether it was
/// made.
///
/// # Errors
/// The connection's, or that of `CREATE DATABASE`.
pub fn open_or_create(
    target: &Target,
    progress: &mut dyn FnMut(&Waiting<'_>),
) -> Result<(Connection, bool), DatabaseError> {
    match &target.location {
        Location::Sqlite { .. } => {
            let missing = is_missing(target);
            open(target, Access::Create, progress).map(|connection| (connection, missing))
        }
        Location::Postgres { url, keywords } => match open(target, Access::Create, progress) {
            Ok(connection) => Ok((connection, false)),
            Err(error) if error.code.as_deref() == Some(UNKNOWN_DATABASE) => {
                let name = database_name(url, keywords).ok_or(error)?;
                create(url, keywords, &name)?;
                open(target, Access::Create, progress).map(|connection| (connection, true))
            }
            Err(error) => Err(error),
        },
    }
}

/// Connects; `None` where there is no such database.
///
/// # Errors
/// The connection's, but for the database that is missing.
pub fn open_existing(
    target: &Target,
    access: Access,
    progress: &mut dyn FnMut(&Waiting<'_>),
) -> Result<Option<Connection>, DatabaseError> {
    if is_missing(target) {
        return Ok(None);
    }
    match open(target, access, progress) {
        Ok(connection) => Ok(Some(connection)),
        Err(error) if error.code.as_deref() == Some(UNKNOWN_DATABASE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// True for a SQLite file that is not there. A server is not asked.
#[must_use]
pub fn is_missing(target: &Target) -> bool {
    match &target.location {
        Location::Sqlite { path } => {
            sqlite::Location::parse(path).path().is_some_and(|file| !file.exists())
        }
        Location::Postgres { .. } => false,
    }
}

/// Drops the database with everything in it, whoever is connected. One that is missing is no
/// error.
///
/// # Errors
/// No connection to the server, or a role that may not.
pub fn drop_database(target: &Target) -> Result<(), DatabaseError> {
    match &target.location {
        Location::Sqlite { path } => match sqlite::Location::parse(path).path() {
            Some(file) => remove_files(&file),
            None => Ok(()),
        },
        Location::Postgres { url, keywords } => {
            let name = database_name(url, keywords)
                .ok_or_else(|| plain("the URL names no database to drop"))?;
            let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote::ident(&name));
            maintenance(url, keywords)?.execute(&sql)
        }
    }
}

/// A session on the target's server, in a database that is there: the one to make others from.
///
/// # Errors
/// The connection's; a target that has no server.
#[cfg(feature = "testing")]
pub(crate) fn connect_elsewhere(target: &Target) -> Result<PgSession, DatabaseError> {
    match &target.location {
        Location::Postgres { url, keywords } => maintenance(url, keywords),
        Location::Sqlite { .. } => Err(plain("a file has no server")),
    }
}

fn create(url: &str, keywords: &[(String, String)], name: &str) -> Result<(), DatabaseError> {
    let mut session = maintenance(url, keywords)?;
    let sql = format!("CREATE DATABASE {}", quote::ident(name));
    match session.execute(&sql) {
        // Somebody else was faster.
        Err(error) if error.code.as_deref() == Some(DUPLICATE_DATABASE) => Ok(()),
        other => other,
    }
}

/// A session on the same server, in a database that is there.
fn maintenance(url: &str, keywords: &[(String, String)]) -> Result<PgSession, DatabaseError> {
    let mut first = None;
    for database in MAINTENANCE {
        let mut keywords: Vec<(String, String)> = keywords.to_vec();
        keywords.retain(|(key, _)| key != "dbname");
        keywords.push(("dbname".to_owned(), database.to_owned()));
        let options = ConnectOptions { keywords, ..ConnectOptions::default() };
        match PgSession::connect_with_retry(url, &options, &RetryPolicy::default(), &mut |_| {}) {
            Ok(mut session) => {
                // Tells a pooler that only looks like a server.
                session.query("SELECT 1", &[] as &[Value])?;
                return Ok(session);
            }
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or_else(|| plain("no maintenance database")))
}

/// The database a URL or libpq's keywords name.
fn database_name(url: &str, keywords: &[(String, String)]) -> Option<String> {
    if let Some((_, name)) = keywords.iter().rev().find(|(key, _)| key == "dbname") {
        return Some(name.clone());
    }
    let head = url.split(['?', '#']).next()?;
    let place = head.split_once("://")?.1;
    let name = place.rsplit_once('@').map_or(place, |(_, place)| place).split_once('/')?.1;
    let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?;
    (!name.is_empty()).then(|| name.into_owned())
}

/// The file and what SQLite keeps beside it (fileformat, "Hot journals", "WAL").
fn remove_files(file: &Path) -> Result<(), DatabaseError> {
    for suffix in ["-journal", "-wal", "-shm", ""] {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(plain(&format!(
                    "cannot remove {}: {error}",
                    Path::new(&name).display()
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

fn plain(message: &str) -> DatabaseError {
    DatabaseError::new(ErrorKind::Statement, message)
}

#[cfg(test)]
mod tests {
    use super::database_name;

    #[test]
    fn the_database_is_found_in_the_url() {
        for (url, name) in [
            ("postgres://u:p@h:1/shop?sslmode=disable", Some("shop")),
            ("postgres:///my%20db", Some("my db")),
            ("postgres://h", None),
            ("postgres://u:a/b@h/d", Some("d")),
        ] {
            assert_eq!(database_name(url, &[]).as_deref(), name, "{url}");
        }
        let keywords = [("dbname".to_owned(), "k".to_owned())];
        assert_eq!(database_name("postgres://", &keywords).as_deref(), Some("k"));
    }
}
