-- breaks-clients: running clients that use column projects.title by its old name fail
ALTER TABLE projects RENAME COLUMN title TO name;
