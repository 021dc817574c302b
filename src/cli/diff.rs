//! `dbkit diff`

use super::folders::sql;
use super::output::{Grid, harmless, print};
use super::sides::{self, Opened, Side};
use super::{Context, Exit, Format, Stop, schema};
use crate::database::Session;
use crate::dialect;
use crate::diff::Rename;
use crate::history::{self, Difference};
use crate::model::{Dialect, Model};
use crate::plan::{PlanOptions, Style};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "A side is `schema` (the schema files), `migrations` (what the folder adds up to), `database` (the\n\
                  target), `env:NAME`, `empty`, a database URL, a schema file or a folder of migrations. The\n\
                  result says what leads from the one to the other; --format sql prints the statements.\n\n\
                  Example:\n  dbkit diff --from database --to schema\n  dbkit diff --from env:prod --to migrations --format sql --check"
)]
pub struct Args {
    /// What to start from
    #[arg(long, value_name = "SIDE", default_value = "migrations", value_parser = sides::parse)]
    from: Side,
    /// What to lead to
    #[arg(long, value_name = "SIDE", default_value = "schema", value_parser = sides::parse)]
    to: Side,
    /// Schema file (may be repeated; globs allowed)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) schema: Vec<PathBuf>,
    /// Exit 3 when something differs
    #[arg(long)]
    check: bool,
}

/// Compares two sides and prints what differs.
///
/// # Errors
/// A side that cannot be read, or two of different dialects.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let mut dialects = Vec::new();
    for side in [&args.from, &args.to] {
        dialects.extend(side.target(context)?.map(|target| target.dialect()));
    }
    dialects.dedup();
    if dialects.len() > 1 {
        return Err(Stop::error(
            Exit::Usage,
            "one side is PostgreSQL and the other SQLite\nhelp: compare each with the schema files",
        ));
    }
    if dialects.is_empty() {
        dialects = context.dialects();
    }
    let several = dialects.len() > 1;
    let mut differ = false;
    let mut json = Vec::new();
    for dialect in dialects {
        let (from, to, renames) = models(args, context, dialect)?;
        let found = history::differences(&from, &to, &renames);
        differ |= !found.is_empty();
        let options = PlanOptions::new(Style::Fast);
        let (script, _) = dialect::script(&from, &to, &renames, &options)?;
        if several && !context.json() {
            print(&format!("-- {dialect}\n"))?;
        }
        match context.global.format {
            Format::Json => json.push(serde_json::json!({
                "dialect": dialect.as_str(),
                "differences": found,
                "sql": script.statements().map(|s| s.sql.as_str()).collect::<Vec<_>>(),
            })),
            Format::Sql => print(&sql(&script))?,
            _ => print(&table(context, &found))?,
        }
    }
    if context.json() {
        print(&format!("{}\n", serde_json::to_string_pretty(&serde_json::json!(json))?))?;
    }
    Ok(if args.check && differ { Exit::Pending } else { Exit::Done })
}

/// Both models, in one spelling where one of them is a database's.
fn models(
    args: &Args,
    context: &Context,
    dialect: Dialect,
) -> anyhow::Result<(Model, Model, Vec<Rename>)> {
    let from = args.from.open(context, dialect)?;
    let to = args.to.open(context, dialect)?;
    let tell = |notes: &[String]| {
        for note in notes {
            context.say(&format!("note: {}", harmless(note)));
        }
    };
    Ok(match (from, to) {
        (Opened::Offline(from), Opened::Offline(to)) => {
            let from = schema::completed(context, from, &to.model)?;
            let to = schema::completed(context, to, &from.model)?;
            (from.model, to.model, to.renames)
        }
        (Opened::Live(mut from), Opened::Offline(to)) => {
            let to = match to.declared.plain {
                true => schema::completed(context, to, &from.introspect()?)?,
                false => to,
            };
            let found = history::beside(&mut from, &to.model)?;
            tell(&found.notes);
            (found.live, found.other, to.renames)
        }
        (Opened::Offline(from), Opened::Live(mut to)) => {
            let from = match from.declared.plain {
                true => schema::completed(context, from, &to.introspect()?)?,
                false => from,
            };
            let found = history::beside(&mut to, &from.model)?;
            tell(&found.notes);
            (found.other, found.live, Vec::new())
        }
        (Opened::Live(mut from), Opened::Live(mut to)) => {
            (from.introspect()?, to.introspect()?, Vec::new())
        }
    })
}

fn table(context: &Context, found: &[Difference]) -> String {
    if found.is_empty() {
        return "no differences\n".to_owned();
    }
    let mut grid = Grid::new(["object", "change", "details"]);
    for difference in found {
        let mut object = difference.object.clone();
        let mut change = difference.change.as_str().to_owned();
        if difference.details.is_empty() {
            grid.row([object, change, String::new()]);
            continue;
        }
        for detail in &difference.details {
            grid.row([std::mem::take(&mut object), std::mem::take(&mut change), detail.clone()]);
        }
    }
    grid.render(context.terminal)
}
