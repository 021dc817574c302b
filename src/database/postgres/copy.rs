//! `COPY … FROM STDIN` (manual, libpq, "Functions Associated with the COPY Command").

use super::libpq::ExecStatusType;
use super::session::{PgSession, TICK, plain};
use super::values::affected;
use crate::database::DatabaseError;
use std::ffi::CStr;
use std::io::Read;
use std::time::Duration;

impl PgSession {
    /// Runs `COPY … FROM STDIN` with the reader's bytes as data. Returns the rows copied.
    ///
    /// # Errors
    /// The server's, or [`ErrorKind::Statement`](crate::database::ErrorKind::Statement) when reading fails or `sql` is no such COPY; the
    /// copy is then undone by the server.
    pub fn copy_in(&mut self, sql: &str, data: &mut dyn Read) -> Result<u64, DatabaseError> {
        self.send(sql)?;
        let mut reading = Ok(());
        let mut found = false;
        let mut outcome = Ok(0);
        while let Some(result) = self.next_result()? {
            match result.status() {
                ExecStatusType::PGRES_COPY_IN if !found => {
                    found = true;
                    reading = self.send_copy(data);
                }
                ExecStatusType::PGRES_COPY_IN => {
                    self.end_copy(Some(c"only one COPY at a time"))?;
                }
                ExecStatusType::PGRES_COPY_OUT => self.connection.discard_copy_data(),
                _ => match self.check(&result, sql) {
                    Ok(()) => outcome = outcome.map(|rows: u64| rows + affected(&result)),
                    Err(error) => outcome = Err(error),
                },
            }
        }
        reading?;
        if !found && outcome.is_ok() {
            return Err(plain("the statement is not a COPY … FROM STDIN"));
        }
        outcome
    }

    fn send_copy(&mut self, data: &mut dyn Read) -> Result<(), DatabaseError> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match data.read(&mut buffer) {
                Ok(0) => return self.end_copy(None),
                Ok(length) => {
                    let stretch = buffer.get(..length).unwrap_or_default();
                    loop {
                        match self.connection.put_copy_data(stretch) {
                            Some(true) => break,
                            Some(false) => self.make_room()?,
                            // The reason comes with the result that follows.
                            None => return self.end_copy(None),
                        }
                    }
                    // Memory must not grow with the data.
                    self.make_room()?;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.end_copy(Some(c"the data could not be read"))?;
                    return Err(plain(&format!("cannot read the data to copy: {error}")));
                }
            }
        }
    }

    pub(super) fn end_copy(&mut self, error: Option<&CStr>) -> Result<(), DatabaseError> {
        while self.connection.put_copy_end(error) == Some(false) {
            self.make_room()?;
        }
        Ok(())
    }

    /// Writes out what is queued.
    fn make_room(&mut self) -> Result<(), DatabaseError> {
        self.watch.begin();
        while self.connection.flush() == Some(false) {
            // The server may have to get rid of an error before it reads on.
            self.connection.ready(true, TICK);
            if self.connection.ready(false, Duration::ZERO) && !self.connection.consume() {
                return Ok(());
            }
            self.watched()?;
        }
        Ok(())
    }
}
