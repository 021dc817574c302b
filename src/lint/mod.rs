//! Rules for migrations and for the model: a file for each rule, a page for each in `docs/lint/`.
//!
//! Files go in as text, models as values; findings come out. Nothing here opens a file or a
//! connection. What is not understood is not objected to.

mod add_exclusion;
mod add_required_column;
mod add_serial_column;
mod add_stored_column;
mod alter_type;
mod attach_partition;
mod backfill_in_transaction;
mod change_column_type;
mod char_column;
mod check_without_not_valid;
mod cluster;
mod column;
mod constraint;
mod delete_without_where;
mod detach_partition_not_concurrent;
mod disable_trigger;
mod drop_cascade;
mod drop_column;
mod drop_index_not_concurrent;
mod drop_not_null;
mod drop_schema;
mod drop_table;
mod enum_value_used;
mod foreign_key_type_mismatch;
mod foreign_key_without_index;
mod foreign_key_without_not_valid;
mod index_not_concurrent;
mod integer_primary_key;
mod json_column;
mod levels;
mod lock_table;
mod lock_timeout_off;
mod missing_lock_timeout;
mod money_column;
mod not_in_transaction;
mod nullable_unique;
mod parse;
mod past;
mod place;
mod redundant_index;
mod refresh_not_concurrent;
mod reindex_not_concurrent;
mod rename_column;
mod rename_table;
mod reserved_word;
mod rewrite_table;
mod rules;
mod scene;
mod script;
mod serial_not_identity;
mod set_not_null;
mod set_schema;
mod several_tables_locked;
mod shapes;
mod silence;
mod statement;
mod table_without_primary_key;
mod tenant_without_index;
mod time_with_time_zone;
mod timestamp_without_time_zone;
mod transaction_control;
mod truncate;
mod unique_without_index;
mod update_without_where;
mod vacuum_full;
mod validate_in_same_transaction;
mod varchar_limit;
mod volatile_default;

pub use levels::{Levels, UnknownRule};
pub use rules::RULES;
pub use scene::Scene;
pub use script::{File, Script};

use crate::diagnostic::{Diagnostic, Place, Severity, line_column};
use crate::model::{Dialect, QName};
use past::Past;
use statement::Statement;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// What goes wrong where a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// Others wait, or the table is read or written as a whole.
    Locks,
    /// Programs that run while the migration does.
    Clients,
    /// Rows.
    Rows,
    /// The migration itself.
    Failure,
    /// The schema's shape.
    Design,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// What people write in dbkit.toml, and the name of its page.
    pub name: &'static str,
    /// Where dbkit.toml says nothing; `None` is off.
    pub level: Option<Severity>,
    pub about: About,
    /// Only for this database.
    pub dialect: Option<Dialect>,
    pub statement: Option<fn(&Script<'_>, &Statement, &mut Vec<Hit>)>,
    pub model: Option<fn(&Scene<'_>, &mut Vec<ModelHit>)>,
}

/// What most rules are: for statements of PostgreSQL, as errors.
const STATEMENT: Rule = Rule {
    name: "",
    level: Some(Severity::Error),
    about: About::Locks,
    dialect: Some(Dialect::Postgres),
    statement: None,
    model: None,
};

/// And for the model, as warnings.
const MODEL: Rule = Rule { level: Some(Severity::Warning), about: About::Design, ..STATEMENT };

/// Something a rule objects to in a file of statements.
#[derive(Debug)]
pub struct Hit {
    span: Range<usize>,
    message: String,
    label: &'static str,
    help: String,
}

impl Hit {
    fn new(
        span: &Range<usize>,
        message: impl Into<String>,
        label: &'static str,
        help: impl Into<String>,
    ) -> Self {
        Self { span: span.clone(), message: message.into(), label, help: help.into() }
    }
}

/// Something a rule objects to in a model.
#[derive(Debug)]
pub struct ModelHit {
    table: QName,
    column: Option<String>,
    message: String,
    label: &'static str,
    help: String,
}

/// What the rules say about the migrations, which are given oldest first. Those before `first` are
/// only looked through for what later ones build on.
#[must_use]
pub fn migrations(files: &[File], first: usize, levels: &Levels) -> Vec<Diagnostic> {
    let mut past = Past::default();
    let mut found = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let script = match Script::read(file, &past) {
            Ok(script) => script,
            Err(error) => {
                let place = Place { file: Arc::clone(&file.source), span: error.at..error.at + 1 };
                found.push(Diagnostic::error("unclosed-text", error.to_string()).at(place));
                continue;
            }
        };
        if at >= first {
            statements(&script, levels, &mut found);
        }
        let after = past.after(&script, usize::MAX);
        past = after;
    }
    found
}

