//! Opening a connection: options, time limit, what is worth another try, and the waiting between.

use super::libpq::{self, Attempt, Connection};
use crate::database::{DatabaseError, ErrorKind, interrupt};
use percent_encoding::percent_decode_str;
use std::ffi::CString;
use std::time::{Duration, Instant};

/// What a connection is opened with.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// libpq keywords that win over those in the URL: `sslmode`, `sslrootcert`, `host` …
    pub keywords: Vec<(String, String)>,
    /// Where neither the URL nor `PGAPPNAME` says one.
    pub application_name: String,
    /// Limit of one attempt; the URL's `connect_timeout` wins where it is shorter or longer.
    pub timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            keywords: Vec::new(),
            application_name: "dbkit".to_owned(),
            timeout: Duration::from_secs(10),
        }
    }
}

/// How long to go on trying while a server cannot be reached.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// Overall limit of all attempts and pauses; zero: one attempt.
    pub wait_limit: Duration,
    pub first_pause: Duration,
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            wait_limit: Duration::from_secs(10),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(2),
        }
    }
}

/// What the caller may tell the user before each pause.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// Why the last attempt failed.
    pub error: &'a DatabaseError,
    /// Attempts so far.
    pub attempts: u32,
    pub waited: Duration,
    pub limit: Duration,
}

/// One attempt.
pub(super) fn open(target: &str, options: &ConnectOptions) -> Result<Connection, DatabaseError> {
    let secrets = secrets(target, options);
    let given = parse(target, &secrets)?;
    let own = |key: &str| {
        let by_keyword = options.keywords.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v);
        by_keyword.or_else(|| given.iter().find(|(k, _)| k == key).map(|(_, v)| v)).cloned()
    };
    // libpq leaves the limit to the caller of the non-blocking interface.
    let limit = own("connect_timeout")
        .or_else(|| std::env::var("PGCONNECT_TIMEOUT").ok())
        .and_then(|seconds| seconds.trim().parse().ok())
        .filter(|seconds| *seconds > 0)
        .map_or(options.timeout, Duration::from_secs);
    open_within(target, options, &secrets, limit)
}

fn open_within(
    target: &str,
    options: &ConnectOptions,
    secrets: &[String],
    limit: Duration,
) -> Result<Connection, DatabaseError> {
    let mut parameters = vec![
        pair("fallback_application_name", &options.application_name)?,
        // A network that swallows everything is noticed within half a minute.
        pair("keepalives_idle", "15")?,
        pair("keepalives_interval", "5")?,
        pair("keepalives_count", "3")?,
        // Expanded by libpq; what follows wins over it.
        pair("dbname", target)?,
    ];
    for (key, value) in &options.keywords {
        parameters.push(pair(key, value)?);
    }
    parameters.push(pair("client_encoding", "UTF8")?);
    match Connection::open(&parameters, limit) {
        Attempt::Open(connection) => Ok(connection),
        Attempt::TimedOut => Err(classify(
            &format!("the server did not answer within {} s", limit.as_secs_f32()),
            false,
            false,
        )),
        Attempt::Failed { message, reached_server, needs_password } => {
            Err(classify(&redact(&message, secrets), reached_server, needs_password))
        }
    }
}

