-- data-loss: drops table comments and all its rows
DROP TABLE comments;

-- data-loss: drops table extension_instance and all its rows
DROP TABLE extension_instance;
