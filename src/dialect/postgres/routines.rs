//! Functions, procedures, aggregates.

use super::comments;
use super::quote::qname;
use crate::model::{Routine, RoutineId, RoutineKind};

pub(super) fn create(routine: &Routine) -> Vec<String> {
    let mut out = vec![format!("{};", routine.definition)];
    let target = signature(&routine.id, routine.kind);
    comments::new(&mut out, word(routine.kind), &target, routine.comment.as_deref());
    out
}

pub(super) fn drop(routine: &Routine) -> String {
    format!("DROP {} {};", word(routine.kind), signature(&routine.id, routine.kind))
}

pub(super) fn alter(from: &Routine, to: &Routine) -> Vec<String> {
    let mut out = Vec::new();
    if from.definition != to.definition {
        out.push(format!("{};", to.definition));
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, word(to.kind), &signature(&to.id, to.kind), old, new);
    out
}

fn word(kind: RoutineKind) -> &'static str {
    match kind {
        RoutineKind::Function => "FUNCTION",
        RoutineKind::Procedure => "PROCEDURE",
        RoutineKind::Aggregate => "AGGREGATE",
    }
}

/// `name(integer, text)`; the aggregated arguments of an ordered-set aggregate follow the direct
/// ones without a comma.
fn signature(id: &RoutineId, kind: RoutineKind) -> String {
    let name = qname(&id.name);
    if kind == RoutineKind::Aggregate && id.arguments.is_empty() {
        return format!("{name}(*)");
    }
    let mut list = String::new();
    for argument in &id.arguments {
        if argument == "ORDER BY" {
            list.push_str(if list.is_empty() { "ORDER BY " } else { " ORDER BY " });
            continue;
        }
        if !list.is_empty() && !list.ends_with("ORDER BY ") {
            list.push_str(", ");
        }
        list.push_str(argument);
    }
    format!("{name}({list})")
}
