//! `dbkit pull`

use super::output::{count, harmless, print};
use super::{Context, Exit, Stop};
use crate::database::{Access, Connection, Session};
use crate::diagnostic::SourceFile;
use crate::history::{Beside, beside};
use crate::model::{Dialect, Model};
use crate::source::schema_rs::{Counts, adopt, is_plain, is_schema, update};
use crate::source::{self, Source};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(clap::Args, Debug)]
#[command(
    after_help = "Reads the database and writes what it finds as schema files: FILE, and beside it the same\n\
                        name with .sql for objects with bodies (views, functions, triggers …). A FILE that is\n\
                        there is brought up to date: order, Rust names, comments and spelling stay.\n\n\
                        Example:\n  dbkit pull --database-url postgres://localhost/shop --schema src/schema.rs"
)]
pub struct Args {
    /// File to write
    #[arg(long, value_name = "FILE", num_args = 1)]
    pub(super) schema: Vec<PathBuf>,
    /// Print the files and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the files anew instead of bringing them up to date
    #[arg(long)]
    overwrite: bool,
}

/// Writes schema files from the database.
///
/// # Errors
/// No connection, or files that cannot be written.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    let files = files(context)?;
    let Some(file) = files.first() else {
        return Err(Stop::error(
            Exit::Usage,
            "no schema file is named\nhelp: name one with --schema FILE",
        ));
    };
    let companion = file.with_extension("sql");
    let target = context.target()?;
    let mut connection = context.connect_filtered(&target, Access::Read)?;
    let old = match (args.overwrite, files.as_slice()) {
        (true, _) => Earlier::Nothing,
        (false, [file]) => earlier(context, file, connection.dialect())?,
        (false, _) => several(context, &files, connection.dialect())?,
    };
    let Pulled { model, rust, sql, told } = pulled(&mut connection, file, &old)?;
    if args.dry_run && context.json() {
        let mut texts = serde_json::Map::new();
        for (file, text) in rust {
            texts.insert(file.display().to_string(), text.into());
        }
        if let Some(sql) = sql.filter(|sql| !sql.is_empty()) {
            texts.insert(companion.display().to_string(), sql.into());
        }
        print(&format!(
            "{}\n",
            serde_json::to_string_pretty(&serde_json::json!({ "files": texts }))?
        ))?;
        return Ok(Exit::Done);
    }
    if args.dry_run {
        for (at, (file, text)) in rust.iter().enumerate() {
            match at {
                0 => print(text)?,
                _ => print(&format!("\n// {}\n{text}", file.display()))?,
            }
        }
        if let Some(sql) = sql.filter(|sql| !sql.is_empty()) {
            print(&format!("\n-- {}\n{sql}", companion.display()))?;
        }
        return Ok(Exit::Done);
    }
    for (file, text) in &rust {
        replace(file, text)?;
    }
    // A companion of an earlier pull would contradict a database that has nothing for it.
    if let Some(sql) = sql.as_ref().filter(|sql| !sql.is_empty() || companion.exists()) {
        replace(&companion, sql)?;
    }
    let bodies = match &sql {
        Some(sql) => !sql.is_empty(),
        None => companion.exists(),
    };
    summary(context, &model);
    if context.json() {
        let mut files: Vec<String> = rust.iter().map(|(f, _)| f.display().to_string()).collect();
        files.extend(bodies.then(|| companion.display().to_string()));
        let json = serde_json::json!({
            "files": files,
            "tables": model.tables.len(),
            "enums": model.enums.len(),
            "added": told.as_ref().map(|told| told.added),
            "changed": told.as_ref().map(|told| told.changed),
            "removed": told.as_ref().map(|told| told.removed),
        });
        print(&format!("{json}\n"))?;
        return Ok(Exit::Done);
    }
    let names: Vec<String> = rust.iter().map(|(file, _)| file.display().to_string()).collect();
    let mut text = format!(
        "{}: {}, {}{}\n",
        names.join(", "),
        count(model.tables.len(), "table"),
        count(model.enums.len(), "enum"),
        told.as_ref().map(changes).unwrap_or_default()
    );
    if bodies {
        text.push_str(&format!("{}: objects with bodies\n", companion.display()));
    }
    print(&text)?;
    Ok(Exit::Done)
}

/// What there is to write.
struct Pulled {
    model: Model,
    /// The schema files and their texts.
    rust: Vec<(PathBuf, String)>,
    /// `None` when the file beside it says it already.
    sql: Option<String>,
    /// What became of a file that was there.
    told: Option<Counts>,
}

/// The schema file that is there.
enum Earlier {
    Nothing,
    /// Diesel's own.
    Plain(Vec<Arc<SourceFile>>),
    Ours(Box<Source>),
}

