//! A gate between policysync and the service: it can close, and it can keep policies out of a list's answer.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::world::World;

/// A listener on a free port; one request a connection, each passed on to the service.
pub struct Gate {
    address: SocketAddr,
    /// Whether lists are answered as empty: what a token with narrow rights sees.
    hides: Arc<AtomicBool>,
}

impl Gate {
    /// Opens one for so many connections, and points the world's runs to it. Nobody listens while the last one is answered.
    pub fn open(world: &mut World, connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of loopback");
        let address = listener.local_addr().expect("it is bound");
        let gate = Self { address, hides: Arc::default() };
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

    fn serve(&self, listener: TcpListener, service: SocketAddr, connections: usize) {
        let hides = Arc::clone(&self.hides);
        std::thread::spawn(move || {
            let mut last = None;
            for _ in 0..connections {
                if let Some(client) = last.take() {
                    let hides = Arc::clone(&hides);
                    std::thread::spawn(move || pass(client, service, &hides));
                }
                last = listener.accept().ok().map(|(client, _)| client);
            }
            drop(listener);
            if let Some(client) = last {
                pass(client, service, &hides);
            }
        });
    }
}

/// Passes one request on, and its answer back. A side that goes away ends it.
fn pass(mut client: TcpStream, service: SocketAddr, hides: &AtomicBool) -> Option<()> {
    let (head, body) = request(&mut client)?;
    let mut service = TcpStream::connect(service).ok()?;
    let is_list = head.starts_with("GET /policy?");
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    service.write_all(head.as_bytes()).and_then(|()| service.write_all(&body)).ok()?;
    let mut answer = Vec::new();
    service.read_to_end(&mut answer).ok()?;
    if is_list && hides.load(Ordering::SeqCst) {
        let empty = r#"{"success":true,"policies":[]}"#;
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
        answer = format!("{head}Content-Length: {}\r\n\r\n{empty}", empty.len()).into_bytes();
    }
    client.write_all(&answer).ok()
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
