//! The border to libpq: every `unsafe` block of the library stands here. Safe types own the C
//! pointers, free them once, and hand out text that Rust has checked.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(super) use pq::{ConnStatusType, ExecStatusType, PGTransactionStatusType};
use pq_sys as pq;

/// The fields of an error or notice (manual, libpq, `PQresultErrorField`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub severity: Option<String>,
    pub sqlstate: Option<String>,
    pub message: Option<String>,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// In characters, from 1.
    pub position: Option<usize>,
    pub internal_query: Option<String>,
    pub context: Option<String>,
    pub column: Option<String>,
    pub constraint: Option<String>,
}

type Notices = Arc<Mutex<Vec<Fields>>>;

/// An open (or failed) connection.
pub(super) struct Connection {
    raw: *mut pq::PGconn,
    notices: Notices,
}

// SAFETY: a PGconn may be used by any thread, one at a time; `&mut self` on every method that
// talks to the server guarantees that. The notice list is behind a mutex.
unsafe impl Send for Connection {}

/// How a connection attempt ended.
pub(super) enum Attempt {
    Open(Connection),
    /// libpq's text and how far it got.
    Failed {
        message: String,
        reached_server: bool,
        needs_password: bool,
    },
    TimedOut,
}

impl Connection {
    /// Opens a connection; `parameters` as for `PQconnectdbParams` with `expand_dbname`.
    ///
    /// Errors of the server carry their SQLSTATE in the message, because verbosity is raised while
    /// connecting: it is the only way to tell them apart whatever language the server speaks.
    pub(super) fn open(parameters: &[(CString, CString)], limit: Duration) -> Attempt {
        let mut keys: Vec<*const c_char> = parameters.iter().map(|(k, _)| k.as_ptr()).collect();
        let mut values: Vec<*const c_char> = parameters.iter().map(|(_, v)| v.as_ptr()).collect();
        keys.push(ptr::null());
        values.push(ptr::null());
        // SAFETY: both arrays end in NULL and outlive the call, which copies them.
        let raw = unsafe { pq::PQconnectStartParams(keys.as_ptr(), values.as_ptr(), 1) };
        if raw.is_null() {
            return Attempt::Failed {
                message: "out of memory".to_owned(),
                reached_server: false,
                needs_password: false,
            };
        }
        let connection = Self { raw, notices: Notices::default() };
        // SAFETY: raw is a live connection.
        unsafe { pq::PQsetErrorVerbosity(raw, pq::PGVerbosity::PQERRORS_VERBOSE) };
        let deadline = Instant::now() + limit;
        let mut reached_server = false;
        if connection.status() == ConnStatusType::CONNECTION_BAD {
            return connection.failed(false);
        }
        let mut wait_for_write = true;
        loop {
            match connection.wait(wait_for_write, deadline) {
                Wait::Ready => {}
                Wait::TimedOut => return Attempt::TimedOut,
            }
            // SAFETY: raw is a live connection and its socket is ready.
            let state = unsafe { pq::PQconnectPoll(raw) };
            match connection.status() {
                ConnStatusType::CONNECTION_BAD
                | ConnStatusType::CONNECTION_NEEDED
                | ConnStatusType::CONNECTION_STARTED => {}
                _ => reached_server = true,
            }
            match state {
                pq::PostgresPollingStatusType::PGRES_POLLING_OK => break,
                pq::PostgresPollingStatusType::PGRES_POLLING_FAILED => {
                    return connection.failed(reached_server);
                }
                pq::PostgresPollingStatusType::PGRES_POLLING_WRITING => wait_for_write = true,
                _ => wait_for_write = false,
            }
        }
        // SAFETY: raw is a live connection; the notice list lives as long as the connection.
        unsafe {
            pq::PQsetErrorVerbosity(raw, pq::PGVerbosity::PQERRORS_DEFAULT);
            let list = Arc::as_ptr(&connection.notices).cast_mut().cast::<c_void>();
            pq::PQsetNoticeReceiver(raw, Some(receive_notice), list);
            // A server that takes nothing more must not hold the program in a write.
            pq::PQsetnonblocking(raw, 1);
        }
        Attempt::Open(connection)
    }

    fn failed(&self, reached_server: bool) -> Attempt {
        Attempt::Failed {
            message: self.error_message(),
            reached_server,
            // SAFETY: raw is a live connection object, even when the attempt failed.
            needs_password: unsafe { pq::PQconnectionNeedsPassword(self.raw) } != 0,
        }
    }

