//! A gate between policysync and an object store: it passes requests on, and does to some of them what networks and
//! proxies do.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// None: it is passed on.
    Spared,
    /// It takes effect; the connection is closed without one byte of the answer.
    CutAfter,
    /// The connection is closed; nothing took effect.
    CutBefore,
    /// It takes effect; half the answer comes, then the connection is closed.
    HalfAnswer,
    /// A proxy answers this status; `effect` says whether the request took effect behind it.
    Status { status: u16, effect: bool },
    /// It takes effect; no answer ever comes.
    Silence,
    /// Its conditions are taken away.
    Unconditional,
    /// The store's own words, without asking it.
    Says { status: u16, body: String },
    /// These bytes, without asking the store.
    Raw(String),
}

/// The next `times` requests whose first line contains each word of `to` go wrong.
struct Plan {
    to: String,
    times: usize,
    fault: Fault,
}

/// A listener on a free port; one request a connection, each passed on to the store.
pub struct Gate {
    address: SocketAddr,
    plans: Arc<Mutex<Vec<Plan>>>,
    lines: Arc<Mutex<Vec<String>>>,
    /// Connections that are never answered.
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Gate {
    /// Opens one before the store at `url`.
    pub fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port of loopback");
        let address = listener.local_addr().expect("it is bound");
        let store = url.strip_prefix("http://").and_then(|host| host.parse().ok()).expect("an address on loopback");
        let gate = Self { address, plans: Arc::default(), lines: Arc::default(), held: Arc::default() };
        let (plans, lines, held) = (Arc::clone(&gate.plans), Arc::clone(&gate.lines), Arc::clone(&gate.held));
        std::thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                let (plans, lines, held) = (Arc::clone(&plans), Arc::clone(&lines), Arc::clone(&held));
                std::thread::spawn(move || pass(client, store, &plans, &lines, &held));
            }
        });
        gate
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn fault(&self, to: &str, times: usize, fault: Fault) {
        self.plans.lock().unwrap().push(Plan { to: to.to_owned(), times, fault });
    }

    pub fn clear(&self) {
        self.plans.lock().unwrap().clear();
        self.lines.lock().unwrap().clear();
    }

    /// The methods of the requests so far.
    pub fn methods(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap();
        lines.iter().filter_map(|line| line.split(' ').next().map(ToOwned::to_owned)).collect()
    }
}

fn planned(plans: &Mutex<Vec<Plan>>, line: &str) -> Option<Fault> {
    let mut plans = plans.lock().unwrap();
    let plan = plans.iter_mut().find(|plan| plan.times > 0 && plan.to.split(' ').all(|word| line.contains(word)))?;
    plan.times -= 1;
    Some(plan.fault.clone())
}

/// Passes one request on, and its answer back, as far as the plan lets it. A side that goes away ends it.
fn pass(
    mut client: TcpStream,
    store: SocketAddr,
    plans: &Mutex<Vec<Plan>>,
    lines: &Mutex<Vec<String>>,
    held: &Mutex<Vec<TcpStream>>,
) -> Option<()> {
    let (head, body) = request(&mut client)?;
    let line = head.lines().next().unwrap_or_default().to_owned();
    let fault = planned(plans, &line);
    lines.lock().unwrap().push(line);
    let head = if fault == Some(Fault::Unconditional) { without_conditions(&head) } else { head };
    match &fault {
        Some(Fault::CutBefore) => return None,
        Some(Fault::Status { status, effect: false }) => return client.write_all(&page(*status, "<html>")).ok(),
        Some(Fault::Says { status, body }) => return client.write_all(&page(*status, body)).ok(),
        Some(Fault::Raw(bytes)) => return client.write_all(bytes.as_bytes()).ok(),
        _ => {}
    }
    let mut store = TcpStream::connect(store).ok()?;
    let head = head.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    store.write_all(head.as_bytes()).and_then(|()| store.write_all(&body)).ok()?;
    let mut answer = Vec::new();
    store.read_to_end(&mut answer).ok()?;
    match fault {
        Some(Fault::CutAfter) => None,
        Some(Fault::HalfAnswer) => client.write_all(&answer[..answer.len() / 2]).ok(),
        Some(Fault::Status { status, .. }) => client.write_all(&page(status, "<html>")).ok(),
        Some(Fault::Silence) => {
            held.lock().unwrap().push(client);
            Some(())
        }
        _ => client.write_all(&answer).ok(),
    }
}

fn page(status: u16, body: &str) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} Said\r\nContent-Type: text/html\r\nConnection: close\r\n");
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn without_conditions(head: &str) -> String {
    let is_condition = |line: &&str| line.to_ascii_lowercase().starts_with("if-");
    head.split_inclusive("\r\n").filter(|line| !is_condition(line)).collect()
}

/// The head with its empty line, and the body.
fn request(client: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 * 1024];
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
