//! The table a person means.

use super::{InspectError, Overview, TableInfo};
use crate::model::{Dialect, QName};
use crate::sql::names;

/// The table or view of that name: exact, schema-qualified, quoted as in SQL, or in another
/// spelling when only one differs by case.
///
/// # Errors
/// [`InspectError::UnknownTable`], with the nearest name.
pub fn find<'o>(overview: &'o Overview, name: &str) -> Result<&'o TableInfo, InspectError> {
    let wanted = parse(name, overview.dialect);
    let plain = QName::bare(name);
    let exact =
        overview.tables.iter().find(|t| t.name == plain || wanted.as_ref() == Some(&t.name));
    if let Some(table) = exact {
        return Ok(table);
    }
    let same = |t: &&TableInfo| t.name.to_string().eq_ignore_ascii_case(name);
    let mut alike = overview.tables.iter().filter(same);
    if let (Some(table), None) = (alike.next(), alike.next()) {
        return Ok(table);
    }
    // The name without its schema is the likeliest mistake of all.
    let elsewhere = overview.tables.iter().find(|t| t.name.name == name);
    let known: Vec<String> = overview.tables.iter().map(|t| t.name.to_string()).collect();
    let nearest = elsewhere.map(|t| t.name.to_string()).or_else(|| {
        dbkit_syntax::nearest(name, known.iter().map(String::as_str)).map(str::to_owned)
    });
    Err(InspectError::UnknownTable { name: name.to_owned(), nearest })
}

/// `a`, `a.b`, `"A"."b"`; the default schema may be named.
fn parse(name: &str, dialect: Dialect) -> Option<QName> {
    let qualified = names::qualified(name, dialect);
    let default = match dialect {
        Dialect::Postgres => "public",
        Dialect::Sqlite => "main",
    };
    let (schema, name) = qualified.into_iter().max_by_key(|(schema, _)| schema.is_some())?;
    let schema = schema.filter(|schema| schema != default);
    Some(QName { schema, name })
}

/// The items of a list of names: commas part them, except inside double quotes.
#[must_use]
pub fn list(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        match items.last_mut() {
            Some(item) if c != ',' || quoted => item.push(c),
            _ => items.push(String::new()),
        }
    }
    items.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
}

/// The name between SQL's double quotes; without them as it is.
pub(super) fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{list, unquoted};

    #[test]
    fn quotes_keep_commas() {
        assert_eq!(list("a, b,-\"c,d\":desc,"), ["a", "b", "-\"c,d\":desc"]);
        assert_eq!(unquoted("\"a \"\"b\""), "a \"b");
        assert_eq!(unquoted("a\"b"), "a\"b");
    }
}
