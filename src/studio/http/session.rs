//! The token in the address, good once, and the cookie it is exchanged for.

use super::Shared;
use super::answer::{self, parse, problem};
use super::api::info;
use crate::studio::problem::{Kind, Problem};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use axum::response::Response;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

pub(super) struct Session {
    token: String,
    spent: AtomicBool,
    cookie: String,
    /// Browsers keep cookies by host, not by port.
    name: String,
}

impl Session {
    pub fn new(port: u16) -> Self {
        let name = format!("dbkit_studio_{port}");
        Self { token: secret(), spent: AtomicBool::new(false), cookie: secret(), name }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// True when the request carries the session's cookie.
    pub fn is_of(&self, headers: &HeaderMap) -> bool {
        let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            cookies.flat_map(|line| line.split(';')).filter_map(|p| p.trim().split_once('='));
        pairs.any(|(name, value)| name == self.name && same(value, &self.cookie))
    }

    /// True once, for the token.
    fn spend(&self, token: &str) -> bool {
        same(token, &self.token) && !self.spent.swap(true, Ordering::SeqCst)
    }
}

/// 244 random bits of the operating system.
fn secret() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// Digests are compared: how long it takes says nothing about the secret.
fn same(given: &str, wanted: &str) -> bool {
    Sha256::digest(given.as_bytes()) == Sha256::digest(wanted.as_bytes())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    token: String,
}

/// Exchanges the token for a cookie.
pub(super) async fn begin(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let token = match parse::<Begin>(&body) {
        Ok(begin) => begin.token,
        Err(refused) => return problem(&refused),
    };
    if !shared.session.spend(&token) {
        return problem(
            &Problem::new(Kind::Unauthorized, "the token is wrong or was used already")
                .hint("start `dbkit studio` again for a new one"),
        );
    }
    let mut response = match info(&shared).await {
        Ok(info) => answer::json(&info),
        Err(refused) => problem(&refused),
    };
    let Session { name, cookie, .. } = &shared.session;
    let cookie = format!("{name}={cookie}; HttpOnly; SameSite=Strict; Path=/");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}
