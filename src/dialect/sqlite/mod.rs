//! SQLite.

pub(crate) mod align;
mod alter;
mod bodies;
pub mod jsonb;
mod normal;
mod order;
pub mod quote;
mod rebuild;
mod relations;
mod steps;
mod table;
pub mod types;

pub use align::align;
#[cfg(feature = "cli")]
pub(crate) use table::{create_index, references};

use crate::diff::{Ambiguity, Diff, Rename, diff};
use crate::model::{Model, ObjectKind};
use crate::plan::{Conversions, Hazard, HazardKind, Part, Plan, Script, Statement};
use quote::{ident, literal};
use steps::{Step, Steps};

/// Switches enforcement off around a script that rebuilds or drops tables with foreign keys, which
/// works only outside a transaction; the script brings its own.
const BEFORE: [&str; 2] = ["PRAGMA foreign_keys = OFF;", "BEGIN IMMEDIATE;"];
const AFTER: [&str; 2] = ["COMMIT;", "PRAGMA foreign_keys = ON;"];

/// The SQL that brings a database from one model to another. SQLite needs no graph of steps: the
/// order of kinds is enough, as it reads names in bodies only when they are used.
#[must_use]
pub fn script(
    from: &Model,
    to: &Model,
    renames: &[Rename],
    conversions: &Conversions,
) -> (Script, Vec<Ambiguity>) {
    let wanted = align(to, from);
    let first = diff(from, &wanted, renames);
    let wanted = align(&wanted, &first.base);
    // Spelling has gone out of the way: only now the changes are what must be done.
    let rest = diff(&first.base, &wanted, &[]);
    let diff = Diff { renames: first.renames, ..rest };
    let steps = steps::steps(&diff, &wanted, conversions);
    (render_steps(&steps), first.ambiguous)
}

/// A plan as SQLite's SQL. Only its renames count: see [`script`].
#[must_use]
pub fn render(plan: &Plan, from: &Model, to: &Model) -> Script {
    let renames = plan.steps.iter().filter_map(|step| match &step.action {
        crate::plan::Action::Rename(rename) => Some(rename.clone()),
        _ => None,
    });
    let renames: Vec<Rename> = renames.collect();
    script(from, to, &renames, &Conversions::default()).0
}

fn render_steps(steps: &Steps) -> Script {
    let of_step = |step: &Step| {
        let mut made = statements(step);
        for statement in &mut made {
            statement.table = step.table().cloned();
        }
        for hazard in made.iter_mut().flat_map(|statement| &mut statement.hazards) {
            hazard.table = step.table().cloned();
        }
        made
    };
    let mut statements: Vec<Statement> = steps.steps.iter().flat_map(of_step).collect();
    if statements.is_empty() {
        return Script::default();
    }
    let plain = |sql: &str| Statement::new(sql);
    if steps.without_foreign_keys {
        statements.extend(checks(&steps.check));
        statements.splice(0..0, BEFORE.map(plain));
        statements.extend(AFTER.map(plain));
    }
    let part = Part { transactional: !steps.without_foreign_keys, statements };
    Script { parts: vec![part], notes: Vec::new() }
}

/// A migration folder has one `run_in_transaction` for both ways: when one of them brings its own
/// transaction, the other gets one of its own too.
pub fn share_transactions(up: &mut Script, down: &mut Script) {
    let both = [&*up, &*down];
    if both.iter().all(|script| script.parts.iter().all(|part| part.transactional)) {
        return;
    }
    let plain = |sql: &str| Statement::new(sql);
    for part in up.parts.iter_mut().chain(&mut down.parts).filter(|part| part.transactional) {
        part.transactional = false;
        part.statements.insert(0, plain("BEGIN IMMEDIATE;"));
        part.statements.push(plain("COMMIT;"));
    }
}

