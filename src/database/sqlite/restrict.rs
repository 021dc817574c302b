//! What statements that somebody types may do (sqlite.org, sqlite3_set_authorizer).

use super::SqliteSession;
use super::error::of_statement;
use crate::database::DatabaseError;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

/// How far statements may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// Nothing is written: neither to the database nor to another file.
    Reading,
    /// The database is written to, no other file is opened or made.
    Writing,
}

/// Pragmas that only tell.
const TELLING: [&str; 22] = [
    "application_id",
    "collation_list",
    "compile_options",
    "database_list",
    "encoding",
    "foreign_key_check",
    "foreign_key_list",
    "freelist_count",
    "function_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "module_list",
    "page_count",
    "page_size",
    "quick_check",
    "schema_version",
    "table_info",
    "table_list",
    "table_xinfo",
    "user_version",
];

/// Of these the value names what is told.
const TAKES_NAME: [&str; 9] = [
    "foreign_key_check",
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "integrity_check",
    "quick_check",
    "table_info",
    "table_xinfo",
];

/// Of those that write, those that nobody needs to change rows and that undo what is checked.
const DANGEROUS: [&str; 5] = [
    "data_store_directory",
    "temp_store_directory",
    "trusted_schema",
    "writable_schema",
    "hard_heap_limit",
];

impl SqliteSession {
    /// Restricts statements that are prepared from now on, or frees them again.
    ///
    /// # Errors
    /// SQLite's own.
    pub fn restrict(&self, to: Option<Restriction>) -> Result<(), DatabaseError> {
        let hook = to.map(|to| {
            move |context: AuthContext<'_>| match allowed(context.action, to) {
                true => Authorization::Allow,
                false => Authorization::Deny,
            }
        });
        self.connection.authorizer(hook).map_err(|error| of_statement(&error, 0))
    }
}

fn allowed(action: AuthAction<'_>, to: Restriction) -> bool {
    match action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => true,
        AuthAction::Function { function_name } => {
            !["load_extension", "fts3_tokenizer", "writefile", "readfile", "edit"]
                .contains(&function_name.to_ascii_lowercase().as_str())
        }
        AuthAction::Pragma { pragma_name, pragma_value } => {
            let name = pragma_name.to_ascii_lowercase();
            match to {
                Restriction::Writing => !DANGEROUS.contains(&name.as_str()),
                Restriction::Reading => {
                    TELLING.contains(&name.as_str())
                        && (pragma_value.is_none() || TAKES_NAME.contains(&name.as_str()))
                }
            }
        }
        // VACUUM attaches a file without a name; `VACUUM INTO` one with.
        AuthAction::Attach { filename } => to == Restriction::Writing && filename.is_empty(),
        AuthAction::Detach { database_name } => {
            to == Restriction::Writing && database_name.starts_with("vacuum_")
        }
        // VACUUM has transactions of its own.
        AuthAction::Transaction { .. } => to == Restriction::Writing,
        AuthAction::Savepoint { .. } => false,
        AuthAction::Unknown { .. } => false,
        _ => to == Restriction::Writing,
    }
}
