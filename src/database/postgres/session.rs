//! A connection to PostgreSQL as the rest of the program uses it.

use super::connect::{self, ConnectOptions, RetryPolicy, Waiting};
use super::libpq::{
    Canceller, ConnStatusType, Connection, ExecStatusType, Fields, PGTransactionStatusType,
    PgResult,
};
use super::scope::Scope;
use super::values::{affected, bind_text, builtin_type, byte_offset, cell};
use super::watch::{Patience, Watch};
use crate::config::TableFilter;
use crate::database::{DatabaseError, ErrorKind, Rows, Session, Value};
use crate::model::{Dialect, Model};
use std::collections::BTreeMap;
use std::ffi::CString;
use std::io::Read;
use std::time::Duration;

/// How often a silent connection is looked after.
pub(super) const TICK: Duration = Duration::from_millis(100);

/// An open connection. Every method blocks; [`PgSession::cancel_handle`] stops one from outside.
pub struct PgSession {
    pub(super) connection: Connection,
    /// Names of types that are not built in, by OID, as far as results have shown them.
    type_names: BTreeMap<u32, String>,
    pub(super) watch: Watch,
    pooled: Option<bool>,
    /// The server did not answer: what runs there is unknown, and nothing more is sent.
    given_up: bool,
    scope: Scope,
    filter: TableFilter,
}

/// Where the connection stands (manual, libpq, `PQtransactionStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    Idle,
    /// A statement is running.
    Active,
    InTransaction,
    /// In a transaction that can only be rolled back.
    Failed,
    /// The connection is gone.
    Unknown,
}

/// A notice or warning of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// `NOTICE`, `WARNING` …, in English.
    pub severity: String,
    pub code: Option<String>,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// Stops the running statement of its session, from any thread.
pub struct CancelHandle(Canceller);

impl CancelHandle {
    /// Asks the server to stop. True when the request was delivered; the statement then fails
    /// with [`ErrorKind::Cancelled`], unless it was done already.
    #[must_use]
    pub fn cancel(&self) -> bool {
        self.0.cancel()
    }
}

impl PgSession {
    /// Opens a connection to a URL (`postgres://…`) or libpq's `key=value` text. libpq's
    /// environment variables and `~/.pgpass` fill what neither says.
    ///
    /// # Errors
    /// [`ErrorKind::Unreachable`] when another try may help, [`ErrorKind::Rejected`] otherwise.
    pub fn connect(target: &str, options: &ConnectOptions) -> Result<Self, DatabaseError> {
        connect::open(target, options).map(|open| Self::new(open, target, options))
    }

    /// Like [`PgSession::connect`], trying again while the server cannot be reached; `progress`
    /// is called before each pause.
    ///
    /// # Errors
    /// The last attempt's.
    pub fn connect_with_retry(
        target: &str,
        options: &ConnectOptions,
        policy: &RetryPolicy,
        progress: &mut dyn FnMut(&Waiting<'_>),
    ) -> Result<Self, DatabaseError> {
        connect::open_with_retry(target, options, policy, progress)
            .map(|open| Self::new(open, target, options))
    }

    fn new(connection: Connection, target: &str, options: &ConnectOptions) -> Self {
        let watch = Watch::new(target, options, connection.backend_pid());
        let (type_names, scope) = (BTreeMap::new(), Scope::default());
        let filter = TableFilter::default();
        Self { connection, type_names, watch, pooled: None, given_up: false, scope, filter }
    }

    /// What `introspect` is about from now on.
    pub fn set_scope(&mut self, scope: Scope) {
        self.scope = scope;
    }

    /// Tables that an introspection leaves out.
    pub fn set_filter(&mut self, filter: TableFilter) {
        self.filter = filter;
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// How long answers are waited for.
    pub fn set_patience(&mut self, patience: Patience) {
        self.watch.patience = patience;
    }

    /// Who held up the last statement that had to wait for a lock, as far as it was found out.
    #[must_use]
    pub fn blockers(&self) -> &[String] {
        &self.watch.blockers
    }

    /// Whether a pooler stands between, so that two transactions may be served by two sessions of
    /// the server. A pooler answers for no process of the server: the process that libpq was told
    /// of is not the one that runs the statement.
    ///
    /// # Errors
    /// The server's own.
    pub fn through_pooler(&mut self) -> Result<bool, DatabaseError> {
        if let Some(pooled) = self.pooled {
            return Ok(pooled);
        }
        let rows = self.query("SELECT pg_catalog.pg_backend_pid()", &[])?;
        let pid = rows.rows.first().and_then(|row| row.first());
        let pooled = pid != Some(&Value::Integer(self.backend_pid().into()));
        self.pooled = Some(pooled);
        self.watch.knows_process = !pooled;
        Ok(pooled)
    }

    /// True when the connection is of no use any more.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.given_up || self.connection.status() == ConnStatusType::CONNECTION_BAD
    }

    /// `15.4` is 150004.
    #[must_use]
    pub fn server_version(&self) -> i32 {
        self.connection.server_version()
    }

    /// The server process that serves this connection (`pg_stat_activity.pid`).
    #[must_use]
    pub fn backend_pid(&self) -> i32 {
        self.connection.backend_pid()
    }

    #[must_use]
    pub fn transaction_status(&self) -> TransactionStatus {
        if self.given_up {
            return TransactionStatus::Unknown;
        }
        match self.connection.transaction_status() {
            PGTransactionStatusType::PQTRANS_IDLE => TransactionStatus::Idle,
            PGTransactionStatusType::PQTRANS_ACTIVE => TransactionStatus::Active,
            PGTransactionStatusType::PQTRANS_INTRANS => TransactionStatus::InTransaction,
            PGTransactionStatusType::PQTRANS_INERROR => TransactionStatus::Failed,
            PGTransactionStatusType::PQTRANS_UNKNOWN => TransactionStatus::Unknown,
        }
    }

    /// What can stop this session's statements from another thread; `None` when the connection is
    /// gone.
    #[must_use]
    pub fn cancel_handle(&self) -> Option<CancelHandle> {
        self.connection.canceller().map(CancelHandle)
    }

    /// Notices and warnings since the last call.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        let fields = self.connection.take_notices();
        let notice = |f: Fields| Notice {
            severity: f.severity.unwrap_or_default(),
            code: f.sqlstate,
            message: f.message.unwrap_or_default(),
            detail: f.detail,
            hint: f.hint,
        };
        fields.into_iter().map(notice).collect()
    }

