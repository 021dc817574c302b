use super::{ConfigError, Origin, Setting};
use std::collections::BTreeMap;
use std::path::Path;

/// The variables in force: the process's own, then those of `.env` files.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    found: BTreeMap<String, Setting<String>>,
}

impl Variables {
    /// Variables of the process win over `.env.<env>.local`, `.env.local`, `.env.<env>`, `.env` of
    /// the folder, in this order.
    ///
    /// # Errors
    /// A `.env` file that cannot be read or parsed.
    pub fn load(
        process: impl IntoIterator<Item = (String, String)>,
        folder: &Path,
        environment: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let mut variables = Self::default();
        for (name, value) in process {
            let origin = Origin::Variable(name.clone());
            variables.found.insert(name, Setting::new(value, origin));
        }
        let mut names = Vec::new();
        names.extend(environment.map(|env| format!(".env.{env}.local")));
        names.push(".env.local".to_owned());
        names.extend(environment.map(|env| format!(".env.{env}")));
        names.push(".env".to_owned());
        for name in names {
            let file = folder.join(name);
            if !file.is_file() {
                continue;
            }
            let wrong = |error: dotenvy::Error| ConfigError::DotEnv {
                file: file.clone(),
                // dotenvy quotes the whole line, which may hold a password.
                reason: match error {
                    dotenvy::Error::LineParse(_, at) => {
                        format!("parsing stopped at character {at}")
                    }
                    other => other.to_string(),
                },
            };
            for pair in dotenvy::from_path_iter(&file).map_err(wrong)? {
                let (name, value) = pair.map_err(wrong)?;
                let origin = Origin::DotEnv { file: file.clone(), variable: name.clone() };
                variables.found.entry(name).or_insert(Setting::new(value, origin));
            }
        }
        Ok(variables)
    }

    /// The variable, unless it is unset or empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Setting<String>> {
        self.found.get(name).filter(|setting| !setting.value.is_empty())
    }

    /// Replaces every `${NAME}`, and `${NAME:-text}` by the text where there is no such variable;
    /// `$${` stands for a literal `${`.
    ///
    /// # Errors
    /// A variable that is not set; `place` says where the text stands.
    pub fn interpolate(&self, text: &str, place: &str) -> Result<String, ConfigError> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, after) = rest.split_at(at);
            if let Some(escaped) = before.strip_suffix('$') {
                out.push_str(escaped);
                out.push_str("${");
                rest = after.get(2..).unwrap_or("");
                continue;
            }
            out.push_str(before);
            let inner = after.get(2..).unwrap_or("");
            let Some(end) = inner.find('}') else {
                out.push_str(after);
                return Ok(out);
            };
            let name = inner.get(..end).unwrap_or("");
            let (name, otherwise) = match name.split_once(":-") {
                Some((name, text)) => (name, Some(text)),
                None => (name, None),
            };
            match (self.get(name), otherwise) {
                (Some(setting), _) => out.push_str(&setting.value),
                (None, Some(text)) => out.push_str(text),
                (None, None) => {
                    return Err(ConfigError::UnsetVariable {
                        place: place.to_owned(),
                        variable: name.to_owned(),
                    });
                }
            }
            rest = inner.get(end + 1..).unwrap_or("");
        }
        out.push_str(rest);
        Ok(out)
    }
}