/// Attempts until it works, until an error comes that waiting cannot mend, or until the limit.
pub(super) fn open_with_retry(
    target: &str,
    options: &ConnectOptions,
    policy: &RetryPolicy,
    progress: &mut dyn FnMut(&Waiting<'_>),
) -> Result<Connection, DatabaseError> {
    let start = Instant::now();
    let mut pause = policy.first_pause;
    let mut attempts = 0;
    loop {
        attempts += 1;
        let left = policy.wait_limit.saturating_sub(start.elapsed());
        let attempt = ConnectOptions {
            timeout: if attempts == 1 { options.timeout } else { options.timeout.min(left) },
            ..options.clone()
        };
        let error = match open(target, &attempt) {
            Ok(connection) => return Ok(connection),
            Err(error) if error.kind == ErrorKind::Unreachable => error,
            Err(error) => return Err(error),
        };
        let waited = start.elapsed();
        // Half the pause is fixed and half random, so that many clients do not come back at once.
        let next = pause / 2 + pause.mul_f64(random_fraction() / 2.0);
        if waited + next >= policy.wait_limit {
            return Err(error);
        }
        progress(&Waiting { error: &error, attempts, waited, limit: policy.wait_limit });
        if interrupt::pause(next) {
            return Err(error);
        }
        pause = (pause * 2).min(policy.longest_pause);
    }
}

/// Between 0 and 1, without a generator of random numbers: v4 UUIDs are random.
pub(crate) fn random_fraction() -> f64 {
    let bits = u32::try_from(uuid::Uuid::new_v4().as_u128() & 0xffff_ffff).unwrap_or(0);
    f64::from(bits) / f64::from(u32::MAX)
}

fn pair(key: &str, value: &str) -> Result<(CString, CString), DatabaseError> {
    let nul = |_| {
        let message = format!("the connection setting `{key}` contains a NUL byte");
        error(ErrorKind::Rejected, message, None)
    };
    Ok((CString::new(key).map_err(nul)?, CString::new(value).map_err(nul)?))
}

fn parse(target: &str, secrets: &[String]) -> Result<Vec<(String, String)>, DatabaseError> {
    let (_, text) = pair("url", target)?;
    if !target.contains("://") && !target.contains('=') {
        return Ok(Vec::new());
    }
    libpq::parse_conninfo(&text).map_err(|message| {
        let message = redact(message.trim(), secrets);
        error(ErrorKind::Rejected, format!("cannot read the connection URL: {message}"), None)
    })
}

/// Tells a server that is not there yet from one that says no.
fn classify(message: &str, reached_server: bool, needs_password: bool) -> DatabaseError {
    let code = last_sqlstate(message);
    let kind = match code.as_deref() {
        // cannot_connect_now, too_many_connections, the server is shutting down, 08: connection.
        Some("57P03" | "53300" | "57P01" | "57P02") => ErrorKind::Unreachable,
        Some(code) if code.starts_with("08") || code.starts_with("53") => ErrorKind::Unreachable,
        Some(_) => ErrorKind::Rejected,
        None if needs_password => ErrorKind::Rejected,
        None => kind_without_code(message, reached_server),
    };
    let hint = hint(kind, code.as_deref(), message, needs_password);
    DatabaseError { hint: Some(hint.to_owned()), ..error(kind, tidy(message), code) }
}

/// The next action.
fn hint(kind: ErrorKind, code: Option<&str>, message: &str, needs_password: bool) -> &'static str {
    match code {
        Some("3D000") => "correct the database's name, or make it with `dbkit prepare`",
        Some("28P01") => "correct the user or the password",
        Some("28000") => "correct the user, or let it in: the server's pg_hba.conf decides",
        Some("53300") => "the server has no connection left: close some, or raise max_connections",
        _ if needs_password => "give a password: in the URL, as POSTGRES_PASSWORD or in ~/.pgpass",
        _ if message.contains("translate host name") => "correct the host's name",
        _ if kind == ErrorKind::Unreachable => {
            "start the server, or correct host and port; --wait SECONDS goes on trying for longer"
        }
        _ if ["SSL", "certificate"].iter().any(|word| message.contains(word)) => {
            "correct sslmode and sslrootcert, or the server's certificate"
        }
        _ => "correct the connection's settings; `dbkit config` shows where each comes from",
    }
}

/// libpq's own complaints have no SQLSTATE. Before the server was reached only a bad setting is
/// hopeless; after that TLS, certificates and authentication methods are.
fn kind_without_code(message: &str, reached_server: bool) -> ErrorKind {
    let hopeless: &[&str] = if reached_server {
        &["SSL", "TLS", "certificate", "GSS", "authentication", "password", "protocol"]
    } else {
        &["invalid", "sslmode", "certificate", "not compiled", "could not match", "root."]
    };
    if message.contains("closed the connection unexpectedly") && !message.contains("SSL error") {
        ErrorKind::Unreachable
    } else if hopeless.iter().any(|word| message.contains(word)) {
        ErrorKind::Rejected
    } else {
        ErrorKind::Unreachable
    }
}

/// The code in `FATAL:  28P01: password …`, as raised verbosity prints it; the last one counts,
/// because libpq lists its attempts (hosts, with and without TLS) in order.
fn last_sqlstate(message: &str) -> Option<String> {
    message.lines().rev().find_map(|line| {
        let codes = line.split(": ").map(str::trim).filter(|part| is_sqlstate(part));
        codes.last().map(str::to_owned)
    })
}

