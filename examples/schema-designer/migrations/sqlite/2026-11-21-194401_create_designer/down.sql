-- data-loss: drops table verifications and all its rows
DROP TABLE verifications;

-- data-loss: drops table sessions and all its rows
DROP TABLE sessions;

-- data-loss: drops table projects and all its rows
DROP TABLE projects;

-- data-loss: drops table accounts and all its rows
DROP TABLE accounts;

-- data-loss: drops table users and all its rows
DROP TABLE users;
