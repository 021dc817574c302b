use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What has happened since the pool was opened.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    pub(super) queries: AtomicU64,
    pub(super) query_errors: AtomicU64,
    pub(super) slow_queries: AtomicU64,
    pub(super) query_micros: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) rollbacks: AtomicU64,
    pub(super) retries: AtomicU64,
    pub(super) waits_timed_out: AtomicU64,
    pub(super) system_units: AtomicU64,
    pub(super) tenant_escapes: AtomicU64,
}

/// Counters only ever grow, and none decides anything: no order between them is needed.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn add_time(counter: &AtomicU64, time: Duration) {
    counter.fetch_add(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

impl Metrics {
    /// All of them in the text format that Prometheus reads, with the pool's connections.
    #[must_use]
    pub(super) fn render(&self, connections: u32, idle: u32, tenants: usize) -> String {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut out = String::new();
        let mut line = |name: &str, kind: &str, help: &str, value: String| {
            // Writing to a String cannot fail.
            let _ = write!(
                out,
                "# HELP dbkit_{name} {help}\n# TYPE dbkit_{name} {kind}\ndbkit_{name} {value}\n"
            );
        };
        let counters = [
            ("queries_total", "Queries sent.", &self.queries),
            ("query_errors_total", "Queries that failed.", &self.query_errors),
            ("slow_queries_total", "Queries slower than the threshold.", &self.slow_queries),
            ("commits_total", "Units of work committed.", &self.commits),
            ("rollbacks_total", "Units of work rolled back.", &self.rollbacks),
            ("retries_total", "Units of work begun again after a conflict.", &self.retries),
            (
                "pool_timeouts_total",
                "Times no connection became free in time.",
                &self.waits_timed_out,
            ),
            ("system_units_total", "Units of work on all tenants.", &self.system_units),
            (
                "tenant_escapes_total",
                "Units of work undone because their SQL would have left the tenant.",
                &self.tenant_escapes,
            ),
        ];
        for (name, help, counter) in counters {
            line(name, "counter", help, get(counter).to_string());
        }
        let micros = get(&self.query_micros);
        let seconds = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        line("query_seconds_total", "counter", "Time spent in queries.", seconds);
        line("pool_connections", "gauge", "Open connections.", connections.to_string());
        line("pool_idle_connections", "gauge", "Connections nobody uses.", idle.to_string());
        line("tenant_pools", "gauge", "Databases of tenants that are open.", tenants.to_string());
        out
    }
}
