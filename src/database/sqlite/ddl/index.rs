//! `CREATE INDEX` (lang_createindex.html).

use crate::model::{Collation, Dialect, Expr, Index, IndexElement, IndexKey, Order, QName, Table};
use crate::sql::cursor::Cursor;
use crate::sql::lex::TokenKind;

/// Reads `CREATE INDEX`; `table` is the table it is on.
pub fn index(name: &str, sql: &str, table: &Table) -> Option<Index> {
    let mut cursor = Cursor::new(sql, Dialect::Sqlite);
    cursor.eat("create").then_some(())?;
    let unique = cursor.eat("unique");
    cursor.eat("index").then_some(())?;
    cursor.dotted()?;
    cursor.eat("on").then_some(())?;
    cursor.name()?;
    let list = cursor.group()?;
    let predicate = cursor.eat("where").then(|| Expr::new(super::rest(&mut cursor)));
    let mut elements = Vec::new();
    let mut keys = Cursor::new(cursor.slice(list), Dialect::Sqlite);
    while !keys.is_done() {
        let span = keys.until(|at| at.is_kind(TokenKind::Comma));
        elements.push(element(keys.slice(span), table)?);
        keys.eat_kind(TokenKind::Comma);
    }
    Some(Index { unique, predicate, ..Index::new(name, elements) })
}

/// `expr [COLLATE name] [ASC | DESC]`.
fn element(text: &str, table: &Table) -> Option<IndexElement> {
    let mut cursor = Cursor::new(text, Dialect::Sqlite);
    let tail = |at: &Cursor<'_>| {
        let direction = |n| {
            (at.is_word_at(n, "asc") || at.is_word_at(n, "desc")) && at.peek_at(n + 1).is_none()
        };
        direction(0)
            || (at.is_word("collate")
                && at.peek_at(1).is_some()
                && (at.peek_at(2).is_none() || direction(2)))
    };
    let span = cursor.until(tail);
    let key = cursor.slice(span);
    let collation =
        if cursor.eat("collate") { Some(Collation(QName::bare(cursor.name()?))) } else { None };
    let order = if cursor.eat("desc") { Order::Desc } else { Order::Asc };
    cursor.eat("asc");
    (cursor.is_done() && !key.is_empty()).then_some(())?;
    Some(IndexElement { key: self::key(key, table), collation, opclass: None, order, nulls: None })
}

/// A lone name is a column if the table has one called so, else an expression: `rowid`, or a
/// string in the wrong quotes.
fn key(text: &str, table: &Table) -> IndexKey {
    let mut cursor = Cursor::new(text, Dialect::Sqlite);
    let column = cursor.name().filter(|_| cursor.is_done()).and_then(|name| {
        table.columns.iter().find(|c| c.name.eq_ignore_ascii_case(&name)).map(|c| c.name.clone())
    });
    column.map_or_else(|| IndexKey::Expr(Expr::new(text)), IndexKey::Column)
}
