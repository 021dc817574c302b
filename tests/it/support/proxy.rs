use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens to a connection when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request does not arrive.
    CutBefore,
    /// The server does what it is asked for, and its answer does not arrive.
    CutAfter,
    /// Nothing arrives any more, on this connection or a new one, and nothing is closed.
    Freeze,
    /// As after a firewall's restart: this connection is dead and silent, a new one works.
    SwallowAnswer,
}

/// A network between a program and a PostgreSQL server that fails on request: TCP, no TLS.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    fault: Fault,
    /// The request (a simple query, or everything up to a Sync) that meets the fault, from 1.
    at: usize,
    /// A request with this text meets it, whatever its number.
    text: Option<String>,
    requests: AtomicUsize,
    struck: AtomicBool,
    /// Run when the fault strikes.
    strike: Mutex<Box<dyn FnMut() + Send>>,
}

impl Proxy {
    /// The fault strikes at the given request, counted over all connections.
    pub fn at_request(server: &url::Url, fault: Fault, at: usize) -> Self {
        Self::start(server, fault, at, None, Box::new(|| {}))
    }

    /// The fault strikes at the first request that contains the text.
    pub fn at_text(server: &url::Url, fault: Fault, text: &str) -> Self {
        Self::start(server, fault, usize::MAX, Some(text.to_owned()), Box::new(|| {}))
    }

    pub fn start(
        server: &url::Url,
        fault: Fault,
        at: usize,
        text: Option<String>,
        strike: Box<dyn FnMut() + Send>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let host = server.host_str().expect("a host");
        let shared = Arc::new(Shared {
            server: format!("{host}:{}", server.port().unwrap_or(5432)),
            fault,
            at,
            text,
            requests: AtomicUsize::new(0),
            struck: AtomicBool::new(false),
            strike: Mutex::new(strike),
        });
        let proxy = Self { port, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(client));
            }
        });
        proxy
    }

    /// The same URL by way of the proxy.
    pub fn url(&self, url: &str) -> String {
        let mut url = url::Url::parse(url).expect("a URL");
        url.set_port(Some(self.port)).expect("a port");
        url.set_query(Some("sslmode=disable&gssencmode=disable&connect_timeout=1"));
        url.into()
    }

    pub fn struck(&self) -> bool {
        self.shared.struck.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) {
        if self.fault == Fault::Freeze && self.struck.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_secs(60));
            return;
        }
        let Ok(mut server) = TcpStream::connect(&self.server) else { return };
        let silent = Arc::new(AtomicBool::new(false));
        let back = {
            let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let silent = Arc::clone(&silent);
            std::thread::spawn(move || {
                let mut buffer = [0; 8192];
                while let Ok(length) = from.read(&mut buffer) {
                    if length == 0 {
                        break;
                    }
                    if !silent.load(Ordering::SeqCst) && to.write_all(&buffer[..length]).is_err() {
                        break;
                    }
                }
                if !silent.load(Ordering::SeqCst) {
                    let _ = to.shutdown(Shutdown::Both);
                }
            })
        };
        self.forward(&mut client, &mut server, &silent);
        let _ = server.shutdown(Shutdown::Both);
        let _ = client.shutdown(Shutdown::Both);
        let _ = back.join();
    }

    fn forward(&self, client: &mut TcpStream, server: &mut TcpStream, silent: &AtomicBool) {
        // The start-up packet has no type.
        let Some(start) = packet(client, Vec::new()) else { return };
        if server.write_all(&start).is_err() {
            return;
        }
        let mut request = Vec::new();
        loop {
            let mut kind = [0];
            if client.read_exact(&mut kind).is_err() {
                return;
            }
            let Some(message) = packet(client, kind.to_vec()) else { return };
            request.extend(message);
            if !matches!(kind[0], b'Q' | b'S' | b'c' | b'X' | b'p') {
                continue;
            }
            let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
            let text = String::from_utf8_lossy(&request);
            let due = number == self.at || self.text.as_ref().is_some_and(|t| text.contains(t));
            if due && !self.struck.swap(true, Ordering::SeqCst) {
                if self.fault != Fault::CutBefore {
                    silent.store(true, Ordering::SeqCst);
                }
                if matches!(self.fault, Fault::CutAfter | Fault::SwallowAnswer) {
                    let _ = server.write_all(&request);
                    std::thread::sleep(Duration::from_millis(150));
                }
                (self.strike.lock().unwrap())();
                if matches!(self.fault, Fault::Freeze | Fault::SwallowAnswer) {
                    std::thread::sleep(Duration::from_secs(60));
                }
                return;
            }
            if server.write_all(&request).is_err() {
                return;
            }
            request.clear();
        }
    }
}

/// A length and what it announces, behind what was read already.
fn packet(client: &mut TcpStream, mut read: Vec<u8>) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length).ok()?;
    read.extend(length);
    let rest = usize::try_from(u32::from_be_bytes(length)).ok()?.checked_sub(4)?;
    let begin = read.len();
    read.resize(begin + rest, 0);
    client.read_exact(&mut read[begin..]).ok()?;
    Some(read)
}
