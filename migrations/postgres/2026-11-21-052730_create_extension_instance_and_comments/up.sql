CREATE TYPE context AS ENUM ('project', 'customer');

COMMENT ON TYPE context IS 'Where an extension is installed.';

CREATE TABLE extension_instance (
    id character varying(36) NOT NULL,
    context context DEFAULT 'project' NOT NULL,
    context_id character varying(36) NOT NULL,
    active boolean DEFAULT true NOT NULL,
    consented_scopes text[] NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT extension_instance_pkey PRIMARY KEY (id)
);

CREATE TABLE comments (
    id character varying(36) NOT NULL,
    extension_instance_id character varying(36) NOT NULL,
    user_id character varying(36) NOT NULL,
    text text NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT comments_pkey PRIMARY KEY (id),
    CONSTRAINT comments_extension_instance_id_fkey FOREIGN KEY (extension_instance_id) REFERENCES extension_instance (id) ON DELETE CASCADE
);

CREATE INDEX comments_extension_instance_id_created_at_idx ON comments (extension_instance_id, created_at);

COMMENT ON TABLE comments IS 'Comments left on an instance.';

COMMENT ON COLUMN extension_instance.consented_scopes IS 'Scopes the user agreed to.';

COMMENT ON COLUMN extension_instance.context IS 'What the instance is installed in.';

COMMENT ON COLUMN extension_instance.context_id IS 'The project or customer it is installed in.';

COMMENT ON COLUMN extension_instance.updated_at IS 'Kept by the database.';

COMMENT ON TABLE extension_instance IS 'Extension instances, kept in step by webhooks.';

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
