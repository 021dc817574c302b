//! Keys, checks and exclusions, written at a column or at the table.

use super::super::ast::{self, Arg, Attribute, Value, ValueKind};
use super::args::Args;
use super::catalog::{Entry, Found};
use super::column::qname;
use super::draft::{Context, Draft, KeyPlace};
use super::index;
use super::mistakes::{Mistakes, suggestion};
use crate::diff::Rename;
use crate::model::{
    Check, Deferrable, Dialect, Exclusion, Expr, FkAction, ForeignKey, MatchKind, QName, Unique,
};

/// Where an attribute stands: at the column of that name, or at the table.
pub type Home<'a> = Option<&'a str>;

/// What PostgreSQL alone knows about constraints with an index behind them.
const ON_INDEXES: [&str; 8] = [
    "include",
    "nulls_not_distinct",
    "deferrable",
    "initially_deferred",
    "with",
    "tablespace",
    "inherited_from",
    "clustered",
];

pub fn primary_key(attribute: &Attribute, draft: &mut Draft, context: &mut Context<'_>) {
    let columns = draft.columns.clone();
    let mut args = Args::new(attribute, &columns);
    let mistakes = &mut *context.mistakes;
    let name = args.text("name", mistakes);
    let include = draft.listed("include", &mut args, mistakes);
    let descending = draft.listed("desc", &mut args, mistakes);
    let deferrable = deferrable(&mut args, mistakes);
    let on_conflict = args.on_conflict(mistakes);
    let options = args.options("with", mistakes);
    let tablespace = args.text("tablespace", mistakes);
    let inherited_from = args.text("inherited_from", mistakes);
    let clustered = args.flag("clustered", mistakes);
    let comment = args.text("comment", mistakes);
    let index_comment = args.text("index_comment", mistakes);
    let span = args.span.clone();
    args.only_on(Dialect::Postgres, &ON_INDEXES, context.dialect, mistakes);
    args.only_on(Dialect::Sqlite, &["desc", "on_conflict"], context.dialect, mistakes);
    args.finish(mistakes);
    let Some(key) = &mut draft.table.primary_key else {
        mistakes
            .add("no-primary-key", &span, "the table has no primary key")
            .help("name its columns after the table: `table users (id)`");
        return;
    };
    key.name = name;
    key.include = include;
    key.deferrable = deferrable;
    key.on_conflict = on_conflict;
    key.options = options;
    key.tablespace = tablespace;
    key.inherited_from = inherited_from;
    key.clustered = clustered;
    key.comment = comment;
    key.index_comment = index_comment;
    if !descending.is_empty() {
        key.descending = key.columns.iter().map(|c| descending.contains(c)).collect();
    }
}

pub fn unique(attribute: &Attribute, home: Home<'_>, draft: &mut Draft, context: &mut Context<'_>) {
    let columns = draft.columns.clone();
    let mut args = Args::new(attribute, &columns);
    let mistakes = &mut *context.mistakes;
    let name = args.text("name", mistakes);
    renamed(&mut args, name.as_deref(), draft, context.renames, mistakes);
    let include = draft.listed("include", &mut args, mistakes);
    let nulls_not_distinct = args.flag("nulls_not_distinct", mistakes);
    let at_table = home.is_none() && context.dialect == Dialect::Sqlite;
    let elements_sql = args.list("elements").map(|list| texts(&list)).unwrap_or_default();
    let mut unique = Unique {
        behind_columns: false,
        clustered: args.flag("clustered", mistakes),
        name,
        include,
        nulls_not_distinct,
        elements_sql,
        deferrable: deferrable(&mut args, mistakes),
        on_conflict: args.on_conflict(mistakes),
        options: args.options("with", mistakes),
        tablespace: args.text("tablespace", mistakes),
        inherited_from: args.text("inherited_from", mistakes),
        comment: args.text("comment", mistakes),
        index_comment: args.text("index_comment", mistakes),
        columns: match home {
            Some(column) => vec![column.to_owned()],
            None => draft.column_list(&args.positional(), mistakes),
        },
    };
    let span = args.span.clone();
    args.only_on(Dialect::Postgres, &ON_INDEXES, context.dialect, mistakes);
    args.only_on(Dialect::Sqlite, &["elements", "on_conflict"], context.dialect, mistakes);
    args.finish(mistakes);
    if unique.columns.is_empty() {
        mistakes.add("no-columns", &span, "`unique` names no column").help("write #[unique(a, b)]");
        return;
    }
    unique.behind_columns = at_table
        && unique.name.is_none()
        && unique.columns.len() == 1
        && unique.on_conflict.is_some();
    draft.table.uniques.push(unique);
    draft.unique_spans.push(span);
}

