//! Types: the names of all of them, and the user's enums, domains, composites and ranges.

use super::catalog::{Catalog, TypeFact, class};
use super::row::rows;
use crate::database::postgres::libpq::PgResult;
use crate::model::{
    Check, Collation, Composite, DataType, Domain, EnumType, Expr, QName, RangeType, TypeName,
};

pub(super) fn types_sql(_: i32) -> String {
    "SELECT oid, typname, typnamespace, typtype, typcollation, typstorage, typbasetype, typarray \
     FROM pg_type"
        .to_owned()
}

pub(super) fn types(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let oid = row.number(0);
        let fact = TypeFact {
            name: row.owned(1),
            schema: row.number(2),
            kind: row.code(3),
            collation: row.number(4),
            storage: row.code(5),
            base: row.number(6),
        };
        catalog.types.insert(oid, fact);
        match row.number(7) {
            0 => {}
            array => {
                catalog.elements.insert(array, oid);
            }
        }
    }
}

impl Catalog {
    /// The type of a column. `printed` is what `format_type` says, needed only where an
    /// extension's type reads its modifier itself.
    pub(super) fn data_type(&self, oid: u32, modifier: i32, printed: Option<&str>) -> DataType {
        let element = self.elements.get(&oid).copied();
        let oid = element.unwrap_or(oid);
        let array = element.is_some();
        let Some(fact) = self.types.get(&oid) else {
            return DataType { array, ..DataType::builtin("unknown") };
        };
        if self.schemas.get(&fact.schema).is_none_or(|schema| schema != "pg_catalog") {
            let modifier = printed.and_then(printed_modifier).map(str::to_owned);
            let name = TypeName::User(self.qname(fact.schema, &fact.name));
            return DataType { name, modifier, array };
        }
        let (name, modifier) = builtin(&fact.name, modifier);
        DataType { name: TypeName::Builtin(name), modifier, array }
    }

    /// A type as `format_type` without a modifier spells it.
    pub(super) fn type_text(&self, oid: u32) -> String {
        let element = self.elements.get(&oid).copied();
        let brackets = if element.is_some() { "[]" } else { "" };
        let Some(fact) = self.types.get(&element.unwrap_or(oid)) else { return oid.to_string() };
        let name = if self.schemas.get(&fact.schema).is_some_and(|s| s == "pg_catalog") {
            match fact.name.as_str() {
                // Without a modifier at all the type is shown under its SQL name.
                "bpchar" => "character".to_owned(),
                "bit" => "bit".to_owned(),
                name => builtin(name, -1).0,
            }
        } else {
            crate::dialect::postgres::types::user(&self.qname(fact.schema, &fact.name))
        };
        name + brackets
    }

    /// The type under all domains.
    pub(super) fn base_type(&self, mut oid: u32) -> u32 {
        while let Some(fact) = self.types.get(&oid).filter(|f| f.kind == b'd' && f.base != oid) {
            oid = fact.base;
        }
        oid
    }
}

/// What stands in the last parentheses: `vector(3)`, `geometry(Point,4326)[]`.
fn printed_modifier(text: &str) -> Option<&str> {
    let text = text.strip_suffix("[]").unwrap_or(text).strip_suffix(')')?;
    text.rsplit_once('(').map(|(_, modifier)| modifier)
}

