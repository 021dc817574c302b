-- The program comes in as this role, which owns nothing and obeys every policy. Whoever operates the
-- server gives it a password.
DO $$
BEGIN
    CREATE ROLE extension_app LOGIN;
EXCEPTION
    -- Roles belong to the whole server: another database's migration may have made it.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;

GRANT SELECT, INSERT, UPDATE, DELETE ON extension_instance, comments TO extension_app;
