//! What is heard of the requests of a call: the crate's errors name its own layers, and people look for what the store said.
//! Whoever makes a call inside [`listen`] gets the last answer beside the result, and each request is told to the observer.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use url::Url;

use crate::state::{StoreAnswer, StoreAsked, StoreCall, StoreObserver};

/// What of a query says which objects are meant. All else may be a signature or a token.
const WHICH: &[&str] = &["comp", "delimiter", "list-type", "prefix", "restype"];

tokio::task_local! { static LISTENER: Listener; }

/// Who listens to a call.
pub(super) struct Listener {
    observer: Arc<dyn StoreObserver>,
    /// Which try of the call it is, from 1.
    attempt: u32,
    last: RefCell<Option<Heard>>,
}

impl Listener {
    pub(super) fn new(observer: &Arc<dyn StoreObserver>, attempt: u32) -> Self {
        Self { observer: Arc::clone(observer), attempt, last: RefCell::default() }
    }
}

/// What came of the last request of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// The host and port it went to.
    pub(super) host: String,
    /// Whether it was about the bucket; else it was for credentials.
    pub(super) about_bucket: bool,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// It was sent, and nothing has come back yet.
    Silence,
    /// An answer.
    Answer(Said),
    /// None, or not a whole one.
    Fault { text: String, sent: bool, untrusted: bool },
    /// It would have gone in the clear, and was not sent.
    InTheClear,
}

/// An answer, as far as it explains a refusal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) status: u16,
    /// The store's own word for it: `NoSuchBucket`.
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    /// Where S3 says that the bucket is.
    pub(super) region: Option<String>,
}

/// Makes a call, and says what was heard last meanwhile.
pub(super) async fn listen<T>(listener: Listener, call: impl Future<Output = T>) -> (T, Option<Heard>) {
    let both = async {
        let done = call.await;
        (done, LISTENER.with(|listener| listener.last.take()))
    };
    LISTENER.scope(listener, both).await
}

/// A request that is under way. Where it is dropped before its end, nobody waits for it any more, and that is told too.
pub(super) struct Going {
    host: String,
    about_bucket: bool,
    begun: Instant,
    /// Who is told, which try it is, and what is asked; nothing once it is over, and outside of [`listen`].
    told: Option<(Arc<dyn StoreObserver>, u32, StoreAsked)>,
    /// The status of an answer whose body is still being read.
    status: Option<u16>,
}

impl Going {
    pub(super) fn begin(method: &str, url: &Url, host: String, about_bucket: bool) -> Self {
        let path = about_bucket.then(|| path_and_objects(url));
        let asked = StoreAsked::Request { method: method.to_owned(), host: host.clone(), path };
        let told = LISTENER.try_with(|listener| (Arc::clone(&listener.observer), listener.attempt, asked)).ok();
        Self { host, about_bucket, begun: Instant::now(), told, status: None }
    }

    /// It is sent, and nothing has come back yet.
    pub(super) fn is_sent(&self) {
        self.hear(What::Silence);
    }

    /// An answer has begun, and its body is to come.
    pub(super) fn answers(&mut self, said: &Said) {
        self.status = Some(said.status);
        self.hear(What::Answer(said.clone()));
    }

    /// This came of it.
    pub(super) fn over(&mut self, what: What) {
        self.tell(match &what {
            What::Answer(said) => StoreAnswer::Status(said.status),
            What::Fault { text, .. } => StoreAnswer::Fault(text.clone()),
            What::InTheClear => StoreAnswer::Fault("not sent: it would go in the clear".to_owned()),
            What::Silence => StoreAnswer::Fault("no answer".to_owned()),
        });
        self.hear(what);
    }

    fn hear(&self, what: What) {
        let heard = Heard { host: self.host.clone(), about_bucket: self.about_bucket, what };
        // Outside of `listen` nobody wants to know.
        let _ = LISTENER.try_with(|listener| listener.last.replace(Some(heard)));
    }

    fn tell(&mut self, answer: StoreAnswer) {
        if let Some((observer, attempt, what)) = self.told.take() {
            observer.over(&StoreCall { what, attempt, answer, elapsed: self.begun.elapsed() });
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.tell(StoreAnswer::Fault(self.status.map_or_else(
            || "no answer yet, and it is waited for no more".to_owned(),
            |status| format!("{status}, and not all of it was read"),
        )));
    }
}

/// A URL's path, and of its query what says which objects are meant.
fn path_and_objects(url: &Url) -> String {
    let is_which = |pair: &&str| WHICH.contains(&pair.split('=').next().unwrap_or_default());
    let query: Vec<&str> = url.query().unwrap_or_default().split('&').filter(is_which).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}{mark}{}", url.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_query_only_what_names_objects_is_shown() {
        for (url, shown_as) in [
            ("https://a.blob.core.windows.net/records/acme.json?sv=2024&sig=c2VjcmV0", "/records/acme.json"),
            (
                "https://s3.example/records?list-type=2&prefix=a%2F&delimiter=%2F&X-Amz-Signature=c2VjcmV0&continuation-token=x",
                "/records?list-type=2&prefix=a%2F&delimiter=%2F",
            ),
            ("https://u:c2VjcmV0@s3.example/records#c2VjcmV0", "/records"),
            ("https://s3.example/records?prefixx=c2VjcmV0&Prefix=c2VjcmV0&=c2VjcmV0&comp", "/records?comp"),
        ] {
            assert_eq!(path_and_objects(&url.parse().unwrap()), shown_as);
        }
    }
}
