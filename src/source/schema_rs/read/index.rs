//! Indexes.

use super::super::ast::{Arg, Attribute, Value, ValueKind};
use super::args::Args;
use super::column::qname;
use super::constraint::Home;
use super::draft::{Context, Draft};
use crate::diff::Rename;
use crate::model::{Collation, Dialect, Expr, Index, IndexElement, IndexKey, Nulls, Order, QName};
use std::collections::BTreeMap;

/// What indexes have on PostgreSQL alone.
const POSTGRES_ONLY: [&str; 9] = [
    "include",
    "nulls_not_distinct",
    "with",
    "tablespace",
    "only",
    "attached_to",
    "invalid",
    "clustered",
    "statistics",
];

pub fn read(attribute: &Attribute, home: Home<'_>, draft: &mut Draft, context: &mut Context<'_>) {
    let columns = draft.columns.clone();
    let mut args = Args::new(attribute, &columns);
    let span = args.span.clone();
    let name = args.text("name", context.mistakes);
    if let Some(from) = args.text("renamed_from", context.mistakes) {
        match &name {
            Some(to) => context.renames.push(Rename::Index {
                table: draft.table.name.clone(),
                from,
                to: to.clone(),
            }),
            None => {
                context
                    .mistakes
                    .add("wrong-value", &span, "only an index with a name can be renamed")
                    .help("write name = \"…\" beside renamed_from");
            }
        }
    }
    let unique = args.flag("unique", context.mistakes);
    let comment = args.text("comment", context.mistakes);
    let mut index = options_of(&mut args, draft, context);
    index.name = name.unwrap_or_default();
    index.unique = unique;
    index.comment = comment;
    if let Some(column) = home {
        let order = if args.flag("desc", context.mistakes) { Order::Desc } else { Order::Asc };
        index.elements.push(IndexElement {
            key: IndexKey::Column(column.to_owned()),
            collation: None,
            opclass: args.text("opclass", context.mistakes),
            order,
            nulls: None,
        });
    } else {
        let elements = args.positional();
        let none = elements.is_empty();
        for arg in elements {
            index.elements.extend(element(&arg, draft, context).map(|(element, _)| element));
        }
        if none {
            context
                .mistakes
                .add("no-columns", &span, "`index` names no column")
                .help("write #[index(a, b)]");
        }
    }
    args.only_on(Dialect::Postgres, &["opclass"], context.dialect, context.mistakes);
    args.finish(context.mistakes);
    draft.table.indexes.push(index);
    draft.index_spans.push(span);
}

/// Everything of an index but its name, elements and comment.
pub fn options_of(args: &mut Args<'_>, draft: &Draft, context: &mut Context<'_>) -> Index {
    let mistakes = &mut *context.mistakes;
    let method = args.text("method", mistakes).unwrap_or_else(|| "btree".to_owned());
    let include = draft.listed("include", args, mistakes);
    let index = Index {
        name: String::new(),
        unique: false,
        method,
        elements: Vec::new(),
        include,
        nulls_not_distinct: args.flag("nulls_not_distinct", mistakes),
        predicate: args.text("where", mistakes).map(Expr::new),
        options: args.options("with", mistakes),
        tablespace: args.text("tablespace", mistakes),
        only: args.flag("only", mistakes),
        attached_to: args.text("attached_to", mistakes).and_then(|name| qname(&name)),
        invalid: args.flag("invalid", mistakes),
        clustered: args.flag("clustered", mistakes),
        statistics: args
            .options("statistics", mistakes)
            .iter()
            .filter_map(|(at, target)| Some((at.parse().ok()?, target.parse().ok()?)))
            .collect::<BTreeMap<u16, i32>>(),
        comment: None,
    };
    // Every index of SQLite is a B-tree, so saying it does no harm.
    if index.method != "btree" {
        args.only_on(Dialect::Postgres, &["method"], context.dialect, mistakes);
    }
    args.only_on(Dialect::Postgres, &POSTGRES_ONLY, context.dialect, mistakes);
    index
}

/// One element and, in an exclusion, its operator.
pub fn element(
    arg: &Arg,
    draft: &Draft,
    context: &mut Context<'_>,
) -> Option<(IndexElement, Option<String>)> {
    let plain =
        |key| IndexElement { key, collation: None, opclass: None, order: Order::Asc, nulls: None };
    match arg {
        // A string where a column is expected is an expression.
        Arg::Value(Value { kind: ValueKind::Text(text), .. }) => {
            Some((plain(IndexKey::Expr(Expr::new(text))), None))
        }
        Arg::List(name, inner) => {
            let mut inner = inner.clone();
            let key = match name.text.as_str() {
                word @ ("expr" | "column" | "desc" | "asc") if !inner.is_empty() => {
                    let first = inner.remove(0);
                    match (word, &first) {
                        ("expr", Arg::Value(Value { kind: ValueKind::Text(text), .. })) => {
                            IndexKey::Expr(Expr::new(text))
                        }
                        _ => IndexKey::Column(draft.column(&first, context.mistakes)?),
                    }
                }
                ident => {
                    IndexKey::Column(draft.column_named(ident, &name.span, context.mistakes)?)
                }
            };
            let attribute =
                Attribute { name: name.clone(), body: super::super::ast::Body::List(inner) };
            let mut args = Args::new(&attribute, &[]);
            let mistakes = &mut *context.mistakes;
            let mut element = plain(key);
            let schema = args.text("collate_schema", mistakes);
            element.collation =
                args.text("collate", mistakes).map(|name| Collation(QName { schema, name }));
            element.opclass = args.text("opclass", mistakes);
            if args.flag("desc", mistakes) || name.text == "desc" {
                element.order = Order::Desc;
            }
            args.flag("asc", mistakes);
            let choices = [("first", Nulls::First), ("last", Nulls::Last)];
            let nulls = args.choice("nulls", &choices, mistakes);
            let own = match element.order {
                Order::Asc => Nulls::Last,
                Order::Desc => Nulls::First,
            };
            element.nulls = nulls.filter(|nulls| *nulls != own);
            let operator = args.text("with", mistakes);
            let postgres = ["opclass", "nulls", "collate_schema"];
            args.only_on(Dialect::Postgres, &postgres, context.dialect, mistakes);
            args.finish(mistakes);
            Some((element, operator))
        }
        other => Some((plain(IndexKey::Column(draft.column(other, context.mistakes)?)), None)),
    }
}
