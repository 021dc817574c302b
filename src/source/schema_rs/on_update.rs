//! Columns the database keeps current by itself: `#[on_update = "now()"]`.

use super::names::object_name;
use super::read::sqlite_expr;
use crate::dialect::{postgres, sqlite};
use crate::model::{
    Column, Dialect, Enabled, Model, Object, OnTable, QName, Routine, RoutineId, RoutineKind,
    Table, Trigger,
};

/// The trigger's name, and on PostgreSQL its function's.
pub fn name_of(table: &QName, column: &str) -> String {
    object_name(&table.name, Some(column), "on_update")
}

/// Adds the trigger (and on PostgreSQL its function) that sets the column to the expression when a
/// row changes and the statement did not set the column itself.
pub fn add(model: &mut Model, table: &Table, column: &Column, expr: &str) {
    let name = name_of(&table.name, &column.name);
    let definition = match model.dialect {
        Dialect::Postgres => {
            let function = table.name.sibling(&name);
            model.insert(Object::Routine(Box::new(routine(&function, &column.name, expr))));
            format!(
                "CREATE TRIGGER {} BEFORE UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION {}()",
                postgres::quote::ident(&name),
                postgres::quote::qname(&table.name),
                postgres::quote::qname(&function),
            )
        }
        Dialect::Sqlite => sqlite_trigger(table, &column.name, &name, expr),
    };
    model.insert(Object::Trigger(Box::new(Trigger {
        id: OnTable { table: table.name.clone(), name },
        definition,
        enabled: Enabled::Origin,
        comment: None,
    })));
}

/// Rows are compared as stored (`*<>`), because not every type has an equality operator.
fn routine(name: &QName, column: &str, expr: &str) -> Routine {
    let column = postgres::quote::ident(column);
    let written = postgres::quote::qname(name);
    let body = format!(
        "\nBEGIN\n  IF NEW *<> OLD AND NEW.{column} IS NOT DISTINCT FROM OLD.{column} THEN\n    \
         NEW.{column} := {expr};\n  END IF;\n  RETURN NEW;\nEND\n"
    );
    let mut tag = "$function$".to_owned();
    while body.contains(&tag) {
        tag.insert(1, '_');
    }
    Routine {
        id: RoutineId { name: name.clone(), arguments: Vec::new() },
        kind: RoutineKind::Function,
        arguments: String::new(),
        result: "trigger".to_owned(),
        definition: format!(
            "CREATE OR REPLACE FUNCTION {written}()\n RETURNS trigger\n LANGUAGE plpgsql\n\
             AS {tag}{body}{tag}"
        ),
        comment: None,
    }
}

/// The second condition ends the recursion that `PRAGMA recursive_triggers` allows.
fn sqlite_trigger(table: &Table, column: &str, name: &str, expr: &str) -> String {
    use sqlite::quote::ident;
    let expr = sqlite_expr(expr);
    let own = ident(&table.name.name);
    let column = ident(column);
    let row = match &table.primary_key {
        Some(key) if table.without_rowid => key
            .columns
            .iter()
            .map(|c| format!("{0} = NEW.{0}", ident(c)))
            .collect::<Vec<_>>()
            .join(" AND "),
        _ => "rowid = NEW.rowid".to_owned(),
    };
    format!(
        "CREATE TRIGGER {} AFTER UPDATE ON {own} FOR EACH ROW\n\
         WHEN NEW.{column} IS OLD.{column} AND NEW.{column} IS NOT {expr}\nBEGIN\n  \
         UPDATE {own} SET {column} = {expr} WHERE {row};\nEND",
        ident(name),
    )
}
