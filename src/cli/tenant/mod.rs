//! `dbkit tenant`

mod create;
mod doctor;
mod drop;
mod erase;
pub(super) mod fleet;
mod list;
pub(super) mod scope;
mod status;

use super::{Context, Exit, Stop};
use crate::config::{Target, TenancyMode, TenancySection};
use crate::database::{Access, Connection};
use crate::tenants::{Place, Registry, Tenant};
use clap::Subcommand;

#[derive(clap::Args, Debug)]
#[command(after_help = "How tenants are kept apart stands in dbkit.toml:\n\n\
                        [tenancy]\n  mode = \"schema\"        # or \"column\", \"database\"\n  \
                        schema = \"tenant_{}\"   # the name of a tenant's schema\n  \
                        role = \"app\"           # the application's role\n\n\
                        Example:\n  dbkit tenant create acme\n  dbkit tenant migrate --jobs 4")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Make a tenant's schema or database and migrate it
    Create(create::Args),
    /// List the tenants
    List(list::Args),
    /// Run pending migrations for every tenant
    Migrate(fleet::Args),
    /// Show which version each tenant has
    Status(status::Args),
    /// Drop a tenant's schema or database with everything in it
    Drop(drop::Args),
    /// Try to get from one tenant to another as the application's role
    Doctor(doctor::Args),
    /// Delete all rows of one tenant, and tell what goes
    Erase(erase::Args),
}

/// Runs one of the commands on tenants.
///
/// # Errors
/// No `[tenancy]` in dbkit.toml, and each command's own.
pub fn run(args: &Args, context: &Context) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Create(args) => create::run(args, context),
        Command::List(args) => list::run(args, context),
        Command::Migrate(args) => fleet::run(args, context),
        Command::Status(args) => status::run(args, context),
        Command::Drop(args) => drop::run(args, context),
        Command::Doctor(args) => doctor::run(args, context),
        Command::Erase(args) => erase::run(args, context),
    }
}

/// The main database with the list of tenants.
pub(super) struct House<'c> {
    pub context: &'c Context,
    pub tenancy: TenancySection,
    pub target: Target,
    pub registry: Registry,
    pub connection: Connection,
}

impl<'c> House<'c> {
    pub(super) fn open(context: &'c Context, access: Access) -> anyhow::Result<Self> {
        let target = match access {
            Access::Read => context.target()?,
            Access::Write | Access::Create => context.direct_target()?,
        };
        Self::at(context, target, access)
    }

    fn at(context: &'c Context, target: Target, access: Access) -> anyhow::Result<Self> {
        let tenancy = context.config.tenancy().cloned().ok_or_else(|| {
            Stop::error(
                Exit::Usage,
                "dbkit.toml does not say how tenants are kept apart\nhelp: write [tenancy] with mode = \
                 \"column\", \"schema\" or \"database\"; see docs/tenants.md",
            )
        })?;
        let registry = Registry::of(&tenancy, target.dialect());
        let connection = context.connect(&target, access)?;
        Ok(Self { context, tenancy, target, registry, connection })
    }

    /// Refuses what makes no sense where tenants share their tables.
    pub(super) fn apart(&self, what: &str) -> anyhow::Result<()> {
        if self.tenancy.mode == TenancyMode::Column {
            return Err(Stop::error(
                Exit::Usage,
                format!("tenants share their tables here (tenancy.mode = \"column\"): {what}"),
            ));
        }
        Ok(())
    }

    pub(super) fn tenants(&mut self) -> anyhow::Result<Vec<Tenant>> {
        self.registry.list(&mut self.connection).map_err(failed)
    }

    pub(super) fn place(&self, tenant: &str) -> anyhow::Result<Place> {
        Place::of(&self.context.config, &self.tenancy, &self.target, tenant)
            .map_err(|error| Stop::error(Exit::Usage, error.to_string()))
    }

    /// The tenant of that id.
    pub(super) fn known(&mut self, id: &str) -> anyhow::Result<Tenant> {
        let all = self.tenants()?;
        if let Some(tenant) = all.iter().find(|tenant| tenant.id == id) {
            return Ok(tenant.clone());
        }
        let near = dbkit_syntax::nearest(id, all.iter().map(|tenant| tenant.id.as_str()));
        let help = near.map_or_else(
            || "`dbkit tenant list` shows them".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Err(Stop::error(Exit::Usage, format!("there is no tenant {id}\nhelp: {help}")))
    }
}

pub(super) fn failed(error: crate::tenants::TenantError) -> anyhow::Error {
    Stop::error(Exit::Failed, error.to_string())
}
