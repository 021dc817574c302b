//! The schema. `dbkit generate NAME` writes the migration for an edit here.

dbkit::schema! {
    enum ProjectStatus { Draft, Active, Completed }

    enum Author { Person, Assistant }

    enum ArtifactKind { Brief, Roadmap, Backlog, Release }

    /// Who plans.
    table users (id) {
        #[default = "gen_random_uuid()"]
        id -> Uuid,
        #[unique]
        #[pii]
        email -> Text,
        #[pii]
        #[renamed_from = "name"]
        display_name -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    /// A product and how far its plan is.
    #[index(owner_id, status)]
    #[index(status, created_at)]
    table projects (id) {
        #[default = "gen_random_uuid()"]
        id -> Uuid,
        #[references(users.id)]
        owner_id -> Uuid,
        title -> Text,
        #[default = "'draft'"]
        status -> ProjectStatus,
        #[default = "0"]
        #[check("score BETWEEN 0 AND 100")]
        score -> Integer,
        /// What is planned: `Brief` in src/brief.rs.
        #[default = "'{}'"]
        brief -> Jsonb,
        #[default = "now()"]
        created_at -> Timestamp,
        #[default = "now()", on_update = "now()"]
        updated_at -> Timestamp,
    }

    #[index(project_id, created_at)]
    table conversations (id) {
        #[default = "gen_random_uuid()"]
        id -> Uuid,
        #[references(projects.id, on_delete = cascade)]
        project_id -> Uuid,
        topic -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    #[index(conversation_id, created_at)]
    table messages (id) {
        #[default = "gen_random_uuid()"]
        id -> Uuid,
        #[references(conversations.id, on_delete = cascade)]
        conversation_id -> Uuid,
        author -> Author,
        text -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    /// What came of a project's conversations, version by version.
    #[unique(project_id, kind, version)]
    table artifacts (id) {
        #[default = "gen_random_uuid()"]
        id -> Uuid,
        #[references(projects.id, on_delete = cascade)]
        project_id -> Uuid,
        kind -> ArtifactKind,
        #[default = "1"]
        #[check("version > 0")]
        version -> Integer,
        content -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    /// Who did what. Rows stay when their project goes.
    #[index(project_id, happened_at)]
    #[index(user_id, happened_at)]
    table activity_log (id) {
        #[identity]
        id -> BigInt,
        #[references(projects.id, on_delete = set_null)]
        project_id -> Nullable<Uuid>,
        #[references(users.id)]
        user_id -> Uuid,
        action -> Text,
        #[default = "'{}'"]
        details -> Jsonb,
        #[default = "now()"]
        happened_at -> Timestamp,
    }
}
