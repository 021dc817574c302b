use super::schema::{documents, members};
use crate::{Error, TenantContext};
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = members, check_for_backend(diesel::pg::Pg))]
pub struct Member {
    pub id: i64,
    pub email: String,
    pub name: String,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = members)]
pub struct NewMember {
    pub email: String,
    pub name: String,
}

/// Works in whichever tenant's schema the unit of work is in.
#[derive(dbkit::Repository)]
#[repository(table = members, entity = Member, id = i64, new = NewMember, connection = PgConnection)]
pub struct Members;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = documents, check_for_backend(diesel::pg::Pg))]
pub struct Document {
    pub id: i64,
    pub member_id: i64,
    pub title: String,
    pub content: serde_json::Value,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = documents)]
pub struct NewDocument {
    pub member_id: i64,
    pub title: String,
    pub content: serde_json::Value,
}

/// Works in whichever tenant's schema the unit of work is in.
#[derive(dbkit::Repository)]
#[repository(table = documents, entity = Document, id = i64, new = NewDocument, connection = PgConnection)]
pub struct Documents;

/// Writes a document of somebody who may not be a member yet, and tells `told` when that has been
/// committed, and only then.
///
/// # Errors
/// The database's: neither the member nor the document is there then.
pub fn write_document(
    context: &TenantContext,
    author: &NewMember,
    title: &str,
    told: impl Fn(&Document) + Clone + 'static,
) -> Result<Document, Error> {
    context.unit(|work| {
        let c = work.connection();
        let known = members::table.filter(members::email.eq(&author.email));
        let member = match known.select(Member::as_select()).first(c).optional()? {
            Some(member) => member,
            None => Members::insert(c, author)?,
        };
        let content = serde_json::json!({ "blocks": [] });
        let new = NewDocument { member_id: member.id, title: title.to_owned(), content };
        let document = Documents::insert(c, &new)?;
        let (tell, made) = (told.clone(), document.clone());
        work.after_commit(move || tell(&made));
        Ok(document)
    })
}
