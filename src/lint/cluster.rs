//! The whole table is copied while nobody can read it.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule = Rule { name: "cluster", statement: Some(check), ..STATEMENT };

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Cluster = &at.kind {
        hits.push(Hit::new(
            &at.head,
            "nobody can use the table while it is copied in order",
            "copies the table",
            "pg_repack orders a table in use",
        ));
    }
}
