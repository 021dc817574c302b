//! A schema file brought up to date with a database, keeping what the database cannot know:
//! the order of things, Rust names, comments, spellings, marks.
//!
//! What means the same stays as it is written. The outcome is read again and must say what was
//! wanted, part by part; a table where it does not is written anew as a whole.

mod adopt;
mod item;
mod pieces;

pub use adopt::{Adopted, adopt, is_plain, is_schema};

use super::declared::DeclaredTable;
use super::on_update;
use super::plain::without_views;
use super::read::read_all;
use super::write::{Written, WrittenColumn};
use crate::diagnostic::{Severity, SourceFile};
use crate::dialect::sqlite::align::align;
use crate::model::{ColumnRef, Dialect, Mask, Model, ObjectId, OnTable, QName, RoutineId};
use crate::source::Source;
use item::Sides;
use pieces::{Block, Item};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

/// Schema files that say what a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// Each file with its new text.
    pub texts: Vec<(PathBuf, String)>,
    pub counts: Counts,
    /// Triggers and functions that the text stands for (`on_update`): not to be said twice.
    pub implied: BTreeSet<ObjectId>,
    /// Enums that the SQL file beside it declares.
    pub in_sql: BTreeSet<QName>,
    /// The old files' model in the database's spelling.
    pub beside: Model,
}

/// What became of a file's tables and enums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
}

type Personal = BTreeMap<ColumnRef, Option<Mask>>;
/// The database's name for a table of the file and, where one is asked for, a column of it.
type Twin<'a> = dyn Fn(&QName, Option<&str>) -> Option<(QName, String)> + 'a;

/// The texts of the schema files of `old` that together say what `live` has. `beside` is the model of
/// `old` in the database's spelling.
///
/// `None` where only a file written anew can say it: tables stand in `diesel::table!`, or there is no
/// block yet.
#[must_use]
pub fn update(old: &Source, beside: &Model, live: &Model) -> Option<Updated> {
    let rust = |file: &&Arc<SourceFile>| file.path.extension().is_some_and(|end| end != "sql");
    let files: Vec<&Arc<SourceFile>> = old.files.iter().filter(rust).collect();
    let blocks: Vec<Vec<Block>> = files.iter().map(|file| pieces::blocks(&file.text)).collect();
    if old.declared.plain || blocks.iter().all(Vec::is_empty) {
        return None;
    }
    let aligned = (live.dialect == Dialect::Sqlite).then(|| align(beside, live));
    let change = Change::new(old, aligned.as_ref().unwrap_or(beside), live, &files, &blocks);
    let mut whole = BTreeSet::new();
    // First what can stay, then nothing of the tables that came out otherwise.
    for _ in 0..2 {
        let mut counts = Counts::default();
        let mut made = Vec::new();
        for (at, file) in files.iter().enumerate() {
            let (text, found) = change.assemble(at, &whole);
            counts.added += found.added;
            counts.changed += found.changed;
            counts.removed += found.removed;
            made.push(Arc::new(SourceFile { path: file.path.clone(), text }));
        }
        let (mut again, mistakes) = read_all(&made, live.dialect);
        without_views(&mut again, &old.declared.views);
        // The text alone does not say what the file beside it declares.
        for (name, ty) in &old.model.enums {
            if !old.declared.enums.contains_key(name) && live.enums.contains_key(name) {
                again.model.enums.insert(name.clone(), ty.clone());
            }
        }
        let broken = mistakes.iter().any(|mistake| mistake.severity == Severity::Error);
        let wrong = match broken {
            true => change.want.tables.keys().cloned().collect(),
            false => change.wrong(&again, &whole),
        };
        if wrong.is_empty() && !broken {
            let triggers = again.model.triggers.keys().cloned().map(ObjectId::Trigger);
            let routines = again.model.routines.keys().cloned().map(ObjectId::Routine);
            let implied: BTreeSet<ObjectId> = triggers.chain(routines).collect();
            // Told otherwise beside a schema.rs that implies it, it would be there twice.
            let fits = implied.iter().all(|id| change.beside.same_object(live, id));
            let beside = change.beside.clone();
            let in_sql = live.enums.keys().filter(|name| {
                old.model.enums.contains_key(*name) && !old.declared.enums.contains_key(*name)
            });
            let in_sql = in_sql.cloned().collect();
            let texts = made.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
            return fits.then_some(Updated { texts, counts, implied, in_sql, beside });
        }
        whole.extend(wrong);
    }
    None
}

struct Change<'a> {
    files: &'a [&'a Arc<SourceFile>],
    /// Of each file.
    blocks: &'a [Vec<Block>],
    old: &'a Source,
    beside: &'a Model,
    dialect: Dialect,
    /// The tables by file and where their names stand.
    places: BTreeMap<(usize, usize), &'a QName>,
    /// What the database calls each table of the file, and the other way round.
    twins: BTreeMap<&'a QName, QName>,
    back: BTreeMap<QName, &'a QName>,
    /// Columns whose `on_update` the database has not, or otherwise.
    lost: BTreeSet<ColumnRef>,
    /// As the file has it, as the file has it in the database's spelling, as the database has it.
    raw: Written,
    now: Written,
    want: Written,
}

