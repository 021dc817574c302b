//! The schema. `dbkit generate NAME` writes the migration for an edit here.

dbkit::schema! {
    /// Where an extension is installed.
    enum Context { Project, Customer }

    /// Extension instances, kept in step by webhooks.
    #[tenant(id)]
    #[index(context, context_id)]
    table extension_instance (id) {
        #[max_length = 36]
        id -> Varchar,
        context -> Context,
        #[max_length = 36]
        context_id -> Varchar,
        active -> Bool,
        #[default = "'{}'"]
        #[renamed_from = "scopes"]
        consented_scopes -> Array<Text>,
        #[default = "now()"]
        created_at -> Timestamp,
        #[default = "now()", on_update = "now()"]
        updated_at -> Timestamp,
    }

    #[index(extension_instance_id, created_at, id)]
    #[tenant(extension_instance_id)]
    table comments (id) {
        #[identity]
        id -> BigInt,
        #[max_length = 36]
        #[references(extension_instance.id, on_delete = cascade)]
        extension_instance_id -> Varchar,
        user_id -> Text,
        text -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }
}
