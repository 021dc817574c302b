//! What an application links, on both databases.

mod endpoints;
mod health;
mod pool;
mod seeder;
mod unit;

use crate::support::{PgDatabase, Project, SqliteFile};
use dbkit::app::{Backend, Db, PoolSettings};
use diesel::prelude::*;
use std::time::Duration;

diesel::table! {
    accounts (id) {
        id -> Integer,
        balance -> Integer,
    }
}

const ACCOUNTS: &str = "CREATE TABLE accounts (id integer PRIMARY KEY, balance integer NOT NULL); \
    INSERT INTO accounts VALUES (1, 100), (2, 100);";

fn postgres(label: &str, settings: PoolSettings) -> (PgDatabase, Db<PgConnection>) {
    let database = PgDatabase::create(label);
    database.execute(ACCOUNTS);
    let db = Db::open(database.url(), settings).unwrap();
    (database, db)
}

fn sqlite(settings: PoolSettings) -> (Project, Db<SqliteConnection>) {
    let project = Project::with(&[]);
    let file = SqliteFile::new(project.join("app.db"));
    file.execute(ACCOUNTS);
    let db = Db::open(&file.url(), settings).unwrap();
    (project, db)
}

fn balances_postgres(db: &Db<PgConnection>) -> Vec<i32> {
    let mut connection = db.connection().unwrap();
    accounts::table.order(accounts::id).select(accounts::balance).load(&mut *connection).unwrap()
}

fn balances_sqlite(db: &Db<SqliteConnection>) -> Vec<i32> {
    let mut connection = db.connection().unwrap();
    accounts::table.order(accounts::id).select(accounts::balance).load(&mut *connection).unwrap()
}

/// The value of a counter in the Prometheus text.
fn metric<C: Backend>(db: &Db<C>, name: &str) -> f64 {
    let text = db.metrics();
    let line = text.lines().find(|line| line.starts_with(&format!("dbkit_{name} "))).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn small() -> PoolSettings {
    let mut settings = PoolSettings::for_environment("test");
    settings.connect_timeout = Duration::from_secs(5);
    settings.repeated_query = None;
    settings
}
