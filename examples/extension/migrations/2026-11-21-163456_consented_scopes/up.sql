-- breaks-clients: running clients that use column extension_instance.scopes by its old name fail
ALTER TABLE extension_instance RENAME COLUMN scopes TO consented_scopes;
