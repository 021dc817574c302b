//! Mistakes that show only when everything is read: names used twice, foreign keys that do not
//! fit, keys that may be NULL.

use super::super::ast::Span;
use super::super::fit::{is_unique, types_fit};
use super::super::names::MAX_BYTES;
use super::draft::{Draft, KeyPlace};
use super::mistakes::{Mistakes, suggestion};
use crate::dialect::{postgres, sqlite};
use crate::model::{
    ColumnValue, DataType, Dialect, ForeignKey, Identity, IdentityMode, Model, QName, TypeName,
};
use std::collections::{BTreeMap, BTreeSet};

/// Checks a name's length; PostgreSQL would cut a longer one without a word.
pub fn name(what: &str, name: &str, span: &Span, dialect: Dialect, mistakes: &mut Mistakes) {
    if dialect == Dialect::Postgres && name.len() > MAX_BYTES {
        mistakes
            .add(
                "long-name",
                span,
                format!("the name of this {what} has {} bytes: `{name}`", name.len()),
            )
            .help(format!("PostgreSQL stores {MAX_BYTES}: choose a shorter one"));
    }
    if name.is_empty() && dialect == Dialect::Postgres {
        mistakes
            .add("empty-name", span, format!("the name of this {what} is empty"))
            .help("give it one");
    }
    if name.contains('\0') {
        mistakes
            .add("nul-byte", span, format!("the name of this {what} holds a NUL"))
            .help("remove it");
    }
}

/// Checks a label of an enum against those before it.
pub fn label(
    text: &str,
    span: &Span,
    before: &[String],
    dialect: Dialect,
    mistakes: &mut Mistakes,
) {
    if before.iter().any(|label| label == text) {
        mistakes
            .add("duplicate-label", span, format!("the label '{text}' is there twice"))
            .help("remove one of them, or give it another #[sql_name]");
    }
    if !text.is_empty() {
        name("label", text, span, dialect, mistakes);
    }
}

/// Checks all tables against each other.
pub fn drafts(drafts: &[Draft], model: &Model, mistakes: &mut [Mistakes]) {
    let dialect = model.dialect;
    let by_name: BTreeMap<&QName, &Draft> = drafts.iter().map(|d| (&d.table.name, d)).collect();
    let mut tables = BTreeSet::new();
    let mut relations: BTreeMap<(Option<&str>, String), String> = BTreeMap::new();
    for draft in drafts {
        relations.insert(
            (draft.table.name.schema.as_deref(), fold(&draft.table.name.name, dialect)),
            format!("table `{}`", draft.table.name),
        );
    }
    for draft in drafts {
        let Some(mistakes) = mistakes.get_mut(draft.home.file) else { continue };
        let own = &draft.table.name;
        if !tables.insert((own.schema.as_deref(), fold(&own.name, dialect))) {
            mistakes
                .add("duplicate-name", &draft.name_span, format!("there are two tables `{own}`"))
                .help("rename one, or give it another #[sql_name]");
            continue;
        }
        name("table", &own.name, &draft.name_span, dialect, mistakes);
        // Every table is a type, too.
        if model.enums.contains_key(own) {
            mistakes
                .add(
                    "duplicate-name",
                    &draft.name_span,
                    format!("table `{own}` has the name of an enum in the database"),
                )
                .help("rename one, or give it another #[sql_name]");
        }
        if dialect == Dialect::Sqlite && own.schema.is_some() {
            mistakes
                .add("no-equivalent", &draft.name_span, format!("SQLite has no schemas: `{own}`"))
                .help("leave the schema out");
        }
        columns(draft, dialect, mistakes);
        constraint_names(draft, dialect, &mut relations, mistakes);
    }
    for draft in drafts {
        for (key, place) in draft.table.foreign_keys.iter().zip(&draft.foreign_key_places) {
            if let Some(mistakes) = mistakes.get_mut(place.file) {
                foreign_key(draft, key, place, &by_name, dialect, mistakes);
            }
        }
    }
}

