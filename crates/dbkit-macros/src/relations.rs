use crate::names::ident;
use crate::tables::is_addressable;
use dbkit_syntax::ast::{
    Argument, Attribute, Item, KeyList, Name, Schema, TableDef, Term, TermKind, TypeTree,
};
use proc_macro2::TokenStream;
use quote::quote;

/// A foreign key of one column, both ends in the same block.
struct Reference<'s> {
    child: &'s TableDef,
    column: &'s Name,
    parent: &'s TableDef,
    /// It points at the parent's primary key, which is what `joinable!` joins on.
    to_key: bool,
}

/// `joinable!` where the parent is unambiguous, and leave for all tables to share a query.
pub fn expand(schema: &Schema) -> TokenStream {
    let tables: Vec<&TableDef> = schema
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Table(table) if is_addressable(table) => Some(table),
            _ => None,
        })
        .collect();
    let references: Vec<Reference<'_>> =
        tables.iter().flat_map(|table| of_table(table, &tables)).collect();
    let mut out = TokenStream::new();
    for one in &references {
        // `joinable!` works in both directions, so a second reference either way is one too many.
        let between = references.iter().filter(|other| same_pair(one, other)).count();
        let itself = one.child.name.text == one.parent.name.text;
        if between == 1 && !itself && one.to_key && types_match(one) {
            let (child, parent) = (ident(&one.child.name), ident(&one.parent.name));
            let column = ident(one.column);
            out.extend(quote! { ::diesel::joinable!(#child -> #parent (#column)); });
        }
    }
    if tables.len() > 1 {
        let names = tables.iter().map(|table| ident(&table.name));
        out.extend(quote! { ::diesel::allow_tables_to_appear_in_same_query!(#(#names,)*); });
    }
    out
}

/// Diesel joins only columns of one type, the database also an `integer` with a `bigint`.
fn types_match(reference: &Reference<'_>) -> bool {
    let KeyList::Columns(keys) = &reference.parent.primary_key else {
        return same_type(reference, "id");
    };
    keys.first().is_some_and(|key| same_type(reference, &key.text))
}

fn same_type(reference: &Reference<'_>, key: &str) -> bool {
    let of = |table: &TableDef, name: &str| {
        table.columns.iter().find(|column| column.name.text == name).map(|c| spelled(&c.ty))
    };
    of(reference.child, &reference.column.text) == of(reference.parent, key)
}

/// The type without `Nullable`, by the name Diesel's aliases stand for.
fn spelled(ty: &TypeTree) -> String {
    let inner = match ty.arguments.as_slice() {
        [inner] if ty.last() == "Nullable" => return spelled(inner),
        inner => inner,
    };
    let name = match ty.last() {
        "Int2" | "Smallint" | "SmallSerial" => "SmallInt",
        "Int4" | "Serial" => "Integer",
        "Int8" | "Bigint" | "BigSerial" => "BigInt",
        "Float4" => "Float",
        "Float8" => "Double",
        "Decimal" => "Numeric",
        "VarChar" | "Varchar" | "Bpchar" | "Char" => "Text",
        "Bytea" | "Blob" | "Varbinary" => "Binary",
        "Macaddr" => "MacAddr",
        "Macaddr8" => "MacAddr8",
        other => other,
    };
    let inner: Vec<String> = inner.iter().map(spelled).collect();
    format!("{name}<{}>", inner.join(","))
}

fn same_pair(a: &Reference<'_>, b: &Reference<'_>) -> bool {
    let names = |r: &Reference<'_>| {
        let (child, parent) = (r.child.name.text.clone(), r.parent.name.text.clone());
        if child < parent { (child, parent) } else { (parent, child) }
    };
    names(a) == names(b)
}

fn of_table<'s>(table: &'s TableDef, tables: &[&'s TableDef]) -> Vec<Reference<'s>> {
    let mut found = Vec::new();
    for column in &table.columns {
        for attribute in named(&column.attributes, "references") {
            let target = attribute.list().first().and_then(|a| a.terms.first());
            if let Some((parent, to_key)) = target.and_then(|term| resolve(term, tables)) {
                found.push(Reference { child: table, column: &column.name, parent, to_key });
            }
        }
    }
    for attribute in named(&table.attributes, "foreign_key") {
        found.extend(single(table, attribute.list(), tables));
    }
    found
}

fn named<'s>(list: &'s [Attribute], name: &'static str) -> impl Iterator<Item = &'s Attribute> {
    list.iter().filter(move |attribute| attribute.name.text == name)
}

/// `(a) references parent(x)` or `a, references(parent.x)`; with several columns there is nothing
/// `joinable!` could say.
fn single<'s>(
    table: &'s TableDef,
    arguments: &'s [Argument],
    tables: &[&'s TableDef],
) -> Option<Reference<'s>> {
    let first = arguments.first()?;
    let (own, target) = match first.terms.as_slice() {
        [Term { kind: TermKind::Tuple(own), .. }, _references, target] => match own.as_slice() {
            [own] => (own.terms.first()?, target),
            _ => return None,
        },
        [own] => match &arguments.get(1)?.terms.first()?.kind {
            TermKind::Call { path, arguments } if path.last()?.text == "references" => {
                (own, arguments.first()?.terms.first()?)
            }
            _ => return None,
        },
        _ => return None,
    };
    let written = last_name(own)?;
    let column = table.columns.iter().find(|column| column.name.text == written.text)?;
    let (parent, to_key) = resolve(target, tables)?;
    Some(Reference { child: table, column: &column.name, parent, to_key })
}

/// `parent`, `parent.id`, `schema.parent.id`, `parent(id)`.
fn resolve<'s>(term: &Term, tables: &[&'s TableDef]) -> Option<(&'s TableDef, bool)> {
    let table = |name: &str| tables.iter().find(|table| table.name.text == name).copied();
    match &term.kind {
        TermKind::Path(path) => {
            let mut names = path.iter().rev().map(|name| name.text.as_str());
            let (last, before) = (names.next()?, names.next());
            match before.and_then(table) {
                Some(parent) => Some((parent, is_key(parent, last))),
                None => table(last).map(|parent| (parent, true)),
            }
        }
        TermKind::Call { path, arguments } => {
            let parent = table(&path.last()?.text)?;
            let column = last_name(arguments.first()?.terms.first()?)?;
            Some((parent, arguments.len() == 1 && is_key(parent, &column.text)))
        }
        _ => None,
    }
}

fn last_name(term: &Term) -> Option<&Name> {
    match &term.kind {
        TermKind::Path(path) => path.last(),
        _ => None,
    }
}

fn is_key(table: &TableDef, column: &str) -> bool {
    match &table.primary_key {
        KeyList::Default => column == "id",
        KeyList::Columns(keys) => matches!(keys.as_slice(), [key] if key.text == column),
    }
}
