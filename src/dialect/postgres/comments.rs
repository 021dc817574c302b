//! COMMENT ON.

use super::quote::literal;

/// `COMMENT ON <what> <target> IS …`; `None` takes the comment away.
#[must_use]
pub fn set(what: &str, target: &str, text: Option<&str>) -> String {
    match text {
        Some(text) => format!("COMMENT ON {what} {target} IS {};", literal(text)),
        None => format!("COMMENT ON {what} {target} IS NULL;"),
    }
}

/// The statement for a new object's comment, if it has one.
pub(super) fn new(out: &mut Vec<String>, what: &str, target: &str, text: Option<&str>) {
    out.extend(text.map(|text| set(what, target, Some(text))));
}

/// The statement that turns one comment into the other, if they differ.
pub(super) fn change(
    out: &mut Vec<String>,
    what: &str,
    target: &str,
    from: Option<&str>,
    to: Option<&str>,
) {
    if from != to {
        out.push(set(what, target, to));
    }
}
