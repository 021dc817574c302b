CREATE TABLE extension_instance (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    context TEXT NOT NULL DEFAULT 'project',
    context_id VARCHAR(36) NOT NULL,
    active BOOLEAN NOT NULL DEFAULT true,
    consented_scopes TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    CHECK (context IN ('project', 'customer')),
    CHECK (json_valid(consented_scopes))
);

CREATE TABLE comments (
    id VARCHAR(36) PRIMARY KEY NOT NULL,
    extension_instance_id VARCHAR(36) NOT NULL REFERENCES extension_instance (id) ON DELETE CASCADE,
    user_id VARCHAR(36) NOT NULL,
    text TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX comments_extension_instance_id_created_at_idx ON comments (extension_instance_id, created_at);

CREATE TRIGGER extension_instance_updated_at_on_update AFTER UPDATE ON extension_instance FOR EACH ROW
WHEN NEW.updated_at IS OLD.updated_at AND NEW.updated_at IS NOT CURRENT_TIMESTAMP
BEGIN
  UPDATE extension_instance SET updated_at = CURRENT_TIMESTAMP WHERE rowid = NEW.rowid;
END;
