//! The look of the written file: literals, attributes, doc comments, line breaks.

use std::fmt::Write;

/// Width at which rustfmt breaks lines.
const WIDTH: usize = 100;

/// A value inside an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// An identifier, path or number, printed as it stands.
    Word(String),
    /// A string literal.
    Text(String),
    /// `key = value`.
    Pair(&'static str, Box<Arg>),
    /// `name(…)`.
    List(String, Vec<Arg>),
}

impl Arg {
    pub fn word(word: impl Into<String>) -> Self {
        Self::Word(word.into())
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn pair(key: &'static str, value: Self) -> Self {
        Self::Pair(key, Box::new(value))
    }

    fn render(&self, out: &mut String) {
        match self {
            Self::Word(word) => out.push_str(word),
            Self::Text(text) => out.push_str(&literal(text)),
            Self::Pair(key, value) => {
                out.push_str(key);
                out.push_str(" = ");
                value.render(out);
            }
            Self::List(name, args) => {
                out.push_str(name);
                out.push('(');
                for (at, arg) in args.iter().enumerate() {
                    if at > 0 {
                        out.push_str(", ");
                    }
                    arg.render(out);
                }
                out.push(')');
            }
        }
    }
}

/// One attribute: `#[name]`, `#[name = value]` or `#[name(…)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute(Arg);

impl Attribute {
    pub fn flag(name: &str) -> Self {
        Self(Arg::word(name))
    }

    pub fn value(name: &'static str, value: Arg) -> Self {
        Self(Arg::pair(name, value))
    }

    /// `#[name(…)]`, or `#[name]` without arguments.
    pub fn list(name: &str, args: Vec<Arg>) -> Self {
        Self(if args.is_empty() { Arg::word(name) } else { Arg::List(name.to_owned(), args) })
    }

    /// Writes the attribute, one argument a line where it would be too long.
    pub fn write(&self, indent: usize, out: &mut String) {
        let pad = " ".repeat(indent);
        let mut line = String::new();
        self.0.render(&mut line);
        let fits = !line.contains('\n') && indent + line.len() + 3 <= WIDTH;
        match &self.0 {
            Arg::List(name, args) if !fits => {
                let _ = writeln!(out, "{pad}#[{name}(");
                for arg in args {
                    let mut line = String::new();
                    arg.render(&mut line);
                    let _ = writeln!(out, "{pad}    {line},");
                }
                let _ = writeln!(out, "{pad})]");
            }
            _ => {
                let _ = writeln!(out, "{pad}#[{line}]");
            }
        }
    }
}

/// A comment as doc comment lines; as `#[comment = "…"]` where doc comments would lose something.
pub fn comment(text: &str, indent: usize, out: &mut String) {
    let plain = !text.is_empty()
        && text.split('\n').all(|line| line.trim_end() == line && !line.contains(hidden));
    if !plain {
        return Attribute::value("comment", Arg::text(text)).write(indent, out);
    }
    let pad = " ".repeat(indent);
    for line in text.split('\n') {
        let gap = if line.is_empty() { "" } else { " " };
        let _ = writeln!(out, "{pad}///{gap}{line}");
    }
}

/// Characters that must not stand in source text as they are: controls, and those that change the
/// reading direction (rustc refuses them).
fn hidden(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')
}

/// A Rust string literal; raw where that reads better.
pub fn literal(text: &str) -> String {
    let raw = text.contains(['"', '\\', '\n']) && !text.contains(|c| hidden(c) && c != '\n');
    if raw {
        let mut hashes = 1;
        while text.contains(&format!("\"{}", "#".repeat(hashes))) {
            hashes += 1;
        }
        if hashes < 10 {
            let hashes = "#".repeat(hashes);
            return format!("r{hashes}\"{text}\"{hashes}");
        }
    }
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if hidden(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_literal_is_read_back(text in any::<String>()) {
            let read = syn::parse_str::<syn::LitStr>(&literal(&text)).unwrap();
            prop_assert_eq!(read.value(), text);
        }
    }

    #[test]
    fn long_attributes_are_broken() {
        let mut out = String::new();
        Attribute::list("unique", vec![Arg::word("a".repeat(60)), Arg::word("b".repeat(60))])
            .write(4, &mut out);
        assert_eq!(
            out,
            format!(
                "    #[unique(\n        {},\n        {},\n    )]\n",
                "a".repeat(60),
                "b".repeat(60)
            )
        );
    }
}
