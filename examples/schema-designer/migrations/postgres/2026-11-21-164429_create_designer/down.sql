-- data-loss: drops table accounts and its rows
-- breaks-clients: running clients that use table accounts fail
DROP TABLE accounts;

-- data-loss: drops table projects and its rows
-- breaks-clients: running clients that use table projects fail
DROP TABLE projects;

-- breaks-clients: running clients that use routine projects_updated_at_on_update() fail
DROP FUNCTION projects_updated_at_on_update();

-- data-loss: drops table sessions and its rows
-- breaks-clients: running clients that use table sessions fail
DROP TABLE sessions;

-- data-loss: drops table users and its rows
-- breaks-clients: running clients that use table users fail
DROP TABLE users;

-- data-loss: drops table verifications and its rows
-- breaks-clients: running clients that use table verifications fail
DROP TABLE verifications;
