//! Sequences.

use super::comments;
use super::quote::{ident, qname};
use crate::model::{ColumnRef, Sequence, SequenceOptions};

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
