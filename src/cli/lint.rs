//! The rules of `docs/lint`, asked about a project's migrations and schema.

use super::{Context, Exit, Stop};
use crate::config::LintLevel;
use crate::diagnostic::{Severity, SourceFile};
use crate::history::{self, Finding};
use crate::lint::{self, File, Levels, Scene};
use crate::migration::{Migration, Version};
use crate::source::Source;
use crate::source::lineage::Lineage;
use std::sync::Arc;

/// What the rules say about the migrations of one dialect and, where it can be read, the schema.
///
/// # Errors
/// A rule in dbkit.toml that does not exist.
pub(super) fn findings(
    context: &Context,
    migrations: &[Migration],
    lineage: &Lineage,
    source: Option<&Source>,
) -> anyhow::Result<Vec<Finding>> {
    let section = context.config.lint();
    let level = |level: &LintLevel| match level {
        LintLevel::Off => None,
        LintLevel::Warn => Some(Severity::Warning),
        LintLevel::Error => Some(Severity::Error),
    };
    let chosen = section.rules.iter().map(|(name, chosen)| (name.clone(), level(chosen)));
    let levels = Levels::new(chosen.collect())
        .map_err(|error| Stop::error(Exit::Usage, format!("[lint] in dbkit.toml: {error}")))?;
    let first = match &section.start_after {
        Some(version) => {
            let version = Version::of_folder(version);
            migrations.iter().take_while(|migration| migration.version <= version).count()
        }
        None => 0,
    };
    let mut files = Vec::new();
    let mut names = Vec::new();
    for migration in migrations {
        // A file that cannot be read is a finding of its own.
        let Ok(up) = migration.up() else { continue };
        let entry = lineage.entries.iter().find(|entry| entry.migration.name == migration.name);
        let generated = entry.is_some_and(history::untouched);
        files.push(File {
            source: Arc::new(SourceFile { path: up.path, text: up.text }),
            dialect: lineage.dialect,
            transactional: migration.transactional,
            generated,
        });
        names.push(migration.name.clone());
    }
    let first = first.min(files.len());
    let mut found = Vec::new();
    for diagnostic in lint::migrations(&files, first, &levels) {
        let path = diagnostic.place.as_ref().map(|place| &place.file.path);
        let at = files.iter().position(|file| Some(&file.source.path) == path);
        let subject = at.and_then(|at| names.get(at)).cloned().unwrap_or_default();
        found.push(Finding::of(subject, &diagnostic));
    }
    if let Some(source) = source {
        let scene = Scene::new(&source.model, &source.files);
        let diagnostics = lint::model(&scene, &levels);
        found.extend(diagnostics.iter().map(|diagnostic| Finding::of("schema", diagnostic)));
    }
    Ok(found)
}
