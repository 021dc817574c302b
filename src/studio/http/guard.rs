//! What every request must be before anything looks at it.
//!
//! Any page a browser shows can send requests to this machine; what it cannot do is choose their
//! `Host`, `Origin` and `Sec-Fetch-Site`, or send JSON to another origin without asking first.

use super::Shared;
use super::answer::problem;
use crate::studio::problem::{Kind, Problem};
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue,
    ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{Method, Request};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Refuses what this server's own page would not send, and marks every answer.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let mut response = match check(&shared, &request) {
        Ok(()) => next.run(request).await,
        Err(refused) => problem(&refused),
    };
    let headers = response.headers_mut();
    let set = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn check(shared: &Shared, request: &Request<Body>) -> Result<(), Problem> {
    let headers = request.headers();
    let forbidden = |message: &str| Problem::new(Kind::Forbidden, message);
    let host = one(headers, &HOST).ok_or_else(|| forbidden("there is no Host header"))?;
    if !is_own_host(host, shared.address) {
        return Err(forbidden("the Host header names another server"));
    }
    let site = one(headers, &HeaderName::from_static("sec-fetch-site"));
    let api = request.uri().path().starts_with("/api/");
    if !api {
        // Following a link from elsewhere is no harm: the page alone shows nothing.
        let mode = one(headers, &HeaderName::from_static("sec-fetch-mode"));
        return match site {
            Some("same-origin" | "none") | None => Ok(()),
            Some(_) if mode == Some("navigate") && request.uri().path() == "/" => Ok(()),
            Some(_) => Err(forbidden("asked for by another site")),
        };
    }
    if *request.method() != Method::POST {
        return Err(Problem::new(Kind::Method, "only POST asks for anything here"));
    }
    if one(headers, &ORIGIN) != Some(format!("http://{host}").as_str()) {
        return Err(forbidden("the Origin header is not this server's page"));
    }
    if !matches!(site, Some("same-origin") | None)
        || headers.get_all("sec-fetch-site").iter().count() > 1
    {
        return Err(forbidden("sent by another site"));
    }
    if one(headers, &CONTENT_TYPE) != Some("application/json") {
        return Err(Problem::bad_request("the content type must be application/json"));
    }
    if request.uri().path() != "/api/session" && !shared.session.is_of(headers) {
        return Err(Problem::new(Kind::Unauthorized, "this browser has no session here")
            .hint("open the address that `dbkit studio` prints"));
    }
    Ok(())
}

/// The header's value where there is exactly one.
fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// A name that an attacker can point at this machine is never one of these.
fn is_own_host(host: &str, address: SocketAddr) -> bool {
    let port = address.port();
    if host == format!("localhost:{port}") || host == address.to_string() {
        return true;
    }
    let Ok(named) = host.parse::<SocketAddr>() else { return false };
    let local = named.ip() == IpAddr::from([127, 0, 0, 1]);
    // Listening on every address is listening on those that have no name, too.
    named.port() == port && (local || address.ip().is_unspecified())
}

pub(super) async fn unknown() -> Response {
    problem(&Problem::new(Kind::NotFound, "there is nothing here"))
}

pub(super) async fn wrong_method() -> Response {
    problem(&Problem::new(Kind::Method, "this cannot be asked for in that way"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::is_own_host;

    #[test]
    fn only_this_server_is_named() {
        let own = "127.0.0.1:4983".parse().unwrap();
        for host in ["127.0.0.1:4983", "localhost:4983"] {
            assert!(is_own_host(host, own), "{host}");
        }
        for host in [
            "127.0.0.1",
            "localhost",
            "evil.example:4983",
            "127.0.0.1:80",
            "10.0.0.1:4983",
            "localhost:4983.evil.example",
            "[::1]:4983",
            "",
        ] {
            assert!(!is_own_host(host, own), "{host}");
        }
        let every = "0.0.0.0:4983".parse().unwrap();
        assert!(is_own_host("10.0.0.1:4983", every));
        assert!(!is_own_host("studio.example:4983", every));
    }
}
