//! A name that is a key word needs quotes in every query written by hand.

use super::scene::{at_column, at_table};
use super::{MODEL, ModelHit, Rule, Scene};

pub(super) const RULE: Rule =
    Rule { name: "reserved-word", dialect: None, model: Some(design), ..MODEL };

const HELP: &str = "choose another name; `#[sql_name]` keeps the one in the database";

/// Those the manual of PostgreSQL, appendix C, calls reserved; all of them are key words of the SQL
/// standard or of SQLite as well.
const RESERVED: [&str; 78] = [
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "column",
    "constraint",
    "create",
    "current_catalog",
    "current_date",
    "current_role",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "from",
    "grant",
    "group",
    "having",
    "in",
    "initially",
    "intersect",
    "into",
    "lateral",
    "leading",
    "limit",
    "localtime",
    "localtimestamp",
    "not",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "placing",
    "primary",
    "references",
    "returning",
    "select",
    "session_user",
    "some",
    "symmetric",
    "system_user",
    "table",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
];

fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for table in scene.tables() {
        if is_reserved(&table.name.name) {
            let message = format!("table {} needs quotes in every query", table.name);
            hits.push(at_table(table, message, "a key word of SQL", HELP));
        }
    }
    for (table, column) in scene.columns() {
        if is_reserved(&column.name) {
            let message =
                format!("column {}.{} needs quotes in every query", table.name, column.name);
            hits.push(at_column(table, column, message, "a key word of SQL", HELP));
        }
    }
}
