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
        "default_env = \"dev\"\n[env.dev]\nurl = \"sqlite://dev.db\"\n[env.prod]\nurl = \"postgres://u:${PW}@h/d\"\nsslmode = \"require\"\n",
    )]);
    let pg = [("POSTGRES_DB", "shop"), ("POSTGRES_USER", "me"), ("POSTGRES_PASSWORD", "hush")];
    assert_eq!(database(&project, &[], &[]).0, "sqlite://dev.db");
    assert_eq!(database(&project, &pg, &[]).0, "postgres://me@localhost/shop");
    let url = [("DATABASE_URL", "postgres://x@y/z"), ("POSTGRES_DB", "shop")];
    assert_eq!(database(&project, &url, &[]).0, "postgres://x@y/z");
    let env = [("DATABASE_URL", "postgres://x@y/z"), ("PW", "hush")];
    assert_eq!(database(&project, &env, &["--env", "prod"]).0, "postgres://u:***@h/d");
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
