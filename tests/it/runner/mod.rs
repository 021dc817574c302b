//! The runner of migrations when things go wrong: other runners, lost connections, killed
//! processes, locks, signals.

mod contents;
mod embedded;
mod faults;
mod kills;
mod locks;
mod pooler;
mod server;
mod sqlite;

use crate::support::{Dbkit, Outcome, Project};

/// A command on a database.
fn dbkit(project: &Project, url: &str, args: &[&str]) -> Dbkit {
    let mut all = args.to_vec();
    all.extend(["--database-url", url, "--migration-dir", "migrations"]);
    project.dbkit(all)
}

fn run(project: &Project, url: &str, args: &[&str]) -> Outcome {
    dbkit(project, url, args).run()
}

/// Migrations of every kind: in a transaction, statement by statement, concurrent, with a
/// transaction of their own.
fn of_every_kind() -> Project {
    Project::with(&[
        (
            "migrations/1_a/up.sql",
            "CREATE TABLE a (id integer PRIMARY KEY, n integer);\nINSERT INTO a SELECT i, i FROM generate_series(1, 100) i;",
        ),
        ("migrations/1_a/down.sql", "DROP TABLE a;"),
        (
            "migrations/2_b/up.sql",
            "CREATE TABLE b (id integer);\nCOPY b FROM stdin;\n1\n2\n\\.\nALTER TABLE a ADD m integer;",
        ),
        ("migrations/2_b/down.sql", "ALTER TABLE a DROP m;\nDROP TABLE b;"),
        ("migrations/3_c/metadata.toml", "run_in_transaction = false\n"),
        (
            "migrations/3_c/up.sql",
            "INSERT INTO b VALUES (3);\nCREATE INDEX CONCURRENTLY a_n ON a (n);\nINSERT INTO b VALUES (4);\nBEGIN;\nINSERT INTO b VALUES (5);\nINSERT INTO b VALUES (6);\nCOMMIT;\nINSERT INTO b VALUES (7);",
        ),
        (
            "migrations/3_c/down.sql",
            "DELETE FROM b WHERE id > 4;\nDROP INDEX CONCURRENTLY a_n;\nDELETE FROM b WHERE id > 2;",
        ),
        ("migrations/10_d/up.sql", "CREATE TABLE d (id integer);"),
        ("migrations/10_d/down.sql", "DROP TABLE d;"),
    ])
}

/// What is there when all of [`of_every_kind`] has run, each statement once.
const COMPLETE: &str = "SELECT concat_ws(' ', (SELECT string_agg(id::text, ',' ORDER BY id) FROM b), \
     (SELECT count(*) FROM a), (SELECT count(m) FROM a), to_regclass('d'), \
     (SELECT bool_and(indisvalid)::text FROM pg_index WHERE indexrelid = 'a_n'::regclass), \
     (SELECT string_agg(version, ',' ORDER BY version::int) FROM __diesel_schema_migrations), \
     (SELECT string_agg(state || statement, ',' ORDER BY version::int) FROM __dbkit_migrations))";

const ALL_DONE: &str =
    "1,2,3,4,5,6,7 100 0 d true 1,2,3,10 finished2,finished3,finished8,finished1";
