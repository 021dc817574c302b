use crate::schema::{TenantStatus, tenants};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// A customer.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = tenants, check_for_backend(diesel::pg::Pg))]
pub struct Tenant {
    pub id: i64,
    pub slug: String,
    pub name: String,
    pub domain: String,
    pub status: TenantStatus,
    pub plan: String,
    pub features: serde_json::Value,
    pub configuration: serde_json::Value,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

impl Tenant {
    /// Whether a feature is switched on.
    #[must_use]
    pub fn has(&self, feature: &str) -> bool {
        self.features.get(feature).and_then(serde_json::Value::as_bool).unwrap_or(false)
    }
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = tenants)]
pub struct NewTenant {
    pub slug: String,
    pub name: String,
    pub domain: String,
    pub status: Option<TenantStatus>,
}

/// The queries that every table wants, and those by name.
#[derive(dbkit::Repository)]
#[repository(table = tenants, entity = Tenant, id = i64, new = NewTenant, connection = PgConnection)]
pub struct Tenants;

impl Tenants {
    /// # Errors
    /// The database's.
    pub fn find_by_domain(c: &mut PgConnection, domain: &str) -> QueryResult<Option<Tenant>> {
        let one = tenants::table.filter(tenants::domain.eq(domain));
        one.select(Tenant::as_select()).first(c).optional()
    }
}
