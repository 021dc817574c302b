//! `schema!` with every type, arrays of enums, keys that cannot be joined, and names of the prelude
//! that mean something else.

use crate::support::{PgDatabase, Project};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

mod both {
    /// What an application may call by the names of the prelude.
    #[allow(dead_code)]
    mod shadows {
        pub type Result = u8;
        pub struct Option;
        pub struct String;
        pub struct Vec;
        pub trait Clone {}
        pub mod core {}
        pub mod std {}
    }
    #[allow(unused_imports)]
    use shadows::*;

    dbkit::schema! {
        enum Mood { Happy, SoSo }
        enum Nothing {}

        /// People.
        table people (id) {
            id -> Integer,
            #[sql_name("type"), max_length(9)]
            mood -> Mood,
            other -> Nullable<Mood>,
            nothing -> Nullable<Nothing>,
            a -> Bool, b -> SmallInt, c -> BigInt, d -> Float, e -> Double, f -> Numeric, g -> Text,
            h -> Varchar, i -> Char, j -> Binary, k -> Blob, l -> Date, m -> Time, n -> Timestamp,
            o -> TimestamptzSqlite, p -> Json, q_ -> Jsonb, r -> Int4, s -> Int8, t -> Decimal,
            #[references(people.id)]
            parent_id -> Nullable<Integer>,
        }

        #[foreign_key(person_id, references(people.id))]
        table toys (id) {
            id -> BigInt,
            person_id -> Nullable<Int4>,
        }

        // Not the key's type: the database joins them, Diesel does not.
        table pets (id) {
            id -> Integer,
            #[references(toys.id)]
            toy_id -> Integer,
        }

        // A circle is two ways between two tables.
        table eggs (id) {
            id -> Integer,
            #[references(hens.id)]
            hen_id -> Integer,
        }

        table hens (id) {
            id -> Integer,
            #[references(eggs.id)]
            egg_id -> Integer,
        }
    }
}

#[test]
fn enums_and_joins_work_beside_other_meanings_of_the_prelude() {
    use both::{Mood, Nothing, people, toys};
    let project = Project::empty();
    let path = project.join("a.db");
    let connection = &mut SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    let tables = "CREATE TABLE people (id integer primary key, type text, other text);
                  CREATE TABLE toys (id integer primary key, person_id integer)";
    connection.batch_execute(tables).unwrap();
    diesel::insert_into(people::table)
        .values((
            people::id.eq(1),
            people::mood.eq(Mood::SoSo),
            people::other.eq(Some(Mood::Happy)),
        ))
        .execute(connection)
        .unwrap();
    diesel::insert_into(toys::table)
        .values((toys::id.eq(1), toys::person_id.eq(1)))
        .execute(connection)
        .unwrap();
    let found: (Mood, Option<Mood>) = toys::table
        .inner_join(people::table)
        .select((people::mood, people::other))
        .first(connection)
        .unwrap();
    assert_eq!(found, (Mood::SoSo, Some(Mood::Happy)));
    assert!(Nothing::ALL.is_empty());
}

mod postgres {
    dbkit::schema! {
        enum Mood { Happy, SoSo }

        table people (id) {
            id -> Integer,
            mood -> Mood,
            moods -> Array<Mood>,
            maybe -> Nullable<Array<Nullable<Mood>>>,
            i -> Bpchar, j -> Bytea, o -> Timestamptz, u -> Uuid, v -> Oid, w -> MacAddr,
            x -> MacAddr8, y -> Inet, z -> Cidr, aa -> Money, bb -> CChar, cc -> PgLsn,
            dd -> Int4range, ee -> Tstzrange, ff -> Range<Date>, gg -> Int8multirange,
            hh -> Interval, ii -> Citext, jj -> Array<Nullable<Text>>,
        }

        table auth.sessions {
            id -> Serial,
            #[references(people.id)]
            person_id -> Integer,
        }

        // Diesel has no way to say the schema; without it another table would be meant.
        #[schema = "not an identifier"]
        table elsewhere (id) { id -> Integer }
    }
}

/// A name that the macro must not have taken.
mod elsewhere {
    use super::postgres::*;
    pub fn elsewhere() -> usize {
        Mood::ALL.len()
    }
}

#[test]
fn arrays_of_enums_and_other_schemas_work_on_postgres() {
    use postgres::{Mood, people, sessions};
    let database = PgDatabase::create("macro_types");
    let connection = &mut PgConnection::establish(database.url()).unwrap();
    let tables = "CREATE SCHEMA auth; CREATE TYPE mood AS ENUM ('happy', 'so_so');
                  CREATE TABLE people (id int, mood mood, moods mood[], maybe mood[]);
                  CREATE TABLE auth.sessions (id serial, person_id int)";
    connection.batch_execute(tables).unwrap();
    let moods = vec![Mood::SoSo, Mood::Happy];
    let maybe = Some(vec![None, Some(Mood::Happy)]);
    diesel::insert_into(people::table)
        .values((
            people::id.eq(1),
            people::mood.eq(Mood::SoSo),
            people::moods.eq(&moods),
            people::maybe.eq(&maybe),
        ))
        .execute(connection)
        .unwrap();
    diesel::insert_into(sessions::table)
        .values(sessions::person_id.eq(1))
        .execute(connection)
        .unwrap();
    let found: (Vec<Mood>, Option<Vec<Option<Mood>>>) = sessions::table
        .inner_join(people::table)
        .filter(people::moods.contains(vec![Mood::Happy]))
        .select((people::moods, people::maybe))
        .first(connection)
        .unwrap();
    assert_eq!(found, (moods, maybe));
    assert_eq!(elsewhere::elsewhere(), 2);
}