    #[cfg(unix)]
    fn wait(&self, for_write: bool, deadline: Instant) -> Wait {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Wait::TimedOut;
            }
            // SAFETY: raw is a live connection.
            let fd = unsafe { pq::PQsocket(self.raw) };
            if fd < 0 {
                return Wait::Ready;
            }
            let events = if for_write { libc::POLLOUT } else { libc::POLLIN };
            let mut entry = libc::pollfd { fd, events, revents: 0 };
            let millis = c_int::try_from(left.as_millis()).unwrap_or(c_int::MAX).max(1);
            // SAFETY: one valid pollfd. An interrupted call returns -1 and is repeated.
            if unsafe { libc::poll(&raw mut entry, 1, millis) } > 0 {
                return Wait::Ready;
            }
        }
    }

    /// Without `poll` libpq's own (needs libpq 17 or later).
    #[cfg(not(unix))]
    fn wait(&self, for_write: bool, deadline: Instant) -> Wait {
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Wait::TimedOut;
            }
            // SAFETY: raw is a live connection; the end time is in microseconds of libpq's clock.
            let ready = unsafe {
                let socket = pq::PQsocket(self.raw);
                let end = pq::PQgetCurrentTimeUSec()
                    + pq::pg_usec_time_t::try_from(left.as_micros()).unwrap_or(1_000_000);
                pq::PQsocketPoll(socket, c_int::from(!for_write), c_int::from(for_write), end)
            };
            if ready != 0 {
                return Wait::Ready;
            }
        }
    }

    pub(super) fn status(&self) -> ConnStatusType {
        // SAFETY: raw is a live connection.
        unsafe { pq::PQstatus(self.raw) }
    }

    pub(super) fn transaction_status(&self) -> PGTransactionStatusType {
        // SAFETY: raw is a live connection.
        unsafe { pq::PQtransactionStatus(self.raw) }
    }

    /// `150004` for 15.4; 0 when the connection is gone.
    pub(super) fn server_version(&self) -> i32 {
        // SAFETY: raw is a live connection.
        unsafe { pq::PQserverVersion(self.raw) }
    }

    pub(super) fn backend_pid(&self) -> i32 {
        // SAFETY: raw is a live connection.
        unsafe { pq::PQbackendPID(self.raw) }
    }

    /// libpq's last error text.
    pub(super) fn error_message(&self) -> String {
        // SAFETY: the text belongs to the connection and is copied at once.
        unsafe { owned(pq::PQerrorMessage(self.raw)) }.unwrap_or_default()
    }

    /// Sends one string of SQL by the simple protocol. False when it could not be sent.
    pub(super) fn send(&mut self, sql: &CStr) -> bool {
        // SAFETY: raw is a live connection, sql is NUL-terminated and copied.
        unsafe { pq::PQsendQuery(self.raw, sql.as_ptr()) == 1 }
    }

    /// Sends one statement with parameters, results wanted as text. False when it could not be
    /// sent.
    pub(super) fn send_params(&mut self, sql: &CStr, values: &[Option<CString>]) -> bool {
        let pointers: Vec<*const c_char> =
            values.iter().map(|v| v.as_ref().map_or(ptr::null(), |v| v.as_ptr())).collect();
        let Ok(count) = c_int::try_from(pointers.len()) else { return false };
        // SAFETY: `pointers` holds `count` NUL-terminated texts or NULLs that outlive the call,
        // which copies them; text format needs no lengths; types are left to the server.
        unsafe {
            pq::PQsendQueryParams(
                self.raw,
                sql.as_ptr(),
                count,
                ptr::null(),
                pointers.as_ptr(),
                ptr::null(),
                ptr::null(),
                0,
            ) == 1
        }
    }

    /// Has the rows of what was just sent come one by one.
    pub(super) fn row_by_row(&mut self) -> bool {
        // SAFETY: raw is a live connection.
        unsafe { pq::PQsetSingleRowMode(self.raw) == 1 }
    }

    /// The next result of what was sent; `None` when there are no more. Blocks while
    /// [`Connection::is_busy`].
    pub(super) fn next_result(&mut self) -> Option<PgResult> {
        // SAFETY: raw is a live connection; the result is owned by the wrapper.
        let raw = unsafe { pq::PQgetResult(self.raw) };
        (!raw.is_null()).then_some(PgResult { raw })
    }

    /// The next result is not wholly there yet.
    pub(super) fn is_busy(&self) -> bool {
        // SAFETY: raw is a live connection.
        unsafe { pq::PQisBusy(self.raw) != 0 }
    }

    /// Reads what has arrived. False when the connection is gone.
    pub(super) fn consume(&mut self) -> bool {
        // SAFETY: raw is a live connection.
        unsafe { pq::PQconsumeInput(self.raw) == 1 }
    }

    /// Writes what is waiting to be sent; `Some(true)` when all of it is out, `None` when the
    /// connection is gone.
    pub(super) fn flush(&mut self) -> Option<bool> {
        // SAFETY: raw is a live connection.
        match unsafe { pq::PQflush(self.raw) } {
            0 => Some(true),
            1 => Some(false),
            _ => None,
        }
    }

    /// Waits until something can be read, or written where that is wanted. False after `limit`.
    pub(super) fn ready(&self, for_write: bool, limit: Duration) -> bool {
        if for_write {
            // While writing, a server that answers wants to be read first: short turns of each.
            let turn = limit.min(Duration::from_millis(10));
            return matches!(self.wait(true, Instant::now() + turn), Wait::Ready);
        }
        matches!(self.wait(false, Instant::now() + limit), Wait::Ready)
    }

    /// Queues a stretch of COPY data: `Some(false)` when there is no room yet, `None` on failure.
    pub(super) fn put_copy_data(&mut self, data: &[u8]) -> Option<bool> {
        let length = c_int::try_from(data.len()).ok()?;
        // SAFETY: the buffer is `length` bytes long and copied.
        match unsafe { pq::PQputCopyData(self.raw, data.as_ptr().cast(), length) } {
            1 => Some(true),
            0 => Some(false),
            _ => None,
        }
    }

    /// Ends COPY, with an error that the server then reports where one is given. As
    /// [`Connection::put_copy_data`].
    pub(super) fn put_copy_end(&mut self, error: Option<&CStr>) -> Option<bool> {
        // SAFETY: the text is NUL-terminated or NULL.
        match unsafe { pq::PQputCopyEnd(self.raw, error.map_or(ptr::null(), CStr::as_ptr)) } {
            1 => Some(true),
            0 => Some(false),
            _ => None,
        }
    }

    /// Reads COPY OUT data and throws it away.
    pub(super) fn discard_copy_data(&mut self) {
        loop {
            let mut buffer: *mut c_char = ptr::null_mut();
            // SAFETY: libpq allocates the buffer, which is freed here.
            let length = unsafe {
                let length = pq::PQgetCopyData(self.raw, &raw mut buffer, 0);
                if !buffer.is_null() {
                    pq::PQfreemem(buffer.cast());
                }
                length
            };
            if length <= 0 {
                return;
            }
        }
    }

    /// What can cancel the running statement from another thread.
    pub(super) fn canceller(&self) -> Option<Canceller> {
        // SAFETY: raw is a live connection; the result is owned by the wrapper.
        let raw = unsafe { pq::PQgetCancel(self.raw) };
        (!raw.is_null()).then_some(Canceller { raw })
    }

    /// Notices since the last call.
    pub(super) fn take_notices(&mut self) -> Vec<Fields> {
        std::mem::take(&mut self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: raw is live and never used again.
        unsafe { pq::PQfinish(self.raw) };
    }
}

