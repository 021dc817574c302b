//! What CHECK constraints ask of a column, as far as they are of the usual forms.

use super::pattern::Pattern;
use crate::model::{Dialect, Table};
use crate::sql::lex::{TokenKind, tokens};
use std::collections::BTreeMap;

/// What a column must keep to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Bounds {
    /// Inclusive.
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Lower and upper bound of times, as written.
    pub from: Option<String>,
    pub until: Option<String>,
    /// One of these.
    pub among: Option<Vec<String>>,
    pub min_length: Option<usize>,
    pub max_length: Option<usize>,
    /// Texts of that shape.
    pub pattern: Option<Pattern>,
    /// The text is JSON.
    pub json: bool,
}

impl Bounds {
    /// Keeps to both.
    pub fn narrow(&mut self, other: Self) {
        let both = |a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64| match (a, b) {
            (Some(a), Some(b)) => Some(choose(a, b)),
            (a, b) => a.or(b),
        };
        self.min = both(self.min, other.min, f64::max);
        self.max = both(self.max, other.max, f64::min);
        self.max_length = match (self.max_length, other.max_length) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        self.min_length = self.min_length.max(other.min_length);
        self.from = self.from.take().or(other.from);
        self.until = self.until.take().or(other.until);
        self.among = self.among.take().or(other.among);
        self.pattern = self.pattern.take().or(other.pattern);
        self.json |= other.json;
    }
}

/// What all checks of a table ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Checks {
    pub columns: BTreeMap<String, Bounds>,
    /// The first is not greater than the second.
    pub ordered: Vec<(String, String)>,
    /// Names of the checks that are of another form.
    pub unknown: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Column(String),
    Length(String),
    Number(f64),
    Text(String),
    Word(String),
    Operator(String),
    List(Vec<Part>),
}

pub(super) fn read(table: &Table, dialect: Dialect) -> Checks {
    let mut checks = Checks::default();
    for check in &table.checks {
        let mut next = checks.clone();
        if understand(check.expr.as_str(), table, dialect, &mut next).is_some() {
            checks = next;
        } else {
            let name = check.name.clone().unwrap_or_else(|| check.expr.as_str().to_owned());
            checks.unknown.push(name);
        }
    }
    checks
}

fn understand(expr: &str, table: &Table, dialect: Dialect, checks: &mut Checks) -> Option<()> {
    let parts = parts(expr, table, dialect)?;
    let word = |part: &Part, wanted: &str| matches!(part, Part::Word(w) if w == wanted);
    // `a IS NULL OR …`: nulls pass every check anyway.
    let parts = match parts.as_slice() {
        [Part::Column(_), Part::Word(is), Part::Word(null), Part::Word(or), rest @ ..]
            if is == "is" && null == "null" && or == "or" && !rest.is_empty() =>
        {
            rest.to_vec()
        }
        _ => parts,
    };
    if parts.iter().any(|p| ["or", "not", "case"].iter().any(|w| word(p, w))) {
        // `a IS NOT NULL` asks for nothing that columns do not know already; the rest is not ours.
        let alternatives = alternatives(&parts);
        let (column, values) = alternatives?;
        checks.columns.entry(column).or_default().among = Some(values);
        return Some(());
    }
    let mut rest = parts.as_slice();
    loop {
        let used = match rest {
            [Part::Column(c), Part::Word(w), low, Part::Word(and), high, ..]
                if w == "between" && and == "and" =>
            {
                compare(checks, &Part::Column(c.clone()), ">=", low)?;
                compare(checks, &Part::Column(c.clone()), "<=", high)?;
                5
            }
            [Part::Column(c), Part::Word(w), Part::List(items), ..] if w == "in" => {
                among(checks, c, items)?;
                3
            }
            [Part::Column(c), Part::Operator(o), Part::Word(any), Part::List(items), ..]
                if o == "=" && any == "any" =>
            {
                among(checks, c, items)?;
                4
            }
            [Part::Word(w), Part::Column(c), ..] if w == "json_valid" => {
                checks.columns.entry(c.clone()).or_default().json = true;
                2
            }
            [Part::Column(c), Part::Word(w), Part::Text(shape), ..]
                if w == "like" || w == "glob" =>
            {
                let read = if w == "like" { Pattern::of_like } else { Pattern::of_glob };
                checks.columns.entry(c.clone()).or_default().pattern = Some(read(shape)?);
                3
            }
            [left, Part::Operator(o), right, ..] => {
                compare(checks, left, o, right)?;
                3
            }
            _ => return None,
        };
        rest = rest.get(used..)?;
        match rest {
            [] => return Some(()),
            [Part::Word(and), more @ ..] if and == "and" => rest = more,
            _ => return None,
        }
    }
}

/// `a = 'x' OR a = 'y'`
fn alternatives(parts: &[Part]) -> Option<(String, Vec<String>)> {
    let mut column = None;
    let mut values = Vec::new();
    for group in parts.split(|part| matches!(part, Part::Word(w) if w == "or")) {
        let [Part::Column(c), Part::Operator(o), value] = group else { return None };
        if o != "=" || column.get_or_insert_with(|| c.clone()) != c {
            return None;
        }
        values.push(literal(value)?);
    }
    Some((column?, values))
}

