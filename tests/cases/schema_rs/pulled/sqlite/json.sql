CREATE TABLE documents (
    id INTEGER PRIMARY KEY, words JSONB DEFAULT '{}', text JSON DEFAULT '[]', ours JSONB BLOB DEFAULT (jsonb('{"a": 1}')),
    our_text JSON TEXT DEFAULT '{}', by_hand JSONB BLOB DEFAULT '{}', bytes BLOB DEFAULT '{}',
    list TEXT DEFAULT '{}' CHECK (json_valid(list)), none JSONB BLOB);
CREATE TABLE sheets (cells BLOB DEFAULT (jsonb('[]')), text TEXT NOT NULL) STRICT;
