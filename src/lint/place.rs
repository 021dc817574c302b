//! Where schema files declare tables and columns.

use crate::diagnostic::SourceFile;
use dbkit_syntax::ast::{Attribute, Item, TableDef, TermKind};
use std::ops::Range;
use std::sync::Arc;

/// A table as a schema file declares it.
#[derive(Debug)]
pub(super) struct TablePlace {
    pub file: Arc<SourceFile>,
    pub schema: Option<String>,
    /// As the database knows it.
    pub name: String,
    /// Its name in the file.
    pub span: Range<usize>,
    /// From its first attribute to its last column.
    pub whole: Range<usize>,
    pub columns: Vec<(String, Range<usize>)>,
    /// From `#[tenant(column)]`.
    pub tenant: Option<String>,
}

/// The tables of a file; of one that cannot be read, those that can.
pub(super) fn tables(file: &Arc<SourceFile>) -> Vec<TablePlace> {
    let (read, _) = dbkit_syntax::read_file(&file.text);
    let tables = read.items.into_iter().filter_map(|item| match item.item {
        Item::Table(table) => Some((table, item.modules)),
        _ => None,
    });
    tables.map(|(table, modules)| place(&table, modules.last(), file)).collect()
}

fn place(table: &TableDef, module: Option<&String>, file: &Arc<SourceFile>) -> TablePlace {
    let span = table.name.span.byte_range();
    let columns: Vec<(String, Range<usize>)> = table
        .columns
        .iter()
        .map(|column| {
            let start = column.name.span.byte_range().start;
            let end = column.ty.span.byte_range().end.max(start + 1);
            (exact(&column.attributes, &column.name.text), start..end)
        })
        .collect();
    let starts = table.attributes.iter().map(|a| a.span.byte_range().start);
    let start = starts.chain([span.start]).min().unwrap_or(span.start);
    let end = columns.last().map_or(span.end, |(_, span)| span.end);
    let tenant = table.attributes.iter().find(|a| a.name.text == "tenant").and_then(first_word);
    let tenant = tenant.map(|tenant| {
        let named = table.columns.iter().find(|column| column.name.text == tenant);
        named.map_or(tenant.clone(), |column| exact(&column.attributes, &tenant))
    });
    TablePlace {
        file: Arc::clone(file),
        schema: table.schema.as_ref().map(|name| name.text.clone()).or_else(|| module.cloned()),
        name: exact(&table.attributes, &table.name.text),
        span,
        whole: start..end,
        columns,
        tenant,
    }
}

fn exact(attributes: &[Attribute], name: &str) -> String {
    let named = attributes.iter().find(|attribute| attribute.name.text == "sql_name");
    named.and_then(|attribute| attribute.text()).unwrap_or(name).to_owned()
}

fn first_word(attribute: &Attribute) -> Option<String> {
    match &attribute.value()?.kind {
        TermKind::Path(path) => path.last().map(|name| name.text.clone()),
        TermKind::Text(text) => Some(text.clone()),
        _ => None,
    }
}
