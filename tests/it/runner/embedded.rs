use super::run;
use crate::support::{PgDatabase, Project};
use dbkit::Migrator;
use std::time::Duration;

/// Ten instances of an application and five command lines, on one database.
fn all_at_once(migrator: &Migrator, url: &str, dir: &str) {
    let project = Project::empty();
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(dir);
    let dir = dir.to_str().unwrap();
    let applied: usize = std::thread::scope(|scope| {
        let instances: Vec<_> =
            (0..10).map(|_| scope.spawn(|| migrator.run(url).unwrap().applied.len())).collect();
        let commands: Vec<_> = (0..5)
            .map(|_| {
                scope.spawn(|| {
                    let args = [
                        "migrate",
                        "--database-url",
                        url,
                        "--migration-dir",
                        dir,
                        "--format",
                        "json",
                    ];
                    let outcome = project.dbkit(args).run().success();
                    outcome.json()["applied"].as_array().unwrap().len()
                })
            })
            .collect();
        let instances = instances.into_iter().map(|instance| instance.join().unwrap());
        instances.chain(commands.into_iter().map(|command| command.join().unwrap())).sum()
    });
    assert_eq!(applied, 1);
    assert!(migrator.pending(url).unwrap().is_empty());
    project
        .dbkit(["status", "--check", "--database-url", url, "--migration-dir", dir])
        .run()
        .success();
}

#[test]
fn postgres_instances_start_at_once() {
    let database = PgDatabase::create("embedded");
    let migrator = Migrator::embedded(dbkit::embed_migrations!("migrations/postgres")).unwrap();
    assert_eq!(migrator.pending(database.url()).unwrap().len(), 1);
    all_at_once(&migrator, database.url(), "migrations/postgres");
    assert_eq!(database.value("SELECT count(*) FROM comments"), "0");
}

#[test]
fn sqlite_instances_start_at_once() {
    let project = Project::empty();
    let file = project.sqlite("app.db");
    let migrator = Migrator::embedded(dbkit::embed_migrations!("migrations/sqlite")).unwrap();
    all_at_once(&migrator, &file.url(), "migrations/sqlite");
    assert_eq!(project.list("."), ["app.db"]);
}

#[test]
fn what_fails_is_told_with_its_place() {
    let project = Project::with(&[
        ("migrations/1_a/up.sql", "CREATE TABLE a (id INTEGER);"),
        ("migrations/2_b/up.sql", "CREATE TABLE b (id INTEGER);\nSELECT nonsense;"),
    ]);
    let file = project.sqlite("app.db");
    let migrator = Migrator::from_folder(&project.join("migrations")).unwrap();
    let error = migrator.clone().lock_timeout(Duration::from_secs(1)).run(&file.url()).unwrap_err();
    assert!(error.to_string().contains("2_b/up.sql:2:8"), "{error}");
    assert_eq!(migrator.pending(&file.url()).unwrap(), ["2_b"]);
    project.write("migrations/2_b/up.sql", "CREATE TABLE b (id INTEGER);");
    run(&project, &file.url(), &["migrate"]).success();
    assert!(migrator.run(&file.url()).unwrap().applied.is_empty());
    let error = migrator.run("postgres://u:hush-hush@127.0.0.1:x/d").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hush-hush"));
}
