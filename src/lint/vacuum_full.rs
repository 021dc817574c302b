//! The whole table is copied while nobody can read it.

use super::statement::{Kind, Statement};
use super::{Hit, Rule, STATEMENT, Script};

pub(super) const RULE: Rule = Rule { name: "vacuum-full", statement: Some(check), ..STATEMENT };

fn check(_script: &Script<'_>, at: &Statement, hits: &mut Vec<Hit>) {
    if let Kind::Vacuum { full: true } = &at.kind {
        hits.push(Hit::new(
            &at.head,
            "nobody can use the table while it is copied",
            "copies the table",
            "plain VACUUM makes room for new rows; pg_repack or pg_squeeze shrink a table in use",
        ));
    }
}
