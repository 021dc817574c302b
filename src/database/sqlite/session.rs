//! A connection to an SQLite database as the rest of the program uses it.

use super::error::{of_statement, plain};
use super::header::{Header, explain};
use super::{Location, OpenMode, introspect};
use crate::config::TableFilter;
use crate::database::{DatabaseError, ErrorKind, NextRow, Rows, Session, Value, interrupt};
use crate::dialect::sqlite::jsonb;
use crate::dialect::sqlite::types::says_jsonb;
use crate::model::{Dialect, Model};
use crate::sql::split;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, InterruptHandle, OpenFlags, ToSql};
use std::time::Duration;

/// How long a statement waits for another process's lock unless told otherwise.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An open connection. Foreign keys are enforced.
pub struct SqliteSession {
    pub(super) connection: Connection,
    location: Location,
    filter: TableFilter,
}

impl SqliteSession {
    /// Tables that an introspection leaves out.
    pub fn set_filter(&mut self, filter: TableFilter) {
        self.filter = filter;
    }

    /// Opens a database: `sqlite://PATH`, a bare path, a `file:` URI or `:memory:` (see
    /// [`Location::parse`]).
    ///
    /// # Errors
    /// [`ErrorKind::Unreachable`] when the file is missing or cannot be opened,
    /// [`ErrorKind::Corrupt`] when it is no database or is encrypted, [`ErrorKind::Denied`] when
    /// it may not be read.
    pub fn open(target: &str, mode: OpenMode) -> Result<Self, DatabaseError> {
        match Self::open_as(target, mode) {
            // What a killed process left must be rolled back before anybody can read.
            Err(error) if mode == OpenMode::ReadOnly && error.kind == ErrorKind::Denied => {
                let recovered = Self::open_as(target, OpenMode::ReadWrite);
                let Ok(mut session) = recovered else { return Err(error) };
                session.execute("PRAGMA query_only = ON")?;
                Ok(session)
            }
            other => other,
        }
    }

    fn open_as(target: &str, mode: OpenMode) -> Result<Self, DatabaseError> {
        let location = Location::parse(target);
        check_file(&location, mode)?;
        let mut flags = OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if matches!(location, Location::Uri(_)) {
            flags |= OpenFlags::SQLITE_OPEN_URI;
        }
        flags |= match mode {
            OpenMode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
            OpenMode::ReadWrite => OpenFlags::SQLITE_OPEN_READ_WRITE,
            // A database in memory is always new: there is nothing to protect.
            OpenMode::ReadOnly if location == Location::Memory => OpenFlags::SQLITE_OPEN_READ_WRITE,
            OpenMode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let path = location.path();
        let header = path.as_deref().and_then(Header::read);
        if let Some(error) = header.and_then(|header| header.refusal(mode != OpenMode::ReadOnly)) {
            return Err(at(&location, error));
        }
        let failed = |location: &Location, error| at(location, explain(path.as_deref(), error));
        let connection = Connection::open_with_flags(location.name(), flags)
            .map_err(|error| failed(&location, of_statement(&error, 0)))?;
        let mut session = Self { connection, location, filter: TableFilter::default() };
        session.prepare().map_err(|error| failed(&session.location, error))?;
        Ok(session)
    }

    fn prepare(&mut self) -> Result<(), DatabaseError> {
        self.set_lock_timeout(BUSY_TIMEOUT)?;
        self.connection
            .progress_handler(10_000, Some(interrupt::requested))
            .map_err(|error| of_statement(&error, 0))?;
        self.execute("PRAGMA foreign_keys = ON")?;
        // SQLite reads the file with the first statement only: a file that is no database would
        // be found out too late.
        self.query("SELECT count(*) FROM sqlite_schema", &[]).map(drop)
    }

    /// How long statements wait for another process's lock.
    ///
    /// # Errors
    /// SQLite's own.
    pub fn set_lock_timeout(&self, timeout: Duration) -> Result<(), DatabaseError> {
        self.connection.busy_timeout(timeout).map_err(|error| of_statement(&error, 0))
    }

    /// The SQLite that wrote the file last, when it is newer than the one in this program: there
    /// may be things in it that this one does not know.
    #[must_use]
    pub fn newer_writer(&self) -> Option<String> {
        self.location.path().as_deref().and_then(Header::read)?.newer()
    }

    #[must_use]
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Stops the running statement from another thread; it then fails with
    /// [`ErrorKind::Cancelled`].
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.connection.get_interrupt_handle()
    }

