use super::{TenantColumns, TenantError};
use crate::database::{DatabaseError, Rows, Session, Value};
use crate::dialect::postgres::quote::{ident, literal, qname};
use crate::model::{ColumnValue, Model, QName, Table};
use crate::source::schema_rs::{self, POLICY};
use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Tried, and it held.
    Held,
    /// Could not be tried, or is a door that is not open yet.
    Warning,
    /// One tenant reaches another's rows.
    Broken,
}

/// One thing that was looked at or tried.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub grade: Grade,
    pub table: Option<String>,
    pub what: String,
}

/// The findings so far.
pub(super) struct Report(pub Vec<Finding>);

impl Report {
    pub(super) fn add(&mut self, grade: Grade, table: Option<&QName>, what: impl Into<String>) {
        self.0.push(Finding { grade, table: table.map(QName::to_string), what: what.into() });
    }
}

/// Looks at everything that keeps tenants apart in a PostgreSQL database, and then tries to get
/// past it as the application's role. Whatever it tries is rolled back.
///
/// # Errors
/// The database's own, outside of the attempts.
pub fn examine(
    session: &mut dyn Session,
    columns: &TenantColumns,
    role: &str,
) -> Result<Vec<Finding>, TenantError> {
    let model = session.introspect().map_err(TenantError::database("looking at the tables"))?;
    let mut report = Report(Vec::new());
    powers(session, role, &mut report)?;
    behind(session, columns, role, &mut report)?;
    for (name, column) in columns {
        let Some(table) = model.tables.get(name) else {
            report.add(
                Grade::Warning,
                Some(name),
                "is in the schema files and not in the database",
            );
            continue;
        };
        look(table, column, &model, &mut report);
        attempts(session, table, column, role, &mut report)?;
    }
    for table in model.tables.values().filter(|table| !columns.contains_key(&table.name)) {
        if let Some(parent) =
            table.partition_of.as_ref().filter(|p| columns.contains_key(&p.parent))
            && !table.row_security
        {
            report.add(
                Grade::Broken,
                Some(&table.name),
                format!("is a partition of {} and has no policy of its own", parent.parent),
            );
        }
        if let Some(key) = table.foreign_keys.iter().find(|key| columns.contains_key(&key.parent)) {
            report.add(
                Grade::Warning,
                Some(&table.name),
                format!("refers to {} and has no tenant column", key.parent),
            );
        }
    }
    report.0.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
    Ok(report.0)
}

pub(super) fn lines(
    session: &mut dyn Session,
    sql: &str,
    binds: &[Value],
) -> Result<Vec<Vec<String>>, DatabaseError> {
    let text = |value: Value| value.as_text().unwrap_or_default().to_owned();
    let rows = session.query(sql, binds)?.rows;
    Ok(rows.into_iter().map(|row| row.into_iter().map(text).collect()).collect())
}

/// What the role may do that policies do not stop.
pub(super) fn powers(
    session: &mut dyn Session,
    role: &str,
    report: &mut Report,
) -> Result<(), TenantError> {
    let failed = TenantError::database(format!("looking at the role {role}"));
    let sql = "SELECT r.rolname::text, CASE WHEN r.rolsuper THEN 'a superuser' ELSE 'allowed BYPASSRLS' END \
        FROM pg_roles r WHERE (r.rolsuper OR r.rolbypassrls) AND pg_has_role($1::text, r.oid, 'MEMBER')";
    let found = lines(session, sql, &[Value::Text(role.to_owned())]).map_err(failed)?;
    if found.is_empty() {
        report.add(Grade::Held, None, format!("{role} is no superuser and has no BYPASSRLS"));
    }
    for line in found {
        let [name, power] = line.as_slice() else { continue };
        let what =
            if name == role { "is".to_owned() } else { format!("may become {name}, which is") };
        report.add(Grade::Broken, None, format!("{role} {what} {power}"));
    }
    Ok(())
}

/// Ways to the rows that run with somebody else's rights.
fn behind(
    session: &mut dyn Session,
    columns: &TenantColumns,
    role: &str,
    report: &mut Report,
) -> Result<(), TenantError> {
    let failed = TenantError::database("looking at views and functions");
    let names: Vec<String> = columns.keys().map(|name| literal(&qname(name))).collect();
    if names.is_empty() {
        return Ok(());
    }
    let role_bind = [Value::Text(role.to_owned())];
    let sql = format!(
        "SELECT DISTINCT v.oid::regclass::text, v.relkind::text \
         FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid AND d.classid = 'pg_rewrite'::regclass \
         JOIN pg_class v ON v.oid = w.ev_class AND v.relkind IN ('v', 'm') \
         JOIN pg_roles o ON o.oid = v.relowner \
         WHERE d.refobjid IN (SELECT to_regclass(n) FROM unnest(ARRAY[{}]) AS n) \
           AND has_table_privilege($1::text, v.oid, 'SELECT') \
           AND (v.relkind = 'm' OR ((o.rolsuper OR o.rolbypassrls) \
                AND NOT coalesce(v.reloptions @> ARRAY['security_invoker=true'], false))) ORDER BY 1",
        names.join(", ")
    );
    for line in lines(session, &sql, &role_bind).map_err(&failed)? {
        let [view, kind] = line.as_slice() else { continue };
        let why = match kind.as_str() {
            "m" => "keeps rows of all tenants, and nothing filters them",
            _ => {
                "runs with the rights of its owner, who is not under policies; make it security_invoker"
            }
        };
        report.add(Grade::Broken, None, format!("{role} may read the view {view}, which {why}"));
    }
    definers(session, role, report)
}

