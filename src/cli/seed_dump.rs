//! `dbkit seed dump`, `dbkit seed snapshot`

use super::output::print;
use super::seed::{connect, stop};
use super::{Context, Exit, Stop, schema};
use crate::config::Origin;
use crate::database::{Access, Session};
use crate::model::{ColumnRef, Dialect};
use crate::seed::{self, Mask, Take};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Columns marked #[pii] in the schema are masked as it says; those that merely look like\n\
                  personal data need a mask.\n\n\
                  Example:\n  dbkit seed dump users --mask users.email=hash --output seeds/dev/users.json"
)]
pub(super) struct DumpArgs {
    /// Tables
    #[arg(required = true, value_name = "TABLE")]
    tables: Vec<String>,
    #[command(flatten)]
    how: How,
}

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Columns marked #[pii] in the schema are masked as it says; those that merely look like\n\
                  personal data need a mask.\n\n\
                  Example:\n  dbkit seed snapshot --root comments:42 --mask users.email=fake"
)]
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
    /// Secret that goes into masked values, so that nobody finds the originals by trying
    #[arg(long, value_name = "SECRET", env = "DBKIT_MASK_KEY", hide_env_values = true)]
    mask_key: Option<String>,
    /// Tenant whose rows are seen: in its schema or database, or as policies let it
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
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
    let mask = Mask::of(mask).ok_or("a mask is hash, fake, null or keep")?;
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
    let not_json = |path: &&PathBuf| path.extension().is_none_or(|ending| ending != "json");
    if let Some(path) = how.output.as_ref().filter(not_json) {
        let name = path.with_extension("json");
        return Err(Stop::error(
            Exit::Usage,
            format!(
                "a dump is JSON: a seed file called {} is read as something else\nhelp: --output {}",
                path.display(),
                name.display()
            ),
        ));
    }
    let target = context.target()?;
    let mut connection = connect(context, &target, Access::Read, how.tenant.as_deref())?;
    let masks = seed::Masks {
        asked: how.masks.iter().cloned().collect(),
        declared: declared(context, connection.dialect())?,
        key: how.mask_key.clone().unwrap_or_default(),
    };
    let dumped = seed::dump(&mut connection, take, &masks).map_err(|error| stop(context, error))?;
    match &how.output {
        None => print(&dumped.text)?,
        Some(path) => std::fs::write(path, &dumped.text).map_err(|error| {
            Stop::error(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
        })?,
    }
    tell(context, &dumped);
    Ok(Exit::Done)
}

/// The columns that the schema marks as personal data; none where there is no schema file, as for a
/// database that dbkit does not manage.
fn declared(
    context: &Context,
    dialect: Dialect,
) -> anyhow::Result<BTreeMap<ColumnRef, Option<Mask>>> {
    let setting = &context.config.schema;
    let nothing = setting.origin == Origin::Default
        && setting.value.iter().all(|path| !Path::new(path).exists());
    if nothing {
        context.warn("there is no schema file: only names tell which columns hold personal data");
        return Ok(BTreeMap::new());
    }
    Ok(schema::load(context, dialect)?.personal_under_all_names())
}

/// What became of the columns, beside what a program reads.
fn tell(context: &Context, dumped: &seed::Dumped) {
    let (kept, masked): (Vec<_>, Vec<_>) =
        dumped.masked.iter().partition(|(_, mask)| **mask == Mask::Keep);
    if !masked.is_empty() {
        let shown: Vec<String> =
            masked.iter().map(|(name, mask)| format!("{name} ({})", mask.word())).collect();
        context.say(&format!("masked: {}", shown.join(", ")));
    }
    if !kept.is_empty() {
        let shown: Vec<&str> = kept.iter().map(|(name, _)| name.as_str()).collect();
        context.warn(&format!("as they are in the database: {}", shown.join(", ")));
    }
}
