//! `dbkit inspect`

use super::inspect_overview::{show_overview, show_structure};
use super::output::{harmless, print, print_on};
use super::{Context, Exit, Format, Stop, inspect_row::show_detail};
use super::{browse, inspect_follow as follow, pager};
use crate::database::{Access, Session};
use crate::inspect::{self, InspectError, JsonRows, Page, Request, TableInfo};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Never writes: the transaction is read-only. With a KEY: that row, the rows it refers to, and how\n\
                  many refer to it. csv, json and ndjson are written row by row, whatever their number.\n\n\
                  Examples:\n  dbkit inspect\n  dbkit inspect comments 42\n  \
                  dbkit inspect comments --where \"user_id = 'ada'\" --order -created_at --limit 5\n  \
                  dbkit inspect comments --columns id,text --all --format csv > comments.csv\n  \
                  dbkit inspect comments --follow\n  dbkit inspect comments --describe\n  \
                  dbkit inspect comments --interactive\n  \
                  dbkit inspect --sql 'select state, count(*) from comments group by 1'"
)]
pub struct Args {
    /// Table or view, with its schema where it is not the default one; without: all of them
    table: Option<String>,
    /// Primary key of one row, a value for each of its columns
    #[arg(requires = "table", allow_negative_numbers = true,
          conflicts_with_all = ["condition", "order", "limit", "all", "after"])]
    key: Vec<String>,
    /// SQL condition the rows must meet
    #[arg(long = "where", value_name = "CONDITION", requires = "table")]
    pub(super) condition: Option<String>,
    /// Columns to sort by, separated by commas; `-NAME` or `NAME:desc` for descending
    #[arg(long, value_name = "COLUMNS", requires = "table", allow_hyphen_values = true)]
    order: Vec<String>,
    /// Rows at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) limit: u64,
    /// Every row
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Begin behind the row with this primary key (repeat it for each column of the key)
    #[arg(long, value_name = "KEY", requires = "table", allow_hyphen_values = true)]
    after: Vec<String>,
    /// Columns to show, separated by commas; a name with a comma in double quotes
    #[arg(long, value_name = "COLUMNS", requires = "table")]
    columns: Vec<String>,
    /// Rows of a statement that reads, instead of a table's
    #[arg(long, value_name = "SELECT", conflicts_with = "table")]
    sql: Option<String>,
    /// Show the newest rows by their key, then new ones as they come, until Ctrl-C
    #[arg(long, requires = "table", conflicts_with_all = ["key", "order", "after", "all"])]
    follow: bool,
    /// Columns, keys, indexes, what refers to the table, its rows and sizes
    #[arg(long, short, requires = "table", conflicts_with_all =
          ["key", "condition", "order", "limit", "all", "after", "columns", "follow"])]
    describe: bool,
    /// Look around over the whole terminal: tables, rows, foreign keys
    #[arg(long, short, conflicts_with_all =
          ["key", "condition", "order", "limit", "all", "after", "columns", "follow", "describe", "sql"])]
    interactive: bool,
    /// Print a long result at once instead of through $PAGER
    #[arg(long)]
    no_pager: bool,
}

/// Prints an overview, rows of a table, one row in detail, or what a table is made of.
///
/// # Errors
/// An unknown table, column or row, a condition the database does not take.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    if args.interactive {
        browse::check_terminal()?;
    }
    let target = context.target()?;
    let mut connection = context.connect(&target, Access::Read)?;
    if let Some(sql) = &args.sql {
        let limit = if args.all { u64::MAX } else { args.limit };
        let (shown, more, _) =
            show(args, context, &mut |each| inspect::query(&mut connection, sql, limit, each))?;
        if more {
            context.say(&format!("first {shown} rows; more with --limit N or --all"));
        }
        return Ok(Exit::Done);
    }
    if args.interactive {
        let known = inspect::tables(&mut connection)?;
        let table = args.table.as_ref().map(|name| inspect::find(&known, name)).transpose();
        let table = table.map_err(stop)?.cloned();
        return browse::run(connection, target, known, table.as_ref());
    }
    let Some(name) = &args.table else {
        show_overview(context, &inspect::overview(&mut connection)?)?;
        return Ok(Exit::Done);
    };
    let known = inspect::tables(&mut connection)?;
    let table = inspect::find(&known, name).map_err(stop)?;
    let columns = args.columns.iter().flat_map(|text| inspect::list(text));
    let columns = columns.map(|name| inspect::column(table, &name)).collect::<Result<Vec<_>, _>>();
    let columns = columns.map_err(stop)?;
    if args.describe {
        let found = inspect::structure(&mut connection, &table.name).map_err(stop)?;
        show_structure(context, &found, !args.no_pager)?;
    } else if args.follow {
        follow::follow(&mut connection, table, columns, args, context)?;
    } else if args.key.is_empty() {
        rows(args, columns, context, &mut connection, table)?;
    } else {
        let detail = inspect::detail(&mut connection, table, &args.key).map_err(stop)?;
        show_detail(&columns, context, table, &detail)?;
    }
    Ok(Exit::Done)
}

