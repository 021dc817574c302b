use super::Checks;
use crate::app::{Backend, Health};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

/// What `/ready` says.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub ready: bool,
    /// Why not.
    pub reasons: Vec<String>,
    /// `None` when the database did not answer in time.
    pub health: Option<Health>,
}

/// Asks the database, one question at a time.
pub(super) struct Probe<C: Backend> {
    checks: Arc<Checks<C>>,
    state: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    last: Option<(Instant, Arc<Answer>)>,
    /// A question whose time was over and that has not come back yet.
    under_way: Option<JoinHandle<Health>>,
}

impl<C: Backend> Probe<C> {
    pub(super) fn new(checks: Checks<C>) -> Self {
        Self { checks: Arc::new(checks), state: Mutex::new(Asked::default()) }
    }

    /// The last answer while it is fresh, else a new one within the limit.
    pub(super) async fn answer(&self) -> Arc<Answer> {
        let mut asked = self.state.lock().await;
        if let Some((at, answer)) = &asked.last
            && at.elapsed() < self.checks.cache
        {
            return Arc::clone(answer);
        }
        // A database that hangs must not get one more thread for every question.
        let mut question = asked.under_way.take().unwrap_or_else(|| {
            let checks = Arc::clone(&self.checks);
            tokio::task::spawn_blocking(move || checks.db.health_in_full(checks.migrations))
        });
        let answer = match tokio::time::timeout(self.checks.limit, &mut question).await {
            Ok(Ok(health)) => self.judge(health),
            Ok(Err(_)) => no("the check itself failed"),
            Err(_) => {
                asked.under_way = Some(question);
                no("no answer in time")
            }
        };
        let answer = Arc::new(answer);
        asked.last = Some((Instant::now(), Arc::clone(&answer)));
        answer
    }

    fn judge(&self, health: Health) -> Answer {
        let mut reasons: Vec<String> = health.error.iter().cloned().collect();
        if let Some(state) = &health.migrations {
            let mut tell = |what: &str, list: &[String]| {
                if !list.is_empty() {
                    reasons.push(format!("{what}: {}", list.join(", ")));
                }
            };
            tell("migrations have not run", &state.pending);
            tell("migrations were changed after they had run", &state.diverged);
            if !self.checks.newer_is_fine {
                tell("migrations have run that this program does not know", &state.unknown);
            }
        }
        Answer { ready: reasons.is_empty(), reasons, health: Some(health) }
    }
}

fn no(reason: &str) -> Answer {
    Answer { ready: false, reasons: vec![reason.to_owned()], health: None }
}
