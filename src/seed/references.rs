//! References by natural key, and foreign keys that would point at nothing: found before anything
//! is written.

use super::SeedError;
use super::check::{Checked, CheckedRow, Draft, Lookup, shown, unknown_table};
use super::keys::{self, Declared};
use super::kind::Kind;
use super::read::Given;
use super::statements::{ident, orphans, qname, with_rows};
use super::value::convert;
use crate::database::{DatabaseError, Session, Value};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{ForeignKey, Model, QName, Table};
use std::collections::{BTreeMap, BTreeSet};

/// A reference that is not resolved yet.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub column: String,
    /// `table.key`, without the `@`.
    pub text: String,
    pub place: Place,
}

/// What a reference points at.
struct Aim {
    parent: QName,
    /// The column whose value is wanted.
    column: String,
    /// Ways to read the key: columns with their values.
    keys: Vec<Vec<(String, Value)>>,
    text: String,
}

/// Replaces references by the values they stand for. What only the database can tell while writing
/// becomes a [`Lookup`].
pub(super) fn resolve(
    session: &mut dyn Session,
    drafts: &mut [Draft],
    declared: &Declared,
    model: &Model,
) -> Result<Vec<Diagnostic>, SeedError> {
    let mut mistakes = Vec::new();
    let mut index = Index::new(drafts, declared, model);
    let mut open = Vec::new();
    for (number, draft) in drafts.iter().enumerate() {
        for pending in &draft.pending {
            match aim(pending, &draft.row.table, declared, model) {
                Ok(aim) => open.push((number, pending.clone(), aim)),
                Err(found) => mistakes.push(found.at(pending.place.clone())),
            }
        }
    }
    // A row's key may itself be a reference: as long as one is resolved, others may follow.
    loop {
        let before = open.len();
        let mut left = Vec::new();
        for (number, pending, aim) in open {
            match index.find(&aim, drafts) {
                Some(value) => {
                    if let Some(draft) = drafts.get_mut(number) {
                        draft.values.insert(pending.column, (value, pending.place));
                    }
                }
                None => left.push((number, pending, aim)),
            }
        }
        open = left;
        if open.is_empty() || open.len() == before {
            break;
        }
        index = Index::new(drafts, declared, model);
    }
    let mut asked: BTreeMap<String, Option<Value>> = BTreeMap::new();
    for (number, pending, aim) in open {
        let id = format!("{}\0{}\0{}", aim.parent, aim.column, aim.text);
        let value = match asked.get(&id) {
            Some(value) => value.clone(),
            None => {
                let mut found = None;
                for key in &aim.keys {
                    let lookup = Lookup {
                        parent: aim.parent.clone(),
                        column: aim.column.clone(),
                        key: key.clone(),
                    };
                    found = find_row(session, &lookup, model).map_err(SeedError::database(
                        "looking for the rows that are referred to",
                    ))?;
                    if found.is_some() {
                        break;
                    }
                }
                asked.insert(id, found.clone());
                found
            }
        };
        let Some(draft) = drafts.get_mut(number) else { continue };
        match (value, index.row(&aim)) {
            (Some(value), _) => {
                draft.values.insert(pending.column, (value, pending.place));
            }
            (None, Some(key)) => {
                let lookup = Lookup { parent: aim.parent, column: aim.column, key: key.clone() };
                draft.late.push((pending.column, lookup));
            }
            (None, None) => mistakes.push(nowhere(&aim, &index).at(pending.place)),
        }
    }
    Ok(mistakes)
}

fn nowhere(aim: &Aim, index: &Index) -> Diagnostic {
    let columns: Vec<String> = aim
        .keys
        .iter()
        .map(|key| key.iter().map(|(column, _)| column.as_str()).collect::<Vec<_>>().join(", "))
        .collect();
    let message = format!("no row of {} has {} = {}", aim.parent, columns.join(" or "), aim.text);
    let found = Diagnostic::error("seed-reference", message);
    let known = index.texts(&aim.parent);
    match dbkit_syntax::nearest(&aim.text, known.iter().map(String::as_str)) {
        Some(near) => found.help(format!("did you mean @{}.{near}?", aim.parent)),
        None => found.help("it is neither in the seed files nor in the database"),
    }
}

