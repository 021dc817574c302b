//! A schema file of Diesel's own, as `diesel print-schema` writes it, made one of dbkit's.
//!
//! Its tables move, in their order, into one `schema!` block in the place of the first one of their
//! module; `joinable!` and `allow_tables_to_appear_in_same_query!` go where the macro makes them.
//! Rust names, types of the application's own, imports, comments and all other code stay.

use super::super::ast::{Items, Table, Type};
use super::super::declared::{Declared, Identified};
use super::super::read::{items_of, read_all};
use super::super::types::from_diesel;
use super::super::write::{Written, WrittenTable};
use super::item::{self, Sides};
use super::pieces::{self, Call};
use super::{Counts, ordered};
use crate::diagnostic::SourceFile;
use crate::dialect::{postgres, sqlite};
use crate::model::{DataType, Dialect, Model, QName};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// A file that has become dbkit's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adopted {
    pub text: String,
    pub counts: Counts,
    /// Enums for which the application has a type of its own: the SQL file beside it declares them.
    pub in_sql: BTreeSet<QName>,
}

/// True when all tables of the file stand in `diesel::table!`.
#[must_use]
pub fn is_plain(path: &Path, text: &str) -> bool {
    let file = Arc::new(SourceFile { path: path.to_owned(), text: text.to_owned() });
    let items = items_of(&file);
    items.enums.is_empty() && items.tables.iter().all(|t| t.plain) && !items.tables.is_empty()
}

/// The file as dbkit's own, saying what `live` has. `None` where it is beyond doing: what is read
/// again is not what the database has.
#[must_use]
pub fn adopt(path: &Path, text: &str, live: &Model) -> Option<Adopted> {
    let file = Arc::new(SourceFile { path: path.to_owned(), text: text.to_owned() });
    let items = items_of(&file);
    let declared = declared(&file, &items, live);
    let identified: Identified = declared.identifiers(|table, column| {
        let columns = &live.tables.get(table)?.columns;
        let known = column.is_none_or(|name| columns.iter().any(|c| c.name == name));
        known.then(|| (table.clone(), column.unwrap_or_default().to_owned()))
    });
    let in_sql: BTreeSet<QName> =
        live.enums.keys().filter(|name| declared.types.contains_key(*name)).cloned().collect();
    let live = ordered(live, &declared.tables, &|table, column| {
        let known = live.tables.contains_key(table);
        known.then(|| (table.clone(), column.unwrap_or_default().to_owned()))
    });
    let mut want = Written::new(&live, &identified, &BTreeMap::new());
    let own = Own { file: &file, live: &live, declared: &declared, types: &items.custom_types };
    for table in &items.tables {
        own.keep_types(table, &mut want);
    }
    let adoption = Adoption { text, declared: &declared, want: &want, live: &live };
    let (text, counts) = adoption.assemble(&in_sql);

    let made = Arc::new(SourceFile { path: path.to_owned(), text: text.clone() });
    let (again, mistakes) = read_all(&[made], live.dialect);
    let same = |name: &QName| again.model.tables.get(name) == live.tables.get(name);
    let fits = mistakes.is_empty()
        && again.model.tables.len() == live.tables.len()
        && live.tables.keys().all(same);
    fits.then_some(Adopted { text, counts, in_sql })
}

/// The tables under the names the database has for them.
fn declared(file: &SourceFile, items: &Items, live: &Model) -> Declared {
    let mut out = Declared { plain: true, ..Declared::default() };
    for table in &items.tables {
        let (name, table) = table.declared(file, live.dialect);
        out.tables.insert(name, table);
    }
    out.types = items.custom_types.iter().map(|item| item.declared()).collect();
    out
}

/// What the application has types of its own for.
struct Own<'a> {
    file: &'a SourceFile,
    live: &'a Model,
    declared: &'a Declared,
    types: &'a [super::super::ast::CustomType],
}