enum Wait {
    Ready,
    TimedOut,
}

unsafe extern "C" fn receive_notice(list: *mut c_void, result: *const pq::PGresult) {
    // SAFETY: `list` is the mutex that the connection keeps alive; `result` is libpq's for the
    // time of this call.
    let (list, fields) = unsafe { (&*list.cast::<Mutex<Vec<Fields>>>(), fields_of(result)) };
    list.lock().unwrap_or_else(PoisonError::into_inner).push(fields);
}

/// The result of one statement, owned.
pub(super) struct PgResult {
    raw: *mut pq::PGresult,
}

impl PgResult {
    pub(super) fn status(&self) -> ExecStatusType {
        // SAFETY: raw is a live result.
        unsafe { pq::PQresultStatus(self.raw) }
    }

    pub(super) fn rows(&self) -> usize {
        // SAFETY: raw is a live result.
        usize::try_from(unsafe { pq::PQntuples(self.raw) }).unwrap_or(0)
    }

    pub(super) fn columns(&self) -> usize {
        // SAFETY: raw is a live result.
        usize::try_from(unsafe { pq::PQnfields(self.raw) }).unwrap_or(0)
    }

    pub(super) fn column_name(&self, column: usize) -> String {
        let Ok(column) = c_int::try_from(column) else { return String::new() };
        // SAFETY: libpq checks the range and returns NULL outside it.
        unsafe { owned(pq::PQfname(self.raw, column)) }.unwrap_or_default()
    }

    pub(super) fn column_type(&self, column: usize) -> u32 {
        let Ok(column) = c_int::try_from(column) else { return 0 };
        // SAFETY: libpq checks the range and returns 0 outside it.
        unsafe { pq::PQftype(self.raw, column) }
    }

