//! The names PostgreSQL gives to what the user does not name (`makeObjectName`,
//! `ChooseConstraintName`, `ChooseRelationName`, `ChooseIndexName` of the server).

use std::collections::BTreeSet;

/// The longest name PostgreSQL stores, in bytes (`NAMEDATALEN` - 1).
pub const MAX_BYTES: usize = 63;

/// `table_column_label`, both names shortened (the longer one first) until it fits.
#[must_use]
pub fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let room = MAX_BYTES.saturating_sub(overhead);
    let mut first_bytes = first.len();
    let mut second_bytes = second.map_or(0, str::len);
    while first_bytes + second_bytes > room {
        if first_bytes > second_bytes {
            first_bytes -= 1;
        } else {
            second_bytes -= 1;
        }
    }
    let first = clip(first, first_bytes);
    match second {
        Some(second) => format!("{first}_{}_{label}", clip(second, second_bytes)),
        None => format!("{first}_{label}"),
    }
}

/// At most that many bytes, ending where a character ends.
#[must_use]
pub fn clip(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

/// The middle part of a constraint's or index's name: its columns joined, no longer than needed.
#[must_use]
pub fn addition<'a>(columns: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for column in columns {
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(clip(column, MAX_BYTES));
        if out.len() > MAX_BYTES {
            break;
        }
    }
    out
}

/// Column names of an index as its default name uses them: a repeated one gets a number.
#[must_use]
pub fn index_columns(columns: &[String]) -> Vec<String> {
    let mut out: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.clone();
        let mut number = 1_u32;
        while out.contains(&name) {
            let digits = number.to_string();
            name = format!("{}{digits}", clip(column, MAX_BYTES - digits.len()));
            number += 1;
        }
        out.push(name);
    }
    out
}

/// The name an expression has as an index column (`FigureIndexColname`): the function's name when
/// it is one call, else `expr`.
#[must_use]
pub fn expression_column(expr: &str) -> String {
    let mut expr = expr.trim();
    while let Some(inner) = expr.strip_prefix('(').and_then(|e| e.strip_suffix(')'))
        && balanced(inner)
    {
        expr = inner.trim();
    }
    match expr.split_once('(') {
        Some((name, rest))
            if rest.strip_suffix(')').is_some_and(balanced)
                && !name.is_empty()
                && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.') =>
        {
            name.rsplit('.').next().unwrap_or(name).to_lowercase()
        }
        _ => "expr".to_owned(),
    }
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i64;
    text.chars().all(|c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth >= 0
    }) && depth == 0
}

/// The first free name: `t_a_key`, `t_a_key1`, `t_a_key2` …
///
/// `taken` decides; the name found is not added to anything.
#[must_use]
pub fn choose(
    first: &str,
    second: Option<&str>,
    label: &str,
    taken: impl Fn(&str) -> bool,
) -> String {
    let mut name = object_name(first, second, label);
    let mut pass = 0_u32;
    while taken(&name) {
        pass += 1;
        name = object_name(first, second, &format!("{label}{pass}"));
    }
    name
}

/// The names in use within one schema.
#[derive(Clone, Debug, Default)]
pub struct Namespace {
    /// Tables, indexes (also those behind constraints), sequences.
    pub relations: BTreeSet<String>,
    pub constraints: BTreeSet<String>,
}

impl Namespace {
    /// Chooses and takes the name of an index or sequence.
    pub fn relation(&mut self, first: &str, second: Option<&str>, label: &str) -> String {
        let name = choose(first, second, label, |name| self.relations.contains(name));
        self.relations.insert(name.clone());
        name
    }

    /// Chooses and takes the name of a check or foreign key.
    pub fn constraint(&mut self, first: &str, second: Option<&str>, label: &str) -> String {
        let name = choose(first, second, label, |name| self.constraints.contains(name));
        self.constraints.insert(name.clone());
        name
    }

    /// Chooses and takes the name of a constraint with an index behind it.
    pub fn index_constraint(&mut self, first: &str, second: Option<&str>, label: &str) -> String {
        let name = choose(first, second, label, |name| {
            self.relations.contains(name) || self.constraints.contains(name)
        });
        self.relations.insert(name.clone());
        self.constraints.insert(name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_joined_and_shortened() {
        assert_eq!(object_name("t", Some("a_b"), "key"), "t_a_b_key");
        assert_eq!(object_name("t", None, "pkey"), "t_pkey");
        let long = object_name(&"a".repeat(60), Some(&"b".repeat(60)), "fkey");
        assert_eq!(long, format!("{}_{}_fkey", "a".repeat(29), "b".repeat(28)));
        assert_eq!(long.len(), MAX_BYTES);
    }

    #[test]
    fn a_character_is_never_cut() {
        let name = object_name(&"ü".repeat(40), Some("x"), "key");
        assert!(name.len() <= MAX_BYTES);
        assert!(name.starts_with("üü") && name.ends_with("_x_key"));
    }

    #[test]
    fn taken_names_are_numbered() {
        let mut names = Namespace::default();
        assert_eq!(names.constraint("t", Some("a"), "check"), "t_a_check");
        assert_eq!(names.constraint("t", Some("a"), "check"), "t_a_check1");
        assert_eq!(names.index_constraint("t", Some("a"), "key"), "t_a_key");
        assert_eq!(names.relation("t", Some("a"), "key"), "t_a_key1");
    }

    #[test]
    fn expressions_are_named_by_their_function() {
        assert_eq!(expression_column("lower(email)"), "lower");
        assert_eq!(expression_column("(a + b)"), "expr");
        assert_eq!(expression_column("f(a) || g(b)"), "expr");
        assert_eq!(index_columns(&["a".into(), "a".into()]), ["a", "a1"]);
    }
}