    /// Sends one or several statements.
    pub(super) fn send(&mut self, sql: &str) -> Result<(), DatabaseError> {
        let text = c_text(sql)?;
        self.usable()?;
        self.watch.blockers.clear();
        if self.connection.send(&text) { Ok(()) } else { Err(self.connection_error()) }
    }

    fn usable(&self) -> Result<(), DatabaseError> {
        if self.given_up {
            let message = "the connection was given up because the server did not answer";
            return Err(DatabaseError { kind: ErrorKind::Lost, ..plain(message) });
        }
        Ok(())
    }

    /// The next result, within the limits of [`Patience`].
    pub(super) fn next_result(&mut self) -> Result<Option<PgResult>, DatabaseError> {
        self.watch.begin();
        let mut sent = false;
        // Nothing can be read ahead of what the server has not been told yet.
        while self.connection.is_busy() {
            sent = sent || self.connection.flush() != Some(false);
            if !sent {
                self.connection.ready(true, TICK);
            }
            let ready = self.connection.ready(false, if sent { TICK } else { Duration::ZERO });
            if ready && !self.connection.consume() {
                // libpq makes a result of the loss.
                break;
            }
            if !ready {
                self.watched()?;
            }
        }
        Ok(self.connection.next_result())
    }

    /// Asks the watch whether waiting on makes sense.
    pub(super) fn watched(&mut self) -> Result<(), DatabaseError> {
        let canceller = || self.connection.canceller();
        let Err(message) = self.watch.look(&canceller) else { return Ok(()) };
        self.given_up = true;
        Err(DatabaseError { kind: ErrorKind::Lost, ..plain(&message) })
    }

