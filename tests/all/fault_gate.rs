//! A gate between policysync and the service: it can close, keep policies out of a list's answer, and answer in the
//! service's place.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::world::World;

/// A listener on a free port; one request a connection, each passed on to the service.
pub struct Gate {
    address: SocketAddr,
    /// Whether lists are answered as empty: what a token with narrow rights sees.
    hides: Arc<AtomicBool>,
    /// What it answers itself.
    lies: Arc<Mutex<Vec<Lie>>>,
}

/// The next request that begins with `to` is answered with this status and body, and not passed on.
#[derive(Clone)]
pub struct Lie {
    pub to: String,
    pub status: u16,
    pub body: String,
}

impl Gate {
    /// Opens one for so many connections, and points the world's runs to it. Nobody listens while the last one is answered.
    pub fn open(world: &mut World, connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of loopback");
        let address = listener.local_addr().expect("it is bound");
        let gate = Self { address, hides: Arc::default(), lies: Arc::default() };
        world.env.push(("POLICYSYNC_ENDPOINT".to_owned(), format!("http://{address}")));
        gate.serve(listener, world.service.address(), connections);
        gate
    }

    /// Opens again where it was.
    pub fn reopen(&self, world: &World) {
        let listener = TcpListener::bind(self.address).expect("the port is still free");
        self.serve(listener, world.service.address(), usize::MAX);
    }

    pub fn hide(&self) {
        self.hides.store(true, Ordering::SeqCst);
    }

    pub fn lie(&self, to: &str, status: u16, body: &serde_json::Value) {
        self.lies.lock().unwrap().push(Lie { to: to.to_owned(), status, body: body.to_string() });
    }

    fn serve(&self, listener: TcpListener, service: SocketAddr, connections: usize) {
        let (hides, lies) = (Arc::clone(&self.hides), Arc::clone(&self.lies));
        std::thread::spawn(move || {
            let mut last = None;
            for _ in 0..connections {
                if let Some(client) = last.take() {
                    let (hides, lies) = (Arc::clone(&hides), Arc::clone(&lies));
                    std::thread::spawn(move || pass(client, service, &hides, &lies));
                }
                last = listener.accept().ok().map(|(client, _)| client);
            }
            drop(listener);
            if let Some(client) = last {
                pass(client, service, &hides, &lies);
            }
        });
    }
}

/// Passes one request on, and its answer back. A side that goes away ends it.
fn pass(mut client: TcpStream, service: SocketAddr, hides: &AtomicBool, lies: &Mutex<Vec<Lie>>) -> Option<()> {
    let (head, body) = request(&mut client)?;
    let told = {
        let mut lies = lies.lock().unwrap();
        lies.iter().position(|lie| head.starts_with(&lie.to)).map(|at| lies.remove(at))
    };
    if let Some(Lie { status, body, .. }) = told {
        return client.write_all(&answered(status, &body)).ok();
    }
    let mut service = TcpStream::connect(service).ok()?;
    let is_list = head.starts_with("GET /policy?");
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    service.write_all(head.as_bytes()).and_then(|()| service.write_all(&body)).ok()?;
    let mut answer = Vec::new();
    service.read_to_end(&mut answer).ok()?;
    if is_list && hides.load(Ordering::SeqCst) {
        answer = answered(200, r#"{"success":true,"policies":[]}"#);
    }
    client.write_all(&answer).ok()
}

fn answered(status: u16, body: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nConnection: close\r\n");
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The head with its empty line, and the body.
fn request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = client.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes[..end + 4].to_vec()).ok()?;
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let whole = end + 4 + length.unwrap_or(0);
        if bytes.len() >= whole {
            return Some((head, bytes[end + 4..whole].to_vec()));
        }
    }
}
