//! Which mask each column gets: as the command line says, else as the schema does, else none; a
//! column whose name looks like personal data is refused until one of both says something.

use crate::diagnostic::Diagnostic;
use crate::model::{Column, ColumnRef, ColumnValue, Mask, Model, QName, Table};
use crate::seed::kind::Kind;
use std::collections::{BTreeMap, BTreeSet};

/// What is known about the columns that hold personal data.
#[derive(Clone, Debug, Default)]
pub struct Masks {
    /// As the command line says, by `table.column`.
    pub asked: BTreeMap<String, Mask>,
    /// As the schema says; without a mask of its own a column gets one that fits its type.
    pub declared: BTreeMap<ColumnRef, Option<Mask>>,
    /// Goes into every masked value, so that nobody without it finds the original by trying.
    pub key: String,
}

/// Columns that foreign keys tie together, by the group's number, and what becomes of each group.
#[derive(Debug, Default)]
pub(super) struct Rules {
    groups: BTreeMap<ColumnRef, usize>,
    pub members: Vec<Vec<ColumnRef>>,
    masks: Vec<Option<Mask>>,
}

impl Rules {
    /// The group of a column and its mask, where it has one.
    pub fn of(&self, table: &QName, column: &str) -> Option<(usize, Mask)> {
        let place = ColumnRef { table: table.clone(), column: column.to_owned() };
        let group = *self.groups.get(&place)?;
        Some((group, (*self.masks.get(group)?)?))
    }
}

/// Finds the mask of every column; the mistakes are about the tables taken.
pub(super) fn rules(
    taken: &[&Table],
    masks: &Masks,
    model: &Model,
) -> Result<Rules, Vec<Diagnostic>> {
    let mut rules = tied(model);
    let mut mistakes = unknown(taken, masks);
    let wrong = |message: String| Diagnostic::error("seed-mask", message);
    for members in &rules.members {
        let is_taken = |place: &&ColumnRef| taken.iter().any(|table| table.name == place.table);
        let asked: BTreeSet<Mask> =
            members.iter().filter_map(|place| masks.asked.get(&name(place)).copied()).collect();
        let declared = members.iter().filter_map(|place| masks.declared.get(place));
        let declared: Vec<Option<Mask>> = declared.copied().collect();
        let said: BTreeSet<Mask> = declared.iter().copied().flatten().collect();
        let is_declared = !declared.is_empty();
        let chosen = if asked.is_empty() { said } else { asked };
        let mut chosen = chosen.into_iter();
        let (first, second) = (chosen.next(), chosen.next());
        if let (Some(one), Some(other)) = (first, second) {
            let all: Vec<String> = members.iter().map(name).collect();
            mistakes.push(
                wrong(format!("{} refer to one another, and have two masks", all.join(" and ")))
                    .help(format!("{} or {}: give them the same one", one.word(), other.word())),
            );
        }
        let column = members.iter().filter_map(|place| column(place, model)).next();
        let mask =
            first.or_else(|| is_declared.then(|| column.map_or(Mask::Null, |c| usual(c, model))));
        for place in members.iter().filter(is_taken) {
            let Some(column) = self::column(place, model) else { continue };
            let at = name(place);
            match mask {
                None if looks_personal(column, model) => mistakes.push(
                    wrong(format!("{at} looks like personal data and has no mask")).help(format!(
                        "mark it #[pii] in the schema, or say --mask {at}=hash (or fake, null); \
                         --mask {at}=keep lets it out as it is"
                    )),
                ),
                Some(Mask::Null) if !column.nullable => mistakes.push(
                    wrong(format!("{at} is not nullable"))
                        .help("hash and fake make another value of its type"),
                ),
                Some(Mask::Hash | Mask::Fake) if !can_be_made(column, model) => {
                    let message = format!("nothing makes a value for {at}");
                    mistakes.push(wrong(message).help("only null and keep fit its type"));
                }
                _ => {}
            }
        }
        rules.masks.push(mask);
    }
    if mistakes.is_empty() { Ok(rules) } else { Err(mistakes) }
}

pub(super) fn name(place: &ColumnRef) -> String {
    format!("{}.{}", place.table, place.column)
}

