use super::{ConfigError, Origin, Variables};
use crate::model::Dialect;
use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};
use std::fmt;
use std::path::Path;
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

/// A SQLite path as a `file:` URI holds it (uri.html).
const IN_URI: &AsciiSet = &CONTROLS.add(b' ').add(b'?').add(b'#').add(b'%');

/// A value of a PostgreSQL URL's query, or a database's name in its path (RFC 3986, unreserved).
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.').remove(b'~');

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

/// A URL without what only Prisma's engine reads: libpq refuses words it does not know. A schema that is
/// not the default one means something, and stays.
fn without_prismas(url: &str) -> String {
    let Some((head, query)) = url.split_once('?') else { return url.to_owned() };
    let own = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        *pair == "schema=public"
            || matches!(
                name,
                "connection_limit"
                    | "pgbouncer"
                    | "pool_timeout"
                    | "socket_timeout"
                    | "statement_cache_size"
            )
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !own(pair)).collect();
    match kept.is_empty() {
        true => head.to_owned(),
        false => format!("{head}?{}", kept.join("&")),
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
                if let Some(reason) = misplaced(rest) {
                    return Err(bad(reason));
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
                let url = format!("postgres:{}", without_prismas(rest));
                Ok(Self::Postgres { url, keywords: Vec::new() })
            }
            Some("sqlite" | "sqlite3") => {
                let rest = text.split_once(':').map_or("", |(_, rest)| rest);
                let rest = rest.strip_prefix("//").unwrap_or(rest);
                let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
                if path.is_empty() {
                    return Err(bad("no file is named after the scheme"));
                }
                let path = percent_decode_str(path)
                    .decode_utf8()
                    .map_err(|_| bad("an escape is not UTF-8"))?;
                // Parameters such as `mode=ro` are SQLite's own, and go with its own URIs.
                Ok(Self::Sqlite {
                    path: match query {
                        "" => path.into_owned(),
                        query => format!("file:{}?{query}", utf8_percent_encode(&path, IN_URI)),
                    },
                })
            }
            Some("mysql" | "mariadb") => Err(bad("MySQL and MariaDB are not supported yet")),
            Some(other) if text.contains("://") && other != "file" => {
                Err(bad(&format!("the scheme `{other}` is not known")))
            }
            // What would otherwise become a file whose name holds a password.
            Some(_) if login_without_scheme(text) => {
                Err(bad("it has a user and a host, but no scheme"))
            }
            _ if text.starts_with("postgres//") || text.starts_with("postgresql//") => {
                Err(bad("`:` is missing after the scheme"))
            }
            _ if connection_words(text) => {
                Err(bad("it is neither a URL nor a path, but libpq's `key=value` words"))
            }
            _ => Ok(Self::Sqlite { path: text.to_owned() }),
        }
    }

    /// One URL that says it all, passwords included, with the keywords in its query; another database
    /// of the same server where one is named. On SQLite the path.
    #[must_use]
    pub fn url(&self, database: Option<&str>) -> String {
        let (url, keywords) = match self {
            Self::Postgres { url, keywords } => (url, keywords),
            Self::Sqlite { path } => return path.clone(),
        };
        if keywords.is_empty() && database.is_none() {
            return url.clone();
        }
        let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", ""));
        let rest = rest.split('#').next().unwrap_or("");
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let place = match database {
            Some(name) => {
                let server = place.split('/').next().unwrap_or("");
                format!("{server}/{}", utf8_percent_encode(name, IN_QUERY))
            }
            None => place.to_owned(),
        };
        let other = |key: &str| database.is_none() || key != "dbname";
        let own = query
            .split('&')
            .filter(|pair| !pair.is_empty() && pair.split('=').next().is_none_or(other));
        let mut pairs: Vec<String> = own.map(str::to_owned).collect();
        for (key, value) in keywords.iter().filter(|(key, _)| other(key)) {
            pairs.push(format!("{key}={}", utf8_percent_encode(value, IN_QUERY)));
        }
        match pairs.is_empty() {
            true => format!("{scheme}://{place}"),
            false => format!("{scheme}://{place}?{}", pairs.join("&")),
        }
    }

    /// The same place seen from another folder: a relative SQLite path stands in `folder`.
    pub(super) fn within(mut self, folder: &Path) -> Self {
        let Self::Sqlite { path } = &mut self else { return self };
        let (scheme, rest) = match path.strip_prefix("file:") {
            Some(rest) => ("file:", rest),
            None => ("", path.as_str()),
        };
        if folder.as_os_str().is_empty() || rest.starts_with([':', '/']) || rest.is_empty() {
            return self;
        }
        if Path::new(rest).is_absolute() {
            return self;
        }
        let folder = folder.display().to_string();
        *path = match scheme {
            "" => Path::new(&folder).join(rest).display().to_string(),
            _ => format!("file:{}/{rest}", utf8_percent_encode(&folder, IN_URI)),
        };
        self
    }

    /// Host, port and database, or the file: the same for every spelling of one place. The user
    /// makes no difference.
    pub(super) fn place(&self) -> (String, String, String) {
        match self {
            Self::Sqlite { path } => {
                let path = path.strip_prefix("file:").unwrap_or(path);
                let file = path.split('?').next().unwrap_or(path);
                let file = percent_decode_str(file).decode_utf8_lossy().into_owned();
                let real = Path::new(&file).canonicalize();
                let shown = real.map_or(file, |real| real.display().to_string());
                (String::new(), String::new(), shown)
            }
            Self::Postgres { url, keywords } => {
                let parsed = Url::parse(url).ok();
                let part = |keyword: &str, from_url: Option<String>| {
                    let given = keywords.iter().rev().find(|(key, _)| key == keyword);
                    let asked = || {
                        let pairs = parsed.as_ref()?.query_pairs();
                        pairs.filter(|(key, _)| key == keyword).last().map(|(_, v)| v.into_owned())
                    };
                    given.map(|(_, value)| value.clone()).or_else(asked).or(from_url)
                };
                let url = parsed.as_ref();
                let decoded =
                    |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
                let host = part("host", url.and_then(Url::host_str).map(decoded));
                let port = part("port", url.and_then(Url::port).map(|port| port.to_string()));
                let user = part("user", url.map(|url| decoded(url.username())));
                let name = url.map(|url| decoded(url.path().trim_start_matches('/')));
                let name = part("dbname", name.filter(|name| !name.is_empty())).or(user);
                let host = match host.as_deref() {
                    None | Some("" | "127.0.0.1" | "::1" | "[::1]") => "localhost".to_owned(),
                    Some(host) => host.to_ascii_lowercase(),
                };
                (host, port.unwrap_or_else(|| "5432".to_owned()), name.unwrap_or_default())
            }
        }
    }

    /// From `POSTGRES_HOST` and its companions; `None` when neither the host, the user nor the
    /// database is set.
    ///
    /// # Errors
    /// A `POSTGRES_USE_SSL` that is neither yes nor no.
    pub(crate) fn from_variables(
        variables: &Variables,
    ) -> Result<Option<(Self, Origin)>, ConfigError> {
        let decisive = ["POSTGRES_DB", "POSTGRES_USER", "POSTGRES_HOST"];
        let Some(first) = decisive.iter().find_map(|name| variables.get(name)) else {
            return Ok(None);
        };
        let mut keywords: Vec<(String, String)> = VARIABLES
            .iter()
            .filter_map(|(name, keyword)| {
                variables.get(name).map(|s| ((*keyword).to_owned(), s.value.clone()))
            })
            .collect();
        if !keywords.iter().any(|(key, _)| key == "host") {
            keywords.push(("host".to_owned(), "localhost".to_owned()));
        }
        if let Some(ssl) = variables.get(USE_SSL) {
            let mode = match ssl.value.trim().to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => "require",
                "0" | "false" | "no" | "off" => "disable",
                _ => {
                    return Err(ConfigError::BadValue {
                        origin: ssl.origin.to_string(),
                        near: None,
                        known: ["true", "false"].map(str::to_owned).to_vec(),
                    });
                }
            };
            keywords.push(("sslmode".to_owned(), mode.to_owned()));
        }
        let location = Self::Postgres { url: "postgres://".to_owned(), keywords };
        Ok(Some((location, first.origin.clone())))
    }
}

