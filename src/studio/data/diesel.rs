//! The Diesel code that asks the same.

use super::cell::Cell;
use super::filter::{Comparison, Filter, Op};
use super::kind::Kind;
use super::rows::{Asked, Order};
use super::schema::{ColumnInfo, Table};

/// `comments::table.filter(…).order(…).limit(50).load::<Comment>(conn)?`
pub fn select(table: &Table, asked: &Asked, order: &[Order]) -> String {
    let module = module(table);
    let mut out = format!("{module}::table");
    if let Some(filter) = &asked.filter {
        out.push_str(&format!("\n    .filter({})", condition(filter, table)));
    }
    let order: Vec<String> = order
        .iter()
        .filter_map(|Order { column, desc }| {
            let column = column_path(table, column)?;
            Some(format!("{column}.{}()", if *desc { "desc" } else { "asc" }))
        })
        .collect();
    match order.as_slice() {
        [] => {}
        [one] => out.push_str(&format!("\n    .order({one})")),
        several => out.push_str(&format!("\n    .order(({}))", several.join(", "))),
    }
    if !asked.columns.is_empty() {
        let columns: Vec<String> =
            asked.columns.iter().filter_map(|name| column_path(table, name)).collect();
        let one = columns.len() == 1;
        let list = columns.join(", ");
        out.push_str(&if one {
            format!("\n    .select({list})")
        } else {
            format!("\n    .select(({list}))")
        });
    }
    out.push_str(&format!("\n    .limit({})\n    .load(connection)?", asked.limit));
    out
}

/// `comments::table.filter(…).count().get_result::<i64>(connection)?`
pub fn count(table: &Table, asked: &Asked) -> String {
    let filter = asked.filter.as_ref().map(|filter| condition(filter, table));
    counting(table, filter)
}

/// The same for rows whose columns hold those values.
pub fn count_of(table: &Table, columns: &[String], values: &[Cell]) -> String {
    counting(table, Some(holding(table, columns, values)))
}

fn counting(table: &Table, filter: Option<String>) -> String {
    let module = module(table);
    let filter = filter.map(|filter| format!("\n    .filter({filter})")).unwrap_or_default();
    format!("{module}::table{filter}\n    .count()\n    .get_result::<i64>(connection)?")
}

/// `comments::table.filter(comments::id.eq(1)).first(connection)?`
pub fn look_up(table: &Table, columns: &[String], values: &[Cell]) -> String {
    let module = module(table);
    let filter = holding(table, columns, values);
    format!("{module}::table\n    .filter({filter})\n    .first(connection)?")
}

fn holding(table: &Table, columns: &[String], values: &[Cell]) -> String {
    let part = |(name, cell): (&String, &Cell)| {
        let value = match cell {
            Cell::Null => None,
            Cell::Text(text) | Cell::Integer { int: text } | Cell::Real { real: text } => {
                Some(text.clone())
            }
            Cell::Blob { blob } => Some(format!("\\x{blob}")),
        };
        let comparison =
            Comparison { column: name.clone(), op: Op::Equal, value, values: Vec::new() };
        Filter::Column(comparison)
    };
    condition(&Filter::And { and: columns.iter().zip(values).map(part).collect() }, table)
}

pub fn module(table: &Table) -> &str {
    table.rust.rsplit("::").next().unwrap_or(&table.rust)
}

fn column_path(table: &Table, name: &str) -> Option<String> {
    let column = table.columns.iter().find(|column| column.name == name)?;
    Some(format!("{}::{}", module(table), column.rust))
}

fn condition(filter: &Filter, table: &Table) -> String {
    let join = |parts: &[Filter], word: &str, empty: &str| {
        let mut parts = parts.iter().map(|part| condition(part, table));
        let Some(first) = parts.next() else { return empty.to_owned() };
        parts.fold(first, |all, part| format!("{all}.{word}({part})"))
    };
    match filter {
        Filter::And { and } => join(and, "and", "true.into_sql::<Bool>()"),
        Filter::Or { or } => join(or, "or", "false.into_sql::<Bool>()"),
        Filter::Not { not } => format!("diesel::dsl::not({})", condition(not, table)),
        Filter::Column(comparison) => compare(comparison, table),
    }
}

