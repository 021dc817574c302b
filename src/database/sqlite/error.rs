//! SQLite's errors as [`DatabaseError`].

use crate::database::{DatabaseError, ErrorKind};
use rusqlite::ffi;

/// An error of a statement. `start` is where in the text that was sent it is: where the statement
/// begins, or more exactly where SQLite says so.
pub(super) fn of_statement(error: &rusqlite::Error, start: usize) -> DatabaseError {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            let message = message.clone().unwrap_or_else(|| code.to_string());
            from_code(code.extended_code, message, Some(start))
        }
        rusqlite::Error::MultipleStatement => {
            plain("only one statement can be run here, there are several")
        }
        rusqlite::Error::InvalidParameterCount(given, wanted) => {
            plain(&format!("the statement has {wanted} placeholders, {given} values were given"))
        }
        other => plain(&other.to_string()),
    }
}

pub(super) fn plain(message: &str) -> DatabaseError {
    DatabaseError::new(ErrorKind::Statement, message)
}

/// Sorts result codes (rescode.html) into the kinds the program tells apart.
fn from_code(extended: i32, message: String, position: Option<usize>) -> DatabaseError {
    let kind = match extended & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => ErrorKind::LockTimeout,
        ffi::SQLITE_NOTADB | ffi::SQLITE_CORRUPT => ErrorKind::Corrupt,
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM | ffi::SQLITE_AUTH => ErrorKind::Denied,
        ffi::SQLITE_CANTOPEN => ErrorKind::Unreachable,
        ffi::SQLITE_INTERRUPT => ErrorKind::Cancelled,
        _ => ErrorKind::Statement,
    };
    let hint = match extended & 0xff {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
            Some("another process is writing to the database; try again when it is done")
        }
        ffi::SQLITE_NOTADB => Some(
            "the file is no SQLite database, or it is encrypted: dbkit cannot open encrypted ones",
        ),
        ffi::SQLITE_CORRUPT => {
            Some("the file is damaged: restore a copy, or try `sqlite3 FILE .recover`")
        }
        ffi::SQLITE_READONLY => Some("make the file and its folder writable for this user"),
        ffi::SQLITE_CANTOPEN => Some(
            "check that the file is there and that this user may read and write it and its folder",
        ),
        ffi::SQLITE_PERM | ffi::SQLITE_AUTH => Some("check the rights of the file"),
        ffi::SQLITE_FULL => Some("the disk is full; nothing was changed by this statement"),
        ffi::SQLITE_ERROR if message.contains("unsupported file format") => {
            Some("the database was written by a newer SQLite than the one in this program")
        }
        _ => None,
    };
    // The table is being rebuilt, under a name that nobody knows.
    let message = match extended & 0xff {
        ffi::SQLITE_CONSTRAINT => message.replace("__dbkit_new_", ""),
        _ => message,
    };
    // Where a whole file is at fault no place in the statement is.
    let position =
        position.filter(|_| matches!(kind, ErrorKind::Statement | ErrorKind::LockTimeout));
    DatabaseError {
        kind,
        code: Some(name(extended)),
        hint: hint.map(str::to_owned),
        position,
        ..plain(&message)
    }
}

/// The name of a result code; the number where it has none worth a name.
fn name(extended: i32) -> String {
    let known = match extended {
        ffi::SQLITE_CONSTRAINT_CHECK => "SQLITE_CONSTRAINT_CHECK",
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => "SQLITE_CONSTRAINT_FOREIGNKEY",
        ffi::SQLITE_CONSTRAINT_NOTNULL => "SQLITE_CONSTRAINT_NOTNULL",
        ffi::SQLITE_CONSTRAINT_PRIMARYKEY => "SQLITE_CONSTRAINT_PRIMARYKEY",
        ffi::SQLITE_CONSTRAINT_ROWID => "SQLITE_CONSTRAINT_ROWID",
        ffi::SQLITE_CONSTRAINT_TRIGGER => "SQLITE_CONSTRAINT_TRIGGER",
        ffi::SQLITE_CONSTRAINT_UNIQUE => "SQLITE_CONSTRAINT_UNIQUE",
        ffi::SQLITE_CONSTRAINT_DATATYPE => "SQLITE_CONSTRAINT_DATATYPE",
        ffi::SQLITE_BUSY_SNAPSHOT => "SQLITE_BUSY_SNAPSHOT",
        ffi::SQLITE_BUSY_RECOVERY => "SQLITE_BUSY_RECOVERY",
        _ => match extended & 0xff {
            ffi::SQLITE_ERROR => "SQLITE_ERROR",
            ffi::SQLITE_PERM => "SQLITE_PERM",
            ffi::SQLITE_ABORT => "SQLITE_ABORT",
            ffi::SQLITE_BUSY => "SQLITE_BUSY",
            ffi::SQLITE_LOCKED => "SQLITE_LOCKED",
            ffi::SQLITE_READONLY => "SQLITE_READONLY",
            ffi::SQLITE_INTERRUPT => "SQLITE_INTERRUPT",
            ffi::SQLITE_IOERR => "SQLITE_IOERR",
            ffi::SQLITE_CORRUPT => "SQLITE_CORRUPT",
            ffi::SQLITE_FULL => "SQLITE_FULL",
            ffi::SQLITE_CANTOPEN => "SQLITE_CANTOPEN",
            ffi::SQLITE_SCHEMA => "SQLITE_SCHEMA",
            ffi::SQLITE_TOOBIG => "SQLITE_TOOBIG",
            ffi::SQLITE_CONSTRAINT => "SQLITE_CONSTRAINT",
            ffi::SQLITE_MISMATCH => "SQLITE_MISMATCH",
            ffi::SQLITE_AUTH => "SQLITE_AUTH",
            ffi::SQLITE_NOTADB => "SQLITE_NOTADB",
            _ => return format!("SQLite result code {extended}"),
        },
    };
    known.to_owned()
}
