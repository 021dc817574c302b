use crate::database::DatabaseError;

/// Why there is nothing to show.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    #[error("there is no table or view {name}{}", did_you_mean(.nearest.as_deref()))]
    UnknownTable { name: String, nearest: Option<String> },
    #[error("{table} has no column {name}{}", did_you_mean(.nearest.as_deref()))]
    UnknownColumn { table: String, name: String, nearest: Option<String> },
    #[error("{table} has no primary key, which alone tells its rows apart")]
    NoKey { table: String },
    #[error("the key of {table} is ({columns}): {wanted} {}, not {given}", values(*.wanted))]
    KeyLength { table: String, columns: String, wanted: usize, given: usize },
    #[error("{table} has no row with ({columns}) = ({key})")]
    UnknownRow { table: String, columns: String, key: String },
    #[error("cannot write the rows: {0}")]
    Output(String),
    /// The condition of `--where` is not one.
    #[error("--where: {0}")]
    Condition(DatabaseError),
    /// `--sql` takes one statement that reads.
    #[error("--sql: {0}")]
    Sql(String),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

fn values(number: usize) -> &'static str {
    if number == 1 { "value" } else { "values" }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}
