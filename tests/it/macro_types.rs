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
