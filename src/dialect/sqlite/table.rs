//! `CREATE TABLE`, `CREATE INDEX`, `CREATE VIEW` in a readable form.

use super::quote::{ident, idents};
use super::types;
use crate::model::{
    Check, Column, ColumnValue, Deferrable, Dialect, FkAction, ForeignKey, GeneratedKind, Identity,
    IdentityMode, Index, IndexKey, MatchKind, OnConflict, Order, Table, Unique, View,
};
use crate::sql::lex::{TokenKind, tokens};

/// The statement that makes the table under the given name, without its indexes.
pub(super) fn create(table: &Table, name: &str) -> String {
    let mut items: Vec<String> =
        table.columns.iter().map(|column| column_definition(table, column)).collect();
    if let Some(key) = table.primary_key.as_ref().filter(|key| key.columns.len() != 1) {
        let direction = |at: usize| key.descending.get(at).copied().unwrap_or(false);
        let columns = key.columns.iter().enumerate().map(|(at, column)| {
            format!("{}{}", ident(column), if direction(at) { " DESC" } else { "" })
        });
        let columns: Vec<String> = columns.collect();
        items.push(format!(
            "{}PRIMARY KEY ({}){}",
            named(key.name.as_deref()),
            columns.join(", "),
            conflict(key.on_conflict)
        ));
    }
    items.extend(table.uniques.iter().filter(|unique| !is_inline_unique(unique)).map(unique));
    items.extend(table.checks.iter().map(check));
    items.extend(table.foreign_keys.iter().filter(|key| !is_inline_key(key)).map(|key| {
        format!(
            "{}FOREIGN KEY ({}) {}",
            named(key.name.as_deref()),
            idents(&key.columns),
            references(key)
        )
    }));
    let mut options = Vec::new();
    if table.strict {
        options.push("STRICT");
    }
    if table.without_rowid {
        options.push("WITHOUT ROWID");
    }
    let tail = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    format!("CREATE TABLE {} (\n    {}\n){tail};", ident(name), items.join(",\n    "))
}

/// A column with the constraints that stand on it alone.
pub(super) fn column_definition(table: &Table, column: &Column) -> String {
    let mut words = vec![ident(&column.name)];
    let ty = types::render(&column.ty);
    if !ty.is_empty() {
        words.push(ty);
    }
    let is_key = |key: &&crate::model::PrimaryKey| key.columns == [column.name.clone()];
    let autoincrement = is_autoincrement(column);
    let key = table.primary_key.as_ref().filter(is_key);
    if let Some(key) = key {
        words.push(format!("{}PRIMARY KEY", named(key.name.as_deref())));
        if key.descending.first() == Some(&true) {
            words.push("DESC".to_owned());
        }
        words.extend(conflict_word(key.on_conflict));
        if autoincrement {
            words.push("AUTOINCREMENT".to_owned());
        }
    }
    // The key of such a table is never null; the words would only repeat it.
    if !column.nullable {
        words.push("NOT NULL".to_owned());
        words.extend(conflict_word(column.not_null_conflict));
    }
    let own =
        |unique: &&Unique| is_inline_unique(unique) && unique.columns == [column.name.clone()];
    for unique in table.uniques.iter().filter(own) {
        words.push("UNIQUE".to_owned());
        words.extend(conflict_word(unique.on_conflict));
    }
    match &column.value {
        ColumnValue::Default(expr) => words.push(format!("DEFAULT {}", default(expr.as_str()))),
        ColumnValue::Generated { expr, kind } => {
            let kind = match kind {
                GeneratedKind::Stored => "STORED",
                GeneratedKind::Virtual => "VIRTUAL",
            };
            words.push(format!("GENERATED ALWAYS AS ({}) {kind}", closed(expr.as_str())));
        }
        ColumnValue::None | ColumnValue::Identity(_) => {}
    }
    if let Some(collation) = &column.collation {
        words.push(format!("COLLATE {}", ident(&collation.0.name)));
    }
    let own = |key: &&ForeignKey| is_inline_key(key) && key.columns == [column.name.clone()];
    words.extend(table.foreign_keys.iter().filter(own).map(references));
    words.join(" ")
}

pub(super) fn is_autoincrement(column: &Column) -> bool {
    matches!(
        column.value,
        ColumnValue::Identity(Identity { mode: IdentityMode::Autoincrement, .. })
    )
}

/// Unnamed constraints of one column stand on it.
fn is_inline_unique(unique: &Unique) -> bool {
    unique.name.is_none()
        && unique.columns.len() == 1
        && unique.elements_sql.is_empty()
        && !unique.behind_columns
}

fn is_inline_key(key: &ForeignKey) -> bool {
    key.name.is_none() && key.columns.len() == 1 && !key.behind_columns
}

fn named(name: Option<&str>) -> String {
    name.map(|name| format!("CONSTRAINT {} ", ident(name))).unwrap_or_default()
}

