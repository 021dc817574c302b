//! From the text of a statement to its [`Kind`]. What is not understood is [`Kind::Other`], about
//! which no rule says anything: the database is the judge of syntax.

use super::statement::{Action, ActionKind, Kind, TypeChange};
use super::{column, constraint};
use crate::model::Dialect;
use crate::sql::classify;
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;
use std::ops::Range;

/// What objects other than tables are called in `DROP` and `ALTER`, the longest first.
const OBJECTS: [&str; 14] = [
    "materialized view",
    "foreign table",
    "table",
    "view",
    "sequence",
    "index",
    "schema",
    "database",
    "type",
    "domain",
    "function",
    "procedure",
    "aggregate",
    "extension",
];

/// The kind, and where the words end that say what it is about.
pub(super) fn kind(sql: &str, dialect: Dialect) -> (Kind, Range<usize>) {
    // Rows of a long INSERT say nothing to a rule.
    let mut end = sql.len().min(64 * 1024);
    while !sql.is_char_boundary(end) {
        end -= 1;
    }
    let mut cursor = Cursor::new(sql.get(..end).unwrap_or(sql), dialect);
    let start = cursor.position();
    let head_of = |cursor: &Cursor<'_>| start..cursor.last_end().max(start);
    if classify::is_transaction_control(sql, dialect) {
        cursor.bump();
        return (Kind::Transaction, head_of(&cursor));
    }
    let mut head = None;
    let kind = statement(&mut cursor, &mut head);
    let head = head.unwrap_or_else(|| first_words(sql, dialect));
    (kind.unwrap_or(Kind::Other), start..head.max(start))
}

fn first_words(sql: &str, dialect: Dialect) -> usize {
    let mut cursor = Cursor::new(sql, dialect);
    for _ in 0..3 {
        if cursor.is_kind(TokenKind::Word) {
            cursor.bump();
        }
    }
    cursor.last_end()
}

fn statement(c: &mut Cursor<'_>, head: &mut Option<usize>) -> Option<Kind> {
    if c.eat("create") {
        return create(c, head);
    }
    if c.eat("alter") {
        return alter(c, head);
    }
    if c.eat("drop") {
        return drop(c, head);
    }
    if c.eat("reindex") {
        if c.is_kind(TokenKind::Open) {
            c.group();
        }
        c.bump();
        let concurrently = c.eat("concurrently");
        *head = Some(c.last_end());
        return Some(Kind::Reindex { concurrently });
    }
    if c.eat_words("refresh materialized view") {
        let concurrently = c.eat("concurrently");
        name(c)?;
        *head = Some(c.last_end());
        return Some(Kind::Refresh { concurrently });
    }
    if c.eat("truncate") {
        c.eat("table");
        c.eat("only");
        name(c)?;
        *head = Some(c.last_end());
        return Some(Kind::Truncate);
    }
    if c.eat("vacuum") {
        let full = match c.group() {
            Some(group) => has_word(c.slice(group), c.dialect, "full"),
            None => c.eat("full"),
        };
        *head = Some(c.last_end());
        return Some(Kind::Vacuum { full });
    }
    if c.eat("cluster") {
        *head = Some(c.last_end());
        return Some(Kind::Cluster);
    }
    if c.eat("lock") {
        c.eat("table");
        c.eat("only");
        let table = name(c)?;
        *head = Some(c.last_end());
        return Some(Kind::Lock { table });
    }
    if c.eat("set") {
        let _ = c.eat("local") || c.eat("session");
        let name = c.dotted()?.join(".");
        let _ = c.eat_operator("=") || c.eat("to");
        let value = c.until(|c| c.is_kind(TokenKind::Semicolon));
        *head = Some(c.last_end());
        return Some(Kind::Set { name, value: c.slice(value).to_owned() });
    }
    rows(c, head)
}

