//! What happens while a statement gives no answer: somebody looks from a second connection.
//!
//! TCP tells a dead network, but neither a frozen server nor an answer that got lost on the way:
//! the connection simply stays silent, as it does while an index is built for an hour. The look
//! tells these apart: a server that lets nobody in is frozen; one that says that our process has
//! nothing to do has answered long ago; one that names a blocker makes us wait for a lock.

use super::connect::{self, ConnectOptions};
use super::libpq::{Canceller, Connection, ExecStatusType};
use crate::database::interrupt;
use std::ffi::CString;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

/// How long an answer is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Silence before the first look.
    pub first_look: Duration,
    /// Pause between looks.
    pub every: Duration,
    /// Looks in a row that find the server silent, or find our process idle, before the
    /// connection is given up.
    pub looks: u32,
    /// Limit of one statement, whatever the server does; the server's own `statement_timeout`
    /// should be shorter.
    pub statement: Option<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_look: Duration::from_secs(1),
            every: Duration::from_secs(5),
            looks: 3,
            statement: None,
        }
    }
}

/// How long the server has to act on a cancel request.
const AFTER_CANCEL: Duration = Duration::from_secs(10);

pub(super) struct Watch {
    pub(super) patience: Patience,
    /// Of the statement that waits or waited last.
    pub(super) blockers: Vec<String>,
    /// The process number is the server's own, not a pooler's.
    pub(super) knows_process: bool,
    target: String,
    options: ConnectOptions,
    process: i32,
    since: Instant,
    next: Instant,
    look: Option<Receiver<Sight>>,
    cancelled: Option<Instant>,
    silent: u32,
    idle: u32,
}

/// What a look saw.
enum Sight {
    Busy,
    Blocked(Vec<String>),
    /// Our process waits for us to speak.
    Idle,
    /// There is no such process.
    Gone,
    /// Nobody answered within the time limit of a connection.
    Silent,
}

impl Watch {
    pub(super) fn new(target: &str, options: &ConnectOptions, process: i32) -> Self {
        let now = Instant::now();
        Self {
            patience: Patience::default(),
            blockers: Vec::new(),
            knows_process: false,
            target: target.to_owned(),
            options: options.clone(),
            process,
            since: now,
            next: now,
            look: None,
            cancelled: None,
            silent: 0,
            idle: 0,
        }
    }

    /// Where the connection goes, and with what.
    pub(super) fn place(&self) -> (&str, &ConnectOptions) {
        (&self.target, &self.options)
    }

    /// A wait begins.
    pub(super) fn begin(&mut self) {
        self.since = Instant::now();
        self.next = self.since + self.patience.first_look;
        self.look = None;
        self.cancelled = None;
        (self.silent, self.idle) = (0, 0);
    }

