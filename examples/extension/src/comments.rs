use crate::schema::{comments, extension_instance};
use chrono::NaiveDateTime;
use dbkit::app::{Db, Error};
use diesel::prelude::*;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = comments, check_for_backend(diesel::pg::Pg))]
pub struct Comment {
    pub id: i64,
    pub extension_instance_id: String,
    pub user_id: String,
    pub text: String,
    pub created_at: NaiveDateTime,
}

/// Whose it is the repository writes itself.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = comments)]
pub struct NewComment {
    pub user_id: String,
    pub text: String,
}

/// Every function takes the instance first and keeps to its rows.
#[derive(dbkit::Repository)]
#[repository(
    table = comments, entity = Comment, id = i64, new = NewComment, connection = PgConnection,
    tenant = extension_instance_id, tenant_id = str
)]
pub struct Comments;

impl Comments {
    /// An instance's comments in the order in which they were written.
    ///
    /// # Errors
    /// The database's.
    pub fn of(db: &Db<PgConnection>, instance: &str) -> Result<Vec<Comment>, Error> {
        db.tenant(instance).read(|c| {
            let mine = comments::table.filter(comments::extension_instance_id.eq(instance));
            let in_order = mine.order((comments::created_at, comments::id));
            Ok(in_order.select(Comment::as_select()).load(c)?)
        })
    }
}

/// Writes a comment where the instance's users have consented to that; `None` where they have not.
///
/// # Errors
/// The database's.
pub fn write(
    db: &Db<PgConnection>,
    instance: &str,
    new: &NewComment,
) -> Result<Option<Comment>, Error> {
    db.tenant(instance).run(|c| {
        let allowed = extension_instance::table
            .find(instance)
            .filter(extension_instance::active.eq(true))
            .filter(extension_instance::consented_scopes.contains(vec!["comments:write"]));
        if !diesel::select(diesel::dsl::exists(allowed)).get_result::<bool>(c)? {
            return Ok(None);
        }
        Ok(Some(Comments::insert(c, instance, new)?))
    })
}
