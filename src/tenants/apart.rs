//! Whether tenants that have schemas or databases of their own are kept apart, tried out.

use super::doctor::{
    Finding, Grade, Report, attempt, definers, is_refusal, lines, powers, unknown,
};
use super::{Place, TenantError};
use crate::database::{Session, Value};
use crate::dialect::postgres::quote::{ident, literal, qname};
use crate::model::QName;
use std::collections::{BTreeMap, BTreeSet};

/// So many tenants are tried out; the catalogue is asked about all.
const TRIED: usize = 25;

/// A tenant's tables, each with a column that can be written, where it has one.
type Tables = BTreeMap<String, Option<String>>;

/// Tries to get from one tenant's schema to another's, as the role that works for the tenant. Whatever
/// it tries is rolled back.
///
/// # Errors
/// The database's own, outside of the attempts.
pub fn examine_schemas(
    session: &mut dyn Session,
    places: &[Place],
    role: &str,
) -> Result<Vec<Finding>, TenantError> {
    let mut report = Report(Vec::new());
    powers(session, role, &mut report)?;
    definers(session, role, &mut report)?;
    let tables = tables(session, places)?;
    shadows(session, places, &tables, &mut report)?;
    let own = places.iter().any(|place| place.role.is_some());
    if places.len() < 2 {
        report.add(Grade::Warning, None, "not tried: there are fewer than two tenants");
    }
    let mut shared = 0;
    let tried = places.iter().take(TRIED).filter(|_| places.len() > 1);
    for (place, other) in tried.zip(places.iter().cycle().skip(1)) {
        let Some((schema, theirs)) =
            other.schema.as_ref().and_then(|name| Some((name, tables.get(name)?)))
        else {
            continue;
        };
        let acting = place.role.as_deref().unwrap_or(role);
        let mut try_out = TryOut { session, tenant: &place.tenant, acting, report: &mut report };
        if own {
            try_out.all(schema, theirs)?;
            try_out.outside(role, schema, theirs)?;
        } else {
            shared += usize::from(try_out.reaches(schema, theirs)?);
        }
    }
    if shared > 0 {
        report.add(
            Grade::Warning,
            None,
            format!(
                "{role} works for all tenants and reaches each schema by its name: only `Db::tenant` keeps SQL from it. \
                 A role for each tenant (tenancy.tenant_role) has the server do it"
            ),
        );
    }
    if places.len() > TRIED {
        report.add(Grade::Warning, None, format!("tried with {TRIED} of {} tenants", places.len()));
    }
    report.0.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
    Ok(report.0)
}

/// All tables of the tenants' schemas.
fn tables(
    session: &mut dyn Session,
    places: &[Place],
) -> Result<BTreeMap<String, Tables>, TenantError> {
    let names: Vec<String> =
        places.iter().filter_map(|place| place.schema.as_deref()).map(literal).collect();
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "SELECT n.nspname::text, coalesce(c.relname::text, ''), coalesce((SELECT a.attname::text FROM pg_attribute a \
           WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' \
             AND a.attidentity <> 'a' ORDER BY a.attnum DESC LIMIT 1), '') \
         FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p') \
           AND c.relname NOT LIKE '\\_\\_%' \
         WHERE n.nspname IN ({}) ORDER BY 1, 2",
        names.join(", ")
    );
    let mut found: BTreeMap<String, Tables> = BTreeMap::new();
    let failed = TenantError::database("looking at the tenants' tables");
    for line in lines(session, &sql, &[]).map_err(failed)? {
        let [schema, table, column] = line.as_slice() else { continue };
        let tables = found.entry(schema.clone()).or_default();
        if !table.is_empty() {
            let column = Some(column.clone()).filter(|column| !column.is_empty());
            tables.insert(table.clone(), column);
        }
    }
    Ok(found)
}

