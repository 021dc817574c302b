use super::{Change, Rename, TableChange};
use crate::model::{Column, Model, ObjectId, ObjectKind, QName, Table};

/// Something that goes and something that comes in the same place: two things, or one renamed?
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// The rename it would be.
    pub rename: Rename,
    /// 0 (nothing in common but the kind) to 100 (equal but for the name).
    pub similarity: u8,
}

impl Ambiguity {
    /// What to pass to `--rename` to say that it is a rename: `users.name:full_name`,
    /// `users:people`, `mood.sad:unhappy`.
    #[must_use]
    pub fn flag(&self) -> String {
        self.rename.flag()
    }

    /// The question for a person.
    #[must_use]
    pub fn question(&self) -> String {
        match &self.rename {
            Rename::Object { kind, from, to } => format!("is {kind} {to} the old {kind} {from}?"),
            Rename::Column { table, from, to } => {
                format!("is column {table}.{to} the old column {table}.{from}?")
            }
            Rename::EnumLabel { ty, from, to } => {
                format!("is label '{to}' of {ty} the old label '{from}'?")
            }
            Rename::Index { from, to, .. } => format!("is index {to} the old index {from}?"),
            Rename::Constraint { from, to, .. } => {
                format!("is constraint {to} the old constraint {from}?")
            }
        }
    }
}

/// Pairs that could be renames, the likeliest first within a place. Only what holds data counts:
/// tables, columns, enums and their labels, sequences; the rest can be made anew without loss.
pub(super) fn find(base: &Model, to: &Model, changes: &[Change]) -> Vec<Ambiguity> {
    let mut found = Vec::new();
    objects(base, to, changes, &mut found);
    columns(changes, &mut found);
    labels(base, to, &mut found);
    found
}

fn objects(base: &Model, to: &Model, changes: &[Change], found: &mut Vec<Ambiguity>) {
    let mut pairs = Vec::new();
    for change in changes {
        let Change::Drop(old) = change else { continue };
        for other in changes {
            let Change::Create(new) = other else { continue };
            let (kind, from, name) = match (old, new) {
                (ObjectId::Table(a), ObjectId::Table(b)) => (ObjectKind::Table, a, b),
                (ObjectId::Enum(a), ObjectId::Enum(b)) => (ObjectKind::Enum, a, b),
                (ObjectId::Sequence(a), ObjectId::Sequence(b)) => (ObjectKind::Sequence, a, b),
                _ => continue,
            };
            if from.schema != name.schema && from.name != name.name {
                continue;
            }
            if let Some(similarity) = alike(base, to, kind, from, name) {
                let rename = Rename::Object { kind, from: from.clone(), to: name.clone() };
                pairs.push(Ambiguity { rename, similarity });
            }
        }
    }
    pairs.sort_by(|a, b| b.similarity.cmp(&a.similarity).then_with(|| a.rename.cmp(&b.rename)));
    found.extend(pairs);
}

/// `None` when it cannot be a rename.
fn alike(base: &Model, to: &Model, kind: ObjectKind, from: &QName, name: &QName) -> Option<u8> {
    match kind {
        ObjectKind::Table => tables(base.tables.get(from)?, to.tables.get(name)?),
        ObjectKind::Enum => {
            let (old, new) = (base.enums.get(from)?, to.enums.get(name)?);
            let common = old.labels.iter().filter(|l| new.labels.contains(l)).count();
            (common > 0).then(|| percent(common, old.labels.len().max(new.labels.len())))
        }
        // Owned sequences follow their columns.
        ObjectKind::Sequence => {
            let (old, new) = (base.sequences.get(from)?, to.sequences.get(name)?);
            (old.owned_by.is_none() && new.owned_by.is_none())
                .then_some(if old.options == new.options { 100 } else { 50 })
        }
        _ => None,
    }
}

/// Tables are alike by the columns they share; without a common one they are two tables.
fn tables(old: &Table, new: &Table) -> Option<u8> {
    let common =
        old.columns.iter().filter(|c| new.column(&c.name).is_some_and(|n| n.ty == c.ty)).count();
    (common > 0).then(|| percent(common, old.columns.len().max(new.columns.len())))
}

fn columns(changes: &[Change], found: &mut Vec<Ambiguity>) {
    let mut pairs = Vec::new();
    for change in changes {
        let Change::Table { table, change: TableChange::DropColumn(old) } = change else {
            continue;
        };
        for other in changes {
            let Change::Table { table: place, change: TableChange::AddColumn(new) } = other else {
                continue;
            };
            if place == table && !old.inherited && !new.inherited {
                let rename = Rename::Column {
                    table: table.clone(),
                    from: old.name.clone(),
                    to: new.name.clone(),
                };
                pairs.push(Ambiguity { rename, similarity: columns_alike(old, new) });
            }
        }
    }
    pairs.sort_by(|a, b| {
        place(&a.rename)
            .cmp(&place(&b.rename))
            .then(b.similarity.cmp(&a.similarity))
            .then_with(|| a.rename.cmp(&b.rename))
    });
    found.extend(pairs);
}

fn place(rename: &Rename) -> Option<&QName> {
    match rename {
        Rename::Column { table, .. } => Some(table),
        _ => None,
    }
}

fn columns_alike(old: &Column, new: &Column) -> u8 {
    let name = (strsim::normalized_levenshtein(&old.name, &new.name) * 40.0) as u8;
    let mut score = name;
    score += if old.ty == new.ty { 40 } else { 0 };
    score += if old.nullable == new.nullable { 10 } else { 0 };
    score + if old.value == new.value { 10 } else { 0 }
}

fn labels(base: &Model, to: &Model, found: &mut Vec<Ambiguity>) {
    for (ty, old) in &base.enums {
        let Some(new) = to.enums.get(ty) else { continue };
        let gone = old.labels.iter().filter(|l| !new.labels.contains(l));
        for from in gone {
            for label in new.labels.iter().filter(|l| !old.labels.contains(l)) {
                let similarity = (strsim::normalized_levenshtein(from, label) * 100.0) as u8;
                let rename =
                    Rename::EnumLabel { ty: ty.clone(), from: from.clone(), to: label.clone() };
                found.push(Ambiguity { rename, similarity });
            }
        }
    }
}

fn percent(part: usize, whole: usize) -> u8 {
    (part * 100).checked_div(whole).map_or(0, |p| p.min(100) as u8)
}
