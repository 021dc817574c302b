//! `schema.rs` → model.

mod args;
mod catalog;
mod column;
mod column_type;
mod constraint;
mod default;
mod draft;
mod finish;
mod identity;
mod index;
mod mistakes;
mod parse;
mod table;
mod tenants;
mod validate;

pub use column::sqlite_expr;

use super::ast::{CustomType, Enum, Items, Joinable, Name};
use super::declared::{Declared, DeclaredName};
use crate::diagnostic::{Diagnostic, Severity, SourceFile};
use crate::diff::Conversions;
use crate::diff::Rename;
use crate::model::{
    Deferrable, Dialect, EnumType, FkAction, ForeignKey, MatchKind, Model, Object, ObjectKind,
    QName, SchemaObject,
};
use crate::source::Source;
use args::Args;
use catalog::{Catalog, Found, Home};
use draft::{Context, Draft, KeyPlace};
use mistakes::{Mistakes, suggestion};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Reads schema files as one model: the union of all tables and enums in them.
///
/// # Errors
/// Every mistake found, in all files at once.
pub fn read(files: &[Arc<SourceFile>], dialect: Dialect) -> Result<Source, Vec<Diagnostic>> {
    let (source, mistakes) = read_all(files, dialect);
    match mistakes.iter().any(|mistake| mistake.severity == Severity::Error) {
        true => Err(mistakes),
        false => Ok(source),
    }
}

