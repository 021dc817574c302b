mod sql_split;
