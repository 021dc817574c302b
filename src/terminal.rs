//! Text that cannot drive a terminal.

use std::fmt::Write;

/// The text with everything a terminal might obey made visible: control characters (C0, DEL, C1),
/// marks that turn the direction of writing, and invisible ones.
#[must_use]
pub fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push(&mut out, c));
    out
}

/// The same for a message: its line breaks, tabs and colours stay.
#[must_use]
pub fn message(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(length) = colour(rest) {
            let (sequence, after) = rest.split_at(length);
            out.push_str(sequence);
            rest = after;
            continue;
        }
        match c {
            '\n' | '\t' => out.push(c),
            c => push(&mut out, c),
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out
}

/// Length of the colour sequence (ECMA-48, SGR) the text begins with.
fn colour(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("\u{1b}[")?;
    let end = inner.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    inner.get(end..)?.starts_with('m').then_some(end + 3)
}

fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_harmful(c) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// True for what a terminal obeys or hides.
#[must_use]
pub fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\n\u{9b}1m\u{202e}"), "a\\u{1b}[2Jb\\n\\u{9b}1m\\u{202e}");
        assert_eq!(harmless("Größe 🙂"), "Größe 🙂");
    }

    #[test]
    fn a_message_keeps_lines_and_colours() {
        assert_eq!(message("a\n\u{1b}[1;31mb\u{1b}[0m"), "a\n\u{1b}[1;31mb\u{1b}[0m");
        assert_eq!(message("\u{1b}[2J\u{1b}]0;x\u{7}"), "\\u{1b}[2J\\u{1b}]0;x\\u{7}");
        assert_eq!(message("\u{1b}["), "\\u{1b}[");
    }
}
