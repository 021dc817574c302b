//! One table: its own attributes, its columns, and what they say about keys and indexes.

use super::super::ast::{self, Arg, Attribute, Value, ValueKind};
use super::args::{Args, choice, options};
use super::catalog::{Home, qualified};
use super::column::{self, qname};
use super::constraint;
use super::draft::{Context, Draft};
use super::index;
use super::mistakes::suggestion;
use super::tenants;
use crate::dialect::sqlite;
use crate::diff::Rename;
use crate::model::{
    Dialect, Expr, ObjectKind, Options, PartitionOf, Persistence, PrimaryKey, QName,
    ReplicaIdentity, Table,
};

/// Attributes that mean nothing on SQLite, and what to do instead.
const POSTGRES_ONLY: &[(&str, &str)] = &[
    ("access_method", "remove it"),
    ("exclude", "enforce it with a trigger in a .sql file"),
    ("force_row_security", "remove it"),
    ("inherits", "repeat the columns in this table"),
    ("of_type", "write the columns out"),
    ("partition_by", "use one table"),
    ("partition_of", "use one table"),
    ("replica_identity", "remove it"),
    ("row_security", "remove it"),
    ("tablespace", "remove it"),
    ("unlogged", "remove it"),
    ("with", "remove it"),
];

pub fn read(item: &ast::Table, home: Home, context: &mut Context<'_>) -> Draft {
    let name = qualified(&item.name, item.schema.as_ref(), &item.notes, context.dialect);
    let columns: Vec<(String, String)> = item
        .columns
        .iter()
        .map(|c| (c.name.text.clone(), super::catalog::sql_name(&c.name, &c.notes)))
        .collect();
    let mut draft = Draft {
        table: Table { comment: item.notes.doc.clone(), ..Table::new(name) },
        columns,
        home,
        plain: item.plain,
        name_span: item.name.span.clone(),
        column_spans: Vec::new(),
        key_span: item.name.span.clone(),
        unique_spans: Vec::new(),
        foreign_key_places: Vec::new(),
        check_spans: Vec::new(),
        exclusion_spans: Vec::new(),
        index_spans: Vec::new(),
        serials: Vec::new(),
        on_updates: Vec::new(),
        tenant: None,
    };
    primary_key(item, &mut draft, context);
    let mut later = Vec::new();
    for item in &item.columns {
        for attribute in column::read(item, &mut draft, context) {
            later.push((draft.table.columns.len() - 1, attribute));
        }
    }
    for (at, attribute) in later {
        let Some(name) = draft.table.columns.get(at).map(|c| c.name.clone()) else { continue };
        match attribute.name.text.as_str() {
            "unique" => constraint::unique(attribute, Some(&name), &mut draft, context),
            "references" => constraint::foreign_key(attribute, Some(&name), &mut draft, context),
            "check" => constraint::check(attribute, &mut draft, context),
            "index" => index::read(attribute, Some(&name), &mut draft, context),
            // The grammar has reported it.
            _ => {}
        }
    }
    for attribute in &item.notes.attributes {
        table_attribute(attribute, &mut draft, context);
    }
    if draft.table.strict {
        for column in &mut draft.table.columns {
            column.ty = sqlite::types::in_strict(column.ty.clone());
        }
    }
    draft
}

fn primary_key(item: &ast::Table, draft: &mut Draft, context: &mut Context<'_>) {
    let columns: Vec<String> = match &item.key {
        Some(key) => {
            if let Some(first) = key.first() {
                draft.key_span = first.span.clone();
            }
            key.iter()
                .filter_map(|n| draft.column_named(&n.text, &n.span, context.mistakes))
                .collect()
        }
        None => match draft.columns.iter().find(|(ident, _)| ident == "id") {
            Some((_, name)) => vec![name.clone()],
            None => {
                context
                    .mistakes
                    .add(
                        "no-primary-key",
                        &item.name.span,
                        format!(
                            "table `{}` names no primary key and has no column `id`",
                            item.name.text
                        ),
                    )
                    .help(format!(
                        "write `{} (column)`, or `{} ()` for none",
                        item.name.text, item.name.text
                    ));
                Vec::new()
            }
        },
    };
    if columns.is_empty() {
        return;
    }
    draft.table.primary_key = Some(PrimaryKey {
        name: None,
        columns,
        include: Vec::new(),
        deferrable: crate::model::Deferrable::No,
        options: Options::new(),
        tablespace: None,
        inherited_from: None,
        on_conflict: None,
        descending: Vec::new(),
        comment: None,
        index_comment: None,
        clustered: false,
    });
}

