use super::{Conversion, Hazard, HazardKind};
use crate::model::{Column, ColumnValue, DataType, Model, QName, TypeName};

/// Built-in types that PostgreSQL casts into each other in an assignment (`pg_cast`, contexts
/// `a` and `i`), by group; every type can be assigned to a text type.
const NUMBERS: &[&str] =
    &["smallint", "integer", "bigint", "real", "double precision", "numeric", "money"];
const TEXTS: &[&str] = &["text", "character varying", "character", "\"char\"", "name", "bpchar"];

fn builtin(ty: &DataType) -> Option<&str> {
    match &ty.name {
        TypeName::Builtin(name) if !ty.array => Some(name),
        _ => None,
    }
}

fn is_text(ty: &DataType) -> bool {
    builtin(ty).is_some_and(|name| TEXTS.contains(&name))
}

/// True when ALTER COLUMN TYPE needs no USING.
fn assignable(model: &Model, from: &DataType, to: &DataType) -> bool {
    if from.array != to.array {
        return from.array && is_text(to);
    }
    if from.name == to.name {
        return true;
    }
    if from.array {
        let element = |ty: &DataType| DataType { array: false, ..ty.clone() };
        return assignable(model, &element(from), &element(to));
    }
    if let (TypeName::User(domain), _) = (&from.name, to)
        && let Some(domain) = model.domains.get(domain)
    {
        return assignable(model, &domain.base, to);
    }
    if is_text(to) {
        return true;
    }
    let (Some(a), Some(b)) = (builtin(from), builtin(to)) else { return false };
    let (a, b) = (stem(a), stem(b));
    let both = |group: &[&str]| group.contains(&a) && group.contains(&b);
    if both(NUMBERS) {
        // There is no cast between money and the floating types.
        return !((a == "money" && (b == "real" || b == "double precision"))
            || (b == "money" && (a == "real" || a == "double precision")));
    }
    both(&["timestamp without time zone", "timestamp with time zone", "date"])
        || (a.starts_with("timestamp") && b.starts_with("time "))
        || both(&["time without time zone", "time with time zone"])
        || (a == "time without time zone" && b == "interval")
        || (a == "interval" && b == "time without time zone")
        || both(&["json", "jsonb"])
        || both(&["bit", "bit varying"])
        || both(&["inet", "cidr"])
        || both(&["macaddr", "macaddr8"])
        || (a == "xml" && is_text(to))
}

/// `interval day to second` and `interval` are one type.
fn stem(name: &str) -> &str {
    if name.starts_with("interval") { "interval" } else { name }
}

/// The expression after USING, if one is needed. Types without any cast between them go by way of
/// text, as a person would write it.
pub(super) fn using(model: &Model, from: &Column, to: &Column) -> Option<Conversion> {
    if assignable(model, &from.ty, &to.ty) {
        return None;
    }
    Some(match (from.ty.array, to.ty.array) {
        (false, true) => Conversion::ToArray,
        (true, false) => Conversion::FirstElement,
        _ if explicit(&from.ty, &to.ty) => Conversion::Cast,
        (true, true) => Conversion::ThroughTextArray,
        (false, false) => Conversion::ThroughText,
    })
}

/// True when `::` reaches the type in one step.
fn explicit(from: &DataType, to: &DataType) -> bool {
    if is_text(from) {
        return true;
    }
    if from.array {
        let element = |ty: &DataType| DataType { array: false, ..ty.clone() };
        return explicit(&element(from), &element(to));
    }
    matches!(
        (builtin(from), builtin(to)),
        (Some("integer"), Some("boolean" | "bit"))
            | (Some("boolean"), Some("integer"))
            | (Some("bigint"), Some("bit"))
            | (Some("bit"), Some("integer" | "bigint"))
            | (
                Some("jsonb"),
                Some(
                    "boolean"
                        | "smallint"
                        | "integer"
                        | "bigint"
                        | "real"
                        | "double precision"
                        | "numeric"
                )
            )
    )
}

/// True when the default must be taken away before the type changes, because PostgreSQL casts a
/// default only by assignment, and what the server prints for it changes.
pub(super) fn default_blocks(from: &DataType, to: &DataType) -> bool {
    if from.name == to.name && from.array == to.array {
        return false;
    }
    let numbers = |ty: &DataType| builtin(ty).is_some_and(|name| NUMBERS.contains(&name));
    !((numbers(from) && numbers(to)) || (is_text(from) && is_text(to)))
}

