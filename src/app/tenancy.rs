use super::Error;

/// How tenants are kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tenancy {
    /// A column on every table, and row-level security: `#[tenant(column)]` in the schema. On SQLite
    /// only the application itself can filter.
    Column,
    /// A schema for each tenant, on PostgreSQL only. `{}` in the pattern stands for the tenant:
    /// `"tenant_{}"`.
    Schema(String),
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

/// Refuses a tenant that could mean none.
pub(super) fn named(tenant: &str) -> Result<(), Error> {
    if tenant.trim().is_empty() || tenant.contains('\0') {
        return Err(Error::Tenant(format!("{tenant:?} names no tenant")));
    }
    Ok(())
}
