//! Whatever another page, another site or another program on this machine sends is refused, and
//! changes nothing.

use super::visit::Visit;
use crate::support::Project;
use serde_json::json;

fn project() -> Project {
    let project = Project::empty();
    project.sqlite("shop.db").execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'ada')",
    );
    project
}

const DATABASE: [&str; 2] = ["--database-url", "shop.db"];

#[test]
fn headers_that_a_foreign_page_sends_are_refused() {
    let project = project();
    let visit = Visit::open(project.path(), &DATABASE);
    let body = br#"{"table": {"name": "users"}}"#;
    let own = visit.headers();
    let sent = |headers: &[(String, String)]| visit.send("POST", "/api/rows", headers, body).status;
    assert_eq!(sent(&own), 200);
    let port = visit.port;
    let with = |name: &str, value: &str| {
        let mut headers = own.clone();
        headers.retain(|(key, _)| key != name);
        if !value.is_empty() {
            headers.push((name.to_owned(), value.to_owned()));
        }
        headers
    };
    for (name, value, status) in [
        ("Host", format!("evil.example:{port}"), 403),
        ("Host", "127.0.0.1".to_owned(), 403),
        ("Host", format!("127.0.0.1.nip.io:{port}"), 403),
        ("Host", format!("localhost:{port}.evil.example"), 403),
        ("Origin", "http://evil.example".to_owned(), 403),
        ("Origin", "null".to_owned(), 403),
        ("Origin", format!("https://127.0.0.1:{port}"), 403),
        ("Origin", format!("http://127.0.0.1:{}", port - 1), 403),
        ("Origin", format!("http://127.0.0.1:{port}.evil.example"), 403),
        ("Origin", String::new(), 403),
        ("Sec-Fetch-Site", "cross-site".to_owned(), 403),
        ("Sec-Fetch-Site", "same-site".to_owned(), 403),
        ("Sec-Fetch-Site", "none".to_owned(), 403),
        ("Content-Type", "application/x-www-form-urlencoded".to_owned(), 400),
        ("Content-Type", "text/plain".to_owned(), 400),
        ("Content-Type", "multipart/form-data; boundary=x".to_owned(), 400),
        ("Content-Type", String::new(), 400),
        ("Cookie", String::new(), 401),
        ("Cookie", format!("dbkit_studio_{port}="), 401),
        ("Cookie", format!("dbkit_studio_{port}={}", visit.token), 401),
    ] {
        assert_eq!(sent(&with(name, &value)), status, "{name}: {value}");
    }
    // Two of a kind: whichever is looked at, the other may be meant.
    for (name, value) in [
        ("Host", "evil.example"),
        ("Origin", "http://evil.example"),
        ("Sec-Fetch-Site", "cross-site"),
    ] {
        let mut headers = own.clone();
        headers.push((name.to_owned(), value.to_owned()));
        let status = sent(&headers);
        assert!((400..500).contains(&status), "{name} twice: {status}");
    }
    // A page elsewhere that was made to be this origin by name: no browser says otherwise.
    let mut rebound = with("Host", &format!("studio.example:{port}"));
    rebound.retain(|(key, _)| key != "Origin");
    rebound.push(("Origin".to_owned(), format!("http://studio.example:{port}")));
    assert_eq!(sent(&rebound), 403);
}

