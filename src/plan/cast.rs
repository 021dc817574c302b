use super::{Conversion, Hazard, HazardKind};
use crate::model::{Column, ColumnValue, DataType, GeneratedKind, Model, QName, TypeName};

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
        // Money has casts from and to numeric, and from the integers.
        return match (a, b) {
            ("money", _) => b == "numeric",
            (_, "money") => !matches!(a, "real" | "double precision"),
            _ => true,
        };
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
        (true, false) if matches!(from.ty.name, TypeName::User(_)) => {
            Conversion::FirstElementThroughText
        }
        (true, false) => Conversion::FirstElement,
        _ if explicit(&from.ty, &to.ty) => Conversion::Cast,
        _ if through_integer(&from.ty, &to.ty) => Conversion::ThroughInteger,
        _ if through_numeric(&from.ty, &to.ty) => Conversion::ThroughNumeric,
        (true, true) => Conversion::ThroughTextArray,
        (false, false) => Conversion::ThroughText,
    })
}

/// Money and the other numbers know each other by numeric only.
fn through_numeric(from: &DataType, to: &DataType) -> bool {
    match (builtin(from), builtin(to)) {
        (Some("money"), Some(other)) | (Some(other), Some("money")) => NUMBERS.contains(&other),
        _ => false,
    }
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

/// Only `integer` and `boolean` have a cast between them.
fn through_integer(from: &DataType, to: &DataType) -> bool {
    let number = |name: &str| NUMBERS.contains(&name) && !matches!(name, "integer" | "money");
    match (builtin(from), builtin(to)) {
        (Some("boolean"), Some(other)) => number(other),
        (Some(other), Some("boolean")) => number(other),
        _ => false,
    }
}

/// False for two built-in types of which neither means anything as the other, so that the way by
/// text would fail on the first row. What is not known here may well work.
pub(super) fn is_sensible(from: &DataType, to: &DataType) -> bool {
    let element = |ty: &DataType| DataType { array: false, modifier: None, ..ty.clone() };
    let (from, to) = (element(from), element(to));
    let (Some(a), Some(b)) = (builtin(&from), builtin(&to)) else { return true };
    let (a, b) = (stem(a), stem(b));
    if a == b || is_text(&from) || is_text(&to) || through_integer(&from, &to) {
        return true;
    }
    let groups: [&[&str]; 8] = [
        NUMBERS,
        &["integer", "boolean"],
        &["timestamp without time zone", "timestamp with time zone", "date"],
        &["time without time zone", "time with time zone", "interval"],
        &["json", "jsonb"],
        &["bit", "bit varying", "integer", "bigint"],
        &["inet", "cidr"],
        &["macaddr", "macaddr8"],
    ];
    let known = |name: &str| {
        groups.iter().any(|group| group.contains(&name)) || matches!(name, "uuid" | "bytea")
    };
    let json = |name: &str| matches!(name, "json" | "jsonb");
    let scalar = |name: &str| NUMBERS.contains(&name) || name == "boolean";
    groups.iter().any(|group| group.contains(&a) && group.contains(&b))
        || (a.starts_with("timestamp") && b.starts_with("time "))
        || (json(a) && scalar(b))
        || (scalar(a) && a != "money" && json(b))
        || !known(a)
        || !known(b)
}

/// A type as SQL spells it, for messages.
pub(super) fn spelled(ty: &DataType) -> String {
    let mut out = match &ty.name {
        TypeName::Builtin(name) => name.clone(),
        TypeName::User(name) => name.to_string(),
    };
    if let Some(modifier) = &ty.modifier {
        out.push_str(&format!("({modifier})"));
    }
    if ty.array {
        out.push_str("[]");
    }
    out
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
pub(super) fn hazards(
    table: &QName,
    from: &Column,
    to: &Column,
    using: Option<&Conversion>,
) -> Vec<Hazard> {
    let mut out = Vec::new();
    let mut add = |kind, consequence: String| out.push(Hazard::new(kind, consequence));
    let column = &to.name;
    let told = matches!(using, Some(Conversion::Expr(_)));
    if !told && binary_coercible(&from.ty, &to.ty) {
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
    if using.is_some() || narrows(&from.ty, &to.ty) {
        add(
            HazardKind::MayFail,
            format!("fails where a value of {table}.{column} does not fit the new type"),
        );
    }
    if !told && loses(&from.ty, &to.ty) {
        add(
            HazardKind::DataLoss,
            format!("values of {table}.{column} lose what the new type cannot hold"),
        );
    }
    let zone = |ty: &DataType| builtin(ty).is_some_and(|name| name.ends_with("with time zone"));
    let stamp = |ty: &DataType| builtin(ty).is_some_and(|name| name.starts_with("timestamp"));
    let mut text = format!("clients that read {table}.{column} get another type");
    if !told && stamp(&from.ty) && stamp(&to.ty) && zone(&from.ty) != zone(&to.ty) {
        text.push_str(
            ", and its times are taken to be in the time zone of the session that runs this",
        );
    }
    if from.ty.name != to.ty.name || from.ty.array != to.ty.array || told {
        add(HazardKind::BreaksClients, text);
    }
    out
}

/// No rewrite and no scan: the bytes stay as they are (ALTER TABLE, notes).
fn binary_coercible(from: &DataType, to: &DataType) -> bool {
    if from == to {
        return true;
    }
    if from.array && to.array {
        // Elements that would be cut are looked at one by one.
        let element = |ty: &DataType| DataType { array: false, ..ty.clone() };
        return from.name == to.name
            && to.modifier.is_none()
            && binary_coercible(&element(from), &element(to));
    }
    if from.array || to.array {
        return false;
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
        ("xml", "text") | ("character", "bpchar") => true,
        ("xml", "character varying") | ("character varying", "bpchar") => to.modifier.is_none(),
        (a, b) if a == b && is_time(a) => match (width(from), width(to)) {
            (_, None) => true,
            (Some(old), Some(new)) => new >= old,
            (None, Some(new)) => new >= 6,
        },
        _ => false,
    }
}

/// Types whose modifier is the number of digits of a second.
fn is_time(name: &str) -> bool {
    name.starts_with("timestamp") || name.starts_with("time ") || name == "interval"
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
    let width = |ty: &DataType| ty.modifier.as_ref().and_then(|m| m.parse::<u64>().ok());
    let fewer = |a: Option<u64>, b: Option<u64>| b.is_some_and(|b| b < a.unwrap_or(6));
    let float = |name: &str| matches!(name, "real" | "double precision" | "numeric");
    let whole = |name: &str| matches!(name, "smallint" | "integer" | "bigint");
    (float(a) && whole(b))
        || (a == "double precision" && b == "real")
        || (a == "numeric" && matches!(b, "real" | "double precision"))
        || (a == "numeric" && b == "numeric" && precision(to).is_some())
        || (a.starts_with("timestamp") && (b == "date" || b.starts_with("time ")))
        || (matches!(a, "integer" | "bigint") && b == "real")
        || (a == "bigint" && b == "double precision")
        || (a == "interval" && b.starts_with("time "))
        || (a == "time with time zone" && b == "time without time zone")
        || (a == "inet" && b == "cidr")
        || (a == b && is_time(a) && fewer(width(from), width(to)))
}

/// Functions whose result a statement computes once (`pg_proc.provolatile` is not `v`).
const STABLE: &[&str] = &[
    "abs",
    "array",
    "array_fill",
    "btrim",
    "ceil",
    "chr",
    "coalesce",
    "concat",
    "concat_ws",
    "current_database",
    "current_schema",
    "current_setting",
    "date",
    "date_part",
    "date_trunc",
    "decode",
    "encode",
    "extract",
    "floor",
    "format",
    "greatest",
    "int4range",
    "int8range",
    "json_build_array",
    "json_build_object",
    "jsonb_build_array",
    "jsonb_build_object",
    "least",
    "length",
    "localtimestamp",
    "lower",
    "make_date",
    "make_interval",
    "make_time",
    "make_timestamp",
    "make_timestamptz",
    "md5",
    "now",
    "nullif",
    "numrange",
    "point",
    "regexp_replace",
    "repeat",
    "replace",
    "round",
    "row",
    "statement_timestamp",
    "substr",
    "substring",
    "timezone",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "to_tsvector",
    "transaction_timestamp",
    "trim",
    "tsrange",
    "tstzrange",
    "upper",
];

/// A value that may differ from row to row makes ADD COLUMN write the table anew. Functions that
/// are not known here are taken for the worst.
pub(super) fn is_volatile(value: &ColumnValue) -> bool {
    match value {
        ColumnValue::None => false,
        ColumnValue::Identity(_) => true,
        ColumnValue::Generated { kind, .. } => *kind == GeneratedKind::Stored,
        ColumnValue::Default(expr) => {
            calls(expr.as_str()).any(|name| !STABLE.contains(&name.to_lowercase().as_str()))
        }
    }
}

/// Words in front of an opening parenthesis that are neither strings nor types behind `::`.
fn calls(sql: &str) -> impl Iterator<Item = &str> {
    let mut out = Vec::new();
    let mut quoted = false;
    let mut start = None;
    let mut before = "";
    for (at, c) in sql.char_indices() {
        if c == '\'' {
            quoted = !quoted;
            start = None;
            continue;
        }
        if quoted {
            continue;
        }
        let inside = c.is_alphanumeric() || c == '_' || (c == ' ' && start.is_some());
        match (inside, start) {
            (true, None) => {
                start = Some(at);
                before = sql.get(..at).unwrap_or_default().trim_end();
            }
            (true, Some(_)) => {}
            (false, Some(from)) => {
                let word = sql.get(from..at).unwrap_or_default().trim();
                if c == '(' && !before.ends_with("::") {
                    out.extend(word.rsplit(' ').next().filter(|w| !w.is_empty()));
                }
                start = None;
            }
            (false, None) => {}
        }
    }
    out.into_iter()
}

#[cfg(test)]
mod tests {
    use super::calls;

    #[test]
    fn types_and_strings_call_nothing() {
        let found = |sql| calls(sql).collect::<Vec<_>>().join(" ");
        assert_eq!(found("'f(x)'::character varying(10)"), "");
        assert_eq!(found("nextval('s'::regclass)"), "nextval");
        assert_eq!(found("coalesce(app.secret(1), 2) + ('x')::numeric(3,1)"), "coalesce secret");
    }
}
