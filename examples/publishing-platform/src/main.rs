//! `publishing-platform migrate`: brings the database up to date. `publishing-platform EMAIL`: what
//! somebody published.

use publishing_platform::{MIGRATIONS, history, open, workspace_of};
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
    let email = match argument.as_deref() {
        Some("migrate") => {
            let url = dbkit::app::database_url()?;
            let report = dbkit::Migrator::embedded(MIGRATIONS)?.run(&url)?;
            println!("{} migrations applied", report.applied.len());
            return Ok(());
        }
        Some(email) => email,
        None => return Err("name a user, or say migrate".into()),
    };
    let db = open(&std::env::var("APP_ENV").unwrap_or_else(|_| "dev".to_owned()))?;
    let published = db.read(|c| -> Result<_, dbkit::app::Error> {
        let workspace = workspace_of(c, email)?;
        Ok(history(c, workspace, 10)?)
    })?;
    for deployment in published {
        println!("{} {} {}", deployment.created_at, deployment.commit_hash, deployment.state);
    }
    Ok(())
}
