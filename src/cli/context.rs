//! What every command has at hand.

use super::exit::{Exit, Stop};
use crate::config::{Config, Overrides, Target};
use crate::database::postgres::Waiting;
use crate::database::sqlite::SqliteSession;
use crate::database::{
    Access, Connection, DatabaseError, ErrorKind, open, open_existing, open_or_create,
};
use crate::model::{Dialect, LEFT_OUT, Model};
use crate::terminal;
use clap::{Args, ValueEnum};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Flags that every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// Database to work on: postgres://USER@HOST/NAME, sqlite://PATH or a path
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    pub database_url: Option<String>,
    /// Environment of dbkit.toml to use
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub env: Option<String>,
    /// dbkit.toml to use instead of the nearest one
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub config_file: Option<PathBuf>,
    /// Folder of migrations
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub migration_dir: Option<PathBuf>,
    /// Seconds to wait for a server that is starting up or cannot be reached; 0 tries once [default: 10]
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Global options")]
    pub wait: Option<u64>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "Global options")]
    pub format: Format,
    /// Say less on stderr
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// Say more on stderr
    #[arg(long, short, global = true, conflicts_with = "quiet", help_heading = "Global options")]
    pub verbose: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// Rows as comma-separated values (inspect)
    Csv,
    /// Rows as one JSON object on each line (inspect)
    Ndjson,
    /// Rows as lists of their columns, nothing cut (inspect)
    Vertical,
    /// Rows as a table of Markdown (inspect)
    Markdown,
    /// Statements (diff, export)
    Sql,
    /// Annotations of GitHub Actions (check)
    Github,
}

impl Format {
    /// The word for a format that only `inspect` has.
    #[must_use]
    pub fn only_inspect(self) -> Option<&'static str> {
        match self {
            Self::Csv => Some("csv"),
            Self::Ndjson => Some("ndjson"),
            Self::Vertical => Some("vertical"),
            Self::Markdown => Some("markdown"),
            Self::Table | Self::Json | Self::Sql | Self::Github => None,
        }
    }
}

/// Settings, flags and the terminal.
pub struct Context {
    pub config: Config,
    pub global: Global,
    /// stdout is a terminal.
    pub terminal: bool,
    /// Escape sequences may be used on stderr.
    pub colour: bool,
}

impl Context {
    /// Reads settings for the current folder. `schema` are the files of `--schema`.
    ///
    /// # Errors
    /// See [`Config::load`].
    pub fn new(global: Global, schema: Vec<PathBuf>) -> anyhow::Result<Self> {
        let flags = Overrides {
            config_file: global.config_file.clone(),
            database_url: global.database_url.clone(),
            environment: global.env.clone(),
            migration_dir: global.migration_dir.clone(),
            schema,
            wait: global.wait,
        };
        let process = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let config = Config::load(&std::env::current_dir()?, process, flags)?;
        Ok(Self { config, global, terminal: std::io::stdout().is_terminal(), colour: colour() })
    }

    #[must_use]
    pub fn json(&self) -> bool {
        self.global.format == Format::Json
    }

    /// Tells the user something that is not the result.
    pub fn say(&self, text: &str) {
        if !self.global.quiet {
            self.tell("note", text, "");
        }
    }

    /// Tells the user something that must not be missed.
    pub fn warn(&self, text: &str) {
        self.tell("warning", text, "warning: ");
    }

    /// With `--format json` every line of stderr is an object, the error included.
    fn tell(&self, kind: &str, text: &str, prefix: &str) {
        if self.json() {
            eprintln!("{}", serde_json::json!({ kind: text }));
        } else {
            eprintln!("{prefix}{}", terminal::message(text));
        }
    }

    /// The database to work on; prints it first, without its password, and where it came from.
    ///
    /// # Errors
    /// See [`Config::target`].
    pub fn target(&self) -> anyhow::Result<Target> {
        let target = self.config.target()?;
        self.announce(&target);
        Ok(target)
    }

    /// The same for changes of the schema, which go past a pooler where a direct way is known.
    ///
    /// # Errors
    /// See [`Config::direct_target`].
    pub fn direct_target(&self) -> anyhow::Result<Target> {
        let target = self.config.direct_target()?;
        self.announce(&target);
        Ok(target)
    }

    fn announce(&self, target: &Target) {
        let environment =
            target.environment.as_ref().map(|name| format!(" [{name}]")).unwrap_or_default();
        self.say(&format!("database: {target}{environment} ({})", target.origin));
    }

