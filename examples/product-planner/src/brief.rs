use serde::{Deserialize, Serialize};

/// What a product is to be: the column `projects.brief`. Every field has a default, so that rows
/// written before a field was thought of can still be read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, dbkit::Jsonb)]
#[serde(default)]
pub struct Brief {
    pub vision: String,
    pub audience: Vec<String>,
    pub features: Vec<Feature>,
}

/// One feature and what it costs, in days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    pub name: String,
    pub effort: u32,
}
