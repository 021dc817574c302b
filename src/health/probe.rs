use super::Checks;
use crate::app::{Backend, Health};
use std::sync::Arc;
use std::time::{Duration, Instant};
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
    in_full: bool,
    state: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    last: Option<(Instant, Arc<Answer>)>,
    under_way: Option<Question>,
    /// Questions that nobody waits for any more.
    given_up: Vec<JoinHandle<Health>>,
}

/// A question that has not come back yet.
struct Question {
    begun: Instant,
    task: JoinHandle<Health>,
}

/// A server that is gone without a word keeps its connection waiting for long: meanwhile another may
/// have come in its place.
const PATIENCE: Duration = Duration::from_secs(15);
const GIVEN_UP: usize = 2;

impl Asked {
    /// Makes room for a new question where the old one hangs; few may hang at the same time.
    fn give_up_on_old(&mut self) {
        self.given_up.retain(|task| !task.is_finished());
        let old = |question: &Question| {
            question.begun.elapsed() >= PATIENCE && !question.task.is_finished()
        };
        if self.given_up.len() < GIVEN_UP && self.under_way.as_ref().is_some_and(old) {
            self.given_up.extend(self.under_way.take().map(|question| question.task));
        }
    }
}

impl<C: Backend> Probe<C> {
    pub(super) fn new(checks: Arc<Checks<C>>, in_full: bool) -> Self {
        Self { checks, in_full, state: Mutex::new(Asked::default()) }
    }

    /// The last answer while it is fresh, else a new one within the limit.
    pub(super) async fn answer(&self) -> Arc<Answer> {
        let mut asked = self.state.lock().await;
        if let Some((at, answer)) = &asked.last
            && at.elapsed() < self.checks.cache
        {
            return Arc::clone(answer);
        }
        // A database that hangs must not get one more thread for every question, also where whoever
        // asked went away before there was an answer: the question stays in its place while it waits.
        asked.give_up_on_old();
        let question = asked.under_way.get_or_insert_with(|| {
            let checks = Arc::clone(&self.checks);
            let in_full = self.in_full;
            let ask = move || match in_full {
                true => checks.db.health_in_full(checks.migrations),
                false => checks.db.health(checks.migrations),
            };
            Question { begun: Instant::now(), task: tokio::task::spawn_blocking(ask) }
        });
        let answer = match tokio::time::timeout(self.checks.limit, &mut question.task).await {
            Ok(answer) => {
                asked.under_way = None;
                answer.map_or_else(|_| no("the check itself failed"), |health| self.judge(health))
            }
            Err(_) => no("no answer in time"),
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
