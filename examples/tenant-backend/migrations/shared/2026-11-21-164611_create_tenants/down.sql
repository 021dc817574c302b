-- data-loss: drops table tenants and its rows
-- breaks-clients: running clients that use table tenants fail
DROP TABLE tenants;

-- breaks-clients: running clients that use routine tenants_updated_at_on_update() fail
DROP FUNCTION tenants_updated_at_on_update();

DROP TYPE tenant_status;
