//! The scratch schemas: their names, what is in them, and names in texts led there and back.

use super::differing::Differing;
use crate::dialect::postgres::quote;
use crate::model::{Collation, DataType, Dialect, Expr, Model, ObjectId, QName, Table, TypeName};
use crate::sql::lex::{Token, TokenKind, tokens};
use crate::sql::names;
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct Scratch {
    /// Scratch schema by real schema (`None`: the default one, always there).
    schemas: BTreeMap<Option<String>, String>,
    /// Objects that are made in scratch rather than taken from the live database.
    members: BTreeSet<QName>,
}

/// Adds the types that are made of a copied type.
fn members_over(wanted: &Model, members: &mut BTreeSet<QName>) {
    let user = |ty: &DataType| match &ty.name {
        TypeName::User(name) => Some(name.clone()),
        TypeName::Builtin(_) => None,
    };
    let mut made_of: Vec<(&QName, Vec<QName>)> = Vec::new();
    for (name, composite) in &wanted.composites {
        made_of.push((name, composite.attributes.iter().filter_map(|a| user(&a.ty)).collect()));
    }
    made_of.extend(wanted.domains.iter().map(|(n, d)| (n, user(&d.base).into_iter().collect())));
    made_of.extend(wanted.ranges.iter().map(|(n, r)| (n, user(&r.subtype).into_iter().collect())));
    loop {
        let before = members.len();
        for (name, parts) in &made_of {
            if parts.iter().any(|part| members.contains(part)) {
                members.insert((*name).clone());
            }
        }
        if members.len() == before {
            return;
        }
    }
}

/// Adds the views and routines that name a copied object: read through the live ones, texts would
/// see the old version of what has changed below them.
fn members_between(wanted: &Model, members: &mut BTreeSet<QName>) {
    let texts = wanted.views.values().map(|view| (&view.name, &view.query));
    let texts = texts.chain(wanted.routines.values().map(|r| (&r.id.name, &r.definition)));
    let mut left: Vec<(&QName, BTreeSet<String>)> = texts
        .filter(|(name, _)| !members.contains(*name))
        .map(|(name, text)| (name, names::mentioned(text, Dialect::Postgres)))
        .collect();
    let mut known: BTreeSet<String> = members.iter().map(|member| member.name.clone()).collect();
    loop {
        let before = left.len();
        left.retain(|(name, mentions)| {
            let other = |word: &String| known.contains(word) && *word != name.name;
            if !mentions.iter().any(other) {
                return true;
            }
            members.insert((*name).clone());
            known.insert(name.name.clone());
            false
        });
        if left.len() == before {
            return;
        }
    }
}

impl Scratch {
    /// Decides what must be copied: what differs, and what is new or changed and may be what the
    /// differing texts refer to. The process number makes the names unique among sessions.
    pub(super) fn new(pid: i32, wanted: &Model, live: &Model, differing: &Differing) -> Self {
        let mut members: BTreeSet<QName> = differing.relations.clone();
        for table in wanted.tables.values() {
            if live.tables.get(&table.name).is_none_or(|other| !same_shape(table, other)) {
                members.insert(table.name.clone());
            }
        }
        for id in wanted.object_ids() {
            let name = match &id {
                ObjectId::Enum(name)
                | ObjectId::Composite(name)
                | ObjectId::Range(name)
                | ObjectId::Domain(name)
                | ObjectId::View(name)
                | ObjectId::Collation(name)
                | ObjectId::Statistics(name) => name,
                ObjectId::Routine(key) => &key.name,
                ObjectId::Sequence(name) if !live.sequences.contains_key(name) => name,
                _ => continue,
            };
            let changed = match &id {
                ObjectId::Enum(_) => {
                    wanted.enums.get(name).map(|e| &e.labels)
                        != live.enums.get(name).map(|e| &e.labels)
                }
                _ => !wanted.same_object(live, &id),
            };
            if changed || differing.objects.contains(&id) {
                members.insert(name.clone());
            }
        }
        members_over(wanted, &mut members);
        members_between(wanted, &mut members);
        let mut schemas = BTreeMap::new();
        let used = members.iter().map(|name| name.schema.clone()).chain([None]);
        for (number, schema) in used.collect::<BTreeSet<_>>().into_iter().enumerate() {
            schemas.insert(schema, format!("__dbkit_canonical_{pid}_{number}"));
        }
        Self { schemas, members }
    }

    pub(super) fn create_schemas(&self) -> String {
        self.schemas.values().map(|name| format!("CREATE SCHEMA {name};")).collect()
    }

