//! What the commands that read schema files share.

use super::output::harmless;
use super::{Context, Exit, Stop};
use crate::diagnostic::Diagnostic;
use crate::model::{Dialect, Model};
use crate::source::{Source, files, schema_rs};
use std::path::PathBuf;

/// Reads the schema files in force for one dialect.
pub(super) fn load(context: &Context, dialect: Dialect) -> anyhow::Result<Source> {
    let schema = expand(&context.config.schema.value)?;
    let sql = expand(&context.config.sql.value)?;
    files::load(&schema, &sql, dialect)
        .map(|source| filtered(context, source))
        .map_err(|found| mistakes(context, &found))
}

/// The schema files with what `diesel::table!` cannot say taken from `base`.
pub(super) fn completed(context: &Context, source: Source, base: &Model) -> anyhow::Result<Source> {
    let completed =
        schema_rs::completed(source, base).map_err(|found| mistakes(context, &found))?;
    if !completed.left_alone.is_empty() {
        let names: Vec<String> =
            completed.left_alone.iter().map(|name| harmless(&name.to_string())).collect();
        context.say(&format!(
            "note: left alone, because files with `diesel::table!` alone do not drop tables: {} (`dbkit pull` makes them dbkit's)",
            names.join(", ")
        ));
    }
    Ok(completed.source)
}

/// True where a schema file, or a pattern for some, names one that exists.
pub(super) fn is_there(context: &Context) -> bool {
    let patterns = [&context.config.schema.value, &context.config.sql.value];
    patterns.into_iter().flatten().any(|pattern| {
        expand(std::slice::from_ref(pattern)).is_ok_and(|f| f.iter().any(|f| f.exists()))
    })
}

/// The schema files with the mistakes in them as values, and with types that only what is there can
/// tell; to be [`completed`].
pub(super) fn read(
    context: &Context,
    dialect: Dialect,
) -> anyhow::Result<Result<Source, Vec<Diagnostic>>> {
    let schema = expand(&context.config.schema.value)?;
    let sql = expand(&context.config.sql.value)?;
    Ok(files::load_undecided(&schema, &sql, dialect).map(|source| filtered(context, source)))
}

fn filtered(context: &Context, source: Source) -> Source {
    Source { model: context.filtered(source.model), ..source }
}

/// The dialect that one of the schema files says it is for.
pub(super) fn declared_dialect(context: &Context) -> Option<Dialect> {
    let files = expand(&context.config.schema.value).ok()?;
    files.iter().find_map(|path| schema_rs::dialect_of(&std::fs::read_to_string(path).ok()?))
}

/// All findings as one error.
pub(super) fn mistakes(context: &Context, found: &[Diagnostic]) -> anyhow::Error {
    Stop::findings(Exit::Usage, drawn(context, found), found)
}

/// Findings a person is shown; whoever has more of them mends these first.
const SHOWN: usize = 50;

/// Findings as a person reads them.
pub(super) fn drawn(context: &Context, found: &[Diagnostic]) -> String {
    let shown = found.iter().take(SHOWN).map(|d| d.render(context.colour));
    let mut told: Vec<String> = shown.collect();
    if let Some(more) = found.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        told.push(format!("… and {more} more; --format json lists all of them"));
    }
    told.join("\n\n")
}

/// Files of globs, sorted; a name without glob characters stays, so that a missing file is named.
pub(super) fn expand(patterns: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for pattern in patterns {
        if !pattern.contains(['*', '?', '[']) || PathBuf::from(pattern).exists() {
            files.push(PathBuf::from(pattern));
            continue;
        }
        let paths = glob::glob(pattern)
            .map_err(|e| Stop::error(Exit::Usage, format!("`{pattern}` is not a glob: {e}")))?;
        let before = files.len();
        for path in paths {
            files.push(path?);
        }
        if files.len() == before {
            return Err(Stop::error(
                Exit::Usage,
                format!(
                    "no file matches `{pattern}`\nhelp: correct `schema` in dbkit.toml, or name the file with --schema"
                ),
            ));
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}
