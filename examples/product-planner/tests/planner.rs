//! Each test has a clean database of its own: migrated, with the two users of seeds/test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use dbkit::testing::{Template, TestDatabase};
use diesel::prelude::*;
use product_planner::schema::{ProjectStatus, activity_log, projects, users};
use product_planner::{
    Brief, Error, Feature, NewProject, NewUser, Project, ProjectChanges, Projects, User, Users,
    open, shares, transfer,
};
use std::process::Command;
use uuid::Uuid;

fn database() -> TestDatabase<PgConnection> {
    Template::of_project(env!("CARGO_MANIFEST_DIR")).and_then(|template| template.fresh()).unwrap()
}

fn user(c: &mut PgConnection, email: &str) -> User {
    users::table.filter(users::email.eq(email)).select(User::as_select()).first(c).unwrap()
}

fn ada(c: &mut PgConnection) -> User {
    user(c, "ada@example.org")
}

fn brief() -> Brief {
    let features = vec![Feature { name: "calendar".to_owned(), effort: 3 }];
    Brief { vision: "Every balcony".to_owned(), audience: vec!["balconies".to_owned()], features }
}

fn project(
    c: &mut PgConnection,
    owner: &User,
    title: &str,
    status: Option<ProjectStatus>,
) -> Project {
    let new = NewProject { owner_id: owner.id, title: title.to_owned(), status, brief: brief() };
    Projects::insert(c, &new).unwrap()
}

#[test]
fn an_insert_returns_what_the_database_made_of_it() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let owner = ada(c);
    let made = project(c, &owner, "Garden", None);
    assert_eq!(made.id.get_version_num(), 4, "gen_random_uuid");
    assert_eq!((made.status, made.score), (ProjectStatus::Draft, 0));
    assert_eq!(made.brief, brief());
    assert_eq!(Projects::find_by_id(c, made.id).unwrap(), Some(made.clone()));
    assert_eq!(Projects::of(c, &owner).unwrap(), [made]);
    let new = NewUser { email: owner.email, display_name: "Another Ada".to_owned() };
    let twice = Users::insert(c, &new).unwrap_err();
    assert!(twice.to_string().contains("users_email_key"), "{twice}");
}

#[test]
fn a_partial_update_leaves_the_rest() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let owner = ada(c);
    let made = project(c, &owner, "Garden", Some(ProjectStatus::Active));
    let changes = ProjectChanges { score: Some(80), ..ProjectChanges::default() };
    assert!(Projects::update(c, made.id, &changes).unwrap());
    let now = Projects::find_by_id(c, made.id).unwrap().unwrap();
    assert_eq!(
        (now.score, &now.title, now.status, &now.brief),
        (80, &made.title, made.status, &made.brief)
    );
    assert!(now.updated_at > made.updated_at, "the database keeps updated_at");
    let wrong = ProjectChanges { score: Some(101), ..ProjectChanges::default() };
    assert!(Projects::update(c, made.id, &wrong).is_err(), "a score is between 0 and 100");
    assert!(!Projects::update(c, Uuid::nil(), &changes).unwrap());
}

#[test]
fn a_brief_without_a_field_can_be_read() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let owner = ada(c);
    let row = (projects::owner_id.eq(owner.id), projects::title.eq("Old"));
    diesel::insert_into(projects::table).values(row).execute(c).unwrap();
    let old = &Projects::of(c, &owner).unwrap()[0];
    assert_eq!(old.brief, Brief::default());
    // The database looks into it, too.
    project(c, &owner, "New", None);
    let with =
        diesel::dsl::sql::<diesel::sql_types::Bool>("brief @> '{\"audience\": [\"balconies\"]}'");
    let found = projects::table.filter(with).select(projects::title).load::<String>(c).unwrap();
    assert_eq!(found, ["New"]);
}