    /// Sends several statements in one string and hands each result to `each`, while the server
    /// works on the next.
    pub(super) fn run_each(
        &mut self,
        sql: &str,
        each: &mut dyn FnMut(usize, PgResult),
    ) -> Result<(), DatabaseError> {
        self.send(sql)?;
        let mut first_error = None;
        let mut number = 0;
        while let Some(result) = self.next_result()? {
            let outcome = match result.status() {
                ExecStatusType::PGRES_COPY_IN => {
                    self.end_copy(Some(c"no data for COPY FROM STDIN here"))?;
                    Ok(())
                }
                ExecStatusType::PGRES_COPY_OUT => {
                    self.connection.discard_copy_data();
                    Err(plain("COPY … TO STDOUT has nowhere to write to"))
                }
                ExecStatusType::PGRES_COPY_BOTH => {
                    return Err(plain("replication commands are not supported"));
                }
                _ => self.check(&result, sql),
            };
            match outcome {
                Ok(()) => each(number, result),
                Err(error) => {
                    first_error.get_or_insert(error);
                }
            }
            number += 1;
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Runs several statements sent as one string. Returns how many came to their end, also when
    /// one of them fails.
    pub fn execute_counted(&mut self, sql: &str) -> (usize, Result<(), DatabaseError>) {
        let mut count = 0;
        let outcome = self.run_each(sql, &mut |_, _| count += 1);
        (count, outcome)
    }

    /// Another connection to the same place.
    ///
    /// # Errors
    /// As [`PgSession::connect`].
    pub fn another(&self) -> Result<Self, DatabaseError> {
        let (target, options) = self.watch.place();
        Self::connect(target, options)
    }

    pub(super) fn check(&self, result: &PgResult, sql: &str) -> Result<(), DatabaseError> {
        match result.status() {
            ExecStatusType::PGRES_COMMAND_OK
            | ExecStatusType::PGRES_TUPLES_OK
            | ExecStatusType::PGRES_EMPTY_QUERY
            | ExecStatusType::PGRES_SINGLE_TUPLE
            | ExecStatusType::PGRES_NONFATAL_ERROR => Ok(()),
            _ => Err(self.statement_error(result.fields(), sql)),
        }
    }

    fn statement_error(&self, fields: Fields, sql: &str) -> DatabaseError {
        let lost = self.connection.status() == ConnStatusType::CONNECTION_BAD;
        let kind = match fields.sqlstate.as_deref() {
            _ if lost => ErrorKind::Lost,
            Some("57P01" | "57P02" | "57P03") => ErrorKind::Lost,
            Some("55P03") => ErrorKind::LockTimeout,
            Some("57014") => ErrorKind::Cancelled,
            Some("42501") => ErrorKind::Denied,
            Some("XX001" | "XX002") => ErrorKind::Corrupt,
            Some(code) if code.starts_with("08") => ErrorKind::Lost,
            _ => ErrorKind::Statement,
        };
        let context = match (fields.internal_query, fields.context) {
            (Some(query), Some(context)) => Some(format!("{context}\nin the query: {query}")),
            (Some(query), None) => Some(format!("in the query: {query}")),
            (None, context) => context,
        };
        DatabaseError {
            kind,
            message: fields.message.unwrap_or_else(|| self.connection_error().message),
            code: fields.sqlstate,
            detail: fields.detail,
            hint: fields.hint.or_else(|| (kind == ErrorKind::Denied).then(|| DENIED.to_owned())),
            position: fields.position.map(|at| byte_offset(sql, at)),
            context,
            column: fields.column,
            constraint: fields.constraint,
        }
    }

    fn connection_error(&self) -> DatabaseError {
        let lost = self.connection.status() == ConnStatusType::CONNECTION_BAD;
        DatabaseError {
            kind: if lost { ErrorKind::Lost } else { ErrorKind::Statement },
            ..plain(self.connection.error_message().trim().trim_end_matches("\ninvalid socket"))
        }
    }

    fn query_once(&mut self, sql: &str, binds: &[Value]) -> Result<PgResult, DatabaseError> {
        let text = c_text(sql)?;
        let values = binds.iter().map(bind_text).collect::<Result<Vec<_>, _>>()?;
        self.usable()?;
        if !self.connection.send_params(&text, &values) {
            return Err(self.connection_error());
        }
        let Some(result) = self.next_result()? else { return Err(self.connection_error()) };
        let outcome = match result.status() {
            ExecStatusType::PGRES_COPY_IN => {
                self.end_copy(Some(c"COPY is not possible here"))?;
                Err(plain("COPY … FROM STDIN is not possible here"))
            }
            ExecStatusType::PGRES_COPY_OUT => {
                self.connection.discard_copy_data();
                Err(plain("COPY … TO STDOUT is not possible here"))
            }
            _ => self.check(&result, sql).map(|()| result),
        };
        while self.next_result()?.is_some() {}
        outcome
    }

    fn rows(&self, result: &PgResult) -> Rows {
        let oids: Vec<u32> = (0..result.columns()).map(|c| result.column_type(c)).collect();
        let name = |oid: &u32| {
            builtin_type(*oid)
                .or_else(|| self.type_names.get(oid).map(String::as_str))
                .unwrap_or_default()
                .to_owned()
        };
        let rows = (0..result.rows()).map(|row| {
            let cell = |(column, oid): (usize, &u32)| cell(result.bytes(row, column), *oid);
            oids.iter().enumerate().map(cell).collect()
        });
        Rows {
            columns: (0..result.columns()).map(|c| result.column_name(c)).collect(),
            types: oids.iter().map(name).collect(),
            rows: rows.collect(),
            affected: affected(result),
        }
    }

    /// Learns the names of types it has not seen; one query for all new ones, none otherwise.
    fn learn_types(&mut self, result: &PgResult) {
        let mut unknown: Vec<u32> = (0..result.columns())
            .map(|c| result.column_type(c))
            .filter(|oid| builtin_type(*oid).is_none() && !self.type_names.contains_key(oid))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        let usable = matches!(
            self.transaction_status(),
            TransactionStatus::Idle | TransactionStatus::InTransaction
        );
        if unknown.is_empty() || !usable {
            return;
        }
        let list = unknown.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let sql = format!(
            "SELECT oid, pg_catalog.format_type(oid, NULL) FROM pg_catalog.pg_type WHERE oid IN ({list})"
        );
        if let Ok(names) = self.query_once(&sql, &[]) {
            for row in 0..names.rows() {
                let oid = names.text(row, 0).and_then(|oid| oid.parse().ok());
                if let (Some(oid), Some(name)) = (oid, names.text(row, 1)) {
                    self.type_names.insert(oid, name.to_owned());
                }
            }
        }
    }
}

impl Session for PgSession {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str) -> Result<(), DatabaseError> {
        self.run_each(sql, &mut |_, _| {})
    }

    fn query(&mut self, sql: &str, binds: &[Value]) -> Result<Rows, DatabaseError> {
        let result = self.query_once(sql, binds)?;
        self.learn_types(&result);
        Ok(self.rows(&result))
    }

    fn query_at_most(
        &mut self,
        sql: &str,
        limit: usize,
        bytes: usize,
    ) -> Result<(Rows, bool), DatabaseError> {
        let text = c_text(sql)?;
        self.usable()?;
        if !self.connection.send_params(&text, &[]) || !self.connection.row_by_row() {
            return Err(self.connection_error());
        }
        let (mut kept, mut more, mut room) = (Rows::default(), false, bytes);
        let mut last = None;
        let mut failed = Ok(());
        while let Some(result) = self.next_result()? {
            match result.status() {
                ExecStatusType::PGRES_SINGLE_TUPLE if kept.rows.len() < limit && room > 0 => {
                    let mut row = self.rows(&result).rows;
                    let size: usize = row.iter().flatten().map(Value::size).sum();
                    room = room.saturating_sub(size);
                    kept.rows.append(&mut row);
                }
                ExecStatusType::PGRES_SINGLE_TUPLE => more = true,
                ExecStatusType::PGRES_COPY_IN => {
                    self.end_copy(Some(c"COPY is not possible here"))?;
                    failed = Err(plain("COPY … FROM STDIN is not possible here"));
                }
                ExecStatusType::PGRES_COPY_OUT => {
                    self.connection.discard_copy_data();
                    failed = Err(plain("COPY … TO STDOUT is not possible here"));
                }
                _ => {
                    failed = failed.and(self.check(&result, sql));
                    last = Some(result);
                }
            }
        }
        failed?;
        let Some(last) = last else { return Err(self.connection_error()) };
        self.learn_types(&last);
        let Rows { columns, types, affected, .. } = self.rows(&last);
        Ok((Rows { columns, types, affected, ..kept }, more))
    }

    fn query_in_parts(
        &mut self,
        sql: &str,
        binds: &[Value],
        size: usize,
        each: &mut dyn FnMut(Rows) -> bool,
    ) -> Result<(), DatabaseError> {
        let declare = "DECLARE dbkit_rows NO SCROLL CURSOR FOR ";
        self.query(&format!("{declare}{sql}"), binds).map_err(|error| DatabaseError {
            position: error.position.map(|at| at.saturating_sub(declare.len())),
            ..error
        })?;
        let fetch = format!("FETCH {size} FROM dbkit_rows");
        loop {
            let part = self.query(&fetch, &[])?;
            let last = part.rows.len() < size;
            if !each(part) || last {
                return self.execute("CLOSE dbkit_rows");
            }
        }
    }

    fn query_all(&mut self, statements: &[String]) -> Result<Vec<Rows>, DatabaseError> {
        let mut results = Vec::with_capacity(statements.len());
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        self.run_each(&statements.join(";\n"), &mut |_, result| results.push(result))?;
        results.iter().for_each(|result| self.learn_types(result));
        Ok(results.iter().map(|result| self.rows(result)).collect())
    }

    fn copy_in(&mut self, sql: &str, data: &mut dyn Read) -> Result<u64, DatabaseError> {
        Self::copy_in(self, sql, data)
    }

    fn introspect(&mut self) -> Result<Model, DatabaseError> {
        let mut model = super::introspect::introspect(self)?;
        self.filter.apply(&mut model);
        Ok(model)
    }
}

fn c_text(sql: &str) -> Result<CString, DatabaseError> {
    CString::new(sql).map_err(|error| DatabaseError {
        position: Some(error.nul_position()),
        ..plain("the SQL contains a NUL byte, which PostgreSQL cannot take")
    })
}

const DENIED: &str = "connect as a role that has the right, or have it granted";

pub(super) fn plain(message: &str) -> DatabaseError {
    DatabaseError::new(ErrorKind::Statement, message)
}
