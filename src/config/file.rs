use super::{ConfigError, TableFilter};
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
    /// The tables dbkit is about, as in diesel.toml: `only_tables`, `except_tables`.
    pub filter: Option<FilterSection>,
    /// The folder of migrations.
    pub migrations: Option<String>,
    /// The folder of seeds.
    pub seeds: Option<String>,
    pub dialects: Option<Vec<Dialect>>,
    pub default_env: Option<String>,
    pub older_migrations: Option<OlderMigrations>,
    pub commit_wait: Option<CommitWait>,
    #[serde(default)]
    pub lint: LintSection,
    pub tenancy: Option<TenancySection>,
    #[serde(default)]
    pub env: BTreeMap<String, EnvironmentSection>,
}

/// `[filter]`: regular expressions for names of tables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilterSection {
    pub only_tables: Option<Vec<String>>,
    pub except_tables: Option<Vec<String>>,
}

/// `[lint]`: a level for each rule by its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct LintSection {
    /// Migrations up to this version are not looked at.
    pub start_after: Option<String>,
    #[serde(flatten)]
    pub rules: BTreeMap<String, LintLevel>,
}

/// `[tenancy]`: how tenants are kept apart, and who they are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenancySection {
    pub mode: TenancyMode,
    /// The name of a tenant's schema; `{}` stands for the tenant.
    pub schema: Option<String>,
    /// The URL of a tenant's database, or on SQLite its file; `{}` stands for the tenant.
    pub database: Option<String>,
    /// The project's own table of tenants, and its key; dbkit keeps a list of its own otherwise.
    pub table: Option<String>,
    pub key: Option<String>,
    /// The folder of the tenants' migrations, where it is not the project's.
    pub migrations: Option<String>,
    /// The folder of the tenants' seeds, where it is not the project's.
    pub seeds: Option<String>,
    /// The application's role: it may use what `tenant create` makes, and `doctor` tries what it can.
    pub role: Option<String>,
    /// Mode `schema`: the role that a tenant's units of work run as; `{}` stands for the tenant.
    pub tenant_role: Option<String>,
}

/// Whether a tenant's id can stand in the name of a schema, of a database, or of a file, and does not
/// lead out of it.
#[must_use]
pub fn names_a_place(id: &str) -> bool {
    let fine = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    !id.is_empty() && id.len() <= 48 && id.chars().all(fine) && !id.starts_with('-')
}

impl TenancySection {
    /// The name of a tenant's schema; `{}` stands for the tenant.
    #[must_use]
    pub fn schema_pattern(&self) -> &str {
        self.schema.as_deref().unwrap_or("tenant_{}")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TenancyMode {
    /// `#[tenant(column)]`
    Column,
    Schema,
    Database,
}

/// How loud a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LintLevel {
    Off,
    /// Told, without an effect on the exit code.
    Warn,
    Error,
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

/// Which commits of `migrate` wait for the server's disk. What a crash of the server may lose
/// otherwise are the last migrations of a run, each wholly and with its line of the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitWait {
    /// The last one of a run, which takes the others with it.
    #[default]
    Last,
    Each,
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
    /// How `dbkit studio` marks it: a name or `#rrggbb`.
    pub colour: Option<String>,
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
    toml::from_str(&text).map_err(|error| invalid(file, &text, &error))
}

fn invalid(file: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let source = Arc::new(SourceFile { path: file.to_owned(), text: without_secrets(text) });
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

/// The text with passwords as stars, every byte at its place: a finding shows the line it is in.
fn without_secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        let lower = key.to_ascii_lowercase();
        let secret = ["pass", "secret", "token"].iter().any(|word| lower.contains(word));
        let hidden = if secret && !value.is_empty() {
            key.len() + 1..line.trim_end().len()
        } else {
            password(line).unwrap_or(0..0)
        };
        for (at, c) in line.char_indices() {
            match hidden.contains(&at) && !matches!(c, '"' | '\'') {
                true => out.extend(std::iter::repeat_n('*', c.len_utf8())),
                false => out.push(c),
            }
        }
    }
    out
}

/// Where the password of a URL stands in a line: behind the user's colon, up to the last `@`.
fn password(line: &str) -> Option<std::ops::Range<usize>> {
    let login = line.find("://")? + 3;
    let colon = login + line.get(login..)?.find(':')?;
    let at = line.rfind('@').unwrap_or(line.trim_end().len());
    (colon < at).then_some(colon + 1..at)
}

/// serde lists the keys it knows in backticks behind the unknown one.
fn nearest_key(message: &str) -> Option<String> {
    if !message.starts_with("unknown") {
        return None;
    }
    let mut words = message.split('`').skip(1).step_by(2);
    let given = words.next()?;
    dbkit_syntax::nearest(given, words).map(|known| format!("did you mean `{known}`?"))
}

/// What dbkit takes from diesel.toml; other keys are Diesel's own.
#[derive(Clone, Debug, Default)]
pub(super) struct DieselFile {
    pub migrations: Option<PathBuf>,
    /// `file` of `[print_schema]` and of every `[print_schema.NAME]`, which `diesel migration run`
    /// overwrites.
    pub print_schema: Vec<PathBuf>,
    /// `filter` of the same sections.
    pub filter: TableFilter,
}

pub(super) fn read_diesel(file: &Path) -> Result<DieselFile, ConfigError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| ConfigError::Read { file: file.to_owned(), source })?;
    let table: toml::Table = match toml::from_str(&text) {
        Ok(table) => table,
        Err(error) => return Err(invalid(file, &text, &error)),
    };
    let path = |section: &str, key: &str| table.get(section)?.get(key)?.as_str().map(PathBuf::from);
    Ok(DieselFile {
        migrations: path("migrations_directory", "dir"),
        print_schema: printed(&table),
        filter: TableFilter::of_diesel(&table, file)?,
    })
}

fn printed(table: &toml::Table) -> Vec<PathBuf> {
    let Some(toml::Value::Table(section)) = table.get("print_schema") else { return Vec::new() };
    let own = section.get("file");
    let named = section.values().filter_map(|value| value.as_table()?.get("file"));
    let files = own.into_iter().chain(named).filter_map(toml::Value::as_str);
    files.map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn passwords_become_stars() {
        for (line, shown) in [
            ("url = \"postgres://u:s@crét@h/d\"\n", "url = \"postgres://u:*******@h/d\"\n"),
            ("url = \"postgres://u:secret", "url = \"postgres://u:******"),
            ("password = \"x y\"\nb = 1", "password =*\"***\"\nb = 1"),
            ("url = \"postgres://u@h/d\"", "url = \"postgres://u@h/d\""),
        ] {
            assert_eq!(without_secrets(line), shown);
            assert_eq!(without_secrets(line).len(), line.len());
        }
    }
}
