-- data-loss: drops table comments and its rows
DROP TABLE comments;

-- data-loss: drops table extension_instance and its rows
DROP TABLE extension_instance;

DROP FUNCTION extension_instance_updated_at_on_update();

DROP TYPE context;
