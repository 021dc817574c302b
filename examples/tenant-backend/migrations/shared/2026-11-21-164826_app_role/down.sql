-- The role stays: other databases of the server may need it.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM backend_app;
