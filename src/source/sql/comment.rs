//! COMMENT ON.

use super::mistake::{Mistake, Read};
use super::statement::{Statement, in_schema};
use super::{index, routine};
use crate::model::{Model, OnTable, QName, RoutineId};

/// From behind `COMMENT ON` on.
pub(super) fn read(s: &mut Statement, model: &mut Model) -> Read<()> {
    let kind = kind(s)?;
    match kind {
        "COLUMN" => return column(s, model),
        "CONSTRAINT" => return constraint(s, model),
        "TRIGGER" | "POLICY" | "RULE" => return on_table(s, model, kind),
        "FUNCTION" | "PROCEDURE" | "ROUTINE" | "AGGREGATE" => return of_routine(s, model, kind),
        _ => {}
    }
    let name = s.qname("a name")?;
    let place = place(model, kind, &name);
    match place {
        Some(place) => {
            *place = text(s)?;
            s.end()
        }
        None if kind == "SCHEMA" && name.name == "public" => {
            Err(Mistake::ignored("left out: the default schema always exists as it is"))
        }
        None => Err(Mistake::missing(&kind.to_lowercase(), &name)),
    }
}

fn kind(s: &mut Statement) -> Read<&'static str> {
    for kind in [
        "MATERIALIZED VIEW",
        "VIEW",
        "COLUMN",
        "CONSTRAINT",
        "TRIGGER",
        "POLICY",
        "RULE",
        "FUNCTION",
        "PROCEDURE",
        "ROUTINE",
        "AGGREGATE",
        "TYPE",
        "DOMAIN",
        "SEQUENCE",
        "EXTENSION",
        "SCHEMA",
        "COLLATION",
        "STATISTICS",
        "INDEX",
        "TABLE",
    ] {
        if s.c.eat_words(kind) {
            return Ok(kind);
        }
    }
    Err(Mistake::expected(s, "the kind of an object"))
}

/// `IS 'text'`, where NULL and the empty string mean none.
fn text(s: &mut Statement) -> Read<Option<String>> {
    s.keyword("IS")?;
    if s.c.eat("NULL") {
        return Ok(None);
    }
    Ok(Some(s.string("the comment in single quotes")?).filter(|text| !text.is_empty()))
}

fn place<'m>(model: &'m mut Model, kind: &str, name: &QName) -> Option<&'m mut Option<String>> {
    match kind {
        "VIEW" | "MATERIALIZED VIEW" => model.views.get_mut(name).map(|o| &mut o.comment),
        "TABLE" => model.tables.get_mut(name).map(|o| &mut o.comment),
        "DOMAIN" => model.domains.get_mut(name).map(|o| &mut o.comment),
        "SEQUENCE" => model.sequences.get_mut(name).map(|o| &mut o.comment),
        "EXTENSION" => model.extensions.get_mut(&name.name).map(|o| &mut o.comment),
        "SCHEMA" => model.schemas.get_mut(&name.name).map(|o| &mut o.comment),
        "COLLATION" => model.collations.get_mut(name).map(|o| &mut o.comment),
        "STATISTICS" => model.statistics.get_mut(name).map(|o| &mut o.comment),
        "INDEX" => index::find(model, name).map(|o| &mut o.comment),
        _ => {
            let Model { enums, composites, ranges, domains, .. } = model;
            let comment = enums.get_mut(name).map(|o| &mut o.comment);
            comment
                .or_else(|| composites.get_mut(name).map(|o| &mut o.comment))
                .or_else(|| ranges.get_mut(name).map(|o| &mut o.comment))
                .or_else(|| domains.get_mut(name).map(|o| &mut o.comment))
        }
    }
}

