use crate::model::QName;
use serde::Serialize;
use std::fmt;

/// A danger of a step, as a category that `--allow` and configuration name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HazardKind {
    /// Rows, columns or values are gone afterwards.
    DataLoss,
    /// The statement may fail on the rows that are there.
    MayFail,
    /// The whole table is written anew under a lock.
    TableRewrite,
    /// The whole table is read under a lock.
    TableScan,
    /// Readers or writers wait while it runs.
    BlocksTraffic,
    /// Running clients that know the old schema may fail.
    BreaksClients,
    /// Roles may see rows they could not see before.
    ExposesRows,
    /// PostgreSQL knows no conversion between the two types.
    NoConversion,
    /// There is no way back to what was there.
    Irreversible,
}

impl HazardKind {
    pub const ALL: [Self; 9] = [
        Self::DataLoss,
        Self::MayFail,
        Self::TableRewrite,
        Self::TableScan,
        Self::BlocksTraffic,
        Self::BreaksClients,
        Self::ExposesRows,
        Self::NoConversion,
        Self::Irreversible,
    ];

    /// The word for `--allow` and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataLoss => "data-loss",
            Self::MayFail => "may-fail",
            Self::TableRewrite => "table-rewrite",
            Self::TableScan => "table-scan",
            Self::BlocksTraffic => "blocks-traffic",
            Self::BreaksClients => "breaks-clients",
            Self::ExposesRows => "exposes-rows",
            Self::NoConversion => "no-conversion",
            Self::Irreversible => "irreversible",
        }
    }

    /// True when `push` refuses the step unless it is allowed by name or by
    /// `--allow-destructive`.
    #[must_use]
    pub fn refused_by_default(self) -> bool {
        matches!(self, Self::DataLoss | Self::Irreversible | Self::NoConversion)
    }
}

impl fmt::Display for HazardKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A danger, told as a consequence for the user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hazard {
    pub kind: HazardKind,
    /// `drops column comments.text and its values`.
    pub consequence: String,
    /// The table whose rows it is about.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown")]
    pub table: Option<QName>,
    /// How many rows that table has, where a live database was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowCount>,
}

impl Hazard {
    /// A danger of no table yet.
    #[must_use]
    pub fn new(kind: HazardKind, consequence: impl Into<String>) -> Self {
        Self { kind, consequence: consequence.into(), table: None, rows: None }
    }

    /// The table whose rows it is about.
    #[must_use]
    pub fn on(mut self, table: &QName) -> Self {
        self.table = Some(table.clone());
        self
    }
}

/// The consequence, with the number of rows where it is known.
impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.consequence)?;
        match (&self.table, &self.rows) {
            (Some(table), Some(rows)) => write!(f, " ({table} has {rows})"),
            _ => Ok(()),
        }
    }
}

/// Rows of a table, counted or estimated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowCount {
    pub count: u64,
    /// False for the server's own estimate.
    pub exact: bool,
}

/// `12 rows`, `about 2.1 M rows`.
impl fmt::Display for RowCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.exact { "" } else { "about " };
        match self.count {
            1 => write!(f, "{about}1 row"),
            n if n < 10_000 || self.exact => write!(f, "{about}{n} rows"),
            n if n < 1_000_000 => write!(f, "{about}{} k rows", n / 1000),
            n => write!(f, "{about}{}.{} M rows", n / 1_000_000, n % 1_000_000 / 100_000),
        }
    }
}

fn shown<S: serde::Serializer>(name: &Option<QName>, to: S) -> Result<S::Ok, S::Error> {
    name.as_ref().map(ToString::to_string).serialize(to)
}
