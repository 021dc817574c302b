use super::{Dependency, Item, Strength};
use crate::model::{
    Column, ColumnValue, Expr, Index, IndexKey, Model, Object, ObjectId, QName, Routine, Table,
    TypeName,
};
use crate::sql::lex::{TokenKind, tokens};
use crate::sql::names::{mentioned, qualified};
use crate::sql::uses::{uses, without_argument_names};
use std::collections::{BTreeSet, HashMap};

/// What the parts of one model refer to.
pub(super) struct References<'a> {
    pub model: &'a Model,
    names: HashMap<&'a str, Vec<ObjectId>>,
}

/// The names a text mentions, and whether it says `*`.
pub(super) struct Mentions {
    pub names: BTreeSet<String>,
    /// Names with what stands in front of the dot before them.
    qualified: BTreeSet<(Option<String>, String)>,
    star: bool,
}

impl Mentions {
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name) || self.names.contains(&name.to_lowercase())
    }

    /// True when the text uses that column, or all columns.
    pub fn uses(&self, table: &QName, column: &str) -> bool {
        self.has(&table.name) && (self.star || self.has(column))
    }
}

impl<'a> References<'a> {
    pub fn new(model: &'a Model) -> Self {
        let mut names: HashMap<&str, Vec<ObjectId>> = HashMap::new();
        let mut add = |name: &'a str, id| names.entry(name).or_default().push(id);
        model.collations.keys().for_each(|n| add(&n.name, ObjectId::Collation(n.clone())));
        model.enums.keys().for_each(|n| add(&n.name, ObjectId::Enum(n.clone())));
        model.domains.keys().for_each(|n| add(&n.name, ObjectId::Domain(n.clone())));
        model.composites.keys().for_each(|n| add(&n.name, ObjectId::Composite(n.clone())));
        model.ranges.keys().for_each(|n| add(&n.name, ObjectId::Range(n.clone())));
        model.sequences.keys().for_each(|n| add(&n.name, ObjectId::Sequence(n.clone())));
        model.tables.keys().for_each(|n| add(&n.name, ObjectId::Table(n.clone())));
        model.views.keys().for_each(|n| add(&n.name, ObjectId::View(n.clone())));
        model.routines.keys().for_each(|n| add(&n.name.name, ObjectId::Routine(n.clone())));
        Self { model, names }
    }

    pub fn mentions(&self, text: &str) -> Mentions {
        let qualified = qualified(text, self.model.dialect);
        let names = qualified.iter().map(|(_, name)| name.clone()).collect();
        Mentions { names, qualified, star: text.contains('*') }
    }

    /// The objects of the model that a text mentions.
    pub fn objects_in(&self, mentions: &Mentions) -> Vec<ObjectId> {
        let mut out = BTreeSet::new();
        for (qualifier, name) in &mentions.qualified {
            let Some(ids) = self.names.get(name.as_str()) else { continue };
            let schema = qualifier.as_deref().filter(|schema| self.is_schema(schema));
            let of_schema = |id: &&ObjectId| match schema {
                Some("public") => id.schema().is_none(),
                Some(schema) => id.schema() == Some(schema),
                None => true,
            };
            out.extend(ids.iter().filter(of_schema).cloned());
        }
        out.into_iter().collect()
    }

    fn text(&self, text: &str, strength: Strength, columns: bool, out: &mut Vec<Dependency>) {
        self.text_of(text, strength, columns, false, out);
    }

    fn text_of(
        &self,
        text: &str,
        strength: Strength,
        columns: bool,
        bodies: bool,
        out: &mut Vec<Dependency>,
    ) {
        let mentions = self.mentions(text);
        let found = uses(text, bodies, &|name| self.is_schema(name));
        for id in self.objects_in(&mentions) {
            // A column or an output name that is called like a table says nothing about the table,
            // nor about a routine.
            let named = match &id {
                ObjectId::Table(name) | ObjectId::View(name) => {
                    found.relations.contains(&name.name)
                }
                ObjectId::Routine(name) => found.calls.contains(&name.name.name),
                _ => true,
            };
            if self.model.dialect == crate::model::Dialect::Postgres && !named {
                out.push(Dependency { item: Item::Object(id), strength: Strength::Wish });
                continue;
            }
            if let ObjectId::Table(name) = &id
                && columns
                && let Some(table) = self.model.tables.get(name)
            {
                for column in table.columns.iter().filter(|c| mentions.uses(name, &c.name)) {
                    out.push(Dependency { item: Item::column(name, &column.name), strength });
                }
            }
            out.push(Dependency { item: Item::Object(id), strength });
        }
    }

    fn is_schema(&self, name: &str) -> bool {
        name == "public" || self.model.schemas.contains_key(name)
    }

