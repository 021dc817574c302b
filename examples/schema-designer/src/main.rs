//! `schema-designer migrate`: brings the database up to date. `schema-designer TOKEN`: the drawings of
//! whoever is signed in with it.

use dbkit::app::{Db, PoolSettings, database_url};
use diesel::prelude::*;
use schema_designer::schema::projects;
use schema_designer::{Connection, MIGRATIONS, user_of};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(std::env::args().nth(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(token: Option<String>) -> Result<(), Box<dyn std::error::Error>> {
    let token = token.ok_or("name a session's token, or say migrate")?;
    if token == "migrate" {
        let report = dbkit::Migrator::embedded(MIGRATIONS)?.run(&database_url()?)?;
        println!("{} migrations applied", report.applied.len());
        return Ok(());
    }
    let environment = std::env::var("APP_ENV").unwrap_or_else(|_| "dev".to_owned());
    let settings = PoolSettings::for_environment(&environment);
    let db = Db::<Connection>::open(&database_url()?, settings)?;
    let names: Option<Vec<String>> = db.read(|c| -> Result<_, dbkit::app::Error> {
        let Some(user) = user_of(c, &token, chrono::Utc::now().naive_utc())? else {
            return Ok(None);
        };
        let mine = projects::table.filter(projects::user_id.eq(user));
        let latest = mine.order(projects::updated_at.desc()).select(projects::name).limit(20);
        Ok(Some(latest.load(c)?))
    })?;
    for name in names.ok_or("this session is over, or never was")? {
        println!("{name}");
    }
    Ok(())
}