    /// The bytes of a cell; `None` for NULL and outside the result.
    pub(super) fn bytes(&self, row: usize, column: usize) -> Option<&[u8]> {
        if row >= self.rows() || column >= self.columns() {
            return None;
        }
        let (row, column) = (c_int::try_from(row).ok()?, c_int::try_from(column).ok()?);
        // SAFETY: the indexes are in range; the bytes live as long as the result.
        unsafe {
            if pq::PQgetisnull(self.raw, row, column) != 0 {
                return None;
            }
            let length = usize::try_from(pq::PQgetlength(self.raw, row, column)).ok()?;
            let start = pq::PQgetvalue(self.raw, row, column);
            Some(std::slice::from_raw_parts(start.cast::<u8>(), length))
        }
    }

    /// The text of a cell; `None` for NULL. The connection's encoding is UTF-8, so other bytes
    /// come only from a database that does not check its text (SQL_ASCII).
    pub(super) fn text(&self, row: usize, column: usize) -> Option<&str> {
        self.bytes(row, column).map(|b| std::str::from_utf8(b).unwrap_or("\u{fffd}"))
    }

    /// `INSERT 0 3`.
    pub(super) fn command(&self) -> String {
        // SAFETY: raw is a live result; the text is copied.
        unsafe { owned(pq::PQcmdStatus(self.raw)) }.unwrap_or_default()
    }

    pub(super) fn fields(&self) -> Fields {
        // SAFETY: raw is a live result.
        unsafe { fields_of(self.raw) }
    }
}

impl Drop for PgResult {
    fn drop(&mut self) {
        // SAFETY: raw is live and never used again.
        unsafe { pq::PQclear(self.raw) };
    }
}

/// Cancels from any thread.
pub(super) struct Canceller {
    raw: *mut pq::PGcancel,
}

// SAFETY: PQcancel is documented as safe in any thread and in signal handlers; the structure is
// read only.
unsafe impl Send for Canceller {}
// SAFETY: as above.
unsafe impl Sync for Canceller {}

impl Canceller {
    pub(super) fn cancel(&self) -> bool {
        let mut text = [0 as c_char; 256];
        // SAFETY: the buffer's size is given.
        unsafe { pq::PQcancel(self.raw, text.as_mut_ptr(), 256) == 1 }
    }
}

impl Drop for Canceller {
    fn drop(&mut self) {
        // SAFETY: raw is live and never used again.
        unsafe { pq::PQfreeCancel(self.raw) };
    }
}

/// Checks a URL or `key=value` string.
///
/// # Errors
/// libpq's text.
pub(super) fn parse_conninfo(text: &CStr) -> Result<Vec<(String, String)>, String> {
    let mut error: *mut c_char = ptr::null_mut();
    // SAFETY: both results are freed here after copying.
    unsafe {
        let options = pq::PQconninfoParse(text.as_ptr(), &raw mut error);
        if options.is_null() {
            let message = owned(error).unwrap_or_else(|| "out of memory".to_owned());
            pq::PQfreemem(error.cast());
            return Err(message);
        }
        let mut found = Vec::new();
        let mut option = options;
        while !(*option).keyword.is_null() {
            if let (Some(key), Some(value)) = (owned((*option).keyword), owned((*option).val)) {
                found.push((key, value));
            }
            option = option.add(1);
        }
        pq::PQconninfoFree(options);
        Ok(found)
    }
}

/// # Safety
/// `text` is NULL or NUL-terminated.
unsafe fn owned(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: by the caller.
    Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

/// # Safety
/// `result` is a live result.
unsafe fn fields_of(result: *const pq::PGresult) -> Fields {
    let field = |code: u8| {
        // SAFETY: by the caller; the text is copied.
        unsafe { owned(pq::PQresultErrorField(result, c_int::from(code))) }
    };
    Fields {
        severity: field(pq::PG_DIAG_SEVERITY_NONLOCALIZED),
        sqlstate: field(pq::PG_DIAG_SQLSTATE),
        message: field(pq::PG_DIAG_MESSAGE_PRIMARY),
        detail: field(pq::PG_DIAG_MESSAGE_DETAIL),
        hint: field(pq::PG_DIAG_MESSAGE_HINT),
        position: field(pq::PG_DIAG_STATEMENT_POSITION).and_then(|p| p.parse().ok()),
        internal_query: field(pq::PG_DIAG_INTERNAL_QUERY),
        context: field(pq::PG_DIAG_CONTEXT),
        column: field(pq::PG_DIAG_COLUMN_NAME),
        constraint: field(pq::PG_DIAG_CONSTRAINT_NAME),
    }
}
