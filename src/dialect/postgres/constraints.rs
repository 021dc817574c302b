//! Constraints.

use super::indexes;
use super::quote::{ident, idents, qname};
use crate::diff::Constraint;
use crate::model::{Deferrable, FkAction, ForeignKey, MatchKind, Options, QName};

/// `CONSTRAINT name …`, as CREATE TABLE and ADD CONSTRAINT write it.
pub(super) fn definition(constraint: &Constraint, not_valid: bool) -> String {
    let name =
        constraint.name().map_or_else(String::new, |name| format!("CONSTRAINT {} ", ident(name)));
    let mut sql = name;
    match constraint {
        Constraint::PrimaryKey(key) => {
            sql.push_str(&format!("PRIMARY KEY ({})", idents(&key.columns)));
            index_parts(&mut sql, &key.include, &key.options, key.tablespace.as_deref());
            deferrable(&mut sql, key.deferrable);
        }
        Constraint::Unique(key) => {
            let nulls = if key.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
            sql.push_str(&format!("UNIQUE{nulls} ({})", idents(&key.columns)));
            index_parts(&mut sql, &key.include, &key.options, key.tablespace.as_deref());
            deferrable(&mut sql, key.deferrable);
        }
        Constraint::ForeignKey(key) => foreign_key(&mut sql, key),
        Constraint::Check(check) => {
            sql.push_str(&format!("CHECK ({})", check.expr));
            if check.no_inherit {
                sql.push_str(" NO INHERIT");
            }
        }
        Constraint::Exclusion(exclusion) => {
            let elements: Vec<String> = exclusion
                .index
                .elements
                .iter()
                .zip(&exclusion.operators)
                .map(|(element, operator)| format!("{} WITH {operator}", indexes::element(element)))
                .collect();
            sql.push_str(&format!(
                "EXCLUDE USING {} ({})",
                ident(&exclusion.index.method),
                elements.join(", ")
            ));
            let index = &exclusion.index;
            index_parts(&mut sql, &index.include, &index.options, index.tablespace.as_deref());
            if let Some(predicate) = &index.predicate {
                sql.push_str(&format!(" WHERE ({predicate})"));
            }
            deferrable(&mut sql, exclusion.deferrable);
        }
    }
    if not_valid {
        sql.push_str(" NOT VALID");
    }
    sql
}

fn index_parts(sql: &mut String, include: &[String], options: &Options, tablespace: Option<&str>) {
    if !include.is_empty() {
        sql.push_str(&format!(" INCLUDE ({})", idents(include)));
    }
    if !options.is_empty() {
        sql.push_str(&format!(" WITH ({})", indexes::options(options)));
    }
    if let Some(tablespace) = tablespace {
        sql.push_str(&format!(" USING INDEX TABLESPACE {}", ident(tablespace)));
    }
}

fn deferrable(sql: &mut String, deferrable: Deferrable) {
    match deferrable {
        Deferrable::No => {}
        Deferrable::InitiallyImmediate => sql.push_str(" DEFERRABLE"),
        Deferrable::InitiallyDeferred => sql.push_str(" DEFERRABLE INITIALLY DEFERRED"),
    }
}

fn foreign_key(sql: &mut String, key: &ForeignKey) {
    sql.push_str(&format!(
        "FOREIGN KEY ({}) REFERENCES {} ({})",
        idents(&key.columns),
        qname(&key.parent),
        idents(&key.parent_columns)
    ));
    match key.match_kind {
        MatchKind::Simple => {}
        MatchKind::Full => sql.push_str(" MATCH FULL"),
        MatchKind::Partial => sql.push_str(" MATCH PARTIAL"),
    }
    if let Some(words) = action(key.on_update) {
        sql.push_str(&format!(" ON UPDATE {words}"));
    }
    if let Some(words) = action(key.on_delete) {
        sql.push_str(&format!(" ON DELETE {words}"));
        if !key.on_delete_columns.is_empty() {
            sql.push_str(&format!(" ({})", idents(&key.on_delete_columns)));
        }
    }
    deferrable(sql, key.deferrable);
}

fn action(action: FkAction) -> Option<&'static str> {
    match action {
        FkAction::NoAction => None,
        FkAction::Restrict => Some("RESTRICT"),
        FkAction::Cascade => Some("CASCADE"),
        FkAction::SetNull => Some("SET NULL"),
        FkAction::SetDefault => Some("SET DEFAULT"),
    }
}

/// `ALTER TABLE … ADD …`.
pub(super) fn add(table: &QName, constraint: &Constraint, not_valid: bool) -> String {
    format!("ALTER TABLE {} ADD {};", qname(table), definition(constraint, not_valid))
}

/// `ALTER TABLE … ADD CONSTRAINT … USING INDEX`.
pub(super) fn add_using_index(table: &QName, constraint: &Constraint) -> String {
    let name = ident(constraint.name().unwrap_or_default());
    let (words, when) = match constraint {
        Constraint::PrimaryKey(key) => ("PRIMARY KEY", key.deferrable),
        Constraint::Unique(key) => ("UNIQUE", key.deferrable),
        _ => return add(table, constraint, false),
    };
    let mut sql =
        format!("ALTER TABLE {} ADD CONSTRAINT {name} {words} USING INDEX {name}", qname(table));
    deferrable(&mut sql, when);
    sql.push(';');
    sql
}

/// `ALTER TABLE … ALTER CONSTRAINT`, for foreign keys only.
pub(super) fn alter(table: &QName, to: &Constraint) -> String {
    let words = match to {
        Constraint::ForeignKey(key) => match key.deferrable {
            Deferrable::No => "NOT DEFERRABLE",
            Deferrable::InitiallyImmediate => "DEFERRABLE INITIALLY IMMEDIATE",
            Deferrable::InitiallyDeferred => "DEFERRABLE INITIALLY DEFERRED",
        },
        _ => "NOT DEFERRABLE",
    };
    let name = ident(to.name().unwrap_or_default());
    format!("ALTER TABLE {} ALTER CONSTRAINT {name} {words};", qname(table))
}

/// Drops what a table that was a partition has kept of its parent's constraints: the server
/// keeps some and not others.
pub(super) fn drop_leftover(table: &QName, name: &str) -> String {
    format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {};", qname(table), ident(name))
}

/// `ALTER TABLE … DROP CONSTRAINT`.
pub(super) fn drop(table: &QName, name: &str) -> String {
    format!("ALTER TABLE {} DROP CONSTRAINT {};", qname(table), ident(name))
}