/// The same, for a reader of more files: what could be read, and every mistake.
#[must_use]
pub fn read_all(files: &[Arc<SourceFile>], dialect: Dialect) -> (Source, Vec<Diagnostic>) {
    let mut mistakes: Vec<Mistakes> =
        files.iter().map(|file| Mistakes::new(Arc::clone(file))).collect();
    let items: Vec<Items> = mistakes.iter_mut().map(parse::file).collect();
    let stem = |file: &Arc<SourceFile>| {
        file.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let catalog = Catalog::new(items.iter().zip(files.iter().map(stem)), dialect);
    let mut model = Model::new(dialect);
    let mut renames = Vec::new();
    let mut conversions = Conversions::default();
    let mut personal = BTreeMap::new();
    let mut declared = Declared::default();
    let mut drafts = Vec::new();
    for (at, ((items, file), mistakes)) in items.iter().zip(files).zip(&mut mistakes).enumerate() {
        enums(items, dialect, &mut model, &mut renames, &mut conversions, mistakes);
        let named = items
            .enums
            .iter()
            .map(|item| (enum_name(item, dialect), DeclaredName::new(file, &item.name.span)));
        declared.enums.extend(named);
        declared.types.extend(items.custom_types.iter().map(CustomType::declared));
        declared.plain |= items.tables.iter().any(|table| table.plain);
        for table in &items.tables {
            let mut context = Context {
                dialect,
                catalog: &catalog,
                mistakes,
                renames: &mut renames,
                conversions: &mut conversions,
                personal: &mut personal,
                undecided: &mut declared.undecided,
            };
            let home = Home { file: at, stem: stem(file), module: table.module.clone() };
            let draft = table::read(table, home, &mut context);
            declared.tables.insert(draft.table.name.clone(), draft.declared(file));
            drafts.push(draft);
        }
    }
    for (at, ((items, file), mistakes)) in items.iter().zip(files).zip(&mut mistakes).enumerate() {
        for joinable in &items.joinables {
            let home = Home { file: at, stem: stem(file), module: joinable.module.clone() };
            join(joinable, &home, &catalog, &mut drafts, mistakes);
        }
    }
    finish::serials(&mut drafts, &mut mistakes, &mut model);
    let tenants = tenants::expand(&mut drafts, &mut model, &mut mistakes);
    finish::names(&mut drafts, &model);
    validate::drafts(&drafts, &model, &mut mistakes);
    let mut list: Vec<Diagnostic> = mistakes.into_iter().flat_map(Mistakes::into_list).collect();
    if list.is_empty() && !files.is_empty() && items.iter().all(|items| items.blocks == 0) {
        list.push(no_schema(files));
    }
    finish::into_model(drafts, &mut model);
    schemas(&mut model);
    renames.sort();
    renames.dedup();
    let files = files.to_vec();
    (Source { model, renames, conversions, personal, declared, tenants, files }, list)
}

/// What a file declares, whatever mistakes there are in it.
#[must_use]
pub fn items_of(file: &Arc<SourceFile>) -> Items {
    parse::file(&mut Mistakes::new(Arc::clone(file)))
}

/// As a schema, files without any would mean to drop everything.
fn no_schema(files: &[Arc<SourceFile>]) -> Diagnostic {
    let names: Vec<String> = files.iter().map(|file| file.path.display().to_string()).collect();
    let verb = if names.len() == 1 { "holds" } else { "hold" };
    Diagnostic::error("no-schema", format!("{} {verb} no schema", names.join(", ")))
        .help("write `dbkit::schema! { … }`; an empty block stands for an empty database")
}

fn enum_name(item: &Enum, dialect: Dialect) -> QName {
    let schema = catalog::schema(None, &item.notes, dialect);
    let name = catalog::text_of(&item.notes, "sql_name")
        .unwrap_or_else(|| super::identifiers::separate(&item.name.text));
    QName { schema, name }
}

/// Enums become types on PostgreSQL; on SQLite the columns that use them get a check.
fn enums(
    items: &Items,
    dialect: Dialect,
    model: &mut Model,
    renames: &mut Vec<Rename>,
    conversions: &mut Conversions,
    mistakes: &mut Mistakes,
) {
    for item in &items.enums {
        let name = enum_name(item, dialect);
        let mut comment = item.notes.doc.clone();
        for attribute in &item.notes.attributes {
            let mut args = Args::new(attribute, &[]);
            match attribute.name.text.as_str() {
                "comment" => comment = args.first_text().map(|(text, _)| text),
                "renamed_from" => {
                    if let Some((from, _)) = args.first_text() {
                        let from = match from.contains('.') {
                            true => column::qname(&from),
                            false => Some(name.sibling(from)),
                        };
                        renames.extend(from.map(|from| Rename::Object {
                            kind: ObjectKind::Enum,
                            from,
                            to: name.clone(),
                        }));
                    }
                }
                "schema" | "sql_name" => {
                    args.first_text();
                }
                // The grammar has reported it.
                _ => continue,
            }
            args.finish(mistakes);
        }
        let mut labels = Vec::new();
        for label in &item.labels {
            let text = catalog::text_of(&label.notes, "sql_name")
                .unwrap_or_else(|| super::identifiers::separate(&label.name.text));
            for attribute in &label.notes.attributes {
                match attribute.name.text.as_str() {
                    "sql_name" => {}
                    "renamed_from" => {
                        let from = Args::new(attribute, &[]).first_text();
                        renames.extend(from.map(|(from, _)| Rename::EnumLabel {
                            ty: name.clone(),
                            from,
                            to: text.clone(),
                        }));
                    }
                    "replaces" => {
                        if let Some((from, _)) = Args::new(attribute, &[]).first_text() {
                            let labels = conversions.labels.entry(name.clone()).or_default();
                            labels.push((from, text.clone()));
                        }
                    }
                    _ => {}
                }
            }
            validate::label(&text, &label.name.span, &labels, dialect, mistakes);
            labels.push(text);
        }
        validate::name("enum", &name.name, &item.name.span, dialect, mistakes);
        if dialect == Dialect::Sqlite {
            continue;
        }
        let fresh =
            model.insert(Object::Enum(Box::new(EnumType { name: name.clone(), labels, comment })));
        if !fresh {
            mistakes
                .add("duplicate-name", &item.name.span, format!("there are two enums `{name}`"))
                .help("rename one, or give it another #[sql_name]");
        }
    }
}

/// `joinable!` of a plain table is a foreign key to the parent's primary key. A table of `schema!`
/// says its foreign keys itself; what stands beside it lets Diesel join where there is none.
fn join(
    joinable: &Joinable,
    home: &Home,
    catalog: &Catalog,
    drafts: &mut [Draft],
    mistakes: &mut Mistakes,
) {
    let mut table = |name: &Name| match catalog.table(&name.text, None, home) {
        Found::One(entry) => Some(entry),
        Found::Several => {
            mistakes
                .add(
                    "ambiguous-name",
                    &name.span,
                    format!("several tables are called `{}`", name.text),
                )
                .help("put `joinable!` into the module of its tables");
            None
        }
        Found::Nothing => {
            mistakes
                .add("unknown-table", &name.span, format!("there is no table `{}`", name.text))
                .help(suggestion(&name.text, catalog.idents()));
            None
        }
    };
    let (parent, child) = (table(&joinable.parent), table(&joinable.child));
    let (Some(parent), Some(child)) = (parent, child) else { return };
    let Some(draft) = drafts.iter_mut().find(|draft| draft.table.name == child.name) else {
        return;
    };
    let span = &joinable.column.span;
    let Some(column) = draft.column_named(&joinable.column.text, span, mistakes) else { return };
    let there = draft
        .table
        .foreign_keys
        .iter()
        .any(|key| key.parent == parent.name && key.columns == [column.clone()]);
    if there || !draft.plain || parent.key.len() != 1 {
        return;
    }
    draft.table.foreign_keys.push(ForeignKey {
        name: None,
        columns: vec![column],
        parent: parent.name.clone(),
        parent_columns: parent.key.clone(),
        on_delete: FkAction::NoAction,
        on_delete_columns: Vec::new(),
        on_update: FkAction::NoAction,
        match_kind: MatchKind::Simple,
        deferrable: Deferrable::No,
        not_valid: false,
        behind_columns: false,
        inherited_from: None,
        comment: None,
    });
    let place = KeyPlace { file: home.file, span: span.clone(), exact: false };
    draft.foreign_key_places.push(place);
}

/// A schema that something is in must exist.
fn schemas(model: &mut Model) {
    let named: BTreeSet<String> = model
        .tables
        .keys()
        .chain(model.enums.keys())
        .filter_map(|name| name.schema.clone())
        .collect();
    for name in named {
        model.schemas.entry(name.clone()).or_insert(SchemaObject { name, comment: None });
    }
}
