// @generated automatically by Diesel CLI.

pub mod sql_types {
    #[derive(diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "mood"))]
    pub struct Mood;

    #[derive(diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
    #[diesel(postgres_type(name = "tsvector"))]
    pub struct Tsvector;
}

diesel::table! {
    use diesel::sql_types::*;
    use super::sql_types::Mood;
    use super::sql_types::Tsvector;

    /// People.
    users (id) {
        id -> Int4,
        #[max_length = 40]
        name -> Varchar,
        mood -> Nullable<Mood>,
        words -> Tsvector,
        #[sql_name = "type"]
        type_ -> Array<Nullable<Text>>,
        during -> Range<Timestamptz>,
    }
}

diesel::table! {
    posts (id) {
        id -> Int8,
        user_id -> Int4,
        body -> Text,
    }
}

diesel::joinable!(posts -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(posts, users,);
