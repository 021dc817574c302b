use serde::{Deserialize, Serialize};

/// A drawing: the column `projects.design`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, dbkit::Jsonb)]
pub struct Design {
    pub tables: Vec<Table>,
    pub relations: Vec<Relation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    pub kind: String,
    pub nullable: bool,
}

/// An arrow from a column to another, as `orders.customer_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    pub from: String,
    pub to: String,
}
