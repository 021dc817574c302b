//! The schema of the starter project: extension instances and the comments on them.
//!
//! `dbkit generate NAME` turns an edit here into a migration for every dialect of `dbkit.toml`.

dbkit::schema! {
    /// Where an extension is installed.
    enum Context { Project, Customer }

    /// Extension instances, kept in step by webhooks.
    table extension_instance (id) {
        #[max_length = 36]
        id -> Varchar,
        /// What the instance is installed in.
        #[default = "'project'"]
        context -> Context,
        /// The project or customer it is installed in.
        #[max_length = 36]
        context_id -> Varchar,
        #[default = "true"]
        active -> Bool,
        /// Scopes the user agreed to.
        consented_scopes -> Array<Text>,
        #[default = "now()"]
        created_at -> Timestamp,
        /// Kept by the database.
        #[default = "now()", on_update = "now()"]
        updated_at -> Timestamp,
    }

    /// Comments left on an instance.
    #[index(extension_instance_id, created_at)]
    table comments (id) {
        #[max_length = 36]
        id -> Varchar,
        #[max_length = 36]
        #[references(extension_instance.id, on_delete = cascade)]
        extension_instance_id -> Varchar,
        #[max_length = 36]
        user_id -> Varchar,
        text -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }
}
