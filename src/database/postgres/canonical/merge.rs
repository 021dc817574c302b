//! What the server printed for the scratch objects, put into the wanted model.

use super::differing::{Differing, Part};
use super::scratch::Scratch;
use crate::dialect::postgres::types;
use crate::model::{
    ColumnValue, DataType, Dialect, Index, IndexKey, Model, ObjectId, OnTable, QName, RoutineId,
};
use crate::sql::lex::{TokenKind, tokens};

/// What needs no server: facts that files may leave open are taken from the live database.
pub(super) fn without_server(wanted: &mut Model, live: &Model) {
    for view in wanted.views.values_mut() {
        if let Some(other) = live.views.get(&view.name)
            && view.columns.is_empty()
            && view.query == other.query
        {
            view.columns.clone_from(&other.columns);
        }
    }
    for table in wanted.tables.values_mut() {
        let Some(other) = live.tables.get(&table.name) else { continue };
        for column in &mut table.columns {
            let Some(twin) = other.column(&column.name).filter(|twin| twin.ty == column.ty) else {
                continue;
            };
            if let (ColumnValue::Default(a), ColumnValue::Default(b)) =
                (&mut column.value, &twin.value)
                && is_printed(&a.0, &b.0, &twin.ty)
            {
                a.clone_from(b);
            }
        }
    }
    for extension in wanted.extensions.values_mut() {
        if let Some(other) = live.extensions.get(&extension.name)
            && extension.version.is_none()
        {
            extension.version.clone_from(&other.version);
        }
    }
}

/// True when the server printed a plain string constant in front of a cast to the column's type:
/// the text that hand-written schemas differ in most. Asking the server would mean to copy the
/// table, for every such table.
fn is_printed(written: &str, printed: &str, ty: &DataType) -> bool {
    let mut tokens = tokens(written, Dialect::Postgres);
    let constant =
        tokens.next().is_some_and(|t| t.kind == TokenKind::Text) && tokens.next().is_none();
    if !constant || !written.starts_with('\'') || written.contains('\\') {
        return false;
    }
    let Some(cast) = printed.strip_prefix(written).and_then(|rest| rest.strip_prefix("::")) else {
        return false;
    };
    let name = types::render(&DataType { modifier: None, ..ty.clone() });
    cast == name || (name == "character" && cast == "bpchar")
}

pub(super) fn from_scratch(
    wanted: &mut Model,
    seen: &Model,
    scratch: &Scratch,
    differing: &Differing,
) {
    for (table, part) in &differing.parts {
        in_table(wanted, seen, scratch, table, part);
    }
    for id in &differing.objects {
        object(wanted, seen, scratch, id);
    }
}

fn in_table(wanted: &mut Model, seen: &Model, scratch: &Scratch, name: &QName, part: &Part) {
    let Some(copy) = seen.tables.get(&scratch.name(name)) else { return };
    let Some(table) = wanted.tables.get_mut(name) else { return };
    match part {
        Part::Default(column) | Part::Generated(column) => {
            let Some(printed) = copy.column(column) else { return };
            let Some(column) = table.columns.iter_mut().find(|c| c.name == *column) else { return };
            match (&mut column.value, &printed.value) {
                (ColumnValue::Default(a), ColumnValue::Default(b))
                | (
                    ColumnValue::Generated { expr: a, .. },
                    ColumnValue::Generated { expr: b, .. },
                ) => *a = scratch.back_expr(b),
                // The server keeps no default that is NULL.
                // One that it could not read is not there either.
                (value @ ColumnValue::Default(_), ColumnValue::None) if is_null(value) => {
                    *value = ColumnValue::None;
                }
                _ => {}
            }
        }
        Part::Check(check) => {
            let printed = copy.checks.iter().find(|c| c.name.as_ref() == Some(check));
            let check = table.checks.iter_mut().find(|c| c.name.as_ref() == Some(check));
            if let (Some(check), Some(printed)) = (check, printed) {
                check.expr = scratch.back_expr(&printed.expr);
            }
        }
        Part::Exclusion(exclusion) => {
            let printed = copy.exclusions.iter().find(|e| e.name == *exclusion);
            let exclusion = table.exclusions.iter_mut().find(|e| e.name == *exclusion);
            if let (Some(exclusion), Some(printed)) = (exclusion, printed) {
                index(&mut exclusion.index, &printed.index, scratch);
                exclusion.index.name.clone_from(&printed.index.name);
                exclusion.operators.clone_from(&printed.operators);
            }
        }
        Part::Index(name) => {
            let printed = copy.indexes.iter().find(|i| i.name == *name);
            let wanted = table.indexes.iter_mut().find(|i| i.name == *name);
            if let (Some(wanted), Some(printed)) = (wanted, printed) {
                index(wanted, printed, scratch);
            }
        }
        Part::PartitionKey => {
            table.partition_by = copy.partition_by.as_ref().map(|key| scratch.back_expr(key));
        }
        Part::Bound => {
            if let (Some(of), Some(printed)) = (&mut table.partition_of, &copy.partition_of) {
                of.bound = scratch.back_expr(&printed.bound);
            }
        }
    }
}

