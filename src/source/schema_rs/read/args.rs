//! Taking an attribute apart: each argument is taken once, what is left is a mistake.

use super::super::ast::{Arg, Attribute, Body, Span, Value, ValueKind};
use super::mistakes::Mistakes;
use crate::model::{Dialect, OnConflict, Options};

/// The arguments of one attribute. `#[a = v]` has the one argument `v`.
pub struct Args<'a> {
    attribute: &'a str,
    pub span: Span,
    rest: Vec<Arg>,
    /// Words asked for so far: what a misspelt one is compared with.
    known: Vec<&'static str>,
    /// Places of the words that were there.
    taken: Vec<(&'static str, Span)>,
    /// Columns of the table: a bare word of that name is the column.
    columns: &'a [(String, String)],
}

impl<'a> Args<'a> {
    /// `columns` are pairs of identifier and SQL name.
    pub fn new(attribute: &'a Attribute, columns: &'a [(String, String)]) -> Self {
        let rest = match &attribute.body {
            Body::None => Vec::new(),
            Body::Value(value) => vec![Arg::Value(value.clone())],
            Body::List(args) => args.clone(),
        };
        Self {
            attribute: &attribute.name.text,
            span: attribute.name.span.clone(),
            rest,
            known: Vec::new(),
            taken: Vec::new(),
            columns,
        }
    }

    /// The same attribute with other arguments: those of a list inside it.
    pub fn with(self, rest: Vec<Arg>) -> Self {
        Self { rest, ..self }
    }

    fn pair(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        let at = self.rest.iter().position(|a| matches!(a, Arg::Pair(n, _) if n.text == key))?;
        match self.rest.remove(at) {
            Arg::Pair(name, value) => {
                self.taken.push((key, name.span));
                Some(value)
            }
            _ => None,
        }
    }

