//! A model's objects as a declarative `.sql` file.

use crate::dialect::postgres::{enums, objects, sequences};
use crate::model::{Dialect, Model, Object, ObjectId, OnTable, QName, ViewKind};
use crate::source::schema_rs::is_serial;
use crate::sql::names::mentioned;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that schema.rs cannot say, as text that [`super::read`] reads back to equal objects;
/// empty when there is nothing.
#[must_use]
pub fn write(model: &Model) -> String {
    write_with(model, &BTreeSet::new())
}

/// The same with enums that schema.rs leaves to this file.
#[must_use]
pub fn write_with(model: &Model, enums: &BTreeSet<QName>) -> String {
    let mut sections: Vec<(&str, Vec<String>)> = Vec::new();
    let mut order = order(model);
    if let Some((_, types)) = order.iter_mut().find(|(title, _)| *title == TYPES) {
        types.splice(0..0, enums.iter().cloned().map(ObjectId::Enum));
    }
    for (title, ids) in order {
        let statements: Vec<String> = ids
            .iter()
            .filter_map(|id| model.object(id))
            .map(|object| statements(model.dialect, &object).join("\n"))
            .collect();
        if !statements.is_empty() {
            sections.push((title, statements));
        }
    }
    if sections.is_empty() {
        return String::new();
    }
    let mut out =
        String::from("-- What schema.rs has no words for; every command reads both files.\n");
    for (title, statements) in sections {
        out.push_str(&format!("\n-- {title}\n\n{}\n", statements.join("\n\n")));
    }
    out
}

const TYPES: &str = "Types";

fn statements(dialect: Dialect, object: &Object) -> Vec<String> {
    match object {
        _ if dialect == Dialect::Sqlite => sqlite(object),
        Object::Sequence(sequence) => {
            let mut out = sequences::create(sequence);
            if let Some(owner) = &sequence.owned_by {
                out.push(sequences::set_owner(&sequence.name, Some(owner)));
            }
            out
        }
        Object::Enum(ty) => enums::create(ty),
        _ => objects::create(object),
    }
}

fn sqlite(object: &Object) -> Vec<String> {
    let quote = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    match object {
        Object::View(view) => {
            let columns: Vec<String> = view.columns.iter().map(|c| quote(c)).collect();
            let columns = if columns.is_empty() {
                String::new()
            } else {
                format!(" ({})", columns.join(", "))
            };
            vec![format!("CREATE VIEW {}{columns} AS\n{};", quote(&view.name.name), view.query)]
        }
        Object::Trigger(trigger) => vec![format!("{};", trigger.definition)],
        _ => Vec::new(),
    }
}

/// Kinds in the order in which they build on each other; within a kind, what is built on first.
fn order(model: &Model) -> Vec<(&'static str, Vec<ObjectId>)> {
    let (materialized, views): (Vec<_>, Vec<_>) =
        model.views.values().partition(|v| v.kind == ViewKind::Materialized);
    // A materialized view may stand below a view: one order for both.
    let all_views = || views.iter().chain(&materialized).map(|v| (v.name.clone(), v.query.clone()));
    let dialect = model.dialect;
    vec![
        (
            "Schemas",
            model
                .schemas
                .keys()
                .filter(|s| needs_saying(model, s))
                .cloned()
                .map(ObjectId::Schema)
                .collect(),
        ),
        ("Extensions", model.extensions.keys().cloned().map(ObjectId::Extension).collect()),
        ("Collations", model.collations.keys().cloned().map(ObjectId::Collation).collect()),
        (TYPES, types(model)),
        (
            "Sequences",
            model
                .sequences
                .values()
                .filter(|s| !is_serial(model, s))
                .map(|s| ObjectId::Sequence(s.name.clone()))
                .collect(),
        ),
        (
            "Functions and procedures",
            model.routines.keys().cloned().map(ObjectId::Routine).collect(),
        ),
        ("Views", sorted(all_views(), dialect).into_iter().map(ObjectId::View).collect()),
        ("Triggers", model.triggers.keys().cloned().map(ObjectId::Trigger).collect()),
        ("Rules", model.rules.keys().cloned().map(ObjectId::Rule).collect()),
        ("Policies", policies(model)),
        ("Statistics", model.statistics.keys().cloned().map(ObjectId::Statistics).collect()),
    ]
}

/// Those that `#[tenant]` does not say.
fn policies(model: &Model) -> Vec<ObjectId> {
    let tenants = crate::source::schema_rs::tenants(model);
    let said = |id: &OnTable| {
        id.name == crate::source::schema_rs::POLICY && tenants.contains_key(&id.table)
    };
    model.policies.keys().filter(|id| !said(id)).cloned().map(ObjectId::Policy).collect()
}

/// A schema is implied by the tables and enums in it, unless there is a comment to keep.
fn needs_saying(model: &Model, schema: &str) -> bool {
    let implied = model
        .tables
        .keys()
        .chain(model.enums.keys())
        .any(|name| name.schema.as_deref() == Some(schema));
    !implied || model.schemas.get(schema).is_some_and(|s| s.comment.is_some())
}

fn types(model: &Model) -> Vec<ObjectId> {
    let text = |object: Object| objects::create(&object).join("\n");
    let mut ids: BTreeMap<QName, ObjectId> = BTreeMap::new();
    let mut texts = Vec::new();
    let domains = model.domains.keys().cloned().map(ObjectId::Domain);
    let composites = model.composites.keys().cloned().map(ObjectId::Composite);
    let ranges = model.ranges.keys().cloned().map(ObjectId::Range);
    for id in domains.chain(composites).chain(ranges) {
        if let (
            ObjectId::Domain(name) | ObjectId::Composite(name) | ObjectId::Range(name),
            Some(object),
        ) = (&id, model.object(&id))
        {
            texts.push((name.clone(), text(object)));
            ids.insert(name.clone(), id);
        }
    }
    sorted(texts.into_iter(), model.dialect).into_iter().filter_map(|n| ids.remove(&n)).collect()
}

/// By name, but after those whose names the text mentions. Names in a circle stay by name.
fn sorted(objects: impl Iterator<Item = (QName, String)>, dialect: Dialect) -> Vec<QName> {
    let texts: BTreeMap<QName, BTreeSet<String>> =
        objects.map(|(name, text)| (name, mentioned(&text, dialect))).collect();
    let fold = |name: &str| match dialect {
        Dialect::Postgres => name.to_owned(),
        Dialect::Sqlite => name.to_lowercase(),
    };
    let mut by_name: BTreeMap<String, Vec<&QName>> = BTreeMap::new();
    for name in texts.keys() {
        by_name.entry(fold(&name.name)).or_default().push(name);
    }
    let mut done: BTreeSet<&QName> = BTreeSet::new();
    let mut out = Vec::new();
    // Depth first with a stack of our own: chains of views may be long.
    for first in texts.keys() {
        let mut stack = vec![(first, false)];
        while let Some((name, expanded)) = stack.pop() {
            if expanded {
                out.push(name.clone());
                continue;
            }
            if !done.insert(name) {
                continue;
            }
            stack.push((name, true));
            let words = texts.get(name).into_iter().flatten();
            let below: BTreeSet<&QName> =
                words.filter_map(|w| by_name.get(w)).flatten().copied().collect();
            for other in below.into_iter().rev() {
                if !done.contains(other) {
                    stack.push((other, false));
                }
            }
        }
    }
    out
}
