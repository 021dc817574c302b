use super::{Hazard, Lock};
use crate::model::QName;
use serde::Serialize;

/// A plan as SQL, ready to be written to migration folders or executed. Parts run in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Script {
    pub parts: Vec<Part>,
    /// What the user should know and need not answer: a step that has no way back, an object left
    /// alone.
    pub notes: Vec<String>,
}

/// Statements that run in one transaction, or outside any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub transactional: bool,
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// One statement, with its final semicolon.
    pub sql: String,
    pub hazards: Vec<Hazard>,
    /// Tables that were there before and that others wait for meanwhile (PostgreSQL).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub locks: Vec<Lock>,
    /// The table it is about, to tell where that is declared.
    #[serde(skip)]
    pub table: Option<QName>,
    /// What it is for, in words: `add column age of table users`.
    #[serde(skip)]
    pub what: String,
}

impl Statement {
    #[must_use]
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            hazards: Vec::new(),
            locks: Vec::new(),
            table: None,
            what: String::new(),
        }
    }

    #[must_use]
    pub fn with(mut self, hazards: Vec<Hazard>) -> Self {
        self.hazards = hazards;
        self
    }
}

impl Script {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.statements.is_empty())
    }

    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.parts.iter().flat_map(|part| &part.statements)
    }
}
