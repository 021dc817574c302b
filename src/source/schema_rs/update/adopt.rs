//! A schema file of Diesel's own, as `diesel print-schema` writes it, made one of dbkit's.
//!
//! Its tables move, in their order, into one `schema!` block in the place of the first one of their
//! module; `joinable!` and `allow_tables_to_appear_in_same_query!` go where the macro makes them.
//! Rust names, types of the application's own, imports, comments and all other code stay.

use super::super::ast::{CustomType, Items, Table, Type};
use super::super::declared::{Declared, DeclaredTable, Identified};
use super::super::plain::without_views;
use super::super::read::{items_of, read_all};
use super::super::types::from_diesel;
use super::super::write::{Written, WrittenTable};
use super::item::{self, Sides};
use super::pieces::{self, Call};
use super::{Counts, ordered};
use crate::diagnostic::SourceFile;
use crate::dialect::{postgres, sqlite};
use crate::model::{DataType, Dialect, Model, QName, TypeName};
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

/// True for a file that dbkit would read tables or enums from.
#[must_use]
pub fn is_schema(path: &Path, text: &str) -> bool {
    let file = Arc::new(SourceFile { path: path.to_owned(), text: text.to_owned() });
    items_of(&file).blocks > 0
}

/// The files as dbkit's own, together saying what `live` has. `None` where it is beyond doing: what
/// is read again is not what the database has.
#[must_use]
pub fn adopt(files: &[Arc<SourceFile>], live: &Model) -> Option<Vec<Adopted>> {
    let items: Vec<Items> = files.iter().map(items_of).collect();
    let declared = declared(files, &items, live);
    let identified: Identified = declared.identifiers(|table, column| {
        let columns = &live.tables.get(table)?.columns;
        let known = column.is_none_or(|name| columns.iter().any(|c| c.name == name));
        known.then(|| (table.clone(), column.unwrap_or_default().to_owned()))
    });
    let live = ordered(live, &declared.tables, &|table, column| {
        let known = live.tables.contains_key(table);
        known.then(|| (table.clone(), column.unwrap_or_default().to_owned()))
    });
    let mut want = Written::new(&live, &identified, &BTreeMap::new());
    let custom: Vec<CustomType> = items.iter().flat_map(|i| i.custom_types.clone()).collect();
    let mut in_sql: BTreeSet<QName> =
        live.enums.keys().filter(|name| declared.types.contains_key(*name)).cloned().collect();
    for (file, items) in files.iter().zip(&items) {
        let own = Own { file, live: &live, declared: &declared, types: &custom };
        for table in &items.tables {
            own.keep_types(table, &mut want);
            own.imported(table, &mut in_sql);
        }
    }
    let mut adopted = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let text = &file.text;
        let adoption = Adoption { text, at, declared: &declared, want: &want, live: &live };
        let (text, counts) = adoption.assemble(&in_sql);
        adopted.push(Adopted { text, counts, in_sql: in_sql.clone() });
    }

    let made: Vec<Arc<SourceFile>> = files
        .iter()
        .zip(&adopted)
        .map(|(file, made)| {
            Arc::new(SourceFile { path: file.path.clone(), text: made.text.clone() })
        })
        .collect();
    let (mut again, mistakes) = read_all(&made, live.dialect);
    without_views(&mut again, &live.views.keys().cloned().collect());
    let same = |name: &QName| again.model.tables.get(name) == live.tables.get(name);
    let fits = mistakes.is_empty()
        && again.model.tables.len() == live.tables.len()
        && live.tables.keys().all(same);
    fits.then_some(adopted)
}

/// The tables under the names the database has for them.
fn declared(files: &[Arc<SourceFile>], items: &[Items], live: &Model) -> Declared {
    let mut out = Declared { plain: true, ..Declared::default() };
    for (at, (file, items)) in files.iter().zip(items).enumerate() {
        for table in &items.tables {
            let (name, table) = table.declared(file, live.dialect);
            out.tables.insert(name, DeclaredTable { file: at, ..table });
        }
        out.types.extend(items.custom_types.iter().map(CustomType::declared));
    }
    out
}

