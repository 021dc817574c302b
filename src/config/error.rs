use crate::diagnostic::Diagnostic;
use std::path::PathBuf;

/// Why the settings cannot be used. Passwords are never part of a message.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read {}: {source}", file.display())]
    Read { file: PathBuf, source: std::io::Error },
    /// Mistakes in dbkit.toml or diesel.toml, with their places.
    #[error("{}", findings.iter().map(|d| d.render(false)).collect::<Vec<_>>().join("\n"))]
    Invalid { findings: Vec<Diagnostic> },
    #[error(
        "{key} in {} has `{pattern}`, which is no regular expression: {reason}\nhelp: write it as Diesel does: `^users$` is that table alone", file.display()
    )]
    Pattern { file: PathBuf, key: String, pattern: String, reason: String },
    #[error("{} has a line that is not NAME=value: {reason}", file.display())]
    DotEnv { file: PathBuf, reason: String },
    #[error(
        "{place} names the variable ${{{variable}}}, which is not set\nhelp: export {variable}, or write it to a .env file"
    )]
    UnsetVariable { place: String, variable: String },
    #[error("there is no environment `{name}` in {}{}", file.display(), suggestion(near, known))]
    UnknownEnvironment { name: String, file: PathBuf, near: Option<String>, known: Vec<String> },
    #[error(
        "environment `{name}` has no database\nhelp: give it `url = \"…\"` under [env.{name}] in dbkit.toml, or use --database-url"
    )]
    NoUrl { name: String },
    #[error(
        "no database is named\nhelp: use --database-url URL, set DATABASE_URL, or give an environment of dbkit.toml a url (`dbkit init` writes one)"
    )]
    NoTarget,
    #[error(
        "the database URL from {origin} cannot be used: {reason}\nhelp: write postgres://USER:PASSWORD@HOST:5432/NAME or sqlite://PATH (in a password `%`, `@`, `:`, `/`, `?` and `#` as %25, %40, %3A, %2F, %3F and %23)"
    )]
    BadUrl { origin: String, reason: String },
    #[error("{origin} has a value that is not known\nhelp: {}{}", did_you_mean(near), known.join(", "))]
    BadValue { origin: String, near: Option<String>, known: Vec<String> },
}

fn did_you_mean(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!("did you mean `{near}`? ")).unwrap_or_default() + "known are "
}

fn suggestion(near: &Option<String>, known: &[String]) -> String {
    match near {
        Some(near) => format!("\nhelp: did you mean `{near}`?"),
        None if known.is_empty() => "\nhelp: it defines none; add one as [env.NAME]".to_owned(),
        None => format!("\nhelp: it defines {}", known.join(", ")),
    }
}