fn table_attribute(attribute: &Attribute, draft: &mut Draft, context: &mut Context<'_>) {
    let name = attribute.name.text.as_str();
    if context.dialect == Dialect::Sqlite
        && let Some((_, help)) = POSTGRES_ONLY.iter().find(|(only, _)| *only == name)
    {
        context
            .mistakes
            .add("no-equivalent", &attribute.name.span, format!("SQLite has nothing like `{name}`"))
            .help(*help);
        return;
    }
    if context.dialect == Dialect::Postgres && matches!(name, "strict" | "without_rowid") {
        // Both only say how SQLite keeps the rows.
        return;
    }
    match name {
        "primary_key" => return constraint::primary_key(attribute, draft, context),
        "unique" => return constraint::unique(attribute, None, draft, context),
        "foreign_key" => return constraint::foreign_key(attribute, None, draft, context),
        "check" => return constraint::check(attribute, draft, context),
        "exclude" => return constraint::exclusion(attribute, draft, context),
        "index" => return index::read(attribute, None, draft, context),
        "tenant" => return tenants::read(attribute, draft, context),
        _ => {}
    }
    let mut args = Args::new(attribute, &[]);
    match name {
        "sql_name" | "schema" => {
            args.first_text();
        }
        "comment" => draft.table.comment = args.first_text().map(|(text, _)| text),
        "renamed_from" => {
            if let Some(from) = args.first_text().and_then(|(text, _)| old_name(&text, draft)) {
                context.renames.push(Rename::Object {
                    kind: ObjectKind::Table,
                    from,
                    to: draft.table.name.clone(),
                });
            }
        }
        "strict" => draft.table.strict = true,
        "without_rowid" => draft.table.without_rowid = true,
        "unlogged" => draft.table.persistence = Persistence::Unlogged,
        "row_security" => {
            draft.table.row_security = true;
            draft.table.force_row_security |= args.flag("force", context.mistakes);
        }
        "force_row_security" => draft.table.force_row_security = true,
        "partition_by" => draft.table.partition_by = args.first_text().map(|(t, _)| Expr::new(t)),
        "partition_of" => {
            let bound = args.first_text().map(|(text, _)| text).unwrap_or_default();
            let parents = tables(&args.positional(), draft, context);
            if let Some(parent) = parents.into_iter().next() {
                draft.table.partition_of = Some(PartitionOf { parent, bound: Expr::new(bound) });
            }
        }
        "inherits" => draft.table.inherits = tables(&args.positional(), draft, context),
        "of_type" => draft.table.of_type = args.first_text().and_then(|(text, _)| qname(&text)),
        "replica_identity" => {
            if let Some(name) = args.text("index", context.mistakes) {
                draft.table.replica_identity = ReplicaIdentity::Index(name);
            } else if let Some(Arg::Value(value)) = args.positional().first() {
                let words = [("default", 0), ("nothing", 1), ("full", 2)];
                let chosen = choice("replica_identity", value, &words, context.mistakes);
                draft.table.replica_identity = match chosen {
                    Some(1) => ReplicaIdentity::Nothing,
                    Some(2) => ReplicaIdentity::Full,
                    _ => ReplicaIdentity::Default,
                };
            }
        }
        "with" => draft.table.options = options(&args.all(), context.mistakes),
        "tablespace" => draft.table.tablespace = args.first_text().map(|(text, _)| text),
        "access_method" => draft.table.access_method = args.first_text().map(|(text, _)| text),
        // The grammar has reported it.
        _ => return,
    }
    args.finish(context.mistakes);
}

/// A former name: in the same schema unless it says another.
fn old_name(text: &str, draft: &Draft) -> Option<QName> {
    match text.split_once('.') {
        Some(_) => qname(text),
        None => Some(draft.table.name.sibling(text)),
    }
}

/// Tables named in an attribute, by identifier or by SQL name.
fn tables(list: &[Arg], draft: &Draft, context: &mut Context<'_>) -> Vec<QName> {
    let mut out = Vec::new();
    for arg in list {
        let Arg::Value(value) = arg else { continue };
        match &value.kind {
            ValueKind::Text(text) => out.extend(qname(text)),
            ValueKind::Path(path) => match path.as_slice() {
                [only] => {
                    let (catalog, mistakes) = (context.catalog, &mut *context.mistakes);
                    let entry = constraint::lookup(only, None, draft, catalog, mistakes);
                    out.extend(entry.map(|entry| entry.name.clone()));
                }
                [schema, table] => {
                    match context.catalog.table_in(&schema.text, &table.text, context.dialect) {
                        Some(entry) => out.push(entry.name.clone()),
                        None => unknown(value, &table.text, context),
                    }
                }
                _ => unknown(value, "", context),
            },
            _ => unknown(value, "", context),
        }
    }
    out
}

fn unknown(value: &Value, word: &str, context: &mut Context<'_>) {
    context
        .mistakes
        .add("unknown-table", &value.span, format!("there is no table `{word}`"))
        .help(suggestion(word, context.catalog.idents()));
}
