mod postgres_session;
mod sql_split;
