use super::{ConfigError, Origin, Variables};
use crate::model::Dialect;
use std::fmt;
use url::Url;

/// A database to connect to.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    pub location: Location,
    pub origin: Origin,
    /// The environment of dbkit.toml it belongs to.
    pub environment: Option<String>,
    /// Refuses seeds, resets and destructive pushes.
    pub protected: bool,
    /// Seconds for one attempt to connect.
    pub connect_timeout: Option<u64>,
    /// Seconds to wait for a server that is starting up.
    pub wait: Option<u64>,
}

/// How the database is reached. Neither `Display` nor `Debug` shows a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    Postgres {
        /// A URL or libpq's `key=value` text.
        url: String,
        /// libpq keywords that win over the URL's.
        keywords: Vec<(String, String)>,
    },
    /// A path, `:memory:` or a `file:` URI.
    Sqlite { path: String },
}

impl Target {
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.location {
            Location::Postgres { .. } => Dialect::Postgres,
            Location::Sqlite { .. } => Dialect::Sqlite,
        }
    }
}

impl Location {
    /// Reads `postgres://…`, `postgresql://…`, `sqlite://PATH`, `sqlite:PATH`, `file:…` or a bare
    /// path.
    ///
    /// # Errors
    /// A URL of another database or one that cannot be parsed. The message never repeats it.
    pub fn parse(url: &str, origin: &Origin) -> Result<Self, ConfigError> {
        let bad = |reason: &str| ConfigError::BadUrl {
            origin: origin.to_string(),
            reason: reason.to_owned(),
        };
        let text = url.trim();
        if text.is_empty() {
            return Err(bad("it is empty"));
        }
        if text.contains('\0') {
            return Err(bad("it contains a NUL character"));
        }
        let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("postgres" | "postgresql") => {
                let rest = text.split_once(':').map_or("", |(_, rest)| rest);
                if !rest.starts_with("//") {
                    return Err(bad("`//` is missing after the scheme"));
                }
                // libpq accepts several hosts and sockets, which the url crate does not: only
                // the port and escapes of ordinary URLs are looked at here.
                if let Err(error) = Url::parse(text)
                    && !text.contains(',')
                    && !text.contains("%2F")
                    && !text.contains("%2f")
                    && !matches!(error, url::ParseError::EmptyHost)
                {
                    return Err(bad(&error.to_string()));
                }
                let url = format!("postgres:{rest}");
                Ok(Self::Postgres { url, keywords: Vec::new() })
            }
            Some("sqlite" | "sqlite3") => {
                let rest = text.split_once(':').map_or("", |(_, rest)| rest);
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() {
                    return Err(bad("no file is named after the scheme"));
                }
                let path = percent_encoding::percent_decode_str(path)
                    .decode_utf8()
                    .map_err(|_| bad("an escape is not UTF-8"))?;
                Ok(Self::Sqlite { path: path.into_owned() })
            }
            Some("mysql" | "mariadb") => Err(bad("MySQL and MariaDB are not supported yet")),
            Some(other) if text.contains("://") && other != "file" => {
                Err(bad(&format!("the scheme `{other}` is not known")))
            }
            _ => Ok(Self::Sqlite { path: text.to_owned() }),
        }
    }

    /// From `POSTGRES_HOST` and its companions; `None` when neither the host, the user nor the
    /// database is set.
    pub(super) fn from_variables(variables: &Variables) -> Option<(Self, Origin)> {
        let names = [
            ("POSTGRES_HOST", "host"),
            ("POSTGRES_PORT", "port"),
            ("POSTGRES_USER", "user"),
            ("POSTGRES_PASSWORD", "password"),
            ("POSTGRES_DB", "dbname"),
        ];
        let decisive = ["POSTGRES_DB", "POSTGRES_USER", "POSTGRES_HOST"];
        let first = decisive.iter().find_map(|name| variables.get(name))?;
        let mut keywords: Vec<(String, String)> = names
            .iter()
            .filter_map(|(name, keyword)| {
                variables.get(name).map(|s| ((*keyword).to_owned(), s.value.clone()))
            })
            .collect();
        if !keywords.iter().any(|(key, _)| key == "host") {
            keywords.push(("host".to_owned(), "localhost".to_owned()));
        }
        if let Some(ssl) = variables.get("POSTGRES_USE_SSL") {
            let on = matches!(ssl.value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on");
            let mode = if on { "require" } else { "disable" };
            keywords.push(("sslmode".to_owned(), mode.to_owned()));
        }
        Some((Self::Postgres { url: "postgres://".to_owned(), keywords }, first.origin.clone()))
    }
}

/// The place without its password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path } => write!(f, "sqlite://{path}"),
            Self::Postgres { url, keywords } => {
                let keyword = |name: &str| {
                    keywords.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
                };
                if url == "postgres://" {
                    f.write_str("postgres://")?;
                    if let Some(user) = keyword("user") {
                        write!(f, "{user}@")?;
                    }
                    f.write_str(keyword("host").unwrap_or("localhost"))?;
                    if let Some(port) = keyword("port") {
                        write!(f, ":{port}")?;
                    }
                    return write!(f, "/{}", keyword("dbname").unwrap_or_default());
                }
                f.write_str(&hide_password(url))
            }
        }
    }
}

/// Everything between the user's colon and the last `@` before the host goes, and every query
/// parameter that carries a secret.
fn hide_password(url: &str) -> String {
    let (head, query) =
        url.split_once('?').map_or((url, None), |(head, query)| (head, Some(query)));
    let start = head.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = head.split_at(start);
    let mut out = scheme.to_owned();
    match rest.rsplit_once('@') {
        Some((login, place)) => {
            let user = login.split(':').next().unwrap_or("");
            out.push_str(user);
            if login.contains(':') {
                out.push_str(":***");
            }
            out.push('@');
            out.push_str(place);
        }
        None => out.push_str(rest),
    }
    let shown: Vec<&str> = query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .filter(|pair| !pair.to_ascii_lowercase().contains("pass"))
        .collect();
    if !shown.is_empty() {
        out.push('?');
        out.push_str(&shown.join("&"));
    }
    out
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `postgres://app:***@db/shop`
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.location, f)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.location, self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::unwrap_used)]
    fn passwords_stay_hidden() {
        for (url, shown) in [
            ("postgres://u:secret@h:1/d", "postgres://u:***@h:1/d"),
            ("postgres://u:sec@ret@h/d", "postgres://u:***@h/d"),
            ("postgresql://h/d?user=u&password=secret", "postgres://h/d?user=u"),
            ("sqlite://a%20b.db", "sqlite://a b.db"),
            ("data/app.db", "sqlite://data/app.db"),
        ] {
            assert_eq!(Location::parse(url, &Origin::Default).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn errors_do_not_repeat_the_url() {
        for url in ["mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "redis://:secret@h", ""]
        {
            let error = Location::parse(url, &Origin::Flag("--database-url"));
            let message = error.err().map(|e| e.to_string()).unwrap_or_default();
            assert!(!message.is_empty() && !message.contains("secret"), "{message}");
        }
    }
}
