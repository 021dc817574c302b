//! Where the items of a file's `schema!` blocks stand, each with the comments before it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::ops::Range;

/// The inside of one `schema! { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub inside: Range<usize>,
    pub items: Vec<Item>,
}

/// A table or an enum, from behind the item before it to its closing brace and what follows on
/// that line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub range: Range<usize>,
    /// Where the name begins.
    pub name_at: usize,
    /// To behind the opening brace and the rest of its line.
    pub head: Range<usize>,
    pub columns: Vec<Part>,
}

/// A column, from behind the one before it to its comma and what follows on that line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub range: Range<usize>,
    pub name_at: usize,
    /// The end of the column itself: what follows is a comma and a comment.
    pub end: usize,
}

/// The blocks of a file that the reader has found no fault with.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    if let Ok(tokens) = text.parse::<TokenStream>() {
        collect(text, tokens, &mut found);
    }
    found
}

fn collect(text: &str, tokens: TokenStream, found: &mut Vec<Block>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let called = matches!(before(1), Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
        match before(2) {
            Some(TokenTree::Ident(name)) if called => {
                if name == "schema" {
                    found.push(block(text, group));
                }
            }
            _ => collect(text, group.stream(), found),
        }
    }
}

/// A macro call that stands as an item, with the comment lines right above it.
#[derive(Clone, Debug)]
pub struct Call {
    /// `table`, `joinable` …
    pub name: String,
    pub range: Range<usize>,
    /// The comment lines above it.
    pub lead: Range<usize>,
    /// Which of the file's modules it stands in, counted in order.
    pub level: usize,
    pub group: Group,
}

impl Call {
    /// The one table of a `table!`, with its `use` lines before it.
    pub fn table(&self, text: &str) -> Option<(String, Item)> {
        let block = block(text, &self.group);
        let item = block.items.into_iter().next()?;
        let before = text.get(block.inside.start..item.range.start).unwrap_or_default();
        Some((before.to_owned(), item))
    }
}

/// Every macro call of a file that stands as an item.
pub fn calls(text: &str) -> Vec<Call> {
    let mut found = Vec::new();
    if let Ok(tokens) = text.parse::<TokenStream>() {
        collect_calls(text, tokens, &mut 0, &mut found);
    }
    found
}

fn collect_calls(text: &str, tokens: TokenStream, levels: &mut usize, found: &mut Vec<Call>) {
    let level = *levels;
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let called = matches!(before(1), Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
        let Some(TokenTree::Ident(name)) = before(2).filter(|_| called) else {
            if group.delimiter() == Delimiter::Brace {
                *levels += 1;
                collect_calls(text, group.stream(), levels, found);
            }
            continue;
        };
        let colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
        let mut first = 2;
        while colon(before(first + 1)) && colon(before(first + 2)) {
            first += 2;
            if matches!(before(first + 1), Some(TokenTree::Ident(_))) {
                first += 1;
            }
        }
        let start = before(first).map_or(0, |token| token.span().byte_range().start);
        let mut end = group.span_close().byte_range().end;
        if let Some(TokenTree::Punct(mark)) = tokens.get(at + 1)
            && mark.as_char() == ';'
        {
            end = mark.span().byte_range().end;
        }
        let line = line_start(text, start);
        let lead = lead(text, line);
        found.push(Call {
            name: name.to_string(),
            range: lead..line_end(text, end),
            lead: lead..line,
            level,
            group: group.clone(),
        });
    }
}

fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    if before.get(line..).unwrap_or_default().trim().is_empty() { line } else { at }
}

/// Where the comment lines begin that end right above the line.
fn lead(text: &str, line: usize) -> usize {
    let mut start = line;
    for above in text.get(..line).unwrap_or_default().split_inclusive('\n').rev() {
        if !above.trim_start().starts_with("//") {
            break;
        }
        start -= above.len();
    }
    start
}

