DROP INDEX tenants_status_idx;

-- table-rewrite: writes tenants anew while readers and writers wait
-- may-fail: fails where a row of a table still has suspended; #[replaces = "…"] on another label takes its rows
ALTER TYPE tenant_status RENAME TO tenant_status__dbkit_old;

CREATE TYPE tenant_status AS ENUM ('trial', 'active');

ALTER TABLE tenants ALTER COLUMN status DROP DEFAULT;

ALTER TABLE tenants ALTER COLUMN status TYPE tenant_status USING status::text::tenant_status;

ALTER TABLE tenants ALTER COLUMN status SET DEFAULT 'trial';

DROP TYPE tenant_status__dbkit_old;

-- blocks-traffic: writers of tenants wait while index tenants_status_idx is built
CREATE INDEX tenants_status_idx ON tenants (status);