fn compare(comparison: &Comparison, table: &Table) -> String {
    let Ok(column) = table.column(&comparison.column) else { return String::new() };
    let path = format!("{}::{}", module(table), column.rust);
    let text = comparison.value.as_deref();
    let value = || value(column, text.unwrap_or_default());
    let pattern = |pattern: String| format!("{path}.like({pattern:?})");
    match comparison.op {
        Op::IsNull => format!("{path}.is_null()"),
        Op::IsNotNull => format!("{path}.is_not_null()"),
        Op::Equal if text.is_none() => format!("{path}.is_null()"),
        Op::Unequal if text.is_none() => format!("{path}.is_not_null()"),
        Op::IsTrue => format!("{path}.eq(true)"),
        Op::IsFalse => format!("{path}.eq(false)"),
        Op::Equal => format!("{path}.eq({})", value()),
        Op::Unequal => format!("{path}.ne({})", value()),
        Op::Less => format!("{path}.lt({})", value()),
        Op::AtMost => format!("{path}.le({})", value()),
        Op::More => format!("{path}.gt({})", value()),
        Op::AtLeast => format!("{path}.ge({})", value()),
        Op::Between => {
            let values: Vec<String> =
                comparison.values.iter().map(|text| self::value(column, text)).collect();
            format!("{path}.between({})", values.join(", "))
        }
        Op::In => {
            let values: Vec<String> =
                comparison.values.iter().map(|text| self::value(column, text)).collect();
            format!("{path}.eq_any([{}])", values.join(", "))
        }
        Op::Contains => pattern(format!("%{}%", text.unwrap_or_default())).replace(".like", LIKE),
        Op::Starts => pattern(format!("{}%", text.unwrap_or_default())).replace(".like", LIKE),
        Op::Ends => pattern(format!("%{}", text.unwrap_or_default())).replace(".like", LIKE),
        Op::Like => pattern(text.unwrap_or_default().to_owned()),
        Op::HasKey => format!("{path}.has_key({:?})", text.unwrap_or_default()),
        Op::JsonContains => {
            format!("{path}.contains(serde_json::json!({}))", text.unwrap_or_default())
        }
        Op::ArrayContains => format!("{path}.contains(vec![{}])", value()),
        // Diesel has no operator for regular expressions.
        Op::Matches => format!(
            "sql::<Bool>({:?}).bind::<Text, _>({:?})",
            format!("{} ~ ", column.name),
            text.unwrap_or_default()
        ),
    }
}

const LIKE: &str = ".ilike";

/// The value as Rust writes it.
pub fn value(column: &ColumnInfo, text: &str) -> String {
    let number = |wanted: bool| wanted.then(|| text.trim().to_owned());
    let plain = match column.kind {
        Kind::Integer => number(text.trim().parse::<i64>().is_ok()),
        Kind::Number if matches!(column.diesel, Some("Float" | "Float4" | "Double" | "Float8")) => {
            let float = text.trim().parse::<f64>().ok().filter(|number| number.is_finite());
            float.map(|number| format!("{number:?}"))
        }
        Kind::Boolean => match text.trim() {
            "true" | "t" | "1" => Some("true".to_owned()),
            "false" | "f" | "0" => Some("false".to_owned()),
            _ => None,
        },
        Kind::Uuid => Some(format!("uuid::uuid!({text:?})")),
        Kind::Json => Some(format!("serde_json::json!({text})")),
        Kind::Date => Some(format!("{text:?}.parse::<chrono::NaiveDate>()?")),
        Kind::Time => Some(format!("{text:?}.parse::<chrono::NaiveTime>()?")),
        Kind::Timestamp if column.ty.ends_with("with time zone") => {
            Some(format!("{text:?}.parse::<chrono::DateTime<chrono::Utc>>()?"))
        }
        Kind::Timestamp => {
            Some(format!("{:?}.parse::<chrono::NaiveDateTime>()?", text.replacen(' ', "T", 1)))
        }
        Kind::Number => Some(format!("{text:?}.parse::<bigdecimal::BigDecimal>()?")),
        _ => None,
    };
    plain.unwrap_or_else(|| format!("{text:?}"))
}
