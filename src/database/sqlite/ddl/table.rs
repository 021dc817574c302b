//! `CREATE TABLE` (lang_createtable.html).

use super::{column, group, names, on_conflict};
use crate::model::{
    Check, Deferrable, Dialect, FkAction, ForeignKey, MatchKind, OnConflict, Options, PrimaryKey,
    QName, Table, Unique,
};
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;

/// Reads `CREATE TABLE`. References to a parent's primary key have no columns yet.
pub fn table(name: &str, sql: &str) -> Option<Table> {
    let mut cursor = Cursor::new(sql, Dialect::Sqlite);
    cursor.eat("create").then_some(())?;
    cursor.eat("table").then_some(())?;
    cursor.dotted()?;
    let mut table = Table::new(QName::bare(name));
    cursor.eat_kind(TokenKind::Open).then_some(())?;
    loop {
        if starts_constraint(&cursor) {
            constraint(&mut cursor, &mut table)?;
        } else {
            column::column(&mut cursor, &mut table)?;
        }
        if cursor.eat_kind(TokenKind::Close) {
            break;
        }
        // Between table constraints the comma may be missing.
        if !cursor.eat_kind(TokenKind::Comma) && !starts_constraint(&cursor) {
            return None;
        }
    }
    while !cursor.is_done() {
        if cursor.eat_words("without rowid") {
            table.without_rowid = true;
        } else if cursor.eat("strict") {
            table.strict = true;
        } else if !cursor.eat_kind(TokenKind::Comma) && !cursor.eat_kind(TokenKind::Semicolon) {
            return None;
        }
    }
    finish(&mut table);
    Some(table)
}

/// All of these are reserved words: no column is called so without quotes.
fn starts_constraint(cursor: &Cursor<'_>) -> bool {
    ["constraint", "primary", "unique", "check", "foreign"].iter().any(|w| cursor.is_word(w))
}

fn constraint(cursor: &mut Cursor<'_>, table: &mut Table) -> Option<()> {
    let name = if cursor.eat("constraint") { Some(cursor.name()?) } else { None };
    if cursor.eat_words("primary key") {
        let elements = elements(cursor)?;
        let descending = elements.iter().map(|e| e.suffix.to_ascii_lowercase().ends_with("desc"));
        let mut descending: Vec<bool> = descending.collect();
        if !descending.contains(&true) {
            descending.clear();
        }
        if cursor.eat("autoincrement") || elements.iter().any(|e| e.autoincrement) {
            let key = elements.first()?;
            column::autoincrement(table, &key.name);
        }
        let columns: Vec<String> = elements.into_iter().map(|e| e.name).collect();
        // Behind the columns, DESC does not stop a lone INTEGER from being the rowid, and a rowid
        // has no order (lang_createtable.html, "ROWIDs and the INTEGER PRIMARY KEY").
        if let [only] = columns.as_slice()
            && table.columns.iter().any(|c| {
                c.name.eq_ignore_ascii_case(only)
                    && column::declared(c).eq_ignore_ascii_case("integer")
            })
        {
            descending.clear();
        }
        table.primary_key = Some(primary_key(name, columns, descending, on_conflict(cursor)));
    } else if cursor.eat("unique") {
        let elements = elements(cursor)?;
        let plain = elements.iter().all(|e| e.suffix.is_empty());
        let mut unique = unique(name, elements.iter().map(|e| e.name.clone()).collect());
        if !plain {
            unique.elements_sql = elements.into_iter().map(|e| e.suffix).collect();
        }
        unique.on_conflict = on_conflict(cursor);
        unique.behind_columns =
            unique.name.is_none() && unique.columns.len() == 1 && unique.on_conflict.is_some();
        table.uniques.push(unique);
    } else if cursor.eat("check") {
        let expr = group(cursor)?;
        on_conflict(cursor);
        table.checks.push(check(name, expr));
    } else if cursor.eat_words("foreign key") {
        let columns = names(cursor)?;
        cursor.eat("references").then_some(())?;
        let mut key = references(cursor, name, columns)?;
        key.behind_columns =
            key.name.is_none() && key.columns.len() == 1 && key.deferrable != Deferrable::No;
        table.foreign_keys.push(key);
    } else {
        // `CONSTRAINT name` with nothing behind it is accepted by SQLite.
        name?;
    }
    Some(())
}

struct Element {
    name: String,
    /// `COLLATE …`, `DESC`, as written; `ASC` is left out.
    suffix: String,
    autoincrement: bool,
}

fn elements(cursor: &mut Cursor<'_>) -> Option<Vec<Element>> {
    cursor.eat_kind(TokenKind::Open).then_some(())?;
    let mut elements = Vec::new();
    loop {
        let name = cursor.name()?;
        let mut suffix = Vec::new();
        if cursor.eat("collate") {
            suffix.push(format!("COLLATE {}", cursor.name()?));
        }
        if cursor.eat("desc") {
            suffix.push("DESC".to_owned());
        } else {
            cursor.eat("asc");
        }
        let autoincrement = cursor.eat("autoincrement");
        elements.push(Element { name, suffix: suffix.join(" "), autoincrement });
        if cursor.eat_kind(TokenKind::Close) {
            return Some(elements);
        }
        cursor.eat_kind(TokenKind::Comma).then_some(())?;
    }
}

