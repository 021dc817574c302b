//! The statements that make the scratch objects.

use super::differing::{Differing, Part};
use super::scratch::Scratch;
use crate::dialect::postgres::quote::{ident, idents, literal, qname};
use crate::dialect::postgres::{array_casts, objects, types};
use crate::model::{
    Column, ColumnValue, Dialect, Exclusion, GeneratedKind, Index, IndexElement, IndexKey, Model,
    Nulls, Object, ObjectId, ObjectKind, OnTable, Order, RoutineId, Table, ViewKind,
};

use crate::sql::names::mentioned;
use std::collections::BTreeSet;

/// A statement, and what to tell the user when it fails: nothing where it only prepares others.
pub(super) struct Step {
    pub sql: String,
    pub subject: Option<String>,
}

impl Step {
    fn support(sql: String) -> Self {
        Self { sql: without_semicolon(sql), subject: None }
    }

    fn for_text(sql: String, subject: String) -> Self {
        Self { sql: array_casts::keep(without_semicolon(sql)), subject: Some(subject) }
    }
}

fn without_semicolon(sql: String) -> String {
    sql.trim_end().trim_end_matches(';').to_owned()
}

/// All statements; dependencies first as far as kinds tell.
pub(super) fn steps(wanted: &Model, scratch: &Scratch, differing: &Differing) -> Vec<Step> {
    let mut out = Vec::new();
    for id in in_order(wanted, scratch) {
        if !matches!(id, ObjectId::Table(_)) {
            object(wanted, scratch, differing, &id, &mut out);
        }
        // Tables stand before views, routines and the rest in the order of kinds; columns first,
        // so that every table can be referred to.
        if let ObjectId::Table(name) = &id
            && scratch.contains(name)
            && let Some(table) = wanted.tables.get(name)
        {
            out.push(Step::support(create_table(table, scratch, differing)));
        }
    }
    for table in wanted.tables.values().filter(|t| scratch.contains(&t.name)) {
        keys(table, scratch, &mut out);
        parts(table, scratch, differing, &mut out);
    }
    out
}

/// All objects, each view and routine behind those it names: before its copy is made, a name would
/// lead to the live object. A routine's body is not read.
fn in_order(wanted: &Model, scratch: &Scratch) -> Vec<ObjectId> {
    let mut out = Vec::new();
    let mut left: Vec<(ObjectId, String, BTreeSet<String>)> = Vec::new();
    for id in wanted.object_ids() {
        let (name, text) = match &id {
            ObjectId::View(name) if scratch.contains(name) => {
                (name.name.clone(), wanted.views.get(name).map(|v| v.query.clone()))
            }
            ObjectId::Routine(key) if scratch.contains(&key.name) => {
                let signature =
                    wanted.routines.get(key).map(|r| format!("{} {}", r.arguments, r.result));
                (key.name.name.clone(), signature)
            }
            _ => {
                // Parts of views come behind all of them.
                out.push(id);
                continue;
            }
        };
        let names = mentioned(text.as_deref().unwrap_or_default(), Dialect::Postgres);
        left.push((id, name, names));
    }
    let at = out
        .iter()
        .rposition(|id| matches!(id, ObjectId::Table(_)) || id.kind() < ObjectKind::Table)
        .map_or(0, |at| at + 1);
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let waiting: BTreeSet<String> = left.iter().map(|(_, name, _)| name.clone()).collect();
        let free = |(_, own, names): &(ObjectId, String, BTreeSet<String>)| {
            !names.iter().any(|name| name != own && waiting.contains(name))
        };
        let next = left.iter().position(free).unwrap_or(0);
        ordered.push(left.remove(next).0);
    }
    out.splice(at..at, ordered);
    out
}

