use super::fingerprint::fingerprint;
use super::metrics::{Metrics, add_time, count};
use super::transient::is_transient;
use crate::model::Dialect;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Sees every query of a connection during one unit of work: counts, logs without values, and
/// remembers whether the database refused something that is worth another try.
pub(super) struct Watch {
    pub metrics: Arc<Metrics>,
    pub conflict: Arc<AtomicBool>,
    pub dialect: Dialect,
    pub slow: Duration,
    pub repeated: Option<u32>,
    seen: HashMap<String, u32>,
    begun: Option<Instant>,
}

impl Watch {
    pub(super) fn new(
        metrics: Arc<Metrics>,
        conflict: Arc<AtomicBool>,
        dialect: Dialect,
        slow: Duration,
        repeated: Option<u32>,
    ) -> Self {
        Self { metrics, conflict, dialect, slow, repeated, seen: HashMap::new(), begun: None }
    }

    fn finish(&mut self, query: &str, error: Option<&diesel::result::Error>) {
        let time = self.begun.take().map(|begun| begun.elapsed()).unwrap_or_default();
        count(&self.metrics.queries);
        add_time(&self.metrics.query_micros, time);
        if let Some(error) = error {
            count(&self.metrics.query_errors);
            if is_transient(error) {
                self.conflict.store(true, Ordering::Relaxed);
            }
        }
        let slow = time >= self.slow;
        if !slow && self.repeated.is_none() && !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let fingerprint = fingerprint(query, self.dialect);
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        if slow {
            count(&self.metrics.slow_queries);
            tracing::warn!(target: "dbkit::query", micros, query = %fingerprint, "slow query");
        } else {
            tracing::debug!(target: "dbkit::query", micros, query = %fingerprint, failed = error.is_some());
        }
        if let Some(limit) = self.repeated {
            let times = self.seen.entry(fingerprint).or_default();
            *times += 1;
            if *times == limit {
                tracing::warn!(
                    target: "dbkit::query",
                    times = limit,
                    query = %fingerprint_of(&self.seen, limit),
                    "the same query again and again in one unit of work: a join, or `eq_any`, asks once"
                );
            }
        }
    }
}

fn fingerprint_of(seen: &HashMap<String, u32>, times: u32) -> &str {
    seen.iter().find(|(_, n)| **n == times).map_or("", |(query, _)| query)
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.begun = Some(Instant::now()),
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                self.finish(&query.to_string(), error);
            }
            _ => {}
        }
    }
}
