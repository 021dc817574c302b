use crate::schema::{TenantStatus, tenants};
use dbkit::app::SeedRunError;
use dbkit::{SeedRun, Seeded, Seeder, Seeding};
use diesel::prelude::*;

/// Fills everything; calls the seeders of the parts.
#[derive(Default)]
pub struct DatabaseSeeder;

impl Seeder<PgConnection> for DatabaseSeeder {
    fn seed(&self, seeding: &mut Seeding<'_, PgConnection>) -> Seeded {
        seeding.call::<TenantSeeder>()
    }

    fn truncate(&self, seeding: &mut Seeding<'_, PgConnection>) -> Seeded {
        seeding.call::<TenantSeeder>()
    }
}

/// The tenants to try things with.
#[derive(Default)]
pub struct TenantSeeder;

impl Seeder<PgConnection> for TenantSeeder {
    fn seed(&self, seeding: &mut Seeding<'_, PgConnection>) -> Seeded {
        for (slug, status) in [("acme", TenantStatus::Active), ("initech", TenantStatus::Suspended)]
        {
            let row = (
                tenants::slug.eq(slug),
                tenants::name.eq(slug),
                tenants::domain.eq(format!("{slug}.example")),
                tenants::status.eq(status),
            );
            diesel::insert_into(tenants::table)
                .values(row)
                .on_conflict_do_nothing()
                .execute(seeding.connection())?;
        }
        Ok(())
    }

    fn truncate(&self, seeding: &mut Seeding<'_, PgConnection>) -> Seeded {
        seeding.empty(&["tenants"])
    }
}

/// Seeds an environment; with `truncate` its tables are emptied first. In production neither is done.
///
/// # Errors
/// A protected environment; the first seeder that failed, and nothing is kept of any then.
pub fn run_seeders(
    c: &mut PgConnection,
    environment: &str,
    truncate: bool,
) -> Result<dbkit::app::SeedRunReport, SeedRunError> {
    let run = SeedRun::of(environment).protected(environment == "prod");
    let run = if truncate { run.truncate() } else { run };
    run.run(DatabaseSeeder, c)
}
