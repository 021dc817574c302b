//! Collecting what is wrong in one file.

use super::super::ast::Span;
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::model::Dialect;
use std::sync::Arc;

/// The mistakes of one file, in the order found.
pub struct Mistakes {
    pub file: Arc<SourceFile>,
    list: Vec<Diagnostic>,
    /// Attributes in which the grammar found a mistake.
    misread: Vec<Span>,
}

/// The mistake just added, to say more about it.
pub struct Added<'a>(&'a mut Diagnostic);

impl Added<'_> {
    pub fn help(self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }
}

impl Mistakes {
    pub fn new(file: Arc<SourceFile>) -> Self {
        Self { file, list: Vec::new(), misread: Vec::new() }
    }

    pub fn add(
        &mut self,
        code: &'static str,
        span: &Span,
        message: impl Into<String>,
    ) -> Added<'_> {
        let place = Place { file: Arc::clone(&self.file), span: span.clone() };
        self.list.push(Diagnostic::error(code, message).at(place));
        // The list was just pushed to.
        let at = self.list.len().saturating_sub(1);
        #[allow(clippy::indexing_slicing)]
        Added(&mut self.list[at])
    }

    /// How many there are so far.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Takes back what was added since there were so many; the first of it.
    pub fn take_back(&mut self, since: usize) -> Option<Diagnostic> {
        let mut taken = self.list.split_off(since.min(self.list.len()));
        taken.drain(..).next()
    }

    /// Reports what this dialect has nothing for.
    pub fn no_equivalent(&mut self, dialect: Dialect, span: &Span, what: &str) {
        let message = format!("{} has nothing like `{what}`", dialect.title());
        self.add("no-equivalent", span, message).help(format!("remove `{what}`"));
    }

    /// Takes over a mistake that the grammar found.
    ///
    /// Long names are judged by the reader, which knows the dialect.
    pub fn add_from_grammar(&mut self, error: &dbkit_syntax::ast::SyntaxError) {
        if error.code == "name-too-long" {
            return;
        }
        let place = Place { file: Arc::clone(&self.file), span: error.bytes() };
        let mut found = Diagnostic::error(error.code, error.message.clone()).at(place);
        if error.code.contains("attribute") {
            self.misread.push(error.bytes());
        }
        found.label.clone_from(&error.label);
        found.help.clone_from(&error.help);
        self.list.push(found);
    }

    /// In order of place; of several at one place only the first found, which is the cause. What
    /// follows from an attribute that could not be read is left out.
    pub fn into_list(mut self) -> Vec<Diagnostic> {
        let misread = std::mem::take(&mut self.misread);
        self.list.retain(|mistake| {
            let Some(place) = &mistake.place else { return true };
            let inside = |span: &Span| {
                span.start <= place.span.start && place.span.end <= span.end && *span != place.span
            };
            mistake.code.contains("attribute") || !misread.iter().any(inside)
        });
        self.list.sort_by_key(|mistake| mistake.place.as_ref().map(|place| place.span.start));
        self.list.dedup_by(|a, b| match (&a.place, &b.place) {
            (Some(a), Some(b)) => a.span.start == b.span.start,
            _ => false,
        });
        self.list
    }
}

/// The help for an unknown name: the nearest known one, or all of them when they are few.
pub fn suggestion<'a>(word: &str, candidates: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = dbkit_syntax::nearest(word, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let all: Vec<&str> = candidates.collect();
    match all.len() {
        0 => "there are none".to_owned(),
        1..=12 => format!("there is: {}", all.join(", ")),
        n => format!("there are {n} others, none like it"),
    }
}
