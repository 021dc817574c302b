//! Indexes and their elements.

use super::constraint::storage;
use super::layout::{Arg, Attribute};
use super::plan;
use super::table::TableWriter;
use crate::dialect::postgres::quote;
use crate::model::{Index, IndexElement, IndexKey, Nulls, Order, QName};

/// Words that mean something in the list of an index: a column called so must say it is one.
pub const INDEX_LISTS: &[&str] =
    &["columns", "expr", "column", "asc", "desc", "include", "with", "statistics"];

impl TableWriter<'_> {
    pub fn indexes(&mut self) {
        for index in &self.table.indexes {
            let mut args = Vec::new();
            if !plan::index_is_default(self.plan, self.table, index) {
                args.push(Arg::pair("name", Arg::text(&index.name)));
            }
            if index.unique {
                args.push(self.flag("unique"));
            }
            self.index_options(index, &mut args);
            if let Some(text) = &index.comment {
                args.push(Arg::pair("comment", Arg::text(text)));
            }
            let mut elements: Vec<Arg> =
                index.elements.iter().map(|element| self.element(element, None)).collect();
            let home = match (index.elements.as_slice(), elements.as_slice()) {
                ([IndexElement { key: IndexKey::Column(name), .. }], [Arg::Word(_)]) => {
                    self.position(name)
                }
                _ => None,
            };
            match home.and_then(|at| self.column_attributes.get_mut(at)) {
                Some(column) => column.push(Attribute::list("index", args)),
                None => {
                    elements.extend(args);
                    self.attributes.push(Attribute::list("index", elements));
                }
            }
        }
    }

    /// What an index has beside name, elements and comment.
    pub fn index_options(&self, index: &Index, args: &mut Vec<Arg>) {
        if index.method != "btree" {
            let plain = syn::parse_str::<syn::Ident>(&index.method).is_ok();
            let method = if plain { Arg::word(&index.method) } else { Arg::text(&index.method) };
            args.push(Arg::pair("method", method));
        }
        self.include(&index.include, args);
        if index.nulls_not_distinct {
            args.push(self.flag("nulls_not_distinct"));
        }
        if let Some(predicate) = &index.predicate {
            args.push(Arg::pair("where", Arg::text(predicate.as_str())));
        }
        storage(&index.options, index.tablespace.as_deref(), args);
        for (word, on) in
            [("only", index.only), ("invalid", index.invalid), ("clustered", index.clustered)]
        {
            if on {
                args.push(self.flag(word));
            }
        }
        if let Some(parent) = &index.attached_to {
            args.push(Arg::pair("attached_to", Arg::text(quote::qname(parent))));
        }
        if !index.statistics.is_empty() {
            let targets = index.statistics.iter().map(|(at, n)| Arg::text(format!("{at}={n}")));
            args.push(Arg::List("statistics".to_owned(), targets.collect()));
        }
    }

    /// One element: `a`, `a(desc)`, `expr("lower(a)", opclass = "text_pattern_ops")`.
    pub fn element(&self, element: &IndexElement, operator: Option<&str>) -> Arg {
        let mut args = Vec::new();
        if let Some(collation) = &element.collation {
            let QName { schema, name } = &collation.0;
            args.push(Arg::pair("collate", Arg::text(name)));
            if let Some(schema) = schema {
                args.push(Arg::pair("collate_schema", Arg::text(schema)));
            }
        }
        if let Some(opclass) = &element.opclass {
            args.push(Arg::pair("opclass", Arg::text(opclass)));
        }
        if element.order == Order::Desc {
            args.push(Arg::word("desc"));
        }
        match element.nulls {
            None => {}
            Some(Nulls::First) => args.push(Arg::pair("nulls", Arg::word("first"))),
            Some(Nulls::Last) => args.push(Arg::pair("nulls", Arg::word("last"))),
        }
        if let Some(operator) = operator {
            args.push(Arg::pair("with", Arg::text(operator)));
        }
        match &element.key {
            IndexKey::Expr(expr) => {
                args.insert(0, Arg::text(expr.as_str()));
                Arg::List("expr".to_owned(), args)
            }
            IndexKey::Column(name) => match self.column_arg(name) {
                column if args.is_empty() => column,
                Arg::Word(ident) if !INDEX_LISTS.contains(&ident.as_str()) => {
                    Arg::List(ident, args)
                }
                column => {
                    args.insert(0, column);
                    Arg::List("column".to_owned(), args)
                }
            },
        }
    }
}
