//! CREATE VIEW and CREATE MATERIALIZED VIEW.

use super::mistake::{Mistake, Read};
use super::statement::Statement;
use crate::dialect::postgres::quote;
use crate::model::{Options, View, ViewKind};
use crate::sql::lex::TokenKind;
use std::collections::BTreeMap;

/// From `[RECURSIVE] VIEW` on.
pub(super) fn view(s: &mut Statement) -> Read<View> {
    let recursive = s.c.eat("RECURSIVE");
    s.keyword("VIEW")?;
    s.if_not_exists();
    let mut view = empty(s, ViewKind::View)?;
    if s.c.eat("WITH") {
        view.options = s.options()?;
    }
    s.keyword("AS")?;
    let (query, check) = strip_check_option(s);
    view.query = query;
    if let Some(check) = check {
        view.options.insert("check_option".into(), check.into());
    }
    if view.query.is_empty() {
        return Err(Mistake::expected(s, "a query"));
    }
    if recursive {
        // CREATE VIEW, "RECURSIVE": what PostgreSQL stores.
        let (name, columns) = (quote::ident(&view.name.name), quote::idents(&view.columns));
        view.query = format!(
            "WITH RECURSIVE {name} ({columns}) AS ({}) SELECT {columns} FROM {name}",
            view.query
        );
    }
    Ok(view)
}

/// From behind `MATERIALIZED VIEW` on.
pub(super) fn materialized(s: &mut Statement) -> Read<View> {
    s.if_not_exists();
    let mut view = empty(s, ViewKind::Materialized)?;
    loop {
        if s.c.eat("USING") {
            let method = s.name("an access method")?;
            view.access_method = Some(method).filter(|method| method != "heap");
        } else if s.c.eat("WITH") {
            view.options = s.options()?;
        } else if s.c.eat("TABLESPACE") {
            view.tablespace = Some(s.name("a tablespace")?);
        } else {
            break;
        }
    }
    s.keyword("AS")?;
    let text = s.rest();
    view.query = strip_words(s, text, &["WITH", "NO", "DATA"])
        .or_else(|| strip_words(s, text, &["WITH", "DATA"]))
        .unwrap_or(text)
        .to_owned();
    if view.query.is_empty() {
        return Err(Mistake::expected(s, "a query"));
    }
    Ok(view)
}

fn empty(s: &mut Statement, kind: ViewKind) -> Read<View> {
    let name = s.qname("the view's name")?;
    let columns = if s.c.is_kind(TokenKind::Open) { s.names("a column name")? } else { Vec::new() };
    Ok(View {
        name,
        kind,
        columns,
        query: String::new(),
        options: Options::new(),
        column_defaults: BTreeMap::new(),
        column_comments: BTreeMap::new(),
        indexes: Vec::new(),
        tablespace: None,
        access_method: None,
        comment: None,
    })
}

/// `WITH [LOCAL | CASCADED] CHECK OPTION` is the option `check_option`.
fn strip_check_option(s: &mut Statement) -> (String, Option<&'static str>) {
    let text = s.rest();
    for (words, value) in [
        (&["WITH", "LOCAL", "CHECK", "OPTION"][..], "local"),
        (&["WITH", "CASCADED", "CHECK", "OPTION"], "cascaded"),
        (&["WITH", "CHECK", "OPTION"], "cascaded"),
    ] {
        if let Some(query) = strip_words(s, text, words) {
            return (query.to_owned(), Some(value));
        }
    }
    (text.to_owned(), None)
}

/// The text without these words at its end.
fn strip_words<'t>(s: &Statement, text: &'t str, words: &[&str]) -> Option<&'t str> {
    let tokens: Vec<_> =
        crate::sql::lex::tokens(text, s.dialect()).filter(|t| !t.is_trivia()).collect();
    let first = tokens.len().checked_sub(words.len())?;
    let tail = tokens.get(first..)?;
    let same = tail.iter().zip(words).all(|(token, word)| token.is_word(text, word));
    let start = tail.first()?.span.start;
    same.then(|| text.get(..start).unwrap_or("").trim_end())
}