pub(super) fn primary_key(
    name: Option<String>,
    columns: Vec<String>,
    descending: Vec<bool>,
    on_conflict: Option<OnConflict>,
) -> PrimaryKey {
    PrimaryKey {
        name,
        columns,
        include: Vec::new(),
        deferrable: Deferrable::No,
        options: Options::new(),
        tablespace: None,
        inherited_from: None,
        on_conflict,
        descending,
        comment: None,
        index_comment: None,
        clustered: false,
    }
}

pub(super) fn unique(name: Option<String>, columns: Vec<String>) -> Unique {
    Unique {
        behind_columns: false,
        name,
        columns,
        include: Vec::new(),
        nulls_not_distinct: false,
        deferrable: Deferrable::No,
        options: Options::new(),
        tablespace: None,
        inherited_from: None,
        on_conflict: None,
        elements_sql: Vec::new(),
        comment: None,
        index_comment: None,
        clustered: false,
    }
}

pub(super) fn check(name: Option<String>, expr: crate::model::Expr) -> Check {
    Check { name, expr, not_valid: false, no_inherit: false, inherited: false, comment: None }
}

/// What follows `REFERENCES`.
pub(super) fn references(
    cursor: &mut Cursor<'_>,
    name: Option<String>,
    columns: Vec<String>,
) -> Option<ForeignKey> {
    let mut key = ForeignKey {
        behind_columns: false,
        name,
        columns,
        parent: QName::bare(cursor.name()?),
        parent_columns: Vec::new(),
        on_delete: FkAction::NoAction,
        on_delete_columns: Vec::new(),
        on_update: FkAction::NoAction,
        match_kind: MatchKind::Simple,
        deferrable: Deferrable::No,
        not_valid: false,
        inherited_from: None,
        comment: None,
    };
    if cursor.is_kind(TokenKind::Open) {
        key.parent_columns = names(cursor)?;
    }
    loop {
        if cursor.eat_words("on delete") {
            key.on_delete = action(cursor)?;
        } else if cursor.eat_words("on update") {
            key.on_update = action(cursor)?;
        } else if cursor.eat_words("on insert") {
            // Accepted and ignored by SQLite's grammar.
            action(cursor)?;
        } else if cursor.eat("match") {
            key.match_kind = match cursor.name()?.to_ascii_lowercase().as_str() {
                "full" => MatchKind::Full,
                "partial" => MatchKind::Partial,
                _ => MatchKind::Simple,
            };
        } else if cursor.is_word("deferrable") || cursor.is_words("not deferrable") {
            key.deferrable = deferrable(cursor);
        } else {
            return Some(key);
        }
    }
}

fn action(cursor: &mut Cursor<'_>) -> Option<FkAction> {
    [
        ("no action", FkAction::NoAction),
        ("restrict", FkAction::Restrict),
        ("cascade", FkAction::Cascade),
        ("set null", FkAction::SetNull),
        ("set default", FkAction::SetDefault),
    ]
    .into_iter()
    .find_map(|(words, action)| cursor.eat_words(words).then_some(action))
}

pub(super) fn deferrable(cursor: &mut Cursor<'_>) -> Deferrable {
    let not = cursor.eat("not");
    cursor.eat("deferrable");
    let deferred = cursor.eat_words("initially deferred");
    if !deferred {
        cursor.eat_words("initially immediate");
    }
    match (not, deferred) {
        (true, _) => Deferrable::No,
        (false, true) => Deferrable::InitiallyDeferred,
        (false, false) => Deferrable::InitiallyImmediate,
    }
}

/// Names as the columns spell them, what follows from other properties, and the model's order.
fn finish(table: &mut Table) {
    let spelled: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
    let spell = |name: &mut String| {
        if let Some(exact) = spelled.iter().find(|c| c.eq_ignore_ascii_case(name)) {
            name.clone_from(exact);
        }
    };
    if let Some(key) = &mut table.primary_key {
        key.columns.iter_mut().for_each(spell);
        let key = key.columns.clone();
        let rowid = !table.without_rowid && key.len() == 1;
        // A key is never null in these tables, written or not.
        if table.without_rowid || table.strict {
            for column in table.columns.iter_mut().filter(|c| key.contains(&c.name)) {
                let alias = rowid && column::declared(column).eq_ignore_ascii_case("integer");
                column.nullable &= alias;
            }
        }
    }
    table.uniques.iter_mut().flat_map(|u| &mut u.columns).for_each(spell);
    table.foreign_keys.iter_mut().flat_map(|k| &mut k.columns).for_each(spell);
    // Sorting is stable: unnamed ones stay in table order, behind the named.
    let order = |name: &Option<String>| (name.is_none(), name.clone());
    table.uniques.sort_by_key(|c| order(&c.name));
    table.foreign_keys.sort_by_key(|c| order(&c.name));
    table.checks.sort_by_key(|c| order(&c.name));
}
