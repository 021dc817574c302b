//! `extension migrate`: brings the database up to date, as a role that may. `extension ID`: the comments
//! of an instance, as a role that may not. Both take POSTGRES_HOST and its companions.

use extension::{Comments, MIGRATIONS, open};
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

fn run(argument: Option<String>) -> Result<(), Box<dyn std::error::Error>> {
    let url = dbkit::app::database_url()?;
    let instance = match argument.as_deref() {
        Some("migrate") => {
            let report = dbkit::Migrator::embedded(MIGRATIONS)?.run(&url)?;
            println!("{} migrations applied", report.applied.len());
            return Ok(());
        }
        Some(instance) => instance,
        None => return Err("name an instance, or say migrate".into()),
    };
    let db = open(&url, &std::env::var("APP_ENV").unwrap_or_else(|_| "dev".to_owned()))?;
    for comment in Comments::of(&db, instance)? {
        println!("{} {}: {}", comment.created_at, comment.user_id, comment.text);
    }
    Ok(())
}
