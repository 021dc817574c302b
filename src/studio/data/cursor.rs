//! A place in an order of rows, as text that means nothing to anybody else.

use super::cell::{Cell, hex};
use super::rows::Order;
use crate::studio::problem::Problem;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// Of the row at the border, in the columns of the order.
    pub values: Vec<Cell>,
    /// Rows in front of it are wanted, not those behind.
    pub back: bool,
    /// Rows to skip, where nothing tells rows apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<u64>,
    /// The order it belongs to.
    order: String,
}

impl Cursor {
    pub fn new(values: Vec<Cell>, back: bool, order: &[Order]) -> Self {
        Self { values, back, skip: None, order: fingerprint(order) }
    }

    pub fn skipping(rows: u64, back: bool, order: &[Order]) -> Self {
        Self { skip: Some(rows), ..Self::new(Vec::new(), back, order) }
    }

    pub fn text(&self) -> String {
        serde_json::to_vec(self).map(|json| hex(&json)).unwrap_or_default()
    }

    /// # Errors
    /// No cursor, or one of another order.
    pub fn read(text: &str, order: &[Order]) -> Result<Self, Problem> {
        let wrong = || Problem::bad_request("the cursor is of another table or order");
        let json = Cell::Blob { blob: text.to_owned() }.value().map_err(|_| wrong())?;
        let crate::database::Value::Blob(json) = json else { return Err(wrong()) };
        let cursor: Self = serde_json::from_slice(&json).map_err(|_| wrong())?;
        let fits = cursor.order == fingerprint(order);
        if fits && (cursor.skip.is_some() || cursor.values.len() == order.len()) {
            Ok(cursor)
        } else {
            Err(wrong())
        }
    }
}

fn fingerprint(order: &[Order]) -> String {
    let mut digest = Sha256::new();
    for Order { column, desc } in order {
        digest.update(column.as_bytes());
        digest.update([0, u8::from(*desc)]);
    }
    hex(digest.finalize().get(..6).unwrap_or_default())
}
