//! The next action for what databases refuse most often and give no hint for.

use crate::database::DatabaseError;

const THERE_ALREADY: &str = "it is there already, by a push or by hand: `dbkit diff --from database --to migrations` shows what else is; \
     `dbkit baseline` notes what is there as applied";
const NOT_THERE: &str =
    "check the spelling; what makes it has to run before: `dbkit status` shows what has";
const EMPTY_VALUES: &str = "the table has rows: add the column with a default, or without NOT NULL, fill it, and require it in a later migration";

/// What to do about a statement that failed in a migration; `None` where the server says it
/// itself, or nobody knows. The codes are those of the PostgreSQL manual, appendix A, and of
/// <https://sqlite.org/rescode.html>.
pub(super) fn advice(error: &DatabaseError) -> Option<&'static str> {
    if error.hint.is_some() {
        return None;
    }
    let message = error.message.to_lowercase();
    Some(match error.code.as_deref()? {
        "23502" if message.contains("contains null values") => EMPTY_VALUES,
        "23505" | "SQLITE_CONSTRAINT_UNIQUE" => {
            "several rows have the same values: find them with GROUP BY … HAVING count(*) > 1, and mend them first"
        }
        "23503" | "SQLITE_CONSTRAINT_FOREIGNKEY" => {
            "rows refer to a row that is not there, or would then: mend or delete them first"
        }
        "23514" | "SQLITE_CONSTRAINT_CHECK" => {
            "rows break the check: mend them first, or add it NOT VALID and validate it in a later migration"
        }
        "42P06" | "42P07" | "42701" | "42710" | "42723" => THERE_ALREADY,
        "3F000" | "42703" | "42704" | "42883" | "42P01" => NOT_THERE,
        "42501" => {
            "run migrations as the owner of the tables: `direct_url` of the environment, or --database-url; or grant the right"
        }
        "55P04" => "use the new enum value in a later migration: it counts from the commit on",
        "25001" => {
            "put it in a migration of its own with `run_in_transaction = false` in metadata.toml"
        }
        "53100" | "SQLITE_FULL" => "make room on the disk and run it again",
        "SQLITE_ERROR" if message.contains("cannot add a not null column") => EMPTY_VALUES,
        "SQLITE_ERROR" if message.contains("already exists") => THERE_ALREADY,
        "SQLITE_ERROR" if message.contains("no such") => NOT_THERE,
        "SQLITE_READONLY" => "make the file and its folder writable for this user",
        _ => return None,
    })
}
