use super::ConfigError;
use crate::diagnostic::{Diagnostic, Place, SourceFile};
use crate::model::Dialect;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// dbkit.toml as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSection {
    /// Globs of schema files.
    pub schema: Option<Vec<String>>,
    /// Globs of declarative SQL files.
    pub sql: Option<Vec<String>>,
    /// The folder of migrations.
    pub migrations: Option<String>,
    /// The folder of seeds.
    pub seeds: Option<String>,
    pub dialects: Option<Vec<Dialect>>,
    pub default_env: Option<String>,
    pub older_migrations: Option<OlderMigrations>,
    #[serde(default)]
    pub env: BTreeMap<String, EnvironmentSection>,
}

/// What `migrate` does with a pending migration that is older than the newest applied one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OlderMigrations {
    /// Run it, as Diesel does.
    Apply,
    /// Run it and say so.
    #[default]
    Warn,
    Refuse,
}

/// One `[env.NAME]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentSection {
    pub url: Option<String>,
    /// Where migrations connect when `url` goes through a pooler.
    pub direct_url: Option<String>,
    #[serde(default)]
    pub protected: bool,
    pub sslmode: Option<String>,
    pub sslrootcert: Option<String>,
    /// Seconds.
    pub connect_timeout: Option<u64>,
    /// Seconds to wait for a server that is starting up.
    pub wait: Option<u64>,
    /// Connections an application's pool may hold.
    pub pool: Option<u32>,
}

/// Reads and parses dbkit.toml.
pub(super) fn read(file: &Path) -> Result<FileSection, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    parse(file, text)
}

fn parse(file: &Path, text: String) -> Result<FileSection, ConfigError> {
    toml::from_str(&text).map_err(|error| invalid(file, text, &error))
}

fn invalid(file: &Path, text: String, error: &toml::de::Error) -> ConfigError {
    let source = Arc::new(SourceFile { path: file.to_owned(), text });
    let message = error.message().to_owned();
    let mut finding = Diagnostic::error("invalid-settings", message.clone());
    if let Some(help) = nearest_key(&message) {
        finding = finding.help(help);
    }
    if let Some(span) = error.span() {
        finding = finding.at(Place { file: source, span });
    }
    ConfigError::Invalid { findings: vec![finding] }
}

/// serde lists the keys it knows in backticks behind the unknown one.
fn nearest_key(message: &str) -> Option<String> {
    if !message.starts_with("unknown") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let given = words.next()?;
    words
        .map(|known| (strsim::damerau_levenshtein(given, known), known))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| format!("did you mean `{known}`?"))
}

/// What dbkit takes from diesel.toml; other keys are Diesel's own.
#[derive(Clone, Debug, Default)]
pub(super) struct DieselFile {
    pub migrations: Option<PathBuf>,
    /// `print_schema.file`, which `diesel migration run` overwrites.
    pub print_schema: Option<PathBuf>,
}

pub(super) fn read_diesel(file: &Path) -> Result<DieselFile, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    let table: toml::Table = match toml::from_str(&text) {
        Ok(table) => table,
        Err(error) => return Err(invalid(file, text, &error)),
    };
    let path = |section: &str, key: &str| table.get(section)?.get(key)?.as_str().map(PathBuf::from);
    Ok(DieselFile {
        migrations: path("migrations_directory", "dir"),
        print_schema: path("print_schema", "file"),
    })
}