    /// Scratch first, the real default schema after it.
    pub(super) fn search_path(&self) -> String {
        let first = self.schemas.get(&None).map(String::as_str).unwrap_or_default();
        format!("{first}, public")
    }

    pub(super) fn contains(&self, name: &QName) -> bool {
        self.members.contains(name)
    }

    /// The name under which the object is reached while in scratch.
    pub(super) fn name(&self, name: &QName) -> QName {
        match self.schemas.get(&name.schema) {
            Some(schema) if self.members.contains(name) => QName::new(Some(schema), &name.name),
            _ => name.clone(),
        }
    }

    pub(super) fn ty(&self, ty: &DataType) -> DataType {
        match &ty.name {
            TypeName::User(name) => {
                DataType { name: TypeName::User(self.name(name)), ..ty.clone() }
            }
            TypeName::Builtin(_) => ty.clone(),
        }
    }

    pub(super) fn collation(&self, collation: &Collation) -> Collation {
        Collation(self.name(&collation.0))
    }

    pub(super) fn expr(&self, expr: &Expr) -> Expr {
        Expr(self.text(&expr.0))
    }

    /// A text with each schema-qualified name of a copied object led to its copy, also inside
    /// string constants (`nextval('app.counter')`). Unqualified names find it by `search_path`.
    pub(super) fn text(&self, text: &str) -> String {
        let list: Vec<Token> = tokens(text, Dialect::Postgres).collect();
        let mut out = String::with_capacity(text.len());
        let mut after_dot = false;
        for (at, token) in list.iter().enumerate() {
            let written = token.text(text);
            let next = list.get(at + 1).zip(list.get(at + 2));
            let target = match (&token.kind, next) {
                (TokenKind::Word | TokenKind::QuotedName, Some((dot, object)))
                    if !after_dot && dot.kind == TokenKind::Dot && is_name(object) =>
                {
                    let schema = names::value(written, Dialect::Postgres);
                    let object = names::value(object.text(text), Dialect::Postgres);
                    self.scratch_of(&schema, &object)
                }
                _ => None,
            };
            match target {
                Some(scratch) => out.push_str(scratch),
                None if token.kind == TokenKind::Text && written.starts_with('\'') => {
                    out.push_str(&self.constant(written));
                }
                None => out.push_str(written),
            }
            after_dot = token.kind == TokenKind::Dot;
        }
        out
    }

    /// A string constant that is nothing but a qualified name of a copied object.
    fn constant(&self, written: &str) -> String {
        let value = names::string_value(written);
        let list: Vec<Token> = tokens(&value, Dialect::Postgres).collect();
        if let [schema, dot, object] = list.as_slice()
            && is_name(schema)
            && is_name(object)
            && dot.kind == TokenKind::Dot
        {
            let name = |token: &Token| names::value(token.text(&value), Dialect::Postgres);
            if let Some(scratch) = self.scratch_of(&name(schema), &name(object)) {
                return quote::literal(&format!("{scratch}.{}", object.text(&value)));
            }
        }
        written.to_owned()
    }

    fn scratch_of(&self, schema: &str, object: &str) -> Option<&str> {
        let schema = Some(schema.to_owned()).filter(|schema| schema != "public");
        let name = QName { schema, name: object.to_owned() };
        self.contains(&name).then(|| self.schemas.get(&name.schema).map(String::as_str)).flatten()
    }

    /// What the server printed, with the real names of the schemas again.
    pub(super) fn back(&self, text: &str) -> String {
        self.schemas.iter().fold(text.to_owned(), |text, (real, scratch)| {
            text.replace(scratch, &quote::ident(real.as_deref().unwrap_or("public")))
        })
    }

    pub(super) fn back_expr(&self, expr: &Expr) -> Expr {
        Expr(self.back(&expr.0))
    }

    pub(super) fn back_name(&self, name: &QName) -> QName {
        let real = self.schemas.iter().find(|(_, scratch)| Some(*scratch) == name.schema.as_ref());
        real.map_or_else(|| name.clone(), |(real, _)| QName::new(real.as_deref(), &name.name))
    }
}

fn is_name(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
}

/// Same columns of the same types: what refers to the one could refer to the other.
fn same_shape(a: &Table, b: &Table) -> bool {
    let shape = |table: &Table| {
        let columns = table.columns.iter();
        columns
            .map(|c| (c.name.clone(), c.ty.clone(), c.collation.clone()))
            .collect::<BTreeSet<_>>()
    };
    a.columns.len() == b.columns.len() && shape(a) == shape(b)
}