fn conflict_word(conflict: Option<OnConflict>) -> Option<String> {
    let word = match conflict? {
        OnConflict::Abort => return None,
        OnConflict::Rollback => "ROLLBACK",
        OnConflict::Fail => "FAIL",
        OnConflict::Ignore => "IGNORE",
        OnConflict::Replace => "REPLACE",
    };
    Some(format!("ON CONFLICT {word}"))
}

fn conflict(on: Option<OnConflict>) -> String {
    conflict_word(on).map(|words| format!(" {words}")).unwrap_or_default()
}

fn unique(unique: &Unique) -> String {
    let columns = unique.columns.iter().enumerate().map(|(at, column)| {
        match unique.elements_sql.get(at).filter(|suffix| !suffix.is_empty()) {
            Some(suffix) => format!("{} {suffix}", ident(column)),
            None => ident(column),
        }
    });
    let columns: Vec<String> = columns.collect();
    let name = named(unique.name.as_deref());
    format!("{name}UNIQUE ({}){}", columns.join(", "), conflict(unique.on_conflict))
}

pub(super) fn check(check: &Check) -> String {
    format!("{}CHECK ({})", named(check.name.as_deref()), closed(check.expr.as_str()))
}

pub(crate) fn references(key: &ForeignKey) -> String {
    let mut sql = format!("REFERENCES {}", ident(&key.parent.name));
    if !key.parent_columns.is_empty() {
        sql.push_str(&format!(" ({})", idents(&key.parent_columns)));
    }
    for (event, action) in [("UPDATE", key.on_update), ("DELETE", key.on_delete)] {
        let action = match action {
            FkAction::NoAction => continue,
            FkAction::Restrict => "RESTRICT",
            FkAction::Cascade => "CASCADE",
            FkAction::SetNull => "SET NULL",
            FkAction::SetDefault => "SET DEFAULT",
        };
        sql.push_str(&format!(" ON {event} {action}"));
    }
    match key.match_kind {
        MatchKind::Simple => {}
        MatchKind::Full => sql.push_str(" MATCH FULL"),
        MatchKind::Partial => sql.push_str(" MATCH PARTIAL"),
    }
    match key.deferrable {
        Deferrable::No => {}
        Deferrable::InitiallyImmediate => sql.push_str(" DEFERRABLE INITIALLY IMMEDIATE"),
        Deferrable::InitiallyDeferred => sql.push_str(" DEFERRABLE INITIALLY DEFERRED"),
    }
    sql
}

/// A default as it must stand behind `DEFAULT`: a literal or a signed number as it is, anything
/// else in parentheses (lang_createtable.html, "The DEFAULT clause").
pub(super) fn default(expr: &str) -> String {
    let parts: Vec<TokenKind> =
        tokens(expr, Dialect::Sqlite).filter(|t| !t.is_trivia()).map(|t| t.kind).collect();
    match parts.as_slice() {
        [TokenKind::Word | TokenKind::QuotedName | TokenKind::Text | TokenKind::Number]
        | [TokenKind::Operator, TokenKind::Number] => expr.trim().to_owned(),
        _ => format!("({})", closed(expr)),
    }
}

/// True when the default is the same for every row: what ALTER TABLE ADD COLUMN asks for.
pub(super) fn is_constant(expr: &str) -> bool {
    let word = expr.trim().to_ascii_lowercase();
    !default(expr).starts_with('(') && !word.starts_with("current_")
}

/// An expression that may end in a line comment, safe to put a parenthesis behind.
fn closed(expr: &str) -> String {
    let last = tokens(expr, Dialect::Sqlite).last();
    match last {
        Some(token) if token.kind == TokenKind::Comment && token.text(expr).starts_with("--") => {
            format!("{expr}\n")
        }
        _ => expr.to_owned(),
    }
}

pub(crate) fn create_index(table: &str, index: &Index) -> String {
    let elements = index.elements.iter().map(|element| {
        let mut sql = match &element.key {
            IndexKey::Column(column) => ident(column),
            IndexKey::Expr(expr) => closed(expr.as_str()),
        };
        if let Some(collation) = &element.collation {
            sql.push_str(&format!(" COLLATE {}", ident(&collation.0.name)));
        }
        if element.order == Order::Desc {
            sql.push_str(" DESC");
        }
        sql
    });
    let elements: Vec<String> = elements.collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let predicate = index.predicate.as_ref().map(|p| format!(" WHERE {}", closed(p.as_str())));
    format!(
        "CREATE {unique}INDEX {} ON {} ({}){};",
        ident(&index.name),
        ident(table),
        elements.join(", "),
        predicate.unwrap_or_default()
    )
}

pub(super) fn create_view(view: &View) -> String {
    let columns = if view.columns.is_empty() {
        String::new()
    } else {
        format!(" ({})", idents(&view.columns))
    };
    format!("CREATE VIEW {}{columns} AS {};", ident(&view.name.name), closed(&view.query))
}

/// A stored statement with its semicolon.
pub(super) fn terminated(sql: &str) -> String {
    format!("{};", closed(sql.trim().trim_end_matches(';').trim_end()))
}
