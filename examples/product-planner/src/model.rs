use crate::brief::Brief;
use crate::schema::{ProjectStatus, activity_log, projects, users};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use uuid::Uuid;

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct User {
    pub id: Uuid,
    pub email: String,
    pub display_name: String,
    pub created_at: NaiveDateTime,
}

/// The key is the database's to make.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser {
    pub email: String,
    pub display_name: String,
}

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Identifiable, Associations)]
#[diesel(table_name = projects, belongs_to(User, foreign_key = owner_id))]
#[diesel(check_for_backend(diesel::pg::Pg))]
pub struct Project {
    pub id: Uuid,
    pub owner_id: Uuid,
    pub title: String,
    pub status: ProjectStatus,
    pub score: i32,
    pub brief: Brief,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// What is left out has a default in the schema.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = projects)]
pub struct NewProject {
    pub owner_id: Uuid,
    pub title: String,
    pub status: Option<ProjectStatus>,
    pub brief: Brief,
}

/// A partial update: what is `None` stays as it is.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = projects)]
pub struct ProjectChanges {
    pub title: Option<String>,
    pub status: Option<ProjectStatus>,
    pub score: Option<i32>,
    pub brief: Option<Brief>,
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = activity_log)]
pub struct Activity {
    pub project_id: Uuid,
    pub user_id: Uuid,
    pub action: &'static str,
    pub details: serde_json::Value,
}
