//! `dbkit inspect --sql`, `--follow` and the pager.

use crate::support::{PgDatabase, Project, on_terminal};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn a_statement_that_reads() {
    let database = PgDatabase::create("inspect_sql");
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY, n numeric); INSERT INTO t SELECT i, i + 0.50 FROM generate_series(1, 30) i");
    let project = Project::empty();
    let url = database.url().to_owned();
    let run = |args: &[&str]| {
        project.dbkit(["inspect", "--database-url", &url, "--sql"]).args(args).run()
    };
    let sql = "select id, n as amount from t where id > 28 order by id -- newest";
    run(&[sql, "--format", "csv"]).success().stdout_is("id,amount\n29,29.50\n30,30.50\n");
    let json = run(&[sql, "--format", "json"]).success().json();
    assert_eq!(json[1]["amount"], "30.50");
    run(&["select * from t"]).success().stderr_has("first 20 rows; more with --limit N or --all");
    let all = run(&["table t;", "--all", "--format", "ndjson"]).success();
    assert_eq!(all.stdout.lines().count(), 30);
    run(&["show transaction_read_only", "--format", "csv"]).success().stdout_has("\non\n");
    run(&["select nothing from t"]).code(2).stderr_has("--sql: column \"nothing\" does not exist");
    for sql in [
        "delete from t",
        "select 1; delete from t",
        "with gone as (delete from t returning *) select * from gone",
        "select * into made from t",
        "explain analyze delete from t",
        "commit",
        "copy t to program 'true'",
        "select set_config('transaction_read_only', 'off', false)",
        "",
    ] {
        run(&[sql]).code(2).stderr_has("--sql: ");
    }
    assert_eq!(database.value("SELECT count(*) FROM t"), "30");

    let file = project.sqlite("shop.db");
    file.execute("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)");
    let lite = |sql: &str| {
        project
            .dbkit(["inspect", "--database-url", "shop.db", "--format", "csv", "--sql", sql])
            .run()
    };
    lite("select id from t").success().stdout_is("id\n1\n");
    lite("pragma table_info(t)").success().stdout_has("0,id,INTEGER");
    for sql in [
        "delete from t",
        "attach 'x.db' as x",
        "vacuum into 'x.db'",
        "pragma user_version = 3",
        "with a as (select 1) delete from t",
    ] {
        lite(sql).code(2).stderr_has("--sql: ");
    }
    assert_eq!(file.value("SELECT count(*) FROM t"), "1");
    assert!(!project.exists("x.db"));
}

#[test]
fn new_rows_keep_coming() {
    let project = Project::empty();
    let file = project.sqlite("shop.db");
    file.execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, hidden INTEGER DEFAULT 0); \
         INSERT INTO t (name) VALUES ('a'), ('b'), ('c')",
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_dbkit"))
        .args([
            "inspect",
            "t",
            "--follow",
            "--limit",
            "2",
            "--columns",
            "name",
            "--where",
            "hidden = 0",
        ])
        .args(["--format", "csv", "--database-url", "shop.db"])
        .current_dir(project.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!([next(), next(), next()], ["name", "b", "c"]);
    file.execute("INSERT INTO t (name, hidden) VALUES ('no', 1)");
    // Even when the row seen last is gone.
    file.execute(
        "DELETE FROM t WHERE name = 'c'; INSERT INTO t (id, name) VALUES (9, 'd'), (10, 'e')",
    );
    assert_eq!([next(), next()], ["d", "e"]);
    file.execute("INSERT INTO t (name) VALUES ('f')");
    assert_eq!(next(), "f");
    child.kill().unwrap();
    child.wait().unwrap();
    file.execute("CREATE TABLE nokey (x)");
    project
        .dbkit(["inspect", "nokey", "--follow", "--database-url", "shop.db"])
        .run()
        .code(2)
        .stderr_has("nokey has no primary key to follow its rows by");
}

#[test]
fn a_pager_is_for_terminals() {
    let project = Project::empty();
    project.sqlite("shop.db").execute(
        "CREATE TABLE t (id INTEGER PRIMARY KEY); \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO t SELECT i FROM n",
    );
    project.write("pager.sh", "echo paged; /bin/cat > /dev/null\n");
    let args = ["inspect", "t", "--all", "--database-url", "shop.db"];
    let piped = project.dbkit(args).env("PAGER", "/bin/sh pager.sh").run().success();
    assert_eq!(piped.stdout.lines().count(), 302, "{piped}");
    let at_once = on_terminal(project.path(), &[&args[..], &["--no-pager"]].concat(), &[]);
    assert_eq!((at_once.code, at_once.stdout.contains("300")), (Some(0), true), "{at_once}");
    // What fits is printed, whatever the pager.
    let short = on_terminal(
        project.path(),
        &["inspect", "t", "--limit", "2", "--database-url", "shop.db"],
        &[],
    );
    assert_eq!(short.code, Some(0), "{short}");
}