/// The file that `push` reads below is the one that is compiled here.
#[path = "../cases/both/schema.rs"]
mod shared;

#[derive(Clone, Debug, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = shared::people)]
struct Person {
    name: String,
    mood: shared::Mood,
    other: Option<shared::Mood>,
    active: bool,
    small: i16,
    big: i64,
    score: f64,
    picture: Option<Vec<u8>>,
    doc: serde_json::Value,
    extra: Option<serde_json::Value>,
    born_on: chrono::NaiveDate,
    wakes_at: chrono::NaiveTime,
    created_at: chrono::NaiveDateTime,
}

fn person() -> Person {
    let day = chrono::NaiveDate::from_ymd_opt(1815, 12, 10).unwrap();
    let time = chrono::NaiveTime::from_hms_opt(6, 7, 8).unwrap();
    Person {
        name: "Ada".to_owned(),
        mood: shared::Mood::Happy,
        other: None,
        active: false,
        small: -7,
        big: i64::MAX,
        score: 0.1 + 0.2,
        picture: Some(vec![0, 255]),
        doc: serde_json::json!({"a": [1, null, "x"], "big": 12_345_678_901_i64}),
        extra: Some(serde_json::json!([{"b": true}])),
        born_on: day,
        wakes_at: time,
        created_at: day.and_time(time),
    }
}

/// Stores and loads everything, and sees the defaults and triggers of the database.
macro_rules! stores_and_loads {
    ($connection:expr) => {{
        use shared::{Mood, notes, people};
        let connection = $connection;
        let wanted = Person { other: Some(Mood::SoSo), ..person() };
        diesel::insert_into(people::table).values(&wanted).execute(connection).unwrap();
        let found = people::table.select(Person::as_select()).first(connection).unwrap();
        assert_eq!(found, wanted);
        // Nothing given: what the schema says is there.
        let (day, time) = (wanted.born_on, wanted.wakes_at);
        diesel::insert_into(people::table)
            .values((
                people::name.eq("Bob"),
                people::small.eq(1),
                people::big.eq(2),
                people::doc.eq(serde_json::json!(null)),
                people::born_on.eq(day),
                people::wakes_at.eq(time),
            ))
            .execute(connection)
            .unwrap();
        let bob = people::table.filter(people::name.eq("Bob"));
        let defaults: (Mood, bool, f64, chrono::NaiveDateTime) = bob
            .select((people::mood, people::active, people::score, people::updated_at))
            .first(connection)
            .unwrap();
        assert_eq!((defaults.0, defaults.1, defaults.2), (Mood::SoSo, true, 0.5));
        assert_eq!(defaults.3.format("%Y").to_string(), "2001");
        diesel::update(bob).set(people::small.eq(9)).execute(connection).unwrap();
        let updated: chrono::NaiveDateTime =
            bob.select(people::updated_at).first(connection).unwrap();
        assert!(updated.format("%Y").to_string().as_str() > "2001", "{updated}");
        // What is not allowed is refused by either.
        let twice = diesel::insert_into(people::table).values(&wanted).execute(connection);
        assert!(twice.is_err());
        let orphan = (notes::person_id.eq(99), notes::text.eq("x"));
        assert!(diesel::insert_into(notes::table).values(orphan).execute(connection).is_err());
        let note = (notes::person_id.eq(1), notes::text.eq("x"));
        diesel::insert_into(notes::table).values(note).execute(connection).unwrap();
        let joined: (String, Mood) = notes::table
            .inner_join(people::table)
            .select((notes::text, people::mood))
            .first(connection)
            .unwrap();
        assert_eq!(joined, ("x".to_owned(), Mood::Happy));
        diesel::delete(people::table.find(1)).execute(connection).unwrap();
        assert_eq!(notes::table.count().get_result::<i64>(connection).unwrap(), 0);
    }};
}

#[test]
fn one_schema_serves_both_databases() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/both/schema.rs");
    let project = Project::empty();
    let postgres = PgDatabase::create("macro_types");
    for url in [postgres.url(), "a.db"] {
        if url == "a.db" {
            project.sqlite(url).execute("PRAGMA user_version = 1");
        }
        let push = ["push", "--yes", "--schema", schema, "--database-url", url];
        project.dbkit(push).run().success();
        project.dbkit(push).run().success().nowhere("CREATE");
    }
    stores_and_loads!(&mut PgConnection::establish(postgres.url()).unwrap());
    let path = project.join("a.db");
    let sqlite = &mut SqliteConnection::establish(&path.to_string_lossy()).unwrap();
    sqlite.batch_execute("PRAGMA foreign_keys = ON").unwrap();
    stores_and_loads!(sqlite);
}