    /// Types and other objects that are named outright.
    fn names(&self, text: &str, out: &mut Vec<Dependency>) {
        for id in self.objects_in(&self.mentions(text)) {
            out.push(Dependency { item: Item::Object(id), strength: Strength::Mention });
        }
    }

    /// What an expression of a table refers to: objects it mentions, and the table's own columns.
    pub fn expr(&self, table: &QName, expr: &Expr) -> Vec<Dependency> {
        let mut out = Vec::new();
        let mentions = self.mentions(expr.as_str());
        let found = uses(expr.as_str(), false, &|name| self.is_schema(name));
        let queries = mentions.has("select");
        for id in self.objects_in(&mentions) {
            // Outside of queries an expression names a relation only as a type; a column or a text
            // that is spelled so is likelier.
            let strength = match &id {
                ObjectId::Table(name) if name == table => continue,
                ObjectId::Table(_) | ObjectId::View(_) if !queries => Strength::Wish,
                ObjectId::Routine(name) if !found.calls.contains(&name.name.name) => Strength::Wish,
                _ => Strength::Mention,
            };
            out.push(Dependency { item: Item::Object(id), strength });
        }
        if let Some(owner) = self.model.tables.get(table) {
            for column in owner.columns.iter().filter(|c| mentions.has(&c.name)) {
                let item = Item::column(table, &column.name);
                out.push(Dependency { item, strength: Strength::Mention });
            }
        }
        out
    }

    /// The objects a column's type and collation are.
    pub fn column_type(&self, column: &Column) -> Vec<Dependency> {
        let mut out = Vec::new();
        if let TypeName::User(name) = &column.ty.name {
            self.user_type(name, &mut out);
        }
        if let Some(collation) = &column.collation {
            must(&mut out, Item::Object(ObjectId::Collation(collation.0.clone())));
        }
        out
    }

    fn user_type(&self, name: &QName, out: &mut Vec<Dependency>) {
        for id in [
            ObjectId::Enum(name.clone()),
            ObjectId::Domain(name.clone()),
            ObjectId::Composite(name.clone()),
            ObjectId::Range(name.clone()),
            ObjectId::Table(name.clone()),
            ObjectId::View(name.clone()),
        ] {
            if self.model.contains(&id) {
                must(out, Item::Object(id));
            }
        }
        for range in self.model.ranges.values().filter(|r| r.multirange_name() == *name) {
            must(out, Item::Object(ObjectId::Range(range.name.clone())));
        }
    }

    /// What the column needs besides its table: type, collation, and what its value mentions.
    pub fn column(&self, table: &QName, column: &Column) -> Vec<Dependency> {
        let mut out = self.column_type(column);
        match &column.value {
            ColumnValue::Default(expr) => out.extend(self.default(table, expr)),
            ColumnValue::Generated { expr, .. } => {
                let own = Item::column(table, &column.name);
                out.extend(self.expr(table, expr).into_iter().filter(|d| d.item != own));
            }
            ColumnValue::None | ColumnValue::Identity(_) => {}
        }
        out
    }

    /// Objects a default mentions; a default cannot use columns.
    pub fn default(&self, table: &QName, expr: &Expr) -> Vec<Dependency> {
        let mut out = self.expr(table, expr);
        out.retain(|d| matches!(&d.item, Item::Object(id) if !matches!(id, ObjectId::Table(_))));
        out
    }

    /// The columns and objects of an index.
    pub fn index(&self, table: &QName, index: &Index) -> Vec<Dependency> {
        let mut out = Vec::new();
        for element in &index.elements {
            match &element.key {
                IndexKey::Column(name) => must(&mut out, Item::column(table, name)),
                IndexKey::Expr(expr) => out.extend(self.expr(table, expr)),
            }
            if let Some(collation) = &element.collation {
                must(&mut out, Item::Object(ObjectId::Collation(collation.0.clone())));
            }
        }
        for name in &index.include {
            must(&mut out, Item::column(table, name));
        }
        if let Some(predicate) = &index.predicate {
            out.extend(self.expr(table, predicate));
        }
        out
    }