impl Own<'_> {
    /// Puts the file's Rust types in the place of the writer's where both mean the same, or where
    /// only the application knows what its type is.
    fn keep_types(&self, table: &Table, want: &mut Written) {
        let (name, declared) = table.declared(self.file, self.live.dialect);
        let Some(live) = self.live.tables.get(&name) else { return };
        let Some(written) = want.tables.get_mut(&name) else { return };
        for (column, (sql, _)) in table.columns.iter().zip(&declared.columns) {
            let inner = inner(&column.ty);
            let Some(path) = self.file.text.get(span(inner)) else { continue };
            let Some(live) = live.columns.iter().find(|c| c.name == *sql) else { continue };
            let Some(column) = written.columns.iter_mut().find(|c| c.name == *sql) else {
                continue;
            };
            let last = inner.path.last().map_or("", |name| name.text.as_str());
            if self.declared.types.values().any(|ident| ident == last)
                && !self.types.iter().any(|ty| ty.ident == last && self.means(ty, &live.ty))
            {
                continue;
            }
            let dialect = self.live.dialect;
            let known = from_diesel(dialect, last, None, None);
            let of_file = self.declared.types.values().any(|ident| ident == last);
            if let Some(text) = replaced(&column.text, path, |written| {
                match &known {
                    // Two of Diesel's names for one type.
                    Some(ty) => from_diesel(dialect, written, None, None).as_ref() == Some(ty),
                    None => true,
                }
            }) {
                let says = known.is_some() || of_file || text.contains("#[sql_type");
                column.text = match says {
                    true => text,
                    false => {
                        format!("        #[sql_type = {:?}]\n{text}", render(dialect, &live.ty))
                    }
                };
            }
        }
    }

    fn means(&self, own: &super::super::ast::CustomType, ty: &DataType) -> bool {
        let (name, _) = own.declared();
        let ty = DataType { array: false, modifier: None, ..ty.clone() };
        render(self.live.dialect, &ty) == name.to_string()
    }
}

fn render(dialect: Dialect, ty: &DataType) -> String {
    match dialect {
        Dialect::Postgres => postgres::types::render(ty),
        Dialect::Sqlite => sqlite::types::render(ty),
    }
}

/// The type inside `Nullable<…>` and `Array<…>`.
fn inner(ty: &Type) -> &Type {
    let wraps = ty.path.last().is_some_and(|n| matches!(n.text.as_str(), "Nullable" | "Array"));
    match ty.arguments.first() {
        Some(inside) if wraps => inner(inside),
        _ => ty,
    }
}

fn span(ty: &Type) -> std::ops::Range<usize> {
    ty.span.clone()
}

/// The column's text with another innermost type, where `fits` says so of the written one.
fn replaced(text: &str, path: &str, fits: impl Fn(&str) -> bool) -> Option<String> {
    let (before, ty) = text.trim_end().rsplit_once(" -> ")?;
    let mut start = 0;
    for wrap in ["Nullable<", "Array<", "Nullable<"] {
        start += if ty.get(start..)?.starts_with(wrap) { wrap.len() } else { 0 };
    }
    let end = ty.trim_end_matches([',', '>']).len();
    // A range keeps its own bracket.
    let written = ty.get(start..end)?;
    if written == path || written.contains('<') || path.contains('<') || !fits(written) {
        return None;
    }
    let (head, tail) = (ty.get(..start)?, ty.get(end..)?);
    Some(format!("{before} -> {head}{path}{tail}\n"))
}

struct Adoption<'a> {
    text: &'a str,
    declared: &'a Declared,
    want: &'a Written,
    live: &'a Model,
}

