//! What all requests share.

use super::data::Schema;
use super::lanes::{Lane, Ticket};
use super::problem::{Kind, Problem};
use super::settings::Settings;
use crate::config::Target;
use crate::database::Access;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::Semaphore;

/// One visit of one database.
pub struct Studio {
    pub settings: Settings,
    pub server: String,
    pub warnings: Vec<String>,
    pub browse: Lane,
    /// Counts and sizes may take long.
    pub count: Lane,
    pub write: Lane,
    pub console: Lane,
    schema: RwLock<Option<Arc<Schema>>>,
    /// Seen when it was asked for last.
    version: Mutex<String>,
    /// Exports that may run now.
    pub exports: Arc<Semaphore>,
    unlocked: AtomicBool,
    tenant: Mutex<Option<String>>,
    running: Mutex<HashMap<String, Arc<Ticket>>>,
}

/// Each has a connection of its own.
const EXPORTS: usize = 4;

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Studio {
    pub fn new(settings: Settings, server: String, warnings: Vec<String>) -> Self {
        let target: Arc<Target> = Arc::new(settings.target.clone());
        let write = match settings.read_only {
            true => Access::Read,
            false => Access::Write,
        };
        Self {
            browse: Lane::new("rows", &target, Access::Read, 2),
            count: Lane::new("counts", &target, Access::Read, 1),
            write: Lane::new("changes", &target, write, 1),
            console: Lane::new("console", &target, write, 1),
            settings,
            server,
            warnings,
            schema: RwLock::new(None),
            version: Mutex::default(),
            exports: Arc::new(Semaphore::new(EXPORTS)),
            unlocked: AtomicBool::new(false),
            tenant: Mutex::new(None),
            running: Mutex::new(HashMap::new()),
        }
    }

    /// A protected environment that nobody has unlocked yet.
    pub fn is_locked(&self) -> bool {
        self.settings.target.protected && !self.unlocked.load(Ordering::SeqCst)
    }

    pub fn unlock(&self) {
        self.unlocked.store(true, Ordering::SeqCst);
    }

    pub fn is_writable(&self) -> bool {
        !self.settings.read_only && !self.is_locked()
    }

    /// # Errors
    /// Why nothing may be written now.
    pub fn check_writable(&self) -> Result<(), Problem> {
        if self.settings.read_only {
            return Err(Problem::new(Kind::ReadOnly, "started with --read-only")
                .hint("start `dbkit studio` without it to change anything"));
        }
        if self.is_locked() {
            return Err(Problem::new(Kind::Locked, "the environment is protected")
                .hint("unlock it for this visit by typing its name"));
        }
        Ok(())
    }

    pub fn tenant(&self) -> Option<String> {
        locked(&self.tenant).clone()
    }

    pub fn set_tenant(&self, tenant: Option<String>) {
        *locked(&self.tenant) = tenant;
    }

    /// The database's description, read when it is first needed.
    ///
    /// # Errors
    /// The database's own.
    pub async fn schema(&self) -> Result<Arc<Schema>, Problem> {
        let known = self.schema.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(schema) => Ok(schema),
            None => self.read_schema().await,
        }
    }

    /// The same, read anew.
    ///
    /// # Errors
    /// The database's own.
    pub async fn read_schema(&self) -> Result<Arc<Schema>, Problem> {
        let ticket = Arc::default();
        let schema = self.count.run(ticket, None, true, |desk| Ok(Schema::read(desk.session()?)?));
        let schema = Arc::new(schema.await?);
        *self.schema.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&schema));
        Ok(schema)
    }

    /// What was known of the database may have changed.
    pub fn forget_schema(&self) {
        *self.schema.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What was read of the database is forgotten when it has another version now.
    pub fn has_version(&self, version: &str) {
        let mut seen = locked(&self.version);
        if *seen != version {
            self.forget_schema();
            version.clone_into(&mut seen);
        }
    }

    /// After an error that says that the database is not what it was when it was read.
    pub fn look_again(&self, problem: &Problem) {
        let gone = matches!(problem.code.as_deref(), Some("42P01" | "42703"));
        if gone || problem.message.starts_with("no such ") {
            self.forget_schema();
        }
    }

    /// A place for work that can be cancelled by the name the page gave it.
    pub fn ticket(&self, request: Option<&str>) -> Arc<Ticket> {
        let ticket: Arc<Ticket> = Arc::default();
        if let Some(name) = request {
            let mut running = locked(&self.running);
            // Nobody told about those whose page went away.
            running.retain(|_, ticket| Arc::strong_count(ticket) > 1);
            running.insert(name.to_owned(), Arc::clone(&ticket));
        }
        ticket
    }

    pub fn done(&self, request: Option<&str>) {
        if let Some(name) = request {
            locked(&self.running).remove(name);
        }
    }

    pub fn running(&self, request: &str) -> Option<Arc<Ticket>> {
        locked(&self.running).get(request).cloned()
    }
}
