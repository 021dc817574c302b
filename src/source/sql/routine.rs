//! CREATE FUNCTION, PROCEDURE and AGGREGATE.

use super::mistake::{Mistake, Read};
use super::statement::Statement;
use crate::dialect::postgres::types;
use crate::model::{DataType, Dialect, Routine, RoutineId, RoutineKind, TypeName};
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;

/// Words that end `RETURNS …` (CREATE FUNCTION).
const CLAUSES: &[&str] = &[
    "LANGUAGE",
    "TRANSFORM",
    "WINDOW",
    "IMMUTABLE",
    "STABLE",
    "VOLATILE",
    "NOT",
    "LEAKPROOF",
    "CALLED",
    "STRICT",
    "EXTERNAL",
    "SECURITY",
    "PARALLEL",
    "COST",
    "ROWS",
    "SUPPORT",
    "SET",
    "AS",
    "RETURN",
    "BEGIN",
];

/// From `FUNCTION` or `PROCEDURE` on.
pub(super) fn routine(s: &mut Statement) -> Read<Routine> {
    let (kind, word) = if s.c.eat("FUNCTION") {
        (RoutineKind::Function, "FUNCTION")
    } else {
        s.keyword("PROCEDURE")?;
        (RoutineKind::Procedure, "PROCEDURE")
    };
    let start = s.c.position();
    let name = s.qname("the routine's name")?;
    let arguments = s.group("an argument list in parentheses")?;
    let inputs = input_types(arguments).map_err(|error| error.at(s.head()))?;
    let mut result = String::new();
    if s.c.eat("RETURNS") {
        let mark = s.c.position();
        let span = if s.c.eat("NULL") {
            // RETURNS NULL ON NULL INPUT, with the result told by OUT arguments.
            mark..mark
        } else {
            s.c.until(|c| CLAUSES.iter().any(|word| c.is_word(word)))
        };
        result = s.c.slice(span).to_owned();
    }
    let body = ["AS", "RETURN", "BEGIN"];
    s.c.until(|c| body.iter().any(|word| c.is_word(word)));
    if s.c.is_done() {
        return Err(Mistake::expected(s, "AS with the routine's body"));
    }
    let definition = format!("CREATE OR REPLACE {word} {}", s.c.slice(start..s.c.text.len()));
    Ok(Routine {
        id: RoutineId { name, arguments: inputs },
        kind,
        arguments: arguments.to_owned(),
        result,
        definition,
        comment: None,
    })
}

/// From behind `AGGREGATE` on.
pub(super) fn aggregate(s: &mut Statement) -> Read<Routine> {
    let start = s.c.position();
    let name = s.qname("the aggregate's name")?;
    let first = s.group("an argument list in parentheses")?;
    // The old form has one list and names its argument `basetype`.
    let arguments = if s.c.is_kind(TokenKind::Open) { first.to_owned() } else { base_type(first) };
    let definition = format!("CREATE AGGREGATE {}", s.c.slice(start..s.c.text.len()));
    let inputs = input_types(&arguments).map_err(|error| error.at(s.head()))?;
    Ok(Routine {
        id: RoutineId { name, arguments: inputs },
        kind: RoutineKind::Aggregate,
        arguments: if arguments == "*" { String::new() } else { arguments },
        result: String::new(),
        definition,
        comment: None,
    })
}

fn base_type(list: &str) -> String {
    let mut c = Cursor::new(list, Dialect::Postgres);
    while !c.is_done() {
        if c.eat("BASETYPE") && c.eat_operator("=") {
            let span = c.until(|c| c.is_kind(TokenKind::Comma));
            let ty = c.slice(span).trim_matches('\'');
            return if ty.eq_ignore_ascii_case("any") { "*".to_owned() } else { ty.to_owned() };
        }
        c.bump();
    }
    "*".to_owned()
}