#[test]
fn only_post_asks() {
    let project = project();
    let visit = Visit::open(project.path(), &DATABASE);
    let own = visit.headers();
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        for path in ["/api/rows", "/api/session", "/api/info", "/api/export"] {
            let answer = visit.send(method, path, &own, b"");
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    assert_eq!(visit.send("POST", "/", &own, b"{}").status, 405);
    for path in ["/../Cargo.toml", "/assets/../index.html", "/assets/..%2f..%2fCargo.toml", "/x"] {
        assert_eq!(visit.send("GET", path, &own, b"").status, 404, "{path}");
    }
}

#[test]
fn a_token_is_good_once() {
    let project = project();
    let visit = Visit::start(project.path(), &DATABASE);
    let info = |visit: &Visit| visit.post("info", &json!({})).status;
    assert_eq!(info(&visit), 401);
    for token in ["", "x", &visit.token[1..], &visit.token.to_uppercase()] {
        assert_eq!(visit.post("session", &json!({ "token": token })).status, 401, "{token}");
    }
    let first = visit.post("session", &json!({ "token": visit.token }));
    assert_eq!(first.status, 200, "{}", first.text());
    let cookie = first.header("set-cookie").unwrap();
    assert!(!cookie.contains(&visit.token), "{cookie}");
    let again = visit.post("session", &json!({ "token": visit.token }));
    assert_eq!((again.status, again.header("set-cookie")), (401, None));
    // The token opens nothing by itself.
    assert_eq!(info(&visit), 401);
}

#[test]
fn the_page_is_locked_in() {
    let project = project();
    let visit = Visit::start(project.path(), &DATABASE);
    let host = format!("127.0.0.1:{}", visit.port);
    let get = |headers: &[(&str, &str)]| {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        visit.send("GET", "/", &headers, b"")
    };
    let page = get(&[("Host", &host)]);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<html"), "{}", page.text());
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"));
    assert_eq!(page.header("access-control-allow-origin"), None);
    // Known to the browser already: nothing is sent again.
    let tag = page.header("etag").unwrap().to_owned();
    assert_eq!(get(&[("Host", &host), ("If-None-Match", &tag)]).status, 304);
    // A link from elsewhere may lead here; a frame or a script from elsewhere may not.
    let navigate =
        [("Host", host.as_str()), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")];
    assert_eq!(get(&navigate).status, 200);
    let script =
        [("Host", host.as_str()), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")];
    assert_eq!(get(&script).status, 403);
    assert_eq!(get(&[("Host", "evil.example")]).status, 403);
    // Answers with data are not kept.
    let refused = visit.post("info", &json!({}));
    assert_eq!(refused.header("cache-control"), Some("no-store"));
}

#[test]
fn a_request_has_its_limits() {
    let project = project();
    let visit = Visit::open(project.path(), &DATABASE);
    let huge = vec![b' '; 5 << 20];
    let headers = visit.headers();
    assert_eq!(visit.send("POST", "/api/rows", &headers, &huge).status, 413);
    // Who is not known yet may send no more than a token.
    let long = format!("{{\"token\": \"{}\"}}", "x".repeat(8 << 10));
    assert!(matches!(
        visit.send("POST", "/api/session", &headers, long.as_bytes()).status,
        400 | 413
    ));
    for body in ["", "{", "[]", "{\"table\": {\"name\": \"users\"}, \"url\": \"postgres://h/d\"}"] {
        let status = visit.send("POST", "/api/rows", &headers, body.as_bytes()).status;
        assert_eq!(status, 400, "{body}");
    }
    let mut deep = json!({ "column": "id", "op": "=", "value": "1" });
    for _ in 0..40 {
        deep = json!({ "not": deep });
    }
    let table = json!({ "name": "users" });
    let answer = visit.post("rows", &json!({ "table": table, "filter": deep }));
    assert_eq!(answer.status, 400, "{}", answer.text());
    // Names are looked up, never put together.
    for name in ["users; DROP TABLE users", "sqlite_schema", "users\"", "main.users", ""] {
        let answer = visit.post("rows", &json!({ "table": { "name": name } }));
        assert_eq!(answer.status, 404, "{name}: {}", answer.text());
    }
    let order = json!([{ "column": "id; DROP TABLE users" }]);
    assert_eq!(visit.post("rows", &json!({ "table": table, "order": order })).status, 400);
    assert_eq!(project.sqlite("shop.db").value("SELECT count(*) FROM users"), "1");
}

#[test]
fn the_page_learns_neither_url_nor_password() {
    let database = crate::support::PgDatabase::create("studio_secret");
    database.execute("CREATE TABLE t (id integer PRIMARY KEY)");
    let mut url = url::Url::parse(database.url()).unwrap();
    url.set_password(Some("hunter2")).unwrap();
    let project = Project::empty();
    let visit = Visit::open(project.path(), &["--database-url", url.as_str()]);
    for (name, body) in [
        ("info", json!({})),
        ("schema", json!({})),
        ("rows", json!({ "table": { "name": "t" } })),
        ("rows", json!({ "table": { "name": "nothing" } })),
    ] {
        let text = visit.post(name, &body).text();
        for secret in ["hunter2", "postgres://", url.host_str().unwrap(), &database.name] {
            assert!(!text.contains(secret), "{name} tells {secret}: {text}");
        }
    }
}
