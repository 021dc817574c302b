//! What reaches beyond the transaction a statement runs in. The database holds a read-only visit and
//! a tenant's view by itself; what it cannot hold is refused by name.

use crate::model::Dialect;
use crate::sql::cursor::Cursor;
use crate::sql::lex::{Token, TokenKind, tokens};
use crate::studio::problem::{Kind, Problem};

/// Functions of PostgreSQL that work in a read-only transaction, and whose work no ROLLBACK takes
/// back or that read the server's files (manual, System Administration Functions, dblink, adminpack).
const BEYOND: &[&str] = &[
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_switch_wal",
    "pg_promote",
    "pg_create_restore_point",
    "pg_logical_emit_message",
    "pg_log_backend_memory_contexts",
    "pg_copy_physical_replication_slot",
    "pg_copy_logical_replication_slot",
    "pg_create_physical_replication_slot",
    "pg_create_logical_replication_slot",
    "pg_drop_replication_slot",
    "pg_logical_slot_get_changes",
    "pg_logical_slot_get_binary_changes",
    "lo_export",
    "lo_import",
];

/// Whole families of them.
const FAMILIES: &[&str] = &[
    "dblink",
    "pg_read_",
    "pg_ls_",
    "pg_stat_file",
    "pg_stat_reset",
    "pg_file_",
    "pg_wal_replay_",
    "pg_replication_",
    "pg_backup_",
];

/// Refuses such a function where nothing may be changed.
///
/// # Errors
/// Its name.
pub fn check_reading(sql: &str, dialect: Dialect) -> Result<(), Problem> {
    let beyond = |name: &String| {
        BEYOND.contains(&name.as_str()) || FAMILIES.iter().any(|family| name.starts_with(family))
    };
    match called(sql, dialect).find(beyond) {
        Some(name) if dialect == Dialect::Postgres => {
            let message = format!("{name} reaches beyond a transaction that only reads");
            Err(Problem::new(Kind::ReadOnly, message))
        }
        _ => Ok(()),
    }
}

/// Refuses what would leave the view of a tenant.
///
/// # Errors
/// Why it is refused.
pub fn check_view(sql: &str) -> Result<(), Problem> {
    let words = Cursor::new(sql, Dialect::Postgres);
    let settings = ["set", "reset", "discard"].iter().any(|word| words.is_words(word));
    match settings || called(sql, Dialect::Postgres).any(|name| name == "set_config") {
        false => Ok(()),
        true => {
            let message = "settings cannot be changed while the database is viewed as a tenant";
            Err(Problem::new(Kind::Forbidden, message).hint("choose all tenants first"))
        }
    }
}

/// Names that stand in front of a parenthesis, as the database understands them.
fn called(sql: &str, dialect: Dialect) -> impl Iterator<Item = String> {
    let all: Vec<Token> = tokens(sql, dialect).filter(|token| !token.is_trivia()).collect();
    let names = all.windows(2).filter_map(|pair| match pair {
        [name, open] if open.kind == TokenKind::Open => match name.kind {
            TokenKind::Word => Some(name.text(sql).to_ascii_lowercase()),
            TokenKind::QuotedName => Some(name.text(sql).trim_matches('"').to_owned()),
            _ => None,
        },
        _ => None,
    });
    names.collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_beyond_is_known_by_name() {
        for sql in [
            "select pg_terminate_backend(1)",
            "select pg_catalog . \"pg_cancel_backend\" /* x */ (1)",
            "select * from dblink('dbname=x', 'delete from t') as t(a int)",
            "select PG_READ_FILE('/etc/passwd')",
            "select lo_export(1, '/tmp/x')",
            "with a as (select pg_ls_dir('.')) table a",
        ] {
            assert!(check_reading(sql, Dialect::Postgres).is_err(), "{sql}");
        }
        for sql in
            ["select 'pg_reload_conf()'", "select pg_reload_conf from t", "select count(*) from t"]
        {
            assert!(check_reading(sql, Dialect::Postgres).is_ok(), "{sql}");
        }
    }

    #[test]
    fn a_tenants_view_is_not_left() {
        for sql in [
            "set role admin",
            "SET LOCAL app.tenant_id = 'b'",
            "reset all",
            "select set_config('app.tenant_id', 'b', true), count(*) from t",
            "select pg_catalog.\"set_config\"('role', 'x', true)",
        ] {
            assert!(check_view(sql).is_err(), "{sql}");
        }
        for sql in ["select 1", "update t set a = 1", "select current_setting('app.tenant_id')"] {
            assert!(check_view(sql).is_ok(), "{sql}");
        }
    }
}
