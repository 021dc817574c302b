//! `dbkit seed dump`, `dbkit seed snapshot`

use super::output::print;
use super::seed::stop;
use super::{Context, Exit, Stop};
use crate::database::Access;
use crate::seed::{self, Mask, Take};
use std::path::PathBuf;

#[derive(clap::Args, Debug)]
#[command(after_help = "Columns that look like personal data need a mask.\n\n\
                  Example:\n  dbkit seed dump users --mask users.email=hash --output seeds/dev/users.json")]
pub(super) struct DumpArgs {
    /// Tables
    #[arg(required = true, value_name = "TABLE")]
    tables: Vec<String>,
    #[command(flatten)]
    how: How,
}

#[derive(clap::Args, Debug)]
#[command(after_help = "Columns that look like personal data need a mask.\n\n\
                  Example:\n  dbkit seed snapshot --root comments:42 --mask users.email=fake")]
pub(super) struct SnapshotArgs {
    /// The row: its table and its primary key
    #[arg(long, value_name = "TABLE:KEY", value_parser = root)]
    root: (String, String),
    #[command(flatten)]
    how: How,
}

#[derive(clap::Args, Debug)]
struct How {
    /// What becomes of a column: hash, fake, null or keep; may be repeated
    #[arg(long = "mask", value_name = "TABLE.COLUMN=MASK", value_parser = mask)]
    masks: Vec<(String, Mask)>,
    /// File to write instead of printing
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn root(text: &str) -> Result<(String, String), String> {
    let (table, key) = text.split_once(':').ok_or("write TABLE:KEY, as comments:42")?;
    Ok((table.to_owned(), key.to_owned()))
}

fn mask(text: &str) -> Result<(String, Mask), String> {
    let (column, mask) = text.split_once('=').ok_or("write TABLE.COLUMN=MASK")?;
    let mask = match mask {
        "hash" => Mask::Hash,
        "fake" => Mask::Fake,
        "null" => Mask::Null,
        "keep" => Mask::Keep,
        _ => return Err("a mask is hash, fake, null or keep".to_owned()),
    };
    Ok((column.to_owned(), mask))
}

pub(super) fn dump(args: &DumpArgs, context: &Context) -> anyhow::Result<Exit> {
    write(&Take::Tables(args.tables.clone()), &args.how, context)
}

pub(super) fn snapshot(args: &SnapshotArgs, context: &Context) -> anyhow::Result<Exit> {
    let (table, key) = args.root.clone();
    write(&Take::Root { table, key }, &args.how, context)
}

fn write(take: &Take, how: &How, context: &Context) -> anyhow::Result<Exit> {
    let target = context.target()?;
    let mut connection = context.connect(&target, Access::Read)?;
    let masks = how.masks.iter().cloned().collect();
    let text = seed::dump(&mut connection, take, &masks).map_err(|error| stop(context, error))?;
    match &how.output {
        None => print(&text)?,
        Some(path) => std::fs::write(path, text).map_err(|error| {
            Stop::error(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
        })?,
    }
    Ok(Exit::Done)
}