impl Adoption<'_> {
    fn assemble(&self, in_sql: &BTreeSet<QName>) -> (String, Counts) {
        let calls = pieces::calls(self.text);
        let last =
            calls.iter().filter(|call| call.name == "table").map(|call| call.level).next_back();
        let mut counts = Counts { changed: 0, ..Counts::default() };
        let (mut out, mut done) = (String::new(), 0);
        let mut begun = BTreeSet::new();
        for call in &calls {
            let made = match call.name.as_str() {
                "table" if begun.insert(call.level) => {
                    let here = calls.iter().filter(|c| c.name == "table" && c.level == call.level);
                    self.block(here, last == Some(call.level), in_sql, &mut counts)
                }
                "table" => String::new(),
                "joinable" if !self.is_made(call) => continue,
                "joinable" | "allow_tables_to_appear_in_same_query" => String::new(),
                _ => continue,
            };
            out.push_str(self.text.get(done..call.range.start).unwrap_or_default());
            out.push_str(&made);
            done = call.range.end;
            // One blank line is left where an item went.
            if made.is_empty() && out.ends_with("\n\n") {
                let rest = self.text.get(done..).unwrap_or_default();
                done += rest.len() - rest.trim_start_matches('\n').len();
            }
        }
        out.push_str(self.text.get(done..).unwrap_or_default());
        (format!("{}\n", out.trim_end()), counts)
    }

    fn block<'c>(
        &self,
        calls: impl Iterator<Item = &'c Call>,
        last: bool,
        in_sql: &BTreeSet<QName>,
        counts: &mut Counts,
    ) -> String {
        let mut uses: Vec<String> = Vec::new();
        let mut items = Vec::new();
        for call in calls {
            let Some((before, found)) = call.table(self.text) else { continue };
            for line in before.lines().map(str::trim).filter(|line| line.starts_with("use ")) {
                if !uses.iter().any(|known| known == line) {
                    uses.push(line.to_owned());
                }
            }
            let place = found.name_at;
            let table = self.declared.tables.iter().find(|(_, table)| table.name.at == place);
            let Some((name, table)) = table else { continue };
            let Some(want) = self.want.tables.get(name) else {
                counts.removed += 1;
                continue;
            };
            let none = BTreeSet::new();
            let dialect = self.live.dialect;
            let sides = Sides { now: None, want, dialect, table: name, lost: &none };
            let lead = self.text.get(call.lead.clone()).unwrap_or_default();
            let lead = lead.lines().map(|line| format!("    {}\n", line.trim()));
            let text = item::table(self.text, &found, table, &sides);
            items.push(format!("{}{}", lead.collect::<String>(), text.trim_start_matches('\n')));
            counts.changed += 1;
        }
        if last {
            self.new_items(in_sql, &mut items, counts);
        }
        let only = uses.iter().all(|line| line == "use diesel::sql_types::*;");
        let mut out = String::from("dbkit::schema! {\n");
        if !only {
            uses.iter().for_each(|line| out.push_str(&format!("    {line}\n")));
            out.push('\n');
        }
        out.push_str(&items.join("\n"));
        out.push_str("}\n");
        out
    }

    /// Enums and tables that the file has not.
    fn new_items(&self, in_sql: &BTreeSet<QName>, items: &mut Vec<String>, counts: &mut Counts) {
        let before = items.len();
        let enums = self.want.enums.iter().filter(|(name, _)| !in_sql.contains(*name));
        items.extend(enums.map(|(_, text)| text.clone()));
        let known = |name: &QName| self.declared.tables.contains_key(name);
        let tables = self.want.tables.iter().filter(|(name, _)| !known(name));
        items.extend(tables.map(|(_, table)| written(table)));
        counts.added += items.len() - before;
    }

    /// The macro makes it of the foreign key, or a table of it is gone.
    fn is_made(&self, call: &Call) -> bool {
        let words: Vec<String> = call
            .group
            .stream()
            .into_iter()
            .filter_map(|token| match token {
                proc_macro2::TokenTree::Ident(ident) => Some(ident.to_string()),
                proc_macro2::TokenTree::Group(group) => Some(group.stream().to_string()),
                _ => None,
            })
            .collect();
        let (Some(column), Some(child)) = (words.last(), words.first()) else { return false };
        let Some(parent) = words.len().checked_sub(2).and_then(|at| words.get(at)) else {
            return false;
        };
        let table =
            |ident: &str| self.declared.tables.iter().find(|(_, table)| table.name.ident == *ident);
        let (Some((child, declared)), Some((parent, _))) = (table(child), table(parent)) else {
            return false;
        };
        if [child, parent].iter().any(|table| !self.live.tables.contains_key(*table)) {
            return true;
        }
        let column = declared.columns.iter().find(|(_, name)| name.ident == *column.trim());
        let (Some((column, _)), Some(found)) = (column, self.live.tables.get(child)) else {
            return false;
        };
        let key = self.live.tables.get(parent).and_then(|parent| parent.primary_key.as_ref());
        let back = self.live.tables.get(parent).map_or(0, |table| {
            table.foreign_keys.iter().filter(|key| key.parent == *child).count()
        });
        let to = found.foreign_keys.iter().filter(|key| key.parent == *parent).count();
        child != parent
            && to + back == 1
            && found.foreign_keys.iter().any(|reference| {
                reference.parent == *parent
                    && reference.columns == [column.clone()]
                    && key.is_some_and(|key| key.columns == reference.parent_columns)
            })
    }
}

fn written(table: &WrittenTable) -> String {
    let mut text = String::new();
    table.write(&mut text);
    text
}
