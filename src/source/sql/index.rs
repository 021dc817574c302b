//! CREATE INDEX on materialized views. Indexes of tables stand in schema.rs.

use super::clash;
use super::mistake::{Mistake, Read};
use super::statement::Statement;
use crate::model::{Expr, Index, IndexElement, IndexKey, Model, Nulls, Order, QName, ViewKind};
use crate::sql::lex::TokenKind;

/// From behind `CREATE` on.
pub(super) fn read(s: &mut Statement, model: &mut Model) -> Read<()> {
    s.keyword("CREATE")?;
    let unique = s.c.eat("UNIQUE");
    s.keyword("INDEX")?;
    s.c.eat("CONCURRENTLY");
    s.if_not_exists();
    let name = s.name("the index's name")?;
    s.keyword("ON")?;
    s.c.eat("ONLY");
    let relation = s.qname("a materialized view")?;
    let index = body(s, name, unique)?;
    let taken = clash::relation(model, &relation.sibling(&index.name));
    let Some(view) = model.views.get_mut(&relation).filter(|v| v.kind == ViewKind::Materialized)
    else {
        if model.tables.contains_key(&relation) {
            return Err(Mistake::new("table-in-sql-file", "indexes of tables belong in schema.rs")
                .at(s.head())
                .help(format!("write #[index(…)] on table {relation}")));
        }
        return Err(Mistake::missing("materialized view", &relation));
    };
    if view.indexes.iter().any(|i| i.name == index.name) {
        return Err(Mistake::new("duplicate", format!("index {} is declared twice", index.name))
            .at(s.head()));
    }
    if let Some(other) = taken {
        let message = format!("index {} has the name of {other}", index.name);
        return Err(Mistake::new("duplicate-name", message)
            .at(s.head())
            .help("give one of them another name"));
    }
    view.indexes.push(index);
    view.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

/// The index of a table or materialized view in that schema.
pub(super) fn find<'m>(model: &'m mut Model, name: &QName) -> Option<&'m mut Index> {
    let tables = model.tables.values_mut().map(|t| (&t.name.schema, &mut t.indexes));
    let views = model.views.values_mut().map(|v| (&v.name.schema, &mut v.indexes));
    tables
        .chain(views)
        .filter(|(schema, _)| **schema == name.schema)
        .flat_map(|(_, indexes)| indexes)
        .find(|index| index.name == name.name)
}

fn body(s: &mut Statement, name: String, unique: bool) -> Read<Index> {
    let method = if s.c.eat("USING") { s.name("an index method")? } else { "btree".to_owned() };
    let mut index = Index { unique, method, ..Index::new(name, Vec::new()) };
    s.kind(TokenKind::Open, "( with columns or expressions")?;
    loop {
        index.elements.push(element(s)?);
        if !s.c.eat_kind(TokenKind::Comma) {
            break;
        }
    }
    s.kind(TokenKind::Close, ")")?;
    while !s.c.is_done() {
        if s.c.eat("INCLUDE") {
            index.include = s.names("a column")?;
        } else if s.c.eat_words("NULLS NOT DISTINCT") {
            index.nulls_not_distinct = true;
        } else if s.c.eat_words("NULLS DISTINCT") {
            index.nulls_not_distinct = false;
        } else if s.c.eat("WITH") {
            index.options = s.options()?;
        } else if s.c.eat("TABLESPACE") {
            index.tablespace = Some(s.name("a tablespace")?);
        } else if s.c.eat("WHERE") {
            index.predicate = Some(Expr::new(s.rest()));
        } else {
            return Err(Mistake::expected(s, "INCLUDE, WITH, TABLESPACE or WHERE"));
        }
    }
    Ok(index)
}

fn element(s: &mut Statement) -> Read<IndexElement> {
    let key = key(s)?;
    let collation = if s.c.eat("COLLATE") { Some(s.collation()?) } else { None };
    let opclass = opclass(s)?;
    let order = if s.c.eat("DESC") {
        Order::Desc
    } else {
        s.c.eat("ASC");
        Order::Asc
    };
    let nulls = if s.c.eat_words("NULLS FIRST") {
        Some(Nulls::First)
    } else if s.c.eat_words("NULLS LAST") {
        Some(Nulls::Last)
    } else {
        None
    };
    let usual = if order == Order::Asc { Nulls::Last } else { Nulls::First };
    Ok(IndexElement { key, collation, opclass, order, nulls: nulls.filter(|n| *n != usual) })
}

/// A column, an expression in parentheses, or a function call.
fn key(s: &mut Statement) -> Read<IndexKey> {
    if s.c.is_kind(TokenKind::Open) {
        return Ok(IndexKey::Expr(Expr::new(s.group("an expression")?)));
    }
    let start = s.c.position();
    let mark = s.c.mark();
    if s.c.dotted().is_some() && s.c.is_kind(TokenKind::Open) {
        s.group("arguments")?;
        return Ok(IndexKey::Expr(Expr::new(s.c.slice(start..s.c.last_end()))));
    }
    s.c.rewind(mark);
    Ok(IndexKey::Column(s.name("a column")?))
}

fn opclass(s: &mut Statement) -> Read<Option<String>> {
    let ends = ["ASC", "DESC", "NULLS"].iter().any(|word| s.c.is_word(word));
    if ends || s.c.is_kind(TokenKind::Comma) || s.c.is_kind(TokenKind::Close) {
        return Ok(None);
    }
    let start = s.c.position();
    if s.c.dotted().is_none() {
        return Err(Mistake::expected(s, "an operator class"));
    }
    if s.c.is_kind(TokenKind::Open) {
        s.group("parameters")?;
    }
    Ok(Some(s.c.slice(start..s.c.last_end()).to_owned()))
}
