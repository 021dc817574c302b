use super::file::{self, EnvironmentSection, FileSection, OlderMigrations};
use super::{ConfigError, Location, Origin, Setting, Target, Variables};
use crate::model::Dialect;
use std::path::{Path, PathBuf};

/// What flags say; they win over everything.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    pub config_file: Option<PathBuf>,
    pub database_url: Option<String>,
    pub environment: Option<String>,
    pub migration_dir: Option<PathBuf>,
    pub schema: Vec<PathBuf>,
}

/// Every setting in force, with its origin. Paths are as the user may use them from the current
/// folder.
#[derive(Clone, Debug)]
pub struct Config {
    /// The project's folder: where dbkit.toml is, else diesel.toml, else the current one.
    pub root: PathBuf,
    pub file: Option<PathBuf>,
    pub environment: Option<Setting<String>>,
    pub schema: Setting<Vec<String>>,
    pub sql: Setting<Vec<String>>,
    pub migrations: Setting<PathBuf>,
    pub seeds: Setting<PathBuf>,
    /// Empty: whatever the target is.
    pub dialects: Setting<Vec<Dialect>>,
    pub older_migrations: Setting<OlderMigrations>,
    /// diesel.toml lets `diesel migration run` overwrite this file.
    pub overwritten_by_diesel: Option<PathBuf>,
    pub variables: Variables,
    sections: FileSection,
    database_url: Option<String>,
}

impl Config {
    /// Finds and reads dbkit.toml and diesel.toml (here or in a folder above), `.env` files and
    /// variables, and lays the flags over them.
    ///
    /// # Errors
    /// A file that cannot be read or says something unknown, an environment that is not defined.
    pub fn load(
        current: &Path,
        process: impl IntoIterator<Item = (String, String)>,
        flags: Overrides,
    ) -> Result<Self, ConfigError> {
        let file = match &flags.config_file {
            Some(file) => Some(file.clone()),
            None => upward(current, "dbkit.toml"),
        };
        let diesel = upward(current, "diesel.toml");
        let root = file
            .as_deref()
            .or(diesel.as_deref())
            .and_then(Path::parent)
            .map_or_else(PathBuf::new, Path::to_path_buf);
        let sections = file.as_deref().map(file::read).transpose()?.unwrap_or_default();
        let diesel_file = diesel.as_deref().map(file::read_diesel).transpose()?.unwrap_or_default();
        let from_file = |key: &str| Origin::File {
            file: file.clone().unwrap_or_default(),
            key: key.to_owned(),
        };

        let process: Vec<(String, String)> = process.into_iter().collect();
        let environment = flags
            .environment
            .map(|name| Setting::new(name, Origin::Flag("--env")))
            .or_else(|| {
                let named =
                    |(name, value): &(String, String)| name == "DBKIT_ENV" && !value.is_empty();
                process.iter().find(|pair| named(pair)).map(|(name, value)| {
                    Setting::new(value.clone(), Origin::Variable(name.clone()))
                })
            })
            .or_else(|| {
                sections
                    .default_env
                    .clone()
                    .map(|name| Setting::new(name, from_file("default_env")))
            });
        let variables =
            Variables::load(process, &root, environment.as_ref().map(|s| s.value.as_str()))?;

        let schema = if !flags.schema.is_empty() {
            let names = flags.schema.iter().map(|path| path.display().to_string()).collect();
            Setting::new(names, Origin::Flag("--schema"))
        } else if let Some(globs) = &sections.schema {
            Setting::new(under(&root, globs), from_file("schema"))
        } else {
            Setting::new(under(&root, &["src/schema.rs".to_owned()]), Origin::Default)
        };
        let sql = match &sections.sql {
            Some(globs) => Setting::new(under(&root, globs), from_file("sql")),
            None => Setting::new(Vec::new(), Origin::Default),
        };
        let migrations = if let Some(dir) = flags.migration_dir {
            Setting::new(dir, Origin::Flag("--migration-dir"))
        } else if let Some(dir) = &sections.migrations {
            Setting::new(root.join(dir), from_file("migrations"))
        } else if let (Some(dir), Some(diesel), None) =
            (&diesel_file.migrations, &diesel, &sections.dialects)
        {
            let folder = diesel.parent().unwrap_or(Path::new(""));
            let key = "migrations_directory.dir".to_owned();
            Setting::new(folder.join(dir), Origin::File { file: diesel.clone(), key })
        } else {
            Setting::new(root.join("migrations"), Origin::Default)
        };
        let seeds = match &sections.seeds {
            Some(dir) => Setting::new(root.join(dir), from_file("seeds")),
            None => Setting::new(root.join("seeds"), Origin::Default),
        };
        let dialects = match &sections.dialects {
            Some(list) => Setting::new(list.clone(), from_file("dialects")),
            None => Setting::new(Vec::new(), Origin::Default),
        };
        let older_migrations = match sections.older_migrations {
            Some(policy) => Setting::new(policy, from_file("older_migrations")),
            None => Setting::new(OlderMigrations::default(), Origin::Default),
        };
        Ok(Self {
            root,
            file,
            environment,
            schema,
            sql,
            migrations,
            seeds,
            dialects,
            older_migrations,
            overwritten_by_diesel: diesel_file.print_schema,
            variables,
            sections,
            database_url: flags.database_url,
        })
    }

