//! Where settings come from.

use crate::support::Project;

fn database(project: &Project, env: &[(&str, &str)], args: &[&str]) -> (String, String) {
    let mut command = project.dbkit(["config", "--format", "json"]).args(args);
    for (name, value) in env {
        command = command.env(name, value);
    }
    let json = command.run().success().json();
    let text = |key: &str| json["database"][key].as_str().unwrap().to_owned();
    (text("value"), text("origin"))
}

#[test]
fn precedence() {
    let project = Project::with(&[(
        "dbkit.toml",
        "default_env = \"dev\"\n[env.dev]\nurl = \"sqlite://dev.db\"\n[env.prod]\nurl = \"postgres://u:${PW}@${PGBOX:-h}/d\"\nsslmode = \"require\"\n",
    )]);
    let pg = [("POSTGRES_DB", "shop"), ("POSTGRES_USER", "me"), ("POSTGRES_PASSWORD", "hush")];
    assert_eq!(database(&project, &[], &[]).0, "sqlite://dev.db");
    assert_eq!(database(&project, &pg, &[]).0, "postgres://me@localhost/shop");
    let url = [("DATABASE_URL", "postgres://x@y/z"), ("POSTGRES_DB", "shop")];
    assert_eq!(database(&project, &url, &[]).0, "postgres://x@y/z");
    let env = [("DATABASE_URL", "postgres://x@y/z"), ("PW", "hush")];
    assert_eq!(database(&project, &env, &["--env", "prod"]).0, "postgres://u:***@h/d");
    let env = [("PGBOX", "box"), ("PW", "hush")];
    assert_eq!(database(&project, &env, &["--env", "prod"]).0, "postgres://u:***@box/d");
    let flag = database(&project, &env, &["--env", "prod", "--database-url", "a.db"]);
    assert_eq!(flag, ("sqlite://a.db".to_owned(), "--database-url".to_owned()));
}

#[test]
fn dot_env_files_in_order() {
    let project =
        Project::with(&[("dbkit.toml", "[env.dev]\n"), (".env", "DATABASE_URL=from.env.db\n")]);
    assert_eq!(database(&project, &[], &[]).0, "sqlite://from.env.db");
    project.write(".env.local", "DATABASE_URL=local.db\n");
    let (value, origin) = database(&project, &[], &[]);
    assert_eq!(value, "sqlite://local.db");
    assert!(origin.contains(".env.local"), "{origin}");
    assert_eq!(database(&project, &[("DATABASE_URL", "process.db")], &[]).0, "sqlite://process.db");
}

#[test]
fn mistakes_have_a_place_and_a_suggestion() {
    let project = Project::with(&[("dbkit.toml", "[env.dev]\nurll = \"x\"\n")]);
    project
        .dbkit(["config"])
        .run()
        .code(2)
        .stderr_has("dbkit.toml:2:1")
        .stderr_has("did you mean `url`?");
    project.write("dbkit.toml", "schema = [\n");
    project.dbkit(["config"]).run().code(2).stderr_has("dbkit.toml");
    project.write("dbkit.toml", "[env.dev]\nurl = \"${NOT_SET}\"\n");
    project.dbkit(["status", "--env", "dev"]).run().code(2).stderr_has("NOT_SET");
    project.write("dbkit.toml", "");
    project.dbkit(["status"]).run().code(2).stderr_has("--database-url URL");
}

#[test]
fn diesel_toml_names_the_folder_and_the_danger() {
    let project = Project::with(&[(
        "diesel.toml",
        "[print_schema]\nfile = \"src/schema.rs\"\n[migrations_directory]\ndir = \"db\"\n",
    )]);
    let outcome = project.dbkit(["config"]).run().success();
    outcome.stdout_has("migrations_directory.dir").stderr_has("overwrite src/schema.rs");
}

