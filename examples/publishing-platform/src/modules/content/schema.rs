//! What is published. Pages and the blocks in them are nodes of one tree.

dbkit::schema! {
    enum NodeKind { Page, Block }

    #[index(workspace_id, kind)]
    #[index(parent_id, position)]
    #[unique(workspace_id, path)]
    table nodes (id) {
        /// Follows from workspace and path, so that the same file is the same node everywhere.
        id -> Uuid,
        #[references(workspaces.id, on_delete = cascade)]
        workspace_id -> BigInt,
        #[references(nodes.id, on_delete = cascade)]
        parent_id -> Nullable<Uuid>,
        kind -> NodeKind,
        path -> Text,
        #[default = "1"]
        position -> Integer,
        #[default = "''"]
        content -> Text,
        #[default = "'{}'"]
        metadata -> Jsonb,
    }
}
