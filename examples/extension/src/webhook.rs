use crate::schema::{Context, extension_instance};
use chrono::NaiveDateTime;
use dbkit::app::{Db, Error};
use diesel::prelude::*;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = extension_instance, check_for_backend(diesel::pg::Pg))]
pub struct Instance {
    pub id: String,
    pub context: Context,
    pub context_id: String,
    pub active: bool,
    pub consented_scopes: Vec<String>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// What a webhook tells.
#[derive(Clone, Debug)]
pub enum Event {
    Added { context: Context, context_id: String, scopes: Vec<String> },
    Updated(Change),
    Removed,
}

/// A part of an instance; what is `None` stays.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = extension_instance)]
pub struct Change {
    pub active: Option<bool>,
    pub consented_scopes: Option<Vec<String>>,
}

/// An instance is its own tenant, so that the key is the tenant's, too.
pub struct Instances;

impl Instances {
    /// # Errors
    /// The database's.
    pub fn find(db: &Db<PgConnection>, id: &str) -> Result<Option<Instance>, Error> {
        db.tenant(id).read(|c| {
            let mine = extension_instance::table.find(id).select(Instance::as_select());
            Ok(mine.first(c).optional()?)
        })
    }
}

/// Does what a webhook says. It may come twice: the second time changes nothing.
///
/// # Errors
/// The database's.
pub fn receive(db: &Db<PgConnection>, id: &str, event: &Event) -> Result<(), Error> {
    db.tenant(id).run(|c| {
        match event {
            Event::Added { context, context_id, scopes } => {
                let row = (
                    extension_instance::id.eq(id),
                    extension_instance::context.eq(context),
                    extension_instance::context_id.eq(context_id),
                    extension_instance::active.eq(true),
                    extension_instance::consented_scopes.eq(scopes),
                );
                diesel::insert_into(extension_instance::table)
                    .values(row)
                    .on_conflict_do_nothing()
                    .execute(c)?;
            }
            Event::Updated(change) => {
                diesel::update(extension_instance::table.find(id)).set(change).execute(c)?;
            }
            // Its comments go with it.
            Event::Removed => {
                diesel::delete(extension_instance::table.find(id)).execute(c)?;
            }
        }
        Ok(())
    })
}