/// Functions that run with rights that nothing stops.
pub(super) fn definers(
    session: &mut dyn Session,
    role: &str,
    report: &mut Report,
) -> Result<(), TenantError> {
    let failed = TenantError::database("looking at functions");
    let role_bind = [Value::Text(role.to_owned())];
    let sql = "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner \
        JOIN pg_namespace n ON n.oid = p.pronamespace \
        WHERE p.prosecdef AND (o.rolsuper OR o.rolbypassrls) \
          AND n.nspname NOT IN ('pg_catalog', 'information_schema') \
          AND has_function_privilege($1::text, p.oid, 'EXECUTE') ORDER BY 1";
    for line in lines(session, sql, &role_bind).map_err(&failed)? {
        let function = line.first().cloned().unwrap_or_default();
        report.add(
            Grade::Warning,
            None,
            format!("{role} may call {function}, which runs with rights that no policy stops"),
        );
    }
    Ok(())
}

/// What the catalogue says of one table.
fn look(table: &Table, column: &str, model: &Model, report: &mut Report) {
    let name = Some(&table.name);
    if !table.row_security {
        report.add(Grade::Broken, name, "row-level security is not enabled");
    } else if !table.force_row_security {
        report.add(
            Grade::Warning,
            name,
            "row-level security is not forced: its owner sees all rows",
        );
    }
    let own = schema_rs::policy_of(table, column);
    if !own.as_ref().is_some_and(|own| model.policies.get(&own.id) == Some(own)) {
        report.add(
            Grade::Broken,
            name,
            format!("has no policy {POLICY} as #[tenant({column})] makes it"),
        );
    }
    for policy in model.policies.values().filter(|policy| policy.id.table == table.name) {
        if policy.permissive && policy.id.name != POLICY {
            report.add(
                Grade::Broken,
                name,
                format!(
                    "the permissive policy {} lets more rows through; make it RESTRICTIVE",
                    policy.id.name
                ),
            );
        }
    }
}

/// One attempt as the role in a transaction that is rolled back; the number it gives. Others who
/// work with the table wait for a fraction of a second at most.
pub(super) fn attempt(
    session: &mut dyn Session,
    role: &str,
    tenant: Option<&str>,
    sql: &str,
) -> Result<Result<i64, DatabaseError>, TenantError> {
    let failed = TenantError::database("preparing an attempt");
    session.execute("BEGIN").map_err(&failed)?;
    let setup = format!(
        "SET LOCAL lock_timeout = '200ms'; SET LOCAL statement_timeout = '10s'; \
         SET LOCAL ROLE {}; SET LOCAL app.tenant_id = {}",
        ident(role),
        literal(tenant.unwrap_or_default())
    );
    let outcome = match session.execute(&setup) {
        Ok(()) => Ok(session.query(sql, &[]).map(|rows| number(&rows))),
        Err(error) => Err(failed(error)),
    };
    session.execute("ROLLBACK").map_err(TenantError::database("ending an attempt"))?;
    outcome
}

fn number(rows: &Rows) -> i64 {
    rows.rows.first().and_then(|row| row.first()).and_then(Value::as_integer).unwrap_or(0)
}