fn rows(c: &mut Cursor<'_>, head: &mut Option<usize>) -> Option<Kind> {
    let whole = c.slice(0..c.text.len());
    let filtered = has_word(whole, c.dialect, "where")
        || has_word(whole, c.dialect, "limit")
        || has_word(whole, c.dialect, "using");
    if c.eat_words("delete from") {
        c.eat("only");
        let table = name(c)?;
        *head = Some(c.last_end());
        return Some(Kind::Delete { table, filtered });
    }
    if c.eat("update") {
        c.eat("only");
        let table = name(c)?;
        *head = Some(c.last_end());
        return Some(Kind::Update { table, filtered });
    }
    None
}

fn create(c: &mut Cursor<'_>, head: &mut Option<usize>) -> Option<Kind> {
    let unique = c.eat("unique");
    if c.eat("index") {
        let concurrently = c.eat("concurrently");
        c.eat_words("if not exists");
        if !c.is_word("on") {
            c.dotted()?;
        }
        *head = Some(c.last_end());
        c.eat("on");
        c.eat("only");
        let table = name(c)?;
        return Some(Kind::CreateIndex { table, unique, concurrently });
    }
    for word in ["global", "local", "temporary", "temp", "unlogged"] {
        c.eat(word);
    }
    if !c.eat("table") {
        return None;
    }
    c.eat_words("if not exists");
    let name = name(c)?;
    *head = Some(c.last_end());
    let (mut columns, mut constraints) = (Vec::new(), Vec::new());
    let typed = c.is_word("as") || c.is_words("partition of") || c.is_word("of");
    if !typed && c.is_kind(TokenKind::Open) {
        c.bump();
        while !c.is_done() && !c.is_kind(TokenKind::Close) {
            if let Some(found) = constraint::read(c) {
                constraints.push(found);
            } else if !c.is_word("like")
                && let Some(found) = column::read(c)
            {
                columns.push(found);
            }
            c.until(|c| c.is_kind(TokenKind::Comma));
            if !c.eat_kind(TokenKind::Comma) {
                break;
            }
        }
    }
    Some(Kind::CreateTable { name, columns, constraints })
}

fn drop(c: &mut Cursor<'_>, head: &mut Option<usize>) -> Option<Kind> {
    let what = *OBJECTS.iter().find(|words| c.is_words(words))?;
    c.eat_words(what);
    let concurrently = c.eat("concurrently");
    c.eat_words("if exists");
    let mut names = vec![name(c)?];
    while c.eat_kind(TokenKind::Comma) {
        names.push(name(c)?);
    }
    *head = Some(c.last_end());
    c.group();
    let cascade = c.eat("cascade");
    Some(Kind::Drop { what, names, concurrently, cascade })
}

fn alter(c: &mut Cursor<'_>, head: &mut Option<usize>) -> Option<Kind> {
    let what = *OBJECTS.iter().find(|words| c.is_words(words))?;
    c.eat_words(what);
    c.eat_words("if exists");
    c.eat("only");
    let name = name(c)?;
    c.eat_operator("*");
    *head = Some(c.last_end());
    match what {
        "table" | "foreign table" => Some(Kind::AlterTable { name, actions: actions(c) }),
        "type" => Some(Kind::AlterType { name, change: type_change(c) }),
        _ => {
            c.group();
            if c.is_words("set schema") {
                Some(Kind::SetSchema)
            } else if c.is_words("rename to") {
                Some(Kind::Rename { what, name })
            } else {
                None
            }
        }
    }
}

fn type_change(c: &mut Cursor<'_>) -> TypeChange {
    if c.eat_words("add value") {
        c.eat_words("if not exists");
        return c.string().map_or(TypeChange::Other, |label| TypeChange::AddValue { label });
    }
    if c.is_words("rename value") {
        return TypeChange::RenameValue;
    }
    if c.is_words("rename to") {
        return TypeChange::Rename;
    }
    if c.is_words("set schema") {
        return TypeChange::SetSchema;
    }
    let attribute = ["add attribute", "drop attribute", "alter attribute", "rename attribute"];
    if attribute.iter().any(|words| c.is_words(words)) {
        return TypeChange::Attribute;
    }
    TypeChange::Other
}

