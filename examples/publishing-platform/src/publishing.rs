use crate::modules::deployments::schema::{DeploymentState, deployments};
use crate::modules::identity::schema::users;
use crate::modules::workspaces::schema::workspaces;
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// One time something was published.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = deployments, check_for_backend(diesel::pg::Pg))]
pub struct Deployment {
    pub id: i64,
    pub commit_hash: String,
    pub state: DeploymentState,
    pub metadata: serde_json::Value,
    pub created_at: NaiveDateTime,
}

/// The workspace of a user.
///
/// # Errors
/// The database's; there is none.
pub fn workspace_of(c: &mut PgConnection, email: &str) -> QueryResult<i64> {
    let mine = workspaces::table.inner_join(users::table).filter(users::email.eq(email));
    mine.select(workspaces::id).first(c)
}

/// Notes that a commit goes out.
///
/// # Errors
/// The database's.
pub fn publish(c: &mut PgConnection, workspace: i64, commit: &str) -> QueryResult<Deployment> {
    let row = (
        deployments::workspace_id.eq(workspace),
        deployments::commit_hash.eq(commit),
        deployments::state.eq(DeploymentState::Running),
    );
    let insert = diesel::insert_into(deployments::table).values(row);
    insert.returning(Deployment::as_returning()).get_result(c)
}

/// What a workspace published, the latest first.
///
/// # Errors
/// The database's.
pub fn history(c: &mut PgConnection, workspace: i64, limit: i64) -> QueryResult<Vec<Deployment>> {
    deployments::table
        .filter(deployments::workspace_id.eq(workspace))
        .order((deployments::created_at.desc(), deployments::id.desc()))
        .limit(limit)
        .select(Deployment::as_select())
        .load(c)
}
