//! Everything in it goes.

use super::statement::{Kind, Statement};
use super::{About, Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule =
    Rule { name: "drop-schema", about: About::Rows, statement: Some(check), ..STATEMENT };

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Drop { what: what @ ("schema" | "database"), names, .. } = &at.kind {
        hits.push(Hit::new(
            &at.head,
            format!("everything in {what} {} is gone", names.join(", ")),
            "",
            "drop tables by name, so that the review shows what goes",
        ));
    }
}