fn object(
    wanted: &Model,
    scratch: &Scratch,
    differing: &Differing,
    id: &ObjectId,
    out: &mut Vec<Step>,
) {
    let on_table = |on: &OnTable| OnTable { table: scratch.name(&on.table), name: on.name.clone() };
    let is_text = differing.objects.contains(id);
    let member = match id {
        ObjectId::Enum(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Domain(name)
        | ObjectId::View(name)
        | ObjectId::Collation(name)
        | ObjectId::Sequence(name) => scratch.contains(name),
        ObjectId::Routine(key) => scratch.contains(&key.name),
        ObjectId::Trigger(_)
        | ObjectId::Policy(_)
        | ObjectId::Rule(_)
        | ObjectId::Statistics(_) => is_text,
        _ => false,
    };
    let Some(mut object) = wanted.object(id).filter(|_| member) else { return };
    match &mut object {
        Object::Enum(e) => {
            let labels: Vec<String> = e.labels.iter().map(|l| literal(l)).collect();
            let name = qname(&scratch.name(&e.name));
            out.push(Step::support(format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", "))));
            return;
        }
        Object::Sequence(s) => {
            out.push(Step::support(format!("CREATE SEQUENCE {}", qname(&scratch.name(&s.name)))));
            return;
        }
        Object::Composite(c) => {
            c.name = scratch.name(&c.name);
            c.comment = None;
            for attribute in &mut c.attributes {
                attribute.ty = scratch.ty(&attribute.ty);
                attribute.comment = None;
            }
        }
        Object::Range(r) => {
            r.name = scratch.name(&r.name);
            r.subtype = scratch.ty(&r.subtype);
            r.comment = None;
        }
        Object::Domain(d) => {
            d.name = scratch.name(&d.name);
            d.base = scratch.ty(&d.base);
            d.default = d.default.as_ref().map(|e| scratch.expr(e));
            d.comment = None;
            for check in &mut d.checks {
                check.expr = scratch.expr(&check.expr);
                check.comment = None;
            }
        }
        Object::Collation(c) => {
            c.name = scratch.name(&c.name);
            c.comment = None;
        }
        Object::View(v) => {
            v.name = scratch.name(&v.name);
            v.query = scratch.text(&v.query);
            v.column_defaults.values_mut().for_each(|e| *e = scratch.expr(e));
            v.indexes.iter_mut().for_each(|index| in_scratch(index, scratch));
            v.comment = None;
            v.column_comments.clear();
            if v.kind == ViewKind::Materialized {
                v.query.push_str("\nWITH NO DATA");
            }
        }
        Object::Routine(r) => {
            r.id = RoutineId { name: scratch.name(&r.id.name), arguments: r.id.arguments.clone() };
            r.definition = scratch.text(&r.definition);
            r.comment = None;
        }
        Object::Trigger(t) => {
            t.id = on_table(&t.id);
            t.definition = scratch.text(&t.definition);
            t.enabled = Default::default();
            t.comment = None;
        }
        Object::Rule(r) => {
            r.id = on_table(&r.id);
            r.definition = scratch.text(&r.definition);
            r.enabled = Default::default();
            r.comment = None;
        }
        Object::Policy(p) => {
            p.id = on_table(&p.id);
            p.using = p.using.as_ref().map(|e| scratch.expr(e));
            p.with_check = p.with_check.as_ref().map(|e| scratch.expr(e));
            p.comment = None;
        }
        Object::Statistics(s) => {
            s.name = scratch.name(&s.name);
            s.table = scratch.name(&s.table);
            s.definition = scratch.text(&s.definition);
            s.target = None;
            s.comment = None;
        }
        Object::Schema(_) | Object::Extension(_) | Object::Table(_) => return,
    }
    let subject = is_text.then(|| id.to_string());
    let sql: Vec<String> = objects::create(&object).into_iter().map(without_semicolon).collect();
    out.push(Step { sql: array_casts::keep(sql.join("; ")), subject });
}

fn create_table(table: &Table, scratch: &Scratch, differing: &Differing) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .filter(|c| !differing.has(&table.name, &Part::Generated(c.name.clone())))
        .map(|c| column(c, scratch))
        .collect();
    let mut sql =
        format!("CREATE TABLE {} ({})", qname(&scratch.name(&table.name)), columns.join(", "));
    if let Some(key) = &table.partition_by {
        sql.push_str(&format!(" PARTITION BY {}", scratch.expr(key)));
    }
    sql
}

fn column(column: &Column, scratch: &Scratch) -> String {
    let mut sql = format!("{} {}", ident(&column.name), types::render(&scratch.ty(&column.ty)));
    if let Some(collation) = &column.collation {
        sql.push_str(&format!(" COLLATE {}", qname(&scratch.collation(collation).0)));
    }
    sql
}

/// Keys that queries may lean on: GROUP BY a primary key, ON CONFLICT.
fn keys(table: &Table, scratch: &Scratch, out: &mut Vec<Step>) {
    let name = qname(&scratch.name(&table.name));
    if let Some(key) = &table.primary_key {
        let columns = idents(&key.columns);
        out.push(Step::support(format!("ALTER TABLE {name} ADD PRIMARY KEY ({columns})")));
    }
    for unique in &table.uniques {
        let columns = idents(&unique.columns);
        out.push(Step::support(format!("ALTER TABLE {name} ADD UNIQUE ({columns})")));
    }
}