    /// What an object other than a table refers to.
    pub fn object(&self, object: &Object) -> Vec<Dependency> {
        let mut out = Vec::new();
        match object {
            Object::Schema(_) | Object::Extension(_) | Object::Collation(_) | Object::Enum(_) => {}
            Object::Sequence(_) | Object::Table(_) => {}
            Object::Domain(domain) => {
                if let TypeName::User(name) = &domain.base.name {
                    self.user_type(name, &mut out);
                }
                for expr in domain.checks.iter().map(|c| &c.expr).chain(&domain.default) {
                    self.text(expr.as_str(), Strength::Mention, false, &mut out);
                }
                if let Some(collation) = &domain.collation {
                    must(&mut out, Item::Object(ObjectId::Collation(collation.0.clone())));
                }
            }
            Object::Composite(composite) => {
                for attribute in &composite.attributes {
                    if let TypeName::User(name) = &attribute.ty.name {
                        self.user_type(name, &mut out);
                    }
                    if let Some(collation) = &attribute.collation {
                        must(&mut out, Item::Object(ObjectId::Collation(collation.0.clone())));
                    }
                }
            }
            Object::Range(range) => {
                if let TypeName::User(name) = &range.subtype.name {
                    self.user_type(name, &mut out);
                }
                for text in range.canonical.iter().chain(&range.subtype_diff) {
                    self.names(text, &mut out);
                }
                if let Some(collation) = &range.collation {
                    must(&mut out, Item::Object(ObjectId::Collation(collation.0.clone())));
                }
            }
            Object::View(view) => {
                self.text(&view.query, Strength::Mention, true, &mut out);
                for expr in view.column_defaults.values() {
                    self.text(expr.as_str(), Strength::Mention, false, &mut out);
                }
            }
            Object::Routine(routine) => self.routine(routine, &mut out),
            Object::Trigger(trigger) => {
                self.text(&trigger.definition, Strength::Mention, true, &mut out);
                self.relation(&trigger.id.table, &mut out);
            }
            Object::Rule(rule) => {
                self.text(&rule.definition, Strength::Mention, true, &mut out);
                self.relation(&rule.id.table, &mut out);
            }
            Object::Policy(policy) => {
                for expr in policy.using.iter().chain(&policy.with_check) {
                    self.text(expr.as_str(), Strength::Mention, true, &mut out);
                    out.extend(self.expr(&policy.id.table, expr));
                }
                self.relation(&policy.id.table, &mut out);
            }
            Object::Statistics(statistics) => {
                self.text(&statistics.definition, Strength::Mention, true, &mut out);
                self.relation(&statistics.table, &mut out);
            }
        }
        let own = Item::Object(object.id());
        out.retain(|d| d.item != own);
        out
    }

    /// What the database knows that the object holds on to: bodies kept as strings are not known.
    pub fn held(&self, object: &Object) -> Vec<Dependency> {
        let mut out = self.object(object);
        for dependency in out.iter_mut().filter(|d| d.strength == Strength::Body) {
            dependency.strength = Strength::Wish;
        }
        out
    }

    /// The signature is checked by the database; the body only where it is SQL that the database
    /// keeps parsed, or `LANGUAGE sql`, which it reads once.
    fn routine(&self, routine: &Routine, out: &mut Vec<Dependency>) {
        self.names(&without_argument_names(&routine.arguments), out);
        self.names(&without_argument_names(&routine.result), out);
        if routine.kind == crate::model::RoutineKind::Aggregate {
            return self.names(after_name(&routine.definition), out);
        }
        let parsed = has_parsed_body(routine);
        let strength = if parsed {
            Strength::Mention
        } else if self.mentions(&routine.definition).has("sql") {
            Strength::Body
        } else {
            Strength::Wish
        };
        self.text_of(after_name(&routine.definition), strength, true, true, out);
    }

    fn relation(&self, name: &QName, out: &mut Vec<Dependency>) {
        let id = if self.model.views.contains_key(name) {
            ObjectId::View(name.clone())
        } else {
            ObjectId::Table(name.clone())
        };
        must(out, Item::Object(id));
    }

    /// Every column of the table, for a step that makes or ends it.
    pub fn table_items(table: &Table) -> Vec<Item> {
        let mut items = vec![Item::table(&table.name)];
        for column in &table.columns {
            items.push(Item::column(&table.name, &column.name));
            items.push(Item::default(&table.name, &column.name));
        }
        items
    }
}

/// The definition behind the routine's own name, which says nothing about what else is called so.
fn after_name(definition: &str) -> &str {
    tokens(definition, crate::model::Dialect::Postgres)
        .find(|token| token.kind == TokenKind::Open)
        .and_then(|open| definition.get(open.span.start..))
        .unwrap_or(definition)
}

/// `BEGIN ATOMIC …` or `RETURN …`: the database keeps the body as a tree with dependencies.
pub(super) fn has_parsed_body(routine: &Routine) -> bool {
    let words = mentioned(&routine.definition, crate::model::Dialect::Postgres);
    words.contains("atomic") || (words.contains("return") && !routine.definition.contains("AS "))
}

fn must(out: &mut Vec<Dependency>, item: Item) {
    out.push(Dependency { item, strength: Strength::Must });
}
