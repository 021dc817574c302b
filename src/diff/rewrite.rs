use crate::model::QName;

/// Puts `to` where the SQL text names the identifier `from`: bare words are compared folded to
/// lower case, quoted ones exactly; a string literal counts where it is cast to `regclass`.
/// Strings, comments and dollar-quoted bodies are left alone.
#[must_use]
pub fn replace_identifiers(sql: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((token, after)) = next_token(rest) {
        match token.chars().next() {
            Some('"') if inner(token, '"') == from => out.push_str(&spelled(to)),
            Some('\'') if after.starts_with("::regclass") => {
                let name = inner(token, '\'');
                if name == from || inner(&name, '"') == from {
                    out.push_str(&format!("'{}'", spelled(to).replace('\'', "''")));
                } else {
                    out.push_str(token);
                }
            }
            Some(c) if (c.is_alphabetic() || c == '_') && token.to_lowercase() == from => {
                out.push_str(&spelled(to));
            }
            _ => out.push_str(token),
        }
        rest = after;
    }
    out
}

/// Where a name counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Everywhere.
    Any,
    /// Behind `::` only: a column may be called like its type.
    Type,
}

/// Like [`replace_identifiers`] for an object's whole name: `app.mood` is not `mood`.
pub(super) fn replace_name(sql: &str, from: &QName, to: &QName, scope: Scope) -> String {
    let mut tokens: Vec<&str> = Vec::new();
    let mut rest = sql;
    while let Some((token, after)) = next_token(rest) {
        tokens.push(token);
        rest = after;
    }
    let word = |at: Option<usize>| at.and_then(|at| tokens.get(at)).and_then(|t| identifier(t));
    let is = |at: Option<usize>, text: &str| at.and_then(|at| tokens.get(at)) == Some(&text);
    let mut out: Vec<String> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if identifier(token).as_ref() != Some(&from.name) {
            out.push((*token).to_owned());
            continue;
        }
        let dot = is(at.checked_sub(1), ".");
        let schema = if dot { word(at.checked_sub(2)) } else { None };
        let start = if dot { at.saturating_sub(2) } else { at };
        let typed = is(start.checked_sub(1), ":") && is(start.checked_sub(2), ":");
        let same = match (&schema, &from.schema) {
            (None, None) => !dot,
            (Some(found), Some(wanted)) => found == wanted,
            (Some(found), None) => found == "public",
            // An alias: `app.users` is called `users` in its query.
            (None, Some(_)) => is(Some(at + 1), ".") && !dot,
        };
        if !same || (scope == Scope::Type && !typed) {
            out.push((*token).to_owned());
            continue;
        }
        let alias = schema.is_none() && from.schema.is_some();
        if schema.is_some() {
            out.truncate(out.len().saturating_sub(2));
        }
        match &to.schema {
            Some(schema) if !alias => {
                out.push(format!("{}.{}", spelled(schema), spelled(&to.name)));
            }
            _ => out.push(spelled(&to.name)),
        }
    }
    out.concat()
}

/// Puts `to` where a string is the label `from`, or an array that holds it.
pub(super) fn replace_label(sql: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((token, after)) = next_token(rest) {
        let text = token.starts_with('\'').then(|| inner(token, '\''));
        let new = text.and_then(|text| {
            if text == from {
                return Some(to.to_owned());
            }
            let list = text.strip_prefix('{')?.strip_suffix('}')?;
            let labels = list.split(',').map(|label| if label == from { to } else { label });
            Some(format!("{{{}}}", labels.collect::<Vec<_>>().join(",")))
        });
        match new {
            Some(text) => out.push_str(&format!("'{}'", text.replace('\'', "''"))),
            None => out.push_str(token),
        }
        rest = after;
    }
    out
}

/// The name an identifier token means.
fn identifier(token: &str) -> Option<String> {
    match token.chars().next()? {
        '"' => Some(inner(token, '"')),
        c if c.is_alphabetic() || c == '_' => Some(token.to_lowercase()),
        _ => None,
    }
}

fn next_token(rest: &str) -> Option<(&str, &str)> {
    let first = rest.chars().next()?;
    let length = match first {
        '\'' => quoted_length(rest, '\''),
        '"' => quoted_length(rest, '"'),
        '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
        '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
        '$' => dollar_length(rest),
        c if c.is_alphabetic() || c == '_' => rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(rest.len()),
        c if c.is_ascii_digit() => rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(rest.len()),
        c => c.len_utf8(),
    };
    Some(rest.split_at(length.clamp(first.len_utf8(), rest.len())))
}

/// The name as SQL would spell it; reserved words need no care in text that is only compared.
fn spelled(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn inner(token: &str, quote: char) -> String {
    let doubled: String = [quote, quote].iter().collect();
    token
        .strip_prefix(quote)
        .and_then(|t| t.strip_suffix(quote))
        .unwrap_or(token)
        .replace(&doubled, &quote.to_string())
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            if chars.peek().is_some_and(|(_, next)| *next == quote) {
                chars.next();
            } else {
                return at + 1;
            }
        }
    }
    text.len()
}

fn dollar_length(text: &str) -> usize {
    let Some(end) = text.get(1..).and_then(|t| t.find('$')) else { return 1 };
    let Some(tag) = text.get(..end + 2) else { return 1 };
    let word = tag.trim_matches('$');
    if word.chars().any(|c| !(c.is_alphanumeric() || c == '_'))
        || word.starts_with(|c: char| c.is_ascii_digit())
    {
        return 1;
    }
    let body = text.get(tag.len()..).unwrap_or_default();
    body.find(tag).map_or(text.len(), |at| tag.len() * 2 + at)
}

#[cfg(test)]
mod tests {
    use super::{Scope, replace_identifiers, replace_name};
    use crate::model::QName;

    #[test]
    fn replaces_names_only() {
        let sql = r#"SELECT Name, "name", 'name', t.names -- name
FROM t WHERE $$name$$ = x"#;
        assert_eq!(
            replace_identifiers(sql, "name", "Full Name"),
            r#"SELECT "Full Name", "Full Name", 'name', t.names -- name
FROM t WHERE $$name$$ = x"#
        );
    }

    #[test]
    fn a_column_called_like_its_type_stays() {
        let name = |name: &str| QName::bare(name);
        let sql = "mood = 'sad'::mood AND app.mood <> 'x'::app.mood";
        let typed = replace_name(sql, &name("mood"), &name("Feeling"), Scope::Type);
        assert_eq!(typed, "mood = 'sad'::\"Feeling\" AND app.mood <> 'x'::app.mood");
    }

    #[test]
    fn a_schema_is_part_of_the_name() {
        let name =
            |schema: &str, name: &str| QName { schema: Some(schema.into()), name: name.into() };
        let sql = "SELECT users.id FROM app.users JOIN users u ON u.id = users.id";
        let moved = replace_name(sql, &name("app", "users"), &name("a b", "people"), Scope::Any);
        assert_eq!(moved, "SELECT people.id FROM \"a b\".people JOIN users u ON u.id = people.id");
    }

    #[test]
    fn follows_regclass_literals() {
        assert_eq!(
            replace_identifiers("nextval('a_seq'::regclass)", "a_seq", "b_seq"),
            "nextval('b_seq'::regclass)"
        );
    }
}
