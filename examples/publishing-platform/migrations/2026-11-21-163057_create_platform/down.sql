-- data-loss: drops table deployments and its rows
-- breaks-clients: running clients that use table deployments fail
DROP TABLE deployments;

-- data-loss: drops table git_repositories and its rows
-- breaks-clients: running clients that use table git_repositories fail
DROP TABLE git_repositories;

-- data-loss: drops table nodes and its rows
-- breaks-clients: running clients that use table nodes fail
DROP TABLE nodes;

-- data-loss: drops table workspaces and its rows
-- breaks-clients: running clients that use table workspaces fail
DROP TABLE workspaces;

-- data-loss: drops table users and its rows
-- breaks-clients: running clients that use table users fail
DROP TABLE users;

DROP TYPE deployment_state;

DROP TYPE node_kind;
