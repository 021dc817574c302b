//! What the commands that read schema files share.

use super::{Context, Exit, Stop};
use crate::diagnostic::Diagnostic;
use crate::diff::{Ambiguity, Rename};
use crate::model::{Dialect, QName};
use crate::source::{Source, files, schema_rs};
use std::path::PathBuf;

/// Reads the schema files in force for one dialect.
pub(super) fn load(context: &Context, dialect: Dialect) -> anyhow::Result<Source> {
    let schema = expand(&context.config.schema.value)?;
    let sql = expand(&context.config.sql.value)?;
    files::load(&schema, &sql, dialect).map_err(|found| mistakes(context, &found))
}

/// The dialect that one of the schema files says it is for.
pub(super) fn declared_dialect(context: &Context) -> Option<Dialect> {
    let files = expand(&context.config.schema.value).ok()?;
    files.iter().find_map(|path| schema_rs::dialect_of(&std::fs::read_to_string(path).ok()?))
}

/// All findings as one error.
pub(super) fn mistakes(context: &Context, found: &[Diagnostic]) -> anyhow::Error {
    let told: Vec<String> = found.iter().map(|d| d.render(context.colour)).collect();
    Stop::error(Exit::Usage, told.join("\n\n"))
}

/// Files of globs, sorted; a name without glob characters stays, so that a missing file is named.
fn expand(patterns: &[String]) -> anyhow::Result<Vec<PathBuf>> {
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

/// Reads `--rename` values: `table:new`, `table.column:new`, `schema.table.column:new`. Which of
/// them is meant is decided by the ambiguities found.
pub(super) fn chosen_renames(
    given: &[String],
    ambiguous: &[Ambiguity],
) -> anyhow::Result<Vec<Rename>> {
    let mut chosen = Vec::new();
    for text in given {
        match ambiguous.iter().find(|ambiguity| ambiguity.flag() == *text) {
            Some(ambiguity) => chosen.push(ambiguity.rename.clone()),
            None => {
                let possible: Vec<String> = ambiguous.iter().map(Ambiguity::flag).collect();
                let help = if possible.is_empty() {
                    "nothing here looks like a rename".to_owned()
                } else {
                    format!("possible are: {}", possible.join(", "))
                };
                return Err(Stop::error(
                    Exit::Usage,
                    format!(
                        "--rename {text} names no column, table or label that goes beside one that comes\nhelp: {help}"
                    ),
                ));
            }
        }
    }
    Ok(chosen)
}

/// What the user must decide: every pair that could be a rename, with the flags that answer.
pub(super) fn unanswered(ambiguous: &[Ambiguity]) -> anyhow::Error {
    let mut text = String::new();
    for ambiguity in ambiguous {
        text.push_str(&format!("{} (--rename {})\n", ambiguity.question(), ambiguity.flag()));
    }
    text.push_str("help: there is no terminal to answer on; use --rename for what is renamed, and --allow-destructive for what is really dropped and added");
    Stop::error(Exit::Refused, text)
}

/// The pairs asked about on the terminal; those answered with yes.
pub(super) fn ask(ambiguous: &[Ambiguity]) -> anyhow::Result<Vec<Rename>> {
    let mut chosen: Vec<Rename> = Vec::new();
    let mut settled: Vec<(String, Option<QName>)> = Vec::new();
    for ambiguity in ambiguous {
        let (from, to) = ends(&ambiguity.rename);
        if settled.contains(&from) || settled.contains(&to) {
            continue;
        }
        if super::prompt::confirm(&ambiguity.question(), &format!("--rename {}", ambiguity.flag()))?
        {
            settled.push(from);
            settled.push(to);
            chosen.push(ambiguity.rename.clone());
        }
    }
    Ok(chosen)
}

/// What a rename uses up: one old thing and one new thing.
fn ends(rename: &Rename) -> ((String, Option<QName>), (String, Option<QName>)) {
    match rename {
        Rename::Object { kind, from, to } => {
            ((format!("old {kind} {from}"), None), (format!("new {kind} {to}"), None))
        }
        Rename::Column { table, from, to }
        | Rename::Index { table, from, to }
        | Rename::Constraint { table, from, to }
        | Rename::EnumLabel { ty: table, from, to } => (
            (format!("old {from}"), Some(table.clone())),
            (format!("new {to}"), Some(table.clone())),
        ),
    }
}
