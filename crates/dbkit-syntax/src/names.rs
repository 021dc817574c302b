//! Names in the database that follow from names in Rust.

/// The SQL name an enum or label has without `#[sql_name]`: `InProgress` → `in_progress`,
/// `HTTPServer` → `http_server`, `Level1` → `level1`.
#[must_use]
pub fn separate(ident: &str) -> String {
    let chars: Vec<char> = ident.chars().collect();
    let mut out = String::with_capacity(ident.len() + 4);
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let starts = c.is_uppercase()
            && before.is_some_and(|b| {
                b.is_lowercase()
                    || b.is_numeric()
                    || b.is_uppercase() && after.is_some_and(|a| a.is_lowercase())
            });
        if starts {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