/// The canonical types of the input arguments: what tells routines of one name apart. Modes OUT
/// and TABLE do not count, nor do names, defaults and type modifiers (PostgreSQL manual,
/// CREATE FUNCTION, "Overloading").
///
/// # Errors
/// An argument without a type.
pub(super) fn input_types(list: &str) -> Read<Vec<String>> {
    let mut c = Cursor::new(list, Dialect::Postgres);
    let mut types = Vec::new();
    if c.eat_operator("*") || c.is_done() {
        return Ok(types);
    }
    let mut order = c.eat_words("ORDER BY");
    loop {
        let span = c.until(|c| c.is_kind(TokenKind::Comma) || c.is_words("ORDER BY"));
        let text = c.slice(span);
        if let Some(ty) = input_type(text)? {
            if order {
                types.push("ORDER BY".to_owned());
                order = false;
            }
            types.push(ty);
        }
        if c.eat_words("ORDER BY") {
            order = true;
        } else if !c.eat_kind(TokenKind::Comma) {
            break;
        }
    }
    Ok(types)
}

fn input_type(argument: &str) -> Read<Option<String>> {
    let mut c = Cursor::new(argument, Dialect::Postgres);
    let mode = |c: &mut Cursor| -> Option<bool> {
        if c.eat("OUT") || c.eat("TABLE") {
            return Some(false);
        }
        if c.eat("IN") {
            c.eat("OUT");
            return Some(true);
        }
        (c.eat("INOUT") || c.eat("VARIADIC")).then_some(true)
    };
    let mut input = mode(&mut c);
    let start = c.mark();
    let span = c.until(|c| c.is_word("DEFAULT") || is_equals(c));
    let text = c.slice(span);
    // A lone type may be several words (`double precision`); otherwise the first word is a name.
    if let Ok(ty) = types::parse(text) {
        return Ok(Some(without_modifier(ty)).filter(|_| input.unwrap_or(true)));
    }
    c.rewind(start);
    let named = c.name().is_some();
    if input.is_none() {
        input = mode(&mut c);
    }
    if input == Some(false) {
        return Ok(None);
    }
    let span = c.until(|c| c.is_word("DEFAULT") || is_equals(c));
    let text = c.slice(span);
    match types::parse(text) {
        Ok(ty) if named => Ok(Some(without_modifier(ty))),
        // `table.column%TYPE` is resolved only by the server.
        _ if text.to_ascii_uppercase().ends_with("%TYPE") => Ok(Some(text.to_owned())),
        _ => {
            let message = format!("`{argument}` is not an argument: a type is missing");
            Err(Mistake::new("syntax", message))
        }
    }
}

fn is_equals(c: &Cursor) -> bool {
    c.peek().is_some_and(|t| t.kind == TokenKind::Operator && matches!(t.text(c.text), "=" | ":="))
}

/// As `format_type` prints a type without modifier.
fn without_modifier(mut ty: DataType) -> String {
    ty.modifier = None;
    match &ty.name {
        TypeName::Builtin(name) if name == "bit" => {
            if ty.array {
                "bit[]".to_owned()
            } else {
                "bit".to_owned()
            }
        }
        TypeName::Builtin(name) if name.starts_with("interval ") => {
            if ty.array {
                "interval[]".to_owned()
            } else {
                "interval".to_owned()
            }
        }
        _ => types::render(&ty),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::input_types;

    #[test]
    fn identities_hold_input_types_only() {
        for (list, expected) in [
            ("", ""),
            ("*", ""),
            ("integer, text", "integer, text"),
            ("a int, b varchar(10) DEFAULT 'x, y'", "integer, character varying"),
            ("IN a int, OUT b text, INOUT c numeric(10, 2)", "integer, numeric"),
            ("VARIADIC parts text[] = '{}'", "text[]"),
            (
                "at timestamp with time zone, double precision",
                "timestamp with time zone, double precision",
            ),
            ("a IN int, b OUT int", "integer"),
            ("\"weird name\" \"My Type\", s.kind", "\"My Type\", s.kind"),
            ("double precision ORDER BY x anyelement", "double precision, ORDER BY, anyelement"),
            ("in_ int, out_ text", "integer, text"),
            ("name text", "text"),
            ("name", "name"),
        ] {
            assert_eq!(input_types(list).unwrap().join(", "), expected, "{list}");
        }
    }
}
