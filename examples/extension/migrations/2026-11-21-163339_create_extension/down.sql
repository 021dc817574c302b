-- data-loss: drops table comments and its rows
-- breaks-clients: running clients that use table comments fail
DROP TABLE comments;

-- data-loss: drops table extension_instance and its rows
-- breaks-clients: running clients that use table extension_instance fail
DROP TABLE extension_instance;

-- breaks-clients: running clients that use routine extension_instance_updated_at_on_update() fail
DROP FUNCTION extension_instance_updated_at_on_update();

DROP TYPE context;
