//! How the database would go about a statement, as a tree.

use crate::database::{Connection, DatabaseError, Session, Value};
use crate::model::Dialect;
use serde::Serialize;
use serde_json::Value as Json;

#[derive(Debug, Default, PartialEq, Serialize)]
pub struct PlanNode {
    label: String,
    detail: Vec<String>,
    rows: Option<f64>,
    cost: Option<f64>,
    ms: Option<f64>,
    children: Vec<PlanNode>,
}

/// Asks for the plan; a query is run for its times, in a transaction that cannot write.
///
/// # Errors
/// The database's own.
pub fn explain(connection: &mut Connection, sql: &str) -> Result<PlanNode, DatabaseError> {
    let dialect = connection.dialect();
    let prefix = match dialect {
        Dialect::Postgres if super::is_query(sql, dialect) => "EXPLAIN (ANALYZE, FORMAT JSON) ",
        Dialect::Postgres => "EXPLAIN (FORMAT JSON) ",
        Dialect::Sqlite => "EXPLAIN QUERY PLAN ",
    };
    let found =
        connection.query(&format!("{prefix}{sql}"), &[]).map_err(|error| DatabaseError {
            position: error.position.map(|at| at.saturating_sub(prefix.len())),
            ..error
        })?;
    Ok(match dialect {
        Dialect::Postgres => {
            let text = found.rows.first().and_then(|row| row.first()).and_then(Value::as_text);
            let json: Json = text.and_then(|t| serde_json::from_str(t).ok()).unwrap_or_default();
            json.pointer("/0/Plan").map(of_postgres).unwrap_or_default()
        }
        Dialect::Sqlite => of_sqlite(&found.rows),
    })
}

/// What is told of a node besides its name.
const TOLD: [&str; 12] = [
    "Filter",
    "Index Cond",
    "Recheck Cond",
    "Hash Cond",
    "Merge Cond",
    "Join Filter",
    "Sort Key",
    "Group Key",
    "Rows Removed by Filter",
    "Sort Method",
    "Strategy",
    "Subplan Name",
];

fn of_postgres(node: &Json) -> PlanNode {
    let text = |key: &str| node.get(key).and_then(Json::as_str);
    let number = |key: &str| node.get(key).and_then(Json::as_f64);
    let mut label = text("Node Type").unwrap_or("?").to_owned();
    for (word, key) in [("using", "Index Name"), ("on", "Relation Name"), ("on", "CTE Name")] {
        if let Some(name) = text(key) {
            label.push_str(&format!(" {word} {name}"));
        }
    }
    let detail = TOLD.iter().filter_map(|key| {
        let value = node.get(*key)?;
        let value = match value {
            Json::String(text) => text.clone(),
            Json::Array(items) => {
                items.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        Some(format!("{key}: {value}"))
    });
    let children = node.get("Plans").and_then(Json::as_array);
    PlanNode {
        label,
        detail: detail.collect(),
        rows: number("Actual Rows").or(number("Plan Rows")),
        cost: number("Total Cost"),
        ms: number("Actual Total Time"),
        children: children.into_iter().flatten().map(of_postgres).collect(),
    }
}

/// Rows of id, parent, an unused number and the text; parents come first.
fn of_sqlite(rows: &[Vec<Value>]) -> PlanNode {
    let row = |row: &Vec<Value>| match row.as_slice() {
        [id, parent, _, text] => {
            Some((id.as_integer()?, parent.as_integer()?, text.as_text()?.to_owned()))
        }
        _ => None,
    };
    let all: Vec<(i64, i64, String)> = rows.iter().filter_map(row).collect();
    let mut roots = below(0, &all);
    match roots.len() {
        1 => roots.remove(0),
        _ => PlanNode { label: "QUERY PLAN".to_owned(), children: roots, ..PlanNode::default() },
    }
}

fn below(parent: i64, all: &[(i64, i64, String)]) -> Vec<PlanNode> {
    let children = all.iter().filter(|(id, of, _)| *of == parent && *id != parent);
    children
        .map(|(id, _, text)| PlanNode {
            label: text.clone(),
            children: below(*id, all),
            ..PlanNode::default()
        })
        .collect()
}
