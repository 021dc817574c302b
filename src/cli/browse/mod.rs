//! `dbkit inspect --interactive`: tables and rows over the whole terminal.

mod app;
mod draw;
mod grid;
mod line;
mod record;
#[cfg(test)]
mod tests;
mod worker;

use super::{Exit, Stop};
use crate::config::Target;
use crate::database::{Connection, interrupt};
use crate::inspect::{Overview, TableInfo};
use app::{App, Step};
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use std::io::IsTerminal;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use worker::Worker;

/// How long a key or an answer is waited for before the other is looked for.
const PAUSE: Duration = Duration::from_millis(100);
const MOMENT: Duration = Duration::from_millis(20);
/// The shortest time for which keys are looked for at all.
const GLANCE: Duration = Duration::from_millis(1);

/// # Errors
/// There is no terminal.
pub fn check_terminal() -> anyhow::Result<()> {
    match std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        true => Ok(()),
        false => Err(Stop::error(
            Exit::Usage,
            "--interactive needs a terminal for its input and its output\n\
             help: leave it out; --format json, csv or ndjson are for programs",
        )),
    }
}

/// Lets a person look around until they have seen enough.
///
/// # Errors
/// Those of the terminal, or a thread that cannot be started.
pub fn run(
    connection: Connection,
    target: Target,
    overview: Overview,
    table: Option<&TableInfo>,
) -> anyhow::Result<Exit> {
    // From outside, too, the end must give the terminal back; without a handler there is only less comfort.
    ctrlc::set_handler(|| {
        interrupt::request();
    })
    .ok();
    let mut app = App::new(target.to_string(), overview);
    let worker = Worker::start(connection, target)?;
    worker.ask(app.start(table));
    // It also sees to it that a panic gives the terminal back.
    let mut terminal = ratatui::try_init()?;
    let ended = look(&mut app, &worker, &mut terminal);
    ratatui::restore();
    ended?;
    Ok(Exit::Done)
}

/// A terminal whose window was closed is at its end for ever, which reading events does not tell.
#[cfg(unix)]
fn terminal_gone() -> bool {
    let mut input = libc::pollfd { fd: libc::STDIN_FILENO, events: libc::POLLIN, revents: 0 };
    // SAFETY: one structure that outlives the call, which does not wait.
    let ready = unsafe { libc::poll(&raw mut input, 1, 0) };
    ready > 0 && input.revents & (libc::POLLHUP | libc::POLLERR | libc::POLLNVAL) != 0
}

#[cfg(not(unix))]
const fn terminal_gone() -> bool {
    false
}

fn look(
    app: &mut App,
    worker: &Worker,
    terminal: &mut ratatui::DefaultTerminal,
) -> anyhow::Result<()> {
    loop {
        terminal.draw(|frame| draw::draw(app, frame))?;
        if app.waiting {
            match worker.answers.recv_timeout(MOMENT) {
                Ok(answer) => {
                    app.answer(answer);
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    anyhow::bail!("the connection's thread has ended")
                }
            }
        }
        if interrupt::requested() {
            return Ok(());
        }
        if !event::poll(if app.waiting { GLANCE } else { PAUSE })? {
            anyhow::ensure!(!terminal_gone(), "the terminal is gone");
            continue;
        }
        // A new size is seen when it is drawn.
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match app.key(key) {
            Step::Stay => {}
            Step::Quit => {
                worker.stop();
                return Ok(());
            }
            Step::Stop => worker.stop(),
            Step::Ask(question) => worker.ask(question),
        }
    }
}
