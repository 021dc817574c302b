//! Endpoints that tell an orchestrator whether to restart a program, and whether to send it requests
//! (feature `health`): an axum router.
//!
//! ```no_run
//! # #[cfg(feature = "postgres")]
//! # fn main() -> Result<(), dbkit::app::Error> {
//! use dbkit::app::{Db, PoolSettings};
//! use diesel::PgConnection;
//!
//! static MIGRATIONS: &[dbkit::EmbeddedMigration] = dbkit::embed_migrations!("migrations/postgres");
//!
//! let db = Db::<PgConnection>::open("postgres://app@localhost/shop", PoolSettings::default())?;
//! let health = dbkit::health::Checks::new(db).migrations(MIGRATIONS).details("a long secret");
//! let app: axum::Router = axum::Router::new().nest("/health", health.router());
//! # let _ = app;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "postgres"))]
//! # fn main() {}
//! ```
//!
//! | path | answer |
//! |---|---|
//! | `/live` | 200 as long as the program answers. The database is not asked: restarting cannot mend it |
//! | `/ready` | 200, or 503 while no connection can be had, or migrations are pending, unknown or changed |
//! | `/ready?details` | the same with all numbers, for whoever sends the token as `Authorization: Bearer` |

#![warn(missing_docs)]

mod probe;

use crate::app::{Backend, Db};
use crate::migration::EmbeddedMigration;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use probe::Probe;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// What is checked, how often at most, and who may see details.
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # fn main() -> Result<(), dbkit::app::Error> {
/// use dbkit::app::{Db, PoolSettings};
/// use diesel::SqliteConnection;
/// use std::time::Duration;
///
/// let db = Db::<SqliteConnection>::open(":memory:", PoolSettings::default())?;
/// let router: axum::Router = dbkit::health::Checks::new(db)
///     .cache(Duration::from_secs(2))
///     .limit(Duration::from_millis(500))
///     .router();
/// # let _ = router;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "sqlite"))]
/// # fn main() {}
/// ```
#[must_use = "nothing is served until `router`"]
pub struct Checks<C: Backend> {
    db: Db<C>,
    migrations: Option<&'static [EmbeddedMigration]>,
    newer_is_fine: bool,
    cache: Duration,
    limit: Duration,
    token: Option<String>,
}

impl<C: Backend> Checks<C> {
    /// Checks of this database: an answer is kept for a second, and takes two at most.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use dbkit::health::Checks;
    ///
    /// let checks = Checks::new(db);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new(db: Db<C>) -> Self {
        Self {
            db,
            migrations: None,
            newer_is_fine: false,
            cache: Duration::from_secs(1),
            limit: Duration::from_secs(2),
            token: None,
        }
    }

    /// Not ready while one of these has not run, or was changed since, or while others have run that
    /// are not among them.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use dbkit::health::Checks;
    ///
    /// let checks = Checks::new(db).migrations(dbkit::embed_migrations!("migrations/postgres"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn migrations(mut self, migrations: &'static [EmbeddedMigration]) -> Self {
        self.migrations = Some(migrations);
        self
    }

    /// Ready although migrations have run that this program does not know: while a newer version is
    /// rolled out, the older one goes on.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use dbkit::health::Checks;
    ///
    /// let checks = Checks::new(db).allow_newer();
    /// # Ok::<(), Error>(())
    /// ```
    pub fn allow_newer(mut self) -> Self {
        self.newer_is_fine = true;
        self
    }

    /// How long an answer is kept, so that a flood of questions does not reach the database.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use dbkit::health::Checks;
    ///
    /// let checks = Checks::new(db).cache(std::time::Duration::from_secs(5));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn cache(mut self, time: Duration) -> Self {
        self.cache = time;
        self
    }

    /// How long an answer may take; then it is no.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use dbkit::health::Checks;
    ///
    /// let checks = Checks::new(db).limit(std::time::Duration::from_millis(300));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn limit(mut self, time: Duration) -> Self {
        self.limit = time;
        self
    }

    /// Whoever sends this token may ask for details. Nobody otherwise: names of migrations and the
    /// database's messages are nothing for strangers.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use dbkit::health::Checks;
    ///
    /// let token = std::env::var("HEALTH_TOKEN").unwrap_or_default();
    /// // An empty token is none: nobody may see details then.
    /// let checks = Checks::new(db).details(token);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn details(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into()).filter(|token| !token.is_empty());
        self
    }

    /// The endpoints.
    ///
    /// ```
    /// # use dbkit::app::{Db, Error, PoolSettings};
    /// # let db = Db::<diesel::SqliteConnection>::open(":memory:", PoolSettings::default())?;
    /// use dbkit::health::Checks;
    ///
    /// let app: axum::Router = axum::Router::new().nest("/health", Checks::new(db).router());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn router(self) -> Router {
        let token = self.token.clone();
        let checks = Arc::new(self);
        let plain = Probe::new(Arc::clone(&checks), false);
        let state = Arc::new(Served { plain, in_full: Probe::new(checks, true), token });
        Router::new().route("/live", get(live)).route("/ready", get(ready::<C>)).with_state(state)
    }
}

struct Served<C: Backend> {
    plain: Probe<C>,
    /// Numbers cost more than an answer, and are only looked up for whoever may see them.
    in_full: Probe<C>,
    token: Option<String>,
}

async fn live() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "status": "live" }))).into_response()
}

async fn ready<C: Backend>(
    State(served): State<Arc<Served<C>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let asked = query.is_some_and(|query| {
        query.split('&').any(|pair| pair == "details" || pair.starts_with("details="))
    });
    let details = asked && allowed(served.token.as_deref(), &headers);
    let probe = if details { &served.in_full } else { &served.plain };
    let answer = probe.answer().await;
    let code = if answer.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let status = if answer.ready { "ready" } else { "not ready" };
    let body = if details {
        json!({ "status": status, "reasons": answer.reasons, "details": answer.health })
    } else {
        json!({ "status": status })
    };
    (code, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Compared in a time that does not tell how much of the token was right.
fn allowed(token: Option<&str>, headers: &HeaderMap) -> bool {
    let Some(token) = token else { return false };
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(given) = given.and_then(|value| value.strip_prefix("Bearer ")) else { return false };
    given.len() == token.len()
        && given.bytes().zip(token.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
