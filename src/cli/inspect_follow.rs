//! `dbkit inspect TABLE --follow`

use super::inspect::{Args, stop};
use super::output::print_on;
use super::{Context, Exit, Format, Stop};
use crate::database::{Session, interrupt};
use crate::dialect::{postgres, sqlite};
use crate::inspect::{self, JsonRows, Page, Request, TableInfo};
use crate::model::Dialect;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(500);

/// Shows the newest rows, then those that come, in the order of the key.
///
/// # Errors
/// A table without a primary key, the database's own.
pub(super) fn follow(
    session: &mut dyn Session,
    table: &TableInfo,
    columns: Vec<String>,
    args: &Args,
    context: &Context,
) -> anyhow::Result<()> {
    if table.primary_key.is_empty() {
        let message = format!("{} has no primary key to follow its rows by", table.name);
        return Err(Stop::error(Exit::Usage, message));
    }
    let shown = columns.len();
    let mut request = Request {
        // The key is read, too, to know where to go on.
        columns: columns.iter().chain(&table.primary_key).cloned().collect(),
        condition: args.condition.clone(),
        order: table.primary_key.iter().map(|name| format!("-{name}")).collect(),
        limit: args.limit,
        ..Request::default()
    };
    if columns.is_empty() {
        request.columns = Vec::new();
    }
    let mut page = inspect::rows(session, table, &request).map_err(stop)?;
    let mut last = page.rows.first().map(|_| newest(&page, table));
    page.rows.reverse();
    let mut json = JsonRows::lines();
    let mut first = true;
    loop {
        if (first || !page.rows.is_empty()) && !write(&mut page, shown, first, context, &mut json)?
        {
            return Ok(());
        }
        first = false;
        if interrupt::pause(PAUSE) {
            return Ok(());
        }
        request.order = Vec::new();
        request.limit = u64::MAX;
        request.condition = match (&args.condition, &last) {
            (Some(own), Some(key)) => {
                Some(format!("({own}\n) AND {}", behind(session, table, key)))
            }
            (own, key) => own.clone().or(key.as_ref().map(|key| behind(session, table, key))),
        };
        page = inspect::rows(session, table, &request).map_err(stop)?;
        if !page.rows.is_empty() {
            let end =
                Page { rows: page.rows.last().cloned().into_iter().collect(), ..page.clone() };
            last = Some(newest(&end, table));
        }
    }
}

/// The key of the first row, as SQL's literals.
fn newest(page: &Page, table: &TableInfo) -> Vec<String> {
    let row = page.rows.first();
    let cell = |name: &String| {
        let at = page.columns.iter().rposition(|column| column == name)?;
        row?.get(at).map(inspect::plain_text)
    };
    table.primary_key.iter().filter_map(cell).collect()
}

fn behind(session: &dyn Session, table: &TableInfo, key: &[String]) -> String {
    let dialect = session.dialect();
    let quoted = |name: &String| match dialect {
        Dialect::Postgres => postgres::quote::ident(name),
        Dialect::Sqlite => sqlite::quote::ident(name),
    };
    let literal = |text: &String| match dialect {
        Dialect::Postgres => postgres::quote::literal(text),
        Dialect::Sqlite => sqlite::quote::literal(text),
    };
    let columns: Vec<String> = table.primary_key.iter().map(quoted).collect();
    let values: Vec<String> = key.iter().map(literal).collect();
    format!("({}) > ({})", columns.join(", "), values.join(", "))
}

/// False when nobody reads any more.
fn write(
    page: &mut Page,
    shown: usize,
    first: bool,
    context: &Context,
    json: &mut JsonRows,
) -> anyhow::Result<bool> {
    if shown > 0 {
        page.columns.truncate(shown);
        page.types.truncate(shown);
        page.rows.iter_mut().for_each(|row| row.truncate(shown));
    }
    let text = match context.global.format {
        Format::Json | Format::Ndjson => json.part(page),
        Format::Csv if first => inspect::csv(page, context.terminal),
        Format::Csv => inspect::csv_rows(page, context.terminal),
        Format::Vertical => inspect::vertical(page),
        Format::Markdown if first => inspect::markdown(page),
        Format::Markdown => without_heading(&inspect::markdown(page)),
        _ if first => inspect::page_table(page, super::inspect::terminal_width(context)),
        _ => without_heading(&inspect::page_table(page, super::inspect::terminal_width(context))),
    };
    Ok(print_on(&text)?)
}

fn without_heading(table: &str) -> String {
    table.lines().skip(2).map(|line| format!("{line}\n")).collect()
}
