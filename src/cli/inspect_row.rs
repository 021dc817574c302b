//! `dbkit inspect TABLE KEY`

use super::output::{harmless, print};
use super::{Context, Format};
use crate::database::Value;
use crate::inspect::{self, Align, Count, Detail, Page, Parent, TableInfo};
use crate::model::QName;

/// Values of a parent's row that are shown beside its key.
const VALUES: usize = 4;

/// Prints one row with what it refers to and how many refer to it.
pub(super) fn show_detail(
    wanted: &[String],
    context: &Context,
    table: &TableInfo,
    detail: &Detail,
) -> anyhow::Result<()> {
    let row = chosen(&detail.row, wanted);
    match context.global.format {
        Format::Json | Format::Ndjson => print(&json(table, detail, &row))?,
        Format::Csv => print(&inspect::csv(&row, context.terminal))?,
        Format::Markdown => print(&inspect::markdown(&row))?,
        _ => {
            print(&inspect::vertical(&row))?;
            print(&related(context, detail))?;
        }
    }
    Ok(())
}

/// The row with some of its columns; all where none is named.
fn chosen(row: &Page, wanted: &[String]) -> Page {
    if wanted.is_empty() {
        return row.clone();
    }
    let places: Vec<usize> =
        wanted.iter().filter_map(|name| row.columns.iter().position(|c| c == name)).collect();
    let pick = |all: &[String]| places.iter().filter_map(|at| all.get(*at).cloned()).collect();
    let cells = |row: &Vec<Value>| places.iter().filter_map(|at| row.get(*at).cloned()).collect();
    Page {
        columns: pick(&row.columns),
        types: pick(&row.types),
        rows: row.rows.iter().map(cells).collect(),
        ..Page::default()
    }
}

fn related(context: &Context, detail: &Detail) -> String {
    let width = super::inspect::terminal_width(context);
    let mut out = String::new();
    if !detail.parents.is_empty() {
        let heading = [("refers to", Align::Left), ("by", Align::Left), ("row", Align::Left)];
        let rows: Vec<Vec<String>> = detail
            .parents
            .iter()
            .map(|parent| {
                let to = place(&parent.table, &parent.parent_columns);
                vec![to, harmless(&parent.columns.join(", ")), summary(parent)]
            })
            .collect();
        out.push('\n');
        out.push_str(&inspect::table(&heading, &rows, width));
    }
    if !detail.children.is_empty() {
        let heading = [("referred to by", Align::Left), ("rows", Align::Right)];
        let rows: Vec<Vec<String>> = detail
            .children
            .iter()
            .map(|children| {
                let count = match children.rows {
                    Some(Count { rows, exact: false }) => format!("over {rows}"),
                    rows => Count::shown(rows),
                };
                vec![place(&children.table, &children.columns), count]
            })
            .collect();
        out.push('\n');
        out.push_str(&inspect::table(&heading, &rows, width));
    }
    out
}

fn place(table: &QName, columns: &[String]) -> String {
    harmless(&format!("{table} ({})", columns.join(", ")))
}

/// `42: name=Ada, active=true`
fn summary(parent: &Parent) -> String {
    let key: Vec<String> = parent.key.iter().map(inspect::cell_text).collect();
    let key = key.join(", ");
    if parent.key.contains(&Value::Null) {
        return "NULL".to_owned();
    }
    let Some(row) = parent.row.rows.first() else { return format!("{key}: no such row") };
    let values: Vec<String> = parent
        .row
        .columns
        .iter()
        .zip(row)
        .filter(|(name, _)| !parent.parent_columns.contains(name))
        .take(VALUES)
        .map(|(name, value)| format!("{}={}", harmless(name), inspect::cell_text(value)))
        .collect();
    if values.is_empty() { key } else { format!("{key}: {}", values.join(", ")) }
}

/// One object; rows in it are written as everywhere, so that no value changes.
fn json(table: &TableInfo, detail: &Detail, row: &Page) -> String {
    let object = |page: &Page| match page.rows.is_empty() {
        true => "null".to_owned(),
        false => inspect::JsonRows::lines().part(page).trim_end().to_owned(),
    };
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let names = |names: &[String]| serde_json::json!(names).to_string();
    let parents: Vec<String> = detail
        .parents
        .iter()
        .map(|parent| {
            format!(
                "{{\"columns\": {}, \"table\": {}, \"parent_columns\": {}, \"row\": {}}}",
                names(&parent.columns),
                text(&parent.table.to_string()),
                names(&parent.parent_columns),
                object(&parent.row)
            )
        })
        .collect();
    let children: Vec<serde_json::Value> = detail
        .children
        .iter()
        .map(|children| {
            serde_json::json!({
                "table": children.table.to_string(),
                "columns": children.columns,
                "rows": children.rows.map(|count| count.rows),
                "rows_exact": children.rows.map(|count| count.exact),
            })
        })
        .collect();
    format!(
        "{{\"table\": {}, \"row\": {}, \"parents\": [{}], \"children\": {}}}\n",
        text(&table.name.to_string()),
        object(row),
        parents.join(", "),
        serde_json::Value::from(children)
    )
}
