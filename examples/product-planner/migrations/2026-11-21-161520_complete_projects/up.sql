-- breaks-clients: running clients that use column users.name by its old name fail
ALTER TABLE users RENAME COLUMN name TO display_name;

-- breaks-clients: running clients that do not know 'completed' of project_status fail when they read it
ALTER TYPE project_status ADD VALUE 'completed';
