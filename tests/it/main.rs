
mod sql_split;
