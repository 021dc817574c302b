use crate::model::Dialect;
use crate::sql::lex::{TokenKind, tokens};

/// A query without its values: text, numbers and parameters become `?`, lists of them `(?)`, white
/// space one space. Nothing is read behind the mark with which Diesel prints bind values.
pub(super) fn fingerprint(query: &str, dialect: Dialect) -> String {
    let mut out = String::with_capacity(query.len().min(512));
    let mut list = Vec::new();
    for token in tokens(query, dialect) {
        match token.kind {
            TokenKind::Comment if token.text(query).starts_with("-- binds: ") => break,
            // The rest of a string that is not closed could be a value.
            _ if !token.closed => {
                out.push('?');
                break;
            }
            TokenKind::Space | TokenKind::Comment => {
                if !out.ends_with([' ', '(']) && !out.is_empty() {
                    out.push(' ');
                }
            }
            TokenKind::Text | TokenKind::DollarText | TokenKind::Number | TokenKind::Parameter => {
                // One of a list already begun says as much as all of them.
                let again = out.trim_end().strip_suffix(',').map(str::trim_end);
                match again.filter(|before| before.ends_with('?')) {
                    Some(before) if list.last().is_some_and(|start| before.len() > *start) => {
                        out.truncate(before.len());
                    }
                    _ => out.push('?'),
                }
            }
            TokenKind::Open => {
                out.push('(');
                list.push(out.len());
            }
            TokenKind::Close => {
                list.pop();
                out.truncate(out.trim_end().len());
                out.push(')');
            }
            TokenKind::Comma => {
                out.truncate(out.trim_end().len());
                out.push(',');
            }
            _ => out.push_str(token.text(query)),
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::fingerprint;
    use crate::model::Dialect;

    #[test]
    fn values_do_not_show() {
        let of = |query: &str| fingerprint(query, Dialect::Postgres);
        assert_eq!(
            of(r#"SELECT "a"."id" FROM "a" WHERE "a"."id" = $1 -- binds: ["secret"]"#),
            r#"SELECT "a"."id" FROM "a" WHERE "a"."id" = ?"#
        );
        assert_eq!(of("SELECT 1  WHERE x IN ('secret', 'b',$3)"), "SELECT ? WHERE x IN (?)");
        assert_eq!(of("SELECT $$secret$$ /* c */, 2"), "SELECT ?, ?");
        assert_eq!(of("VALUES ($1, $2), ($3, $4)"), "VALUES (?), (?)");
        assert_eq!(of("SELECT 'a -- binds: secret', $1 -- binds: [Odd(\nsecret)]"), "SELECT ?, ?");
        assert_eq!(of("SELECT 'secret"), "SELECT ?");
    }
}