    /// `key = "text"`; a bare word is taken as text too.
    pub fn text(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<String> {
        let value = self.pair(key)?;
        match value.kind {
            ValueKind::Text(text) => Some(text),
            ValueKind::Path(path) if path.len() == 1 => path.into_iter().next().map(|n| n.text),
            _ => {
                mistakes
                    .add("wrong-value", &value.span, format!("`{key}` takes a string"))
                    .help(format!("write {key} = \"…\""));
                None
            }
        }
    }

    pub fn integer(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Option<i64> {
        let value = self.pair(key)?;
        if let ValueKind::Integer(number) = value.kind {
            return Some(number);
        }
        mistakes
            .add("wrong-value", &value.span, format!("`{key}` takes a whole number"))
            .help(format!("write {key} = 1"));
        None
    }

    /// A word that is there or not; `word = true` where a column has that name.
    pub fn flag(&mut self, word: &'static str, mistakes: &mut Mistakes) -> bool {
        if let Some(value) = self.pair(word) {
            return match value.kind {
                ValueKind::Bool(on) => on,
                _ => {
                    mistakes
                        .add("wrong-value", &value.span, format!("`{word}` is either there or not"))
                        .help(format!("write {word}, or {word} = true"));
                    true
                }
            };
        }
        if self.columns.iter().any(|(ident, _)| ident == word) {
            return false;
        }
        let bare = |arg: &Arg| {
            matches!(arg, Arg::Value(Value { kind: ValueKind::Path(path), .. })
                if matches!(path.as_slice(), [only] if only.text == word))
        };
        match self.rest.iter().position(bare) {
            Some(at) => {
                let arg = self.rest.remove(at);
                self.taken.push((word, arg.span()));
                true
            }
            None => false,
        }
    }

    /// `key = word`, one of several.
    pub fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
        mistakes: &mut Mistakes,
    ) -> Option<T> {
        let value = self.pair(key)?;
        choice(key, &value, choices, mistakes)
    }

    /// `key(…)`.
    pub fn list(&mut self, key: &'static str) -> Option<Vec<Arg>> {
        self.known.push(key);
        let at = self.rest.iter().position(|a| matches!(a, Arg::List(n, _) if n.text == key))?;
        match self.rest.remove(at) {
            Arg::List(name, args) => {
                self.taken.push((key, name.span));
                Some(args)
            }
            _ => None,
        }
    }

    /// `key("name=value", …)`.
    pub fn options(&mut self, key: &'static str, mistakes: &mut Mistakes) -> Options {
        self.list(key).map(|args| options(&args, mistakes)).unwrap_or_default()
    }

    pub fn on_conflict(&mut self, mistakes: &mut Mistakes) -> Option<OnConflict> {
        self.choice(
            "on_conflict",
            &[
                ("rollback", OnConflict::Rollback),
                ("abort", OnConflict::Abort),
                ("fail", OnConflict::Fail),
                ("ignore", OnConflict::Ignore),
                ("replace", OnConflict::Replace),
            ],
            mistakes,
        )
    }

    /// The string given without a key, as in `#[check("…")]`.
    pub fn first_text(&mut self) -> Option<(String, Span)> {
        let text = |arg: &Arg| matches!(arg, Arg::Value(Value { kind: ValueKind::Text(_), .. }));
        let at = self.rest.iter().position(text)?;
        match self.rest.remove(at) {
            Arg::Value(Value { kind: ValueKind::Text(text), span }) => Some((text, span)),
            _ => None,
        }
    }

    /// The word or string given without a key, as in `#[compression = lz4]`.
    pub fn first_word(&mut self) -> Option<String> {
        if let Some((text, _)) = self.first_text() {
            return Some(text);
        }
        let word = |arg: &Arg| matches!(arg, Arg::Value(Value { kind: ValueKind::Path(path), .. }) if path.len() == 1);
        let at = self.rest.iter().position(word)?;
        match self.rest.remove(at) {
            Arg::Value(Value { kind: ValueKind::Path(path), .. }) => {
                path.into_iter().next().map(|n| n.text)
            }
            _ => None,
        }
    }

    /// The number given without a key.
    pub fn first_integer(&mut self) -> Option<i64> {
        let number =
            |arg: &Arg| matches!(arg, Arg::Value(Value { kind: ValueKind::Integer(_), .. }));
        let at = self.rest.iter().position(number)?;
        match self.rest.remove(at) {
            Arg::Value(Value { kind: ValueKind::Integer(number), .. }) => Some(number),
            _ => None,
        }
    }

    /// All arguments without a key, in order; the keys left over stay for [`Args::finish`].
    pub fn positional(&mut self) -> Vec<Arg> {
        let (taken, rest) =
            std::mem::take(&mut self.rest).into_iter().partition(|a| !matches!(a, Arg::Pair(..)));
        self.rest = rest;
        taken
    }

    /// All arguments that are left.
    pub fn all(&mut self) -> Vec<Arg> {
        std::mem::take(&mut self.rest)
    }

    /// Reports those of the words that were there although the dialect has nothing for them.
    pub fn only_on(
        &self,
        only: Dialect,
        words: &[&str],
        dialect: Dialect,
        mistakes: &mut Mistakes,
    ) {
        if only != dialect {
            for (word, span) in self.taken.iter().filter(|(word, _)| words.contains(word)) {
                mistakes.no_equivalent(dialect, span, word);
            }
        }
    }

    /// Reports every argument nobody took.
    pub fn finish(self, mistakes: &mut Mistakes) {
        for arg in self.rest {
            let word = match &arg {
                Arg::Pair(name, _) | Arg::List(name, _) => name.text.clone(),
                Arg::Value(value) => match &value.kind {
                    ValueKind::Path(path) => {
                        path.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(".")
                    }
                    _ => String::new(),
                },
            };
            let message = if word.is_empty() {
                format!("`{}` does not take this value", self.attribute)
            } else {
                format!("`{}` does not take `{word}`", self.attribute)
            };
            let near = dbkit_syntax::nearest(&word, self.known.iter().copied());
            let mistake = mistakes.add("unknown-argument", &arg.span(), message);
            match near {
                Some(near) => mistake.help(format!("did you mean `{near}`?")),
                None if self.known.is_empty() => mistake.help("remove it"),
                None => mistake.help(format!("it takes: {}", self.known.join(", "))),
            };
        }
    }
}

/// One of several words.
pub fn choice<T: Copy>(
    key: &str,
    value: &Value,
    choices: &[(&str, T)],
    mistakes: &mut Mistakes,
) -> Option<T> {
    let word = match &value.kind {
        ValueKind::Path(path) => match path.as_slice() {
            [only] => only.text.clone(),
            _ => String::new(),
        },
        // `set null` is how SQL writes it.
        ValueKind::Text(text) => text.trim().to_lowercase().replace(' ', "_"),
        _ => String::new(),
    };
    if let Some((_, found)) = choices.iter().find(|(name, _)| *name == word) {
        return Some(*found);
    }
    let near = dbkit_syntax::nearest(&word, choices.iter().map(|(name, _)| *name));
    let all: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    mistakes.add("wrong-value", &value.span, format!("`{key}` cannot be this")).help(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it can be: {}", all.join(", ")),
    });
    None
}

/// `"name=value"` strings as a map.
pub fn options(args: &[Arg], mistakes: &mut Mistakes) -> Options {
    let mut out = Options::new();
    for arg in args {
        match arg {
            Arg::Value(Value { kind: ValueKind::Text(text), span }) => match text.split_once('=') {
                Some((name, value)) => {
                    out.insert(name.trim().to_owned(), value.trim().to_owned());
                }
                None => {
                    mistakes
                        .add("wrong-value", span, "this is not a name and a value")
                        .help("write \"name=value\"");
                }
            },
            Arg::Pair(name, Value { kind, .. }) => {
                let value = match kind {
                    ValueKind::Text(text) => text.clone(),
                    ValueKind::Integer(number) => number.to_string(),
                    ValueKind::Bool(on) => on.to_string(),
                    ValueKind::Path(path) => {
                        path.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(".")
                    }
                };
                out.insert(name.text.clone(), value);
            }
            other => {
                mistakes
                    .add("wrong-value", &other.span(), "this is not a name and a value")
                    .help("write name = value");
            }
        }
    }
    out
}
