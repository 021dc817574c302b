//! Steps in, SQL text out. The only place where SQL is rendered and names are quoted.

pub mod postgres;
pub mod sqlite;
