-- data-loss: drops table activity_log and its rows
-- breaks-clients: running clients that use table activity_log fail
DROP TABLE activity_log;

-- data-loss: drops table artifacts and its rows
-- breaks-clients: running clients that use table artifacts fail
DROP TABLE artifacts;

-- data-loss: drops table messages and its rows
-- breaks-clients: running clients that use table messages fail
DROP TABLE messages;

-- data-loss: drops table conversations and its rows
-- breaks-clients: running clients that use table conversations fail
DROP TABLE conversations;

-- data-loss: drops table projects and its rows
-- breaks-clients: running clients that use table projects fail
DROP TABLE projects;

-- breaks-clients: running clients that use routine projects_updated_at_on_update() fail
DROP FUNCTION projects_updated_at_on_update();

-- data-loss: drops table users and its rows
-- breaks-clients: running clients that use table users fail
DROP TABLE users;

DROP TYPE artifact_kind;

DROP TYPE author;

DROP TYPE project_status;