pub(super) fn column<'m>(place: &ColumnRef, model: &'m Model) -> Option<&'m Column> {
    model.tables.get(&place.table)?.column(&place.column)
}

/// Every column in a group with those that foreign keys tie it to.
fn tied(model: &Model) -> Rules {
    let mut rules = Rules::default();
    let mut links: BTreeMap<ColumnRef, Vec<ColumnRef>> = BTreeMap::new();
    for table in model.tables.values() {
        for column in &table.columns {
            let place = ColumnRef { table: table.name.clone(), column: column.name.clone() };
            links.entry(place).or_default();
        }
        for key in &table.foreign_keys {
            for (child, parent) in key.columns.iter().zip(&key.parent_columns) {
                let child = ColumnRef { table: table.name.clone(), column: child.clone() };
                let parent = ColumnRef { table: key.parent.clone(), column: parent.clone() };
                links.entry(child.clone()).or_default().push(parent.clone());
                links.entry(parent).or_default().push(child);
            }
        }
    }
    for start in links.keys() {
        if rules.groups.contains_key(start) {
            continue;
        }
        let group = rules.members.len();
        let (mut open, mut members) = (vec![start], Vec::new());
        while let Some(place) = open.pop() {
            if rules.groups.insert(place.clone(), group).is_none() {
                members.push(place.clone());
                open.extend(links.get(place).into_iter().flatten());
            }
        }
        members.sort();
        rules.members.push(members);
    }
    rules
}

/// What the command line names has to be there, or the mask that was meant protects nothing.
fn unknown(taken: &[&Table], masks: &Masks) -> Vec<Diagnostic> {
    let known: BTreeSet<String> = taken
        .iter()
        .flat_map(|table| columns(table).into_iter().map(|c| format!("{}.{}", table.name, c.name)))
        .collect();
    let told = |name: &String| {
        let found = Diagnostic::error("seed-mask", format!("no column {name} is taken"));
        match dbkit_syntax::nearest(name, known.iter().map(String::as_str)) {
            Some(near) => found.help(format!("did you mean {near}?")),
            None => found,
        }
    };
    masks.asked.keys().filter(|name| !known.contains(*name)).map(told).collect()
}

/// The columns that a seed file may give.
pub(super) fn columns(table: &Table) -> Vec<&Column> {
    let own = |column: &&Column| !matches!(column.value, ColumnValue::Generated { .. });
    table.columns.iter().filter(own).collect()
}

/// The mask of a column that the schema marks without saying how.
fn usual(column: &Column, model: &Model) -> Mask {
    if can_be_made(column, model) { Mask::Hash } else { Mask::Null }
}

fn can_be_made(column: &Column, model: &Model) -> bool {
    match super::made::kind_of(&column.ty, model) {
        Kind::Other => super::made::is_address(&column.ty),
        Kind::Array(inner) => {
            matches!(*inner, Kind::Text { .. } | Kind::Integer { .. } | Kind::Float)
        }
        _ => true,
    }
}

/// Parts of names that personal data has.
const PERSONAL: &[&str] = &[
    "email",
    "e_mail",
    "phone",
    "mobile",
    "first_name",
    "firstname",
    "last_name",
    "lastname",
    "full_name",
    "fullname",
    "surname",
    "given_name",
    "family_name",
    "birth",
    "born",
    "street",
    "address",
    "ip_addr",
    "passwd",
    "password",
    "secret",
    "token",
    "ssn",
    "iban",
    "passport",
    "card_number",
    "tax_id",
    "national_id",
];

/// By its name, as far as the type agrees: that an address was confirmed is no address.
fn looks_personal(column: &Column, model: &Model) -> bool {
    let lower = column.name.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    match Kind::of(&column.ty, model) {
        Kind::Bool => return false,
        kind if kind.is_time() => return lower == "dob" || has(&["birth", "born"]),
        Kind::Integer { .. } | Kind::Uuid if lower.ends_with("_id") => {
            return has(&["tax_id", "national_id"]);
        }
        Kind::Integer { .. } if lower.ends_with("_count") => return false,
        _ => {}
    }
    lower == "ip" || lower == "dob" || has(PERSONAL)
}
