//! Sequences.

use super::comments;
use super::quote::{ident, qname};
use crate::model::{ColumnRef, QName, Sequence, SequenceOptions};

/// The statements that make the sequence, without its owner: the column may not be there yet.
#[must_use]
pub fn create(sequence: &Sequence) -> Vec<String> {
    let name = qname(&sequence.name);
    let unlogged = if sequence.unlogged { "UNLOGGED " } else { "" };
    let mut sql = format!("CREATE {unlogged}SEQUENCE {name}");
    if sequence.ty != "bigint" {
        sql.push_str(&format!(" AS {}", sequence.ty));
    }
    sql.push_str(&options(&sequence.options));
    let mut out = vec![format!("{sql};")];
    comments::new(&mut out, "SEQUENCE", &name, sequence.comment.as_deref());
    out
}

/// ` START WITH 5 CYCLE`: every option that is not the default, each with a space before it.
#[must_use]
pub fn options(options: &SequenceOptions) -> String {
    let mut sql = String::new();
    for (words, value) in [
        ("INCREMENT BY", options.increment),
        ("MINVALUE", options.min),
        ("MAXVALUE", options.max),
        ("START WITH", options.start),
        ("CACHE", options.cache),
    ] {
        if let Some(value) = value {
            sql.push_str(&format!(" {words} {value}"));
        }
    }
    if options.cycle {
        sql.push_str(" CYCLE");
    }
    sql
}

/// `ALTER SEQUENCE … OWNED BY …`.
#[must_use]
pub fn set_owner(sequence: &crate::model::QName, owner: Option<&ColumnRef>) -> String {
    let owner = match owner {
        Some(owner) => format!("{}.{}", qname(&owner.table), ident(&owner.column)),
        None => "NONE".to_owned(),
    };
    format!("ALTER SEQUENCE {} OWNED BY {owner};", qname(sequence))
}

/// `DROP SEQUENCE`.
pub(super) fn drop(sequence: &Sequence) -> String {
    format!("DROP SEQUENCE {};", qname(&sequence.name))
}

/// The statements that change what differs, but the owner.
pub(super) fn alter(from: &Sequence, to: &Sequence) -> Vec<String> {
    let name = qname(&to.name);
    let mut out = Vec::new();
    if from.unlogged != to.unlogged {
        let word = if to.unlogged { "UNLOGGED" } else { "LOGGED" };
        out.push(format!("ALTER SEQUENCE {name} SET {word};"));
    }
    let mut tail = Vec::new();
    if from.ty != to.ty {
        tail.push(format!("AS {}", to.ty));
    }
    tail.extend(changes(&from.options, &to.options));
    if !tail.is_empty() {
        out.extend(raised(&to.name, &from.options, &to.options));
        out.push(format!("ALTER SEQUENCE {name} {};", tail.join(" ")));
    }
    let (old, new) = (from.comment.as_deref(), to.comment.as_deref());
    comments::change(&mut out, "SEQUENCE", &name, old, new);
    out
}

/// PostgreSQL refuses a lower limit that the counter has not reached; only the database knows
/// whether it has.
pub(super) fn raised(name: &QName, from: &SequenceOptions, to: &SequenceOptions) -> Option<String> {
    let min = to.min?;
    if to.increment.unwrap_or(1) < 0 || from.min.unwrap_or(1) >= min {
        return None;
    }
    let start = to.start.unwrap_or(min);
    let name = qname(name);
    let text = super::quote::literal(&name);
    Some(format!("SELECT setval({text}, {start}, false) FROM {name} WHERE last_value < {min};"))
}

/// What ALTER SEQUENCE must say, option by option. A start that falls back to the default follows
/// from the direction (CREATE SEQUENCE).
pub(super) fn changes(from: &SequenceOptions, to: &SequenceOptions) -> Vec<String> {
    let mut out = Vec::new();
    if from.increment != to.increment {
        out.push(format!("INCREMENT BY {}", to.increment.unwrap_or(1)));
    }
    if from.min != to.min {
        out.push(to.min.map_or_else(|| "NO MINVALUE".to_owned(), |v| format!("MINVALUE {v}")));
    }
    if from.max != to.max {
        out.push(to.max.map_or_else(|| "NO MAXVALUE".to_owned(), |v| format!("MAXVALUE {v}")));
    }
    let start = |o: &SequenceOptions| {
        let edge = if o.increment.unwrap_or(1) < 0 { o.max } else { o.min };
        o.start.or(edge).unwrap_or(if o.increment.unwrap_or(1) < 0 { -1 } else { 1 })
    };
    if start(from) != start(to) || from.start != to.start {
        out.push(format!("START WITH {}", start(to)));
    }
    // The counter has passed the new limit for certain: only then may it start again.
    let old = start(from);
    let passed = if to.increment.unwrap_or(1) < 0 {
        to.min.is_some_and(|min| old < min)
    } else {
        to.max.is_some_and(|max| old > max)
    };
    if passed {
        out.push("RESTART".to_owned());
    }
    if from.cache != to.cache {
        out.push(format!("CACHE {}", to.cache.unwrap_or(1)));
    }
    if from.cycle != to.cycle {
        out.push(if to.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
    }
    out
}
