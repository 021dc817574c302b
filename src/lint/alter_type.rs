//! Programs that still run know the type as it was.

use super::statement::{Kind, Statement, TypeChange};
use super::{About, Hit, Rule, STATEMENT, Script};
use crate::diagnostic::Severity;

pub(super) const RULE: Rule = Rule {
    name: "alter-type",
    level: Some(Severity::Warning),
    about: About::Clients,
    statement: Some(check),
    ..STATEMENT
};

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let Kind::AlterType { name, change } = &at.kind else { return };
    let what = match change {
        TypeChange::RenameValue => "write and read the label by its old name",
        TypeChange::Rename => "know it by its old name",
        TypeChange::Attribute => {
            "know its old attributes, and tables that hold it are written anew"
        }
        _ => return,
    };
    hits.push(Hit::new(
        &at.head,
        format!("running programs that use type {name} {what}"),
        "they know it as it was",
        "add a new label or a new type, switch the programs over, then remove the old one",
    ));
}