fn is_sqlstate(word: &str) -> bool {
    word.len() == 5
        && word.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
        && word.bytes().any(|b| b.is_ascii_digit())
}

/// The message as a person reads it: without the code and without the server's source line.
fn tidy(message: &str) -> String {
    let mut lines = Vec::new();
    for line in message.lines().map(str::trim_end) {
        let is_location = line.split_once(": ").is_some_and(|(_, rest)| {
            // `LOCATION:  auth_failed, auth.c:330`, in the server's language.
            rest.rsplit_once(':').is_some_and(|(file, number)| {
                file.ends_with(".c") && number.bytes().all(|b| b.is_ascii_digit())
            })
        });
        if is_location || line.trim().is_empty() {
            continue;
        }
        let parts: Vec<&str> = line.split(": ").filter(|p| !is_sqlstate(p.trim())).collect();
        lines.push(parts.join(": "));
    }
    lines.join("\n")
}

/// Every spelling of a password that a message could repeat.
fn secrets(target: &str, options: &ConnectOptions) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8_lossy().into_owned();
        for word in [text.to_owned(), decoded] {
            if !word.is_empty() && !found.contains(&word) {
                found.push(word);
            }
        }
    };
    if let Some((_, rest)) = target.split_once("://") {
        // The last `@`, so that a forgotten encoding hides too much rather than too little.
        if let Some((user, _)) = rest.rsplit_once('@')
            && let Some((_, password)) = user.split_once(':')
        {
            add(password);
        }
    }
    for (key, value) in &options.keywords {
        if is_secret(key) {
            add(value);
        }
    }
    for part in target.split(['?', '&', ' ']) {
        if let Some((key, value)) = part.split_once('=')
            && is_secret(key.trim())
        {
            add(value.trim().trim_matches('\''));
        }
    }
    found.sort_by_key(|word| std::cmp::Reverse(word.len()));
    found
}

fn is_secret(key: &str) -> bool {
    matches!(key, "password" | "sslpassword" | "oauth_client_secret")
}

fn redact(message: &str, secrets: &[String]) -> String {
    secrets.iter().fold(message.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
}

fn error(kind: ErrorKind, message: String, code: Option<String>) -> DatabaseError {
    DatabaseError { code, ..DatabaseError::new(kind, message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(message: &str, reached: bool) -> ErrorKind {
        classify(message, reached, false).kind
    }

    #[test]
    fn codes_decide_whatever_the_language() {
        let wrong = "connection to server at \"h\", port 1 failed: FATALE:  28P01: \
                     autenticazione con password fallita\nPOSIZIONE:  auth_failed, auth.c:330\n";
        assert_eq!(kind(wrong, true), ErrorKind::Rejected);
        assert_eq!(
            classify(wrong, true, false).message,
            "connection to server at \"h\", port 1 failed: FATALE: autenticazione con password fallita"
        );
        assert_eq!(kind("x failed: FATAL:  57P03: starting up", true), ErrorKind::Unreachable);
        assert_eq!(kind("x failed: FATAL:  53300: too many", true), ErrorKind::Unreachable);
        assert_eq!(kind("x failed: FATAL:  3D000: no database", true), ErrorKind::Rejected);
    }

    #[test]
    fn without_a_code_it_depends_on_how_far_it_got() {
        assert_eq!(kind("connection failed: Connection refused", false), ErrorKind::Unreachable);
        assert_eq!(kind("invalid sslmode value: \"x\"", false), ErrorKind::Rejected);
        assert_eq!(kind("server does not support SSL", true), ErrorKind::Rejected);
        assert_eq!(kind("server closed the connection unexpectedly", true), ErrorKind::Unreachable);
    }

    #[test]
    fn no_spelling_of_a_password_survives() {
        let options = ConnectOptions::default();
        let words = secrets("postgres://u:p%40ss@h/d?password=other", &options);
        assert_eq!(redact("p%40ss p@ss other", &words), "*** *** ***");
        let error = open("postgres://u:s3cret@h:notaport/d", &options).err();
        let error = error.map(|e| format!("{e:?}")).unwrap_or_default();
        assert!(error.contains("Rejected") && !error.contains("s3cret"), "{error}");
    }
}
