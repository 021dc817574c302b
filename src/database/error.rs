/// What went wrong, as far as the caller must tell cases apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Refused, unreachable, starting up, too many connections: worth another try.
    Unreachable,
    /// Wrong password, unknown role or database, TLS refused: another try cannot help.
    Rejected,
    /// The connection was there and is gone.
    Lost,
    /// A lock was not granted in time (`lock_timeout`, SQLITE_BUSY).
    LockTimeout,
    /// Cancelled by the user or by `statement_timeout`.
    Cancelled,
    /// The role may not do this.
    Denied,
    /// The file is not a database, or is damaged.
    Corrupt,
    /// Any other error of a statement.
    Statement,
}

/// An error of a database, passwords never in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DatabaseError {
    pub kind: ErrorKind,
    pub message: String,
    /// Five characters on PostgreSQL; the extended result code's name on SQLite.
    pub code: Option<String>,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Byte offset in the SQL that was sent.
    pub position: Option<usize>,
    /// The statement's context (PL/pgSQL call stack and the like).
    pub context: Option<String>,
    /// The column it is about, where the server says so.
    pub column: Option<String>,
    /// The constraint that was violated, where the server says so.
    pub constraint: Option<String>,
}

impl DatabaseError {
    /// An error with nothing but its message.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            code: None,
            detail: None,
            hint: None,
            position: None,
            context: None,
            column: None,
            constraint: None,
        }
    }

    /// Detail and hint, each on a line of its own behind the message; empty where there is
    /// neither.
    #[must_use]
    pub fn more(&self) -> String {
        let line = |word: &str, text: &Option<String>| {
            text.as_ref().map(|text| format!("\n{word}: {text}")).unwrap_or_default()
        };
        format!("{}{}", line("detail", &self.detail), line("help", &self.hint))
    }
}
