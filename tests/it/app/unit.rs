use super::{accounts, balances_postgres, balances_sqlite, metric, postgres, small, sqlite};
use dbkit::app::{Backend, Db, Error, Isolation};
use diesel::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Barrier, Mutex};

fn set<C: Backend>(connection: &mut C, id: i32, balance: i32) -> Result<(), Error>
where
    diesel::query_builder::SqlQuery: diesel::query_dsl::methods::ExecuteDsl<C>,
{
    let sql = format!("UPDATE accounts SET balance = {balance} WHERE id = {id}");
    let changed = diesel::sql_query(sql).execute(connection)?;
    assert_eq!(changed, 1);
    Ok(())
}

/// Both databases do the same, so the same is asked of both.
macro_rules! on_both {
    ($($name:ident => $body:expr;)*) => {
        mod on_postgres {
            use super::*;
            type C = PgConnection;
            $(#[test] fn $name() {
                let (_database, db) = postgres(stringify!($name), small());
                let balances = || balances_postgres(&db);
                ($body)(&db, &balances);
            })*
        }
        mod on_sqlite {
            use super::*;
            type C = SqliteConnection;
            $(#[test] fn $name() {
                let (_file, db) = sqlite(small());
                let balances = || balances_sqlite(&db);
                ($body)(&db, &balances);
            })*
        }
    };
}

on_both! {
    committed => |db: &Db<C>, balances: &dyn Fn() -> Vec<i32>| {
        db.run(|c| set(c, 1, 7)).unwrap();
        assert_eq!(balances(), [7, 100]);
        assert_eq!(metric(db, "commits_total"), 1.0);
    };
    an_error_rolls_back => |db: &Db<C>, balances: &dyn Fn() -> Vec<i32>| {
        let told = db.run(|c| -> Result<(), Error> {
            set(c, 1, 7)?;
            Err(diesel::result::Error::RollbackTransaction.into())
        });
        assert!(matches!(told, Err(Error::Query(diesel::result::Error::RollbackTransaction))));
        assert_eq!(balances(), [100, 100]);
        assert_eq!(metric(db, "rollbacks_total"), 1.0);
    };
    a_panic_rolls_back_and_goes_on => |db: &Db<C>, balances: &dyn Fn() -> Vec<i32>| {
        let panic = catch_unwind(AssertUnwindSafe(|| {
            db.run(|c| -> Result<(), Error> {
                set(c, 1, 7)?;
                panic!("on purpose");
            })
        }));
        assert_eq!(*panic.unwrap_err().downcast::<&str>().unwrap(), "on purpose");
        assert_eq!(balances(), [100, 100]);
        db.run(|c| set(c, 2, 8)).unwrap();
        assert_eq!(balances(), [100, 8]);
    };
    savepoints_nest_and_hooks_follow_them => |db: &Db<C>, balances: &dyn Fn() -> Vec<i32>| {
        let told = Arc::new(Mutex::new(Vec::new()));
        let tell = |text: &'static str| {
            let told = Arc::clone(&told);
            move || told.lock().unwrap().push(text)
        };
        db.unit()
            .run(|work| -> Result<(), Error> {
                set(work.connection(), 1, 1)?;
                work.after_commit(tell("first"));
                let lost = work.savepoint(|work| -> Result<(), Error> {
                    set(work.connection(), 1, 2)?;
                    work.after_commit(tell("lost"));
                    work.savepoint(|work| set(work.connection(), 2, 3))?;
                    Err(diesel::result::Error::NotFound.into())
                });
                assert!(lost.is_err());
                work.savepoint(|work| -> Result<(), Error> {
                    set(work.connection(), 2, 4)?;
                    work.after_commit(tell("second"));
                    Ok(())
                })?;
                assert!(told.lock().unwrap().is_empty(), "nothing is told before the commit");
                Ok(())
            })
            .unwrap();
        assert_eq!(balances(), [1, 4]);
        assert_eq!(*told.lock().unwrap(), ["first", "second"]);
    };
    a_failed_statement_leaves_the_savepoint_usable => |db: &Db<C>, balances: &dyn Fn() -> Vec<i32>| {
        db.unit()
            .run(|work| -> Result<(), Error> {
                let refused = work.savepoint(|work| -> Result<(), Error> {
                    diesel::sql_query("INSERT INTO accounts VALUES (1, 0)").execute(work.connection())?;
                    Ok(())
                });
                assert!(refused.is_err());
                set(work.connection(), 1, 5)
            })
            .unwrap();
        assert_eq!(balances(), [5, 100]);
    };
    everybody_counts_under_contention => |db: &Db<C>, balances: &dyn Fn() -> Vec<i32>| {
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        db.unit()
                            .isolation(Isolation::Serializable)
                            .retries(50)
                            .run(|work| -> Result<(), Error> {
                                let c = work.connection();
                                let old: i32 = accounts::table.find(1).select(accounts::balance).first(c)?;
                                set(c, 1, old + 1)
                            })
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(balances(), [160, 100]);
    };
}