/// How the dialect compares names.
fn fold(name: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => name.to_owned(),
        Dialect::Sqlite => name.to_ascii_lowercase(),
    }
}

fn columns(draft: &Draft, dialect: Dialect, mistakes: &mut Mistakes) {
    let mut seen = BTreeSet::new();
    let key: &[String] = draft.table.primary_key.as_ref().map_or(&[], |key| &key.columns);
    for (at, column) in draft.table.columns.iter().enumerate() {
        let span = draft.column_spans.get(at).cloned().unwrap_or_default();
        if !seen.insert(fold(&column.name, dialect)) {
            mistakes
                .add(
                    "duplicate-name",
                    &span,
                    format!("table `{}` has two columns `{}`", draft.table.name, column.name),
                )
                .help("rename one, or give it another #[sql_name]");
        }
        name("column", &column.name, &span, dialect, mistakes);
        if dialect == Dialect::Postgres && column.nullable && key.contains(&column.name) {
            mistakes
                .add(
                    "nullable-key",
                    &span,
                    format!("`{}` is part of the primary key and cannot be NULL", column.name),
                )
                .help("remove Nullable<…>, or take the column out of the key");
        }
        if let ColumnValue::Identity(Identity { mode, .. }) = &column.value
            && *mode != IdentityMode::Autoincrement
            && !is_integer(&column.ty)
        {
            mistakes
                .add(
                    "wrong-type",
                    &span,
                    format!("`{}` counts, so it must be an integer", column.name),
                )
                .help("make it SmallInt, Integer or BigInt");
        }
    }
    let mut twice = BTreeSet::new();
    for column in key {
        if !twice.insert(column) {
            mistakes
                .add(
                    "duplicate-column",
                    &draft.key_span,
                    format!("`{column}` is in the primary key twice"),
                )
                .help("name it once");
        }
    }
}

fn is_integer(ty: &DataType) -> bool {
    !ty.array
        && match &ty.name {
            TypeName::Builtin(name) => matches!(name.as_str(), "smallint" | "integer" | "bigint"),
            // A domain may be one.
            TypeName::User(_) => true,
        }
}

/// Constraint names are unique in a table, those of indexes in a schema.
fn constraint_names<'a>(
    draft: &'a Draft,
    dialect: Dialect,
    relations: &mut BTreeMap<(Option<&'a str>, String), String>,
    mistakes: &mut Mistakes,
) {
    let table = &draft.table;
    let schema = table.name.schema.as_deref();
    let mut constraints = BTreeSet::new();
    let place = |spans: &[Span], at: usize| spans.get(at).cloned().unwrap_or_default();
    let key = table.primary_key.iter().filter_map(|k| k.name.as_deref());
    let uniques =
        table.uniques.iter().enumerate().filter_map(|(at, u)| {
            u.name.as_deref().map(|name| (name, place(&draft.unique_spans, at)))
        });
    let exclusions = table
        .exclusions
        .iter()
        .enumerate()
        .map(|(at, e)| (e.name.as_str(), place(&draft.exclusion_spans, at)));
    let checks =
        table.checks.iter().enumerate().filter_map(|(at, c)| {
            c.name.as_deref().map(|name| (name, place(&draft.check_spans, at)))
        });
    let foreign = table.foreign_keys.iter().enumerate().filter_map(|(at, k)| {
        let span = draft.foreign_key_places.get(at).map(|p| p.span.clone()).unwrap_or_default();
        k.name.as_deref().map(|name| (name, span))
    });
    let indexed: Vec<(&str, Span)> =
        key.map(|name| (name, draft.key_span.clone())).chain(uniques).chain(exclusions).collect();
    let indexes = table
        .indexes
        .iter()
        .enumerate()
        .map(|(at, i)| (i.name.as_str(), place(&draft.index_spans, at)));
    for (given, span) in indexed.iter().cloned().chain(checks).chain(foreign) {
        name("constraint", given, &span, dialect, mistakes);
        // SQLite lets constraints share a name.
        if dialect == Dialect::Postgres && !constraints.insert(given.to_owned()) {
            mistakes
                .add(
                    "duplicate-name",
                    &span,
                    format!("table `{}` has two constraints `{given}`", table.name),
                )
                .help("give one of them another name");
        }
    }
    let with_relation = match dialect {
        Dialect::Postgres => indexed,
        Dialect::Sqlite => Vec::new(),
    };
    for (given, span) in with_relation.into_iter().chain(indexes) {
        if dialect == Dialect::Postgres && constraints.contains(given) {
            // Reported above, or the constraint's own index.
        } else {
            name("index", given, &span, dialect, mistakes);
        }
        let what = format!("an index of `{}`", table.name);
        if let Some(other) = relations.insert((schema, fold(given, dialect)), what) {
            mistakes
                .add("duplicate-name", &span, format!("`{given}` is also the name of {other}"))
                .help("tables and indexes share one set of names: choose another");
        }
    }
}

