CREATE TABLE users (
    id text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    email_verified boolean DEFAULT false NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_key UNIQUE (email)
);

CREATE TABLE accounts (
    id text NOT NULL,
    user_id text NOT NULL,
    provider text NOT NULL,
    account_id text NOT NULL,
    access_token text,
    access_token_expires_at timestamp without time zone,
    scope text,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_provider_account_id_key UNIQUE (provider, account_id),
    CONSTRAINT accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX accounts_user_id_idx ON accounts (user_id);

COMMENT ON TABLE accounts IS 'How somebody signs in: one row for each provider.';

CREATE TABLE projects (
    id text NOT NULL,
    user_id text NOT NULL,
    title text NOT NULL,
    design jsonb NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT projects_pkey PRIMARY KEY (id),
    CONSTRAINT projects_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

COMMENT ON COLUMN projects.design IS '`Design` in src/design.rs.';

CREATE INDEX projects_user_id_updated_at_idx ON projects (user_id, updated_at);

COMMENT ON TABLE projects IS 'A drawing of a schema.';

CREATE TABLE sessions (
    id text NOT NULL,
    user_id text NOT NULL,
    token text NOT NULL,
    expires_at timestamp without time zone NOT NULL,
    ip_address text,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id),
    CONSTRAINT sessions_token_key UNIQUE (token),
    CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX sessions_expires_at_idx ON sessions (expires_at);

CREATE INDEX sessions_user_id_idx ON sessions (user_id);

COMMENT ON TABLE sessions IS 'Who is signed in.';

COMMENT ON TABLE users IS 'Who draws.';

CREATE TABLE verifications (
    id text NOT NULL,
    identifier text NOT NULL,
    code text NOT NULL,
    expires_at timestamp without time zone NOT NULL,
    CONSTRAINT verifications_pkey PRIMARY KEY (id)
);

CREATE INDEX verifications_identifier_idx ON verifications (identifier);

COMMENT ON TABLE verifications IS 'Codes that were sent and not used yet.';

CREATE OR REPLACE FUNCTION projects_updated_at_on_update()
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

CREATE TRIGGER projects_updated_at_on_update BEFORE UPDATE ON projects FOR EACH ROW EXECUTE FUNCTION projects_updated_at_on_update();
