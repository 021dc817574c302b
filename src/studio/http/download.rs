//! Rows that leave as they come: memory does not grow with their number.

use super::Shared;
use super::answer::{parse, problem};
use super::api::too_large;
use crate::database::sqlite::Restriction;
use crate::database::{Access, Connection};
use crate::studio::data::{Export, ExportWanted, begin_reading, end};
use crate::studio::lanes::{Desk, Ticket, Wanted};
use crate::studio::problem::{Kind, Problem};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use futures_core::Stream;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces on their way; the database waits for a slow reader.
const AHEAD: usize = 4;

type Piece = Result<Bytes, std::io::Error>;

/// With what ends the statement when the browser goes away.
struct Pieces {
    coming: Receiver<Piece>,
    _wanted: Wanted,
}

impl Stream for Pieces {
    type Item = Piece;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Piece>> {
        self.coming.poll_recv(context)
    }
}

pub(super) async fn export(
    State(shared): State<Arc<Shared>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match body {
        Ok(body) => begin(&shared, &body).await.unwrap_or_else(|refused| problem(&refused)),
        Err(rejection) => problem(&too_large(&rejection)),
    }
}

async fn begin(shared: &Arc<Shared>, body: &[u8]) -> Result<Response, Problem> {
    let wanted: ExportWanted = parse(body)?;
    let studio = &shared.studio;
    let tenant = studio.tenant();
    let export = Export::new(wanted, &*studio.schema().await?, tenant.is_some())?;
    let (mime, name) = (export.format().mime(), export.file_name());
    let target = Arc::new(studio.settings.target.clone());
    let (pieces, mut coming) = channel(AHEAD);
    let thread = std::thread::Builder::new().name("studio export".to_owned());
    let permit = Arc::clone(&studio.exports).try_acquire_owned().map_err(|_| {
        Problem::new(Kind::Conflict, "as many exports as may run at once are running")
            .hint("wait for one of them to end")
    })?;
    let ticket: Arc<Ticket> = Arc::default();
    let wanted = Wanted::new(&ticket);
    let started = thread.spawn(move || {
        let _permit = permit;
        let mut desk = Desk::new(&target, Access::Read);
        let work = |desk: &mut Desk| write(desk, &export, tenant.as_deref(), &pieces);
        if let Err(problem) = desk.alone(&ticket, work) {
            // Before the first piece this is the answer, behind it a download that breaks off.
            let text = serde_json::to_string(&problem).unwrap_or_default();
            let _ = pieces.blocking_send(Err(std::io::Error::other(Broken { problem, text })));
        }
    });
    started.map_err(|error| Problem::new(Kind::Database, error.to_string()))?;
    // What is wrong with the statement is known before anything is sent.
    let first = coming.recv().await;
    let first = match first {
        Some(Ok(first)) => Some(first),
        None => None,
        Some(Err(error)) => return Err(reason(&error)),
    };
    let (again, rest) = channel(1);
    let body = match first {
        Some(first) => {
            tokio::spawn(forward(first, coming, again));
            Body::from_stream(Pieces { coming: rest, _wanted: wanted })
        }
        None => Body::empty(),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(mime));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// The first piece in front of those that follow it.
async fn forward(first: Bytes, mut coming: Receiver<Piece>, to: Sender<Piece>) {
    let mut next = Some(Ok(first));
    while let Some(piece) = next {
        if to.send(piece).await.is_err() {
            return;
        }
        next = coming.recv().await;
    }
}

#[derive(Debug)]
struct Broken {
    problem: Problem,
    text: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Broken {}

fn reason(error: &std::io::Error) -> Problem {
    let broken = error.get_ref().and_then(|inner| inner.downcast_ref::<Broken>());
    broken.map_or_else(
        || Problem::new(Kind::Database, error.to_string()),
        |broken| broken.problem.clone(),
    )
}

fn write(
    desk: &mut Desk,
    export: &Export,
    tenant: Option<&str>,
    pieces: &Sender<Piece>,
) -> Result<(), Problem> {
    let connection = desk.session()?;
    begin_reading(connection, tenant)?;
    if let Connection::Sqlite(session) = connection {
        session.restrict(Some(Restriction::Reading))?;
    }
    let done =
        export.write(connection, &mut |text| pieces.blocking_send(Ok(Bytes::from(text))).is_ok());
    if let Connection::Sqlite(session) = connection {
        session.restrict(None)?;
    }
    end(connection, false, done)
}