fn literal(part: &Part) -> Option<String> {
    match part {
        Part::Number(number) => Some(number.to_string()),
        Part::Text(text) => Some(text.clone()),
        _ => None,
    }
}

fn among(checks: &mut Checks, column: &str, items: &[Part]) -> Option<()> {
    let values = items.iter().map(literal).collect::<Option<Vec<_>>>()?;
    checks.columns.entry(column.to_owned()).or_default().among = Some(values);
    Some(())
}

fn compare(checks: &mut Checks, left: &Part, operator: &str, right: &Part) -> Option<()> {
    let flipped = match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    };
    match (left, right) {
        (Part::Column(a), Part::Column(b)) => {
            match operator {
                "<" | "<=" => checks.ordered.push((a.clone(), b.clone())),
                ">" | ">=" => checks.ordered.push((b.clone(), a.clone())),
                _ => return None,
            }
            Some(())
        }
        (Part::Number(_) | Part::Text(_), Part::Column(_) | Part::Length(_)) => {
            compare(checks, right, flipped, left)
        }
        (Part::Length(column), Part::Number(number)) => {
            let bounds = checks.columns.entry(column.clone()).or_default();
            let number = *number as usize;
            match operator {
                ">" => bounds.min_length = bounds.min_length.max(Some(number + 1)),
                ">=" => bounds.min_length = bounds.min_length.max(Some(number)),
                "<" => lower(&mut bounds.max_length, number.saturating_sub(1)),
                "<=" => lower(&mut bounds.max_length, number),
                "=" => {
                    bounds.min_length = Some(number);
                    bounds.max_length = Some(number);
                }
                _ => return None,
            }
            Some(())
        }
        (Part::Column(column), Part::Number(number)) => {
            let bounds = checks.columns.entry(column.clone()).or_default();
            // Whole numbers are the usual case; for others the step does no harm.
            let (min, max) = match operator {
                ">" => (Some(number + 1.0), None),
                ">=" => (Some(*number), None),
                "<" => (None, Some(number - 1.0)),
                "<=" => (None, Some(*number)),
                "=" => (Some(*number), Some(*number)),
                _ => return None,
            };
            if let Some(min) = min {
                bounds.min = Some(bounds.min.map_or(min, |old| old.max(min)));
            }
            if let Some(max) = max {
                bounds.max = Some(bounds.max.map_or(max, |old| old.min(max)));
            }
            Some(())
        }
        (Part::Column(_), Part::Text(text)) if operator != "=" && text.parse::<f64>().is_ok() => {
            compare(checks, left, operator, &Part::Number(text.parse().ok()?))
        }
        (Part::Column(column), Part::Text(text)) => {
            let bounds = checks.columns.entry(column.clone()).or_default();
            match operator {
                "<>" | "!=" if text.is_empty() => {
                    bounds.min_length = bounds.min_length.max(Some(1));
                }
                "~" | "~*" => bounds.pattern = Some(Pattern::of_regex(text)?),
                "~~" => bounds.pattern = Some(Pattern::of_like(text)?),
                "=" => bounds.among = Some(vec![text.clone()]),
                ">" | ">=" => bounds.from = Some(text.clone()),
                "<" | "<=" => bounds.until = Some(text.clone()),
                _ => return None,
            }
            Some(())
        }
        _ => None,
    }
}

fn lower(bound: &mut Option<usize>, to: usize) {
    *bound = Some(bound.map_or(to, |old| old.min(to)));
}

