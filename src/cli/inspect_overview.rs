//! `dbkit inspect` and `dbkit inspect TABLE --describe`

use super::inspect::terminal_width;
use super::output::{harmless, print};
use super::{Context, Format, pager};
use crate::inspect::{self, Align, Count, JsonRows, Overview, Structure};

/// Every table with its columns, rows and size.
pub(super) fn show_overview(context: &Context, overview: &Overview) -> anyhow::Result<()> {
    match context.global.format {
        Format::Json => {
            let json = inspect::overview_json(overview);
            print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
        }
        Format::Csv => print(&inspect::csv(&as_page(overview), context.terminal))?,
        Format::Markdown => print(&inspect::markdown(&as_page(overview)))?,
        Format::Vertical => print(&inspect::vertical(&as_page(overview)))?,
        Format::Ndjson => print(&JsonRows::lines().part(&as_page(overview)))?,
        _ if overview.tables.is_empty() => {
            context.say("there are no tables; `dbkit migrate` or `dbkit push` makes them");
        }
        _ => {
            let heading = [
                ("table", Align::Left),
                ("rows", Align::Right),
                ("size", Align::Right),
                ("indexes", Align::Right),
                ("columns", Align::Left),
            ];
            let rows: Vec<Vec<String>> = overview
                .tables
                .iter()
                .map(|table| {
                    let kind = match table.kind {
                        "table" => String::new(),
                        other => format!(" ({other})"),
                    };
                    let columns: Vec<&str> =
                        table.columns.iter().map(|column| column.name.as_str()).collect();
                    vec![
                        harmless(&format!("{}{kind}", table.name)),
                        Count::shown(table.rows),
                        table.bytes.map_or_else(|| "-".to_owned(), inspect::human_size),
                        table.indexes.to_string(),
                        harmless(&columns.join(", ")),
                    ]
                })
                .collect();
            print(&inspect::table(&heading, &rows, terminal_width(context)))?;
        }
    }
    Ok(())
}

fn as_page(overview: &Overview) -> inspect::Page {
    use crate::database::Value;
    let number = |number: u64| i64::try_from(number).map_or(Value::Null, Value::Integer);
    let rows = overview.tables.iter().map(|table| {
        vec![
            Value::Text(table.name.to_string()),
            Value::Text(table.kind.to_owned()),
            table.rows.map_or(Value::Null, |count| number(count.rows)),
            table.bytes.map_or(Value::Null, number),
            number(table.indexes as u64),
            number(table.columns.len() as u64),
        ]
    });
    inspect::Page {
        columns: ["table", "kind", "rows", "bytes", "indexes", "columns"].map(str::to_owned).into(),
        rows: rows.collect(),
        ..inspect::Page::default()
    }
}

/// What one table is made of.
pub(super) fn show_structure(
    context: &Context,
    structure: &Structure,
    paged: bool,
) -> anyhow::Result<()> {
    let text = match context.global.format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&structure.json())?),
        Format::Csv => inspect::csv(&structure.flat(), context.terminal),
        Format::Ndjson => JsonRows::lines().part(&structure.flat()),
        Format::Markdown => structure.markdown(),
        Format::Vertical => structure.vertical(),
        _ => structure.tables(terminal_width(context)),
    };
    let person = !matches!(context.global.format, Format::Json | Format::Csv | Format::Ndjson);
    pager::print(&text, context.terminal && paged && person)?;
    Ok(())
}
