//! Rust identifiers for SQL names. Every name gets one; where it is not the name itself the writer
//! adds `#[sql_name]`.

pub use dbkit_syntax::names::separate;
use std::collections::BTreeSet;

/// Rust's keywords (Reference, "Keywords"), its primitive types (the code `table!` expands to
/// names them), crates and a variable (`q`) of that code, and the items every table module has.
const TAKEN: &[&str] = &[
    "Self",
    "SqlType",
    "BoxedQuery",
    "abstract",
    "all_columns",
    "as",
    "async",
    "await",
    "become",
    "bool",
    "box",
    "break",
    "char",
    "columns",
    "const",
    "continue",
    "core",
    "crate",
    "dbkit",
    "diesel",
    "do",
    "dsl",
    "dyn",
    "else",
    "enum",
    "extern",
    "f32",
    "f64",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "if",
    "impl",
    "in",
    "isize",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "q",
    "ref",
    "return",
    "self",
    "sql_types",
    "star",
    "static",
    "std",
    "str",
    "struct",
    "super",
    "table",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "u128",
    "u16",
    "u32",
    "u64",
    "u8",
    "unsafe",
    "unsized",
    "use",
    "usize",
    "virtual",
    "where",
    "while",
    "yield",
];

/// True where a name cannot stand as the identifier of a table or column.
#[must_use]
pub fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name)
}

/// Turns names into identifiers of one namespace, none given twice.
#[derive(Clone, Debug, Default)]
pub struct Identifiers {
    used: BTreeSet<String>,
}

impl Identifiers {
    /// A namespace in which those identifiers are taken already.
    #[must_use]
    pub fn with_taken<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self { used: names.into_iter().map(str::to_owned).collect() }
    }

    /// True when nothing has that identifier yet.
    #[must_use]
    pub fn is_free(&self, ident: &str) -> bool {
        !self.used.contains(ident)
    }

    /// Identifiers for names of tables or columns, in the same order. A name that is an identifier
    /// as it stands keeps it, whatever comes before it.
    pub fn snake(&mut self, names: &[&str]) -> Vec<String> {
        self.assign(names, snake_case)
    }

    /// Identifiers for names of types or enum labels, in the same order.
    pub fn pascal(&mut self, names: &[&str]) -> Vec<String> {
        self.assign(names, pascal_case)
    }

    fn assign(&mut self, names: &[&str], mangle: fn(&str) -> String) -> Vec<String> {
        let wanted: Vec<String> = names.iter().map(|name| mangle(name)).collect();
        let mut out: Vec<Option<String>> = wanted
            .iter()
            .zip(names)
            .map(|(ident, name)| {
                let exact = ident == name || pascal_case(name) == *ident && plain(name);
                (exact && self.used.insert(ident.clone())).then(|| ident.clone())
            })
            .collect();
        for (slot, ident) in out.iter_mut().zip(wanted) {
            if slot.is_none() {
                *slot = Some(self.free(ident));
            }
        }
        out.into_iter().flatten().collect()
    }

    fn free(&mut self, ident: String) -> String {
        let mut candidate = ident.clone();
        let mut number = 2_u32;
        while !self.used.insert(candidate.clone()) {
            candidate = format!("{}_{number}", ident.trim_end_matches('_'));
            number += 1;
        }
        candidate
    }
}

/// `createdAt` → `created_at`, `a-b` → `a_b`, `2nd` → `_2nd`, `type` → `type_`.
///
/// A name that is in use as an identifier by convention already (`a__b`, `_x`) is left alone.
#[must_use]
pub fn snake_case(name: &str) -> String {
    let ident = if plain(name) { name.to_owned() } else { separate(&clean(name)) };
    guard(ident)
}

/// `in_progress` → `InProgress`.
#[must_use]
pub fn pascal_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut start = true;
    for c in clean(name).chars() {
        if c == '_' {
            start = true;
        } else if start {
            out.extend(c.to_uppercase());
            start = false;
        } else {
            out.push(c);
        }
    }
    match guard(out) {
        ident if ident == "unnamed" => "Unnamed".to_owned(),
        ident => ident,
    }
}

/// Lower-case ASCII letters, digits and underscores, and a letter or underscore first.
fn plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Everything that cannot be part of an identifier becomes one underscore.
fn clean(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c == '_' || letter(c) {
            out.push(c);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    out
}

/// Letters and digits that Rust takes and that normalisation (NFC) leaves alone.
fn letter(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric();
    }
    let compatibility = ('\u{f900}'..='\u{faff}').contains(&c) || c >= '\u{2f800}';
    c.is_alphanumeric()
        && !compatibility
        && syn::parse_str::<syn::Ident>(&format!("a{c}")).is_ok_and(|i| i.to_string().ends_with(c))
}

fn guard(mut ident: String) -> String {
    if ident.trim_matches('_').is_empty() {
        // A lone `_` is a pattern, and one made of underscores only says nothing.
        return "unnamed".to_owned();
    }
    let starts = ident.chars().next().is_some_and(|c| {
        c == '_'
            || c.is_ascii_alphabetic()
            || (!c.is_ascii() && syn::parse_str::<syn::Ident>(&c.to_string()).is_ok())
    });
    if !starts {
        ident.insert(0, '_');
    }
    if is_taken(&ident) {
        ident.push('_');
    }
    ident
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_identifiers() {
        for (name, ident) in [
            ("id", "id"),
            ("createdAt", "created_at"),
            ("HTTPServer", "http_server"),
            ("a-b", "a_b"),
            ("2nd", "_2nd"),
            ("type", "type_"),
            ("q", "q_"),
            ("table", "table_"),
            ("", "unnamed"),
            ("--", "unnamed"),
            ("größe", "größe"),
            ("a\nb\"c", "a_b_c"),
            ("_x", "_x"),
            ("a__b", "a__b"),
        ] {
            assert_eq!(snake_case(name), ident, "{name:?}");
        }
        assert_eq!(pascal_case("in_progress"), "InProgress");
        assert_eq!(pascal_case("self"), "Self_");
    }

    #[test]
    fn the_exact_name_wins() {
        let mut names = Identifiers::default();
        assert_eq!(names.snake(&["a-b", "a b", "a_b"]), ["a_b_2", "a_b_3", "a_b"]);
    }

    proptest! {
        #[test]
        fn any_names_are_valid_and_unique(names in prop::collection::vec(any::<String>(), 0..20)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let idents = Identifiers::default().snake(&names);
            prop_assert_eq!(idents.len(), names.len());
            prop_assert_eq!(idents.iter().collect::<BTreeSet<_>>().len(), names.len());
            for ident in &idents {
                prop_assert!(syn::parse_str::<syn::Ident>(ident).is_ok(), "{}", ident);
            }
            for ident in Identifiers::default().pascal(&names) {
                prop_assert!(syn::parse_str::<syn::Ident>(&ident).is_ok(), "{}", ident);
            }
        }
    }
}
