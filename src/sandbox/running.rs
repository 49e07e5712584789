//! A sandbox at work: started, looked into, stopped.

use std::fmt;
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

use super::connection::Server;
use super::data_file::{DataFile, DataFileError};
use super::incidents::Incidents;
use super::latency::Latency;
use super::person::Person;
use super::policies::{Policies, now};
use super::policy::{Kept, wire};
use super::requests::Requests;
use super::routes::{Service, router};
use super::sessions::Sessions;
use super::{FaultPlan, Options, Request, Traffic};

/// How long [`Sandbox::stop`] waits for answers that are on their way.
const GRACE: Duration = Duration::from_secs(2);

/// Why a sandbox can't start, or can't stop as it should.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Others could reach it there.
    #[error("the sandbox listens on loopback only, and {0} is not; use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The address can't be had.
    #[error("can't listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The data file can't be used.
    #[error(transparent)]
    Data(#[from] DataFileError),
    /// The data file can't be synced to the disk.
    #[error("the data file can't be synced to the disk")]
    Sync(#[source] io::Error),
    /// The journal can't be begun.
    #[error("can't write the journal {}", path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No thread or runtime for it.
    #[error("can't start a thread for the sandbox")]
    Thread(#[source] io::Error),
}

/// A running sandbox. It stops when it is dropped, at once; [`Sandbox::stop`] lets answers finish.
pub struct Sandbox {
    address: SocketAddr,
    server: Arc<Server>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts one on the current Tokio runtime.
    ///
    /// # Errors
    /// [`SandboxError`] where the address isn't loopback or is taken, or a file can't be used.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        let Options { listen, data, journal, list, latency, faults, traffic, tokens, refresh_tokens, ids, clock, text } =
            options;
        if !listen.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(listen));
        }
        let listening = |source| SandboxError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let file = data.as_deref().map(DataFile::open).transpose()?;
        let journal = match journal {
            None => None,
            Some(path) => {
                let file = File::create(&path);
                Some(file.map_err(|source| SandboxError::Journal { path, source })?)
            }
        };
        let service = Arc::new(Service {
            policies: Policies::new((list, ids, text), clock, file),
            sessions: Sessions::new(ids, tokens, refresh_tokens),
            incidents: Incidents::default(),
        });
        service.incidents.expect(traffic);
        let routes = TowerToHyperService::new(router(Arc::clone(&service)));
        let latency = Latency::of(latency).map_err(SandboxError::Thread)?;
        let server = Arc::new(Server { service, requests: Requests::new(faults, journal), routes, latency });
        let (stop, stopping) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, Arc::clone(&server), stopping));
        Ok(Self { address, server, stop, accepting })
    }

    /// Starts one on a thread and a runtime of its own, for callers that block.
    ///
    /// # Errors
    /// As [`Sandbox::start`], or where there is no thread to be had.
    pub fn spawn(options: Options) -> Result<Running, SandboxError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(SandboxError::Thread)?;
        let sandbox = runtime.block_on(Self::start(options))?;
        let (end, ended) = oneshot::channel::<()>();
        let thread = thread::Builder::new()
            .name("sandbox".to_owned())
            .spawn(move || {
                // Either way, told or forgotten, it is the end.
                let _ended = runtime.block_on(ended);
            })
            .map_err(SandboxError::Thread)?;
        Ok(Running { sandbox, end: Some(end), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its endpoint: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The live policies as the wire shows them, oldest first.
    #[must_use]
    pub fn policies(&self) -> Vec<Value> {
        self.server.service.policies.all().iter().map(|policy| wire(policy.shown())).collect()
    }

    /// The requests so far in the order of arrival, the last 100,000 at most.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.server.requests.all()
    }

    /// Forgets the requests so far. Their numbers go on.
    pub fn clear_requests(&self) {
        self.server.requests.clear();
    }

    /// Sets another fault plan; its counts begin anew.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.server.requests.set_faults(plan);
    }

    /// Makes a policy as the user `by`, without a call; gives its id. Its values may be ones that no call would take.
    ///
    /// # Panics
    /// Where a field of a new policy is missing or of another type, or its scope contradicts what is known.
    pub fn seed(&self, body: Value, by: &str) -> String {
        let draft = serde_json::from_value(body).expect("a seeded policy has the fields of a new one");
        self.server.service.policies.create(draft, Person::new(by)).expect("a seeded policy can be kept").id
    }

    /// Makes a scope known by its ids (an organization, a workspace of it, a repository of that), and what people call it.
    pub fn introduce(&self, ids: &[&str], name: &str) {
        self.server.service.policies.introduce(ids, name);
    }

    /// Changes a policy as the user `by`, without a call. Its values may be ones that no call would take.
    ///
    /// # Panics
    /// Where there is no such policy, or `fields` names something else than name, content, riskType and actionType.
    pub fn edit(&self, id: &str, fields: Value, by: &str) {
        let change = serde_json::from_value(fields).expect("an edit has fields of a policy");
        let edited = self.server.service.policies.update(id, change, Person::new(by));
        edited.expect("an edited policy is live and can be kept");
    }

    /// Deletes a policy as some other user, without a call.
    ///
    /// # Panics
    /// Where there is no such policy.
    pub fn remove(&self, id: &str) {
        let removed = self.server.service.policies.delete(id, Person::new("user-console"));
        removed.expect("a removed policy is live and can be kept");
    }

    /// Notes that somebody went against a policy; violations and alerts show it.
    ///
    /// # Panics
    /// Where there is no such policy.
    pub fn violate(&self, id: &str, explanation: &str) {
        let policy: Kept = self.server.service.policies.get(id).expect("a violated policy is live");
        self.server.service.incidents.note(policy, now(), explanation.to_owned());
    }

    /// Lets this go against the policies too, each as soon as there is one of that name or id.
    pub fn expect(&self, traffic: Traffic) {
        self.server.service.incidents.expect(traffic);
    }

    /// Takes no more calls, lets the answers on their way finish for 2 s, and syncs the data file to the disk.
    ///
    /// # Errors
    /// [`SandboxError::Sync`] where the disk refuses.
    pub async fn stop(mut self) -> Result<(), SandboxError> {
        self.stop.send_replace(true);
        // A task that was cut off has nothing left to finish.
        let _finished = (&mut self.accepting).await;
        self.server.service.policies.close().map_err(SandboxError::Sync)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.accepting.abort();
        // Written is durable enough for one that is dropped; the file must be free for the next.
        let _unsynced = self.server.service.policies.close();
    }
}

/// A sandbox on a thread of its own; look into it as into a [`Sandbox`]. It stops when it is dropped, at once.
#[derive(Debug)]
pub struct Running {
    sandbox: Sandbox,
    end: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Deref for Running {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // What is kept is in its file already, however the thread ended.
            let _ended = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, server: Arc<Server>, stopping: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = told(stopping.clone()) => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, Arc::clone(&server), stopping.clone()));
                }
                // Out of file descriptors, mostly: give the open connections a moment to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    // What is not done by then is cut off with the set.
    let _in_time = tokio::time::timeout(GRACE, finished).await;
}

async fn serve(stream: TcpStream, server: Arc<Server>, stopping: watch::Receiver<bool>) {
    // Small answers must not wait for more to come.
    let _as_it_is = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request| Arc::clone(&server).answer(request));
    let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // How a connection ends, cut or closed, is its client's to know.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = told(stopping) => connection.as_mut().graceful_shutdown(),
    }
    let _ended = connection.await;
}

/// Ends when the sandbox was told to stop, or is gone.
async fn told(mut stopping: watch::Receiver<bool>) {
    let _told = stopping.wait_for(|stop| *stop).await;
}