pub fn check(attribute: &Attribute, draft: &mut Draft, context: &mut Context<'_>) {
    let mut args = Args::new(attribute, &[]);
    let mistakes = &mut *context.mistakes;
    let span = args.span.clone();
    let name = args.text("name", mistakes);
    renamed(&mut args, name.as_deref(), draft, context.renames, mistakes);
    let check = Check {
        name,
        not_valid: args.flag("not_valid", mistakes),
        no_inherit: args.flag("no_inherit", mistakes),
        inherited: args.flag("inherited", mistakes),
        comment: args.text("comment", mistakes),
        expr: Expr::new(args.first_text().map(|(text, _)| text).unwrap_or_default()),
    };
    let postgres = ["not_valid", "no_inherit", "inherited"];
    args.only_on(Dialect::Postgres, &postgres, context.dialect, mistakes);
    args.finish(mistakes);
    if check.expr.as_str().trim().is_empty() {
        mistakes
            .add("wrong-value", &span, "`check` takes an SQL condition as a string")
            .help("write #[check(\"price > 0\")]");
        return;
    }
    draft.table.checks.push(check);
    draft.check_spans.push(span);
}

/// `#[references(users.id, …)]` at a column; at the table
/// `#[foreign_key(a, b, references(parent.c, parent.d), …)]`.
pub fn foreign_key(
    attribute: &Attribute,
    home: Home<'_>,
    draft: &mut Draft,
    context: &mut Context<'_>,
) {
    let columns = draft.columns.clone();
    let mut args = Args::new(attribute, &columns);
    let mistakes = &mut *context.mistakes;
    let span = args.span.clone();
    let name = args.text("name", mistakes);
    renamed(&mut args, name.as_deref(), draft, context.renames, mistakes);
    let actions = [
        ("no_action", FkAction::NoAction),
        ("restrict", FkAction::Restrict),
        ("cascade", FkAction::Cascade),
        ("set_null", FkAction::SetNull),
        ("set_default", FkAction::SetDefault),
    ];
    let on_delete = args.choice("on_delete", &actions, mistakes).unwrap_or_default();
    let on_delete_columns = draft.listed("on_delete_columns", &mut args, mistakes);
    let on_update = args.choice("on_update", &actions, mistakes).unwrap_or_default();
    let kinds =
        [("simple", MatchKind::Simple), ("full", MatchKind::Full), ("partial", MatchKind::Partial)];
    let match_kind = args.choice("match", &kinds, mistakes).unwrap_or_default();
    let deferrable = deferrable(&mut args, mistakes);
    let at_table = home.is_none() && context.dialect == Dialect::Sqlite;
    let not_valid = args.flag("not_valid", mistakes);
    let inherited_from = args.text("inherited_from", mistakes);
    let comment = args.text("comment", mistakes);
    let mut exact = true;
    let (columns, parent) = match home {
        Some(column) => {
            let mut named = parent_by_name(&mut args, mistakes);
            exact &= named.is_some();
            if named.is_none() {
                let list = args.positional();
                named = parent(&list, &span, draft, context.dialect, context.catalog, mistakes);
            }
            (vec![column.to_owned()], named)
        }
        None => {
            let list = args.list("references").unwrap_or_default();
            let mut inner = Args::new(attribute, &[]);
            inner.positional();
            let mut inner = inner.with(list);
            let mut named = parent_by_name(&mut inner, mistakes);
            exact &= named.is_some();
            if named.is_none() {
                let list = inner.positional();
                named = parent(&list, &span, draft, context.dialect, context.catalog, mistakes);
            }
            (draft.column_list(&args.positional(), mistakes), named)
        }
    };
    let postgres = ["on_delete_columns", "not_valid", "inherited_from"];
    args.only_on(Dialect::Postgres, &postgres, context.dialect, mistakes);
    args.finish(mistakes);
    let Some((parent, parent_columns)) = parent else { return };
    let behind_columns =
        at_table && name.is_none() && columns.len() == 1 && deferrable != Deferrable::No;
    draft.table.foreign_keys.push(ForeignKey {
        behind_columns,
        name,
        columns,
        parent,
        parent_columns,
        on_delete,
        on_delete_columns,
        on_update,
        match_kind,
        deferrable,
        not_valid,
        inherited_from,
        comment,
    });
    draft.foreign_key_places.push(KeyPlace { file: draft.home.file, span, exact });
}

