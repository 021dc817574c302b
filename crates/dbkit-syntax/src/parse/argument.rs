//! Attributes and what stands in them.

use super::Errors;
use crate::ast::{Argument, Arguments, Attribute, SyntaxError, Term, TermKind};
use crate::cursor::Cursor;
use proc_macro2::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};

/// All `#[…]` at the cursor.
pub(crate) fn attributes(cursor: &mut Cursor, errors: &mut Errors) -> Vec<Attribute> {
    let mut found = Vec::new();
    while cursor.peeks_punct('#') {
        cursor.next();
        cursor.take_punct('!');
        let Some(group) = cursor.take_group(Delimiter::Bracket) else {
            errors.push(cursor.expected("`[` and an attribute"));
            continue;
        };
        for (tokens, end) in parts(&group) {
            match attribute(&mut Cursor::new(tokens.clone(), end)) {
                Ok(mut attribute) => {
                    attribute.tokens = tokens;
                    found.push(attribute);
                }
                Err(error) => errors.push(error),
            }
        }
    }
    found
}

/// `#[default = "1", unique]` is two attributes. Rust's and Diesel's own are left whole.
fn parts(group: &Group) -> Vec<(TokenStream, Span)> {
    let end = group.span_close();
    let first = group.stream().into_iter().next();
    let known = matches!(&first, Some(TokenTree::Ident(word)) if crate::attributes::is_known(&word.to_string()));
    if !known {
        return vec![(group.stream(), end)];
    }
    let mut parts = vec![(TokenStream::new(), end)];
    for token in group.stream() {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(p), Some(last)) if p.as_char() == ',' => {
                last.1 = p.span();
                parts.push((TokenStream::new(), end));
            }
            (_, Some(last)) => last.0.extend([token]),
            _ => {}
        }
    }
    // A comma at the end separates nothing.
    if parts.len() > 1 && parts.last().is_some_and(|(tokens, _)| tokens.is_empty()) {
        parts.pop();
    }
    parts
}

fn attribute(cursor: &mut Cursor) -> Result<Attribute, SyntaxError> {
    let start = cursor.span();
    let name = cursor.take_name().ok_or_else(|| cursor.expected("an attribute's name"))?;
    let tokens = proc_macro2::TokenStream::new();
    // Attributes that are Rust's or Diesel's are passed on unread.
    if !matches!(name.text.as_str(), "doc") && !crate::attributes::is_known(&name.text) {
        return Ok(Attribute { name, arguments: Arguments::None, span: start, tokens });
    }
    let arguments = if cursor.is_empty() {
        Arguments::None
    } else if cursor.take_punct('=') {
        let term = term(cursor)?;
        Arguments::Value(term)
    } else if let Some(group) = cursor.take_group(Delimiter::Parenthesis) {
        Arguments::List(arguments(&mut Cursor::of(&group))?)
    } else {
        return Err(cursor.expected("`= value` or `(arguments)`"));
    };
    if !cursor.is_empty() {
        return Err(cursor.expected("`]`"));
    }
    let span = start.join(cursor.last_span()).unwrap_or(start);
    Ok(Attribute { name, arguments, span, tokens })
}

fn arguments(cursor: &mut Cursor) -> Result<Vec<Argument>, SyntaxError> {
    let mut list = Vec::new();
    while !cursor.is_empty() {
        list.push(argument(cursor)?);
        if !cursor.is_empty() && !cursor.take_punct(',') {
            return Err(cursor.expected("`,`"));
        }
    }
    Ok(list)
}

fn argument(cursor: &mut Cursor) -> Result<Argument, SyntaxError> {
    let start = cursor.span();
    let named = matches!(cursor.peek(), Some(TokenTree::Ident(_)))
        && matches!(cursor.peek_second(), Some(TokenTree::Punct(p)) if p.as_char() == '=');
    let mut key = None;
    if named {
        key = cursor.take_name();
        cursor.take_punct('=');
    }
    let mut terms = vec![term(cursor)?];
    while !cursor.is_empty() && !cursor.peeks_punct(',') {
        terms.push(term(cursor)?);
    }
    let span = start.join(cursor.last_span()).unwrap_or(start);
    Ok(Argument { key, terms, span })
}

fn term(cursor: &mut Cursor) -> Result<Term, SyntaxError> {
    let start = cursor.span();
    let negative = cursor.take_punct('-');
    let kind = match cursor.peek() {
        Some(TokenTree::Literal(literal)) => {
            let literal = literal.clone();
            cursor.next();
            literal_term(&literal, negative)?
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
            let mut inner = Cursor::of(&group.clone());
            cursor.next();
            TermKind::Tuple(arguments(&mut inner)?)
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
            let mut inner = Cursor::of(&group.clone());
            cursor.next();
            return term(&mut inner);
        }
        Some(TokenTree::Ident(_)) => path_term(cursor)?,
        _ => return Err(cursor.expected("a name, a string or a number")),
    };
    let span = start.join(cursor.last_span()).unwrap_or(start);
    Ok(Term { kind, span })
}

fn path_term(cursor: &mut Cursor) -> Result<TermKind, SyntaxError> {
    let mut path = Vec::new();
    loop {
        path.push(cursor.take_name().ok_or_else(|| cursor.expected("a name"))?);
        if !cursor.take_punct('.') && !cursor.take_pair(':', ':') {
            break;
        }
    }
    if let [only] = path.as_slice() {
        match only.text.as_str() {
            "true" => return Ok(TermKind::Bool(true)),
            "false" => return Ok(TermKind::Bool(false)),
            _ => {}
        }
    }
    match cursor.take_group(Delimiter::Parenthesis) {
        Some(group) => Ok(TermKind::Call { path, arguments: arguments(&mut Cursor::of(&group))? }),
        None => Ok(TermKind::Path(path)),
    }
}

fn literal_term(literal: &Literal, negative: bool) -> Result<TermKind, SyntaxError> {
    let wrong = || SyntaxError::new("syntax", format!("cannot use {literal} here"), literal.span());
    let parsed = syn::parse2::<syn::Lit>(TokenTree::Literal(literal.clone()).into());
    let sign = if negative { "-" } else { "" };
    match parsed.map_err(|_| wrong())? {
        syn::Lit::Str(text) if !negative => Ok(TermKind::Text(text.value())),
        syn::Lit::Int(number) => {
            let text = format!("{sign}{}", number.base10_digits());
            text.parse().map(TermKind::Integer).map_err(|_| {
                SyntaxError::new(
                    "number-too-large",
                    format!("{text} is out of range"),
                    literal.span(),
                )
                .help("numbers must fit into 64 bits")
            })
        }
        syn::Lit::Float(number) => {
            Ok(TermKind::Number(format!("{sign}{}", number.base10_digits())))
        }
        _ => Err(wrong()),
    }
}