/// The variables of the official PostgreSQL image and its users, and libpq's words for them.
pub(super) const VARIABLES: [(&str, &str); 5] = [
    ("POSTGRES_HOST", "host"),
    ("POSTGRES_PORT", "port"),
    ("POSTGRES_USER", "user"),
    ("POSTGRES_PASSWORD", "password"),
    ("POSTGRES_DB", "dbname"),
];
pub(super) const USE_SSL: &str = "POSTGRES_USE_SSL";

/// A password with a character that ends the part of the URL it stands in: what follows would be
/// taken for a path or a parameter, and shown.
fn misplaced(rest: &str) -> Option<&'static str> {
    if rest.contains('#') {
        return Some("a `#` stands in it unescaped");
    }
    let rest = rest.trim_start_matches('/');
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (_, behind) = rest.split_at(end);
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    let pair = |pair: &str| pair.split('@').next().is_some_and(|key| key.contains('='));
    let stray = path.contains('@') || query.split('&').any(|p| p.contains('@') && !pair(p));
    stray.then_some("an `@` stands behind the first `/` or `?`")
}

/// `app:secret@db/shop`: a URL whose beginning is missing.
fn login_without_scheme(text: &str) -> bool {
    let windows_drive = text.get(1..3).is_some_and(|start| matches!(start, ":\\" | ":/"));
    let Some((login, _)) = text.rsplit_once('@') else { return false };
    let login = login.split_once("//").map_or(login, |(_, login)| login);
    !windows_drive && login.split_once(':').is_some_and(|(user, _)| !user.contains(['/', '\\']))
}