/// `table = "…", schema = "…", columns("…")`: exact names, whether the table exists or not.
fn parent_by_name(args: &mut Args<'_>, mistakes: &mut Mistakes) -> Option<(QName, Vec<String>)> {
    let schema = args.text("schema", mistakes);
    let columns = args.list("columns").map(|list| texts(&list)).unwrap_or_default();
    let name = args.text("table", mistakes)?;
    Some((QName { schema, name }, columns))
}

/// `users.id`, `auth.users.id`, `users` (its primary key), `users(a, b)`, `users.a, users.b`.
fn parent(
    list: &[Arg],
    span: &ast::Span,
    draft: &Draft,
    dialect: Dialect,
    catalog: &super::catalog::Catalog,
    mistakes: &mut Mistakes,
) -> Option<(QName, Vec<String>)> {
    let mut found: Option<&Entry> = None;
    let mut columns = Vec::new();
    for arg in list {
        match arg {
            Arg::List(name, inner) => {
                let entry = lookup(name, None, draft, catalog, mistakes)?;
                found = Some(entry);
                for arg in inner {
                    let Arg::Value(Value { kind: ValueKind::Path(path), span }) = arg else {
                        continue;
                    };
                    let column = path.last().map_or("", |n| n.text.as_str());
                    columns.push(parent_column(entry, column, span, mistakes)?);
                }
            }
            Arg::Value(Value { kind: ValueKind::Path(path), .. }) => match path.as_slice() {
                [table] => found = Some(lookup(table, None, draft, catalog, mistakes)?),
                [table, column] => {
                    let entry = lookup(table, None, draft, catalog, mistakes)?;
                    found = Some(entry);
                    columns.push(parent_column(entry, &column.text, &column.span, mistakes)?);
                }
                // A database schema, or the Rust path of the table.
                [.., qualifier, table, column] => {
                    let entry = match catalog.table_in(&qualifier.text, &table.text, dialect) {
                        Some(entry) => entry,
                        None => lookup(table, Some(qualifier), draft, catalog, mistakes)?,
                    };
                    found = Some(entry);
                    columns.push(parent_column(entry, &column.text, &column.span, mistakes)?);
                }
                _ => {}
            },
            Arg::Value(Value { kind: ValueKind::Text(text), span }) => {
                let name = qname(text);
                let Some(entry) = name.as_ref().and_then(|name| catalog.named(name)) else {
                    mistakes
                        .add("unknown-table", span, format!("there is no table `{text}`"))
                        .help(suggestion(text, catalog.idents()));
                    return None;
                };
                found = Some(entry);
            }
            other => {
                mistakes
                    .add("wrong-value", &other.span(), "this is not a table and its column")
                    .help("write `users.id`");
                return None;
            }
        }
    }
    let Some(entry) = found else {
        mistakes
            .add("wrong-value", span, "a foreign key must say what it points at")
            .help("write #[references(users.id)]");
        return None;
    };
    if columns.is_empty() {
        columns.clone_from(&entry.key);
    }
    Some((entry.name.clone(), columns))
}

