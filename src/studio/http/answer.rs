use crate::studio::problem::{Kind, Problem};
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::Response;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A body as what it should be.
///
/// # Errors
/// It is something else.
pub(super) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| Problem::bad_request(error.to_string()))
}

pub(super) fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => with(StatusCode::OK, body),
        Err(error) => problem(&Problem::new(Kind::Database, error.to_string())),
    }
}

pub(super) fn problem(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.kind.status());
    let body = serde_json::json!({ "error": problem }).to_string().into_bytes();
    with(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body)
}

fn with(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}