fn foreign_key(
    draft: &Draft,
    key: &ForeignKey,
    place: &KeyPlace,
    tables: &BTreeMap<&QName, &Draft>,
    dialect: Dialect,
    mistakes: &mut Mistakes,
) {
    let span = &place.span;
    let Some(parent) = tables.get(&key.parent) else {
        // SQLite accepts a parent that is not there.
        if dialect == Dialect::Postgres {
            let names: Vec<&str> = tables.keys().map(|name| name.name.as_str()).collect();
            mistakes
                .add("unknown-table", span, format!("there is no table `{}`", key.parent))
                .help(suggestion(&key.parent.name, names.iter().copied()));
        }
        return;
    };
    if key.columns.len() != key.parent_columns.len() {
        mistakes
            .add(
                "column-count",
                span,
                format!(
                    "{} cannot point at {}",
                    counted(key.columns.len()),
                    counted(key.parent_columns.len())
                ),
            )
            .help("name as many columns of the parent as of this table");
        return;
    }
    // SQLite takes any key; one that is given by exact names is meant as it is.
    if dialect == Dialect::Sqlite && place.exact {
        return;
    }
    for (child, target) in key.columns.iter().zip(&key.parent_columns) {
        let (Some(from), Some(to)) = (draft.table.column(child), parent.table.column(target))
        else {
            if parent.table.column(target).is_none() {
                mistakes
                    .add(
                        "unknown-column",
                        span,
                        format!("table `{}` has no column `{target}`", key.parent),
                    )
                    .help(suggestion(target, parent.columns.iter().map(|(i, _)| i.as_str())));
            }
            continue;
        };
        if !types_fit(&from.ty, &to.ty, dialect) {
            mistakes
                .add(
                    "type-mismatch",
                    span,
                    format!(
                        "`{}` is {} and `{}.{}` is {}",
                        child,
                        spelled(&from.ty, dialect),
                        key.parent,
                        target,
                        spelled(&to.ty, dialect)
                    ),
                )
                .help(format!("give both columns one type, {}", spelled(&to.ty, dialect)));
        }
    }
    if !is_unique(&parent.table, &key.parent_columns) {
        mistakes
            .add(
                "not-unique",
                span,
                format!(
                    "`{}` of table `{}` is neither its primary key nor unique",
                    key.parent_columns.join(", "),
                    key.parent
                ),
            )
            .help("add #[unique] there, or point at the primary key");
    }
}

fn counted(n: usize) -> String {
    if n == 1 { "1 column".to_owned() } else { format!("{n} columns") }
}

fn spelled(ty: &DataType, dialect: Dialect) -> String {
    match dialect {
        Dialect::Postgres => postgres::types::render(ty),
        Dialect::Sqlite => sqlite::types::render(ty),
    }
}