    /// Connects, saying what is waited for.
    ///
    /// # Errors
    /// No connection, with the target and the next action.
    pub fn connect(&self, target: &Target, access: Access) -> anyhow::Result<Connection> {
        let connection = open(target, access, &mut self.waiting());
        let mut connection = connection.map_err(|error| no_connection(target, &error))?;
        if let Connection::Sqlite(session) = &connection {
            self.about_file(session, access);
        }
        super::tenant::scope::pass_over_tenants(self, &mut connection)?;
        Ok(connection)
    }

    /// The same; a database that is missing is made, on PostgreSQL, too.
    ///
    /// # Errors
    /// As [`Context::connect`]; no right to make it.
    pub fn connect_or_create(&self, target: &Target) -> anyhow::Result<Connection> {
        if target.dialect() == Dialect::Sqlite {
            return self.connect(target, Access::Create);
        }
        let opened = open_or_create(target, &mut self.waiting());
        let (mut connection, made) = opened.map_err(|error| no_connection(target, &error))?;
        if made {
            self.say("created the database");
        }
        super::tenant::scope::pass_over_tenants(self, &mut connection)?;
        Ok(connection)
    }

    /// The same for what the schema files are about: tables that the settings leave out are not seen.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn connect_filtered(&self, target: &Target, access: Access) -> anyhow::Result<Connection> {
        let mut connection = self.connect(target, access)?;
        connection.set_filter(self.config.filter.clone());
        Ok(connection)
    }

    /// A model without the tables that the settings leave out.
    #[must_use]
    pub fn filtered(&self, mut model: Model) -> Model {
        self.config.filter.apply(&mut model);
        model.unmodelled.retain(|object| object.kind != LEFT_OUT);
        model
    }

    /// The same for a database that need not be there: `None` where it is not.
    ///
    /// # Errors
    /// No connection, with the target and the next action.
    pub fn connect_existing(
        &self,
        target: &Target,
        access: Access,
    ) -> anyhow::Result<Option<Connection>> {
        open_existing(target, access, &mut self.waiting())
            .map_err(|error| no_connection(target, &error))
    }

    /// What a person should know of a SQLite database before anything is done with it.
    fn about_file(&self, session: &SqliteSession, access: Access) {
        if let Some(newer) = session.newer_writer() {
            self.warn(&format!(
                "SQLite {newer} wrote this database; the one in this program is {}",
                SqliteSession::library_version()
            ));
        }
        if session.location().path().is_none() && access != Access::Read {
            self.warn("a database in memory is gone when this command ends");
        }
    }

    /// Says once what is waited for.
    pub fn waiting(&self) -> impl FnMut(&Waiting<'_>) + '_ {
        let mut told = false;
        move |waiting| {
            if !told {
                self.say(&format!(
                    "waiting up to {} s for the server: {}",
                    waiting.limit.as_secs(),
                    waiting.error.message.trim()
                ));
                told = true;
            }
        }
    }

    /// The dialects to write migrations for: the configured ones, else the target's, else what
    /// the schema files say, else PostgreSQL.
    #[must_use]
    pub fn dialects(&self) -> Vec<Dialect> {
        let configured = &self.config.dialects.value;
        if !configured.is_empty() {
            return configured.clone();
        }
        let target = self.config.target().ok().map(|target| target.dialect());
        let dialect = target.or_else(|| super::schema::declared_dialect(self));
        vec![dialect.unwrap_or(Dialect::Postgres)]
    }
}

/// The error of a connection that could not be had, with the target and the next action.
pub(super) fn no_connection(target: &Target, error: &DatabaseError) -> anyhow::Error {
    let shown = target.to_string();
    let reason = error.message.trim();
    // SQLite's errors begin with the file.
    let file = shown.strip_prefix("sqlite://").unwrap_or(&shown);
    let reason = reason.strip_prefix(file).and_then(|r| r.strip_prefix(": ")).unwrap_or(reason);
    let mut message = format!("cannot open {shown}: {reason}");
    if let Some(hint) = &error.hint {
        message.push_str("\nhelp: ");
        message.push_str(hint);
    }
    // A SQLite file that somebody else writes to all the time cannot even be opened.
    let exit = match error.kind {
        ErrorKind::LockTimeout => Exit::Lock,
        _ => Exit::NoConnection,
    };
    Stop::error(exit, message)
}

/// NO_COLOR (no-color.org) and a dumb terminal switch colours off.
fn colour() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
