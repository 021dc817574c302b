//! Extended statistics.

use super::comments;
use super::quote::qname;
use crate::model::Statistics;

pub(super) fn create(statistics: &Statistics) -> Vec<String> {
    let name = qname(&statistics.name);
    let mut out = vec![format!("{};", statistics.definition)];
    if let Some(target) = statistics.target {
        out.push(format!("ALTER STATISTICS {name} SET STATISTICS {target};"));
    }
    comments::new(&mut out, "STATISTICS", &name, statistics.comment.as_deref());
    out
}

pub(super) fn drop(statistics: &Statistics) -> String {
    format!("DROP STATISTICS {};", qname(&statistics.name))
}

pub(super) fn alter(from: &Statistics, to: &Statistics) -> Vec<String> {
    let name = qname(&to.name);
    let mut out = Vec::new();
    if from.target != to.target {
        let target = to.target.unwrap_or(-1);
        out.push(format!("ALTER STATISTICS {name} SET STATISTICS {target};"));
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "STATISTICS", &name, old, new);
    out
}
