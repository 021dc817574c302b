use super::Error;

/// How tenants are kept apart.
///
/// ```
/// use dbkit::app::{PoolSettings, Tenancy};
///
/// let mut settings = PoolSettings::default();
/// settings.tenancy = Some(Tenancy::Schema("tenant_{}".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tenancy {
    /// A column on every table, and row-level security: `#[tenant(column)]` in the schema. On SQLite
    /// only the application itself can filter.
    Column,
    /// A schema for each tenant, on PostgreSQL only. `{}` in the pattern stands for the tenant:
    /// `"tenant_{}"`.
    Schema(String),
    /// A database for each tenant, on SQLite a file. `{}` in the URL stands for the tenant:
    /// `"postgres://app@host/shop_{}"`, `"tenants/{}.db"`. Tenants are letters, digits, `_` and `-`.
    Database(String),
}

/// Schemas that are nobody's.
fn reserved(schema: &str) -> bool {
    schema == "public" || schema == "information_schema" || schema.starts_with("pg_")
}

impl Tenancy {
    /// The schema of a tenant; `None` where tenants share one.
    ///
    /// # Errors
    /// [`Error::Tenant`]: no such schema can be.
    ///
    /// ```
    /// use dbkit::app::Tenancy;
    ///
    /// let tenancy = Tenancy::Schema("tenant_{}".to_owned());
    /// assert_eq!(tenancy.schema("acme")?.as_deref(), Some("tenant_acme"));
    /// assert!(Tenancy::Schema("{}".to_owned()).schema("public").is_err());
    /// # Ok::<(), dbkit::app::Error>(())
    /// ```
    pub fn schema(&self, tenant: &str) -> Result<Option<String>, Error> {
        named(tenant)?;
        let Self::Schema(pattern) = self else { return Ok(None) };
        let schema = pattern.replace("{}", tenant);
        let wrong = |why: &str| Err(Error::Tenant(format!("tenant {tenant:?}: {why}")));
        if !pattern.contains("{}") {
            return wrong("the pattern of schemas has no `{}` for the tenant");
        }
        if schema.len() > 63 {
            return wrong("the name of its schema has more than 63 bytes");
        }
        if reserved(&schema) {
            return wrong("the schema of that name belongs to nobody");
        }
        Ok(Some(schema))
    }
}

/// The role of a tenant; `None` where there is no pattern.
pub(super) fn role(pattern: Option<&str>, tenant: &str) -> Result<Option<String>, Error> {
    let Some(pattern) = pattern else { return Ok(None) };
    let role = pattern.replace("{}", tenant);
    let wrong = |why: &str| Err(Error::Tenant(format!("tenant {tenant:?}: {why}")));
    if !pattern.contains("{}") {
        return wrong("the pattern of roles has no `{}` for the tenant");
    }
    if role.len() > 63 || role.starts_with("pg_") || role == "none" {
        return wrong("no role can have its name");
    }
    Ok(Some(role))
}

impl Tenancy {
    /// The URL of a tenant's database; `None` where tenants share one.
    ///
    /// # Errors
    /// [`Error::Tenant`]: what would leave the place that the pattern means.
    ///
    /// ```
    /// use dbkit::app::Tenancy;
    ///
    /// let tenancy = Tenancy::Database("postgres://app@db/shop_{}".to_owned());
    /// assert_eq!(tenancy.url("acme")?.as_deref(), Some("postgres://app@db/shop_acme"));
    /// assert!(tenancy.url("acme?host=elsewhere").is_err());
    /// assert!(tenancy.url("../acme").is_err());
    /// # Ok::<(), dbkit::app::Error>(())
    /// ```
    pub fn url(&self, tenant: &str) -> Result<Option<String>, Error> {
        named(tenant)?;
        let Self::Database(pattern) = self else { return Ok(None) };
        if !pattern.contains("{}") {
            return Err(Error::Tenant(
                "the pattern of databases has no `{}` for the tenant".to_owned(),
            ));
        }
        if !crate::config::names_a_place(tenant) {
            return Err(Error::Tenant(format!(
                "{tenant:?} cannot name a database: take letters, digits, `_` and `-`, 48 at most"
            )));
        }
        Ok(Some(pattern.replace("{}", tenant)))
    }
}

/// Refuses a tenant that could mean none.
pub(super) fn named(tenant: &str) -> Result<(), Error> {
    if tenant.trim().is_empty() || tenant.contains('\0') {
        return Err(Error::Tenant(format!("{tenant:?} names no tenant")));
    }
    Ok(())
}
