CREATE TYPE artifact_kind AS ENUM ('brief', 'roadmap', 'backlog', 'release');

CREATE TYPE author AS ENUM ('person', 'assistant');

CREATE TYPE project_status AS ENUM ('draft', 'active');

CREATE TABLE users (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    email text NOT NULL,
    name text NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_email_key UNIQUE (email)
);

CREATE TABLE projects (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    owner_id uuid NOT NULL,
    title text NOT NULL,
    status project_status DEFAULT 'draft' NOT NULL,
    score integer DEFAULT 0 NOT NULL,
    brief jsonb DEFAULT '{}' NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    updated_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT projects_pkey PRIMARY KEY (id),
    CONSTRAINT projects_score_check CHECK (score BETWEEN 0 AND 100),
    CONSTRAINT projects_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES users (id)
);

CREATE TABLE activity_log (
    id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
    project_id uuid,
    user_id uuid NOT NULL,
    action text NOT NULL,
    details jsonb DEFAULT '{}' NOT NULL,
    happened_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT activity_log_pkey PRIMARY KEY (id),
    CONSTRAINT activity_log_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE SET NULL,
    CONSTRAINT activity_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id)
);

CREATE INDEX activity_log_project_id_happened_at_idx ON activity_log (project_id, happened_at);

CREATE INDEX activity_log_user_id_happened_at_idx ON activity_log (user_id, happened_at);

COMMENT ON TABLE activity_log IS 'Who did what. Rows stay when their project goes.';

CREATE TABLE artifacts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    project_id uuid NOT NULL,
    kind artifact_kind NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    content text NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT artifacts_pkey PRIMARY KEY (id),
    CONSTRAINT artifacts_project_id_kind_version_key UNIQUE (project_id, kind, version),
    CONSTRAINT artifacts_version_check CHECK (version > 0),
    CONSTRAINT artifacts_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE
);

COMMENT ON TABLE artifacts IS 'What came of a project''s conversations, version by version.';

CREATE TABLE conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    project_id uuid NOT NULL,
    topic text NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT conversations_pkey PRIMARY KEY (id),
    CONSTRAINT conversations_project_id_fkey FOREIGN KEY (project_id) REFERENCES projects (id) ON DELETE CASCADE
);

CREATE INDEX conversations_project_id_created_at_idx ON conversations (project_id, created_at);

CREATE TABLE messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    conversation_id uuid NOT NULL,
    author author NOT NULL,
    text text NOT NULL,
    created_at timestamp without time zone DEFAULT now() NOT NULL,
    CONSTRAINT messages_pkey PRIMARY KEY (id),
    CONSTRAINT messages_conversation_id_fkey FOREIGN KEY (conversation_id) REFERENCES conversations (id) ON DELETE CASCADE
);

CREATE INDEX messages_conversation_id_created_at_idx ON messages (conversation_id, created_at);

COMMENT ON COLUMN projects.brief IS 'What is planned: `Brief` in src/brief.rs.';

CREATE INDEX projects_owner_id_status_idx ON projects (owner_id, status);

CREATE INDEX projects_status_created_at_idx ON projects (status, created_at);

COMMENT ON TABLE projects IS 'A product and how far its plan is.';

COMMENT ON TABLE users IS 'Who plans.';

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
