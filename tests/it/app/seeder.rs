//! Seeds in Rust.

use super::{balances_postgres, balances_sqlite, postgres, small, sqlite};
use dbkit::app::{Backend, SeedRun, SeedRunError, Seeded, Seeder, Seeding};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[derive(Default)]
struct Accounts;

#[derive(Default)]
struct Second;

#[derive(Default)]
struct Broken;

struct Everything;

struct Failing;

struct Panicking;

fn write<C: Backend>(seeding: &mut Seeding<'_, C>, id: i32) -> Seeded {
    let sql = format!(
        "INSERT INTO accounts SELECT {id}, {id}0 WHERE NOT EXISTS \
         (SELECT 1 FROM accounts WHERE id = {id})"
    );
    Ok(seeding.connection().batch_execute(&sql)?)
}

impl<C: Backend> Seeder<C> for Accounts {
    fn seed(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        write(seeding, 3)
    }

    fn truncate(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        seeding.empty(&["accounts"])
    }
}

impl<C: Backend> Seeder<C> for Second {
    fn seed(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        seeding.call::<Accounts>()?;
        write(seeding, 4)
    }
}

impl<C: Backend> Seeder<C> for Broken {
    fn seed(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        write(seeding, 5)?;
        Ok(seeding.connection().batch_execute("INSERT INTO nowhere VALUES (1)")?)
    }
}

impl<C: Backend> Seeder<C> for Everything {
    fn seed(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        seeding.call::<Second>()?;
        seeding.call::<Accounts>()?;
        if seeding.environment() == "test" {
            write(seeding, 9)?;
        }
        Ok(())
    }

    fn truncate(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        seeding.call::<Second>()?;
        seeding.call::<Accounts>()
    }
}

impl<C: Backend> Seeder<C> for Failing {
    fn seed(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        seeding.call::<Accounts>()?;
        seeding.call::<Broken>()
    }
}

impl<C: Backend> Seeder<C> for Panicking {
    fn seed(&self, seeding: &mut Seeding<'_, C>) -> Seeded {
        write(seeding, 7)?;
        panic!("on purpose");
    }
}

/// As `dbkit seed protect --env NAME` leaves it.
const MARK: &str = "CREATE TABLE __dbkit_environment (name TEXT PRIMARY KEY NOT NULL, \
    protected INTEGER NOT NULL); INSERT INTO __dbkit_environment VALUES ('prod', 1);";

fn seeds_once_and_again<C: Backend>(connection: &mut C, balances: &dyn Fn() -> Vec<i32>)
where
    Everything: Seeder<C>,
{
    let report = SeedRun::of("dev").run(Everything, connection).unwrap();
    let names: Vec<&str> = report.seeded.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Accounts", "Second", "Everything"]);
    assert_eq!(balances(), [100, 100, 30, 40]);
    SeedRun::of("test").run(Everything, connection).unwrap();
    assert_eq!(balances(), [100, 100, 30, 40, 90]);
    let report = SeedRun::of("dev").truncate().run(Everything, connection).unwrap();
    assert_eq!(report.truncated, ["Second", "Accounts", "Everything"]);
    assert_eq!(balances(), [30, 40]);
}

fn a_failure_takes_all_back<C: Backend>(connection: &mut C, balances: &dyn Fn() -> Vec<i32>) {
    let told = SeedRun::of("dev").truncate().run(Failing, connection).unwrap_err();
    let SeedRunError::Seeder { seeder, source } = &told else { panic!("{told}") };
    assert_eq!(*seeder, "Broken");
    assert!(source.to_string().contains("nowhere"), "{source}");
    let panic = catch_unwind(AssertUnwindSafe(|| SeedRun::of("dev").run(Panicking, connection)));
    assert!(panic.is_err());
    assert_eq!(balances(), [100, 100]);
    // The connection goes on, and inside a transaction of the caller nothing is committed.
    connection.batch_execute("SELECT 1").unwrap();
    let outcome: Result<(), diesel::result::Error> = connection.transaction(|connection| {
        SeedRun::of("dev").run(Accounts, connection).unwrap();
        Err(diesel::result::Error::RollbackTransaction)
    });
    assert!(outcome.is_err());
    assert_eq!(balances(), [100, 100]);
}

fn a_protected_database_is_left_alone<C: Backend>(
    connection: &mut C,
    balances: &dyn Fn() -> Vec<i32>,
) {
    let mut run = |run: SeedRun| run.run(Accounts, connection).map_err(|error| error.to_string());
    let told = run(SeedRun::of("prod").protected(true)).unwrap_err();
    assert!(told.contains("prod is protected: name it"), "{told}");
    run(SeedRun::of("prod").protected(true).yes("prod")).unwrap();
    assert_eq!(balances(), [100, 100, 30]);

    connection.batch_execute(MARK).unwrap();
    let mut run = |run: SeedRun| run.run(Accounts, connection).map_err(|error| error.to_string());
    let told = run(SeedRun::of("dev").yes("prod")).unwrap_err();
    assert!(told.contains("prod is protected: seeds of dev are refused"), "{told}");
    let told = run(SeedRun::of("prod").truncate().yes("prod")).unwrap_err();
    assert!(told.contains("nothing is truncated"), "{told}");
    assert!(run(SeedRun::of("prod")).is_err());
    run(SeedRun::of("prod").yes("prod")).unwrap();
    assert_eq!(balances(), [100, 100, 30]);
}

macro_rules! on_both {
    ($($name:ident)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn on_postgres() {
                let (_database, db) = postgres(stringify!($name), small());
                let mut connection = db.connection().unwrap();
                super::$name::<PgConnection>(&mut connection, &|| balances_postgres(&db));
            }

            #[test]
            fn on_sqlite() {
                let (_file, db) = sqlite(small());
                let mut connection = db.connection().unwrap();
                super::$name::<SqliteConnection>(&mut connection, &|| balances_sqlite(&db));
            }
        }
    )*};
}

on_both! {
    seeds_once_and_again
    a_failure_takes_all_back
    a_protected_database_is_left_alone
}

#[test]
fn ids_begin_anew() {
    let (_file, db) = sqlite(small());
    let mut connection = db.connection().unwrap();
    let made = "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER); \
        INSERT INTO counted (n) VALUES (1), (2);";
    connection.batch_execute(made).unwrap();
    connection.empty(&["counted"]).unwrap();
    connection.batch_execute("INSERT INTO counted (n) VALUES (3)").unwrap();
    // The new row has got the first id.
    assert!(connection.batch_execute("INSERT INTO counted VALUES (1, 0)").is_err());
}