/// A table that a tenant lacks and `public` has: its queries go to everybody's.
fn shadows(
    session: &mut dyn Session,
    places: &[Place],
    tables: &BTreeMap<String, Tables>,
    report: &mut Report,
) -> Result<(), TenantError> {
    let sql = "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace \
        AND c.relkind IN ('r', 'p', 'v', 'm', 'f')";
    let failed = TenantError::database("looking at the tables that all share");
    let public: BTreeSet<String> =
        lines(session, sql, &[]).map_err(failed)?.into_iter().flatten().collect();
    let all: BTreeSet<&String> = tables.values().flat_map(BTreeMap::keys).collect();
    for place in places {
        let Some(schema) = &place.schema else { continue };
        let Some(own) = tables.get(schema) else {
            report.add(
                Grade::Broken,
                None,
                format!("{}: its schema {schema} is missing", place.tenant),
            );
            continue;
        };
        for table in all.iter().filter(|name| !own.contains_key(**name) && public.contains(**name))
        {
            report.add(
                Grade::Broken,
                Some(&QName::bare(table.as_str())),
                format!(
                    "{} has none, so that its queries go to the one that all share",
                    place.tenant
                ),
            );
        }
    }
    Ok(())
}

/// Attempts of one tenant.
struct TryOut<'t> {
    session: &'t mut dyn Session,
    tenant: &'t str,
    acting: &'t str,
    report: &'t mut Report,
}

