use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A PostgreSQL server of the test's own, for settings that no other test may see. It is gone with
/// the value.
pub struct Server {
    child: Child,
    url: url::Url,
}

impl Server {
    pub fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/with-postgres.sh");
        let mut child = Command::new(script)
            .args(["sh", "-c", "echo \"$DBKIT_TEST_POSTGRES\"; cat >/dev/null"])
            .env_remove("DBKIT_TEST_POSTGRES")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/with-postgres.sh starts");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("the server's URL");
        let url = url::Url::parse(line.trim()).expect("the server's URL");
        Self { child, url }
    }

    /// A URL with this user, this password and these parameters.
    pub fn url(&self, user: &str, password: &str, query: &str) -> String {
        let port = self.port();
        format!("postgres://{user}:{password}@localhost:{port}/postgres?{query}")
    }

    pub fn port(&self) -> u16 {
        self.url.port().expect("a port")
    }

    #[track_caller]
    pub fn execute(&self, sql: &str) {
        let mut connection = PgConnection::establish(self.url.as_str()).expect("a connection");
        if let Err(error) = connection.batch_execute(sql) {
            panic!("{error}\n{sql}");
        }
    }

    #[track_caller]
    pub fn value(&self, sql: &str) -> String {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            value: String,
        }
        let mut connection = PgConnection::establish(self.url.as_str()).expect("a connection");
        let sql = format!("SELECT ({sql})::text AS value");
        diesel::sql_query(sql).get_result::<Row>(&mut connection).expect("a value").value
    }

    /// Restarts the server, which ends every session, and does not wait for it.
    pub fn restart(&self) {
        self.execute(
            "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; setsid $(dirname $(cut -d\" \" -f1 postmaster.opts))/pg_ctl \
             -D . -m fast restart >restart.log 2>&1 &'",
        );
    }

    /// Ends the server as a loss of power does, and starts it again after so many seconds.
    pub fn crash(&self, seconds: u32) {
        let port = self.port();
        self.execute(&format!(
            "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; BIN=$(dirname $(cut -d\" \" -f1 postmaster.opts)); \
             setsid sh -c \"$BIN/pg_ctl -D . -m immediate stop; sleep {seconds}; \
             $BIN/pg_ctl -D . -o -p{port} start\" >crash.log 2>&1 &'"
        ));
    }

    /// Writes a file into the server's data folder, as only its owner can.
    pub fn write(&self, name: &str, text: &str) {
        self.execute(&format!(
            "COPY (SELECT unnest(string_to_array('{text}', E'\\n'))) \
             TO PROGRAM 'cat > {name} && chmod 600 {name}'"
        ));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The script's command ends with its input, and the server with the command.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// Passes connections on to a server, after it has turned the first ones away as a server does
/// that is starting up.
pub struct Door {
    pub port: u16,
    opened: Arc<AtomicUsize>,
}

impl Door {
    /// `closed` connections are turned away; the others go to `port` on this machine.
    pub fn before(port: u16, closed: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let own = listener.local_addr().expect("an address").port();
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let turned_away = count.fetch_add(1, Ordering::SeqCst) < closed;
                std::thread::spawn(move || {
                    let _ = if turned_away { turn_away(stream) } else { pass_on(stream, port) };
                });
            }
        });
        Self { port: own, opened }
    }

    /// Connections so far.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }
}

/// Protocol 3.0: no TLS, then an ErrorResponse for whatever comes.
fn turn_away(mut stream: TcpStream) -> std::io::Result<()> {
    let mut length = [0; 4];
    loop {
        stream.read_exact(&mut length)?;
        let mut rest = vec![0; u32::from_be_bytes(length) as usize - 4];
        stream.read_exact(&mut rest)?;
        // SSLRequest and GSSENCRequest carry nothing but their number.
        if rest.len() > 4 {
            break;
        }
        stream.write_all(b"N")?;
    }
    let fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0";
    stream.write_all(b"E")?;
    stream.write_all(&(fields.len() as u32 + 4).to_be_bytes())?;
    stream.write_all(fields)
}

fn pass_on(mut client: TcpStream, port: u16) -> std::io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_server, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
    std::io::copy(&mut client, &mut server)?;
    server.shutdown(std::net::Shutdown::Both)
}