impl<'a> Change<'a> {
    fn new(
        old: &'a Source,
        beside: &'a Model,
        live: &Model,
        files: &'a [&'a Arc<SourceFile>],
        blocks: &'a [Vec<Block>],
    ) -> Self {
        let same = |a: &str, b: &str| match live.dialect {
            Dialect::Postgres => a == b,
            Dialect::Sqlite => a.eq_ignore_ascii_case(b),
        };
        let twin = |name: &QName| {
            let mut names = live.tables.keys();
            let known = live.tables.get(name).map(|table| &table.name);
            known.or_else(|| names.find(|n| n.schema == name.schema && same(&n.name, &name.name)))
        };
        let rename = |table: &QName, column: Option<&str>| {
            let twin = twin(table)?;
            let Some(column) = column else { return Some((twin.clone(), String::new())) };
            let columns = live.tables.get(twin).map(|table| table.columns.as_slice());
            let found = columns.unwrap_or_default().iter().find(|c| same(&c.name, column))?;
            Some((twin.clone(), found.name.clone()))
        };
        let identified = old.declared.identifiers(rename);
        let own = old.declared.identifiers(|table, column| {
            Some((table.clone(), column.unwrap_or_default().to_owned()))
        });
        let marks = old.personal_under_all_names();
        let personal = marks.iter().filter_map(|(place, mask)| {
            let (table, column) = rename(&place.table, Some(&place.column))?;
            Some((ColumnRef { table, column }, *mask))
        });
        let personal: Personal = personal.collect();
        let ordered = ordered(live, &old.declared.tables, &rename);
        let tables = &old.declared.tables;
        let columns = tables
            .iter()
            .flat_map(|(name, table)| table.columns.iter().map(move |(column, _)| (name, column)));
        let lost = columns.filter_map(|(name, column)| {
            let trigger = on_update::name_of(name, column);
            let own = OnTable { table: name.clone(), name: trigger.clone() };
            old.model.triggers.get(&own)?;
            let (table, column) = rename(name, Some(column))?;
            let routine = RoutineId { name: name.sibling(&trigger), arguments: Vec::new() };
            let trigger = ObjectId::Trigger(OnTable { table: table.clone(), name: trigger });
            let stays = beside.same_object(live, &trigger)
                && beside.same_object(live, &ObjectId::Routine(routine));
            (!stays).then_some(ColumnRef { table, column })
        });
        let twins: BTreeMap<&QName, QName> =
            tables.keys().filter_map(|name| Some((name, twin(name)?.clone()))).collect();
        Self {
            files,
            blocks,
            old,
            beside,
            lost: lost.collect(),
            dialect: live.dialect,
            places: tables
                .iter()
                .map(|(name, table)| ((table.file, table.name.at), name))
                .collect(),
            back: twins.iter().map(|(name, twin)| (twin.clone(), *name)).collect(),
            twins,
            raw: Written::new(&old.model, &own, &old.personal),
            now: Written::new(beside, &identified, &personal),
            want: Written::new(&ordered, &identified, &personal),
        }
    }

    fn text(&self, at: usize) -> &str {
        self.files.get(at).map_or("", |file| file.text.as_str())
    }

    /// A file's text with what differs replaced; tables in `whole` as if all of them did.
    fn assemble(&self, at: usize, whole: &BTreeSet<QName>) -> (String, Counts) {
        let text = self.text(at);
        let blocks = self.blocks.get(at).map(Vec::as_slice).unwrap_or_default();
        let (mut out, mut counts) = (String::new(), Counts::default());
        let mut done = 0;
        for (number, block) in blocks.iter().enumerate() {
            for item in &block.items {
                out.push_str(text.get(done..item.range.start).unwrap_or_default());
                done = item.range.end;
                let kept = text.get(item.range.clone()).unwrap_or_default();
                match self.item(at, item, whole) {
                    None => counts.removed += 1,
                    Some(new) => {
                        counts.changed += usize::from(new != kept);
                        out.push_str(&new);
                    }
                }
            }
            if number + 1 == blocks.len() {
                let end = block.items.last().map_or(block.inside.start, |item| item.range.end);
                out.push_str(text.get(done..end).unwrap_or_default());
                done = end.max(done);
                counts.added = self.add(at, &mut out, block.items.is_empty());
            }
        }
        out.push_str(text.get(done..).unwrap_or_default());
        if text.contains("\r\n") {
            out = out.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        (out, counts)
    }

    /// The new text of a table or an enum; `None` when the database has it no more.
    fn item(&self, at: usize, item: &Item, whole: &BTreeSet<QName>) -> Option<String> {
        let text = self.text(at);
        let kept = text.get(item.range.clone()).unwrap_or_default();
        let declared = &self.old.declared;
        let place = self.places.get(&(at, item.name_at));
        let called = text.get(item.name_at..).unwrap_or_default();
        let mut enums = declared.enums.iter();
        let own =
            enums.find(|(_, name)| name.at == item.name_at && called.starts_with(&name.ident));
        if let (Some((name, _)), None) = (own, place) {
            // On SQLite an enum is a check of the columns that use it.
            if self.dialect == Dialect::Sqlite {
                return Some(kept.to_owned());
            }
            let want = self.want.enums.get(name)?;
            return Some(match self.now.enums.get(name) == Some(want) {
                true => kept.to_owned(),
                false => item::enumeration(kept, want),
            });
        }
        let name = *place?;
        let (table, twin) = (declared.tables.get(name)?, self.twins.get(name)?);
        let sides = self.sides(twin, whole)?;
        Some(item::table(text, item, table, &sides))
    }

    fn sides<'s>(&'s self, twin: &'s QName, whole: &BTreeSet<QName>) -> Option<Sides<'s>> {
        Some(Sides {
            now: self.now.tables.get(twin).filter(|_| !whole.contains(twin)),
            want: self.want.tables.get(twin)?,
            table: twin,
            lost: &self.lost,
            dialect: self.dialect,
        })
    }

    /// The file for a table that none has: where others of its schema are, else the last one.
    fn belongs(&self, name: &QName) -> Option<usize> {
        let files = |same: bool| {
            let tables = self.old.declared.tables.iter();
            let tables = tables.filter(move |(other, _)| !same || other.schema == name.schema);
            tables.map(|(_, table)| table.file).max()
        };
        files(true).or_else(|| files(false)).or_else(|| self.first())
    }

    /// The first file with a block.
    fn first(&self) -> Option<usize> {
        self.blocks.iter().position(|blocks| !blocks.is_empty())
    }

    /// Writes what no file has, at the end of its last block; returns how much that is.
    fn add(&self, at: usize, out: &mut String, mut first: bool) -> usize {
        let mut texts = Vec::new();
        let Source { declared, model, .. } = self.old;
        for (name, text) in &self.want.enums {
            // One that the file beside it declares stays there.
            if self.first() == Some(at)
                && !declared.enums.contains_key(name)
                && !model.enums.contains_key(name)
            {
                texts.push(text.clone());
            }
        }
        for (name, table) in &self.want.tables {
            if !self.back.contains_key(name) && self.belongs(name) == Some(at) {
                let mut text = String::new();
                table.write(&mut text);
                texts.push(text);
            }
        }
        if !texts.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        for text in &texts {
            if !std::mem::take(&mut first) {
                out.push('\n');
            }
            out.push_str(text);
        }
        texts.len()
    }

    /// The tables of which the text just made says something else than it should.
    fn wrong(&self, again: &Source, whole: &BTreeSet<QName>) -> BTreeSet<QName> {
        let own = again.declared.identifiers(|table, column| {
            Some((table.clone(), column.unwrap_or_default().to_owned()))
        });
        let found = Written::new(&again.model, &own, &again.personal);
        let mut wrong = BTreeSet::new();
        let mut expected = 0;
        for (name, want) in &self.want.tables {
            expected += 1;
            let old = self.back.get(name).copied();
            let raw = old.and_then(|old| self.raw.tables.get(old));
            let text = found.tables.get(name).or_else(|| found.tables.get(old?));
            let fits = text.is_some_and(|text| match (raw, self.sides(name, whole)) {
                (Some(raw), Some(sides)) => sides.fits(raw, text),
                _ => text.head == want.head && texts(&text.columns) == texts(&want.columns),
            });
            if !fits {
                wrong.insert(name.clone());
            }
        }
        if found.tables.len() != expected || found.enums != self.enums_wanted(&found) {
            wrong.extend(self.want.tables.keys().cloned());
        }
        wrong
    }

    /// Enums as the text should have them: those that stay are spelled as they were.
    fn enums_wanted(&self, found: &Written) -> BTreeMap<QName, String> {
        if self.dialect == Dialect::Sqlite {
            return found.enums.clone();
        }
        let one = |(name, want): (&QName, &String)| {
            let stays = self.now.enums.get(name) == Some(want);
            let text = self.raw.enums.get(name).filter(|_| stays).unwrap_or(want);
            (name.clone(), text.clone())
        };
        self.want.enums.iter().map(one).collect()
    }
}

fn texts(columns: &[WrittenColumn]) -> Vec<&str> {
    columns.iter().map(|column| column.text.as_str()).collect()
}

/// `live` with the columns of tables that the file has in the file's order, new ones last: where a
/// constraint is written depends on it.
fn ordered(live: &Model, tables: &BTreeMap<QName, DeclaredTable>, rename: &Twin<'_>) -> Model {
    let mut out = live.clone();
    for (name, declared) in tables {
        let names: Vec<String> = declared
            .columns
            .iter()
            .filter_map(|(column, _)| Some(rename(name, Some(column))?.1))
            .collect();
        let twin = rename(name, None).map(|(twin, _)| twin);
        if let Some(table) = twin.and_then(|twin| out.tables.get_mut(&twin)) {
            table.columns.sort_by_key(|column| {
                names.iter().position(|name| *name == column.name).unwrap_or(names.len())
            });
        }
    }
    out
}