    /// Nothing has come for a moment.
    ///
    /// # Errors
    /// Why waiting on makes no sense.
    pub(super) fn look(&mut self, canceller: &dyn Fn() -> Option<Canceller>) -> Result<(), String> {
        let waited = self.since.elapsed();
        if interrupt::requested() && self.cancelled.is_none() {
            self.cancelled = Some(Instant::now());
            if let Some(canceller) = canceller() {
                // It connects, which a frozen server lets nobody do in time.
                std::thread::spawn(move || canceller.cancel());
            }
        }
        if self.cancelled.is_some_and(|at| at.elapsed() > AFTER_CANCEL) {
            return Err("the server did not act on the request to cancel".to_owned());
        }
        if let Some(limit) = self.patience.statement
            && waited > limit
        {
            return Err(format!("the server gave no answer within {} s", limit.as_secs_f32()));
        }
        let sight = match &self.look {
            Some(look) => match look.try_recv() {
                Ok(sight) => Some(sight),
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Disconnected) => None,
            },
            None if Instant::now() < self.next => return Ok(()),
            None => {
                self.look = Some(self.send_somebody());
                return Ok(());
            }
        };
        self.look = None;
        self.next = Instant::now() + self.patience.every;
        self.judge(sight.unwrap_or(Sight::Busy), waited)
    }

    fn judge(&mut self, sight: Sight, waited: Duration) -> Result<(), String> {
        let seconds = waited.as_secs();
        if matches!(sight, Sight::Silent) {
            self.silent += 1;
            // Nobody could say anything else: the next one goes at once.
            self.next = Instant::now();
        } else {
            self.silent = 0;
        }
        match &sight {
            Sight::Idle if self.knows_process => self.idle += 1,
            _ => self.idle = 0,
        }
        match sight {
            Sight::Gone if self.knows_process => Err(format!(
                "the connection is lost: the server has no process {} any more",
                self.process
            )),
            Sight::Idle if self.idle >= self.patience.looks => Err(format!(
                "the connection is lost: the server has answered, and the answer did not arrive within {seconds} s"
            )),
            Sight::Silent if self.silent >= self.patience.looks => Err(format!(
                "the server has given no sign of life for {seconds} s: it is frozen or cut off"
            )),
            Sight::Blocked(blockers) => {
                self.blockers = blockers;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn send_somebody(&self) -> Receiver<Sight> {
        let (sender, receiver) = channel();
        let (target, mut options) = (self.target.clone(), self.options.clone());
        "dbkit (watch)".clone_into(&mut options.application_name);
        options.timeout = options.timeout.min(Duration::from_secs(10));
        let process = self.process;
        std::thread::spawn(move || {
            let sight = match connect::open(&target, &options) {
                Ok(mut connection) => ask(&mut connection, process, options.timeout),
                // Whoever refuses is alive.
                Err(error) if error.code.is_some() => Sight::Busy,
                Err(_) => {
                    // A refusal by the network comes at once: not a reason to count faster.
                    std::thread::sleep(Duration::from_secs(1));
                    Sight::Silent
                }
            };
            // The answer may have come meanwhile, and nobody listens any more.
            sender.send(sight).ok();
        });
        receiver
    }
}

/// Who stands in the way of a process, else whether it has something to do.
fn ask(connection: &mut Connection, process: i32, limit: Duration) -> Sight {
    let sql = format!(
        "SELECT a.state, 'pid ' || b.pid || coalesce(' (' || nullif(b.application_name, '') || ')', '') \
            || ', in its transaction for ' \
            || coalesce(extract(epoch FROM clock_timestamp() - b.xact_start)::bigint::text, '?') || ' s, ' \
            || CASE WHEN b.state LIKE 'idle%' THEN b.state || ' after' ELSE 'running' END || ': ' \
            || coalesce(nullif(regexp_replace(left(b.query, 120), '\\s+', ' ', 'g'), ''), '?') \
         FROM pg_catalog.pg_stat_activity a \
         LEFT JOIN pg_catalog.pg_stat_activity b ON b.pid = ANY (pg_catalog.pg_blocking_pids(a.pid)) \
         WHERE a.pid = {process} ORDER BY b.xact_start LIMIT 5"
    );
    let Ok(text) = CString::new(sql) else { return Sight::Busy };
    if !connection.send(&text) {
        return Sight::Silent;
    }
    let end = Instant::now() + limit;
    while connection.is_busy() {
        if Instant::now() > end {
            return Sight::Silent;
        }
        let sent = connection.flush() != Some(false);
        if connection.ready(!sent, Duration::from_millis(100)) && sent && !connection.consume() {
            return Sight::Silent;
        }
    }
    let Some(result) = connection.next_result() else { return Sight::Busy };
    if result.status() != ExecStatusType::PGRES_TUPLES_OK {
        return Sight::Busy;
    }
    let blockers: Vec<String> =
        (0..result.rows()).filter_map(|row| result.text(row, 1).map(str::to_owned)).collect();
    match result.text(0, 0) {
        _ if result.rows() == 0 => Sight::Gone,
        _ if !blockers.is_empty() => Sight::Blocked(blockers),
        Some(state) if state.starts_with("idle") => Sight::Idle,
        _ => Sight::Busy,
    }
}