/// What the application has types of its own for.
struct Own<'a> {
    file: &'a SourceFile,
    live: &'a Model,
    declared: &'a Declared,
    types: &'a [CustomType],
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
            let mut says = of_file || column.text.contains("#[sql_type");
            if let Some(text) = replaced(&column.text, path, |written| {
                let Some(ty) = &known else { return true };
                // Two of Diesel's names for one type.
                if from_diesel(dialect, written, None, None).as_ref() == Some(ty) {
                    says = true;
                    return true;
                }
                // Not what the database calls it, and what the application works with.
                let chosen = match dialect {
                    Dialect::Sqlite => true,
                    Dialect::Postgres => is_text(last),
                };
                chosen && !(is_text(last) && is_text(written))
            }) {
                column.text = match says {
                    true => text,
                    false => exact(&text, &render(dialect, &live.ty)),
                };
            } else if known.is_none() && !says && matches!(live.ty.name, TypeName::User(_)) {
                // Called as the writer would call it, and declared elsewhere.
                column.text = exact(&column.text, &render(dialect, &live.ty));
            }
        }
    }

    /// Enums of columns whose Rust type comes from elsewhere: declared once more it would be
    /// another type.
    fn imported(&self, table: &Table, in_sql: &mut BTreeSet<QName>) {
        let (name, declared) = table.declared(self.file, self.live.dialect);
        let Some(live) = self.live.tables.get(&name) else { return };
        for (column, (sql, _)) in table.columns.iter().zip(&declared.columns) {
            let last = inner(&column.ty).path.last().map_or("", |name| name.text.as_str());
            let found = live.columns.iter().find(|c| c.name == *sql);
            if let Some(TypeName::User(ty)) = found.map(|column| &column.ty.name)
                && self.live.enums.contains_key(ty)
                && !last.is_empty()
            {
                in_sql.insert(ty.clone());
            }
        }
    }

    fn means(&self, own: &CustomType, ty: &DataType) -> bool {
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

/// Diesel has one type under all these names.
fn is_text(name: &str) -> bool {
    matches!(name, "Text" | "Varchar" | "VarChar" | "Bpchar" | "BpChar")
}

/// The column with its type by its SQL spelling.
fn exact(text: &str, ty: &str) -> String {
    let part = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with("#[max_length") && !line.starts_with("#[precision")
    };
    let kept: String = text.split_inclusive('\n').filter(part).collect();
    format!("        #[sql_type = {ty:?}]\n{kept}")
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
fn replaced(text: &str, path: &str, fits: impl FnOnce(&str) -> bool) -> Option<String> {
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
    /// Which of the files it is.
    at: usize,
    declared: &'a Declared,
    want: &'a Written,
    live: &'a Model,
}

impl Adoption<'_> {
    fn assemble(&self, in_sql: &BTreeSet<QName>) -> (String, Counts) {
        let all = pieces::calls(self.text);
        let view = |call: &Call| {
            let found = call.table(self.text).and_then(|(_, item)| self.name_at(item.name_at));
            found.is_some_and(|name| self.live.views.contains_key(name))
        };
        let (views, calls): (Vec<Call>, Vec<Call>) =
            all.into_iter().partition(|call| call.name == "table" && view(call));
        let tables = calls.iter().filter(|call| call.name == "table");
        let levels = tables.clone().filter_map(|call| {
            let (_, item) = call.table(self.text)?;
            Some((self.name_at(item.name_at)?.clone(), call.level))
        });
        let levels: BTreeMap<QName, usize> = levels.collect();
        let last = tables.map(|call| call.level).next_back();
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
                "joinable" if !self.is_made(call, &levels) => continue,
                "joinable" => String::new(),
                "allow_tables_to_appear_in_same_query" => self.beside_views(call, &views),
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

    /// The table of this file whose name stands there.
    fn name_at(&self, place: usize) -> Option<&QName> {
        let mut tables = self.declared.tables.iter();
        let found = tables.find(|(_, table)| table.file == self.at && table.name.at == place);
        found.map(|(name, _)| name)
    }

    /// The macro pairs the tables of its block; each view goes with all of them still.
    fn beside_views(&self, call: &Call, views: &[Call]) -> String {
        let idents = call.group.stream().into_iter().filter_map(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => Some(ident.to_string()),
            _ => None,
        });
        let (views, tables): (Vec<String>, Vec<String>) = idents.partition(|ident| {
            views.iter().filter_map(|view| view.table(self.text)).any(|(_, item)| {
                let rest = self.text.get(item.name_at..).unwrap_or_default();
                rest.strip_prefix(ident.as_str()).is_some_and(|rest| {
                    !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
                })
            })
        });
        let pair =
            |names: String| format!("diesel::allow_tables_to_appear_in_same_query!({names});\n");
        let mut out = String::new();
        if views.len() > 1 {
            out.push_str(&pair(views.join(", ")));
        }
        for view in &views {
            let mut lines = tables.iter().map(|table| pair(format!("{view}, {table}")));
            out.extend(lines.by_ref());
        }
        out
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
            let Some(name) = self.name_at(found.name_at) else { continue };
            let Some(table) = self.declared.tables.get(name) else { continue };
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
        // A type is declared once, beside the tables of the first file.
        let first = self.declared.tables.values().map(|table| table.file).min() == Some(self.at);
        let enums = self.want.enums.iter().filter(|(name, _)| first && !in_sql.contains(*name));
        items.extend(enums.map(|(_, text)| text.clone()));
        let tables = self.want.tables.iter().filter(|(name, _)| self.belongs(name));
        items.extend(tables.map(|(_, table)| written(table)));
        counts.added += items.len() - before;
    }

    /// A table that no file has goes where others of its schema are, else into the last file.
    fn belongs(&self, name: &QName) -> bool {
        if self.declared.tables.contains_key(name) {
            return false;
        }
        let files = |same: bool| {
            let tables = self.declared.tables.iter();
            let tables = tables.filter(move |(other, _)| !same || other.schema == name.schema);
            tables.map(|(_, table)| table.file).max()
        };
        files(true).or_else(|| files(false)) == Some(self.at)
    }

    /// The macro makes it of the foreign key, or a table of it is gone.
    fn is_made(&self, call: &Call, levels: &BTreeMap<QName, usize>) -> bool {
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
        let table = |ident: &str| {
            let mut tables = self.declared.tables.iter();
            tables.find(|(_, table)| table.file == self.at && table.name.ident == *ident)
        };
        let (Some((child, declared)), Some((parent, _))) = (table(child), table(parent)) else {
            return false;
        };
        if [child, parent].iter().any(|name| self.live.views.contains_key(*name)) {
            return false;
        }
        if [child, parent].iter().any(|table| !self.live.tables.contains_key(*table)) {
            return true;
        }
        if levels.get(child) != levels.get(parent) {
            return false;
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
