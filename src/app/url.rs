use super::Error;
use crate::config::{Location, Variables};

/// The URL of the application's database, from the variables that commands read, too: `DATABASE_URL`,
/// else `POSTGRES_HOST`, `POSTGRES_PORT`, `POSTGRES_USER`, `POSTGRES_PASSWORD`, `POSTGRES_DB` and
/// `POSTGRES_USE_SSL`; those of the process, then those of `.env` files of the current folder. It holds
/// the password.
///
/// ```
/// # unsafe { std::env::set_var("DATABASE_URL", "postgres://app@localhost/shop") };
/// assert_eq!(dbkit::app::database_url()?, "postgres://app@localhost/shop");
/// # Ok::<(), dbkit::app::Error>(())
/// ```
///
/// # Errors
/// [`Error::Unreachable`]: nothing names a database, or a `.env` file that cannot be read.
pub fn database_url() -> Result<String, Error> {
    let unreachable = |error: &dyn std::fmt::Display| Error::Unreachable(error.to_string());
    // A variable that is not text cannot be one of these.
    let process = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let folder = std::env::current_dir().map_err(|error| unreachable(&error))?;
    let variables = Variables::load(process, &folder, None).map_err(|error| unreachable(&error))?;
    if let Some(url) = variables.get("DATABASE_URL") {
        return Ok(url.value.clone());
    }
    match Location::from_variables(&variables).map_err(|error| unreachable(&error))? {
        Some((location, _)) => Ok(location.url(None)),
        None => Err(Error::Unreachable(
            "no database is named: set DATABASE_URL=postgres://USER@HOST/NAME, or POSTGRES_HOST, POSTGRES_USER \
             and POSTGRES_DB"
                .to_owned(),
        )),
    }
}
