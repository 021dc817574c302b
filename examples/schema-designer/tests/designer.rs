//! Each test has a database of its own, with the user and the drawing of seeds/test: on PostgreSQL, or,
//! `--features sqlite`, a file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use chrono::{Duration, NaiveDateTime, Utc};
use dbkit::testing::{Template, TestDatabase};
use diesel::prelude::*;
use schema_designer::schema::{accounts, projects, sessions, users, verifications};
use schema_designer::{
    Column, Connection, Design, Table, create, design_of, save, sign_in, user_of,
};
use std::process::Command;

#[cfg(not(feature = "sqlite"))]
fn database() -> TestDatabase<Connection> {
    Template::of_project(env!("CARGO_MANIFEST_DIR")).and_then(|template| template.fresh()).unwrap()
}

#[cfg(feature = "sqlite")]
fn database() -> TestDatabase<Connection> {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds");
    let template = Template::on("sqlite://designer.db").unwrap();
    template.embedded(schema_designer::MIGRATIONS).seeds(seeds, "test").fresh().unwrap()
}

/// Drawings with a table that is called orders.
#[cfg(not(feature = "sqlite"))]
const WITH_ORDERS: &str = "design @> '{\"tables\": [{\"name\": \"orders\"}]}'";
#[cfg(feature = "sqlite")]
const WITH_ORDERS: &str = "design ->> '$.tables[0].name' = 'orders'";

fn now() -> NaiveDateTime {
    Utc::now().naive_utc()
}

fn account(c: &mut Connection, id: &str) -> QueryResult<usize> {
    let row = (accounts::id.eq(id), accounts::user_id.eq("ada"));
    let at = (accounts::provider.eq("git"), accounts::account_id.eq("4711"));
    diesel::insert_into(accounts::table).values((row.0, row.1, at.0, at.1)).execute(c)
}

#[test]
fn a_design_is_kept_as_it_was_drawn() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let id = Column { name: "id".to_owned(), kind: "uuid".to_owned(), nullable: false };
    let tables = vec![Table { name: "orders".to_owned(), columns: vec![id] }];
    let design = Design { tables, relations: Vec::new() };
    assert!(save(c, "shop", "ada", &design).unwrap());
    assert!(!save(c, "shop", "mallory", &Design::default()).unwrap());
    assert_eq!(design_of(c, "shop").unwrap(), Some(design));
    let made = create(c, "new", "ada", "New").unwrap();
    assert_eq!(made.design, Design::default());
    // The database can look into drawings.
    let with = diesel::dsl::sql::<diesel::sql_types::Bool>(WITH_ORDERS);
    let found: Vec<String> = projects::table.filter(with).select(projects::id).load(c).unwrap();
    assert_eq!(found, ["shop"]);
}

#[test]
fn somebody_signs_in() {
    let database = database();
    let db = database.db().unwrap();
    let c = &mut database.connect().unwrap();
    account(c, "one").unwrap();
    let twice = account(c, "two").unwrap_err().to_string();
    let told = ["accounts_provider_account_id_key", "accounts.provider, accounts.account_id"];
    assert!(told.iter().any(|key| twice.contains(key)), "{twice}");
    let until = now() + Duration::hours(1);
    assert!(sign_in(&db, ("git", "0815"), "t0", until).unwrap().is_none());
    assert_eq!(sign_in(&db, ("git", "4711"), "t1", until).unwrap().unwrap().user_id, "ada");
    assert_eq!(user_of(c, "t1", now()).unwrap().as_deref(), Some("ada"));
    assert_eq!(user_of(c, "t1", until + Duration::seconds(1)).unwrap(), None);
    // A token is one session's.
    assert!(sign_in(&db, ("git", "4711"), "t1", until).is_err());

    let (program, url) = (env!("CARGO_BIN_EXE_schema-designer"), database.url());
    let run = |token: &str| {
        let output = Command::new(program).arg(token).env("DATABASE_URL", url).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert_eq!(run("t1"), "A shop\n");
    assert_eq!(run("t2"), "error: this session is over, or never was\n");
}

#[test]
fn with_a_user_goes_everything_of_theirs() {
    let database = database();
    let c = &mut database.connect().unwrap();
    account(c, "one").unwrap();
    let code = (verifications::id.eq("v"), verifications::identifier.eq("ada@example.org"));
    let code =
        (code.0, code.1, verifications::code.eq("123456"), verifications::expires_at.eq(now()));
    diesel::insert_into(verifications::table).values(code).execute(c).unwrap();
    diesel::delete(users::table.find("ada")).execute(c).unwrap();
    let left = [
        accounts::table.count().get_result::<i64>(c).unwrap(),
        sessions::table.count().get_result(c).unwrap(),
        projects::table.count().get_result(c).unwrap(),
    ];
    assert_eq!(left, [0, 0, 0]);
}
