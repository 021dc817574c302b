//! All integration tests are modules of this one binary: one link, shared support.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod bad_input;
mod canonical_postgres;
mod config;
mod connection;
mod generate;
mod harness;
mod hazards;
mod history;
mod init;
mod inspect;
mod interchange;
mod introspect_postgres;
mod language;
mod layers;
mod macro_types;
mod macros;
mod migrate;
mod plan;
mod plan_objects;
mod postgres_session;
mod prepare;
mod push;
mod readme;
mod rows;
mod runner;
mod schema_mistakes;
mod schema_rs;
mod schema_rs_random;
mod seed;
mod seed_cases;
mod sql_source;
mod sql_split;
mod sqlite;
mod starter;
mod support;