/// Fails when a row has lost its parent: `PRAGMA foreign_key_check` alone would only list it.
fn checks(tables: &[crate::model::QName]) -> Vec<Statement> {
    if tables.is_empty() {
        return Vec::new();
    }
    let mut sql = vec![
        "CREATE TEMP TABLE __dbkit_foreign_key_check (\n    child TEXT CONSTRAINT \"a row has no parent, see PRAGMA foreign_key_check\" CHECK (child IS NULL)\n);"
            .to_owned(),
    ];
    sql.extend(tables.iter().map(|table| {
        format!(
            "INSERT INTO temp.__dbkit_foreign_key_check SELECT \"table\" FROM pragma_foreign_key_check({});",
            literal(&table.name)
        )
    }));
    sql.push("DROP TABLE temp.__dbkit_foreign_key_check;".to_owned());
    sql.into_iter().map(Statement::new).collect()
}

fn statements(step: &Step) -> Vec<Statement> {
    let one = |sql: String, hazards: Vec<Hazard>| vec![Statement::new(sql).with(hazards)];
    let hazard = |kind, consequence: String| Hazard::new(kind, consequence);
    match step {
        Step::Rename(Rename::Object { kind: ObjectKind::Table, from, to }) => one(
            format!("ALTER TABLE {} RENAME TO {};", ident(&from.name), ident(&to.name)),
            vec![hazard(
                HazardKind::BreaksClients,
                format!("running clients that use table {from} by its old name fail"),
            )],
        ),
        Step::Rename(Rename::Column { table, from, to }) => one(
            format!(
                "ALTER TABLE {} RENAME COLUMN {} TO {};",
                ident(&table.name),
                ident(from),
                ident(to)
            ),
            vec![hazard(
                HazardKind::BreaksClients,
                format!("running clients that use column {table}.{from} by its old name fail"),
            )],
        ),
        Step::Rename(_) => Vec::new(),
        Step::DropTrigger(id) => one(format!("DROP TRIGGER {};", ident(&id.name)), Vec::new()),
        Step::DropView(name) => one(format!("DROP VIEW {};", ident(&name.name)), Vec::new()),
        Step::DropIndex { index } => one(format!("DROP INDEX {};", ident(index)), Vec::new()),
        Step::DropTable(table) => one(
            format!("DROP TABLE {};", ident(&table.name.name)),
            vec![hazard(
                HazardKind::DataLoss,
                format!("drops table {} and all its rows", table.name),
            )],
        ),
        Step::CreateTable(table) => one(table::create(table, &table.name.name), Vec::new()),
        Step::AddColumn { table, column } => add_column(table, column),
        Step::DropColumn { table, column } => one(
            format!("ALTER TABLE {} DROP COLUMN {};", ident(&table.name), ident(column)),
            vec![hazard(
                HazardKind::DataLoss,
                format!("drops column {table}.{column} and its values"),
            )],
        ),
        Step::Rebuild(rebuild) => rebuild::statements(rebuild),
        Step::CreateIndex { table, index, on_new } => {
            let mut hazards = Vec::new();
            if !on_new && index.unique {
                hazards.push(hazard(
                    HazardKind::MayFail,
                    format!("fails if two rows of {table} are equal in index {}", index.name),
                ));
            }
            one(table::create_index(&table.name, index), hazards)
        }
        Step::CreateView(view) => one(table::create_view(view), Vec::new()),
        Step::CreateTrigger(trigger) => one(table::terminated(&trigger.definition), Vec::new()),
    }
}

fn add_column(table: &crate::model::Table, column: &crate::model::Column) -> Vec<Statement> {
    let mut sql = format!(
        "ALTER TABLE {} ADD COLUMN {}",
        ident(&table.name.name),
        table::column_definition(table, column)
    );
    let own = [column.name.clone()];
    for key in table.foreign_keys.iter().filter(|key| key.columns == own) {
        if let Some(name) = &key.name {
            sql.push_str(&format!(" CONSTRAINT {} {}", ident(name), table::references(key)));
        }
    }
    let whole = crate::model::Table { columns: vec![column.clone()], ..table.clone() };
    for check in &table.checks {
        if alter::check_column(&whole, check.expr.as_str()).is_some() {
            sql.push_str(&format!(" {}", table::check(check)));
        }
    }
    let mut hazards = Vec::new();
    if !column.nullable && column.value.is_none() {
        let text = format!(
            "fails if table {} has rows: column {} is NOT NULL without a default",
            table.name, column.name
        );
        hazards.push(Hazard::new(HazardKind::MayFail, text));
    }
    vec![Statement::new(format!("{sql};")).with(hazards)]
}