fn column(s: &mut Statement, model: &mut Model) -> Read<()> {
    let start = s.c.position();
    let Some(mut parts) = s.c.dotted() else { return Err(Mistake::expected(s, "table.column")) };
    let place = start..s.c.last_end();
    let (Some(column), Some(relation)) = (parts.pop(), parts.pop()) else {
        return Err(Mistake::new("syntax", "a column is named with its table").at(place));
    };
    let relation = in_schema(s.dialect(), parts.pop(), relation);
    let text = text(s)?;
    if let Some(view) = model.views.get_mut(&relation) {
        match text {
            Some(text) => view.column_comments.insert(column, text),
            None => view.column_comments.remove(&column),
        };
        return s.end();
    }
    let columns = model.tables.get_mut(&relation).map(|t| &mut t.columns);
    let target = match columns {
        Some(columns) => columns.iter_mut().find(|c| c.name == column).map(|c| &mut c.comment),
        None => model
            .composites
            .get_mut(&relation)
            .and_then(|c| c.attributes.iter_mut().find(|a| a.name == column))
            .map(|a| &mut a.comment),
    };
    *target
        .ok_or_else(|| Mistake::missing("column", format!("{relation}.{column}")).at(place))? =
        text;
    s.end()
}

fn constraint(s: &mut Statement, model: &mut Model) -> Read<()> {
    let name = s.name("a constraint")?;
    s.keyword("ON")?;
    let domain = s.c.eat("DOMAIN");
    let owner = s.qname("a table or domain")?;
    let text = text(s)?;
    let missing = || Mistake::missing("constraint", format!("{name} on {owner}"));
    let named = |candidate: &Option<String>| candidate.as_deref() == Some(name.as_str());
    let target = if domain {
        let domain = model.domains.get_mut(&owner).ok_or_else(missing)?;
        domain.checks.iter_mut().find(|c| named(&c.name)).map(|c| &mut c.comment)
    } else {
        let table = model.tables.get_mut(&owner).ok_or_else(missing)?;
        let key = table.primary_key.as_mut().filter(|c| named(&c.name)).map(|c| &mut c.comment);
        key.or_else(|| table.uniques.iter_mut().find(|c| named(&c.name)).map(|c| &mut c.comment))
            .or_else(|| table.checks.iter_mut().find(|c| named(&c.name)).map(|c| &mut c.comment))
            .or_else(|| {
                table.foreign_keys.iter_mut().find(|c| named(&c.name)).map(|c| &mut c.comment)
            })
            .or_else(|| {
                table.exclusions.iter_mut().find(|c| c.name == name).map(|c| &mut c.comment)
            })
    };
    *target.ok_or_else(missing)? = text;
    s.end()
}

fn on_table(s: &mut Statement, model: &mut Model, kind: &str) -> Read<()> {
    let name = s.name("a name")?;
    s.keyword("ON")?;
    let id = OnTable { table: s.qname("a table")?, name };
    let text = text(s)?;
    let target = match kind {
        "TRIGGER" => model.triggers.get_mut(&id).map(|o| &mut o.comment),
        "POLICY" => model.policies.get_mut(&id).map(|o| &mut o.comment),
        _ => model.rules.get_mut(&id).map(|o| &mut o.comment),
    };
    *target.ok_or_else(|| Mistake::missing(&kind.to_lowercase(), &id))? = text;
    s.end()
}

fn of_routine(s: &mut Statement, model: &mut Model, kind: &str) -> Read<()> {
    let name = s.qname("a routine")?;
    let id = match s.c.group() {
        Some(span) => {
            let arguments = routine::input_types(s.c.slice(span))?;
            RoutineId { name, arguments }
        }
        // Without arguments the name must be the only one of its kind.
        None => {
            let mut same = model.routines.keys().filter(|id| id.name == name);
            match (same.next().cloned(), same.next()) {
                (Some(id), None) => id,
                (Some(_), Some(_)) => {
                    let message = format!("there are several routines {name}");
                    return Err(Mistake::new("ambiguous", message).help("name the argument types"));
                }
                (None, _) => return Err(Mistake::missing(&kind.to_lowercase(), &name)),
            }
        }
    };
    let text = text(s)?;
    let target = model.routines.get_mut(&id).map(|o| &mut o.comment);
    *target.ok_or_else(|| Mistake::missing(&kind.to_lowercase(), &id))? = text;
    s.end()
}
