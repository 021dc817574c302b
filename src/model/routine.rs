use super::{Expr, OnTable, RoutineId};
use serde::{Deserialize, Serialize};

/// A function, procedure, aggregate or window function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    pub id: RoutineId,
    pub kind: RoutineKind,
    /// The whole argument list with names, modes and defaults: with an unchanged list and result
    /// `CREATE OR REPLACE` suffices.
    pub arguments: String,
    /// What it returns; empty for procedures.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub result: String,
    /// The whole CREATE statement without a final semicolon. Functions and procedures begin with
    /// `CREATE OR REPLACE`, as `pg_get_functiondef` prints them.
    pub definition: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutineKind {
    Function,
    Procedure,
    Aggregate,
}

/// Whether a trigger or rule fires (`ALTER TABLE … ENABLE REPLICA TRIGGER`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enabled {
    #[default]
    Origin,
    Disabled,
    Replica,
    Always,
}

impl Enabled {
    #[must_use]
    pub fn is_origin(&self) -> bool {
        matches!(self, Self::Origin)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub id: OnTable,
    /// The whole CREATE TRIGGER statement without a final semicolon.
    pub definition: String,
    #[serde(default, skip_serializing_if = "Enabled::is_origin")]
    pub enabled: Enabled,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub id: OnTable,
    /// The whole CREATE RULE statement without a final semicolon.
    pub definition: String,
    #[serde(default, skip_serializing_if = "Enabled::is_origin")]
    pub enabled: Enabled,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub id: OnTable,
    pub permissive: bool,
    pub command: PolicyCommand,
    /// Sorted; `public` for everybody. `current_user` and the like are stored by PostgreSQL as the
    /// role they stand for.
    pub roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<Expr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_check: Option<Expr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyCommand {
    All,
    Select,
    Insert,
    Update,
    Delete,
}
