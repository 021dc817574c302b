//! Data in: the rows of `seeds/common` and `seeds/<environment>`, written so that a second run
//! changes nothing.
//!
//! ```text
//! files ─► rows (as written) ─► checked against the live model ─► ordered by foreign key ─► one transaction
//! ```
//!
//! Every mistake that can be seen without writing is reported before the first write, all of them
//! at once.

mod check;
mod error;
mod files;
mod kind;
mod order;
mod references;
mod report;
mod rows;
mod sequences;
mod statements;
mod value;
mod write;

pub use error::SeedError;
pub use files::{COMMON, Sets, environments, load};
pub use report::{Report, SqlReport, TableReport};

use crate::database::Session;

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Do everything, count it, and roll it back.
    pub dry_run: bool,
}

/// Writes the sets to the database, in one transaction.
///
/// # Errors
/// [`SeedError::Mistakes`] before anything is written; any other error after everything was rolled
/// back.
pub fn run(session: &mut dyn Session, sets: &Sets, options: Options) -> Result<Report, SeedError> {
    let model = session.introspect().map_err(SeedError::database("reading the schema"))?;
    let given = rows::read(sets)?;
    let scripts = files::scripts(sets, model.dialect)?;
    let checked = check::check(given, &model)?;
    let order = order::order(&checked, &model)?;
    references::check(session, &checked, &model)?;

    write::begin(session, &order)?;
    let written = write::write(session, &checked, &scripts, &order, &model);
    let report = match written {
        Ok(report) => report,
        Err(error) => {
            // The first error is the one to tell; the connection may be gone already.
            let _ = session.execute("ROLLBACK");
            return Err(error);
        }
    };
    let end = if options.dry_run { "ROLLBACK" } else { "COMMIT" };
    if let Err(error) = session.execute(end) {
        // SQLite keeps the transaction open when COMMIT fails on a deferred foreign key.
        let _ = session.execute("ROLLBACK");
        return Err(SeedError::database("ending the transaction")(error));
    }
    Ok(Report { dry_run: options.dry_run, ..report })
}
