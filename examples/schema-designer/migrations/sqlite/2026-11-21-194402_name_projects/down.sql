-- breaks-clients: running clients that use column projects.name by its old name fail
ALTER TABLE projects RENAME COLUMN name TO title;