fn rows(
    args: &Args,
    columns: Vec<String>,
    context: &Context,
    session: &mut dyn Session,
    table: &TableInfo,
) -> anyhow::Result<()> {
    let request = Request {
        columns,
        condition: args.condition.clone(),
        order: args.order.iter().flat_map(|text| inspect::list(text)).collect(),
        after: args.after.clone(),
        limit: if args.all { u64::MAX } else { args.limit },
    };
    let (shown, more, last) =
        show(args, context, &mut |each| inspect::stream(session, table, &request, each))?;
    if more {
        let after: Vec<String> = last.iter().map(|key| format!(" --after {}", word(key))).collect();
        let after = match after.is_empty() {
            true => String::new(),
            false => format!(", or those behind them with{}", after.concat()),
        };
        context.say(&format!("first {shown} rows; more with --limit N{after}"));
    }
    Ok(())
}

/// A value as a word of a shell.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '@');
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", harmless(text).replace('\'', "'\\''")),
    }
}

type Each<'e> = &'e mut dyn FnMut(Page) -> Result<bool, InspectError>;

/// Writes rows in the format asked for; those for programs as they come. Returns how many, whether
/// there are more, and the last one's key.
fn show(
    args: &Args,
    context: &Context,
    rows: &mut dyn FnMut(Each<'_>) -> Result<(), InspectError>,
) -> anyhow::Result<(usize, bool, Vec<String>)> {
    let format = context.global.format;
    if matches!(format, Format::Json | Format::Ndjson | Format::Csv) {
        return stream(context, rows).map_err(stop);
    }
    let mut page = Page::default();
    rows(&mut |part| {
        page.append(part);
        Ok(true)
    })
    .map_err(stop)?;
    let text = match format {
        Format::Markdown => inspect::markdown(&page),
        Format::Vertical => inspect::vertical(&page),
        _ => inspect::page_table(&page, terminal_width(context)),
    };
    pager::print(&text, context.terminal && !args.no_pager)?;
    Ok((page.rows.len(), page.more, page.last_key))
}

/// Writes rows as they come.
fn stream(
    context: &Context,
    rows: &mut dyn FnMut(Each<'_>) -> Result<(), InspectError>,
) -> Result<(usize, bool, Vec<String>), InspectError> {
    let csv = context.global.format == Format::Csv;
    let mut json = match context.global.format {
        Format::Ndjson => JsonRows::lines(),
        _ => JsonRows::list(),
    };
    let mut seen = (0, false, Vec::new());
    let mut first = true;
    let mut gone = false;
    let failed = |error: std::io::Error| InspectError::Output(error.to_string());
    rows(&mut |page| {
        let text = match csv {
            true if std::mem::take(&mut first) => inspect::csv(&page, context.terminal),
            true => inspect::csv_rows(&page, context.terminal),
            false => json.part(&page),
        };
        seen = (seen.0 + page.rows.len(), page.more, page.last_key);
        gone = !print_on(&text).map_err(failed)?;
        Ok(!gone)
    })?;
    if !csv && !gone {
        print(json.end()).map_err(failed)?;
    }
    Ok(if gone { (seen.0, false, Vec::new()) } else { seen })
}

pub(super) fn stop(error: InspectError) -> anyhow::Error {
    match error {
        InspectError::Database(error) => anyhow::Error::new(error),
        InspectError::Condition(source) => {
            Stop::error(Exit::Usage, format!("--where: {}{}", source.message, source.more()))
        }
        other => Stop::error(Exit::Usage, other.to_string()),
    }
}

/// `None` where nothing may be cut: stdout is no terminal, or one that does not know its width.
pub(super) fn terminal_width(context: &Context) -> Option<usize> {
    context.terminal.then(super::output::terminal_width).flatten()
}