/// A type of `pg_catalog` and its modifier as `format_type` prints them (format_type.c and the
/// types' own `typmodout` functions).
fn builtin(name: &str, modifier: i32) -> (String, Option<String>) {
    let number = |value: i32| (modifier >= 0).then(|| value.to_string());
    let (name, modifier) = match name {
        "bool" => ("boolean", None),
        "int2" => ("smallint", None),
        "int4" => ("integer", None),
        "int8" => ("bigint", None),
        "float4" => ("real", None),
        "float8" => ("double precision", None),
        "varchar" => ("character varying", number(modifier - 4)),
        "bpchar" if modifier >= 0 => ("character", number(modifier - 4)),
        "bit" if modifier >= 0 => ("bit", number(modifier)),
        // The type without a limit, as the server keeps it where no one wrote `bit`.
        "bit" => ("bit", None),
        "char" => ("\"char\"", None),
        "varbit" => ("bit varying", number(modifier)),
        "numeric" => {
            let packed = modifier - 4;
            // The scale is a signed number of 11 bits.
            let scale = ((packed & 0x7ff) ^ 0x400) - 0x400;
            let precision = (packed >> 16) & 0xffff;
            ("numeric", (modifier >= 0).then(|| format!("{precision},{scale}")))
        }
        "time" => ("time without time zone", number(modifier)),
        "timetz" => ("time with time zone", number(modifier)),
        "timestamp" => ("timestamp without time zone", number(modifier)),
        "timestamptz" => ("timestamp with time zone", number(modifier)),
        "interval" => {
            let precision = modifier & 0xffff;
            let text = (modifier >= 0 && precision != 0xffff).then(|| precision.to_string());
            return (interval_name(modifier), text);
        }
        other => (other, None),
    };
    (name.to_owned(), modifier)
}

/// The fields of an interval are bits of its modifier (utils/timestamp.h, INTERVAL_MASK).
fn interval_name(modifier: i32) -> String {
    const MONTH: i32 = 1 << 1;
    const YEAR: i32 = 1 << 2;
    const DAY: i32 = 1 << 3;
    const HOUR: i32 = 1 << 10;
    const MINUTE: i32 = 1 << 11;
    const SECOND: i32 = 1 << 12;
    if modifier < 0 {
        return "interval".to_owned();
    }
    let fields = (modifier >> 16) & 0x7fff;
    let words = [
        (YEAR, " year"),
        (MONTH, " month"),
        (DAY, " day"),
        (HOUR, " hour"),
        (MINUTE, " minute"),
        (SECOND, " second"),
        (YEAR | MONTH, " year to month"),
        (DAY | HOUR, " day to hour"),
        (DAY | HOUR | MINUTE, " day to minute"),
        (DAY | HOUR | MINUTE | SECOND, " day to second"),
        (HOUR | MINUTE, " hour to minute"),
        (HOUR | MINUTE | SECOND, " hour to second"),
        (MINUTE | SECOND, " minute to second"),
    ];
    let words = words.iter().find(|(mask, _)| *mask == fields).map_or("", |(_, words)| words);
    format!("interval{words}")
}

pub(super) fn enums_sql(_: i32) -> String {
    "SELECT t.oid, e.enumlabel FROM pg_type t LEFT JOIN pg_enum e ON e.enumtypid = t.oid \
     WHERE t.typtype = 'e' AND t.oid >= 16384 ORDER BY t.oid, e.enumsortorder"
        .to_owned()
}

pub(super) fn enums(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let Some((oid, name)) = managed_type(catalog, row.number(0)) else { continue };
        let comment = catalog.comment(class::TYPE, oid);
        let object = catalog.model.enums.entry(name.clone()).or_insert_with(|| EnumType {
            name,
            labels: Vec::new(),
            comment,
        });
        object.labels.extend(row.opt(1).map(str::to_owned));
    }
}

pub(super) fn domains_sql(_: i32) -> String {
    "SELECT t.oid, t.typbasetype, t.typtypmod, \
       CASE WHEN t.typtypmod >= 0 THEN format_type(t.typbasetype, t.typtypmod) END, \
       t.typnotnull, pg_get_expr(t.typdefaultbin, 0), t.typcollation, \
       k.oid, k.conname, pg_get_expr(k.conbin, 0), k.convalidated \
     FROM pg_type t LEFT JOIN pg_constraint k ON k.contypid = t.oid AND k.contype = 'c' \
     WHERE t.typtype = 'd' AND t.oid >= 16384 ORDER BY t.oid, k.conname COLLATE \"C\""
        .to_owned()
}

