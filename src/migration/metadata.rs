use super::{MigrationError, SqlFile, Version};
use std::path::Path;

/// A migration's `metadata.toml`. Diesel reads `run_in_transaction` and accepts other keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    pub transactional: bool,
    pub replaces: Replaces,
}

/// The migrations that a squashed one stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replaces {
    /// Those that were folders when it was made, its own version among them.
    pub versions: Vec<Version>,
    /// Those that these had replaced before: a database may still have them in its ledger.
    pub earlier: Vec<Version>,
}

impl Replaces {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// True for every version that the ledger may hold in place of the squashed one.
    #[must_use]
    pub fn covers(&self, version: &Version) -> bool {
        self.versions.contains(version) || self.earlier.contains(version)
    }
}

impl Metadata {
    /// Diesel's rule for `run_in_transaction`: true without the file, and false where the file is
    /// there and lacks the key.
    pub(super) fn read(path: &Path) -> Result<Self, MigrationError> {
        if !path.exists() {
            return Ok(Self::absent());
        }
        Self::parse(&SqlFile::read(path)?)
    }

    /// Of a folder without the file.
    pub(super) fn absent() -> Self {
        Self { transactional: true, replaces: Replaces::default() }
    }

    pub(super) fn parse(file: &SqlFile) -> Result<Self, MigrationError> {
        let wrong = |reason: String| MigrationError::Metadata { path: file.path.clone(), reason };
        let table: toml::Table =
            toml::from_str(&file.text).map_err(|e| wrong(e.message().to_owned()))?;
        let transactional = match table.get("run_in_transaction") {
            None => false,
            Some(toml::Value::Boolean(value)) => *value,
            Some(_) => {
                return Err(wrong("run_in_transaction is neither true nor false".to_owned()));
            }
        };
        let versions = |key: &'static str| match table.get(key) {
            None => Ok(Vec::new()),
            Some(toml::Value::Array(values)) => values
                .iter()
                .map(|value| value.as_str().map(Version::of_folder))
                .collect::<Option<Vec<_>>>()
                .ok_or_else(|| wrong(format!("{key} holds something that is no version"))),
            Some(_) => Err(wrong(format!("{key} is no list of versions"))),
        };
        let replaces =
            Replaces { versions: versions("replaces")?, earlier: versions("replaced_earlier")? };
        Ok(Self { transactional, replaces })
    }

    /// The file's text.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = format!("run_in_transaction = {}\n", self.transactional);
        let Replaces { versions, earlier } = &self.replaces;
        for (key, list) in [("replaces", versions), ("replaced_earlier", earlier)] {
            if !list.is_empty() {
                let lines: String = list.iter().map(|v| format!("    \"{v}\",\n")).collect();
                text.push_str(&format!("{key} = [\n{lines}]\n"));
            }
        }
        text
    }
}
