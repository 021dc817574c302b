//! How `check` shows what it found: to people, as JSON, as annotations of a pull request.

use super::Context;
use super::output::{count, harmless};
use crate::diagnostic::Severity;
use crate::history::Finding;
use crate::model::Dialect;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A finding and the dialect whose migrations it is about.
pub(super) struct Found {
    pub dialect: Dialect,
    pub finding: Finding,
}

/// What was looked at, for the line that says that all is well.
pub(super) struct Looked {
    pub migrations: usize,
    pub live: bool,
    pub replay: bool,
}

/// A schema file is read for every dialect: what is wrong with it for two is told once.
pub(super) fn only_once(all: &mut Vec<Found>) {
    let mut seen = BTreeSet::new();
    all.retain(|Found { finding, .. }| {
        let place = (finding.path.clone(), finding.line, finding.column);
        finding.diagnostic.is_none() || seen.insert((finding.code, place, finding.message.clone()))
    });
}

pub(super) fn human(all: &[Found], looked: &Looked, context: &Context) -> String {
    let several = context.dialects().len() > 1;
    let mut text = String::new();
    for Found { dialect, finding } in all {
        let dialect = if several { format!(" [{dialect}]") } else { String::new() };
        if let Some(diagnostic) = &finding.diagnostic {
            let drawn = diagnostic.render(context.colour && context.terminal);
            let _ = writeln!(text, "{drawn}\n");
            continue;
        }
        let _ = writeln!(text, "{}{dialect}: {}", finding.code, harmless(&finding.subject));
        if let Some(path) = &finding.path {
            let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
            let _ = writeln!(text, "  at {}{line}", path.display());
        }
        let _ = writeln!(text, "  {}", harmless(&finding.message));
        for line in finding.detail.iter().flat_map(|detail| detail.lines()) {
            let _ = writeln!(text, "{}", format!("    {}", harmless(line)).trim_end());
        }
        if !finding.help.is_empty() {
            let _ = writeln!(text, "  help: {}", finding.help);
        }
        text.push('\n');
    }
    let warnings = all.iter().filter(|f| f.finding.level < Severity::Error).count();
    let errors = all.len() - warnings;
    if errors == 0 {
        let with = if looked.live { ", and the database is what they say" } else { "" };
        let no_way = ["way-back-fails", "way-back-differs", "again-fails"];
        let all_lead_back = !all.iter().any(|found| no_way.contains(&found.finding.code));
        let back = if looked.replay && all_lead_back { ", and every way back works" } else { "" };
        let but =
            if warnings > 0 { format!(" ({})", count(warnings, "warning")) } else { String::new() };
        let migrations = count(looked.migrations, "migration");
        let _ = writeln!(text, "no findings{but}: {migrations} and the schema agree{with}{back}");
    } else if warnings == 0 {
        let _ = writeln!(text, "{}", count(errors, "finding"));
    } else {
        let _ = writeln!(text, "{}, {}", count(errors, "finding"), count(warnings, "warning"));
    }
    text
}

pub(super) fn json(all: &[Found], notes: &[String]) -> anyhow::Result<String> {
    let findings = all
        .iter()
        .map(|found| {
            let mut value = serde_json::to_value(&found.finding)?;
            if let Some(map) = value.as_object_mut() {
                map.insert("dialect".to_owned(), found.dialect.as_str().into());
            }
            Ok(value)
        })
        .collect::<Result<Vec<_>, serde_json::Error>>()?;
    let json = serde_json::json!({ "findings": findings, "notes": notes });
    Ok(format!("{}\n", serde_json::to_string_pretty(&json)?))
}

/// Workflow commands: each finding becomes an annotation of the pull request.
pub(super) fn github(all: &[Found], context: &Context) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut text = String::new();
    for Found { finding, dialect } in all {
        let mut properties = Vec::new();
        if let Some(path) = file_of(finding, *dialect, context) {
            properties
                .push(format!("file={}", property(&in_repository(&path).display().to_string())));
        }
        if let Some(line) = finding.line {
            properties.push(format!("line={line}"));
        }
        if let Some(column) = finding.column {
            properties.push(format!("col={column}"));
        }
        properties.push(format!("title={}", property(finding.code)));
        let mut message = match &finding.diagnostic {
            Some(_) => finding.message.clone(),
            None => format!("{}: {}", finding.subject, finding.message),
        };
        for part in finding.detail.iter().chain([&finding.help]).filter(|part| !part.is_empty()) {
            message = format!("{message}\n{part}");
        }
        let level = match finding.level {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let _ = writeln!(text, "::{level} {}::{}", properties.join(","), data(message.trim_end()));
    }
    text
}

/// The file an annotation is shown at: of a folder, its up.sql.
fn file_of(finding: &Finding, dialect: Dialect, context: &Context) -> Option<PathBuf> {
    let path = finding.path.clone().or_else(|| {
        let folder = context.config.migration_dir(dialect).join(&finding.subject);
        let schema = || context.config.schema.value.iter().map(PathBuf::from).find(|p| p.is_file());
        if folder.is_dir() {
            Some(folder)
        } else {
            schema().filter(|_| finding.subject == "schema")
        }
    })?;
    let up = path.join("up.sql");
    Some(if up.is_file() { up } else { path })
}

/// Annotations want paths from the root of the repository, wherever the command runs.
fn in_repository(path: &Path) -> PathBuf {
    let Ok(current) = std::env::current_dir() else { return path.to_owned() };
    let root = std::env::var_os("GITHUB_WORKSPACE").map_or_else(|| current.clone(), PathBuf::from);
    let whole = current.join(path.strip_prefix(".").unwrap_or(path));
    whole.strip_prefix(&root).map_or_else(|_| path.to_owned(), Path::to_path_buf)
}
