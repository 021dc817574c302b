-- breaks-clients: running clients that use column users.display_name by its old name fail
ALTER TABLE users RENAME COLUMN display_name TO name;

DROP INDEX projects_owner_id_status_idx;

DROP INDEX projects_status_created_at_idx;

-- table-rewrite: writes projects anew while readers and writers wait
-- may-fail: fails where a row of a table still has completed; #[replaces = "…"] on another label takes its rows
ALTER TYPE project_status RENAME TO project_status__dbkit_old;

CREATE TYPE project_status AS ENUM ('draft', 'active');

ALTER TABLE projects ALTER COLUMN status DROP DEFAULT;

ALTER TABLE projects ALTER COLUMN status TYPE project_status USING status::text::project_status;

ALTER TABLE projects ALTER COLUMN status SET DEFAULT 'draft';

DROP TYPE project_status__dbkit_old;

-- blocks-traffic: writers of projects wait while index projects_owner_id_status_idx is built
CREATE INDEX projects_owner_id_status_idx ON projects (owner_id, status);

-- blocks-traffic: writers of projects wait while index projects_status_created_at_idx is built
CREATE INDEX projects_status_created_at_idx ON projects (status, created_at);
