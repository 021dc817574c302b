//! `#[tenant(column)]`, once all tables are read.

use super::super::ast::{Attribute, Span};
use super::super::tenant::{self, Missing, Tenants};
use super::args::Args;
use super::draft::{Context, Draft};
use super::mistakes::Mistakes;
use crate::model::{Dialect, Model, Object, Table};

/// Reads the attribute: one column, which says whose a row is.
pub fn read(attribute: &Attribute, draft: &mut Draft, context: &mut Context<'_>) {
    let columns = draft.columns.clone();
    let mut args = Args::new(attribute, &columns);
    let mistakes = &mut *context.mistakes;
    let span = args.span.clone();
    let list = args.positional();
    let named = draft.column_list(&list, mistakes);
    args.finish(mistakes);
    match named.as_slice() {
        [column] => draft.tenant = Some((column.clone(), span)),
        // What is wrong with the only column was told.
        [] if !list.is_empty() => {}
        _ => {
            mistakes
                .add("wrong-value", &span, "`tenant` takes one column")
                .help("write #[tenant(organisation_id)]");
        }
    }
}

/// Adds what the attribute stands for. On SQLite, which has no policies, it is nothing. Returns the
/// tables that have it.
pub fn expand(drafts: &mut [Draft], model: &mut Model, mistakes: &mut [Mistakes]) -> Tenants {
    let mut tenants = Tenants::new();
    for draft in drafts.iter() {
        let Some((column, span)) = &draft.tenant else { continue };
        let Some(found) = draft.table.column(column) else { continue };
        if found.nullable {
            if let Some(mistakes) = mistakes.get_mut(draft.home.file) {
                nullable(column, span, mistakes);
            }
        } else {
            tenants.insert(draft.table.name.clone(), column.clone());
        }
    }
    if model.dialect != Dialect::Postgres {
        return tenants;
    }
    let tables: Vec<&Table> = drafts.iter().map(|draft| &draft.table).collect();
    let mut lacking = tenant::missing(&tables, &tenants);
    for draft in drafts {
        let Some(column) = tenants.get(&draft.table.name) else { continue };
        let missing = lacking.remove(&draft.table.name).unwrap_or_default();
        for (at, why) in &missing.unfit {
            let Some(place) = draft.foreign_key_places.get(*at) else { continue };
            let Some(mistakes) = mistakes.get_mut(place.file) else { continue };
            mistakes
                .add(
                    "tenant-foreign-key",
                    &place.span,
                    format!("this foreign key cannot be kept within a tenant: {why}"),
                )
                .help("write it out with #[foreign_key(…)] and both tenant columns");
        }
        add(draft, column, missing);
        if let Some(policy) = tenant::policy(&draft.table, column) {
            model.insert(Object::Policy(Box::new(policy)));
        }
    }
    tenants
}

fn add(draft: &mut Draft, column: &str, missing: Missing) {
    let span = draft.tenant.as_ref().map(|(_, span)| span.clone()).unwrap_or_default();
    draft.table.row_security = true;
    draft.table.force_row_security = true;
    for (at, key) in missing.keys {
        if let Some(slot) = draft.table.foreign_keys.get_mut(at) {
            *slot = key;
        }
    }
    for columns in missing.uniques {
        draft.table.uniques.push(tenant::unique(columns));
        draft.unique_spans.push(span.clone());
    }
    if missing.index {
        draft.table.indexes.push(tenant::index(column));
        draft.index_spans.push(span);
    }
}

fn nullable(column: &str, span: &Span, mistakes: &mut Mistakes) {
    mistakes
        .add(
            "nullable-tenant",
            span,
            format!("`{column}` can be NULL: nobody would see such a row"),
        )
        .help("remove Nullable<…> from the tenant column");
}