#[test]
fn an_environment_may_have_its_url_in_its_own_file() {
    let project = Project::with(&[
        ("dbkit.toml", "[env.dev]\nprotected = true\n"),
        (".env.dev", "DATABASE_URL=dev.db\n"),
        (".env.test", "DATABASE_URL=test.db\n"),
        (".env", "DATABASE_URL=plain.db\n"),
    ]);
    assert_eq!(database(&project, &[], &["--env", "dev"]).0, "sqlite://dev.db");
    assert_eq!(database(&project, &[("DBKIT_ENV", "test")], &[]).0, "sqlite://test.db");
    project.write(".env.test.local", "DATABASE_URL=mine.db\n");
    assert_eq!(database(&project, &[], &["--env", "test"]).0, "sqlite://mine.db");
    project.dbkit(["seed", "--env", "dev"]).run().code(4).stderr_has("protected");
    // Neither a common variable nor the process's stands in for an environment's own.
    project.dbkit(["status", "--env", "prod"]).run().code(2).stderr_has("no environment `prod`");
    let process = [("DATABASE_URL", "process.db")];
    let told = project.dbkit(["status", "--env", "dev"]).env(process[0].0, process[0].1).run();
    told.code(2).stderr_has("has no database");
}

#[test]
fn a_protected_database_is_known_by_any_spelling() {
    let project = Project::with(&[(
        "dbkit.toml",
        "[env.prod]\nurl = \"postgres://app:hush@localhost/shop\"\nprotected = true\n",
    )]);
    for url in ["postgres://other@127.0.0.1:5432/shop", "postgresql://localhost/?dbname=shop"] {
        let told = project.dbkit(["seed", "--database-url", url]).run();
        told.code(4).stderr_has("environment prod is protected");
    }
    let variables = [("POSTGRES_DB", "shop"), ("POSTGRES_USER", "postgres")];
    let mut reset = project.dbkit(["reset", "--yes"]);
    for (name, value) in variables {
        reset = reset.env(name, value);
    }
    reset.run().code(4).stderr_has("protected");
}

#[test]
fn every_value_has_its_origin() {
    let project = Project::with(&[
        (
            "dbkit.toml",
            "[env.prod]\nurl = \"postgres://pooler/shop\"\ndirect_url = \"postgres://db/shop\"\n\
             sslmode = \"verify-full\"\nsslrootcert = \"${CERT}\"\nwait = 3\n",
        ),
        (".env", "CERT=ca.pem\nPOSTGRES_PORT=6000\n"),
    ]);
    let json = |args: &[&str], env: &[(&str, &str)]| {
        let mut command = project.dbkit(["config", "--format", "json"]).args(args);
        for (name, value) in env {
            command = command.env(name, value);
        }
        command.run().success().nowhere("hush").json()
    };
    let prod = json(&["--env", "prod"], &[]);
    for (key, value, origin) in [
        ("database", "postgres://db/shop", "env.prod.direct_url in dbkit.toml"),
        ("sslmode", "verify-full", "env.prod.sslmode in dbkit.toml"),
        ("sslrootcert", "ca.pem", "env.prod.sslrootcert in dbkit.toml"),
        ("connect_timeout", "10 s", "default"),
        ("wait", "3 s", "env.prod.wait in dbkit.toml"),
        ("environment", "prod", "--env"),
        ("migrations", "migrations", "default"),
    ] {
        assert_eq!((&prod[key]["value"], &prod[key]["origin"]), (&value.into(), &origin.into()));
    }
    let variables =
        [("POSTGRES_USER", "me"), ("POSTGRES_PASSWORD", "hush"), ("POSTGRES_USE_SSL", "true")];
    let by_variables = json(&["--wait", "0"], &variables);
    for (key, value, origin) in [
        ("database", "postgres://me@localhost:6000/me", "environment variable POSTGRES_USER"),
        ("POSTGRES_PORT", "6000", "POSTGRES_PORT in .env"),
        ("POSTGRES_PASSWORD", "***", "environment variable POSTGRES_PASSWORD"),
        ("POSTGRES_USE_SSL", "true", "environment variable POSTGRES_USE_SSL"),
        ("wait", "0 s", "--wait"),
    ] {
        let found = &by_variables[key];
        assert_eq!((&found["value"], &found["origin"]), (&value.into(), &origin.into()), "{key}");
    }
    let told =
        project.dbkit(["status"]).env("POSTGRES_DB", "x").env("POSTGRES_USE_SSL", "maybe").run();
    told.code(2).stderr_has("POSTGRES_USE_SSL").stderr_has("known are true, false");
}