/// The table of that identifier; `qualifier` is what stands before it in its path.
pub fn lookup<'a>(
    table: &ast::Name,
    qualifier: Option<&ast::Name>,
    draft: &Draft,
    catalog: &'a super::catalog::Catalog,
    mistakes: &mut Mistakes,
) -> Option<&'a Entry> {
    let ast::Name { text: ident, span } = table;
    match catalog.table(ident, qualifier.map(|q| q.text.as_str()), &draft.home) {
        Found::One(entry) => return Some(entry),
        Found::Several => mistakes
            .add("ambiguous-name", span, format!("several tables are called `{ident}`"))
            .help("write schema.table.column, or the Rust module before the table"),
        Found::Nothing => {
            let path: Vec<&str> =
                qualifier.iter().map(|q| q.text.as_str()).chain([ident.as_str()]).collect();
            mistakes
                .add("unknown-table", span, format!("there is no table `{}`", path.join(".")))
                .help(suggestion(ident, catalog.idents()))
        }
    };
    None
}

fn parent_column(
    entry: &Entry,
    column: &str,
    span: &ast::Span,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let found = entry
        .columns
        .iter()
        .find(|(ident, _)| ident == column)
        .or_else(|| entry.columns.iter().find(|(_, name)| name == column));
    if found.is_none() {
        mistakes
            .add("unknown-column", span, format!("table `{}` has no column `{column}`", entry.name))
            .help(suggestion(column, entry.columns.iter().map(|(ident, _)| ident.as_str())));
    }
    found.map(|(_, name)| name.clone())
}

pub fn exclusion(attribute: &Attribute, draft: &mut Draft, context: &mut Context<'_>) {
    let columns = draft.columns.clone();
    let mut args = Args::new(attribute, &columns);
    let span = args.span.clone();
    let name = args.text("name", context.mistakes).unwrap_or_default();
    renamed(&mut args, Some(&name), draft, context.renames, context.mistakes);
    let deferrable = deferrable(&mut args, context.mistakes);
    let comment = args.text("comment", context.mistakes);
    let index_comment = args.text("index_comment", context.mistakes);
    let mut index = index::options_of(&mut args, draft, context);
    let mut operators = Vec::new();
    for arg in args.positional() {
        if let Some((element, operator)) = index::element(&arg, draft, context) {
            index.elements.push(element);
            if operator.is_none() {
                context
                    .mistakes
                    .add("wrong-value", &arg.span(), "an exclusion needs an operator here")
                    .help("write room(with = \"=\")");
            }
            operators.push(operator.unwrap_or_default());
        }
    }
    args.finish(context.mistakes);
    index.name.clone_from(&name);
    index.comment = index_comment;
    draft.table.exclusions.push(Exclusion { name, index, operators, deferrable, comment });
    draft.exclusion_spans.push(span);
}

pub fn deferrable(args: &mut Args<'_>, mistakes: &mut Mistakes) -> Deferrable {
    let choices = [
        ("initially_deferred", Deferrable::InitiallyDeferred),
        ("initially_immediate", Deferrable::InitiallyImmediate),
        ("deferred", Deferrable::InitiallyDeferred),
        ("immediate", Deferrable::InitiallyImmediate),
        ("true", Deferrable::InitiallyImmediate),
    ];
    if let Some(choice) = args.choice("deferrable", &choices, mistakes) {
        return choice;
    }
    let deferred = args.flag("initially_deferred", mistakes);
    let deferrable = args.flag("deferrable", mistakes);
    match (deferrable, deferred) {
        (_, true) => Deferrable::InitiallyDeferred,
        (true, false) => Deferrable::InitiallyImmediate,
        (false, false) => Deferrable::No,
    }
}

/// `renamed_from = "…"` of a named constraint.
fn renamed(
    args: &mut Args<'_>,
    name: Option<&str>,
    draft: &Draft,
    renames: &mut Vec<Rename>,
    mistakes: &mut Mistakes,
) {
    let Some(from) = args.text("renamed_from", mistakes) else { return };
    let Some(to) = name else {
        mistakes
            .add("wrong-value", &args.span, "only a constraint with a name can be renamed")
            .help("write name = \"…\" beside renamed_from");
        return;
    };
    renames.push(Rename::Constraint { table: draft.table.name.clone(), from, to: to.to_owned() });
}

fn texts(list: &[Arg]) -> Vec<String> {
    list.iter()
        .filter_map(|arg| match arg {
            Arg::Value(Value { kind: ValueKind::Text(text), .. }) => Some(text.clone()),
            Arg::Value(Value { kind: ValueKind::Path(path), .. }) => {
                path.last().map(|name| name.text.clone())
            }
            _ => None,
        })
        .collect()
}
