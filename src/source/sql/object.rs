//! CREATE SEQUENCE, EXTENSION, COLLATION, STATISTICS and SCHEMA.

use super::mistake::{Mistake, Read};
use super::statement::Statement;
use crate::model::{
    CollationObject, ColumnRef, Extension, Model, QName, SchemaObject, Sequence, SequenceOptions,
    Statistics,
};

/// From `[UNLOGGED] SEQUENCE` on.
pub(super) fn sequence(s: &mut Statement) -> Read<Sequence> {
    let unlogged = s.c.eat("UNLOGGED");
    s.keyword("SEQUENCE")?;
    s.if_not_exists();
    let name = s.qname("the sequence's name")?;
    let mut sequence = Sequence {
        name,
        ty: "bigint".to_owned(),
        options: SequenceOptions::default(),
        owned_by: None,
        unlogged,
        comment: None,
    };
    while !s.c.is_done() {
        let options = &mut sequence.options;
        if s.c.eat("AS") {
            let words =
                ["INCREMENT", "MINVALUE", "NO", "MAXVALUE", "START", "CACHE", "CYCLE", "OWNED"];
            sequence.ty = crate::dialect::postgres::types::render(&s.data_type(&words)?);
        } else if s.c.eat("INCREMENT") {
            s.c.eat("BY");
            options.increment = Some(s.integer("a number")?);
        } else if s.c.eat("MINVALUE") {
            options.min = Some(s.integer("a number")?);
        } else if s.c.eat("MAXVALUE") {
            options.max = Some(s.integer("a number")?);
        } else if s.c.eat("START") {
            s.c.eat("WITH");
            options.start = Some(s.integer("a number")?);
        } else if s.c.eat("CACHE") {
            options.cache = Some(s.integer("a number")?);
        } else if s.c.eat("CYCLE") {
            options.cycle = true;
        } else if s.c.eat_words("NO CYCLE") {
            options.cycle = false;
        } else if s.c.eat_words("NO MINVALUE") {
            options.min = None;
        } else if s.c.eat_words("NO MAXVALUE") {
            options.max = None;
        } else if s.c.eat_words("OWNED BY") {
            sequence.owned_by = owner(s, &sequence.name)?;
        } else {
            return Err(Mistake::expected(s, "an option of a sequence"));
        }
    }
    sequence.options = sequence.options.normalised(&sequence.ty);
    Ok(sequence)
}

/// Behind `OWNED BY`: a column, or NONE.
pub(super) fn owner(s: &mut Statement, sequence: &QName) -> Read<Option<ColumnRef>> {
    let start = s.c.position();
    let Some(mut parts) = s.c.dotted() else { return Err(Mistake::expected(s, "table.column")) };
    if parts == ["none"] {
        return Ok(None);
    }
    let (column, table, schema) = (parts.pop(), parts.pop(), parts.pop());
    match (column, table) {
        (Some(column), Some(table)) => {
            let table = super::statement::in_schema(s.dialect(), schema, table);
            Ok(Some(ColumnRef { table, column }))
        }
        _ => Err(Mistake::new("syntax", format!("sequence {sequence} is owned by a column"))
            .at(start..s.c.last_end())
            .help("write OWNED BY table.column")),
    }
}

/// From behind `EXTENSION` on. `plpgsql` is in every database.
pub(super) fn extension(s: &mut Statement, _model: &Model) -> Read<Option<Extension>> {
    s.if_not_exists();
    let name = s.name("the extension's name")?;
    let mut extension = Extension { name, schema: None, version: None, comment: None };
    s.c.eat("WITH");
    while !s.c.is_done() {
        if s.c.eat("SCHEMA") {
            extension.schema = Some(s.name("a schema")?).filter(|schema| schema != "public");
        } else if s.c.eat("VERSION") {
            let version = s.c.string();
            extension.version = Some(match version {
                Some(version) => version,
                None => s.name("a version")?,
            });
        } else if !s.c.eat("CASCADE") {
            return Err(Mistake::expected(s, "SCHEMA, VERSION or CASCADE"));
        }
    }
    Ok(Some(extension).filter(|extension| extension.name != "plpgsql"))
}

/// From behind `COLLATION` on.
pub(super) fn collation(s: &mut Statement) -> Read<CollationObject> {
    s.if_not_exists();
    let name = s.qname("the collation's name")?;
    if s.c.is_word("FROM") {
        return Err(Mistake::new(
            "syntax",
            "a copied collation depends on the server it was made on",
        )
        .at(s.head())
        .help("write its provider and locale: (provider = icu, locale = 'de')"));
    }
    let definition = s.group("(provider = …, locale = …)")?.to_owned();
    s.end()?;
    Ok(CollationObject { name, definition, comment: None })
}

/// From behind `STATISTICS` on.
pub(super) fn statistics(s: &mut Statement) -> Read<Statistics> {
    s.if_not_exists();
    let start = s.c.position();
    let name = s.qname("the name of the statistics")?;
    if s.c.is_kind(crate::sql::lex::TokenKind::Open) {
        s.names("ndistinct, dependencies or mcv")?;
    }
    s.keyword("ON")?;
    s.c.until(|c| c.is_word("FROM"));
    s.keyword("FROM")?;
    let table = s.qname("a table")?;
    s.end()?;
    let definition = format!("CREATE STATISTICS {}", s.c.slice(start..s.c.text.len()));
    Ok(Statistics { name, table, definition, target: None, comment: None })
}

/// From behind `SCHEMA` on. The default schema is always there.
pub(super) fn schema(s: &mut Statement) -> Read<Option<SchemaObject>> {
    s.if_not_exists();
    let name = s.name("the schema's name")?;
    if s.c.eat("AUTHORIZATION") {
        s.name("a role")?;
    }
    if !s.c.is_done() {
        return Err(Mistake::new("syntax", "objects of a schema are declared one by one")
            .at(s.c.position()..s.c.text.len())
            .help(
                "end the statement behind the schema's name and write the objects as their own",
            ));
    }
    Ok(Some(SchemaObject { name, comment: None }).filter(|schema| schema.name != "public"))
}
