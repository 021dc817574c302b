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
    /// There is no way back to what was there.
    Irreversible,
}

impl HazardKind {
    pub const ALL: [Self; 7] = [
        Self::DataLoss,
        Self::MayFail,
        Self::TableRewrite,
        Self::TableScan,
        Self::BlocksTraffic,
        Self::BreaksClients,
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
            Self::Irreversible => "irreversible",
        }
    }

    /// True when `push` refuses the step unless it is allowed by name or by
    /// `--allow-destructive`.
    #[must_use]
    pub fn refused_by_default(self) -> bool {
        matches!(self, Self::DataLoss | Self::Irreversible)
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
}