#[test]
fn pages_and_aggregates() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let owner = ada(c);
    for number in 0..7 {
        let made = project(c, &owner, &format!("Project {number}"), Some(ProjectStatus::Active));
        let changes = ProjectChanges { score: Some(number * 10), ..ProjectChanges::default() };
        Projects::update(c, made.id, &changes).unwrap();
    }
    project(c, &owner, "Done", Some(ProjectStatus::Completed));
    let pages: Vec<usize> = (0..4)
        .map(|page| Projects::newest(c, ProjectStatus::Active, page, 3).unwrap().len())
        .collect();
    assert_eq!(pages, [3, 3, 1, 0]);
    let first = &Projects::newest(c, ProjectStatus::Active, 0, 1).unwrap()[0];
    assert_eq!(first.title, "Project 6");
    // Behind a key, every page costs the same.
    let begin = Projects::page(c, None, 5).unwrap();
    let rest = Projects::page(c, begin.last().map(|project| project.id), 5).unwrap();
    assert_eq!((begin.len(), rest.len()), (5, 3));
    let told: Vec<_> = shares(c).unwrap().iter().map(|s| (s.status, s.count, s.score)).collect();
    assert_eq!(told, [(ProjectStatus::Active, 7, 30.0), (ProjectStatus::Completed, 1, 0.0)]);
}

#[test]
fn a_transfer_happens_whole_or_not_at_all() {
    let database = database();
    let db = database.db().unwrap();
    let c = &mut database.connect().unwrap();
    let (ada, grace) = (ada(c), user(c, "grace@example.org"));
    let garden = project(c, &ada, "Garden", None);
    let lines = |c: &mut PgConnection| activity_log::table.count().get_result::<i64>(c).unwrap();

    let nobody = Uuid::nil();
    assert!(matches!(transfer(&db, garden.id, ada.id, nobody), Err(Error::NoUser(_))));
    assert!(matches!(transfer(&db, garden.id, grace.id, ada.id), Err(Error::NotTheOwner(_))));
    // The log was written first, and that was taken back.
    assert_eq!(lines(c), 0);
    assert_eq!(Projects::find_by_id(c, garden.id).unwrap().unwrap().owner_id, ada.id);

    assert_eq!(transfer(&db, garden.id, ada.id, grace.id).unwrap().owner_id, grace.id);
    assert_eq!(lines(c), 1);
    // The project goes, what was done stays.
    assert!(Projects::delete(c, garden.id).unwrap());
    let kept = activity_log::table.select((activity_log::action, activity_log::project_id));
    let kept: Vec<(String, Option<Uuid>)> = kept.load(c).unwrap();
    assert_eq!(kept, [("project.transferred".to_owned(), None)]);
}

#[test]
fn a_test_sees_nothing_of_the_others() {
    let database = database();
    let c = &mut database.connect().unwrap();
    assert_eq!(projects::table.count().get_result::<i64>(c).unwrap(), 0);
    assert_eq!(users::table.count().get_result::<i64>(c).unwrap(), 2);
}

#[test]
fn pools_by_environment() {
    let database = database();
    let sizes = ["dev", "test", "prod"]
        .map(|environment| open(database.url(), environment).unwrap().settings().max_size);
    assert_eq!(sizes, [10, 3, 20]);
}

#[test]
fn the_program_migrates_and_reports() {
    let run = |args: &[&str], url: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_product-planner"));
        command.args(args).env_remove("DATABASE_URL").env("APP_ENV", "test");
        url.map(|url| command.env("DATABASE_URL", url));
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let database = database();
    let c = &mut database.connect().unwrap();
    let owner = ada(c);
    project(c, &owner, "Garden", Some(ProjectStatus::Active));
    let url = Some(database.url());
    assert_eq!(run(&["migrate"], url), (true, "0 migrations applied\n".to_owned()));
    let (done, text) = run(&[], url);
    assert!(
        done && text.contains("3 connections") && text.contains("Garden: Every balcony"),
        "{text}"
    );
    let (done, text) = run(&[], None);
    assert!(!done && text.contains("DATABASE_URL is not set"), "{text}");
}
