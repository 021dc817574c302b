-- The program comes in as this role, which owns nothing. Whoever operates the server gives it a
-- password. In a tenant's schema `dbkit tenant create` gives it its rights.
DO $$
BEGIN
    CREATE ROLE backend_app LOGIN;
EXCEPTION
    -- Roles belong to the whole server: another database's migration may have made it.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON tenants TO backend_app;
-- For its health: which migrations have run.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO backend_app;
