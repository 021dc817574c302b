CREATE TYPE tenant_status AS ENUM ('trial', 'active');

CREATE TABLE tenants (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    domain text NOT NULL,
    status tenant_status DEFAULT 'trial' NOT NULL,
    plan text DEFAULT 'free' NOT NULL,
    features jsonb DEFAULT '{}' NOT NULL,
    configuration jsonb DEFAULT '{}' NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT tenants_pkey PRIMARY KEY (id),
    CONSTRAINT tenants_domain_key UNIQUE (domain),
    CONSTRAINT tenants_slug_key UNIQUE (slug),
    CONSTRAINT tenants_slug_check CHECK (slug ~ '^[a-z][a-z0-9_]*$')
);

COMMENT ON COLUMN tenants.slug IS 'Names the tenant''s schema.';

CREATE INDEX tenants_status_idx ON tenants (status);

CREATE OR REPLACE FUNCTION tenants_updated_at_on_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF NEW *<> OLD AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
END
$function$;

CREATE TRIGGER tenants_updated_at_on_update BEFORE UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION tenants_updated_at_on_update();
