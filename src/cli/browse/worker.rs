//! The connection, on a thread of its own: the screen stays alive while a statement runs.

use crate::config::Target;
use crate::database::{Access, Connection, ErrorKind, Stopper, open};
use crate::inspect::{
    self, Browsed, Detail, Identity, InspectError, Link, Overview, Place, Stretch,
};
use crate::model::QName;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

/// What the screen wants to know.
#[derive(Clone, Debug, PartialEq)]
pub enum Question {
    Tables,
    /// The first rows of a table that was not shown before.
    Open(Browsed, usize),
    Rows(Browsed, Place, usize),
    Row(Browsed, Identity),
    Count(Browsed),
    Structure(QName),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Tables(Overview),
    Opened(Browsed, Stretch, Vec<Link>),
    Rows(Place, Stretch),
    Row(Option<Detail>),
    Count(u64),
    Structure(String),
    /// In words for a person.
    Failed(String),
}

pub struct Worker {
    questions: Sender<Question>,
    pub answers: Receiver<Answer>,
    stopper: Arc<Mutex<Option<Stopper>>>,
}

impl Worker {
    /// Goes on with an open connection; a lost one is opened again with the next question.
    pub fn start(connection: Connection, target: Target) -> std::io::Result<Self> {
        let (questions, asked) = channel();
        let (answer, answers) = channel();
        let stopper = Arc::new(Mutex::new(Some(Stopper::of(&connection))));
        let shared = Arc::clone(&stopper);
        std::thread::Builder::new().name("browse".to_owned()).spawn(move || {
            let mut connection = Some(connection);
            for question in asked {
                let said = match connected(&mut connection, &target, &shared) {
                    Ok(connection) => ask(connection, question),
                    Err(error) => Err(error),
                };
                let said = said.unwrap_or_else(|error| {
                    if matches!(&error, InspectError::Database(e) if e.kind == ErrorKind::Lost) {
                        connection = None;
                    }
                    Answer::Failed(words(&error))
                });
                if answer.send(said).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { questions, answers, stopper })
    }

    pub fn ask(&self, question: Question) {
        // Its end shows where the answer is waited for.
        self.questions.send(question).ok();
    }

    /// Ends the statement that is running.
    pub fn stop(&self) {
        if let Some(stopper) = &*self.stopper.lock().unwrap_or_else(PoisonError::into_inner) {
            stopper.stop();
        }
    }
}

fn connected<'c>(
    connection: &'c mut Option<Connection>,
    target: &Target,
    stopper: &Mutex<Option<Stopper>>,
) -> Result<&'c mut Connection, InspectError> {
    let open = match connection.take() {
        Some(open) => open,
        None => {
            let made = open(target, Access::Read, &mut |_| {})?;
            let mut shared = stopper.lock().unwrap_or_else(PoisonError::into_inner);
            *shared = Some(Stopper::of(&made));
            made
        }
    };
    Ok(connection.insert(open))
}

fn ask(connection: &mut Connection, question: Question) -> Result<Answer, InspectError> {
    Ok(match question {
        Question::Tables => Answer::Tables(inspect::overview(connection)?),
        Question::Open(browsed, limit) => {
            let links = inspect::links(connection, &browsed.table.name)?;
            let stretch = inspect::browse(connection, &browsed, &Place::First, limit)?;
            Answer::Opened(browsed, stretch, links)
        }
        Question::Rows(browsed, place, limit) => {
            let stretch = inspect::browse(connection, &browsed, &place, limit)?;
            Answer::Rows(place, stretch)
        }
        Question::Row(browsed, place) => {
            Answer::Row(inspect::identified(connection, &browsed, &place)?)
        }
        Question::Count(browsed) => Answer::Count(inspect::counted(connection, &browsed)?),
        Question::Structure(table) => {
            Answer::Structure(inspect::structure(connection, &table)?.tables(None))
        }
    })
}

/// On one line: the screen has one for it.
fn words(error: &InspectError) -> String {
    let stopped = |error: &crate::database::DatabaseError| error.kind == ErrorKind::Cancelled;
    let text = match error {
        InspectError::Condition(error) | InspectError::Database(error) if stopped(error) => {
            "stopped".to_owned()
        }
        InspectError::Condition(error) => format!("filter: {}{}", error.message, error.more()),
        InspectError::Database(error) => format!("{}{}", error.message, error.more()),
        other => other.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
