-- data-loss: drops table documents and its rows
-- breaks-clients: running clients that use table documents fail
DROP TABLE documents;

-- breaks-clients: running clients that use routine documents_updated_at_on_update() fail
DROP FUNCTION documents_updated_at_on_update();

-- data-loss: drops table members and its rows
-- breaks-clients: running clients that use table members fail
DROP TABLE members;

-- breaks-clients: running clients that use routine members_updated_at_on_update() fail
DROP FUNCTION members_updated_at_on_update();
