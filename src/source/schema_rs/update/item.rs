//! One table or enum of a file, with the parts replaced that the database has otherwise.

use super::super::declared::DeclaredTable;
use super::super::write::{WrittenColumn, WrittenTable, comment};
use super::pieces::{Item, Part};
use crate::model::{ColumnRef, Dialect, QName};
use std::collections::BTreeSet;

/// A table as the file has it, in the database's spelling, and as the database has it.
pub struct Sides<'a> {
    /// `None` when nothing of it may stay.
    pub now: Option<&'a WrittenTable>,
    pub want: &'a WrittenTable,
    pub dialect: Dialect,
    pub table: &'a QName,
    /// Columns of which something stands in the file that the database has not.
    pub lost: &'a BTreeSet<ColumnRef>,
}

impl Sides<'_> {
    /// A database of SQLite keeps no comments, so those of the file are right.
    fn same_comment(&self, now: Option<&String>, want: Option<&String>) -> bool {
        self.dialect == Dialect::Sqlite || now == want
    }

    fn head_stays(&self) -> bool {
        self.now.is_some_and(|now| {
            now.head == self.want.head
                && self.same_comment(now.comment.as_ref(), self.want.comment.as_ref())
        })
    }

    fn stays(&self, want: &WrittenColumn) -> bool {
        let now = self.now.and_then(|now| now.columns.iter().find(|c| c.name == want.name));
        let place = ColumnRef { table: self.table.clone(), column: want.name.clone() };
        !self.lost.contains(&place)
            && now.is_some_and(|now| {
                now.text == want.text
                    && self.same_comment(now.comment.as_ref(), want.comment.as_ref())
            })
    }

    /// True when `text`, read from the file made, says what it should: parts that stayed what
    /// they said before (`raw`), the others what the database has.
    pub fn fits(&self, raw: &WrittenTable, text: &WrittenTable) -> bool {
        let head = if self.head_stays() { &raw.head } else { &self.want.head };
        let same = |a: &str, b: &str| match self.dialect {
            Dialect::Postgres => a == b,
            Dialect::Sqlite => a.eq_ignore_ascii_case(b),
        };
        let column = |want: &WrittenColumn| {
            let of = |table: &WrittenTable| {
                let found = table.columns.iter().find(|column| same(&column.name, &want.name));
                found.map(|column| column.text.clone())
            };
            of(text) == if self.stays(want) { of(raw) } else { Some(want.text.clone()) }
        };
        text.head == *head
            && text.columns.len() == self.want.columns.len()
            && self.want.columns.iter().all(column)
    }
}

/// The table's text: what stays as it is written, the rest as the database has it, columns in the
/// file's order and new ones last.
pub fn table(text: &str, item: &Item, declared: &DeclaredTable, sides: &Sides<'_>) -> String {
    let slice = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let line = slice(item.head.start..item.name_at).rsplit('\n').next().unwrap_or_default();
    let by = (line.len() - line.trim_start().len()).saturating_sub(4);
    let mut out = String::new();
    if sides.head_stays() {
        out.push_str(slice(item.head.clone()));
    } else {
        let kept = slice(item.head.clone());
        let lead = slice(item.head.start..item.name_at);
        comments(lead, sides.want.comment.as_deref(), sides.dialect, 4 + by, &mut out);
        out.push_str(deeper(&sides.want.head, by).trim_end());
        out.push_str(&trailing(kept));
    }
    let mut end = item.head.end;
    let mut left: Vec<&WrittenColumn> = sides.want.columns.iter().collect();
    for part in &item.columns {
        end = part.range.end;
        let Some(want) = take(part, declared, &mut left) else { continue };
        if sides.stays(want) {
            out.push_str(slice(part.range.start..part.end));
            let rest = slice(part.end..part.range.end);
            // The last column may have no comma, and another one may follow.
            if !left.is_empty() && !rest.trim_start().starts_with(',') {
                out.push(',');
            }
            out.push_str(rest);
        } else {
            let lead = slice(part.range.start..part.name_at);
            comments(lead, want.comment.as_deref(), sides.dialect, 8 + by, &mut out);
            out.push_str(deeper(&want.text, by).trim_end());
            out.push_str(&trailing(slice(part.end..part.range.end)));
        }
    }
    for column in left {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        if let Some(text) = &column.comment {
            comment(text, 8 + by, &mut out);
        }
        out.push_str(&deeper(&column.text, by));
    }
    out.push_str(slice(end..item.range.end));
    out
}

/// The column that the part declares, taken from the list; `None` when the database has it no more.
fn take<'w>(
    part: &Part,
    declared: &DeclaredTable,
    left: &mut Vec<&'w WrittenColumn>,
) -> Option<&'w WrittenColumn> {
    let (name, _) = declared.columns.iter().find(|(_, name)| name.at == part.name_at)?;
    let exact = left.iter().position(|column| column.name == *name);
    let alike = || left.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    Some(left.remove(exact.or_else(alike)?))
}

/// The enum's text with the comments that stand before it in the file.
pub fn enumeration(kept: &str, want: &str) -> String {
    let mut out = String::new();
    let lead = kept.split_once("enum ").map_or(kept, |(lead, _)| lead);
    for line in whole_lines(lead) {
        if line.is_empty() {
            out.push('\n');
        } else if line.starts_with("//") && !line.starts_with("///") {
            out.push_str(&format!("    {line}\n"));
        }
    }
    out.push_str(want);
    out
}

/// Blank lines and comments before a part, then the database's own comment. A doc comment is the
/// database's, so one it has not becomes a plain comment; SQLite keeps none.
fn comments(kept: &str, own: Option<&str>, dialect: Dialect, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    for line in whole_lines(kept) {
        if line.is_empty() {
            out.push('\n');
            continue;
        }
        let doc = line.strip_prefix("///").filter(|_| dialect == Dialect::Postgres);
        match doc {
            Some(text) if own.is_some_and(|own| own.contains(text.trim())) => {}
            Some(text) => out.push_str(&format!("{pad}//{text}\n")),
            None if line.starts_with("//") => out.push_str(&format!("{pad}{line}\n")),
            None => {}
        }
    }
    let documented = whole_lines(kept).any(|line| line.starts_with("///"));
    if let Some(text) = own.filter(|_| dialect == Dialect::Postgres || !documented) {
        comment(text, indent, out);
    }
}

/// The lines without the last one, on which the part itself begins.
fn whole_lines(lead: &str) -> impl Iterator<Item = &str> {
    let end = lead.rfind('\n').map_or(0, |at| at + 1);
    lead.get(..end).unwrap_or_default().lines().map(str::trim)
}

/// Text of the writer, deeper by as much as the file's block is.
fn deeper(written: &str, by: usize) -> String {
    // The lines of a string literal must stay as they are.
    if by == 0 || written.contains("r#\"") {
        return written.to_owned();
    }
    let pad = " ".repeat(by);
    written.lines().map(|line| format!("{pad}{line}\n")).collect()
}

/// A comment at the end of the part's last line, and the line's end.
fn trailing(kept: &str) -> String {
    let last = kept.trim_end().rsplit('\n').next().unwrap_or_default();
    let at = last.find(['{', ',']).map_or(0, |at| at + 1);
    match last.get(at..).map(str::trim) {
        Some(comment) if comment.starts_with("//") => format!(" {comment}\n"),
        _ => "\n".to_owned(),
    }
}
