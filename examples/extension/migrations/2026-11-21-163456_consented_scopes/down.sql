-- breaks-clients: running clients that use column extension_instance.consented_scopes by its old name fail
ALTER TABLE extension_instance RENAME COLUMN consented_scopes TO scopes;