    /// True between `BEGIN` and its end.
    #[must_use]
    pub fn in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// True when rows lack the parents that deferred foreign keys ask for: COMMIT would fail now.
    #[must_use]
    pub fn has_deferred_violations(&self) -> bool {
        use rusqlite::ffi;
        let (mut now, mut most) = (0, 0);
        // SAFETY: the handle is open as long as the connection lives, both numbers outlive the call.
        let code = unsafe {
            let handle = self.connection.handle();
            let what = ffi::SQLITE_DBSTATUS_DEFERRED_FKS;
            ffi::sqlite3_db_status(handle, what, &raw mut now, &raw mut most, 0)
        };
        code != ffi::SQLITE_OK || now != 0
    }

    /// The SQLite in this program, as `3.50.4`.
    #[must_use]
    pub fn library_version() -> &'static str {
        rusqlite::version()
    }

    /// Where in the statement the last error is; its beginning when SQLite does not know.
    fn error_offset(&self) -> usize {
        unsafe extern "C" {
            fn sqlite3_error_offset(db: *mut rusqlite::ffi::sqlite3) -> std::ffi::c_int;
        }
        // SAFETY: the handle is open as long as the connection lives.
        let offset = unsafe { sqlite3_error_offset(self.connection.handle()) };
        usize::try_from(offset).unwrap_or(0)
    }

    /// Runs one statement to its end, rows thrown away.
    fn run(&self, sql: &str, start: usize) -> Result<(), DatabaseError> {
        let mut statement = self
            .connection
            .prepare(sql)
            .map_err(|error| of_statement(&error, start + self.error_offset()))?;
        let mut rows = statement.raw_query();
        while rows.next().map_err(|error| of_statement(&error, start))?.is_some() {}
        Ok(())
    }
}

impl Session for SqliteSession {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let Ok(statements) = split::statements(sql, Dialect::Sqlite) else {
            // Something is not closed: SQLite says it in its own words.
            return self.connection.execute_batch(sql).map_err(|error| of_statement(&error, 0));
        };
        for statement in statements {
            let text = sql.get(statement.range.clone()).unwrap_or_default();
            self.run(text, statement.range.start)?;
        }
        Ok(())
    }

    fn query(&mut self, sql: &str, binds: &[Value]) -> Result<Rows, DatabaseError> {
        let before = self.connection.total_changes();
        let mut result = Rows::default();
        self.query_in_parts(sql, binds, usize::MAX, &mut |part| {
            result = part;
            true
        })?;
        // `changes()` keeps the number of the last writing statement; a reading one has none, and
        // a foreign key's cascades are not counted as the statement's own.
        if self.connection.total_changes() != before {
            result.affected = self.connection.changes();
        }
        Ok(result)
    }

    fn query_at_most(
        &mut self,
        sql: &str,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), DatabaseError> {
        let before = self.connection.total_changes();
        let (mut kept, mut more, mut room) = (Rows::default(), false, bytes);
        self.query_in_parts(sql, &[], 1, &mut |part| {
            (kept.columns, kept.types) = (part.columns, part.types);
            for row in part.rows {
                let size: usize = row.iter().map(Value::size).sum();
                match kept.rows.len() < limit && room > 0 {
                    true => kept.rows.push(row),
                    false => more = true,
                }
                room = room.saturating_sub(size);
            }
            true
        })?;
        if self.connection.total_changes() != before {
            kept.affected = self.connection.changes();
        }
        Ok((kept, more))
    }

    fn query_in_parts(
        &mut self,
        sql: &str,
        binds: &[Value],
        size: usize,
        each: &mut dyn FnMut(Rows) -> bool,
    ) -> Result<(), DatabaseError> {
        let error = |error: rusqlite::Error| of_statement(&error, 0);
        let mut statement = self
            .connection
            .prepare(sql)
            .map_err(|error| of_statement(&error, self.error_offset()))?;
        let wanted = statement.parameter_count();
        if wanted != binds.len() {
            return Err(plain(&format!(
                "the statement has {wanted} placeholders, {} values were given",
                binds.len()
            )));
        }
        for (number, bind) in binds.iter().enumerate() {
            statement.raw_bind_parameter(number + 1, Bind(bind)).map_err(error)?;
        }
        let mut empty = Rows::default();
        for column in statement.columns() {
            empty.columns.push(column.name().to_owned());
            empty.types.push(column.decl_type().unwrap_or_default().to_owned());
        }
        let jsonb: Vec<bool> = empty.types.iter().map(|ty| says_jsonb(ty)).collect();
        let mut part = empty.clone();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(error)? {
            if part.rows.len() == size && !each(std::mem::replace(&mut part, empty.clone())) {
                return Ok(());
            }
            let mut values = Vec::with_capacity(jsonb.len());
            for (index, jsonb) in jsonb.iter().enumerate() {
                values.push(row.get_ref(index).map(|found| value(found, *jsonb)).map_err(error)?);
            }
            part.rows.push(values);
        }
        each(part);
        Ok(())
    }

    fn insert_each(&mut self, sql: &str, next: &mut NextRow<'_>) -> Result<u64, DatabaseError> {
        let error = |error: rusqlite::Error| of_statement(&error, 0);
        let mut statement = self.connection.prepare(sql).map_err(error)?;
        let (mut row, mut count) = (Vec::new(), 0);
        while next(&mut row)? {
            for (number, bind) in row.iter().enumerate() {
                statement.raw_bind_parameter(number + 1, Bind(bind)).map_err(error)?;
            }
            statement.raw_execute().map_err(error)?;
            count += 1;
        }
        Ok(count)
    }

    fn introspect(&mut self) -> Result<Model, DatabaseError> {
        let mut model = introspect::model(self)?;
        self.filter.apply(&mut model);
        Ok(model)
    }

    fn recover(&mut self) -> Result<(), DatabaseError> {
        if self.in_transaction() {
            self.execute("ROLLBACK")?;
        }
        self.execute("PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF")
    }
}