/// What a change of type does to rows and clients. What is not known to be harmless is taken for
/// the worst.
pub(super) fn hazards(table: &QName, from: &Column, to: &Column, using: bool) -> Vec<Hazard> {
    let mut out = Vec::new();
    let mut add = |kind, consequence: String| out.push(Hazard::new(kind, consequence));
    let column = &to.name;
    if binary_coercible(&from.ty, &to.ty) {
        if from.collation != to.collation {
            add(
                HazardKind::BlocksTraffic,
                format!(
                    "builds the indexes on {table}.{column} anew while readers and writers wait"
                ),
            );
        }
        return out;
    }
    add(HazardKind::TableRewrite, format!("writes {table} anew while readers and writers wait"));
    if using || narrows(&from.ty, &to.ty) {
        add(
            HazardKind::MayFail,
            format!("fails where a value of {table}.{column} does not fit the new type"),
        );
    }
    if loses(&from.ty, &to.ty) {
        add(
            HazardKind::DataLoss,
            format!("values of {table}.{column} lose what the new type cannot hold"),
        );
    }
    add(HazardKind::BreaksClients, format!("clients that read {table}.{column} get another type"));
    out
}

/// No rewrite and no scan: the bytes stay as they are (ALTER TABLE, notes).
fn binary_coercible(from: &DataType, to: &DataType) -> bool {
    if from.array || to.array {
        return from == to;
    }
    if from == to {
        return true;
    }
    let (Some(a), Some(b)) = (builtin(from), builtin(to)) else { return false };
    let width = |ty: &DataType| ty.modifier.as_ref().and_then(|m| m.parse::<u64>().ok());
    match (a, b) {
        ("character varying" | "text", "text") => true,
        ("text", "character varying") => to.modifier.is_none(),
        ("character varying", "character varying") | ("bit varying", "bit varying") => {
            match (width(from), width(to)) {
                (_, None) => true,
                (Some(old), Some(new)) => new >= old,
                (None, Some(_)) => false,
            }
        }
        ("numeric", "numeric") => match (precision(from), precision(to)) {
            (_, None) => true,
            (Some((p, s)), Some((q, t))) => s == t && q >= p,
            (None, Some(_)) => false,
        },
        ("cidr", "inet") => true,
        _ => false,
    }
}

fn precision(ty: &DataType) -> Option<(u64, i64)> {
    let modifier = ty.modifier.as_ref()?;
    let mut parts = modifier.split(',').map(str::trim);
    let p = parts.next()?.parse().ok()?;
    Some((p, parts.next().and_then(|s| s.parse().ok()).unwrap_or(0)))
}

fn narrows(from: &DataType, to: &DataType) -> bool {
    let rank = |ty: &DataType| builtin(ty).and_then(|n| NUMBERS.iter().position(|g| *g == n));
    match (rank(from), rank(to)) {
        (Some(a), Some(b)) => b < a || to.modifier.is_some(),
        _ => to.modifier.is_some(),
    }
}

/// Casts that round, cut or forget without an error.
fn loses(from: &DataType, to: &DataType) -> bool {
    let (Some(a), Some(b)) = (builtin(from), builtin(to)) else {
        return from.array && !to.array;
    };
    let float = |name: &str| matches!(name, "real" | "double precision" | "numeric");
    let whole = |name: &str| matches!(name, "smallint" | "integer" | "bigint");
    (float(a) && whole(b))
        || (a == "double precision" && b == "real")
        || (a == "numeric" && matches!(b, "real" | "double precision"))
        || (a == "numeric" && b == "numeric" && precision(to).is_some())
        || (a.starts_with("timestamp") && (b == "date" || b.starts_with("time ")))
        || (a == "json" && b == "jsonb")
}

/// A default that may differ from row to row makes ADD COLUMN write the table anew.
pub(super) fn is_volatile(value: &ColumnValue) -> bool {
    match value {
        ColumnValue::None => false,
        ColumnValue::Identity(_) | ColumnValue::Generated { .. } => true,
        ColumnValue::Default(expr) => {
            let text = expr.as_str().to_lowercase();
            let stable = ["now()", "current_timestamp", "current_date", "localtimestamp"];
            text.contains('(') && !stable.iter().any(|s| text.starts_with(s))
        }
    }
}