fn parts(table: &Table, scratch: &Scratch, differing: &Differing, out: &mut Vec<Step>) {
    let copy = qname(&scratch.name(&table.name));
    let of = &table.name;
    for column in &table.columns {
        let what = format!("column {of}.{}", column.name);
        match &column.value {
            ColumnValue::Default(expr)
                if differing.has(of, &Part::Default(column.name.clone())) =>
            {
                let expr = scratch.expr(expr);
                let name = ident(&column.name);
                out.push(Step::for_text(
                    format!("ALTER TABLE {copy} ALTER COLUMN {name} SET DEFAULT {expr}"),
                    format!("the default of {what}"),
                ));
            }
            ColumnValue::Generated { expr, kind }
                if differing.has(of, &Part::Generated(column.name.clone())) =>
            {
                let kind = if *kind == GeneratedKind::Stored { "STORED" } else { "VIRTUAL" };
                let sql = format!(
                    "ALTER TABLE {copy} ADD COLUMN {} GENERATED ALWAYS AS ({}) {kind}",
                    self::column(column, scratch),
                    scratch.expr(expr)
                );
                out.push(Step::for_text(sql, format!("the generated {what}")));
            }
            _ => {}
        }
    }
    for check in &table.checks {
        if let Some(name) = &check.name
            && differing.has(of, &Part::Check(name.clone()))
        {
            let expr = scratch.expr(&check.expr);
            out.push(Step::for_text(
                format!("ALTER TABLE {copy} ADD CONSTRAINT {} CHECK ({expr})", ident(name)),
                format!("check {name} of {of}"),
            ));
        }
    }
    for exclusion in &table.exclusions {
        if differing.has(of, &Part::Exclusion(exclusion.name.clone())) {
            let sql = add_exclusion(&copy, exclusion, scratch);
            out.push(Step::for_text(sql, format!("constraint {} of {of}", exclusion.name)));
        }
    }
    for index in &table.indexes {
        if differing.has(of, &Part::Index(index.name.clone())) {
            let sql = create_index(&copy, index, scratch);
            out.push(Step::for_text(sql, format!("index {} of {of}", index.name)));
        }
    }
    if let Some(partition) = &table.partition_of
        && differing.has(of, &Part::Bound)
    {
        let parent = qname(&scratch.name(&partition.parent));
        let bound = scratch.expr(&partition.bound);
        out.push(Step::for_text(
            format!("ALTER TABLE {parent} ATTACH PARTITION {copy} {bound}"),
            format!("the bound of partition {of}"),
        ));
    }
}

fn in_scratch(index: &mut Index, scratch: &Scratch) {
    for element in &mut index.elements {
        if let IndexKey::Expr(expr) = &mut element.key {
            *expr = scratch.expr(expr);
        }
    }
    index.predicate = index.predicate.as_ref().map(|e| scratch.expr(e));
    index.comment = None;
}

fn create_index(table: &str, index: &Index, scratch: &Scratch) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let elements: Vec<String> = index.elements.iter().map(|e| element(e, scratch)).collect();
    format!(
        "CREATE {unique}INDEX {} ON {table} USING {} ({}){}",
        ident(&index.name),
        ident(&index.method),
        elements.join(", "),
        condition(index, scratch)
    )
}

fn add_exclusion(table: &str, exclusion: &Exclusion, scratch: &Scratch) -> String {
    let pairs = exclusion.index.elements.iter().zip(&exclusion.operators);
    let elements: Vec<String> =
        pairs.map(|(e, operator)| format!("{} WITH {operator}", element(e, scratch))).collect();
    let condition = match &exclusion.index.predicate {
        Some(predicate) => format!(" WHERE ({})", scratch.expr(predicate)),
        None => String::new(),
    };
    format!(
        "ALTER TABLE {table} ADD CONSTRAINT {} EXCLUDE USING {} ({}){condition}",
        ident(&exclusion.name),
        ident(&exclusion.index.method),
        elements.join(", "),
    )
}

fn condition(index: &Index, scratch: &Scratch) -> String {
    match &index.predicate {
        Some(predicate) => format!(" WHERE {}", scratch.expr(predicate)),
        None => String::new(),
    }
}

fn element(element: &IndexElement, scratch: &Scratch) -> String {
    let mut sql = match &element.key {
        IndexKey::Column(name) => ident(name),
        IndexKey::Expr(expr) => format!("({})", scratch.expr(expr)),
    };
    if let Some(collation) = &element.collation {
        sql.push_str(&format!(" COLLATE {}", qname(&scratch.collation(collation).0)));
    }
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
