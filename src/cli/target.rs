//! What a run works with: the service or its built-in stand-in, and the store of records.

use std::path::Path;
use std::sync::Arc;

use crate::api::{Limits, Observe, ProxySettings, Session, Token};
use crate::domain::{Endpoint, InvalidEndpoint};
use crate::sandbox::{self, Sandbox};
use crate::state::Store;

use super::call_log::CallLog;
use super::console::Console;
use super::environment;
use super::exit::Exit;
use super::fault::Fault;
use super::sandbox_files;
use super::settings::{Pace, Said, Settings};
use super::slow_store::SlowStore;

/// The stand-in's only user, as an unsigned JWT: `{"userId":"sandbox"}`. It opens nothing.
const SANDBOX_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJzYW5kYm94In0.c2FuZGJveA";

/// The store that the settings name, with each of its calls in the log.
pub(super) fn store(settings: &Settings, console: &Console) -> Result<Arc<dyn Store>, Fault> {
    Ok(settings.state.open_observed(Arc::new(CallLog(*console)))?)
}

/// The same store, which tells of what takes long.
pub(super) fn watched_store(settings: &Settings, console: &Console) -> Result<Arc<dyn Store>, Fault> {
    Ok(SlowStore::of(store(settings, console)?, console))
}

/// A session with the service, and the stand-in it is with, if it is.
pub(super) struct Target {
    pub(super) session: Session,
    sandbox: Option<Sandbox>,
}

impl Target {
    pub(super) async fn open(settings: &Settings, pace: &Pace, observer: Arc<dyn Observe>) -> Result<Self, Fault> {
        let limits = Limits { call: pace.call, run: Some(pace.run), ..Limits::default() };
        if let Some(folder) = &settings.sandbox {
            let sandbox = stand_in(folder).await?;
            let endpoint: Endpoint = sandbox.url().parse().map_err(|error: InvalidEndpoint| Fault::ours(error))?;
            let token = Token::new(SANDBOX_TOKEN.to_owned())?;
            let session = Session::open(endpoint, token, None, limits, observer, &ProxySettings::default())?;
            return Ok(Self { session, sandbox: Some(sandbox) });
        }
        if settings.endpoint_said == Said::File && settings.endpoint.as_str() != Endpoint::DEFAULT {
            let message = format!(
                "the settings file names the endpoint {}, and a file can't decide where the token goes",
                settings.endpoint
            );
            let hint = format!("say it too in the environment: POLICYSYNC_ENDPOINT={}", settings.endpoint);
            return Err(Fault::new(Exit::Failure, message).hint(hint));
        }
        let (token, refresh) = environment::tokens()?;
        let proxies = environment::proxies()?;
        let session = Session::open(settings.endpoint.clone(), token, refresh, limits, observer, &proxies)?;
        Ok(Self { session, sandbox: None })
    }

    /// Ends the stand-in; what it keeps is on disk.
    pub(super) async fn close(self) -> Result<(), Fault> {
        match self.sandbox {
            Some(sandbox) => Ok(sandbox.stop().await?),
            None => Ok(()),
        }
    }
}

async fn stand_in(folder: &Path) -> Result<Sandbox, Fault> {
    std::fs::create_dir_all(folder).map_err(|error| {
        let wrong = Fault::new(Exit::Failure, format!("can't make the folder {}", folder.display())).because(error);
        wrong.hint("the stand-in keeps its data there: run policysync where this user may write")
    })?;
    let traffic = folder.join("traffic.yaml");
    let options = sandbox::Options {
        traffic: sandbox_files::traffic(traffic.exists().then_some(traffic.as_path()))?,
        data: Some(folder.join("service.jsonl")),
        journal: Some(folder.join("requests.jsonl")),
        ..sandbox::Options::default()
    };
    Ok(Sandbox::start(options).await?)
}
