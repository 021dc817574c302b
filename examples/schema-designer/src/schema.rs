//! The schema. `dbkit push` tries it out, `dbkit generate NAME` writes the migrations for an edit.

dbkit::schema! {
    /// Who draws.
    table users (id) {
        id -> Text,
        #[pii]
        name -> Text,
        #[unique]
        #[pii]
        email -> Text,
        #[default = "false"]
        email_verified -> Bool,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    /// Who is signed in.
    #[index(user_id)]
    #[index(expires_at)]
    table sessions (id) {
        id -> Text,
        #[references(users.id, on_delete = cascade)]
        user_id -> Text,
        #[unique]
        token -> Text,
        expires_at -> Timestamp,
        #[pii]
        ip_address -> Nullable<Text>,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    /// How somebody signs in: one row for each provider.
    #[index(user_id)]
    #[unique(provider, account_id)]
    table accounts (id) {
        id -> Text,
        #[references(users.id, on_delete = cascade)]
        user_id -> Text,
        provider -> Text,
        account_id -> Text,
        #[pii = null]
        access_token -> Nullable<Text>,
        access_token_expires_at -> Nullable<Timestamp>,
        scope -> Nullable<Text>,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    /// Codes that were sent and not used yet.
    #[index(identifier)]
    table verifications (id) {
        id -> Text,
        #[pii]
        identifier -> Text,
        #[pii]
        code -> Text,
        expires_at -> Timestamp,
    }

    /// A drawing of a schema.
    #[index(user_id, updated_at)]
    table projects (id) {
        id -> Text,
        #[references(users.id, on_delete = cascade)]
        user_id -> Text,
        #[renamed_from = "title"]
        name -> Text,
        /// `Design` in src/design.rs.
        design -> Jsonb,
        #[default = "now()"]
        created_at -> Timestamp,
        #[default = "now()", on_update = "now()"]
        updated_at -> Timestamp,
    }
}
