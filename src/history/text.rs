use similar::TextDiff;

/// Two versions of a file as a unified diff; line endings and a byte order mark do not count, as
/// in a checksum.
#[must_use]
pub fn difference(old: &str, new: &str, names: (&str, &str)) -> String {
    let (old, new) = (plain(old), plain(new));
    TextDiff::from_lines(&old, &new)
        .unified_diff()
        .context_radius(2)
        .missing_newline_hint(false)
        .header(names.0, names.1)
        .to_string()
}

fn plain(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    if !text.ends_with('\n') && !text.is_empty() {
        text.push('\n');
    }
    text
}