/// What a lookup finds in the database.
pub(super) fn find_row(
    session: &mut dyn Session,
    lookup: &Lookup,
    model: &Model,
) -> Result<Option<Value>, DatabaseError> {
    let Some(table) = model.tables.get(&lookup.parent) else { return Ok(None) };
    let columns: Vec<String> = lookup.key.iter().map(|(column, _)| column.clone()).collect();
    let values = lookup.key.iter().map(|(_, value)| value.clone()).collect();
    let (with, binds) = with_rows(table, &columns, vec![values], model);
    let same: Vec<String> = columns
        .iter()
        .map(|c| format!("t.{name} = dbkit_rows.{name}", name = ident(c, model.dialect)))
        .collect();
    let sql = format!(
        "{with} SELECT t.{} FROM {} AS t, dbkit_rows WHERE {} LIMIT 1",
        ident(&lookup.column, model.dialect),
        qname(&lookup.parent, model.dialect),
        same.join(" AND "),
    );
    let found = session.query(&sql, &binds)?;
    Ok(found.rows.into_iter().next().and_then(|row| row.into_iter().next()))
}

/// Which table, column and key a reference means.
fn aim(
    pending: &Pending,
    child: &QName,
    declared: &Declared,
    model: &Model,
) -> Result<Aim, Diagnostic> {
    let wrong = |message: String| Diagnostic::error("seed-reference", message);
    let (first, rest) = pending.text.split_once('.').unwrap_or((&pending.text, ""));
    let mut parent = QName::bare(first);
    let mut text = rest;
    if !model.tables.contains_key(&parent)
        && let Some((second, key)) = rest.split_once('.')
        && model.tables.contains_key(&QName::new(Some(first), second))
    {
        parent = QName::new(Some(first), second);
        text = key;
    }
    let Some(table) = model.tables.get(&parent) else {
        return Err(unknown_table(&parent, model));
    };
    let own = model.tables.get(child).map_or(&[][..], |child| &child.foreign_keys);
    let keys: Vec<&ForeignKey> =
        own.iter().filter(|key| key.columns.contains(&pending.column)).collect();
    let column = match keys.iter().find(|key| key.parent == parent) {
        Some(key) => {
            let position = key.columns.iter().position(|column| *column == pending.column);
            position.and_then(|position| key.parent_columns.get(position)).cloned()
        }
        None => match keys.first() {
            Some(key) => {
                let message =
                    format!("{child}.{} refers to {}, not to {parent}", pending.column, key.parent);
                return Err(wrong(message));
            }
            // Without a foreign key the primary key is meant.
            None => table.primary_key.as_ref().and_then(|key| match key.columns.as_slice() {
                [column] => Some(column.clone()),
                _ => None,
            }),
        },
    };
    let Some(column) = column else {
        return Err(wrong(format!("{parent} has no primary key of one column to refer to")));
    };
    let declared_key = declared.get(&parent).map(|key| key.columns.clone());
    let primary = table.primary_key.iter().map(|key| key.columns.clone());
    let ways = declared_key.into_iter().chain(keys::uniques(table)).chain(primary);
    let mut read = Vec::new();
    for columns in ways {
        let parts: Vec<&str> = match columns.len() {
            1 => vec![text],
            _ => text.split(',').map(str::trim).collect(),
        };
        if parts.len() != columns.len() {
            continue;
        }
        let pairs = columns.iter().zip(parts).map(|(name, part)| {
            let kind = Kind::of(&table.column(name)?.ty, model);
            let value = convert(&Given::Raw(part.to_owned()), &kind, model.dialect).ok()?;
            Some((name.clone(), value))
        });
        read.extend(pairs.collect::<Option<Vec<_>>>());
    }
    if read.is_empty() {
        let message = format!("{text:?} fits no key of {parent}");
        return Err(wrong(message).help("separate the parts of a key of several columns by commas"));
    }
    Ok(Aim { parent, column, keys: read, text: text.to_owned() })
}

/// Columns with their values.
type Pairs = Vec<(String, Value)>;

/// The rows of the files by their keys: which draft it is, and the key.
struct Index {
    rows: BTreeMap<QName, BTreeMap<String, (usize, Pairs)>>,
}

impl Index {
    fn new(drafts: &[Draft], declared: &Declared, model: &Model) -> Self {
        let mut rows: BTreeMap<QName, BTreeMap<String, _>> = BTreeMap::new();
        for (number, draft) in drafts.iter().enumerate() {
            let Some(table) = model.tables.get(&draft.row.table) else { continue };
            for columns in keys::candidates(table, declared) {
                let pairs = columns.iter().map(|name| {
                    let (value, _) = draft.values.get(name)?;
                    (*value != Value::Null).then(|| (name.clone(), value.clone()))
                });
                if let Some(key) = pairs.collect::<Option<Vec<_>>>() {
                    // The environment's row comes last and lies over the common one.
                    rows.entry(draft.row.table.clone())
                        .or_default()
                        .insert(key_text(&key), (number, key));
                }
            }
        }
        Self { rows }
    }

