CREATE TYPE deployment_state AS ENUM ('queued', 'running', 'live', 'failed');

CREATE TYPE node_kind AS ENUM ('page', 'block');

CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_key UNIQUE (email)
);

CREATE TABLE workspaces (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    user_id bigint NOT NULL,
    slug text NOT NULL,
    settings jsonb DEFAULT '{}' NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT workspaces_pkey PRIMARY KEY (id),
    CONSTRAINT workspaces_slug_key UNIQUE (slug),
    CONSTRAINT workspaces_user_id_key UNIQUE (user_id),
    CONSTRAINT workspaces_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE deployments (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    workspace_id bigint NOT NULL,
    commit_hash text NOT NULL,
    state deployment_state DEFAULT 'queued' NOT NULL,
    metadata jsonb DEFAULT '{}' NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT deployments_pkey PRIMARY KEY (id),
    CONSTRAINT deployments_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE INDEX deployments_workspace_id_created_at_idx ON deployments (workspace_id, created_at);

CREATE INDEX deployments_workspace_id_state_idx ON deployments (workspace_id, state) WHERE state IN ('queued', 'running');

CREATE TABLE git_repositories (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    workspace_id bigint NOT NULL,
    remote text NOT NULL,
    branch text DEFAULT 'main' NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT git_repositories_pkey PRIMARY KEY (id),
    CONSTRAINT git_repositories_workspace_id_key UNIQUE (workspace_id),
    CONSTRAINT git_repositories_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

CREATE TABLE nodes (
    id uuid NOT NULL,
    workspace_id bigint NOT NULL,
    parent_id uuid,
    kind node_kind NOT NULL,
    path text NOT NULL,
    "position" integer,
    content text DEFAULT '' NOT NULL,
    metadata jsonb DEFAULT '{}' NOT NULL,
    CONSTRAINT nodes_pkey PRIMARY KEY (id),
    CONSTRAINT nodes_workspace_id_path_key UNIQUE (workspace_id, path),
    CONSTRAINT nodes_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES nodes (id) ON DELETE CASCADE,
    CONSTRAINT nodes_workspace_id_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces (id) ON DELETE CASCADE
);

COMMENT ON COLUMN nodes.id IS 'Follows from workspace and path, so that the same file is the same node everywhere.';

CREATE INDEX nodes_parent_id_position_idx ON nodes (parent_id, "position");

CREATE INDEX nodes_workspace_id_kind_idx ON nodes (workspace_id, kind);
