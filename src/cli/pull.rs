//! `dbkit pull`

use super::output::{count, harmless, print};
use super::{Context, Exit, Stop};
use crate::database::{Access, Session};
use crate::model::{ColumnRef, Dialect, Mask, Model};
use crate::source;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Reads the database and writes what it finds as schema files: FILE, and beside it the same\n\
                        name with .sql for objects with bodies (views, functions, triggers …).\n\n\
                        Example:\n  dbkit pull --database-url postgres://localhost/shop --schema src/schema.rs"
)]
pub struct Args {
    /// File to write
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub(super) schema: Vec<PathBuf>,
    /// Print the files and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Writes schema files from the database.
///
/// # Errors
/// No connection, or files that cannot be written.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let [file] = context.config.schema.value.as_slice() else {
        return Err(Stop::error(
            Exit::Usage,
            "the settings name several schema files\nhelp: say which to write with --schema FILE",
        ));
    };
    if file.contains(['*', '?']) {
        return Err(Stop::error(
            Exit::Usage,
            format!("`{file}` is a glob\nhelp: say which file to write with --schema FILE"),
        ));
    }
    let file = Path::new(file);
    let companion = file.with_extension("sql");
    let target = context.target()?;
    let mut connection = context.connect(&target, Access::Read)?;
    let model = connection.introspect()?;
    let rust = source::schema_rs::write_marked(&model, &marks(context, file, model.dialect)?);
    let sql = source::sql::write(&model);
    if args.dry_run && context.json() {
        let mut files = serde_json::Map::new();
        files.insert(file.display().to_string(), rust.into());
        if !sql.is_empty() {
            files.insert(companion.display().to_string(), sql.into());
        }
        print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&serde_json::json!({ "files": files }))?
        ))?;
        return Ok(Exit::Done);
    }
    if args.dry_run {
        print(&rust)?;
        if !sql.is_empty() {
            print(&format!("\n-- {}\n{sql}", companion.display()))?;
        }
        return Ok(Exit::Done);
    }
    replace(file, &rust)?;
    // A companion of an earlier pull would contradict a database that has nothing for it.
    if !sql.is_empty() || companion.exists() {
        replace(&companion, &sql)?;
    }
    summary(context, &model);
    if context.json() {
        let mut files = vec![file.display().to_string()];
        files.extend((!sql.is_empty()).then(|| companion.display().to_string()));
        let json = serde_json::json!({
            "files": files,
            "tables": model.tables.len(),
            "enums": model.enums.len(),
        });
        print(&format!("{json}\n"))?;
        return Ok(Exit::Done);
    }
    let mut text = format!(
        "{}: {}, {}\n",
        file.display(),
        count(model.tables.len(), "table"),
        count(model.enums.len(), "enum")
    );
    if !sql.is_empty() {
        text.push_str(&format!("{}: objects with bodies\n", companion.display()));
    }
    print(&text)?;
    Ok(Exit::Done)
}

/// The `#[pii]` marks of the file that is replaced: the database does not know them, and a column
/// that lost its mark would leave unmasked in the next dump.
fn marks(
    context: &Context,
    file: &Path,
    dialect: Dialect,
) -> anyhow::Result<BTreeMap<ColumnRef, Option<Mask>>> {
    let marked = std::fs::read_to_string(file).is_ok_and(|text| text.contains("pii"));
    if !marked {
        return Ok(BTreeMap::new());
    }
    match source::files::load(&[file.to_owned()], &[], dialect) {
        Ok(source) => Ok(source.personal_under_all_names()),
        Err(found) => Err(super::schema::mistakes(context, &found)
            .context("its #[pii] marks are to be kept: correct the file, or delete it")),
    }
}

/// Names what the files cannot say and what Diesel cannot address.
fn summary(context: &Context, model: &Model) {
    for object in &model.unmodelled {
        context
            .warn(&format!("not managed by dbkit, left alone: {}", harmless(&object.to_string())));
    }
    for table in model.tables.values().filter(|table| table.primary_key.is_none()) {
        context.say(&format!(
            "note: {} has no primary key: it is in the schema, and Diesel cannot address it",
            harmless(&table.name.to_string())
        ));
    }
}

/// Writes a file so that a reader sees the old or the new text, never half of it.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = |error: std::io::Error| {
        Stop::error(Exit::Unexpected, format!("cannot write {}: {error}", path.display()))
    };
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
    {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let draft = path.with_extension("dbkit-new");
    let mut file = std::fs::File::create(&draft).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    std::fs::rename(&draft, path).map_err(failed)
}
