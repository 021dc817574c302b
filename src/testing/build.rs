//! What a template is made of, and making it.

use super::name::Fingerprint;
use super::{Error, Filled, TestDatabase, files, server};
use crate::app::Backend;
use crate::apply::Migrator;
use crate::config::{Config, Location, Origin, Overrides, Target};
use crate::database::{Access, open};
use crate::migration::{EmbeddedMigration, Migration, embedded, read};
use crate::seed;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The environment whose database and seeds tests use.
const ENVIRONMENT: &str = "test";

type Fill = Arc<dyn Fn(&str) -> Filled + Send + Sync>;

/// What every test's database begins as. Cheap to make: nothing is asked of the database before
/// [`Template::fresh`].
#[derive(Clone)]
pub struct Template {
    target: Target,
    migrations: Migrations,
    seeds: Option<(PathBuf, String)>,
    fills: Vec<(String, Fill)>,
}

#[derive(Clone)]
enum Migrations {
    None,
    Folder(PathBuf),
    Embedded(&'static [EmbeddedMigration]),
}

impl Template {
    /// The migrations and seeds of the project in a folder, on the server of `[env.test]` in its
    /// dbkit.toml. That database itself is not touched, and need not be there.
    ///
    /// # Errors
    /// No dbkit.toml that says all that; a protected environment.
    pub fn of_project(folder: impl AsRef<Path>) -> Result<Self, Error> {
        Self::of_environment(folder, ENVIRONMENT)
    }

    /// The same with the server and the seeds of another environment.
    ///
    /// # Errors
    /// As [`Template::of_project`].
    pub fn of_environment(folder: impl AsRef<Path>, name: &str) -> Result<Self, Error> {
        let flags = Overrides { environment: Some(name.to_owned()), ..Overrides::default() };
        // A variable that is not text cannot be one of ours.
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let config = Config::load(folder.as_ref(), variables, flags)?;
        let target = config.target()?;
        if target.protected {
            return Err(Error::Protected(name.to_owned()));
        }
        let migrations = Migrations::Folder(config.migration_dir(target.dialect()));
        let seeds = config.seeds.value.clone();
        let seeds = seeds.is_dir().then(|| (seeds, name.to_owned()));
        Ok(Self { target, migrations, seeds, fills: Vec::new() })
    }

    /// A template on that server, with nothing in it yet. The database a PostgreSQL URL names is not
    /// touched; of a SQLite URL only the kind matters.
    ///
    /// # Errors
    /// A URL that cannot be used.
    pub fn on(url: &str) -> Result<Self, Error> {
        let origin = Origin::Flag("Template::on");
        let location = Location::parse(url, &origin)?;
        let target = Target {
            location,
            origin,
            environment: None,
            protected: false,
            connect_timeout: None,
            wait: None,
        };
        Ok(Self { target, migrations: Migrations::None, seeds: None, fills: Vec::new() })
    }

    /// The migrations of the program, from [`embed_migrations!`](crate::embed_migrations).
    #[must_use]
    pub fn embedded(mut self, list: &'static [EmbeddedMigration]) -> Self {
        self.migrations = Migrations::Embedded(list);
        self
    }

    /// The migrations of a folder.
    #[must_use]
    pub fn migrations(mut self, folder: impl Into<PathBuf>) -> Self {
        self.migrations = Migrations::Folder(folder.into());
        self
    }

    /// The seed files of `common` and of an environment, in that folder.
    #[must_use]
    pub fn seeds(mut self, folder: impl Into<PathBuf>, environment: &str) -> Self {
        self.seeds = Some((folder.into(), environment.to_owned()));
        self
    }

    /// No seeds: tables are empty.
    #[must_use]
    pub fn unseeded(mut self) -> Self {
        self.seeds = None;
        self
    }

    /// Something else to do to the template, given its URL, when migrations and seeds are done. What
    /// a closure does cannot be seen from outside: change `what` whenever that changes.
    #[must_use]
    pub fn filled(
        mut self,
        what: &str,
        fill: impl Fn(&str) -> Filled + Send + Sync + 'static,
    ) -> Self {
        self.fills.push((what.to_owned(), Arc::new(fill)));
        self
    }

