use super::file::{
    self, CommitWait, EnvironmentSection, FileSection, LintSection, OlderMigrations, TenancySection,
};
use super::target::{USE_SSL, VARIABLES};
use super::{ConfigError, Location, Origin, Setting, TableFilter, Target, Variables};
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
    /// Seconds to wait for a server that cannot be reached yet.
    pub wait: Option<u64>,
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
    pub commit_wait: Setting<CommitWait>,
    /// diesel.toml lets `diesel migration run` overwrite these files.
    pub overwritten_by_diesel: Vec<PathBuf>,
    /// `[filter]` of dbkit.toml, else that of `print_schema` in diesel.toml.
    pub filter: TableFilter,
    pub variables: Variables,
    sections: FileSection,
    database_url: Option<String>,
    wait: Option<u64>,
}

/// What a folder for one database's migrations is called, dbkit's own name first.
#[must_use]
pub fn backend_names(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Postgres => &["postgres", "postgresql", "pg"],
        Dialect::Sqlite => &["sqlite", "sqlite3"],
    }
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
        let commit_wait = match sections.commit_wait {
            Some(wait) => Setting::new(wait, from_file("commit_wait")),
            None => Setting::new(CommitWait::default(), Origin::Default),
        };
        let filter = match (&sections.filter, &file) {
            (Some(section), Some(file)) => TableFilter::of_dbkit(section, file)?,
            _ => diesel_file.filter,
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
            commit_wait,
            overwritten_by_diesel: diesel_file.print_schema,
            filter,
            variables,
            sections,
            database_url: flags.database_url,
            wait: flags.wait,
        })
    }

    /// The rules' levels of dbkit.toml.
    #[must_use]
    pub fn lint(&self) -> &LintSection {
        &self.sections.lint
    }

    /// How tenants are kept apart.
    #[must_use]
    pub fn tenancy(&self) -> Option<&TenancySection> {
        self.sections.tenancy.as_ref()
    }

    /// The location a pattern of `[tenancy]` gives, variables filled in.
    ///
    /// # Errors
    /// A variable that is not set, or what is no location.
    pub fn tenancy_location(&self, pattern: &str, tenant: &str) -> Result<Location, ConfigError> {
        let place = "tenancy.database in dbkit.toml";
        let text = self.variables.interpolate(pattern, place)?.replace("{}", tenant);
        let origin = self.key("tenancy.database".to_owned());
        Location::parse(&text, &origin).map(|location| location.within(&self.root))
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
            let names = backend_names(dialect);
            let folders = names.iter().map(|name| self.migrations.value.join(name));
            let mut folders = folders;
            folders
                .find(|folder| folder.is_dir())
                .unwrap_or_else(|| self.migrations.value.join(dialect.as_str()))
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
            let target = self.plain(url, Origin::Flag("--database-url"))?;
            return Ok(self.as_asked(target));
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
        if let Some((location, origin)) = Location::from_variables(&self.variables)? {
            return Ok(self.finish(location, origin));
        }
        match &self.environment {
            Some(setting) => self.of_environment(&setting.value),
            None => Err(ConfigError::NoTarget),
        }
    }

    /// The database to change the schema of: `DIRECT_URL`, which goes round the application's
    /// pooler, where the ordinary URL comes from the same place; else the ordinary one.
    ///
    /// # Errors
    /// As [`Config::target`].
    pub fn direct_target(&self) -> Result<Target, ConfigError> {
        let target = self.target()?;
        // A variable of another place may mean another environment's database.
        let beside = |direct: &&Setting<String>| match (&direct.origin, &target.origin) {
            (Origin::Variable(_), Origin::Variable(_)) => true,
            (Origin::DotEnv { file: a, .. }, Origin::DotEnv { file: b, .. }) => a == b,
            _ => false,
        };
        let direct = self.variables.get("DIRECT_URL").filter(beside);
        match direct.filter(|direct| !direct.value.trim().is_empty()) {
            Some(direct) if target.dialect() == Dialect::Postgres => {
                let location = Location::parse(&direct.value, &direct.origin)?;
                Ok(Target { location, origin: direct.origin.clone(), ..target })
            }
            _ => Ok(target),
        }
    }

    /// A database of no environment that is used as a protected one is treated as one.
    fn as_asked(&self, target: Target) -> Target {
        let asked = self.environment.as_ref();
        let asked = asked.filter(|setting| !matches!(setting.origin, Origin::File { .. }));
        let asked = asked.and_then(|setting| {
            let section = self.sections.env.get(&setting.value);
            section.filter(|section| section.protected).map(|_| setting.value.clone())
        });
        match asked {
            Some(name) if target.environment.is_none() => {
                Target { environment: Some(name), protected: true, ..target }
            }
            _ => target,
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
        let place = location.place();
        let same = self.sections.env.iter().find(|(name, section)| {
            [&section.url, &section.direct_url].into_iter().flatten().any(|url| {
                let url = self.variables.interpolate(url, name).ok();
                url.and_then(|url| self.location(&url, &origin).ok())
                    .is_some_and(|other| other.place() == place)
            })
        });
        Target {
            location,
            origin,
            environment: same.map(|(name, _)| name.clone()),
            protected: same.is_some_and(|(_, section)| section.protected),
            connect_timeout: same.and_then(|(_, section)| section.connect_timeout),
            wait: self.wait.or_else(|| same.and_then(|(_, section)| section.wait)),
        }
    }

    /// A relative SQLite path in dbkit.toml is relative to dbkit.toml.
    fn location(&self, url: &str, origin: &Origin) -> Result<Location, ConfigError> {
        Ok(Location::parse(url, origin)?.within(&self.root))
    }

    fn of_environment(&self, name: &str) -> Result<Target, ConfigError> {
        let own = self.own_variable(name);
        let Some(section) = self.sections.env.get(name) else {
            if let Some(setting) = own {
                return self.plain(&setting.value, setting.origin.clone());
            }
            let known: Vec<String> = self.sections.env.keys().cloned().collect();
            let near = dbkit_syntax::nearest(name, known.iter().map(String::as_str));
            return Err(ConfigError::UnknownEnvironment {
                name: name.to_owned(),
                file: self.file.clone().unwrap_or_else(|| PathBuf::from("dbkit.toml")),
                near: near.map(str::to_owned),
                known,
            });
        };
        let mut target = match (&section.direct_url, &section.url, own) {
            // Commands go round the pooler that the application uses.
            (Some(url), _, _) => self.of_key(name, "direct_url", url)?,
            (None, Some(url), _) => self.of_key(name, "url", url)?,
            (None, None, Some(setting)) => self.plain(&setting.value, setting.origin.clone())?,
            (None, None, None) => return Err(ConfigError::NoUrl { name: name.to_owned() }),
        };
        if let Location::Postgres { keywords, .. } = &mut target.location {
            for (keyword, value, origin) in self.tls(name)? {
                if keyword == "sslmode" && !SSL_MODES.contains(&value.as_str()) {
                    return Err(ConfigError::BadValue {
                        origin: origin.to_string(),
                        near: dbkit_syntax::nearest(&value, SSL_MODES).map(str::to_owned),
                        known: SSL_MODES.map(str::to_owned).to_vec(),
                    });
                }
                keywords.push((keyword.to_owned(), value));
            }
        }
        target.environment = Some(name.to_owned());
        target.protected = section.protected;
        target.connect_timeout = section.connect_timeout;
        target.wait = self.wait.or(section.wait);
        Ok(target)
    }

    fn of_key(&self, name: &str, key: &str, url: &str) -> Result<Target, ConfigError> {
        let key = format!("env.{name}.{key}");
        let url = self.variables.interpolate(url, &key)?;
        let origin = self.key(key);
        let location = self.location(&url, &origin)?;
        Ok(self.finish(location, origin))
    }

    fn key(&self, key: String) -> Origin {
        Origin::File { file: self.file.clone().unwrap_or_default(), key }
    }

    /// `DATABASE_URL` of `.env.<name>` or `.env.<name>.local`: the environment's very own. One of
    /// the process may be meant for any database.
    fn own_variable(&self, name: &str) -> Option<&Setting<String>> {
        let setting = self.variables.get("DATABASE_URL")?;
        let Origin::DotEnv { file, .. } = &setting.origin else { return None };
        let file = file.file_name()?.to_str()?;
        (file.strip_suffix(".local").unwrap_or(file) == format!(".env.{name}")).then_some(setting)
    }

    /// The TLS settings of an environment; a relative certificate stands beside dbkit.toml.
    fn tls(&self, name: &str) -> Result<Vec<(&'static str, String, Origin)>, ConfigError> {
        let Some(section) = self.sections.env.get(name) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        if let Some(mode) = &section.sslmode {
            let key = format!("env.{name}.sslmode");
            found.push(("sslmode", self.variables.interpolate(mode, &key)?, self.key(key)));
        }
        if let Some(file) = &section.sslrootcert {
            let key = format!("env.{name}.sslrootcert");
            let file = self.variables.interpolate(file, &key)?;
            // libpq's word for the certificates of the operating system.
            let file = match file.as_str() {
                "system" => file,
                _ => self.root.join(file).display().to_string(),
            };
            found.push(("sslrootcert", file, self.key(key)));
        }
        Ok(found)
    }

    /// What a connection to the target is opened with besides its URL, each with its origin; a
    /// password is not shown.
    #[must_use]
    pub fn connection_settings(&self, target: &Target) -> Vec<(&'static str, Setting<String>)> {
        let mut found = Vec::new();
        if let Location::Postgres { url, .. } = &target.location
            && url == "postgres://"
        {
            for name in VARIABLES.map(|(name, _)| name).into_iter().chain([USE_SSL]) {
                let Some(setting) = self.variables.get(name) else { continue };
                let secret = name == "POSTGRES_PASSWORD";
                let value = if secret { "***".to_owned() } else { setting.value.clone() };
                found.push((name, Setting::new(value, setting.origin.clone())));
            }
        }
        let environment = target.environment.as_deref().unwrap_or_default();
        let by_environment = matches!(&target.origin, Origin::File { .. });
        if by_environment {
            let tls = self.tls(environment).unwrap_or_default();
            found
                .extend(tls.into_iter().map(|(k, value, origin)| (k, Setting::new(value, origin))));
        }
        let section = self.sections.env.get(environment);
        let seconds = |name: &'static str, value: Option<u64>, flag: Option<u64>| {
            let origin = match (flag, value) {
                (Some(_), _) => Origin::Flag("--wait"),
                (None, Some(_)) => self.key(format!("env.{environment}.{name}")),
                (None, None) => Origin::Default,
            };
            let value = flag.or(value).unwrap_or(DEFAULT_SECONDS);
            (name, Setting::new(format!("{value} s"), origin))
        };
        if matches!(target.location, Location::Postgres { .. }) {
            found.push(seconds("connect_timeout", section.and_then(|s| s.connect_timeout), None));
            found.push(seconds("wait", section.and_then(|s| s.wait), self.wait));
        }
        found
    }
}

/// For one attempt to connect, and for all of them (`database::postgres`).
const DEFAULT_SECONDS: u64 = 10;

/// libpq's values of `sslmode`.
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

fn under(root: &Path, globs: &[String]) -> Vec<String> {
    globs.iter().map(|glob| root.join(glob).display().to_string()).collect()
}

/// The file in this folder or the nearest one above, as a path relative to `current` where it is
/// in `current` itself.
fn upward(current: &Path, name: &str) -> Option<PathBuf> {
    // Told as its name alone where that is what the user would write.
    if current.join(name).is_file() && std::env::current_dir().is_ok_and(|here| here == current) {
        return Some(PathBuf::from(name));
    }
    current.ancestors().map(|folder| folder.join(name)).find(|file| file.is_file())
}