fn pulled(connection: &mut Connection, file: &Path, old: &Earlier) -> anyhow::Result<Pulled> {
    let old = match old {
        Earlier::Ours(old) => old,
        Earlier::Plain(files) => {
            let model = connection.introspect()?;
            let adopted = adopt(files, &model).ok_or_else(|| {
                let message = format!(
                    "{} cannot become dbkit's as it stands\nhelp: write it anew with --overwrite, and take \
                     what it has beside its tables from the old one",
                    file.display()
                );
                Stop::error(Exit::Unexpected, message)
            })?;
            let mut told = Counts::default();
            for Counts { added, changed, removed } in adopted.iter().map(|made| made.counts) {
                told.added += added;
                told.changed += changed;
                told.removed += removed;
            }
            let in_sql = adopted.first().map(|made| made.in_sql.clone()).unwrap_or_default();
            let sql = Some(source::sql::write_with(&model, &in_sql));
            let texts =
                files.iter().zip(adopted).map(|(file, made)| (file.path.clone(), made.text));
            return Ok(Pulled { model, rust: texts.collect(), sql, told: Some(told) });
        }
        Earlier::Nothing => {
            let model = connection.introspect()?;
            let (rust, sql) = (source::schema_rs::write(&model), source::sql::write(&model));
            let rust = vec![(file.to_owned(), rust)];
            return Ok(Pulled { model, rust, sql: Some(sql), told: None });
        }
    };
    let Beside { live, other, .. } = beside(connection, &old.model)?;
    let updated = update(old, &other, &live).ok_or_else(|| {
        let message = format!(
            "{} cannot be brought up to date: read again, it would not say what the database has\n\
             help: write it anew with --overwrite; comments, order and Rust names of it are lost then",
            file.display()
        );
        Stop::error(Exit::Unexpected, message)
    })?;
    let bodies = |model: &Model| {
        let mut model = model.clone();
        for id in &updated.implied {
            model.remove(id);
        }
        source::sql::write_with(&model, &updated.in_sql)
    };
    let (wanted, has) = (bodies(&live), bodies(&updated.beside));
    let sql = (wanted != has).then_some(wanted);
    let rust = updated.texts.clone();
    Ok(Pulled { model: live, rust, sql, told: Some(updated.counts) })
}

/// The schema files of the settings. Files that a glob finds and that hold no table are not among
/// them: a module's `mod.rs` is none.
fn files(context: &Context) -> anyhow::Result<Vec<PathBuf>> {
    let patterns = &context.config.schema.value;
    let mut files = Vec::new();
    for path in super::schema::expand(patterns)? {
        let named = patterns.iter().any(|pattern| Path::new(pattern) == path);
        let holds = || std::fs::read_to_string(&path).is_ok_and(|text| is_schema(&path, &text));
        if named || holds() {
            files.push(path);
        }
    }
    Ok(files)
}

/// Several files: Diesel's become dbkit's together, dbkit's are brought up to date together.
fn several(context: &Context, files: &[PathBuf], dialect: Dialect) -> anyhow::Result<Earlier> {
    let there: Vec<PathBuf> = files.iter().filter(|file| file.exists()).cloned().collect();
    let texts: Vec<Arc<SourceFile>> =
        there.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
    match texts.iter().filter(|file| is_plain(&file.path, &file.text)).count() {
        _ if texts.is_empty() => Err(Stop::error(
            Exit::Usage,
            "the settings name several schema files, and none is there\nhelp: say which to write with --schema FILE",
        )),
        0 => {
            let mut beside = there.iter().skip(1).map(|file| file.with_extension("sql"));
            if let Some(other) = beside.find(|file| file.exists()) {
                let message = format!(
                    "objects with bodies stand in several files, {} among them\nhelp: move them into the one \
                     beside the first schema file",
                    other.display()
                );
                return Err(Stop::error(Exit::Usage, message));
            }
            ours(context, &there, dialect)
        }
        plain if plain == texts.len() => Ok(Earlier::Plain(texts)),
        _ => Err(Stop::error(
            Exit::Usage,
            "some of the schema files are Diesel's and some are dbkit's\nhelp: make Diesel's alone dbkit's first: --schema FILE for each of them",
        )),
    }
}

fn read(file: &Path) -> anyhow::Result<Arc<SourceFile>> {
    source::files::read_text(file).map_err(|found| Stop::error(Exit::Unexpected, found.message))
}

/// Looks at the schema file that is there.
fn earlier(context: &Context, file: &Path, dialect: Dialect) -> anyhow::Result<Earlier> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(Earlier::Nothing);
        }
        Err(error) => {
            let message = format!("cannot read {}: {error}", file.display());
            return Err(Stop::error(Exit::Unexpected, message));
        }
    };
    let says = |line: &str| !line.trim().is_empty() && !line.trim().starts_with("//");
    if !text.lines().any(says) {
        return Ok(Earlier::Nothing);
    }
    if is_plain(file, &text) {
        return Ok(Earlier::Plain(vec![read(file)?]));
    }
    ours(context, &[file.to_owned()], dialect)
}

fn ours(context: &Context, files: &[PathBuf], dialect: Dialect) -> anyhow::Result<Earlier> {
    match source::files::load(files, &[], dialect) {
        Ok(source) => Ok(Earlier::Ours(Box::new(source))),
        Err(found) => {
            let told = super::schema::drawn(context, &found);
            let help = "help: correct the file to have it brought up to date, or write it anew with --overwrite";
            Err(Stop::findings(Exit::Usage, format!("{told}\n\n{help}"), &found))
        }
    }
}

/// `, 1 added, 2 changed`, or that nothing is.
fn changes(told: &Counts) -> String {
    let parts = [(told.added, "added"), (told.changed, "changed"), (told.removed, "removed")];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!(", {number} {what}"))
        .collect();
    if parts.is_empty() { ", nothing new".to_owned() } else { parts.concat() }
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
