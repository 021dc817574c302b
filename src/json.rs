//! What `#[derive(dbkit::Json)]` and `#[derive(dbkit::Jsonb)]` expand to.

use diesel::backend::Backend;
use diesel::serialize::{self, Output};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use serde_json::Value;

/// A database that stores JSON.
pub trait JsonBackend: Backend {
    /// Writes the value as `Json` has it.
    ///
    /// # Errors
    /// serde's.
    fn write_json<T: Serialize>(value: &T, out: &mut Output<'_, '_, Self>) -> serialize::Result;

    /// Writes the value as `Jsonb` has it.
    ///
    /// # Errors
    /// serde's.
    fn write_jsonb<T: Serialize>(value: &T, out: &mut Output<'_, '_, Self>) -> serialize::Result;
}

#[cfg(feature = "postgres")]
impl JsonBackend for diesel::pg::Pg {
    fn write_json<T: Serialize>(value: &T, out: &mut Output<'_, '_, Self>) -> serialize::Result {
        serde_json::to_writer(out, value)?;
        Ok(serialize::IsNull::No)
    }

    fn write_jsonb<T: Serialize>(value: &T, out: &mut Output<'_, '_, Self>) -> serialize::Result {
        // The version of the format (src/backend/utils/adt/jsonb.c, `jsonb_recv`).
        std::io::Write::write_all(out, &[1])?;
        Self::write_json(value, out)
    }
}

#[cfg(feature = "sqlite")]
impl JsonBackend for diesel::sqlite::Sqlite {
    fn write_json<T: Serialize>(value: &T, out: &mut Output<'_, '_, Self>) -> serialize::Result {
        out.set_value(serde_json::to_string(value)?);
        Ok(serialize::IsNull::No)
    }

    fn write_jsonb<T: Serialize>(value: &T, out: &mut Output<'_, '_, Self>) -> serialize::Result {
        out.set_value(crate::dialect::sqlite::jsonb::encode(&serde_json::to_value(value)?));
        Ok(serialize::IsNull::No)
    }
}

/// The value of a column; the error says what it was to be.
///
/// # Errors
/// The JSON is something else.
pub fn read<T: DeserializeOwned>(name: &str, json: Value) -> diesel::deserialize::Result<T> {
    serde_json::from_value(json)
        .map_err(|error| format!("the JSON in the column is no {name}: {error}").into())
}
