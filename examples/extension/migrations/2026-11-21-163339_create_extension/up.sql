CREATE TYPE context AS ENUM ('project', 'customer');

COMMENT ON TYPE context IS 'Where an extension is installed.';

CREATE TABLE extension_instance (
    id character varying(36) NOT NULL,
    context context NOT NULL,
    context_id character varying(36) NOT NULL,
    active boolean NOT NULL,
    scopes text[] DEFAULT '{}' NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT extension_instance_pkey PRIMARY KEY (id)
);

CREATE TABLE comments (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    extension_instance_id character varying(36) NOT NULL,
    user_id text NOT NULL,
    text text NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT comments_pkey PRIMARY KEY (id),
    CONSTRAINT comments_extension_instance_id_fkey FOREIGN KEY (extension_instance_id) REFERENCES extension_instance (id) ON DELETE CASCADE
);

CREATE INDEX comments_extension_instance_id_created_at_id_idx ON comments (extension_instance_id, created_at, id);

ALTER TABLE comments FORCE ROW LEVEL SECURITY;

ALTER TABLE comments ENABLE ROW LEVEL SECURITY;

CREATE INDEX extension_instance_context_context_id_idx ON extension_instance (context, context_id);

COMMENT ON TABLE extension_instance IS 'Extension instances, kept in step by webhooks.';

ALTER TABLE extension_instance FORCE ROW LEVEL SECURITY;

ALTER TABLE extension_instance ENABLE ROW LEVEL SECURITY;

CREATE OR REPLACE FUNCTION extension_instance_updated_at_on_update()
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

CREATE TRIGGER extension_instance_updated_at_on_update BEFORE UPDATE ON extension_instance FOR EACH ROW EXECUTE FUNCTION extension_instance_updated_at_on_update();

CREATE POLICY tenant_isolation ON comments
    USING (((extension_instance_id)::text = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)))
    WITH CHECK (((extension_instance_id)::text = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));

CREATE POLICY tenant_isolation ON extension_instance
    USING (((id)::text = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)))
    WITH CHECK (((id)::text = NULLIF(current_setting('app.tenant_id'::text, true), ''::text)));
