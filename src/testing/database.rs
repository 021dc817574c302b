use super::Error;
use crate::app::{Backend, Db, PoolSettings};
use crate::config::Target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;
use std::marker::PhantomData;

/// A database of one test's own. It is dropped with the value, whoever is still connected.
pub struct TestDatabase<C: Backend> {
    target: Target,
    url: String,
    name: String,
    keep: bool,
    connection: PhantomData<fn() -> C>,
}

impl<C: Backend> fmt::Debug for TestDatabase<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDatabase").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<C: Backend> TestDatabase<C> {
    pub(super) fn new(target: Target, url: String, name: String) -> Self {
        Self { target, url, name, keep: false, connection: PhantomData }
    }

    /// The database's URL; on SQLite the path of its file.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL for another role, as the application's, which policies bind. Its password is that of
    /// the template's URL, if there is one. On SQLite there are no roles.
    #[must_use]
    pub fn url_as(&self, role: &str) -> String {
        let Some((scheme, rest)) = self.url.split_once("://") else { return self.url.clone() };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (login, rest) = rest.split_at(end);
        let (user, host) = login.rsplit_once('@').unwrap_or(("", login));
        let password = user.split_once(':').map(|(_, password)| format!(":{password}"));
        let role = utf8_percent_encode(role, NON_ALPHANUMERIC);
        format!("{scheme}://{role}{}@{host}{rest}", password.unwrap_or_default())
    }

    /// The database's name; on SQLite that of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A plain Diesel connection.
    ///
    /// # Errors
    /// Diesel's own.
    pub fn connect(&self) -> Result<C, Error> {
        let mut connection = C::establish(&self.url)?;
        // What the pool does with a connection: on SQLite foreign keys are on.
        connection
            .prepare(&PoolSettings::for_environment("test"))
            .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
        Ok(connection)
    }

    /// A pool on it, with the limits of the environment `test`.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn db(&self) -> Result<Db<C>, crate::app::Error> {
        Db::open(&self.url, PoolSettings::for_environment("test"))
    }

    /// Leaves the database there, to be looked at, until the next test process begins. Returns its
    /// URL.
    pub fn keep(mut self) -> String {
        self.keep = true;
        std::mem::take(&mut self.url)
    }
}

impl<C: Backend> Drop for TestDatabase<C> {
    fn drop(&mut self) {
        if !self.keep {
            // What is left is removed by the next test process; a panic would hide the test's own.
            let _ = super::build::remove(&self.target, &self.name);
        }
    }
}
