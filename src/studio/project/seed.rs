//! Staged rows as a seed file.

use super::relative;
use crate::studio::data::{Cell, Change, Kind as Sort, Schema};
use crate::studio::problem::Problem;
use crate::studio::settings::Settings;
use serde_json::{Map, Value as Json};
use std::fs::OpenOptions;
use std::io::Write;

/// Writes rows that are added or changed into the environment's folder of seeds. Returns the file.
///
/// # Errors
/// A deletion, which no seed can hold; a name that is taken or leads elsewhere.
pub fn save_as_seed(
    schema: &Schema,
    changes: &[Change],
    name: &str,
    settings: &Settings,
) -> Result<String, Problem> {
    let mut tables: Map<String, Json> = Map::new();
    for (at, change) in changes.iter().enumerate() {
        let wrong = |message: &str| Problem { change: Some(at), ..Problem::bad_request(message) };
        let table = schema.table(change.table())?;
        let mut row = Map::new();
        match (change.key(), change.values()) {
            (_, None) => return Err(wrong("a seed file cannot delete rows")),
            (key, Some(values)) => {
                let keys = table.key.iter().zip(key.into_iter().flatten());
                for (name, cell) in keys {
                    row.insert(name.clone(), json(cell, table.column(name)?.kind));
                }
                for column in &table.columns {
                    if let Some(cell) = values.get(&column.name) {
                        row.insert(column.name.clone(), json(cell, column.kind));
                    }
                }
            }
        }
        let rows =
            tables.entry(table.name.qname().to_string()).or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(rows) = rows {
            rows.push(Json::Object(row));
        }
    }
    if tables.is_empty() {
        return Err(Problem::bad_request("there are no changes"));
    }
    let name = crate::migration::file_name(name)?;
    // TOML has no null within JSON values.
    let (text, ending) = match toml_text(&tables) {
        Some(text) => (text, "toml"),
        None => (serde_json::to_string_pretty(&tables).unwrap_or_default() + "\n", "json"),
    };
    let environment = settings.environment.name.as_deref().unwrap_or("common");
    let folder = settings.seeds.join(environment);
    let path = folder.join(format!("{name}.{ending}"));
    let failed = |error: std::io::Error| {
        Problem::bad_request(format!("cannot write {}: {error}", relative(&path, &settings.root)))
    };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(relative(&path, &settings.root))
}

fn toml_text(tables: &Map<String, Json>) -> Option<String> {
    let mut out = String::new();
    for (name, rows) in tables {
        let header: Vec<String> = name.split('.').map(bare).collect();
        for row in rows.as_array()? {
            out.push_str(&format!("[[{}]]\n", header.join(".")));
            for (column, value) in row.as_object()? {
                let value = match value {
                    Json::Null => toml::Value::String("@null".to_owned()),
                    value => toml::Value::try_from(value).ok()?,
                };
                out.push_str(&format!("{} = {value}\n", bare(column)));
            }
            out.push('\n');
        }
    }
    Some(out.trim_end().to_owned() + "\n")
}

fn bare(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    match !name.is_empty() && name.chars().all(plain) {
        true => name.to_owned(),
        false => toml::Value::String(name.to_owned()).to_string(),
    }
}

/// As seed files have it: a text with a leading `@` would be a directive.
fn json(cell: &Cell, kind: Sort) -> Json {
    let text = |text: &str| match text.starts_with('@') {
        true => Json::String(format!("@{text}")),
        false => Json::String(text.to_owned()),
    };
    match (cell, kind) {
        (Cell::Null, _) => Json::Null,
        (Cell::Integer { int }, Sort::Boolean) => Json::Bool(int != "0"),
        (Cell::Integer { int }, _) => int.parse::<i64>().map_or_else(|_| text(int), Json::from),
        (Cell::Real { real }, _) => real.parse::<f64>().map_or_else(|_| text(real), Json::from),
        (Cell::Blob { blob }, _) => Json::String(format!("\\x{blob}")),
        (Cell::Text(value), Sort::Integer) => {
            value.parse::<i64>().map_or_else(|_| text(value), Json::from)
        }
        (Cell::Text(value), Sort::Boolean) => match value.as_str() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            other => text(other),
        },
        (Cell::Text(value), Sort::Json) => {
            serde_json::from_str(value).unwrap_or_else(|_| text(value))
        }
        (Cell::Text(value), _) => text(value),
    }
}