    fn find(&self, aim: &Aim, drafts: &[Draft]) -> Option<Value> {
        let rows = self.rows.get(&aim.parent)?;
        aim.keys.iter().find_map(|key| {
            let (number, _) = rows.get(&key_text(key))?;
            let (value, _) = drafts.get(*number)?.values.get(&aim.column)?;
            (*value != Value::Null).then(|| value.clone())
        })
    }

    /// The key of the row a reference means, where the files have it.
    fn row(&self, aim: &Aim) -> Option<&Vec<(String, Value)>> {
        let rows = self.rows.get(&aim.parent)?;
        aim.keys.iter().find_map(|key| rows.get(&key_text(key))).map(|(_, key)| key)
    }

    fn texts(&self, parent: &QName) -> BTreeSet<String> {
        let keys = self.rows.get(parent).into_iter().flat_map(|rows| rows.values());
        keys.map(|(_, key)| key.iter().map(|(_, v)| shown(v)).collect::<Vec<_>>().join(","))
            .collect()
    }
}

fn key_text(key: &[(String, Value)]) -> String {
    let parts: Vec<String> =
        key.iter().map(|(column, value)| format!("{column}={}", shown(value))).collect();
    parts.join("\0")
}

/// Keys asked for in one statement.
const AT_ONCE: usize = 1000;

pub(super) fn check(
    session: &mut dyn Session,
    checked: &Checked,
    bulk: &BTreeSet<QName>,
    model: &Model,
) -> Result<(), SeedError> {
    let mut mistakes = Vec::new();
    for (name, rows) in checked {
        let Some(table) = model.tables.get(name) else { continue };
        // Rows that are generated or streamed are known to the database only when written.
        for key in table.foreign_keys.iter().filter(|key| !bulk.contains(&key.parent)) {
            mistakes.extend(broken(session, table, key, rows, checked, model)?);
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(SeedError::Mistakes(mistakes)) }
}

fn broken(
    session: &mut dyn Session,
    table: &Table,
    key: &ForeignKey,
    rows: &[CheckedRow],
    checked: &Checked,
    model: &Model,
) -> Result<Vec<Diagnostic>, SeedError> {
    let seeded = seeded(checked, &key.parent, &key.parent_columns);
    // Each key that no seed row brings, with the first row that uses it.
    let mut asked: BTreeMap<String, (&CheckedRow, Vec<Value>)> = BTreeMap::new();
    for row in rows {
        if let Some(values) = row.tuple(&key.columns) {
            let text = text(&values);
            if !seeded.contains(&text) {
                asked.entry(text).or_insert((row, values));
            }
        }
    }
    let asked: Vec<(String, (&CheckedRow, Vec<Value>))> = asked.into_iter().collect();
    let mut mistakes = Vec::new();
    let database = SeedError::database("looking for the rows that are referred to");
    for part in asked.chunks(AT_ONCE / key.columns.len().max(1)) {
        let select = orphans(&key.parent, &key.columns, &key.parent_columns, model.dialect);
        let all = part.iter().map(|(_, (_, values))| values.clone()).collect();
        let (with, binds) = with_rows(table, &key.columns, all, model);
        let found = session.query(&format!("{with} {select}"), &binds).map_err(&database)?;
        if found.rows.is_empty() {
            continue;
        }
        for (text, (row, values)) in part {
            // One key at a time: the database gives values back in its own text form, by which
            // they could not be told apart.
            let (with, binds) = with_rows(table, &key.columns, vec![values.clone()], model);
            let found = session.query(&format!("{with} {select}"), &binds).map_err(&database)?;
            if !found.rows.is_empty() {
                mistakes.push(mistake(row, key, text, &seeded));
            }
        }
    }
    Ok(mistakes)
}

fn mistake(
    row: &CheckedRow,
    key: &ForeignKey,
    text: &str,
    seeded: &BTreeSet<String>,
) -> Diagnostic {
    let columns = key.parent_columns.join(", ");
    let message = format!("no row of {} has ({columns}) = ({text})", key.parent);
    let place = key.columns.iter().find_map(|column| row.places.get(column));
    let found =
        Diagnostic::error("seed-reference", message).at(place.unwrap_or(&row.place).clone());
    match dbkit_syntax::nearest(text, seeded.iter().map(String::as_str)) {
        Some(near) => found.help(format!("the most similar seed row is {near}")),
        None => found.help("it is neither in the seed files nor in the database"),
    }
}

fn seeded(checked: &Checked, parent: &QName, columns: &[String]) -> BTreeSet<String> {
    let rows = checked.get(parent).into_iter().flatten();
    rows.filter_map(|row| row.tuple(columns)).map(|values| text(&values)).collect()
}

fn text(values: &[Value]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}