    /// A database of one's own, as the template is. Makes the template first where it is missing.
    ///
    /// # Errors
    /// No server, a role that may not make databases, a migration or a seed that fails.
    pub fn fresh<C: Backend>(&self) -> Result<TestDatabase<C>, Error> {
        let template = self.fingerprint()?.template();
        let (target, url, name) = match &self.target.location {
            Location::Postgres { .. } => {
                server::copy(&self.target, &template, &mut |url| self.make(url))?
            }
            Location::Sqlite { .. } => {
                files::copy(&self.target, &template, &mut |path| self.make(path))?
            }
        };
        Ok(TestDatabase::new(target, url, name))
    }

    fn fingerprint(&self) -> Result<Fingerprint, Error> {
        let mut fingerprint = Fingerprint::default();
        // Another version may leave other bookkeeping.
        fingerprint.add(env!("CARGO_PKG_VERSION").as_bytes());
        for migration in self.list()? {
            fingerprint.add(migration.name.as_bytes());
            fingerprint.add(migration.checksum()?.as_str().as_bytes());
            fingerprint.add(&[u8::from(migration.transactional)]);
        }
        if let Some((folder, environment)) = &self.seeds {
            let mut relative = false;
            for part in [seed::COMMON, environment.as_str()] {
                add_files(&folder.join(part), &mut fingerprint, &mut relative)?;
            }
            // `now - 3d` is about the day on which the template is made.
            if relative {
                let today = chrono::Utc::now().date_naive();
                fingerprint.add(today.to_string().as_bytes());
            }
        }
        for (what, _) in &self.fills {
            fingerprint.add(what.as_bytes());
        }
        Ok(fingerprint)
    }

    fn list(&self) -> Result<Vec<Migration>, Error> {
        Ok(match &self.migrations {
            Migrations::None => Vec::new(),
            Migrations::Folder(folder) => read(folder)?,
            Migrations::Embedded(list) => embedded(Path::new("migrations"), list)?,
        })
    }

    /// Migrates and seeds a database that is there and empty.
    fn make(&self, url: &str) -> Result<(), Error> {
        match &self.migrations {
            Migrations::None => {}
            Migrations::Folder(folder) => drop(Migrator::from_folder(folder)?.run(url)?),
            Migrations::Embedded(list) => drop(Migrator::embedded(list)?.run(url)?),
        }
        if let Some((folder, environment)) = &self.seeds {
            let sets = match seed::load(folder, environment) {
                Err(seed::SeedError::NoEnvironment { .. }) => seed::Sets::default(),
                sets => sets?,
            };
            let origin = Origin::Flag("dbkit::testing");
            let location = Location::parse(url, &origin)?;
            let target = Target { location, origin, ..self.target.clone() };
            let mut connection = open(&target, Access::Write, &mut |_| {})
                .map_err(Error::database("opening the template"))?;
            seed::run(&mut connection, &sets, seed::Options::default())?;
        }
        for (what, fill) in &self.fills {
            fill(url).map_err(|source| Error::Filled { what: what.clone(), source })?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template").field("seeds", &self.seeds).finish_non_exhaustive()
    }
}

/// All files below a folder, by name; none where there is no folder.
fn add_files(
    folder: &Path,
    fingerprint: &mut Fingerprint,
    relative: &mut bool,
) -> Result<(), Error> {
    if !folder.is_dir() {
        return Ok(());
    }
    let entries = std::fs::read_dir(folder).map_err(Error::file(folder))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(Error::file(folder))?.path());
    }
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_files(&path, fingerprint, relative)?;
            continue;
        }
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        *relative |= [&b"\"now"[..], b"\"@now", b"\"@today", b"\"today"]
            .iter()
            .any(|word| bytes.windows(word.len()).any(|window| window == *word));
        fingerprint.add(path.file_name().unwrap_or_default().as_encoded_bytes());
        fingerprint.add(&bytes);
    }
    Ok(())
}

/// Removes a copy.
pub(super) fn remove(target: &Target, name: &str) -> Result<(), Error> {
    match target.location {
        Location::Postgres { .. } => server::remove(target, name),
        Location::Sqlite { .. } => files::remove(target),
    }
}
