//! The server on this machine: who may ask, in which form, and what answers.

mod answer;
mod api;
mod assets;
mod change;
mod download;
mod guard;
mod session;

use super::lanes::Desk;
use super::problem::Problem;
use super::settings::Settings;
use super::state::Studio;
use crate::database::{Access, Connection, Session as _, Value};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use session::Session;
use std::future::{Future, IntoFuture, poll_fn};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

/// A body may be no longer, but for an import.
const BODY: usize = 4 << 20;
const IMPORT: usize = 64 << 20;
/// Of those who are not known yet.
const TOKEN: usize = 4 << 10;

/// What every request has at hand.
pub(super) struct Shared {
    pub studio: Studio,
    pub(in crate::studio::http) session: Session,
    pub address: SocketAddr,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot listen on {address}: {reason}")]
    Listen { address: SocketAddr, reason: std::io::Error },
    #[error("{0}")]
    Database(String),
    #[error("cannot serve: {0}")]
    Serve(std::io::Error),
}

/// A server that listens and answers nobody yet.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Server {
    /// Takes the address, and looks at the database once.
    ///
    /// # Errors
    /// The address is taken, or the database cannot be read.
    pub fn bind(settings: Settings) -> Result<Self, StartError> {
        let address = settings.address;
        let failed = |reason| StartError::Listen { address, reason };
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let target = Arc::new(settings.target.clone());
        let seen = look(&mut Desk::new(&target, Access::Read));
        let (server, warnings) = seen.map_err(|problem| StartError::Database(problem.message))?;
        let studio = Studio::new(settings, server, warnings);
        let shared = Shared { studio, session: Session::new(address.port()), address };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// The address to open, with the token that is good for one visit.
    #[must_use]
    pub fn url(&self) -> String {
        let address = self.shared.address;
        let host = match address.ip() {
            ip if ip.is_unspecified() => {
                SocketAddr::new(IpAddr::from([127, 0, 0, 1]), address.port())
            }
            _ => address,
        };
        format!("http://{host}/#token={}", self.shared.session.token())
    }

    /// What a person should know about this database.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.shared.studio.warnings
    }

    /// Answers until `end` comes.
    ///
    /// # Errors
    /// The operating system's.
    pub fn run(self, end: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(StartError::Serve)?.block_on(async {
            let listener =
                tokio::net::TcpListener::from_std(self.listener).map_err(StartError::Serve)?;
            let mut serve = pin!(axum::serve(listener, router(&self.shared)).into_future());
            let mut end = pin!(end);
            // Open connections of a browser would keep a gentle end waiting for ever.
            poll_fn(|context| match end.as_mut().poll(context) {
                Poll::Ready(()) => Poll::Ready(Ok(())),
                Poll::Pending => serve.as_mut().poll(context).map_err(StartError::Serve),
            })
            .await
        })
    }
}

fn router(shared: &Arc<Shared>) -> Router {
    let import = post(api::import).layer(DefaultBodyLimit::max(IMPORT));
    Router::new()
        .route("/", get(assets::index))
        .route("/assets/{*path}", get(assets::asset))
        .route("/api/session", post(session::begin).layer(DefaultBodyLimit::max(TOKEN)))
        .route("/api/import", import)
        .route("/api/export", post(download::export))
        .route("/api/{name}", post(api::answer))
        .fallback(guard::unknown)
        .method_not_allowed_fallback(guard::wrong_method)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(from_fn_with_state(Arc::clone(shared), guard::guard))
        .with_state(Arc::clone(shared))
}

/// The server's name, and what makes a visit less safe than it looks.
fn look(desk: &mut Desk) -> Result<(String, Vec<String>), Problem> {
    let mut warnings = Vec::new();
    let server = match desk.session()? {
        Connection::Postgres(session) => {
            let sql = "SELECT pg_catalog.current_setting('server_version'), rolsuper \
                       FROM pg_catalog.pg_roles WHERE rolname = current_user";
            let found = session.query(sql, &[])?;
            let row = found.rows.first();
            let version = row.and_then(|row| row.first()).and_then(Value::as_text);
            if row.and_then(|row| row.get(1)).and_then(Value::as_bool) == Some(true) {
                warnings.push(
                    "connected as a superuser: functions it may call reach files and programs of the \
                     server, and read-only does not keep it from them; row security does not apply to it"
                        .to_owned(),
                );
            }
            let version = version.and_then(|version| version.split(' ').next());
            format!("PostgreSQL {}", version.unwrap_or_default())
        }
        Connection::Sqlite(_) => {
            format!("SQLite {}", crate::database::sqlite::SqliteSession::library_version())
        }
    };
    Ok((server, warnings))
}
