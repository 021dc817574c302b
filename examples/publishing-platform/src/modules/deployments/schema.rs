//! What was published, and when.

dbkit::schema! {
    enum DeploymentState { Queued, Running, Live, Failed }

    #[index(workspace_id, created_at)]
    #[index(workspace_id, state, where = "state IN ('queued', 'running')")]
    table deployments (id) {
        #[identity]
        id -> BigInt,
        #[references(workspaces.id, on_delete = cascade)]
        workspace_id -> BigInt,
        commit_hash -> Text,
        #[default = "'queued'"]
        state -> DeploymentState,
        #[default = "'{}'"]
        metadata -> Jsonb,
        #[default = "now()"]
        created_at -> Timestamp,
    }
}
