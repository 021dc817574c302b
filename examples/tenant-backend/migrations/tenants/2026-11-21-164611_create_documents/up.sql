CREATE TABLE members (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT members_pkey PRIMARY KEY (id),
    CONSTRAINT members_email_key UNIQUE (email)
);

CREATE TABLE documents (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    member_id bigint NOT NULL,
    title text NOT NULL,
    content jsonb DEFAULT '{}' NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT documents_pkey PRIMARY KEY (id),
    CONSTRAINT documents_member_id_fkey FOREIGN KEY (member_id) REFERENCES members (id)
);

CREATE INDEX documents_member_id_created_at_idx ON documents (member_id, created_at);

CREATE OR REPLACE FUNCTION documents_updated_at_on_update()
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

CREATE OR REPLACE FUNCTION members_updated_at_on_update()
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

CREATE TRIGGER documents_updated_at_on_update BEFORE UPDATE ON documents FOR EACH ROW EXECUTE FUNCTION documents_updated_at_on_update();

CREATE TRIGGER members_updated_at_on_update BEFORE UPDATE ON members FOR EACH ROW EXECUTE FUNCTION members_updated_at_on_update();