pub(super) fn domains(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let Some((oid, name)) = managed_type(catalog, row.number(0)) else { continue };
        let base = row.number(1);
        if !catalog.model.domains.contains_key(&name) {
            let usual = catalog.types.get(&base).map_or(0, |t| t.collation);
            let domain = Domain {
                name: name.clone(),
                base: catalog.data_type(base, row.number(2), row.opt(3)),
                not_null: row.flag(4),
                default: row.opt(5).map(Expr::new),
                collation: catalog.collation_unless(row.number(6), usual),
                checks: Vec::new(),
                comment: catalog.comment(class::TYPE, oid),
            };
            catalog.model.domains.insert(name.clone(), domain);
        }
        let Some(constraint) = row.opt_number(7) else { continue };
        let comment = catalog.comment(class::CONSTRAINT, constraint);
        if let Some(domain) = catalog.model.domains.get_mut(&name) {
            domain.checks.push(Check {
                name: row.opt(8).map(str::to_owned),
                expr: Expr::new(row.text(9)),
                not_valid: !row.flag(10),
                no_inherit: false,
                inherited: false,
                comment,
            });
        }
    }
}

pub(super) fn ranges_sql(version: i32) -> String {
    let multirange = if version >= 140_000 { "m.typname, m.typnamespace" } else { "NULL, NULL" };
    let join =
        if version >= 140_000 { "LEFT JOIN pg_type m ON m.oid = r.rngmultitypid" } else { "" };
    format!(
        "SELECT r.rngtypid, r.rngsubtype, r.rngsubopc, r.rngcollation, \
           nullif(r.rngcanonical::text, '-'), nullif(r.rngsubdiff::text, '-'), {multirange} \
         FROM pg_range r {join} WHERE r.rngtypid >= 16384"
    )
}

pub(super) fn ranges(catalog: &mut Catalog, result: &PgResult) {
    for row in rows(result) {
        let Some((oid, name)) = managed_type(catalog, row.number(0)) else { continue };
        let subtype: u32 = row.number(1);
        let opclass = catalog.opclass_unless_default(row.number(2), subtype);
        let usual = catalog.types.get(&subtype).map_or(0, |t| t.collation);
        let multirange = row
            .opt(6)
            .map(|multirange| catalog.qname(row.number(7), multirange))
            .filter(|multirange| *multirange != RangeType::default_multirange(&name));
        let range = RangeType {
            subtype: catalog.data_type(subtype, -1, None),
            opclass,
            collation: catalog.collation_unless(row.number(3), usual),
            canonical: row.opt(4).map(str::to_owned),
            subtype_diff: row.opt(5).map(str::to_owned),
            multirange,
            comment: catalog.comment(class::TYPE, oid),
            name: name.clone(),
        };
        catalog.model.ranges.insert(name, range);
    }
}

fn managed_type(catalog: &Catalog, oid: u32) -> Option<(u32, QName)> {
    let fact = catalog.types.get(&oid)?;
    let managed = catalog.is_managed(class::TYPE, oid, fact.schema);
    managed.then(|| (oid, catalog.qname(fact.schema, &fact.name)))
}

/// Composite types, whose attributes came with the columns.
pub(super) fn add_composite(
    catalog: &mut Catalog,
    name: QName,
    attributes: Vec<crate::model::Attribute>,
    comment: Option<String>,
) {
    let composite = Composite { name: name.clone(), attributes, comment };
    catalog.model.composites.insert(name, composite);
}

/// For annotations of attributes: where the collation is not the type's own.
pub(super) fn attribute_collation(catalog: &Catalog, collation: u32, ty: u32) -> Option<Collation> {
    let usual = catalog.types.get(&ty).map_or(0, |t| t.collation);
    catalog.collation_unless(collation, usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_are_unpacked() {
        assert_eq!(builtin("numeric", (10 << 16 | 2) + 4).1.as_deref(), Some("10,2"));
        assert_eq!(builtin("numeric", (3 << 16 | (0x7ff & -2)) + 4).1.as_deref(), Some("3,-2"));
        assert_eq!(builtin("varchar", 40), ("character varying".into(), Some("36".into())));
        assert_eq!(builtin("bpchar", -1), ("bpchar".into(), None));
        assert_eq!(builtin("interval", 0x7fff_ffff), ("interval".into(), None));
        assert_eq!(builtin("interval", (4 << 16) | 0xffff), ("interval year".into(), None));
        assert_eq!(builtin("interval", (0x7fff << 16) | 3), ("interval".into(), Some("3".into())));
    }
}
