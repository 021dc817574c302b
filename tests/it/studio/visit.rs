use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running `dbkit studio`, ended with the value.
pub struct Visit {
    child: Child,
    pub port: u16,
    pub token: String,
    cookie: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The value of a header, its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Visit {
    /// Starts the program in a folder; the token has not been used yet.
    pub fn start(directory: impl AsRef<Path>, args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dbkit"))
            .args(["studio", "--no-open"])
            .args(args)
            .current_dir(directory.as_ref())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", directory.as_ref())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("stdout");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let parsed = line.trim().strip_prefix("http://127.0.0.1:").and_then(|rest| {
            let (port, token) = rest.split_once("/#token=")?;
            Some((port.parse().ok()?, token.to_owned()))
        });
        let Some((port, token)) = parsed else {
            let mut errors = String::new();
            child.stderr.take().expect("stderr").read_to_string(&mut errors).ok();
            panic!("no address in {line:?}\n{errors}");
        };
        Self { child, port, token, cookie: String::new() }
    }

    /// Starts the program and exchanges the token.
    pub fn open(directory: impl AsRef<Path>, args: &[&str]) -> Self {
        let mut visit = Self::start(directory, args);
        let answer = visit.post("session", &json!({ "token": visit.token }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let cookie = answer.header("set-cookie").expect("a cookie").to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        visit.cookie = cookie.split(';').next().expect("a pair").to_owned();
        visit
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end that was asked for, and tells its exit code.
    pub fn ended(&mut self) -> Option<i32> {
        let began = std::time::Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a status") {
                return status.code();
            }
            assert!(began.elapsed() < Duration::from_secs(10), "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The headers of this server's own page.
    pub fn headers(&self) -> Vec<(String, String)> {
        let own = format!("127.0.0.1:{}", self.port);
        let mut headers = vec![
            ("Host".to_owned(), own.clone()),
            ("Origin".to_owned(), format!("http://{own}")),
            ("Sec-Fetch-Site".to_owned(), "same-origin".to_owned()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        if !self.cookie.is_empty() {
            headers.push(("Cookie".to_owned(), self.cookie.clone()));
        }
        headers
    }

    /// Asks as the page does.
    #[track_caller]
    pub fn post(&self, name: &str, body: &Value) -> Answer {
        self.send("POST", &format!("/api/{name}"), &self.headers(), body.to_string().as_bytes())
    }

    /// Asks, and wants an answer.
    #[track_caller]
    pub fn ask(&self, name: &str, body: &Value) -> Value {
        let answer = self.post(name, body);
        assert_eq!(answer.status, 200, "{name} {body}: {}", answer.text());
        answer.json()
    }

    /// Sends what it is told.
    #[track_caller]
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Answer {
        let mut stream = self.begin(method, path, headers, body);
        let mut all = Vec::new();
        // A server that refuses a long body may close before it has read it.
        stream.read_to_end(&mut all).ok();
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_else(|| {
            panic!("no answer to {method} {path}: {}", String::from_utf8_lossy(&all))
        });
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
        let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        let body = &all[end + 4..];
        let body = if chunked { whole(body) } else { body.to_vec() };
        Answer { status, head, body }
    }

    /// Sends, and leaves the answer unread.
    pub fn begin(
        &self,
        method: &str,
        path: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
        let mut head = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).expect("the head is sent");
        stream.write_all(body).ok();
        stream
    }
}

/// The text of a body that came in chunks.
fn whole(mut body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).expect("a size");
        let size = usize::from_str_radix(size.trim(), 16).expect("a size");
        if size == 0 {
            break;
        }
        out.extend_from_slice(&body[end + 2..end + 2 + size]);
        body = &body[end + 4 + size..];
    }
    out
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