/// `host=db password=secret`.
fn connection_words(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.all(|word| word.contains('='))
        && ["host=", "dbname=", "user=", "password=", "service="]
            .iter()
            .any(|key| text.split_whitespace().any(|word| word.starts_with(key)))
}

/// The place without its password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite { path } if path.starts_with("file:") => f.write_str(path),
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
                    // libpq's rule: without a database's name it is the user's.
                    let name = keyword("dbname").or(keyword("user")).unwrap_or_default();
                    return write!(f, "/{name}");
                }
                f.write_str(&hide_password(url))
            }
        }
    }
}

/// Parameters that say where a connection goes and hold no secret.
const SHOWN: [&str; 9] = [
    "host",
    "hostaddr",
    "port",
    "user",
    "dbname",
    "sslmode",
    "options",
    "application_name",
    "connect_timeout",
];

/// Everything between the user's colon and the last `@` before the host goes, and every
/// parameter that could hold a secret.
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
        .filter(|pair| pair.split_once('=').is_some_and(|(key, _)| SHOWN.contains(&key)))
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
    fn what_only_prisma_reads_is_passed_over() {
        for (url, plain) in [
            ("//u@h/d?schema=public", "//u@h/d"),
            ("//u@h/d?schema=public&sslmode=require&connection_limit=5", "//u@h/d?sslmode=require"),
            ("//u@h/d?schema=app", "//u@h/d?schema=app"),
            ("//u:a@h/d", "//u:a@h/d"),
        ] {
            assert_eq!(without_prismas(url), plain);
        }
    }

    #[test]
    #[allow(clippy::unwrap_used)]
    fn passwords_stay_hidden() {
        for (url, shown) in [
            ("postgres://u:secret@h:1/d", "postgres://u:***@h:1/d"),
            ("postgres://u:sec@ret@h/d", "postgres://u:***@h/d"),
            ("postgresql://h/d?user=u&password=secret", "postgres://h/d?user=u"),
            ("sqlite://a%20b.db", "sqlite://a b.db"),
            ("data/app.db", "sqlite://data/app.db"),
            ("sqlite:a%20b.db?mode=ro", "file:a%20b.db?mode=ro"),
            ("C:\\data\\me@home.db", "sqlite://C:\\data\\me@home.db"),
        ] {
            assert_eq!(Location::parse(url, &Origin::Default).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn errors_do_not_repeat_the_url() {
        for url in [
            "mysql://u:secret@h/d",
            "postgres://u:secret@h:port/d",
            "postgres:u:secret@h/d",
            "postgres://u:sec#ret/secret@h/d",
            "redis://:secret@h",
            "u:secret@h/d",
            "postgres//u:secret@h/d",
            "//u:secret@h/d",
            "postgresql//secret/d",
            "host=h password=secret",
            "postgres://u:1#secret@h/d",
            "postgres://u:1/secret@h/d",
            "postgres://u:1?secret@h/d",
            "",
        ] {
            let error = Location::parse(url, &Origin::Flag("--database-url"));
            let message = error.err().map(|e| e.to_string()).unwrap_or_default();
            assert!(!message.is_empty() && !message.contains("secret"), "{message}");
        }
    }

    #[test]
    #[allow(clippy::unwrap_used)]
    fn every_spelling_of_a_place_is_one() {
        let place = |url: &str| Location::parse(url, &Origin::Default).unwrap().place();
        let shop = place("postgres://a:x@localhost/shop");
        for url in [
            "postgres://b@127.0.0.1:5432/shop",
            "postgresql://LOCALHOST/shop?user=c",
            "postgres:///shop",
            "postgres://localhost/?dbname=shop",
        ] {
            assert_eq!(place(url), shop, "{url}");
        }
        for url in ["postgres://localhost:5433/shop", "postgres://db/shop", "postgres://h/shop2"] {
            assert_ne!(place(url), shop, "{url}");
        }
        assert_eq!(place("a/b.db"), place("sqlite://a/b.db?mode=ro"));
    }
}