impl TryOut<'_> {
    /// Reads, writes, and makes something of its own in another's schema.
    fn all(&mut self, schema: &str, tables: &Tables) -> Result<(), TenantError> {
        let (mut held, mut tried) = (0, 0);
        for (table, column) in tables {
            let name = QName::new(Some(schema), table.as_str());
            let sql_name = qname(&name);
            // Rights are asked for before rows are: none has to be touched.
            let mut ways = vec![
                (
                    "reads another tenant's rows",
                    format!("SELECT count(*) FROM (SELECT FROM {sql_name} LIMIT 1) AS t"),
                ),
                ("deletes another tenant's rows", format!("DELETE FROM {sql_name} WHERE false")),
            ];
            if let Some(column) = column {
                let column = ident(column);
                ways.push((
                    "changes another tenant's rows",
                    format!("UPDATE {sql_name} SET {column} = NULL WHERE false"),
                ));
                ways.push((
                    "writes rows for another tenant",
                    format!("INSERT INTO {sql_name} ({column}) SELECT NULL WHERE false"),
                ));
            }
            for (what, sql) in ways {
                tried += 1;
                held += usize::from(self.held(Some(&name), what, &sql)?);
            }
        }
        tried += 1;
        let make = format!("CREATE TABLE {}.dbkit_attempt ()", ident(schema));
        held += usize::from(self.held(None, "makes tables in another tenant's schema", &make)?);
        let what =
            format!("{}: {held} of {tried} attempts on {schema} came to nothing", self.tenant);
        self.report.add(Grade::Held, None, what);
        Ok(())
    }

    fn held(&mut self, name: Option<&QName>, what: &str, sql: &str) -> Result<bool, TenantError> {
        let who = format!("{} ({})", self.acting, self.tenant);
        match attempt(self.session, self.acting, Some(self.tenant), sql)? {
            Ok(_) => self.report.add(Grade::Broken, name, format!("{who} {what}")),
            Err(error) if is_refusal(&error) => return Ok(true),
            Err(error) => self.report.add(Grade::Warning, name, unknown(&who, what, &error)),
        }
        Ok(false)
    }

    /// Whether any table of the schema can be read.
    fn reaches(&mut self, schema: &str, tables: &Tables) -> Result<bool, TenantError> {
        for table in tables.keys() {
            let name = qname(&QName::new(Some(schema), table.as_str()));
            let sql = format!("SELECT count(*) FROM (SELECT FROM {name} LIMIT 1) AS t");
            if attempt(self.session, self.acting, Some(self.tenant), &sql)?.is_ok() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The application's own role, where it is no tenant's.
    fn outside(&mut self, role: &str, schema: &str, tables: &Tables) -> Result<(), TenantError> {
        let mut out = TryOut {
            session: &mut *self.session,
            tenant: "",
            acting: role,
            report: &mut *self.report,
        };
        if out.reaches(schema, tables)? {
            let what = format!(
                "{role} reads {schema} where it is nobody's: take its own rights away, and have it inherit none \
                 (ALTER ROLE {} NOINHERIT, from PostgreSQL 16 on GRANT … WITH INHERIT FALSE)",
                ident(role)
            );
            out.report.add(Grade::Warning, None, what);
        }
        Ok(())
    }
}

/// Ways out of a database for the role that comes in there.
const DOORS: &str = "SELECT 'may run programs on the server' WHERE pg_has_role($1::text, 'pg_execute_server_program', 'MEMBER') \
    UNION ALL SELECT 'may read files of the server' WHERE pg_has_role($1::text, 'pg_read_server_files', 'MEMBER') \
    UNION ALL SELECT 'may write files of the server' WHERE pg_has_role($1::text, 'pg_write_server_files', 'MEMBER') \
    UNION ALL SELECT 'may call ' || p.oid::regprocedure::text || ', which connects to other databases' FROM pg_proc p \
      WHERE p.proname IN ('dblink', 'dblink_connect', 'dblink_exec') AND has_function_privilege($1::text, p.oid, 'EXECUTE') \
    UNION ALL SELECT 'may use the foreign server ' || s.srvname FROM pg_foreign_server s \
      WHERE has_server_privilege($1::text, s.oid, 'USAGE')";

/// Tries to get out of a tenant's database, as the role that comes in there.
///
/// # Errors
/// The database's own, outside of the attempts.
pub fn examine_database(
    session: &mut dyn Session,
    place: &Place,
    role: &str,
    other: &str,
) -> Result<Vec<Finding>, TenantError> {
    let mut report = Report(Vec::new());
    powers(session, role, &mut report)?;
    let bind = [Value::Text(role.to_owned())];
    let failed = TenantError::database("looking at what leads out");
    for line in lines(session, DOORS, &bind).map_err(failed)? {
        let door = line.first().cloned().unwrap_or_default();
        report.add(Grade::Broken, None, format!("{role} {door}"));
    }
    let ways: Vec<(String, String)> = vec![
        (
            "reads files of the server".to_owned(),
            "SELECT length(pg_read_file('PG_VERSION'))".to_owned(),
        ),
        (
            "lists files of the server".to_owned(),
            "SELECT count(*) FROM pg_ls_dir('base')".to_owned(),
        ),
        (
            format!("reads the database {other}"),
            format!("SELECT count(*) FROM {}.pg_catalog.pg_class", ident(other)),
        ),
    ];
    let (mut held, tried) = (0, ways.len());
    for (what, sql) in ways {
        match attempt(session, role, Some(&place.tenant), &sql)? {
            Ok(_) => report.add(Grade::Broken, None, format!("{role} {what}")),
            // `cross-database references are not implemented`
            Err(error) if is_refusal(&error) || error.code.as_deref() == Some("0A000") => held += 1,
            Err(error) => report.add(Grade::Warning, None, unknown(role, &what, &error)),
        }
    }
    report.add(Grade::Held, None, format!("{held} of {tried} attempts came to nothing"));
    for finding in &mut report.0 {
        finding.what = format!("{}: {}", place.tenant, finding.what);
    }
    Ok(report.0)
}

/// Tenants that have SQLite files: each its own, and readable by nobody else.
#[must_use]
pub fn examine_files(places: &[(String, std::path::PathBuf)]) -> Vec<Finding> {
    let mut report = Report(Vec::new());
    let mut seen: BTreeMap<std::path::PathBuf, &str> = BTreeMap::new();
    for (tenant, path) in places {
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) => {
                let what =
                    format!("{tenant}: its file {} cannot be opened: {error}", path.display());
                report.add(Grade::Broken, None, what);
                continue;
            }
        };
        if open_to_all(&real) {
            let what = format!("{tenant}: everybody on this machine may read {}", path.display());
            report.add(Grade::Warning, None, what);
        }
        match seen.insert(real, tenant) {
            Some(other) => {
                let what = format!("{tenant} and {other} have the same file {}", path.display());
                report.add(Grade::Broken, None, what);
            }
            None => report.add(Grade::Held, None, format!("{tenant}: a file of its own")),
        }
    }
    report.0.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
    report.0
}

#[cfg(unix)]
fn open_to_all(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn open_to_all(_: &std::path::Path) -> bool {
    false
}