fn block(text: &str, group: &Group) -> Block {
    let inside = inside(group);
    let mut items = Vec::new();
    let mut tokens = group.stream().into_iter();
    let mut before = line_end(text, inside.start);
    loop {
        let mut name_at = None;
        let mut body = None;
        let mut last = None;
        for token in tokens.by_ref() {
            last = Some(token.span().byte_range().end);
            match token {
                TokenTree::Ident(ident) => name_at = Some(ident.span().byte_range().start),
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    body = Some(group);
                    break;
                }
                // A `use` line belongs to what follows it only as a comment does.
                TokenTree::Punct(mark) if mark.as_char() == ';' => break,
                _ => {}
            }
        }
        let Some(end) = last else { break };
        let end = line_end(text, end);
        if let (Some(group), Some(name_at)) = (body, name_at) {
            let open = line_end(text, group.span_open().byte_range().end);
            items.push(Item {
                range: before..end,
                name_at,
                head: before..open,
                columns: columns(text, &group, open),
            });
        }
        before = end;
    }
    Block { inside, items }
}

fn columns(text: &str, group: &Group, open: usize) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut before, mut name_at, mut end, mut depth) = (open, None, None, 0_i32);
    let mut arrow = false;
    for token in group.stream() {
        let span = token.span().byte_range();
        match &token {
            TokenTree::Punct(mark) => match mark.as_char() {
                ',' if depth <= 0 => {
                    let after = line_end(text, span.end);
                    if let (Some(name_at), Some(end)) = (name_at.take(), end.take()) {
                        parts.push(Part { range: before..after, name_at, end });
                    }
                    (before, depth, arrow) = (after, 0, false);
                    continue;
                }
                '<' => depth += 1,
                // The first one is that of `->`.
                '>' if arrow => depth -= 1,
                '>' => arrow = true,
                _ => {}
            },
            TokenTree::Ident(_) if !arrow => name_at = Some(span.start),
            _ => {}
        }
        end = Some(span.end);
    }
    if let (Some(name_at), Some(end)) = (name_at, end) {
        parts.push(Part { range: before..line_end(text, end), name_at, end });
    }
    parts
}

fn inside(group: &Group) -> Range<usize> {
    group.span_open().byte_range().end..group.span_close().byte_range().start
}

/// Behind the line's end when only blanks or a comment stand before it; else the place itself.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.split_inclusive('\n').next().unwrap_or_default();
    let blank = line.trim();
    if blank.is_empty() || blank.starts_with("//") { at + line.len() } else { at }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::blocks;

    #[test]
    fn every_byte_of_a_block_belongs_to_something() {
        let text = "use x;\nmod a {\n    dbkit::schema! {\n        use y::Z;\n\n        // lead\n        \
                    /// Doc.\n        #[index(a, b)]\n        table t (a) { // open\n            a -> Array<Nullable<Text>>, // first\n\
                    \n            // second\n            #[sql_name = \"x\"] r#b -> Z\n        } // closed\n\
                    \n        enum E { A, B }\n        // end\n    }\n}\n";
        let found = blocks(text);
        assert_eq!(found.len(), 1);
        let items = &found.first().unwrap().items;
        let names: Vec<&str> = items.iter().map(|i| text.get(i.name_at..).unwrap()).collect();
        assert!(names.iter().zip(["t (a)", "E {"]).all(|(name, start)| name.starts_with(start)));
        let [table, other] = items.as_slice() else { panic!("{items:?}") };
        assert_eq!(table.range.end, other.range.start);
        assert!(text.get(table.head.clone()).unwrap().ends_with("table t (a) { // open\n"));
        assert!(text.get(table.range.clone()).unwrap().ends_with("} // closed\n"));
        let parts: Vec<&str> =
            table.columns.iter().map(|part| text.get(part.range.clone()).unwrap()).collect();
        let [a, b] = parts.as_slice() else { panic!("{parts:?}") };
        assert_eq!(*a, "            a -> Array<Nullable<Text>>, // first\n");
        assert!(b.starts_with("\n            // second\n") && b.ends_with("r#b -> Z\n"), "{b:?}");
        let last = table.columns.last().unwrap();
        assert!(text.get(last.name_at..).unwrap().starts_with("r#b -> Z"));
    }
}
