//! Where a user publishes: one workspace each, with one git repository each.

dbkit::schema! {
    table workspaces (id) {
        #[identity]
        id -> BigInt,
        #[unique]
        #[references(users.id, on_delete = cascade)]
        user_id -> BigInt,
        #[unique]
        slug -> Text,
        #[default = "'{}'"]
        settings -> Jsonb,
        #[default = "now()"]
        created_at -> Timestamp,
    }

    table git_repositories (id) {
        #[identity]
        id -> BigInt,
        #[unique]
        #[references(workspaces.id, on_delete = cascade)]
        workspace_id -> BigInt,
        remote -> Text,
        #[default = "'main'"]
        branch -> Text,
        #[default = "now()"]
        created_at -> Timestamp,
    }
}