fn actions(c: &mut Cursor<'_>) -> Vec<Action> {
    let mut actions = Vec::new();
    while !c.is_done() && !c.is_kind(TokenKind::Semicolon) {
        let start = c.position();
        let kind = action(c).unwrap_or(ActionKind::Other);
        c.until(|c| c.is_kind(TokenKind::Comma) || c.is_kind(TokenKind::Semicolon));
        actions.push(Action { span: start..c.last_end().max(start), kind });
        if !c.eat_kind(TokenKind::Comma) {
            break;
        }
    }
    actions
}

fn action(c: &mut Cursor<'_>) -> Option<ActionKind> {
    if c.eat("add") {
        if let Some(found) = constraint::read(c) {
            return Some(ActionKind::AddConstraint(found));
        }
        c.eat("column");
        c.eat_words("if not exists");
        return column::read(c).map(ActionKind::AddColumn);
    }
    if c.eat("drop") {
        if c.eat("constraint") {
            c.eat_words("if exists");
            return c.name().map(|name| ActionKind::DropConstraint { name });
        }
        c.eat("column");
        c.eat_words("if exists");
        return c.name().map(|name| ActionKind::DropColumn { name });
    }
    if c.eat("rename") {
        if c.eat("to") {
            return Some(ActionKind::RenameTable);
        }
        if c.eat("constraint") {
            return None;
        }
        c.eat("column");
        return c.name().map(|from| ActionKind::RenameColumn { from });
    }
    if c.eat("alter") {
        if c.is_word("constraint") {
            return None;
        }
        c.eat("column");
        return of_column(c);
    }
    if c.eat_words("validate constraint") {
        return c.name().map(|name| ActionKind::Validate { name });
    }
    if c.eat_words("disable trigger") {
        return c.name().map(|name| ActionKind::DisableTrigger { name });
    }
    if c.is_words("enable trigger") {
        return Some(ActionKind::EnableTrigger);
    }
    if c.eat_words("attach partition") {
        return name(c).map(|partition| ActionKind::AttachPartition { partition });
    }
    if c.eat_words("detach partition") {
        name(c)?;
        return Some(ActionKind::DetachPartition { concurrently: c.is_word("concurrently") });
    }
    if c.is_words("set schema") {
        return Some(ActionKind::SetSchema);
    }
    let rewrites = ["set logged", "set unlogged", "set tablespace", "set access method"];
    rewrites.iter().any(|words| c.is_words(words)).then_some(ActionKind::Rewrite)
}

fn of_column(c: &mut Cursor<'_>) -> Option<ActionKind> {
    let column = c.name()?;
    if c.is_words("set not null") {
        return Some(ActionKind::SetNotNull { column });
    }
    if c.is_words("drop not null") {
        return Some(ActionKind::DropNotNull { column });
    }
    (c.is_word("type") || c.is_words("set data type")).then_some(ActionKind::SetType { column })
}

/// A name with its schema, unless that is the default one.
pub(super) fn name(c: &mut Cursor<'_>) -> Option<String> {
    let mut parts = c.dotted()?;
    if parts.len() > 1
        && parts.first().is_some_and(|schema| matches!(schema.as_str(), "public" | "main"))
    {
        parts.remove(0);
    }
    let name = parts.join(".");
    Some(match c.dialect {
        Dialect::Postgres => name,
        Dialect::Sqlite => name.to_lowercase(),
    })
}

/// Whether a keyword stands anywhere in a text but in strings, quotes and comments.
pub(super) fn has_word(sql: &str, dialect: Dialect, word: &str) -> bool {
    crate::sql::lex::tokens(sql, dialect).any(|token| token.is_word(sql, word))
}
