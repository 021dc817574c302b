use crate::config::{
    Config, ConfigError, Location, Target, TenancyMode, TenancySection, names_a_place,
};
use crate::dialect::postgres::quote;
use crate::model::Dialect;

/// Where a tenant has its tables.
#[derive(Clone, Debug)]
pub struct Place {
    pub tenant: String,
    pub target: Target,
    /// PostgreSQL, a schema for each tenant.
    pub schema: Option<String>,
    /// The role that has rights there and nowhere else.
    pub role: Option<String>,
}

/// Why there is no such place.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("{0}")]
    Settings(&'static str),
    #[error(
        "{0:?} cannot name a schema, a database or a file: take letters, digits, `_` and `-`, 48 at most"
    )]
    Id(String),
    #[error("the schema {0:?} belongs to nobody: change `tenancy.schema` in dbkit.toml")]
    Reserved(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Refuses what would leave the schema, the URL or the folder that the pattern means.
///
/// # Errors
/// [`PlaceError::Id`]
pub fn check_id(id: &str) -> Result<(), PlaceError> {
    if names_a_place(id) { Ok(()) } else { Err(PlaceError::Id(id.to_owned())) }
}

fn role(tenancy: &TenancySection, tenant: &str) -> Result<Option<String>, PlaceError> {
    let Some(pattern) = &tenancy.tenant_role else { return Ok(None) };
    if !pattern.contains("{}") || tenancy.role.is_none() {
        return Err(PlaceError::Settings(
            "`tenancy.tenant_role` in dbkit.toml needs a `{}` for the tenant, and `role`, the application's, which \
             may become it",
        ));
    }
    let role = pattern.replace("{}", tenant);
    if role.len() > 63 || role.starts_with("pg_") || role == "none" {
        return Err(PlaceError::Reserved(role));
    }
    Ok(Some(role))
}

fn path_to(schema: &str) -> String {
    format!("{},public", quote::ident(schema))
}

impl Place {
    /// PostgreSQL's `search_path` that leads to the tenant's schema first.
    #[must_use]
    pub fn search_path(&self) -> Option<String> {
        self.schema.as_deref().map(path_to)
    }

    /// The place of one tenant beside the main database.
    ///
    /// # Errors
    /// Settings that name none, or a tenant that cannot have one.
    pub fn of(
        config: &Config,
        tenancy: &TenancySection,
        main: &Target,
        tenant: &str,
    ) -> Result<Self, PlaceError> {
        let (schema, own_role) = (None, None);
        let mut place =
            Self { tenant: tenant.to_owned(), target: main.clone(), schema, role: own_role };
        match tenancy.mode {
            TenancyMode::Column => {}
            TenancyMode::Schema => {
                check_id(tenant)?;
                let pattern = tenancy.schema_pattern();
                if !pattern.contains("{}") {
                    return Err(PlaceError::Settings(
                        "`tenancy.schema` in dbkit.toml has no `{}` for the tenant",
                    ));
                }
                if main.dialect() == Dialect::Sqlite {
                    return Err(PlaceError::Settings(
                        "SQLite has no schemas: set tenancy.mode = \"database\" in dbkit.toml",
                    ));
                }
                let schema = pattern.replace("{}", tenant);
                if schema == "public" || schema.starts_with("pg_") || schema == "information_schema"
                {
                    return Err(PlaceError::Reserved(schema));
                }
                if schema.len() > 63 {
                    return Err(PlaceError::Id(tenant.to_owned()));
                }
                if let Location::Postgres { keywords, .. } = &mut place.target.location {
                    // At the start of the session, so that whatever resets settings comes back to it.
                    let path = path_to(&schema).replace('\\', "\\\\").replace(' ', "\\ ");
                    keywords.push(("options".to_owned(), format!("-c search_path={path}")));
                }
                place.schema = Some(schema);
                place.role = role(tenancy, tenant)?;
            }
            TenancyMode::Database => {
                check_id(tenant)?;
                let pattern = tenancy.database.as_deref().filter(|p| p.contains("{}")).ok_or(
                    PlaceError::Settings(
                        "`tenancy.database` in dbkit.toml must be a URL with `{}` for the tenant",
                    ),
                )?;
                let mut location = config.tenancy_location(pattern, tenant)?;
                if let (
                    Location::Postgres { keywords, .. },
                    Location::Postgres { keywords: main, .. },
                ) = (&mut location, &main.location)
                {
                    keywords.clone_from(main);
                }
                place.target.location = location;
            }
        }
        Ok(place)
    }
}
