//! Connections, each with a thread of its own.
//!
//! A lane serves one kind of request, so that a slow query of the console holds up no grid. What
//! runs in it can be stopped: by its number, by a limit of time, or because nobody waits any more.

use super::problem::{Kind, Problem};
use crate::config::Target;
use crate::database::postgres::TransactionStatus;
use crate::database::{Access, Connection, Session, Stopper, open};
use crate::inspect::public_first;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// How long a statement that was told to stop may go on before it is told again.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Threads with a connection each that share a queue.
pub struct Lane {
    jobs: Sender<Job>,
}

/// A connection that is opened when it is needed, and again when it was lost.
pub struct Desk {
    target: Arc<Target>,
    access: Access,
    open: Option<(Connection, Arc<Stopper>)>,
}

/// A place in a queue, or at work.
#[derive(Default)]
pub struct Ticket(Mutex<Progress>);

#[derive(Default)]
enum Progress {
    #[default]
    Waiting,
    Running(Arc<Stopper>),
    /// Told to stop, and not over yet.
    Stopping(Arc<Stopper>),
    Done,
    Unwanted,
}

impl Ticket {
    /// Nothing that panics runs under the lock.
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the work; false when it was over. It may take a moment: the server is told.
    pub fn stop(self: &Arc<Self>) -> bool {
        {
            let mut progress = self.progress();
            match &*progress {
                // The lock is kept meanwhile: the next job must not begin before the server was
                // told about this one.
                Progress::Running(stopper) => {
                    let stopper = Arc::clone(stopper);
                    stopper.stop();
                    *progress = Progress::Stopping(stopper);
                }
                Progress::Waiting => {
                    *progress = Progress::Unwanted;
                    return true;
                }
                Progress::Done => return false,
                Progress::Stopping(_) | Progress::Unwanted => return true,
            }
        }
        // A server that was between two statements has stopped nothing.
        let ticket = Arc::clone(self);
        std::thread::spawn(move || {
            let mut pause = FIRST_PAUSE;
            loop {
                std::thread::sleep(pause);
                match &*ticket.progress() {
                    Progress::Stopping(stopper) => stopper.stop(),
                    _ => return,
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        });
        true
    }
}

/// Stops the work when nobody waits for it any more.
pub struct Wanted(Option<Arc<Ticket>>);

impl Wanted {
    pub fn new(ticket: &Arc<Ticket>) -> Self {
        Self(Some(Arc::clone(ticket)))
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        if let Some(ticket) = self.0.take() {
            std::thread::spawn(move || ticket.stop());
        }
    }
}

impl Lane {
    /// A lane of so many connections; they are opened with the first request.
    pub fn new(name: &str, target: &Arc<Target>, access: Access, width: usize) -> Self {
        let (jobs, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..width {
            let mut desk = Desk { target: Arc::clone(target), access, open: None };
            let queue = Arc::clone(&queue);
            let thread = std::thread::Builder::new().name(format!("studio {name}"));
            let started = thread.spawn(move || {
                while let Some(job) = next(&queue) {
                    job(&mut desk);
                }
            });
            // Without its threads a lane answers that it does not answer.
            drop(started);
        }
        Self { jobs }
    }

    /// Does the work on one of the connections and waits for it. Work that lost its connection is
    /// done once more where `again` says that nothing can happen twice.
    pub async fn run<T: Send + 'static>(
        &self,
        ticket: Arc<Ticket>,
        limit: Option<Duration>,
        again: bool,
        mut work: impl FnMut(&mut Desk) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, waiting) = tokio::sync::oneshot::channel();
        let at_work = Arc::clone(&ticket);
        let job: Job = Box::new(move |desk| {
            let mut result = desk.work(&at_work, &mut work);
            if again && result.as_ref().is_err_and(|problem| problem.lost) {
                result = desk.work(&at_work, &mut work);
            }
            *at_work.progress() = Progress::Done;
            let _ = answer.send(result);
        });
        let gone = || Problem::new(Kind::Database, "the connection's thread has ended");
        self.jobs.send(job).map_err(|_| gone())?;
        let mut wanted = Wanted(Some(ticket));
        let result = match limit {
            None => waiting.await,
            Some(limit) => {
                let mut waiting = waiting;
                match tokio::time::timeout(limit, &mut waiting).await {
                    Ok(result) => result,
                    Err(_) => {
                        drop(wanted);
                        let stopped = waiting.await.map_err(|_| gone())?;
                        return match stopped {
                            Err(problem) if problem.kind != Kind::Cancelled => Err(problem),
                            Ok(done) => Ok(done),
                            Err(_) => Err(too_long(limit)),
                        };
                    }
                }
            }
        };
        wanted.0 = None;
        result.map_err(|_| gone())?
    }
}

fn too_long(limit: Duration) -> Problem {
    let seconds = limit.as_secs_f64();
    Problem::new(Kind::Timeout, format!("stopped after {seconds} s, the limit of time"))
}

fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Desk {
    /// A connection of its own for one long piece of work.
    pub fn new(target: &Arc<Target>, access: Access) -> Self {
        Self { target: Arc::clone(target), access, open: None }
    }

    /// Work that is not done in a lane.
    pub fn alone<T>(
        &mut self,
        ticket: &Ticket,
        mut work: impl FnMut(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let result = self.work(ticket, &mut work);
        *ticket.progress() = Progress::Done;
        result
    }

    fn work<T>(
        &mut self,
        ticket: &Ticket,
        work: &mut impl FnMut(&mut Self) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let cancelled = || Problem::new(Kind::Cancelled, "cancelled before it began");
        // Connecting takes time, and nobody may be left who wants it.
        if matches!(*ticket.progress(), Progress::Unwanted | Progress::Stopping(_)) {
            return Err(cancelled());
        }
        self.connect()?;
        {
            let mut progress = ticket.progress();
            if matches!(*progress, Progress::Unwanted | Progress::Stopping(_)) {
                return Err(cancelled());
            }
            if let Some((_, stopper)) = &self.open {
                *progress = Progress::Running(Arc::clone(stopper));
            }
        }
        let result = work(self);
        // A transaction that somebody left open would be the next one's, with its mode and its
        // tenant.
        let at_rest = self.open.as_ref().is_some_and(|(connection, _)| is_at_rest(connection));
        if !at_rest || result.as_ref().is_err_and(|problem| problem.lost) {
            self.open = None;
        }
        result
    }

    fn connect(&mut self) -> Result<(), Problem> {
        let lost = match &self.open {
            Some((Connection::Postgres(session), _)) => session.is_lost(),
            other => other.is_none(),
        };
        if lost {
            self.open = None;
            let mut connection = open(&self.target, self.access, &mut |_| {})?;
            prepare(&mut connection, self.access)?;
            let stopper = Arc::new(Stopper::of(&connection));
            self.open = Some((connection, stopper));
        }
        Ok(())
    }

    /// The connection.
    pub fn session(&mut self) -> Result<&mut Connection, Problem> {
        self.connect()?;
        let gone = || Problem::new(Kind::Database, "there is no connection");
        self.open.as_mut().map(|(connection, _)| connection).ok_or_else(gone)
    }
}

fn is_at_rest(connection: &Connection) -> bool {
    match connection {
        Connection::Postgres(session) => session.transaction_status() == TransactionStatus::Idle,
        Connection::Sqlite(session) => !session.in_transaction(),
    }
}

/// Generated statements name tables of the default schema without it.
fn prepare(connection: &mut Connection, access: Access) -> Result<(), Problem> {
    let Connection::Postgres(session) = connection else { return Ok(()) };
    // What is set through a pooler would stay with a connection that others get.
    if session.through_pooler()? {
        return Ok(());
    }
    session.query(&public_first(false), &[])?;
    if access == Access::Read {
        session.execute("SET default_transaction_read_only = on")?;
    }
    Ok(())
}
