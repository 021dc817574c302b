/// Puts `to` where the SQL text names the identifier `from`: bare words are compared folded to
/// lower case, quoted ones exactly; a string literal counts where it is cast to `regclass`.
/// Strings, comments and dollar-quoted bodies are left alone.
#[must_use]
pub fn replace_identifiers(sql: &str, from: &str, to: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
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
        let (token, after) = rest.split_at(length.clamp(first.len_utf8(), rest.len()));
        match first {
            '"' if inner(token, '"') == from => out.push_str(&spelled(to)),
            '\'' if after.starts_with("::regclass") => {
                let name = inner(token, '\'');
                if name == from || inner(&name, '"') == from {
                    out.push_str(&format!("'{}'", spelled(to).replace('\'', "''")));
                } else {
                    out.push_str(token);
                }
            }
            c if (c.is_alphabetic() || c == '_') && token.to_lowercase() == from => {
                out.push_str(&spelled(to));
            }
            _ => out.push_str(token),
        }
        rest = after;
    }
    out
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
    use super::replace_identifiers;

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
    fn follows_regclass_literals() {
        assert_eq!(
            replace_identifiers("nextval('a_seq'::regclass)", "a_seq", "b_seq"),
            "nextval('b_seq'::regclass)"
        );
    }
}
