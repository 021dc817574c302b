use super::postgres_url;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A pgbouncer in front of the test server, in transaction mode, for a database of the test's.
pub struct Pgbouncer {
    process: Child,
    port: u16,
    _directory: TempDir,
}

impl Pgbouncer {
    /// # Panics
    /// When it is not installed: a missing peer is a failure, never a skip.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary folder");
        let server = url::Url::parse(&postgres_url()).expect("a URL");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let settings = directory.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host={} port={} user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\n\
             default_pool_size = 4\n",
            server.host_str().expect("a host"),
            server.port().unwrap_or(5432),
            server.username(),
        );
        std::fs::write(&settings, text).expect("the settings are written");
        let (program, libraries) = program();
        let mut command = Command::new(program);
        // It refuses to run as root.
        if std::env::var("USER").is_ok_and(|user| user == "root") || is_root() {
            command.args(["-u", "nobody"]);
        }
        command.arg(&settings).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(libraries) = libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        let process = command.spawn().expect("pgbouncer starts");
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(20), "pgbouncer does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { process, port, _directory: directory }
    }

    /// The same database by way of the pooler.
    pub fn url(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.port)).expect("a port");
        url.set_query(Some("sslmode=disable"));
        url.into()
    }
}

impl Drop for Pgbouncer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_root() -> bool {
    // SAFETY: no preconditions.
    unsafe { libc::geteuid() == 0 }
}

/// The program, and where its libraries are when it is not installed in the system.
fn program() -> (PathBuf, Option<PathBuf>) {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/pgbouncer/usr");
    let own = tools.join("sbin/pgbouncer");
    if own.is_file() {
        let libraries = std::fs::read_dir(tools.join("lib")).ok().and_then(|entries| {
            entries
                .flatten()
                .map(|e| e.path())
                .find(|path| path.to_string_lossy().contains("linux"))
        });
        return (own, libraries);
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    folders.push(PathBuf::from("/usr/sbin"));
    let found = folders.into_iter().map(|f| f.join("pgbouncer")).find(|file| file.is_file());
    (found.expect("pgbouncer is not installed. Run `make tools`, or install it."), None)
}
