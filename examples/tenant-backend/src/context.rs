use crate::schema::TenantStatus;
use crate::{Error, Tenant, Tenants};
use dbkit::app::{Db, Work};
use diesel::PgConnection;

/// A request's tenant, and the way to its data. There is no other way: what is done in a context is
/// done in that tenant's schema.
#[derive(Clone, Debug)]
pub struct TenantContext {
    db: Db<PgConnection>,
    tenant: Tenant,
}

impl TenantContext {
    /// The context of a request for this domain.
    ///
    /// # Errors
    /// Nobody has that domain; the tenant is suspended; the database's.
    pub fn of_domain(db: &Db<PgConnection>, domain: &str) -> Result<Self, Error> {
        let found = db.read(|c| -> Result<_, Error> { Ok(Tenants::find_by_domain(c, domain)?) })?;
        let tenant = found.ok_or_else(|| Error::NoTenant(domain.to_owned()))?;
        if tenant.status == TenantStatus::Suspended {
            return Err(Error::Suspended(tenant.slug));
        }
        Ok(Self { db: db.clone(), tenant })
    }

    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Runs a closure as one unit of work in the tenant's schema: all of it stays, or nothing.
    ///
    /// # Errors
    /// The closure's; the tenant has no schema yet.
    pub fn unit<T>(
        &self,
        work: impl FnMut(&mut Work<'_, PgConnection>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.db.tenant(&self.tenant.slug).unit().run(work)
    }
}
