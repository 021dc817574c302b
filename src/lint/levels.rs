use super::{About, RULES, Rule};
use crate::diagnostic::Severity;
use std::collections::BTreeMap;

/// How loud each rule is.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    chosen: BTreeMap<String, Option<Severity>>,
}

/// A rule that dbkit.toml names and nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule `{name}`{}", .nearest.map(|n| format!("\nhelp: did you mean `{n}`?")).unwrap_or_default())]
pub struct UnknownRule {
    pub name: String,
    pub nearest: Option<&'static str>,
}

impl Levels {
    /// # Errors
    /// A name that no rule has.
    pub fn new(chosen: BTreeMap<String, Option<Severity>>) -> Result<Self, UnknownRule> {
        for name in chosen.keys() {
            if !RULES.iter().any(|rule| rule.name == name) {
                return Err(UnknownRule { name: name.clone(), nearest: nearest(name) });
            }
        }
        Ok(Self { chosen })
    }

    /// The level of a rule. `generated` is for a statement that stands as `generate` wrote it, and
    /// says whether it was marked as holding up others. The planner knew types and tables, and its
    /// user answered for what is lost: of such a statement only the locks are told, as warnings,
    /// unless dbkit.toml wants more.
    pub(super) fn of(&self, rule: &Rule, generated: Option<bool>) -> Option<Severity> {
        // What the model's columns are is told where schema.rs says so.
        if generated.is_some() && rule.model.is_some() {
            return None;
        }
        if let Some(chosen) = self.chosen.get(rule.name) {
            return chosen.filter(|_| generated != Some(false) || rule.about != About::Locks);
        }
        match (generated, rule.about) {
            (None, _) => rule.level,
            (Some(true), About::Locks) | (Some(_), About::Failure) => {
                rule.level.map(|_| Severity::Warning)
            }
            (Some(_), _) => None,
        }
    }
}

pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let known = dbkit_syntax::nearest(name, RULES.iter().map(|rule| rule.name))?;
    RULES.iter().map(|rule| rule.name).find(|rule| *rule == known)
}
