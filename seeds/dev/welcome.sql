-- SQL files run after the TOML rows of every set, in the same transaction. Write them so that a
-- second run changes nothing.
INSERT INTO comments (id, extension_instance_id, user_id, text, created_at)
SELECT substr(id, 1, 24) || '00000000a' || substr(id, 34),
       id,
       'dbkit',
       'Welcome to ' || context_id || '.',
       created_at
FROM extension_instance
WHERE active
ON CONFLICT (id) DO NOTHING;
