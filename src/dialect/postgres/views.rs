//! Views and materialized views, with everything that hangs on them alone.

use super::quote::{ident, idents, literal, qname};
use super::{collations, comments};
use crate::model::{Index, IndexKey, Nulls, Options, Order, QName, View, ViewKind};

pub(super) fn create(view: &View) -> Vec<String> {
    let name = qname(&view.name);
    let mut out = vec![statement(view, "CREATE")];
    for (column, default) in &view.column_defaults {
        let column = ident(column);
        out.push(format!("ALTER VIEW {name} ALTER COLUMN {column} SET DEFAULT {default};"));
    }
    for index in &view.indexes {
        out.extend(create_index(&view.name, index));
    }
    comments::new(&mut out, word(view.kind), &name, view.comment.as_deref());
    for (column, text) in &view.column_comments {
        out.push(comments::set("COLUMN", &format!("{name}.{}", ident(column)), Some(text)));
    }
    out
}

fn statement(view: &View, verb: &str) -> String {
    let mut sql = format!("{verb} {} {}", word(view.kind), qname(&view.name));
    if !view.columns.is_empty() {
        sql.push_str(&format!(" ({})", idents(&view.columns)));
    }
    if let Some(method) = &view.access_method {
        sql.push_str(&format!(" USING {}", ident(method)));
    }
    if !view.options.is_empty() {
        sql.push_str(&format!(" WITH ({})", options(&view.options)));
    }
    if let Some(tablespace) = &view.tablespace {
        sql.push_str(&format!(" TABLESPACE {}", ident(tablespace)));
    }
    format!("{sql} AS\n{};", view.query)
}

pub(super) fn drop(view: &View) -> String {
    format!("DROP {} {};", word(view.kind), qname(&view.name))
}

pub(super) fn alter(from: &View, to: &View) -> Vec<String> {
    let (what, name) = (word(to.kind), qname(&to.name));
    let mut out = Vec::new();
    if from.query != to.query {
        out.push(statement(to, "CREATE OR REPLACE"));
    } else if from.options != to.options {
        // CREATE OR REPLACE has set them already.
        out.extend(set_options(&format!("ALTER {what} {name}"), &from.options, &to.options));
    }
    if from.tablespace != to.tablespace {
        let tablespace = to.tablespace.as_deref().unwrap_or("pg_default");
        out.push(format!("ALTER {what} {name} SET TABLESPACE {};", ident(tablespace)));
    }
    if from.access_method != to.access_method {
        let method = to.access_method.as_deref().unwrap_or("heap");
        out.push(format!("ALTER {what} {name} SET ACCESS METHOD {};", ident(method)));
    }
    let column = |column: &String| format!("ALTER VIEW {name} ALTER COLUMN {}", ident(column));
    for old in from.column_defaults.keys().filter(|c| !to.column_defaults.contains_key(*c)) {
        out.push(format!("{} DROP DEFAULT;", column(old)));
    }
    for (new, default) in &to.column_defaults {
        if from.column_defaults.get(new) != Some(default) {
            out.push(format!("{} SET DEFAULT {default};", column(new)));
        }
    }
    indexes(&mut out, from, to);
    comments::change(&mut out, what, &name, from.comment.as_deref(), to.comment.as_deref());
    let columns: std::collections::BTreeSet<&String> =
        from.column_comments.keys().chain(to.column_comments.keys()).collect();
    for column in columns {
        let text = |view: &View| view.column_comments.get(column).cloned();
        let target = format!("{name}.{}", ident(column));
        comments::change(&mut out, "COLUMN", &target, text(from).as_deref(), text(to).as_deref());
    }
    out
}

fn indexes(out: &mut Vec<String>, from: &View, to: &View) {
    let same = |a: &Index, b: &Index| a == b;
    for old in &from.indexes {
        if !to.indexes.iter().any(|new| same(old, new)) {
            out.push(format!("DROP INDEX {};", qname(&to.name.sibling(&old.name))));
        }
    }
    for new in &to.indexes {
        if !from.indexes.iter().any(|old| same(old, new)) {
            out.extend(create_index(&to.name, new));
        }
    }
}

fn word(kind: ViewKind) -> &'static str {
    match kind {
        ViewKind::View => "VIEW",
        ViewKind::Materialized => "MATERIALIZED VIEW",
    }
}

/// `fillfactor = 70`; everything but plain words and numbers is quoted.
fn options(options: &Options) -> String {
    let spelled = options.iter().map(|(name, value)| {
        let plain = !value.is_empty()
            && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let value = if plain { value.clone() } else { literal(value) };
        format!("{} = {value}", dotted(name))
    });
    spelled.collect::<Vec<_>>().join(", ")
}

fn dotted(name: &str) -> String {
    name.split('.').map(ident).collect::<Vec<_>>().join(".")
}

fn set_options(alter: &str, from: &Options, to: &Options) -> Vec<String> {
    let gone: Vec<String> =
        from.keys().filter(|o| !to.contains_key(o)).map(|o| dotted(o)).collect();
    let new: Options = to
        .iter()
        .filter(|(name, value)| from.get(name) != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut out = Vec::new();
    if !gone.is_empty() {
        out.push(format!("{alter} RESET ({});", gone.join(", ")));
    }
    if !new.is_empty() {
        out.push(format!("{alter} SET ({});", options(&new)));
    }
    out
}

/// An index of a materialized view, with what CREATE INDEX cannot say.
fn create_index(relation: &QName, index: &Index) -> Vec<String> {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut sql = format!("CREATE {unique}INDEX {} ON {}", ident(&index.name), qname(relation));
    if index.method != "btree" {
        sql.push_str(&format!(" USING {}", ident(&index.method)));
    }
    let elements: Vec<String> = index.elements.iter().map(element).collect();
    sql.push_str(&format!(" ({})", elements.join(", ")));
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
    let name = qname(&relation.sibling(&index.name));
    let mut out = vec![format!("{sql};")];
    for (column, target) in &index.statistics {
        out.push(format!("ALTER INDEX {name} ALTER COLUMN {column} SET STATISTICS {target};"));
    }
    if index.clustered {
        let index = ident(&index.name);
        out.push(format!("ALTER MATERIALIZED VIEW {} CLUSTER ON {index};", qname(relation)));
    }
    comments::new(&mut out, "INDEX", &name, index.comment.as_deref());
    out
}

fn element(element: &crate::model::IndexElement) -> String {
    let mut sql = match &element.key {
        IndexKey::Column(name) => ident(name),
        IndexKey::Expr(expr) => format!("({expr})"),
    };
    sql.push_str(&collations::clause(element.collation.as_ref()));
    if let Some(opclass) = &element.opclass {
        sql.push_str(&format!(" {opclass}"));
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
