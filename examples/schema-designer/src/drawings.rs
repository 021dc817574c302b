use crate::Connection;
use crate::design::Design;
use crate::schema::{accounts, projects, sessions, users};
use chrono::NaiveDateTime;
use dbkit::app::{Db, Error};
use diesel::prelude::*;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = projects)]
pub struct Project {
    pub id: String,
    pub user_id: String,
    pub name: String,
    pub design: Design,
    pub updated_at: NaiveDateTime,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = sessions)]
pub struct NewSession {
    pub id: String,
    pub user_id: String,
    pub token: String,
    pub expires_at: NaiveDateTime,
}

/// Signs in whoever has this account with the provider; `None` when nobody has.
///
/// # Errors
/// The database's; a token that is there already.
pub fn sign_in(
    db: &Db<Connection>,
    (provider, account): (&str, &str),
    token: &str,
    until: NaiveDateTime,
) -> Result<Option<NewSession>, Error> {
    db.run(|c| {
        let theirs = accounts::table
            .filter(accounts::provider.eq(provider))
            .filter(accounts::account_id.eq(account));
        let user = theirs.select(accounts::user_id).first::<String>(c).optional()?;
        let Some(user_id) = user else { return Ok(None) };
        let session = NewSession {
            id: format!("session-{token}"),
            user_id,
            token: token.to_owned(),
            expires_at: until,
        };
        diesel::insert_into(sessions::table).values(&session).execute(c)?;
        Ok(Some(session))
    })
}

/// The user whose session this token is, as long as it is good.
///
/// # Errors
/// The database's.
pub fn user_of(c: &mut Connection, token: &str, now: NaiveDateTime) -> QueryResult<Option<String>> {
    users::table
        .inner_join(sessions::table)
        .filter(sessions::token.eq(token))
        .filter(sessions::expires_at.gt(now))
        .select(users::id)
        .first(c)
        .optional()
}

/// Begins a drawing.
///
/// # Errors
/// The database's.
pub fn create(c: &mut Connection, id: &str, user: &str, name: &str) -> QueryResult<Project> {
    let row = (
        projects::id.eq(id),
        projects::user_id.eq(user),
        projects::name.eq(name),
        projects::design.eq(Design::default()),
    );
    let insert = diesel::insert_into(projects::table).values(row);
    insert.returning(Project::as_returning()).get_result(c)
}

/// Keeps a drawing; false when it is not this user's.
///
/// # Errors
/// The database's.
pub fn save(c: &mut Connection, id: &str, user: &str, design: &Design) -> QueryResult<bool> {
    let mine = projects::table.find(id).filter(projects::user_id.eq(user));
    Ok(diesel::update(mine).set(projects::design.eq(design)).execute(c)? > 0)
}

/// A drawing.
///
/// # Errors
/// The database's; what is there is no drawing.
pub fn design_of(c: &mut Connection, id: &str) -> QueryResult<Option<Design>> {
    projects::table.find(id).select(projects::design).first(c).optional()
}
