//! The questions a page asks, each by its name.

use super::Shared;
use super::answer::{json, parse, problem};
use crate::database::{Session as _, Value};
use crate::model::Dialect;
use crate::studio::data::{Asked, count_statement, page};
use crate::studio::problem::{Kind, Problem};
use crate::studio::state::Studio;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Answer = Result<Response, Problem>;

/// A page of rows that takes longer has no index to go by.
const ROWS: Duration = Duration::from_secs(30);
const COUNT: Duration = Duration::from_secs(60);

/// Everything with a short answer.
pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return problem(&too_large(&rejection)),
    };
    let answered = match name.as_str() {
        "info" => info(&shared).await.map(|info| json(&info)),
        "schema" => schema(&shared.studio).await,
        "rows" => rows(&shared.studio, &body).await,
        "count" => count(&shared.studio, &body).await,
        "tenant" => match tenant(&shared.studio, &body) {
            Ok(()) => info(&shared).await.map(|info| json(&info)),
            Err(refused) => Err(refused),
        },
        "cancel" => cancel(&shared.studio, &body).await,
        "unlock" => match unlock(&shared.studio, &body) {
            Ok(()) => info(&shared).await.map(|info| json(&info)),
            Err(refused) => Err(refused),
        },
        _ => Err(Problem::new(Kind::NotFound, format!("there is no request {name}"))),
    };
    answered.unwrap_or_else(|refused| problem(&refused))
}

pub(super) async fn import(
    State(_shared): State<Arc<Shared>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match body {
        Ok(_) => problem(&Problem::new(Kind::NotFound, "not there yet")),
        Err(rejection) => problem(&too_large(&rejection)),
    }
}

pub(super) async fn export(
    State(_shared): State<Arc<Shared>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match body {
        Ok(_) => problem(&Problem::new(Kind::NotFound, "not there yet")),
        Err(rejection) => problem(&too_large(&rejection)),
    }
}

fn too_large(rejection: &BytesRejection) -> Problem {
    match rejection.status().as_u16() {
        413 => Problem::new(Kind::TooLarge, "the request is too long"),
        _ => Problem::bad_request(rejection.body_text()),
    }
}

/// What the page shows around everything else.
#[derive(Serialize)]
pub(super) struct Info {
    version: &'static str,
    dialect: Dialect,
    server: String,
    project: String,
    environment: EnvironmentInfo,
    writable: bool,
    locked: bool,
    warnings: Vec<String>,
    tenant: Option<String>,
    tenancy: bool,
}

#[derive(Serialize)]
struct EnvironmentInfo {
    name: Option<String>,
    colour: Option<String>,
    protected: bool,
}

pub(super) async fn info(shared: &Shared) -> Result<Info, Problem> {
    let studio = &shared.studio;
    let schema = studio.schema().await?;
    let settings = &studio.settings;
    Ok(Info {
        version: env!("CARGO_PKG_VERSION"),
        dialect: settings.target.dialect(),
        server: studio.server.clone(),
        project: settings.project(),
        environment: EnvironmentInfo {
            name: settings.environment.name.clone(),
            colour: settings.environment.colour.clone(),
            protected: settings.target.protected,
        },
        writable: studio.is_writable(),
        locked: studio.is_locked(),
        warnings: studio.warnings.clone(),
        tenant: studio.tenant(),
        tenancy: schema.tenancy,
    })
}

async fn schema(studio: &Studio) -> Answer {
    let schema = studio.read_schema().await?;
    Ok(json(&*schema))
}

async fn rows(studio: &Studio, body: &[u8]) -> Answer {
    let asked: Asked = parse(body)?;
    let began = Instant::now();
    let schema = studio.schema().await?;
    let ticket = studio.ticket(None);
    let page = studio.browse.run(ticket, Some(ROWS), true, move |desk| {
        let table = schema.table(&asked.table)?;
        page(desk.session()?, table, &asked)
    });
    let mut page = page.await.inspect_err(|problem| studio.look_again(problem))?;
    page.ms = milliseconds(began);
    Ok(json(&page))
}

#[derive(Deserialize)]
struct CountRequest {
    #[serde(default)]
    request: Option<String>,
    #[serde(flatten)]
    asked: Asked,
}

async fn count(studio: &Studio, body: &[u8]) -> Answer {
    let CountRequest { request, asked } = parse(body)?;
    let began = Instant::now();
    let schema = studio.schema().await?;
    let ticket = studio.ticket(request.as_deref());
    let work = studio.count.run(ticket, Some(COUNT), true, move |desk| {
        let (sql, binds) = count_statement(schema.dialect, schema.table(&asked.table)?, &asked)?;
        let found = desk.session()?.query(&sql, &binds)?;
        Ok(found.rows.first().and_then(|row| row.first()).and_then(Value::as_integer))
    });
    let rows = work.await;
    studio.done(request.as_deref());
    let ms = milliseconds(began);
    Ok(json(&serde_json::json!({ "rows": rows?.unwrap_or(0), "exact": true, "ms": ms })))
}

#[derive(Deserialize)]
struct Cancel {
    request: String,
}

async fn cancel(studio: &Studio, body: &[u8]) -> Answer {
    let Cancel { request } = parse(body)?;
    let cancelled = match studio.running(&request) {
        // Telling the server takes a connection of its own.
        Some(ticket) => tokio::task::spawn_blocking(move || ticket.stop()).await.unwrap_or(false),
        None => false,
    };
    Ok(json(&serde_json::json!({ "cancelled": cancelled })))
}

#[derive(Deserialize)]
struct Unlock {
    name: String,
}

fn unlock(studio: &Studio, body: &[u8]) -> Result<(), Problem> {
    let Unlock { name } = parse(body)?;
    if studio.settings.read_only {
        return studio.check_writable();
    }
    let wanted = studio.settings.environment.name.as_deref();
    if wanted != Some(name.as_str()) {
        return Err(Problem::new(Kind::Forbidden, "that is not the environment's name"));
    }
    studio.unlock();
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tenant {
    id: Option<String>,
}

fn tenant(studio: &Studio, body: &[u8]) -> Result<(), Problem> {
    let Tenant { id } = parse(body)?;
    studio.set_tenant(id.filter(|id| !id.is_empty()));
    Ok(())
}

fn milliseconds(began: Instant) -> f64 {
    (began.elapsed().as_secs_f64() * 100_000.0).round() / 100.0
}
