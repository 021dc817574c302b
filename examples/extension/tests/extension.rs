//! Each test has a database of its own, with the two instances of seeds/test, and comes in as the
//! program does: as a role that policies bind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use dbkit::app::{Db, Error};
use dbkit::testing::{Template, TestDatabase};
use diesel::prelude::*;
use extension::schema::{Context, comments, extension_instance};
use extension::{Change, Comments, Event, Instances, NewComment, open, receive, write};
use std::process::Command;

const ROLE: &str = "extension_app";

fn database() -> TestDatabase<PgConnection> {
    Template::of_project(env!("CARGO_MANIFEST_DIR")).and_then(|template| template.fresh()).unwrap()
}

fn db(database: &TestDatabase<PgConnection>) -> Db<PgConnection> {
    open(&database.url_as(ROLE), "test").unwrap()
}

fn comment(text: &str) -> NewComment {
    NewComment { user_id: "ada".to_owned(), text: text.to_owned() }
}

fn consent(db: &Db<PgConnection>, instance: &str) {
    let scopes = ["comments:read", "comments:write"].map(str::to_owned).to_vec();
    let change = Change { consented_scopes: Some(scopes), active: None };
    receive(db, instance, &Event::Updated(change)).unwrap();
}

#[test]
fn a_role_that_could_look_past_tenants_is_refused() {
    let database = database();
    let error = open(database.url(), "test").unwrap_err().to_string();
    assert!(error.contains("tenants would not be kept apart"), "{error}");
    db(&database);
}

#[test]
fn webhooks_keep_instances() {
    let database = database();
    let db = db(&database);
    let added = Event::Added {
        context: Context::Customer,
        context_id: "c-9".to_owned(),
        scopes: vec!["comments:read".to_owned()],
    };
    receive(&db, "new", &added).unwrap();
    receive(&db, "new", &added).unwrap();
    let made = Instances::find(&db, "new").unwrap().unwrap();
    assert_eq!((made.context, made.active), (Context::Customer, true));
    assert_eq!(made.consented_scopes, ["comments:read"]);
    let off = Change { active: Some(false), consented_scopes: None };
    receive(&db, "new", &Event::Updated(off)).unwrap();
    let now = Instances::find(&db, "new").unwrap().unwrap();
    assert!(!now.active && now.updated_at > made.updated_at);
    assert_eq!(now.consented_scopes, made.consented_scopes);
    receive(&db, "new", &Event::Removed).unwrap();
    receive(&db, "new", &Event::Removed).unwrap();
    assert_eq!(Instances::find(&db, "new").unwrap(), None);
}

#[test]
fn comments_are_in_the_order_of_creation_and_need_consent() {
    let database = database();
    let db = db(&database);
    assert_eq!(write(&db, "mine", &comment("too early")).unwrap(), None);
    consent(&db, "mine");
    for text in ["first", "second", "third"] {
        write(&db, "mine", &comment(text)).unwrap().unwrap();
    }
    let texts: Vec<String> =
        Comments::of(&db, "mine").unwrap().into_iter().map(|comment| comment.text).collect();
    assert_eq!(texts, ["first", "second", "third"]);
}

#[test]
fn every_query_is_the_instances_own() {
    let database = database();
    let db = db(&database);
    // Also one that forgets to say whose.
    let all = |instance: &str| -> i64 {
        db.tenant(instance)
            .run(|c| -> Result<_, Error> { Ok(comments::table.count().get_result(c)?) })
            .unwrap()
    };
    assert_eq!((all("mine"), all("theirs")), (0, 1));
    let nobody: i64 =
        db.run(|c| -> Result<_, Error> { Ok(comments::table.count().get_result(c)?) }).unwrap();
    assert_eq!(nobody, 0);
    db.tenant("mine")
        .run(|c| -> Result<(), Error> {
            assert!(!Comments::delete(c, "mine", 1)?);
            assert_eq!(diesel::update(comments::table).set(comments::text.eq("x")).execute(c)?, 0);
            Ok(())
        })
        .unwrap();
    let theirs = comments::extension_instance_id.eq("theirs");
    let foreign = (theirs, comments::user_id.eq("ada"), comments::text.eq("x"));
    let error = db
        .tenant("mine")
        .run(|c| -> Result<usize, Error> {
            Ok(diesel::insert_into(comments::table).values(foreign).execute(c)?)
        })
        .unwrap_err();
    assert!(error.to_string().contains("row-level security"), "{error}");
}

#[test]
fn an_instance_takes_its_comments_along() {
    let database = database();
    let db = db(&database);
    consent(&db, "mine");
    write(&db, "mine", &comment("mine")).unwrap().unwrap();
    receive(&db, "theirs", &Event::Removed).unwrap();
    // Seen by the owner of the server, whom no policy binds.
    let c = &mut database.connect().unwrap();
    let left: Vec<String> = comments::table.select(comments::text).load(c).unwrap();
    assert_eq!(left, ["mine"]);
    assert_eq!(extension_instance::table.count().get_result::<i64>(c).unwrap(), 1);
}

#[test]
fn the_program_takes_postgres_variables() {
    let database = database();
    let run = |user: &str, argument: &str| {
        let (_, rest) = database.url().split_once("://").unwrap();
        let (login, name) = rest.split_once('/').unwrap();
        let place = login.rsplit_once('@').map_or(login, |(_, place)| place);
        let (host, port) = place.split_once(':').unwrap_or((place, "5432"));
        let output = Command::new(env!("CARGO_BIN_EXE_extension"))
            .arg(argument)
            .current_dir(std::env::temp_dir())
            .env_remove("DATABASE_URL")
            .envs([("POSTGRES_HOST", host), ("POSTGRES_PORT", port), ("POSTGRES_USER", user)])
            .envs([("POSTGRES_PASSWORD", "hush"), ("POSTGRES_DB", name)])
            .envs([("POSTGRES_USE_SSL", "false"), ("APP_ENV", "test")])
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (owner, _) = database.url().split_once("://").unwrap().1.split_once(['@', ':']).unwrap();
    assert_eq!(run(owner, "migrate"), (true, "0 migrations applied\n".to_owned()));
    let (done, text) = run(ROLE, "theirs");
    assert!(done && text.ends_with("mallory: Nobody else's business.\n"), "{text}");
    let (done, text) = run(owner, "theirs");
    assert!(!done && text.contains("superuser") && !text.contains("hush"), "{text}");
}
