//! `product-planner migrate`: brings the database up to date. `product-planner`: what there is.

use product_planner::{MIGRATIONS, Projects, open, schema::ProjectStatus, shares};
use std::process::ExitCode;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    let outcome = match command.as_deref() {
        Some("migrate") => migrate(),
        None => report(),
        Some(other) => Err(format!("there is no command {other}: migrate, or none").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn url() -> Result<String, String> {
    std::env::var("DATABASE_URL").map_err(|_| {
        "DATABASE_URL is not set: DATABASE_URL=postgres://USER@HOST/planner".to_owned()
    })
}

fn migrate() -> Outcome {
    let report = dbkit::Migrator::embedded(MIGRATIONS)?.run(&url()?)?;
    println!("{} migrations applied", report.applied.len());
    Ok(())
}

fn report() -> Outcome {
    let environment = std::env::var("APP_ENV").unwrap_or_else(|_| "dev".to_owned());
    let db = open(&url()?, &environment)?;
    println!("{environment}: {} connections at most", db.settings().max_size);
    let (shares, newest) = db.read(|c| -> Result<_, dbkit::app::Error> {
        Ok((shares(c)?, Projects::newest(c, ProjectStatus::Active, 0, 5)?))
    })?;
    for share in shares {
        println!("{:>10} {:>4} projects, score {:.0}", share.status, share.count, share.score);
    }
    for project in newest {
        println!("{}: {}", project.title, project.brief.vision);
    }
    Ok(())
}
