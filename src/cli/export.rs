//! `dbkit export`

use super::folders::sql;
use super::output::print;
use super::{Context, Exit, Format, schema};
use crate::dialect;
use crate::model::{Dialect, Model};
use crate::plan::{PlanOptions, Style};
use crate::source::snapshot::Snapshot;
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Prints everything the schema files say as one script for an empty database. Needs no database.\n\
                  --format json prints the model instead, as a snapshot holds it.\n\n\
                  Example:\n  dbkit export > schema.sql\n  dbkit export --dialect sqlite --format json"
)]
pub struct Args {
    /// Schema file (may be repeated; globs allowed)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(super) schema: Vec<PathBuf>,
    /// Database to write it for
    #[arg(long, value_name = "DIALECT", value_parser = super::init::parse_dialect)]
    dialect: Option<Dialect>,
}

/// Prints the whole schema.
///
/// # Errors
/// Mistakes in the schema files.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let dialects = args.dialect.map_or_else(|| context.dialects(), |dialect| vec![dialect]);
    let several = dialects.len() > 1;
    for dialect in dialects {
        let wanted = schema::load(context, dialect)?.model;
        let empty = Model::new(dialect);
        if context.global.format == Format::Json {
            print(&Snapshot::between(&empty, &wanted, None).to_json())?;
            continue;
        }
        let options = PlanOptions::new(Style::Fast);
        let (script, _) = dialect::script(&empty, &wanted, &[], &options)?;
        if several {
            print(&format!("-- {dialect}\n"))?;
        }
        print(&sql(&script))?;
    }
    Ok(Exit::Done)
}