/// A bind value as SQLite stores it: there are no booleans.
struct Bind<'v>(&'v Value);

impl ToSql for Bind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Bool(yes) => ValueRef::Integer(i64::from(*yes)),
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// JSON in its binary form is shown as its text, as PostgreSQL does.
fn value(value: ValueRef<'_>, jsonb: bool) -> Value {
    match value {
        ValueRef::Blob(bytes) if jsonb => {
            jsonb::decode(bytes).map_or_else(|| Value::Blob(bytes.to_vec()), Value::Text)
        }
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        // SQLite stores any bytes as text; what is no UTF-8 is kept as bytes rather than changed.
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Blob(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// What SQLite would only call "unable to open database file".
fn check_file(location: &Location, mode: OpenMode) -> Result<(), DatabaseError> {
    let Some(path) = location.path() else { return Ok(()) };
    let refuse = |message: String, hint: &str| {
        Err(DatabaseError {
            kind: ErrorKind::Unreachable,
            hint: Some(hint.to_owned()),
            code: Some("SQLITE_CANTOPEN".to_owned()),
            ..plain(&message)
        })
    };
    let shown = path.display();
    if path.is_dir() {
        return refuse(format!("{shown} is a folder"), "name the database file in it");
    }
    let creates = mode == OpenMode::Create;
    if !creates && !path.exists() {
        return refuse(
            format!("there is no database file {shown}"),
            "check the path, or create the database with `dbkit migrate` or `dbkit prepare`",
        );
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| creates && !folder.is_dir()) {
        return refuse(
            format!("cannot create {shown}: there is no folder {}", folder.display()),
            "create the folder first",
        );
    }
    Ok(())
}

/// Puts the file's name in front: SQLite's own messages leave it out.
fn at(location: &Location, error: DatabaseError) -> DatabaseError {
    // rusqlite adds the path as SQLite was given it.
    let message = match error.message.split_once("unable to open database file: ") {
        Some(_) => "unable to open database file",
        None => error.message.as_str(),
    };
    DatabaseError { message: format!("{location}: {message}"), position: None, ..error }
}
