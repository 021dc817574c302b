//! The questions a page asks, each by its name.

use super::Shared;
use super::answer::{json, parse, problem};
use super::change;
use crate::database::{Session as _, Value};
use crate::model::Dialect;
use crate::studio::console::{self, Typed};
use crate::studio::data::{
    Asked, RowAsked, count_code, count_statement, detail, looking, page, reading, schema_version,
    shown,
};
use crate::studio::problem::{Kind, Problem};
use crate::studio::project;
use crate::studio::state::Studio;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) type Answer = Result<Response, Problem>;

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
        "version" => version(&shared.studio).await,
        "rows" => rows(&shared.studio, &body).await,
        "count" => count(&shared.studio, &body).await,
        "row" => row(&shared.studio, &body).await,
        "preview" => change::preview(&shared.studio, &body).await,
        "save" => change::save(&shared.studio, &body).await,
        "save-as-seed" => change::save_as_seed(&shared.studio, &body).await,
        "save-as-migration" => change::save_as_migration(&shared.studio, &body).await,
        "migrations" => migrations(&shared.studio).await,
        "migration" => migration(&shared.studio, &body),
        "query" => query(&shared.studio, &body).await,
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

/// A file's text is longer than any question.
pub(super) async fn import(
    State(shared): State<Arc<Shared>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match body {
        Ok(body) => change::import(&shared.studio, &body).await.unwrap_or_else(|p| problem(&p)),
        Err(rejection) => problem(&too_large(&rejection)),
    }
}

pub(super) fn too_large(rejection: &BytesRejection) -> Problem {
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

/// Something that is different when tables or columns are.
async fn version(studio: &Studio) -> Answer {
    let work = studio.count.run(studio.ticket(None), Some(COUNT), true, move |desk| {
        reading(desk.session()?, None, |session| Ok(schema_version(session)?))
    });
    let version = work.await?;
    studio.has_version(&version);
    Ok(json(&serde_json::json!({ "version": version })))
}

async fn rows(studio: &Studio, body: &[u8]) -> Answer {
    let asked: Asked = parse(body)?;
    let began = Instant::now();
    let schema = studio.schema().await?;
    let ticket = studio.ticket(None);
    let tenant = studio.tenant();
    let page = studio.browse.run(ticket, Some(ROWS), true, move |desk| {
        let table = schema.table(&asked.table)?;
        reading(desk.session()?, tenant.as_deref(), |session| page(session, table, &asked))
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
    let tenant = studio.tenant();
    let work =
        studio.count.run(ticket, Some(COUNT), true, move |desk| {
            let (sql, binds) =
                count_statement(schema.dialect, schema.table(&asked.table)?, &asked)?;
            let found = reading(desk.session()?, tenant.as_deref(), |session| {
                Ok(session.query(&sql, &binds)?)
            })?;
            let rows = found.rows.first().and_then(|row| row.first()).and_then(Value::as_integer);
            let code = count_code(schema.table(&asked.table)?, &asked);
            Ok((rows.unwrap_or(0), shown(&sql, &binds, schema.dialect), code))
        });
    let rows = work.await;
    studio.done(request.as_deref());
    let ms = milliseconds(began);
    let (rows, sql, code) = rows?;
    let answer = serde_json::json!({
        "rows": rows, "exact": true, "ms": ms, "sql": sql, "diesel": code,
    });
    Ok(json(&answer))
}

async fn row(studio: &Studio, body: &[u8]) -> Answer {
    let asked: RowAsked = parse(body)?;
    let schema = studio.schema().await?;
    let tenant = studio.tenant();
    let work = studio.browse.run(studio.ticket(None), Some(ROWS), true, move |desk| {
        looking(desk.session()?, tenant.as_deref(), |session| detail(session, &schema, &asked))
    });
    Ok(json(&work.await?))
}

async fn query(studio: &Studio, body: &[u8]) -> Answer {
    let typed: Typed = parse(body)?;
    let began = Instant::now();
    let limit = Duration::from_millis(typed.timeout_ms.clamp(10, 3_600_000));
    let request = typed.request.clone();
    let ticket = studio.ticket(request.as_deref());
    let (writing, tenant) = (studio.is_writable(), studio.tenant());
    let work = studio.console.run(ticket, Some(limit), false, move |desk| {
        console::run(desk.session()?, &typed, writing, tenant.as_deref())
    });
    let results = work.await;
    studio.done(request.as_deref());
    let mut results = results?;
    if results.may_change_schema() {
        studio.forget_schema();
    }
    results.ms = milliseconds(began);
    Ok(json(&results))
}

async fn migrations(studio: &Studio) -> Answer {
    let settings = studio.settings.clone();
    let lane = if studio.is_writable() { &studio.write } else { &studio.count };
    let work = lane.run(studio.ticket(None), None, true, move |desk| {
        project::migrations(desk.session()?, &settings)
    });
    Ok(json(&work.await?))
}

fn migration(studio: &Studio, body: &[u8]) -> Answer {
    Ok(json(&project::migration(&parse(body)?, &studio.settings)?))
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

pub(super) fn milliseconds(began: Instant) -> f64 {
    (began.elapsed().as_secs_f64() * 100_000.0).round() / 100.0
}
