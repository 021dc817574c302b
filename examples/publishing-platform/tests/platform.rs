//! Each test has a database of its own, with the workspace of seeds/test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use dbkit::testing::{Template, TestDatabase};
use diesel::prelude::*;
use publishing_platform::modules::content::schema::{NodeKind, nodes};
use publishing_platform::modules::deployments::schema::deployments;
use publishing_platform::modules::identity::schema::users;
use publishing_platform::modules::workspaces::schema::{git_repositories, workspaces};
use publishing_platform::{
    NewNode, Nodes, children, history, import, node_id, publish, workspace_of,
};
use std::process::Command;

const ADA: &str = "ada@example.org";

fn database() -> TestDatabase<PgConnection> {
    Template::of_project(env!("CARGO_MANIFEST_DIR")).and_then(|template| template.fresh()).unwrap()
}

fn page(workspace: i64, path: &str) -> NewNode {
    NewNode::at(workspace, path, None, 1)
}

#[test]
fn a_hundred_thousand_nodes_at_once() {
    let database = database();
    let db = database.db().unwrap();
    let c = &mut database.connect().unwrap();
    let workspace = workspace_of(c, ADA).unwrap();
    let mut new: Vec<NewNode> =
        (0..100).map(|number| page(workspace, &format!("/page/{number}"))).collect();
    for number in 0..99_900 {
        let parent = format!("/page/{}", number % 100);
        let path = format!("{parent}/block/{number}");
        new.push(NewNode::at(workspace, &path, Some(&parent), number / 100));
    }
    assert_eq!(import(&db, workspace, &new).unwrap(), 100_000);
    assert_eq!(Nodes::count(c).unwrap(), 100_000);
    let blocks = children(c, node_id(workspace, "/page/7")).unwrap();
    assert_eq!((blocks.len(), blocks[3].position, blocks[3].kind), (999, 3, NodeKind::Block));
    assert_eq!(blocks[0].metadata["source"], "/page/7/block/7");
}

#[test]
fn an_import_is_the_same_every_time_and_whole() {
    let database = database();
    let db = database.db().unwrap();
    let c = &mut database.connect().unwrap();
    let workspace = workspace_of(c, ADA).unwrap();
    let site =
        [NewNode::at(workspace, "/about/team", Some("/about"), 1), page(workspace, "/about")];
    let ids = |c: &mut PgConnection| {
        let ids = nodes::table.order(nodes::path).select(nodes::id);
        ids.load::<uuid::Uuid>(c).unwrap()
    };
    import(&db, workspace, &site).unwrap();
    let first = ids(c);
    assert_eq!(first[0], node_id(workspace, "/about"));
    import(&db, workspace, &site).unwrap();
    assert_eq!(ids(c), first);
    // A block without its page: nothing of it stays, and what was there is there.
    let broken = [NewNode::at(workspace, "/lost/block", Some("/lost"), 1)];
    let error = import(&db, workspace, &broken).unwrap_err().to_string();
    assert!(error.contains("nodes_parent_id_fkey"), "{error}");
    assert_eq!(ids(c), first);
}

#[test]
fn everything_goes_with_its_user_down_to_the_last_block() {
    let database = database();
    let db = database.db().unwrap();
    let c = &mut database.connect().unwrap();
    let workspace = workspace_of(c, ADA).unwrap();
    let block = NewNode::at(workspace, "/a/b", Some("/a"), 1);
    import(&db, workspace, &[page(workspace, "/a"), block]).unwrap();
    publish(c, workspace, "4b825dc6").unwrap();
    assert_eq!(diesel::delete(users::table).execute(c).unwrap(), 1);
    let left = [
        workspaces::table.count().get_result::<i64>(c).unwrap(),
        git_repositories::table.count().get_result(c).unwrap(),
        deployments::table.count().get_result(c).unwrap(),
        nodes::table.count().get_result(c).unwrap(),
    ];
    assert_eq!(left, [0, 0, 0, 0]);
}

#[test]
fn one_workspace_and_one_repository_each() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let workspace = workspace_of(c, ADA).unwrap();
    let user: i64 = users::table.select(users::id).first(c).unwrap();
    let second = (workspaces::user_id.eq(user), workspaces::slug.eq("second"));
    let error = diesel::insert_into(workspaces::table).values(second).execute(c).unwrap_err();
    assert!(error.to_string().contains("workspaces_user_id_key"), "{error}");
    let second = (git_repositories::workspace_id.eq(workspace), git_repositories::remote.eq("x"));
    let error = diesel::insert_into(git_repositories::table).values(second).execute(c).unwrap_err();
    assert!(error.to_string().contains("git_repositories_workspace_id_key"), "{error}");
}

#[test]
fn the_history_is_the_latest_first() {
    let database = database();
    let c = &mut database.connect().unwrap();
    let workspace = workspace_of(c, ADA).unwrap();
    for commit in ["one", "two", "three"] {
        publish(c, workspace, commit).unwrap();
    }
    let told = history(c, workspace, 2).unwrap();
    let told: Vec<&str> = told.iter().map(|deployment| deployment.commit_hash.as_str()).collect();
    assert_eq!(told, ["three", "two"]);
}

#[test]
fn it_is_built_without_a_database_and_says_so_without_one() {
    assert_eq!(option_env!("DATABASE_URL"), None, "nothing here was built with a database");
    let run = |argument: &str, variables: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_publishing-platform"));
        command.arg(argument).env_remove("DATABASE_URL").envs(variables.iter().copied());
        // No .env file of anybody's.
        let output = command.current_dir(std::env::temp_dir()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (done, text) = run(ADA, &[]);
    assert!(
        !done && text.contains("set DATABASE_URL=") && text.contains("POSTGRES_HOST"),
        "{text}"
    );
    let (done, text) = run(ADA, &[("DATABASE_URL", "mysql://nobody:hush@localhost/site")]);
    assert!(!done && text.contains("MySQL") && !text.contains("hush"), "{text}");
    let database = database();
    let url = [("DATABASE_URL", database.url())];
    assert_eq!(run("migrate", &url), (true, "0 migrations applied\n".to_owned()));
    assert_eq!(run(ADA, &url), (true, String::new()));
}