fn statements(script: &Script<'_>, levels: &Levels, found: &mut Vec<Diagnostic>) {
    let file = script.file;
    let text = &file.source.text;
    let silences = silence::read(text, "--");
    found.extend(unknown(&silences, &file.source));
    let silent = silence::lines(&silences, |silence| covered(script, silence));
    let mut here = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.dialect.is_none_or(|d| d == file.dialect)) {
        let Some(check) = rule.statement else { continue };
        for statement in &script.statements {
            let Some(severity) = levels.of(rule, file.generated.then_some(statement.marked)) else {
                continue;
            };
            let mut hits = Vec::new();
            check(script, statement, &mut hits);
            for hit in hits {
                if is_silent(&silent, rule.name, hit.span.start) {
                    continue;
                }
                here.push(hit_at(rule, severity, hit, &file.source));
            }
        }
    }
    here.sort_by_key(|finding| finding.place.as_ref().map(|place| place.span.start));
    found.extend(here);
}

fn hit_at(
    rule: &Rule,
    severity: Severity,
    hit: Hit,
    source: &Arc<crate::diagnostic::SourceFile>,
) -> Diagnostic {
    let place = Place { file: Arc::clone(source), span: hit.span };
    let mut finding = Diagnostic::error(rule.name, hit.message).at(place).help(hit.help);
    finding.severity = severity;
    if hit.label.is_empty() { finding } else { finding.label(hit.label) }
}

/// The bytes a comment covers: before the first statement it is for the whole file, elsewhere for
/// the statement it stands above, in or behind.
fn covered(script: &Script<'_>, silence: &silence::Silence) -> Range<usize> {
    let text = &script.file.source.text;
    let line_of = |at: usize| line_column(text, at).0;
    let first = script.statements.first().map(|statement| line_of(statement.span.start));
    if first.is_none_or(|first| silence.line < first) {
        return 0..usize::MAX;
    }
    let owner = if silence.behind {
        script.statements.iter().rfind(|s| line_of(s.span.start) <= silence.line)
    } else {
        script.statements.iter().find(|s| line_of(s.span.end.saturating_sub(1)) >= silence.line)
    };
    owner.map_or(0..0, |statement| statement.span.clone())
}

fn is_silent(silent: &BTreeMap<String, Vec<Range<usize>>>, rule: &str, at: usize) -> bool {
    silent.get(rule).is_some_and(|ranges| ranges.iter().any(|range| range.contains(&at)))
}

/// Comments that silence a rule there is none of.
fn unknown(
    silences: &[silence::Silence],
    source: &Arc<crate::diagnostic::SourceFile>,
) -> Vec<Diagnostic> {
    let named = silences.iter().flat_map(|silence| &silence.rules);
    named
        .filter(|(name, _)| !RULES.iter().any(|rule| rule.name == name))
        .map(|(name, span)| {
            let place = Place { file: Arc::clone(source), span: span.clone() };
            let finding =
                Diagnostic::warning("unknown-rule", format!("there is no rule `{name}`")).at(place);
            match levels::nearest(name) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("docs/lint/README.md lists the rules"),
            }
        })
        .collect()
}

/// What the rules say about a model and the schema files it comes from.
#[must_use]
pub fn model(scene: &Scene<'_>, levels: &Levels) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (file, silences) in scene.silences() {
        found.extend(unknown(silences, file));
    }
    let dialect = scene.model.dialect;
    for rule in RULES.iter().filter(|rule| rule.dialect.is_none_or(|d| d == dialect)) {
        let (Some(check), Some(severity)) = (rule.model, levels.of(rule, None)) else { continue };
        let mut hits = Vec::new();
        check(scene, &mut hits);
        for hit in hits {
            let place = scene.place(&hit.table, hit.column.as_deref());
            if scene.is_silent(rule.name, &hit.table, place.as_ref()) {
                continue;
            }
            let mut finding = Diagnostic::error(rule.name, hit.message).help(hit.help);
            finding.severity = severity;
            finding.place = place;
            if !hit.label.is_empty() {
                finding.label = Some(hit.label.to_owned());
            }
            found.push(finding);
        }
    }
    found.sort_by_key(|finding| {
        finding.place.as_ref().map(|place| (place.file.path.clone(), place.span.start))
    });
    found
}