    /// The environments of dbkit.toml.
    pub fn environments(&self) -> impl Iterator<Item = (&str, &EnvironmentSection)> {
        self.sections.env.iter().map(|(name, section)| (name.as_str(), section))
    }

    /// The folder of one dialect's migrations: `migrations/<dialect>` where several dialects are
    /// configured.
    #[must_use]
    pub fn migration_dir(&self, dialect: Dialect) -> PathBuf {
        let several = self.dialects.value.len() > 1;
        if several && !matches!(self.migrations.origin, Origin::Flag(_)) {
            self.migrations.value.join(dialect.as_str())
        } else {
            self.migrations.value.clone()
        }
    }

    /// The database to work on: `--database-url`, `--env`, `DATABASE_URL`, `POSTGRES_*`, the
    /// default environment, in this order.
    ///
    /// # Errors
    /// None of them names one, or the one that does cannot be used.
    pub fn target(&self) -> Result<Target, ConfigError> {
        if let Some(url) = &self.database_url {
            return self.plain(url, Origin::Flag("--database-url"));
        }
        let asked = self
            .environment
            .as_ref()
            .filter(|setting| !matches!(setting.origin, Origin::File { .. }));
        if let Some(setting) = asked {
            return self.of_environment(&setting.value);
        }
        if let Some(setting) = self.variables.get("DATABASE_URL") {
            return self.plain(&setting.value, setting.origin.clone());
        }
        if let Some((location, origin)) = Location::from_variables(&self.variables) {
            return Ok(self.finish(location, origin));
        }
        match &self.environment {
            Some(setting) => self.of_environment(&setting.value),
            None => Err(ConfigError::NoTarget),
        }
    }

    /// The environments dbkit.toml defines, sorted.
    #[must_use]
    pub fn environment_names(&self) -> Vec<String> {
        self.sections.env.keys().cloned().collect()
    }

    fn plain(&self, url: &str, origin: Origin) -> Result<Target, ConfigError> {
        let location = Location::parse(url, &origin)?;
        Ok(self.finish(location, origin))
    }

    /// A database named by URL is protected when a protected environment has that very database.
    fn finish(&self, location: Location, origin: Origin) -> Target {
        let same = self.sections.env.iter().find(|(name, section)| {
            section.url.as_ref().is_some_and(|url| {
                self.variables
                    .interpolate(url, name)
                    .ok()
                    .and_then(|url| self.location(&url, &origin).ok())
                    .is_some_and(|other| other.to_string() == location.to_string())
            })
        });
        Target {
            location,
            origin,
            environment: same.map(|(name, _)| name.clone()),
            protected: same.is_some_and(|(_, section)| section.protected),
            connect_timeout: same.and_then(|(_, section)| section.connect_timeout),
            wait: same.and_then(|(_, section)| section.wait),
        }
    }

    /// A relative SQLite path in dbkit.toml is relative to dbkit.toml.
    fn location(&self, url: &str, origin: &Origin) -> Result<Location, ConfigError> {
        let mut location = Location::parse(url, origin)?;
        if let Location::Sqlite { path } = &mut location {
            let in_place =
                path == ":memory:" || path.starts_with("file:") || Path::new(path).is_absolute();
            if !in_place {
                *path = self.root.join(&*path).display().to_string();
            }
        }
        Ok(location)
    }

    fn of_environment(&self, name: &str) -> Result<Target, ConfigError> {
        let Some(section) = self.sections.env.get(name) else {
            let known: Vec<String> = self.sections.env.keys().cloned().collect();
            let near = known
                .iter()
                .map(|other| (strsim::damerau_levenshtein(name, other), other))
                .filter(|(distance, _)| *distance <= 2)
                .min()
                .map(|(_, other)| other.clone());
            let file = self.file.clone().unwrap_or_else(|| PathBuf::from("dbkit.toml"));
            return Err(ConfigError::UnknownEnvironment {
                name: name.to_owned(),
                file,
                near,
                known,
            });
        };
        let key = format!("env.{name}.url");
        let Some(url) = &section.url else {
            return Err(ConfigError::NoUrl { name: name.to_owned() });
        };
        let url = self.variables.interpolate(url, &key)?;
        let origin = Origin::File { file: self.file.clone().unwrap_or_default(), key };
        let mut location = self.location(&url, &origin)?;
        if let Location::Postgres { keywords, .. } = &mut location {
            for (keyword, value) in
                [("sslmode", &section.sslmode), ("sslrootcert", &section.sslrootcert)]
            {
                if let Some(value) = value {
                    let value = self.variables.interpolate(value, keyword)?;
                    keywords.push((keyword.to_owned(), value));
                }
            }
        }
        Ok(Target {
            location,
            origin,
            environment: Some(name.to_owned()),
            protected: section.protected,
            connect_timeout: section.connect_timeout,
            wait: section.wait,
        })
    }
}

fn under(root: &Path, globs: &[String]) -> Vec<String> {
    globs.iter().map(|glob| root.join(glob).display().to_string()).collect()
}

/// The file in this folder or the nearest one above, as a path relative to `current` where it is
/// in `current` itself.
fn upward(current: &Path, name: &str) -> Option<PathBuf> {
    if current.join(name).is_file() {
        return Some(PathBuf::from(name));
    }
    current.ancestors().skip(1).map(|folder| folder.join(name)).find(|file| file.is_file())
}
