//! Dangers of a script, told and refused.

use super::output::harmless;
use super::{Exit, Stop};
use crate::plan::{Hazard, HazardKind, Script};

/// `hazard table-rewrite: writes users anew … (users has about 2.1 M rows)`.
pub(super) fn line(hazard: &Hazard) -> String {
    format!("hazard {}: {}", hazard.kind, harmless(&hazard.to_string()))
}

/// Hazards that nothing allows stop the command before anything ran.
///
/// # Errors
/// Exit code 4 with what was refused and the flags that allow it.
pub(super) fn refuse(script: &Script, allowed: &[HazardKind], all: bool) -> anyhow::Result<()> {
    let refused: Vec<&Hazard> = script
        .statements()
        .flat_map(|statement| &statement.hazards)
        .filter(|h| !all && h.kind.refused_by_default() && !allowed.contains(&h.kind))
        .collect();
    if refused.is_empty() {
        return Ok(());
    }
    let mut text = "refused, nothing was changed:\n".to_owned();
    let mut kinds: Vec<HazardKind> = Vec::new();
    for hazard in &refused {
        text.push_str(&format!("  {}: {}\n", hazard.kind, harmless(&hazard.to_string())));
        if !kinds.contains(&hazard.kind) {
            kinds.push(hazard.kind);
        }
    }
    let flags: Vec<String> = kinds.iter().map(|kind| format!("--allow {kind}")).collect();
    text.push_str(&format!(
        "help: if that is what you want, use {} or --allow-destructive; docs/hazards.md explains each",
        flags.join(" ")
    ));
    let list = serde_json::json!(refused);
    let details = Some(("refused", list));
    Err(anyhow::Error::new(Stop { exit: Exit::Refused, message: text, details }))
}
