use crate::database::DatabaseError;

/// Why there is nothing to show.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    #[error("there is no table or view {name}{}", did_you_mean(.nearest.as_deref()))]
    UnknownTable { name: String, nearest: Option<String> },
    #[error("{table} has no column {name}{}", did_you_mean(.nearest.as_deref()))]
    UnknownColumn { table: String, name: String, nearest: Option<String> },
    /// The condition of `--where` is not one.
    #[error("--where: {0}")]
    Condition(DatabaseError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}
