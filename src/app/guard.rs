//! What an application's role must not be, when tenants depend on what it may not see.

use diesel::sql_types::Text;
use diesel::{PgConnection, QueryResult, QueryableByName, RunQueryDsl};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    value: String,
}

/// Whoever may become a role can do what it may.
const POWERS: &str = "SELECT format('the role %I %s', current_user, CASE \
      WHEN rolname = current_user AND rolsuper THEN 'is a superuser' \
      WHEN rolname = current_user THEN 'has BYPASSRLS' \
      ELSE format('may become %I, which %s', rolname, \
        CASE WHEN rolsuper THEN 'is a superuser' ELSE 'has BYPASSRLS' END) END) AS value \
    FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER') \
    ORDER BY rolname <> current_user, rolname LIMIT 1";

const OPEN_TABLES: &str = "SELECT format('%s has a tenant policy that %s', c.oid::regclass, CASE \
      WHEN NOT c.relrowsecurity THEN 'is not enabled' \
      ELSE format('%I, its owner, does not obey', current_user) END) AS value \
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid \
    WHERE p.polname = 'tenant_isolation' AND (NOT c.relrowsecurity OR (NOT c.relforcerowsecurity \
      AND pg_has_role(current_user, c.relowner, 'MEMBER'))) \
    ORDER BY 1 LIMIT 1";

const NO_POLICY: &str = "SELECT 'there are tables, and no table has a tenant policy' AS value \
    WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polname = 'tenant_isolation') \
    AND EXISTS (SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') \
      AND c.relnamespace = ANY (current_schemas(false)::regnamespace[]) \
      AND c.relname NOT LIKE '\\_\\_%')";

/// The system's role must see every row, and need not do anything else.
const SYSTEM: &str = "SELECT format('the role %I %s', current_user, CASE WHEN rolsuper \
      THEN 'is a superuser; one with BYPASSRLS is enough' \
      ELSE 'has no BYPASSRLS: it would see no row of any tenant' END) AS value \
    FROM pg_roles WHERE rolname = current_user AND (rolsuper OR NOT rolbypassrls)";

/// Why tenants would not be kept apart; `None` where they are.
pub(super) fn refusal(connection: &mut PgConnection, column: bool) -> QueryResult<Option<String>> {
    let questions: &[&str] = if column { &[POWERS, OPEN_TABLES, NO_POLICY] } else { &[POWERS] };
    for sql in questions {
        let lines: Vec<Line> = diesel::sql_query(*sql).load(connection)?;
        if let Some(line) = lines.into_iter().next() {
            return Ok(Some(line.value));
        }
    }
    Ok(None)
}

/// Why the role cannot be the system's.
pub(super) fn system_refusal(connection: &mut PgConnection) -> QueryResult<Option<String>> {
    let lines: Vec<Line> = diesel::sql_query(SYSTEM).load(connection)?;
    Ok(lines.into_iter().next().map(|line| line.value))
}
