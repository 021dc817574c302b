/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Steps that wait for each other. It is a fault of dbkit, not of the schema.
    #[error(
        "internal error: these steps depend on each other in a circle: {}; please report it with both schemas",
        steps.join(", ")
    )]
    Cycle { steps: Vec<String> },
    /// The change has no plan in this dialect.
    #[error("{object}: {reason}; {help}")]
    Impossible { object: String, reason: String, help: String },
}