#[test]
fn a_deadlock_is_tried_again() {
    let (_database, db) = postgres("deadlock", small());
    let meet = Barrier::new(2);
    let swap = |first: i32, second: i32| {
        db.unit()
            .run(|work| -> Result<(), Error> {
                set(work.connection(), first, first)?;
                if work.attempt() == 1 {
                    meet.wait();
                }
                set(work.connection(), second, second)
            })
            .unwrap();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| swap(1, 2));
        scope.spawn(|| swap(2, 1));
    });
    assert_eq!(balances_postgres(&db), [1, 2]);
    assert_eq!(metric(&db, "retries_total"), 1.0);
}

#[test]
fn after_the_last_try_the_conflict_is_the_answer() {
    let (database, db) = postgres("tries", small());
    let mut tries = 0;
    let told = db.unit().isolation(Isolation::RepeatableRead).retries(2).run(|work| {
        tries += 1;
        let c = work.connection();
        let old: i32 =
            accounts::table.find(1).select(accounts::balance).first(c).map_err(Error::from)?;
        // Somebody else is always faster.
        database.execute("UPDATE accounts SET balance = balance + 1 WHERE id = 1");
        set(c, 1, old)
    });
    assert_eq!(tries, 3);
    let told = told.unwrap_err().to_string();
    assert!(told.contains("could not serialize access"), "{told}");
    assert_eq!(balances_postgres(&db), [103, 100]);
}

#[test]
fn other_errors_are_not_tried_again() {
    let (_database, db) = postgres("once", small());
    let mut tries = 0;
    let told = db.run(|c| -> Result<(), Error> {
        tries += 1;
        diesel::sql_query("INSERT INTO accounts VALUES (1, 0)").execute(c)?;
        Ok(())
    });
    assert!(told.unwrap_err().to_string().contains("duplicate key"));
    assert_eq!(tries, 1);
}

#[test]
fn a_reader_cannot_write() {
    let (_database, db) = postgres("reader", small());
    let told = db.read(|c| set(c, 1, 5)).unwrap_err().to_string();
    assert!(told.contains("read-only transaction"), "{told}");
    assert_eq!(balances_postgres(&db), [100, 100]);
}

/// A foreign key that is checked at the end fails the commit itself.
#[test]
fn a_commit_that_fails_is_an_error_and_runs_no_hook() {
    let (database, db) = postgres("commit", small());
    database.execute(
        "CREATE TABLE entries (account integer REFERENCES accounts DEFERRABLE INITIALLY DEFERRED)",
    );
    let told = db.unit().run(|work| -> Result<(), Error> {
        work.after_commit(|| panic!("must not run"));
        diesel::sql_query("INSERT INTO entries VALUES (9)").execute(work.connection())?;
        Ok(())
    });
    assert!(told.unwrap_err().to_string().contains("foreign key"));
    db.run(|c| set(c, 1, 5)).unwrap();
}
