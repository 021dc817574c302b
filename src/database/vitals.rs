//! How a database feels: numbers that a person who is called at night asks for first.

use crate::model::Dialect;
use serde::{Deserialize, Serialize};

/// What the database says of itself; what it does not know, or this role may not see, is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Vitals {
    /// Of the whole database.
    pub size_bytes: Option<u64>,
    /// Clients of the server, this one included.
    pub connections: Option<u32>,
    /// The server's limit.
    pub max_connections: Option<u32>,
    /// Per cent of blocks found in shared buffers, since statistics began.
    pub cache_hit_ratio: Option<f64>,
    /// The oldest transaction that is open in this database, in seconds.
    pub longest_transaction: Option<f64>,
    /// How far a replica is behind: this one, or the slowest of this primary's, in seconds.
    pub replication_lag: Option<f64>,
}

const POSTGRES: &str = "SELECT json_build_object( \
    'size_bytes', pg_database_size(current_database()), \
    'connections', (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
    'max_connections', current_setting('max_connections')::int, \
    'cache_hit_ratio', (SELECT round(blks_hit * 100.0 / nullif(blks_hit + blks_read, 0), 2) \
        FROM pg_stat_database WHERE datname = current_database()), \
    'longest_transaction', (SELECT round(extract(epoch FROM max(clock_timestamp() - xact_start))::numeric, 3) \
        FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
          AND backend_type = 'client backend'), \
    'replication_lag', CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 \
        WHEN pg_is_in_recovery() THEN round(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::numeric, 3) \
        ELSE (SELECT round(max(extract(epoch FROM replay_lag))::numeric, 3) FROM pg_stat_replication) END \
    )::text AS value";

const SQLITE: &str = "SELECT json_object('size_bytes', \
    (SELECT page_count FROM pragma_page_count()) * (SELECT page_size FROM pragma_page_size())) AS value";

impl Vitals {
    /// The query that asks for them: one text, which [`Vitals::read`] reads.
    #[must_use]
    pub fn sql(dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Postgres => POSTGRES,
            Dialect::Sqlite => SQLITE,
        }
    }

    /// Reads the answer. One that cannot be read says nothing.
    #[must_use]
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}