/// Tries to read and write another tenant's rows.
fn attempts(
    session: &mut dyn Session,
    table: &Table,
    column: &str,
    role: &str,
    report: &mut Report,
) -> Result<(), TenantError> {
    let (sql_name, name) = (qname(&table.name), Some(&table.name));
    let tenants: Vec<String> = lines(
        session,
        &format!("SELECT DISTINCT {}::text FROM {sql_name} ORDER BY 1 LIMIT 2", ident(column)),
        &[],
    )
    .map_err(TenantError::database(format!("looking for two tenants in {}", table.name)))?
    .into_iter()
    .flatten()
    .collect();
    let [one, other] = tenants.as_slice() else {
        report.add(
            Grade::Warning,
            name,
            "not tried: this role sees rows of fewer than two tenants",
        );
        return Ok(());
    };
    let Some(mine) = schema_rs::condition(table, column, &literal(one)) else { return Ok(()) };
    let theirs = format!("NOT ({mine})");
    let changed =
        |sql: String| format!("WITH changed AS ({sql} RETURNING 1) SELECT count(*) FROM changed");
    let columns = ident(column);
    let reading = [
        (None, "reads rows without a tenant", format!("SELECT count(*) FROM {sql_name}")),
        (
            Some(one),
            "reads another tenant's rows",
            format!("SELECT count(*) FROM {sql_name} WHERE {theirs}"),
        ),
        (
            Some(one),
            "reads them with row_security switched off",
            format!(
                "SELECT count(*) FROM {sql_name}, set_config('row_security', 'off', true) AS s WHERE s IS NOT NULL AND {theirs}"
            ),
        ),
        (
            Some(one),
            "changes another tenant's rows",
            changed(format!("UPDATE {sql_name} SET {columns} = {columns} WHERE {theirs}")),
        ),
        (
            Some(one),
            "deletes another tenant's rows",
            changed(format!("DELETE FROM {sql_name} WHERE {theirs}")),
        ),
    ];
    let given = cast(table, column, other);
    let writing = [
        (
            "gives its rows to another tenant",
            // RETURNING would ask whether the new row may be read, too.
            format!("UPDATE {sql_name} SET {columns} = {given}"),
        ),
        ("writes a row for another tenant", copy(table, column, &given)),
    ];
    let mut held = 0;
    for (tenant, what, sql) in &reading {
        match attempt(session, role, tenant.map(String::as_str), sql)? {
            Ok(0) => held += 1,
            Ok(rows) => report.add(Grade::Broken, name, format!("{role} {what}: {rows} of them")),
            Err(error) if is_refusal(&error) => held += 1,
            Err(error) => report.add(Grade::Warning, name, unknown(role, what, &error)),
        }
    }
    let own = attempt(session, role, Some(one), &format!("SELECT count(*) FROM {sql_name}"))?;
    for (what, sql) in &writing {
        match attempt(session, role, Some(one), sql)? {
            Err(error) if is_refusal(&error) => held += 1,
            Err(error) if !is_constraint(&error) => {
                report.add(Grade::Warning, name, unknown(role, what, &error));
            }
            Ok(_) if own.as_ref().is_ok_and(|rows| *rows == 0) => report.add(
                Grade::Warning,
                name,
                format!("not tried whether {role} {what}: it sees no row"),
            ),
            // Keys are looked at only where the policy has let the row pass.
            _ => report.add(Grade::Broken, name, format!("{role} {what}")),
        }
    }
    let what = "switches row-level security off";
    let off = format!("ALTER TABLE {sql_name} DISABLE ROW LEVEL SECURITY");
    match attempt(session, role, Some(one), &off)? {
        Err(error) if is_refusal(&error) => held += 1,
        Err(error) => report.add(Grade::Warning, name, unknown(role, what, &error)),
        Ok(_) => report.add(
            Grade::Warning,
            name,
            format!("{role} owns it and may switch row-level security off"),
        ),
    }
    report.add(Grade::Held, name, format!("{held} of 8 attempts came to nothing"));
    Ok(())
}

/// The database's "no": 42501, `insufficient_privilege`, which policies give as well (PostgreSQL
/// manual, appendix A). Any other error says nothing of who may do what.
pub(super) fn is_refusal(error: &DatabaseError) -> bool {
    error.code.as_deref() == Some("42501")
}

/// Class 23, `integrity_constraint_violation`.
fn is_constraint(error: &DatabaseError) -> bool {
    error.code.as_deref().is_some_and(|code| code.starts_with("23"))
}

pub(super) fn unknown(role: &str, what: &str, error: &DatabaseError) -> String {
    format!("not known whether {role} {what}: {}", error.message.trim())
}

/// The other tenant as a value of the column.
fn cast(table: &Table, column: &str, tenant: &str) -> String {
    let ty = table.column(column).map(|column| crate::dialect::postgres::types::render(&column.ty));
    format!("{}::{}", literal(tenant), ty.unwrap_or_else(|| "text".to_owned()))
}

/// A copy of one of the tenant's own rows with another tenant in it. Policies are asked before keys.
fn copy(table: &Table, column: &str, given: &str) -> String {
    let written: Vec<&str> = table
        .columns
        .iter()
        .filter(|column| !matches!(column.value, ColumnValue::Generated { .. }))
        .map(|column| column.name.as_str())
        .collect();
    let list: Vec<String> = written.iter().map(|name| ident(name)).collect();
    let values: Vec<String> = written
        .iter()
        .map(|name| if *name == column { given.to_owned() } else { ident(name) })
        .collect();
    let name = qname(&table.name);
    format!(
        "INSERT INTO {name} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {name} LIMIT 1",
        list.join(", "),
        values.join(", ")
    )
}
