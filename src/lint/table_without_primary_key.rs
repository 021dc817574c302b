//! Nothing tells two equal rows apart; Diesel refuses such a table.

use super::scene::at_table;
use super::statement::{ActionKind, ConstraintKind, Kind, Statement};
use super::{Hit, MODEL, ModelHit, Rule, Scene, Script};

pub(super) const RULE: Rule = Rule {
    name: "table-without-primary-key",
    dialect: None,
    statement: Some(check),
    model: Some(design),
    ..MODEL
};

const HELP: &str = "give it one, of several columns where one does not do";

fn message(table: &str) -> String {
    format!(
        "nothing tells two equal rows of {table} apart, and logical replication cannot follow its updates"
    )
}

fn check(script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    let Kind::CreateTable { name, columns, constraints } = &at.kind else { return };
    let is_key = |kind: &ConstraintKind| matches!(kind, ConstraintKind::PrimaryKey { .. });
    let later =
        script.after(at).any(|later| match &later.kind {
            Kind::AlterTable { name: of, actions } => of == name
                && actions.iter().any(
                    |a| matches!(&a.kind, ActionKind::AddConstraint(added) if is_key(&added.kind)),
                ),
            _ => false,
        });
    let here = columns.iter().any(|c| c.primary_key) || constraints.iter().any(|c| is_key(&c.kind));
    if !columns.is_empty() && !here && !later {
        hits.push(Hit::new(&at.head, message(name), "no primary key", HELP));
    }
}

fn design(scene: &Scene<'_>, hits: &mut Vec<ModelHit>) {
    for table in scene.tables() {
        if table.primary_key.is_none() && table.inherits.is_empty() {
            hits.push(at_table(table, message(&table.name.to_string()), "no primary key", HELP));
        }
    }
}