/// The expression without parentheses that only group, and without casts.
fn parts(expr: &str, table: &Table, dialect: Dialect) -> Option<Vec<Part>> {
    let all: Vec<_> = tokens(expr, dialect).filter(|token| !token.is_trivia()).collect();
    let mut parts: Vec<Part> = Vec::new();
    let mut at = 0;
    let mut list: Option<Vec<Part>> = None;
    while let Some(token) = all.get(at) {
        at += 1;
        let text = token.text(expr);
        let part = match token.kind {
            TokenKind::Operator if text == "::" => {
                // The name of a type: words, brackets, a length.
                while let Some(next) = all.get(at) {
                    let name = next.kind == TokenKind::Word
                        && !["and", "or"].contains(&next.text(expr).to_lowercase().as_str());
                    let more = matches!(
                        next.kind,
                        TokenKind::OpenBracket | TokenKind::CloseBracket | TokenKind::QuotedName
                    );
                    let length = next.kind == TokenKind::Open
                        && all.get(at + 1).is_some_and(|t| t.kind == TokenKind::Number);
                    if length {
                        while all.get(at).is_some_and(|t| t.kind != TokenKind::Close) {
                            at += 1;
                        }
                    } else if !name && (!more || list.is_some() && next.text(expr) == "]") {
                        break;
                    }
                    at += 1;
                }
                continue;
            }
            TokenKind::Operator if text == "-" => {
                let next = all.get(at).filter(|next| next.kind == TokenKind::Number)?;
                at += 1;
                Part::Number(-next.text(expr).parse::<f64>().ok()?)
            }
            TokenKind::Operator => Part::Operator(text.to_owned()),
            TokenKind::Number => Part::Number(text.parse().ok()?),
            TokenKind::Text => {
                let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
                Part::Text(inner.replace("''", "'"))
            }
            TokenKind::Word | TokenKind::QuotedName => {
                let bare = text.trim_matches(['"', '`', '[', ']']);
                let lower = bare.to_lowercase();
                let column = table.columns.iter().find(|c| {
                    c.name == bare || (dialect == Dialect::Sqlite && c.name.to_lowercase() == lower)
                });
                match (column, lower.as_str()) {
                    (Some(column), _) => match parts.last() {
                        Some(Part::Word(w)) if w == "length" => {
                            parts.pop();
                            Part::Length(column.name.clone())
                        }
                        _ => Part::Column(column.name.clone()),
                    },
                    (None, "length" | "char_length" | "character_length") => {
                        Part::Word("length".to_owned())
                    }
                    (None, "array") => continue,
                    (
                        None,
                        "in" | "and" | "or" | "between" | "any" | "json_valid" | "not" | "case"
                        | "is" | "null" | "like" | "glob",
                    ) => Part::Word(lower),
                    _ => return None,
                }
            }
            TokenKind::Open | TokenKind::OpenBracket => {
                let opens = matches!(parts.last(), Some(Part::Word(w)) if w == "in" || w == "any");
                if opens && list.is_none() {
                    list = Some(Vec::new());
                }
                continue;
            }
            TokenKind::Close | TokenKind::CloseBracket => {
                let next = all.get(at).map(|t| t.kind);
                let goes_on = matches!(next, Some(TokenKind::Comma | TokenKind::CloseBracket))
                    || next == Some(TokenKind::Operator) && all.get(at)?.text(expr) == "::";
                if !goes_on && let Some(items) = list.take() {
                    parts.push(Part::List(items));
                }
                continue;
            }
            TokenKind::Comma if list.is_some() => continue,
            _ => return None,
        };
        match &mut list {
            Some(items) => items.push(part),
            None => parts.push(part),
        }
    }
    if let Some(items) = list {
        parts.push(Part::List(items));
    }
    Some(parts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::{Check, Column, ColumnValue, DataType, Expr, QName};

    fn checks(expressions: &[&str], dialect: Dialect) -> Checks {
        let mut table = Table::new(QName::bare("t"));
        for name in ["a", "b", "c"] {
            table.columns.push(Column {
                name: name.to_owned(),
                ty: DataType::builtin("integer"),
                nullable: false,
                value: ColumnValue::None,
                collation: None,
                storage: None,
                compression: None,
                statistics: None,
                options: Default::default(),
                inherited: false,
                not_null_conflict: None,
                comment: None,
            });
        }
        for expr in expressions {
            table.checks.push(Check {
                name: Some((*expr).to_owned()),
                expr: Expr::new(*expr),
                not_valid: false,
                no_inherit: false,
                inherited: false,
                comment: None,
            });
        }
        read(&table, dialect)
    }

    #[test]
    fn what_postgres_prints_is_understood() {
        let found = checks(
            &[
                "((a >= 1) AND (a <= 5))",
                "(b = ANY (ARRAY['x'::text, 'y'::text]))",
                "((b)::text = ANY ((ARRAY['x'::character varying, 'y'::character varying])::text[]))",
                "((length(c) > 2) AND (char_length((c)::text) <= 9))",
                "(a < b)",
                "(a > '-3'::integer)",
                "(c ~ '^(x|y)'::text)",
                "((b IS NULL) OR (b >= a))",
            ],
            Dialect::Postgres,
        );
        let a = found.columns.get("a").unwrap();
        assert_eq!((a.min, a.max), (Some(1.0), Some(5.0)));
        let among = Some(vec!["x".to_owned(), "y".to_owned()]);
        assert_eq!(found.columns.get("b").unwrap().among, among);
        let c = found.columns.get("c").unwrap();
        assert_eq!((c.min_length, c.max_length), (Some(3), Some(9)));
        let ordered = ("a".to_owned(), "b".to_owned());
        assert_eq!(found.ordered, [ordered.clone(), ordered]);
        assert_eq!(found.unknown, ["(c ~ '^(x|y)'::text)"]);
    }

    #[test]
    fn what_people_write_is_understood() {
        let found = checks(
            &["a BETWEEN -2 AND 5", "b IN ('x', 'y')", "a = 1 OR a = 2", "c <> ''", "5 > a"],
            Dialect::Sqlite,
        );
        let a = found.columns.get("a").unwrap();
        assert_eq!((a.min, a.max), (Some(-2.0), Some(4.0)));
        assert_eq!(a.among, Some(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(found.columns.get("c").unwrap().min_length, Some(1));
        assert!(found.unknown.is_empty(), "{found:?}");
    }
}
