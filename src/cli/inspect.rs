//! `dbkit inspect`

use super::output::{harmless, print};
use super::{Context, Exit, Format, Stop};
use crate::database::{Access, Session};
use crate::inspect::{self, Align, Count, InspectError, Overview, Request};

#[derive(clap::Args, Debug)]
#[command(after_help = "Never writes: the transaction is read-only.\n\n\
                  Examples:\n  dbkit inspect\n  \
                  dbkit inspect comments --where \"user_id = 'ada'\" --order -created_at --limit 5\n  \
                  dbkit inspect comments --columns id,text --format csv")]
pub struct Args {
    /// Table or view, with its schema where it is not the default one; without: all of them
    table: Option<String>,
    /// SQL condition the rows must meet
    #[arg(long = "where", value_name = "CONDITION", requires = "table")]
    condition: Option<String>,
    /// Columns to sort by, separated by commas; `-NAME` or `NAME:desc` for descending
    #[arg(long, value_name = "COLUMNS", requires = "table", allow_hyphen_values = true)]
    order: Vec<String>,
    /// Rows at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: u64,
    /// Columns to show, separated by commas; a name with a comma in double quotes
    #[arg(long, value_name = "COLUMNS", requires = "table")]
    columns: Vec<String>,
}

/// Prints an overview, or rows of a table.
///
/// # Errors
/// An unknown table or column, a condition the database does not take.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target()?;
    let mut connection = context.connect(&target, Access::Read)?;
    match &args.table {
        None => show_overview(context, &inspect::overview(&mut connection)?)?,
        Some(table) => {
            let known = inspect::tables(&mut connection)?;
            rows(args, context, &mut connection, &known, table)?;
        }
    }
    Ok(Exit::Done)
}

fn rows(
    args: &Args,
    context: &Context,
    session: &mut dyn Session,
    overview: &Overview,
    name: &str,
) -> anyhow::Result<()> {
    let table = inspect::find(overview, name).map_err(stop)?;
    let request = Request {
        columns: args.columns.iter().flat_map(|text| inspect::list(text)).collect(),
        condition: args.condition.clone(),
        order: args.order.iter().flat_map(|text| inspect::list(text)).collect(),
        limit: args.limit,
    };
    let page = inspect::rows(session, table, &request).map_err(stop)?;
    let text = match context.global.format {
        Format::Json => inspect::json(&page),
        Format::Csv => inspect::csv(&page, context.terminal),
        _ => inspect::page_table(&page, terminal_width(context)),
    };
    print(&text)?;
    if page.more {
        context.say(&format!("first {} rows; more with --limit N", page.rows.len()));
    }
    Ok(())
}

fn stop(error: InspectError) -> anyhow::Error {
    match error {
        InspectError::Database(error) => anyhow::Error::new(error),
        InspectError::Condition(source) => {
            Stop::error(Exit::Usage, format!("--where: {}{}", source.message, source.more()))
        }
        other => Stop::error(Exit::Usage, other.to_string()),
    }
}

/// Every table with its columns, rows and size.
pub(super) fn show_overview(context: &Context, overview: &Overview) -> anyhow::Result<()> {
    match context.global.format {
        Format::Json => {
            let json = inspect::overview_json(overview);
            print(&format!("{}\n", serde_json::to_string_pretty(&json)?))?;
        }
        Format::Csv => print(&inspect::csv(&as_page(overview), context.terminal))?,
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

/// `None` where nothing may be cut: stdout is no terminal, or one that does not know its width.
fn terminal_width(context: &Context) -> Option<usize> {
    context.terminal.then(super::output::terminal_width).flatten()
}
