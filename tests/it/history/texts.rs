//! What people read, whole, as snapshots.

use crate::support::Project;

/// Nothing in it depends on the day.
fn project() -> Project {
    let project = Project::empty();
    project.write("dbkit.toml", "dialects = [\"sqlite\"]\n[env.dev]\nurl = \"sqlite://dev.db\"\n");
    project.write("src/schema.rs", super::check::USERS);
    for (version, name, table) in [
        ("2024-01-01-000000", "one", "a"),
        ("2024-01-02-000000", "two", "b"),
        ("2024-01-03-000000", "three", "c"),
    ] {
        let folder = format!("migrations/{version}_{name}");
        project.write(
            &format!("{folder}/up.sql"),
            format!("CREATE TABLE {table} (id INTEGER PRIMARY KEY);\n"),
        );
        project.write(&format!("{folder}/down.sql"), format!("DROP TABLE {table};\n"));
    }
    project
}

fn both_streams(project: &Project, args: &[&str]) -> String {
    let outcome = project.dbkit(args).env("DBKIT_ENV", "dev").run();
    let code = outcome.code.unwrap();
    format!(
        "$ dbkit {}\nexit code {code}\n--- stdout\n{}--- stderr\n{}",
        args.join(" "),
        outcome.stdout,
        outcome.stderr
    )
}

#[test]
fn edited_lost_and_renamed() {
    let project = project();
    project.sqlite("dev.db").execute("VACUUM");
    project.dbkit(["migrate"]).env("DBKIT_ENV", "dev").run().success();
    project.write(
        "migrations/2024-01-01-000000_one/up.sql",
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT);\n",
    );
    std::fs::remove_dir_all(project.join("migrations/2024-01-02-000000_two")).unwrap();
    std::fs::rename(
        project.join("migrations/2024-01-03-000000_three"),
        project.join("migrations/2024-02-01-000000_three"),
    )
    .unwrap();
    let mut text = String::new();
    for args in [
        &["check", "--database"][..],
        &["status", "--migrations-only"],
        &["migrate"],
        &["repair"],
        &["repair", "20240101000000", "--restore"],
        &["repair", "20240102000000", "--forget"],
        &["repair", "20240201000000", "--renamed"],
        &["repair", "20240201000000", "--accept"],
        &["repair", "1", "--accept"],
        &["diff", "--from", "database"],
        &["squash", "--to", "20240101000000"],
    ] {
        text.push_str(&both_streams(&project, args));
        text.push('\n');
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../cases/history");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", "[time]");
    settings.bind(|| insta::assert_snapshot!("edited_lost_and_renamed", text));
}
