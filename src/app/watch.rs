use super::confine::Confinement;
use super::fingerprint::fingerprint;
use super::metrics::{Metrics, add_time, count};
use super::transient::is_transient;
use crate::model::Dialect;
use diesel::connection::{Instrumentation, InstrumentationEvent};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tracing::field::Empty;

/// Sees every query of a connection during one unit of work: keeps it to its tenant, counts, logs
/// without values, and remembers whether the database refused something that is worth another try.
pub(super) struct Watch {
    pub metrics: Arc<Metrics>,
    pub conflict: Arc<AtomicBool>,
    pub confinement: Option<Arc<Confinement>>,
    pub dialect: Dialect,
    pub slow: Duration,
    pub repeated: Option<u32>,
    seen: HashMap<String, u32>,
    running: Option<Running>,
}

/// A query that was sent.
struct Running {
    begun: Instant,
    /// Where anybody listens, or the same query is counted.
    fingerprint: Option<String>,
    span: tracing::Span,
}

impl Watch {
    pub(super) fn new(
        metrics: Arc<Metrics>,
        conflict: Arc<AtomicBool>,
        confinement: Option<Arc<Confinement>>,
        dialect: Dialect,
        slow: Duration,
        repeated: Option<u32>,
    ) -> Self {
        let (seen, running) = (HashMap::new(), None);
        Self { metrics, conflict, confinement, dialect, slow, repeated, seen, running }
    }

    fn start(&mut self, query: &dyn std::fmt::Display) {
        if let Some(confinement) = self.confinement.as_ref().filter(|c| c.is_on()) {
            confinement.examine(&query.to_string());
        }
        let heard = tracing::enabled!(target: "dbkit::query", tracing::Level::DEBUG);
        let wanted = heard || self.repeated.is_some();
        let fingerprint = wanted.then(|| fingerprint(&query.to_string(), self.dialect));
        let span = tracing::debug_span!(
            target: "dbkit::query",
            "query",
            db.system = match self.dialect {
                Dialect::Postgres => "postgresql",
                Dialect::Sqlite => "sqlite",
            },
            query = fingerprint.as_deref().unwrap_or_default(),
            micros = Empty,
            failed = Empty,
            slow = Empty,
        );
        self.running = Some(Running { begun: Instant::now(), fingerprint, span });
    }

    fn finish(&mut self, query: &dyn std::fmt::Display, error: Option<&diesel::result::Error>) {
        let Some(Running { begun, fingerprint: known, span }) = self.running.take() else { return };
        let time = begun.elapsed();
        count(&self.metrics.queries);
        add_time(&self.metrics.query_micros, time);
        if let Some(error) = error {
            count(&self.metrics.query_errors);
            if is_transient(error) {
                self.conflict.store(true, Ordering::Relaxed);
            }
        }
        let slow = time >= self.slow;
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let failed = error.is_some();
        span.record("micros", micros).record("failed", failed).record("slow", slow);
        let _entered = span.enter();
        if slow {
            count(&self.metrics.slow_queries);
        }
        let known = match known {
            None if slow => Some(fingerprint(&query.to_string(), self.dialect)),
            known => known,
        };
        let Some(query) = known else { return };
        if slow {
            tracing::warn!(target: "dbkit::query", micros, query, failed, "slow query");
        } else {
            tracing::debug!(target: "dbkit::query", micros, query, failed);
        }
        if let Some(limit) = self.repeated {
            let times = self.seen.entry(query.clone()).or_default();
            *times += 1;
            if *times == limit {
                tracing::warn!(
                    target: "dbkit::query",
                    times = limit,
                    query,
                    "the same query again and again in one unit of work: a join, or `eq_any`, asks once"
                );
            }
        }
    }
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => self.start(&query),
            InstrumentationEvent::FinishQuery { query, error, .. } => self.finish(&query, error),
            _ => {}
        }
    }
}
