//! What the grammar (`dbkit_syntax`) finds in a file, in the shape the reader works on.

use super::super::ast::{
    Arg, Attribute, Body, Column, CustomType, Enum, Items, Joinable, Label, Name, Notes, Table,
    Type, Value, ValueKind,
};
use super::mistakes::Mistakes;
use dbkit_syntax::ast::{self, Arguments, Item, KeyList, Term, TermKind};
use dbkit_syntax::attributes::{is_foreign, is_known};

/// Reads all items of a file; mistakes of grammar are reported, what could be read is returned.
pub fn file(mistakes: &mut Mistakes) -> Items {
    let source = std::sync::Arc::clone(&mistakes.file);
    let (file, errors) = dbkit_syntax::read_file(&source.text);
    for error in errors {
        mistakes.add_from_grammar(&error);
    }
    let mut items = Items { blocks: file.blocks, ..Items::default() };
    for ast::FileItem { modules, item } in file.items {
        match item {
            Item::Enum(item) => items.enums.push(Enum {
                module: modules,
                name: name(&item.name),
                notes: notes(&item.attributes, false),
                labels: item
                    .labels
                    .iter()
                    .map(|l| Label { name: name(&l.name), notes: notes(&l.attributes, false) })
                    .collect(),
            }),
            Item::Table(item) => items.tables.push(table(&item, modules)),
            Item::Joinable(item) => {
                if let (Some(child), Some(parent)) = (item.child.last(), item.parent.last()) {
                    items.joinables.push(Joinable {
                        module: modules,
                        child: name(child),
                        parent: name(parent),
                        column: name(&item.column),
                    });
                }
            }
            Item::SqlType(item) => items.custom_types.push(CustomType {
                module: modules,
                name: item.sql_name.unwrap_or_else(|| item.name.text.to_lowercase()),
                ident: item.name.text,
                schema: item.schema,
            }),
        }
    }
    items
}

fn table(item: &ast::TableDef, module: Vec<String>) -> Table {
    Table {
        plain: item.plain,
        module,
        schema: item.schema.as_ref().map(name),
        name: name(&item.name),
        notes: notes(&item.attributes, item.plain),
        key: match &item.primary_key {
            KeyList::Default => None,
            KeyList::Columns(columns) => Some(columns.iter().map(name).collect()),
        },
        columns: item
            .columns
            .iter()
            .map(|column| Column {
                name: name(&column.name),
                notes: notes(&column.attributes, item.plain),
                ty: ty(&column.ty),
            })
            .collect(),
    }
}

fn name(name: &ast::Name) -> Name {
    Name { text: name.text.clone(), span: name.span.byte_range() }
}

fn ty(tree: &ast::TypeTree) -> Type {
    Type {
        path: tree.path.iter().map(name).collect(),
        arguments: tree.arguments.iter().map(ty).collect(),
        span: tree.span.byte_range(),
    }
}

/// dbkit's attributes and the doc comment; Rust's and Diesel's own are left aside.
fn notes(attributes: &[ast::Attribute], plain: bool) -> Notes {
    let mut notes = Notes::default();
    let mut lines: Vec<&str> = Vec::new();
    for attribute in attributes {
        let word = attribute.name.text.as_str();
        if word == "doc" {
            lines.extend(attribute.text().map(|line| line.strip_prefix(' ').unwrap_or(line)));
        } else if !is_foreign(word) && (is_known(word) || !plain) {
            let body = match &attribute.arguments {
                Arguments::None => Body::None,
                Arguments::Value(term) => match value(term) {
                    Some(value) => Body::Value(value),
                    None => Body::List(args_of_term(term)),
                },
                Arguments::List(list) => Body::List(list.iter().flat_map(argument).collect()),
            };
            notes.attributes.push(Attribute { name: name(&attribute.name), body });
        }
    }
    notes.doc = (!lines.is_empty()).then(|| lines.join("\n"));
    notes
}

fn argument(argument: &ast::Argument) -> Vec<Arg> {
    let Some((first, rest)) = argument.terms.split_first() else { return Vec::new() };
    if let Some(key) = &argument.key {
        return match value(first) {
            Some(value) => vec![Arg::Pair(name(key), value)],
            None => vec![Arg::List(name(key), args_of_term(first))],
        };
    }
    if rest.is_empty() {
        return args_of_term(first);
    }
    // `(a, b) references parent(x, y)`
    if let (TermKind::Tuple(_), [Term { kind: TermKind::Path(word), span }, target @ ..]) =
        (&first.kind, rest)
        && matches!(word.as_slice(), [only] if only.text == "references")
    {
        let mut out = args_of_term(first);
        let references = Name { text: "references".to_owned(), span: span.byte_range() };
        out.push(Arg::List(references, target.iter().flat_map(args_of_term).collect()));
        return out;
    }
    // `created_at desc nulls last`, `room with "="`, `"lower(name)" opclass "text_pattern_ops"`
    let options = options_of(rest);
    match (&first.kind, value(first)) {
        (TermKind::Call { path, arguments }, _) => {
            let Some(last) = path.last() else { return Vec::new() };
            let mut inner: Vec<Arg> = arguments.iter().flat_map(self::argument).collect();
            inner.extend(options);
            vec![Arg::List(name(last), inner)]
        }
        (TermKind::Path(path), _) if path.len() == 1 => {
            let Some(column) = path.first() else { return Vec::new() };
            let word = Name { text: "column".to_owned(), span: column.span.byte_range() };
            let column =
                Value { kind: ValueKind::Path(vec![name(column)]), span: column.span.byte_range() };
            vec![Arg::List(word, [Arg::Value(column)].into_iter().chain(options).collect())]
        }
        (_, Some(value)) => {
            let word = Name { text: "expr".to_owned(), span: value.span.clone() };
            vec![Arg::List(word, [Arg::Value(value)].into_iter().chain(options).collect())]
        }
        _ => args_of_term(first),
    }
}

/// Words behind an element: `desc` stands alone, `nulls`, `with` and the like take what follows.
fn options_of(terms: &[Term]) -> Vec<Arg> {
    let mut out = Vec::new();
    let mut terms = terms.iter().peekable();
    while let Some(term) = terms.next() {
        let word = match &term.kind {
            TermKind::Path(path) => path.last().map(name),
            _ => None,
        };
        match word {
            Some(word)
                if matches!(word.text.as_str(), "nulls" | "with" | "opclass" | "collate") =>
            {
                if let Some(value) = terms.next().and_then(value) {
                    out.push(Arg::Pair(word, value));
                }
            }
            _ => out.extend(args_of_term(term)),
        }
    }
    out
}

fn args_of_term(term: &Term) -> Vec<Arg> {
    match &term.kind {
        TermKind::Call { path, arguments } => path
            .last()
            .map(|last| Arg::List(name(last), arguments.iter().flat_map(argument).collect()))
            .into_iter()
            .collect(),
        TermKind::Tuple(arguments) => arguments.iter().flat_map(argument).collect(),
        _ => value(term).map(Arg::Value).into_iter().collect(),
    }
}

fn value(term: &Term) -> Option<Value> {
    let kind = match &term.kind {
        TermKind::Text(text) | TermKind::Number(text) => ValueKind::Text(text.clone()),
        TermKind::Integer(number) => ValueKind::Integer(*number),
        TermKind::Bool(on) => ValueKind::Bool(*on),
        TermKind::Path(path) => ValueKind::Path(path.iter().map(name).collect()),
        TermKind::Call { .. } | TermKind::Tuple(_) => return None,
    };
    Some(Value { kind, span: term.span.byte_range() })
}
