//! CREATE DOMAIN and CREATE TYPE.

use super::mistake::{Mistake, Read};
use super::statement::Statement;
use crate::model::{Attribute, Check, Composite, Domain, EnumType, Expr, Object, QName, RangeType};
use crate::sql::lex::TokenKind;

const DOMAIN_CLAUSES: &[&str] = &["COLLATE", "DEFAULT", "CONSTRAINT", "NOT", "NULL", "CHECK"];

/// From behind `DOMAIN` on.
pub(super) fn domain(s: &mut Statement) -> Read<Domain> {
    let name = s.qname("the domain's name")?;
    s.c.eat("AS");
    let base = s.data_type(DOMAIN_CLAUSES)?;
    let mut domain = Domain {
        name,
        base,
        not_null: false,
        default: None,
        collation: None,
        checks: Vec::new(),
        comment: None,
    };
    while !s.c.is_done() {
        if s.c.eat("COLLATE") {
            domain.collation = Some(s.collation()?);
        } else if s.c.eat("DEFAULT") {
            domain.default = Some(default(s)?);
        } else {
            constraint(s, &mut domain)?;
        }
    }
    domain.checks.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(domain)
}

pub(super) fn default(s: &mut Statement) -> Read<Expr> {
    let span = s.c.until(|c| {
        // `NOT NULL` ends the default, `NULL` alone is one.
        c.is_word("CONSTRAINT")
            || c.is_words("NOT NULL")
            || c.is_word("CHECK")
            || c.is_word("COLLATE")
    });
    if span.is_empty() {
        return Err(Mistake::expected(s, "an expression"));
    }
    Ok(Expr::new(s.c.slice(span)))
}

/// `[CONSTRAINT name] NOT NULL | NULL | CHECK (…) [NOT VALID]`.
pub(super) fn constraint(s: &mut Statement, domain: &mut Domain) -> Read<()> {
    let name = if s.c.eat("CONSTRAINT") { Some(s.name("a constraint's name")?) } else { None };
    if s.c.eat_words("NOT NULL") {
        domain.not_null = true;
        return Ok(());
    }
    if s.c.eat("NULL") {
        return Ok(());
    }
    s.keyword("CHECK")?;
    let expr = Expr::new(s.group("an expression in parentheses")?);
    let not_valid = s.c.eat_words("NOT VALID");
    let name = name.unwrap_or_else(|| free_name(domain));
    domain.checks.push(Check {
        name: Some(name),
        expr,
        not_valid,
        no_inherit: false,
        inherited: false,
        comment: None,
    });
    Ok(())
}

/// PostgreSQL's own choice for a nameless check of a domain.
fn free_name(domain: &Domain) -> String {
    // makeObjectName cuts the domain's name, never the suffix.
    let room = |suffix: &str| {
        let mut end = domain.name.name.len().min(62 - suffix.len());
        while !domain.name.name.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}_{suffix}", domain.name.name.get(..end).unwrap_or(""))
    };
    let taken = |name: &str| domain.checks.iter().any(|c| c.name.as_deref() == Some(name));
    let mut name = room("check");
    let mut number = 1;
    while taken(&name) {
        name = room(&format!("check{number}"));
        number += 1;
    }
    name
}

/// From behind `TYPE` on.
pub(super) fn create_type(s: &mut Statement) -> Read<Object> {
    let name = s.qname("the type's name")?;
    if !s.c.eat("AS") {
        let message = "only composite, range and enum types can be declared";
        return Err(Mistake::new("unknown-statement", message)
            .at(s.head())
            .help("create base types in a migration made with `dbkit generate --custom`"));
    }
    let object = if s.c.eat("ENUM") {
        Object::Enum(Box::new(EnumType { name, labels: labels(s)?, comment: None }))
    } else if s.c.eat("RANGE") {
        Object::Range(Box::new(range(s, name)?))
    } else {
        Object::Composite(Box::new(Composite { name, attributes: attributes(s)?, comment: None }))
    };
    s.end()?;
    Ok(object)
}

fn labels(s: &mut Statement) -> Read<Vec<String>> {
    let mut labels: Vec<String> = Vec::new();
    s.kind(TokenKind::Open, "(")?;
    while !s.c.is_kind(TokenKind::Close) {
        let start = s.c.position();
        let label = s.string("a label in single quotes")?;
        if labels.contains(&label) {
            return Err(Mistake::new(
                "duplicate-label",
                format!("the label '{label}' stands twice"),
            )
            .at(start..s.c.last_end()));
        }
        labels.push(label);
        if !s.c.eat_kind(TokenKind::Comma) {
            break;
        }
    }
    s.kind(TokenKind::Close, ")")?;
    Ok(labels)
}

fn attributes(s: &mut Statement) -> Read<Vec<Attribute>> {
    let mut attributes: Vec<Attribute> = Vec::new();
    s.kind(TokenKind::Open, "( with attributes, ENUM or RANGE")?;
    while !s.c.is_kind(TokenKind::Close) {
        let start = s.c.position();
        let name = s.name("an attribute's name")?;
        if attributes.iter().any(|a| a.name == name) {
            return Err(Mistake::new("duplicate", format!("the attribute {name} stands twice"))
                .at(start..s.c.last_end()));
        }
        let ty = s.data_type(&["COLLATE"])?;
        let collation = if s.c.eat("COLLATE") { Some(s.collation()?) } else { None };
        attributes.push(Attribute { name, ty, collation, comment: None });
        if !s.c.eat_kind(TokenKind::Comma) {
            break;
        }
    }
    s.kind(TokenKind::Close, ")")?;
    Ok(attributes)
}

fn range(s: &mut Statement, name: QName) -> Read<RangeType> {
    s.kind(TokenKind::Open, "(")?;
    let (mut subtype, mut opclass, mut collation) = (None, None, None);
    let (mut canonical, mut subtype_diff, mut multirange) = (None, None, None);
    loop {
        let start = s.c.position();
        let key = s.name("subtype or another property of a range")?;
        if !s.c.eat_operator("=") {
            return Err(Mistake::expected(s, "="));
        }
        match key.as_str() {
            "subtype" => subtype = Some(s.data_type(&[])?),
            "subtype_opclass" => opclass = Some(s.option_value()?),
            "collation" => collation = Some(s.collation()?),
            "canonical" => canonical = Some(s.option_value()?),
            "subtype_diff" => subtype_diff = Some(s.option_value()?),
            "multirange_type_name" => multirange = Some(s.qname("the multirange's name")?),
            _ => {
                let message = format!("a range type has no property `{key}`");
                return Err(Mistake::new("syntax", message).at(start..start + key.len()));
            }
        }
        if !s.c.eat_kind(TokenKind::Comma) {
            break;
        }
    }
    s.kind(TokenKind::Close, ")")?;
    let Some(subtype) = subtype else {
        return Err(Mistake::new("syntax", "a range type needs `subtype = …`").at(s.head()));
    };
    let usual = RangeType::default_multirange(&name);
    let multirange = multirange
        .map(|m: QName| QName { schema: m.schema.or_else(|| name.schema.clone()), ..m })
        .filter(|m| *m != usual);
    Ok(RangeType {
        name,
        subtype,
        opclass,
        collation,
        canonical,
        subtype_diff,
        multirange,
        comment: None,
    })
}
