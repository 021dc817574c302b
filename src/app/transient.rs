use diesel::result::{DatabaseErrorKind, Error};

/// How PostgreSQL says "deadlock detected" in its languages. Diesel does not pass the code 40P01 on,
/// and only a superuser may choose the language of messages.
const DEADLOCK: [&str; 12] = [
    "deadlock",
    "verklemmung",
    "interblocage",
    "bloquage mortel",
    "взаимоблокировк",
    "взаємне блокування",
    "デッドロック",
    "死锁",
    "死結",
    "impasse",
    "zakleszczeni",
    "교착",
];

/// True for an error that may not come again when the whole transaction is repeated: a
/// serialization failure or a deadlock (PostgreSQL manual, 13.5), a busy SQLite database.
pub(super) fn is_transient(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, information) => {
            let message = information.message().to_lowercase();
            DEADLOCK.iter().any(|word| message.contains(word))
                || message == "database is locked"
                || message == "database table is locked"
        }
        _ => false,
    }
}
