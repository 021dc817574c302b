//! `schema!` expands to plain Diesel items that work on both databases.

use crate::support::{PgDatabase, Project};
use diesel::prelude::*;

#[path = "../../src/schema.rs"]
mod starter;

mod wide {
    dbkit::schema! {
        /// Moods of people.
        enum Mood { Happy, #[sql_name = "so-so"] SoSo, VerySad }

        #[index(mood, name desc, where = "mood = 'happy'")]
        #[check("age > 0", name = "grown")]
        table people (id) {
            #[identity(always)]
            id -> Integer,
            /// What they are called.
            #[unique]
            #[max_length = 20]
            name -> Varchar,
            mood -> Mood,
            before -> Nullable<Mood>,
            #[default = "1"]
            age -> Integer,
            #[references(people.id)]
            parent_id -> Nullable<Integer>,
            #[sql_name = "type"]
            kind -> Nullable<Text>,
            r#final -> Bool,
        }

        // Two ways to the same parent: neither is joinable.
        table letters (sender, receiver) {
            #[references(people.id)]
            sender -> Integer,
            #[references(people.id)]
            receiver -> Integer,
        }

        #[foreign_key((person) references people(id), on_delete = cascade)]
        table pets () {
            person -> Integer,
        }

        #[foreign_key((person) references people(id), on_delete = cascade)]
        table toys (id) {
            id -> Integer,
            person -> Integer,
        }
    }
}

use wide::{Mood, people, toys};

#[derive(Queryable, Selectable, Insertable, Debug, PartialEq, Clone)]
#[diesel(table_name = people)]
struct Person {
    id: i32,
    name: String,
    mood: Mood,
    before: Option<Mood>,
    age: i32,
    parent_id: Option<i32>,
    kind: Option<String>,
    r#final: bool,
}

fn ada() -> Person {
    Person {
        id: 1,
        name: "Ada".to_owned(),
        mood: Mood::SoSo,
        before: Some(Mood::VerySad),
        age: 36,
        parent_id: None,
        kind: Some("x".to_owned()),
        r#final: true,
    }
}

macro_rules! round_trip {
    ($connection:expr) => {{
        let connection = $connection;
        diesel::insert_into(people::table).values(ada()).execute(connection).unwrap();
        diesel::insert_into(toys::table)
            .values((toys::id.eq(1), toys::person.eq(1)))
            .execute(connection)
            .unwrap();
        let found: Vec<Person> = people::table
            .filter(people::mood.eq(Mood::SoSo).and(people::before.is_not_null()))
            .select(Person::as_select())
            .load(connection)
            .unwrap();
        assert_eq!(found, [ada()]);
        let toys: Vec<(i32, Option<Mood>)> = toys::table
            .inner_join(people::table)
            .select((toys::id, people::before))
            .load(connection)
            .unwrap();
        assert_eq!(toys, [(1, Some(Mood::VerySad))]);
    }};
}

#[test]
fn a_schema_works_on_postgres() {
    let database = PgDatabase::create("macros");
    database.execute(
        "CREATE TYPE mood AS ENUM ('happy', 'so-so', 'very_sad');
         CREATE TABLE people (id int PRIMARY KEY, name varchar(20), mood mood, before mood, age int,
                              parent_id int, type text, final bool);
         CREATE TABLE toys (id int PRIMARY KEY, person int)",
    );
    round_trip!(&mut PgConnection::establish(database.url()).unwrap());
}

#[test]
fn a_schema_works_on_sqlite() {
    let project = Project::empty();
    project.sqlite("a.db").execute(
        "CREATE TABLE people (id integer PRIMARY KEY, name text, mood text, before text, age int,
                              parent_id int, type text, final bool);
         CREATE TABLE toys (id integer PRIMARY KEY, person int)",
    );
    let path = project.join("a.db");
    round_trip!(&mut SqliteConnection::establish(&path.to_string_lossy()).unwrap());
}

#[test]
fn an_unknown_label_is_an_error() {
    let project = Project::empty();
    project
        .sqlite("a.db")
        .execute("CREATE TABLE people (mood text); INSERT INTO people VALUES ('?')");
    let mut connection =
        SqliteConnection::establish(&project.join("a.db").to_string_lossy()).unwrap();
    let error = people::table.select(people::mood).load::<Mood>(&mut connection).unwrap_err();
    assert!(format!("{error:?}").contains("unknown label of mood: ?"), "{error:?}");
    assert_eq!(
        Mood::ALL.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["happy", "so-so", "very_sad"]
    );
}

#[test]
fn the_starter_joins_comments_to_instances() {
    use starter::{Context, comments, extension_instance};
    let query = comments::table
        .inner_join(extension_instance::table)
        .filter(extension_instance::context.eq(Context::Customer))
        .select((comments::text, extension_instance::consented_scopes));
    let sql = diesel::debug_query::<diesel::pg::Pg, _>(&query).to_string();
    assert!(
        sql.contains("\"comments\".\"extension_instance_id\" = \"extension_instance\".\"id\""),
        "{sql}"
    );
}
