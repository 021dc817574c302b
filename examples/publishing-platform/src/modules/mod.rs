//! One module for each part of the platform, each with its tables.

pub mod content {
    pub mod schema;
}

pub mod deployments {
    pub mod schema;
}

pub mod identity {
    pub mod schema;
}

pub mod workspaces {
    pub mod schema;
}

/// Tables of one block may be joined as it is; those of several are introduced to one another here.
mod joins {
    use super::content::schema::nodes;
    use super::deployments::schema::deployments;
    use super::identity::schema::users;
    use super::workspaces::schema::workspaces;

    diesel::joinable!(workspaces -> users (user_id));
    diesel::joinable!(deployments -> workspaces (workspace_id));
    diesel::joinable!(nodes -> workspaces (workspace_id));
    diesel::allow_tables_to_appear_in_same_query!(users, workspaces);
    diesel::allow_tables_to_appear_in_same_query!(deployments, workspaces);
    diesel::allow_tables_to_appear_in_same_query!(nodes, workspaces);
}
