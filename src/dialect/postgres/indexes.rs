//! Indexes.

use super::columns::collation;
use super::quote::{ident, idents, qname};
use crate::model::{Index, IndexElement, IndexKey, Nulls, Options, Order, QName};

/// `CREATE INDEX` of a table or materialized view.
pub(super) fn create(table: &QName, index: &Index, concurrently: bool) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let concurrently = if concurrently { "CONCURRENTLY " } else { "" };
    let only = if index.only { "ONLY " } else { "" };
    let method = if index.method == "btree" {
        String::new()
    } else {
        format!(" USING {}", ident(&index.method))
    };
    let elements: Vec<String> = index.elements.iter().map(element).collect();
    let mut sql = format!(
        "CREATE {unique}INDEX {concurrently}{} ON {only}{}{method} ({})",
        ident(&index.name),
        qname(table),
        elements.join(", ")
    );
    if !index.include.is_empty() {
        sql.push_str(&format!(" INCLUDE ({})", idents(&index.include)));
    }
    if index.nulls_not_distinct {
        sql.push_str(" NULLS NOT DISTINCT");
    }
    if !index.options.is_empty() {
        sql.push_str(&format!(" WITH ({})", options(&index.options)));
    }
    if let Some(tablespace) = &index.tablespace {
        sql.push_str(&format!(" TABLESPACE {}", ident(tablespace)));
    }
    if let Some(predicate) = &index.predicate {
        sql.push_str(&format!(" WHERE {predicate}"));
    }
    sql.push(';');
    sql
}

/// One element with collation, operator class and order. An expression stands in parentheses,
/// which are never wrong.
pub(super) fn element(element: &IndexElement) -> String {
    let mut sql = match &element.key {
        IndexKey::Column(name) => ident(name),
        IndexKey::Expr(expr) => format!("({expr})"),
    };
    if let Some(name) = &element.collation {
        sql.push_str(&format!(" COLLATE {}", collation(name)));
    }
    if let Some(class) = &element.opclass {
        sql.push_str(&format!(" {class}"));
    }
    if element.order == Order::Desc {
        sql.push_str(" DESC");
    }
    match element.nulls {
        Some(Nulls::First) => sql.push_str(" NULLS FIRST"),
        Some(Nulls::Last) => sql.push_str(" NULLS LAST"),
        None => {}
    }
    sql
}

/// `fillfactor = 70, …`.
pub(super) fn options(options: &Options) -> String {
    let list: Vec<String> = options.iter().map(|(key, value)| option(key, value)).collect();
    list.join(", ")
}

/// A storage parameter; values that are no plain word or number are quoted.
pub(super) fn option(key: &str, value: &str) -> String {
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if plain && !value.is_empty() {
        format!("{key} = {value}")
    } else {
        format!("{key} = {}", super::quote::literal(value))
    }
}

/// `SET (…)` and `RESET (…)` for what differs.
pub(super) fn option_changes(start: &str, from: &Options, to: &Options) -> Vec<String> {
    let mut out = Vec::new();
    let gone: Vec<&str> =
        from.keys().filter(|key| !to.contains_key(key)).map(String::as_str).collect();
    if !gone.is_empty() {
        out.push(format!("{start} RESET ({});", gone.join(", ")));
    }
    let set: Vec<String> = to
        .iter()
        .filter(|(key, value)| from.get(key) != Some(value))
        .map(|(key, value)| option(key, value))
        .collect();
    if !set.is_empty() {
        out.push(format!("{start} SET ({});", set.join(", ")));
    }
    out
}

/// What ALTER can change.
pub(super) fn alter(table: &QName, from: &Index, to: &Index) -> Vec<String> {
    let name = qname(&table.sibling(&to.name));
    let start = format!("ALTER INDEX {name}");
    let mut out = option_changes(&start, &from.options, &to.options);
    if from.tablespace != to.tablespace {
        let space = to.tablespace.as_deref().unwrap_or("pg_default");
        out.push(format!("{start} SET TABLESPACE {};", ident(space)));
    }
    for (number, target) in &to.statistics {
        if from.statistics.get(number) != Some(target) {
            out.push(format!("{start} ALTER COLUMN {number} SET STATISTICS {target};"));
        }
    }
    for number in from.statistics.keys().filter(|n| !to.statistics.contains_key(n)) {
        out.push(format!("{start} ALTER COLUMN {number} SET STATISTICS -1;"));
    }
    if to.clustered && !from.clustered {
        out.push(format!("ALTER TABLE {} CLUSTER ON {};", qname(table), ident(&to.name)));
    } else if from.clustered && !to.clustered {
        out.push(format!("ALTER TABLE {} SET WITHOUT CLUSTER;", qname(table)));
    }
    out
}

/// `DROP INDEX`.
pub(super) fn drop(table: &QName, name: &str, concurrently: bool, cascade: bool) -> String {
    let concurrently = if concurrently { "CONCURRENTLY " } else { "" };
    let cascade = if cascade { " CASCADE" } else { "" };
    format!("DROP INDEX {concurrently}{}{cascade};", qname(&table.sibling(name)))
}