/// What is written about keys and condition; options, comment and the like are no text.
fn index(wanted: &mut Index, printed: &Index, scratch: &Scratch) {
    wanted.elements.clone_from(&printed.elements);
    for element in &mut wanted.elements {
        if let IndexKey::Expr(expr) = &mut element.key {
            *expr = scratch.back_expr(expr);
        }
        if let Some(collation) = &mut element.collation {
            collation.0 = scratch.back_name(&collation.0);
        }
        element.opclass = element.opclass.as_deref().map(|opclass| scratch.back(opclass));
    }
    wanted.predicate = printed.predicate.as_ref().map(|e| scratch.back_expr(e));
}

fn object(wanted: &mut Model, seen: &Model, scratch: &Scratch, id: &ObjectId) {
    let on = |on: &OnTable| OnTable { table: scratch.name(&on.table), name: on.name.clone() };
    match id {
        ObjectId::View(name) => {
            let printed = seen.views.get(&scratch.name(name));
            if let (Some(view), Some(printed)) = (wanted.views.get_mut(name), printed) {
                view.query = scratch.back(&printed.query);
                view.columns.clone_from(&printed.columns);
                view.options.clone_from(&printed.options);
                view.column_defaults = printed
                    .column_defaults
                    .iter()
                    .map(|(column, e)| (column.clone(), scratch.back_expr(e)))
                    .collect();
                for wanted in &mut view.indexes {
                    let printed = printed.indexes.iter().find(|i| i.name == wanted.name);
                    if let Some(printed) = printed {
                        index(wanted, printed, scratch);
                    }
                }
            }
        }
        ObjectId::Routine(key) => {
            let copy =
                RoutineId { name: scratch.name(&key.name), arguments: key.arguments.clone() };
            // Argument types that are copied too are printed under their scratch names.
            let printed = seen.routines.get(&copy).or_else(|| {
                let mut all = seen.routines.values();
                all.find(|r| {
                    r.id.name == copy.name
                        && r.id
                            .arguments
                            .iter()
                            .map(|a| scratch.back(a))
                            .eq(key.arguments.iter().cloned())
                })
            });
            if let (Some(routine), Some(printed)) = (wanted.routines.get_mut(key), printed) {
                routine.definition = scratch.back(&printed.definition);
                routine.arguments = scratch.back(&printed.arguments);
                routine.result = scratch.back(&printed.result);
            }
        }
        ObjectId::Trigger(key) => {
            let printed = seen.triggers.get(&on(key));
            if let (Some(trigger), Some(printed)) = (wanted.triggers.get_mut(key), printed) {
                trigger.definition = scratch.back(&printed.definition);
            }
        }
        ObjectId::Rule(key) => {
            let printed = seen.rules.get(&on(key));
            if let (Some(rule), Some(printed)) = (wanted.rules.get_mut(key), printed) {
                rule.definition = scratch.back(&printed.definition);
            }
        }
        ObjectId::Policy(key) => {
            let printed = seen.policies.get(&on(key));
            if let (Some(policy), Some(printed)) = (wanted.policies.get_mut(key), printed) {
                policy.using = printed.using.as_ref().map(|e| scratch.back_expr(e));
                policy.with_check = printed.with_check.as_ref().map(|e| scratch.back_expr(e));
                policy.roles.clone_from(&printed.roles);
            }
        }
        ObjectId::Domain(name) => {
            let printed = seen.domains.get(&scratch.name(name));
            if let (Some(domain), Some(printed)) = (wanted.domains.get_mut(name), printed) {
                domain.default = printed.default.as_ref().map(|e| scratch.back_expr(e));
                for check in &mut domain.checks {
                    let printed = printed.checks.iter().find(|c| c.name == check.name);
                    if let Some(printed) = printed {
                        check.expr = scratch.back_expr(&printed.expr);
                    }
                }
            }
        }
        ObjectId::Statistics(name) => {
            let printed = seen.statistics.get(&scratch.name(name));
            if let (Some(statistics), Some(printed)) = (wanted.statistics.get_mut(name), printed) {
                statistics.definition = scratch.back(&printed.definition);
            }
        }
        ObjectId::Collation(name) => {
            let printed = seen.collations.get(&scratch.name(name));
            if let (Some(collation), Some(printed)) = (wanted.collations.get_mut(name), printed) {
                collation.definition = scratch.back(&printed.definition);
            }
        }
        _ => {}
    }
}

fn is_null(value: &ColumnValue) -> bool {
    let ColumnValue::Default(expr) = value else { return false };
    let text = expr.as_str().trim_start_matches(['(', ' ']);
    let null = text.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("null"));
    null && text
        .get(4..)
        .is_none_or(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '(' || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_needs_no_server_to_be_the_printed_one() {
        let text = DataType::builtin("text");
        let short =
            DataType { modifier: Some("3".to_owned()), ..DataType::builtin("character varying") };
        assert!(is_printed("'it''s'", "'it''s'::text", &text));
        assert!(is_printed("''", "''::character varying", &short));
        assert!(is_printed("'x'", "'x'::bpchar", &DataType::builtin("character")));
        assert!(is_printed("'{}'", "'{}'::text[]", &DataType { array: true, ..text.clone() }));
        // Values that the server reads, and texts that go on.
        assert!(!is_printed("'now'", "'2024-01-01 00:00:00'::timestamp without time zone", &text));
        assert!(!is_printed("'a'", "'a'::text || 'b'::text", &text));
        assert!(!is_printed("'a'::text", "'a'::text", &text));
        assert!(!is_printed("E'a'", "E'a'::text", &text));
        assert!(!is_printed("now()", "now()", &text));
    }
}
