//! `tenant-backend health`: whether requests may come, as JSON. `tenant-backend seed`: the tenants to try
//! things with. `tenant-backend DOMAIN`: a tenant's documents.

use dbkit::app::database_url;
use diesel::Connection;
use std::process::ExitCode;
use tenant_backend::tenant::Documents;
use tenant_backend::{TenantContext, health, open, run_seeders};

fn main() -> ExitCode {
    match run(std::env::args().nth(1)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(argument: Option<String>) -> Result<bool, Box<dyn std::error::Error>> {
    let environment = std::env::var("APP_ENV").unwrap_or_else(|_| "dev".to_owned());
    let url = database_url()?;
    match argument.as_deref() {
        Some("seed") => {
            let mut connection = diesel::PgConnection::establish(&url)?;
            let report = run_seeders(&mut connection, &environment, false)?;
            println!("{} seeders ran", report.seeded.len());
            Ok(true)
        }
        Some("health") => {
            let health = health(&open(&url, &environment)?);
            println!("{}", serde_json::to_string(&health)?);
            Ok(health.is_ready())
        }
        Some(domain) => {
            let context = TenantContext::of_domain(&open(&url, &environment)?, domain)?;
            let first = context.unit(|work| Ok(Documents::page(work.connection(), None, 20)?))?;
            for document in first {
                println!("{} {}", document.id, document.title);
            }
            Ok(true)
        }
        None => Err("say health, seed or a tenant's domain".into()),
    }
}
