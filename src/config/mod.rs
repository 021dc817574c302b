//! dbkit.toml, diesel.toml, the environment and flags, as one [`Config`] whose every value knows
//! where it came from.

mod environment;
mod error;
mod file;
mod filter;
mod load;
mod target;

pub use environment::Variables;
pub use error::ConfigError;
pub use file::{
    CommitWait, EnvironmentSection, FileSection, FilterSection, LintLevel, LintSection,
    OlderMigrations, TenancyMode, TenancySection, names_a_place,
};
pub use filter::TableFilter;
pub use load::{Config, Overrides, backend_names};
pub use target::{Location, Target};

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `--database-url`
    Flag(&'static str),
    /// A variable of the process.
    Variable(String),
    /// A variable of a `.env` file.
    DotEnv {
        file: PathBuf,
        variable: String,
    },
    /// A key of dbkit.toml or diesel.toml.
    File {
        file: PathBuf,
        key: String,
    },
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::DotEnv { file, variable } => write!(f, "{variable} in {}", file.display()),
            Self::File { file, key } => write!(f, "{key} in {}", file.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Setting<T> {
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}
