//! A session with the service: every call goes through here, is tried as often as is right, and is told to the observer.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;

use super::answer::{Answer, shorten};
use super::credentials::{Credentials, Held, pair};
use super::observe::{CallEvent, CallOutcome, Observe};
use super::permit::{Permit, Unbounded};
use super::retry::{CallKind, Decision, Seen, decide, pause};
use super::transport::{Request, Transport};
use super::wire::{self, Read, WireRefresh, WireTokens};
use super::{ApiError, Limits, LivePolicy, ProxySettings, Reader, Refusal, Token, Writer};
use crate::domain::{Endpoint, PolicyId, UserId};

/// What a failed refresh is called; [`ApiError::hint`] knows it by this.
pub(super) const REFRESH_FAILED: &str = "the refresh token did not help";

/// A token, a place it may be sent to, and the bounds of doing so. Cheap to clone: all clones are one session.
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    endpoint: Endpoint,
    transport: Transport,
    limits: Limits,
    credentials: Credentials,
    observer: Arc<dyn Observe>,
    /// When the run's time is over.
    end: Option<Instant>,
}

/// How it went so far with one call.
#[derive(Default)]
struct Tries {
    attempt: u32,
    refreshed: bool,
    /// Whether one of them may have taken effect.
    doubt: bool,
}

impl Session {
    /// Begins a session; nothing is sent yet, but the run's time begins.
    ///
    /// # Errors
    /// [`ApiError::NotSent`] if TLS or the proxy can't be set up.
    pub fn open(
        endpoint: Endpoint,
        token: Token,
        refresh: Option<Token>,
        limits: Limits,
        observer: Arc<dyn Observe>,
        proxies: &ProxySettings,
    ) -> Result<Self, ApiError> {
        let transport = Transport::open(&endpoint, &limits, proxies)?;
        let credentials = Credentials::new(token, refresh);
        let end = limits.run.and_then(|run| Instant::now().checked_add(run));
        Ok(Self(Arc::new(Inner { endpoint, transport, limits, credentials, observer, end })))
    }

    /// The side that reads.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader::new(self.clone())
    }

    /// The side that writes.
    #[must_use]
    pub fn writer(&self) -> Writer {
        Writer::new(self.clone())
    }

    /// Where the service is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.0.endpoint
    }

    /// Who we are, as far as known: by `createdBy` of what we created, else by the token's `userId` and `lastUpdatedBy` of
    /// what we updated. Nothing where these disagree.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        self.0.credentials.user()
    }

    /// Whether the refresh token that the session was opened with has been replaced by a new one.
    #[must_use]
    pub fn rotated(&self) -> bool {
        self.0.credentials.rotated()
    }

    /// How long to wait after the `attempt`th try of a call, counted from 1, that the service clearly did not carry out:
    /// what it asked for, and full jitter on top.
    #[must_use]
    pub fn pause(&self, attempt: u32, asked: Option<Duration>) -> Duration {
        pause(attempt, asked, &self.0.limits).pick(chance())
    }

    /// Makes a call that only reads; see [`Session::call_while`].
    pub(super) async fn read_call(&self, request: &Request) -> Result<Answer, ApiError> {
        self.call_while(CallKind::Read, request, &Unbounded).await
    }

    /// Makes a call with the token; a 401 renews it once. Returns the answer that ended it, whatever it says. It is tried
    /// again only while `permit` is granted.
    pub(super) async fn call_while(
        &self,
        kind: CallKind,
        request: &Request,
        permit: &dyn Permit,
    ) -> Result<Answer, ApiError> {
        let mut tries = Tries::default();
        let ended = self.call_as_often_as_right(kind, request, permit, &mut tries).await;
        let ended = ended.map(|answer| Answer { sent_again: tries.doubt, ..answer });
        tries.honest(kind, ended, |answer| self.refusal(answer))
    }

    async fn call_as_often_as_right(
        &self,
        kind: CallKind,
        request: &Request,
        permit: &dyn Permit,
        tries: &mut Tries,
    ) -> Result<Answer, ApiError> {
        let mut held = self.0.credentials.current()?;
        loop {
            let (answer, decision) = self.persist(kind, request, Some(&held.token), permit, tries).await?;
            let said = || answer.refusal(&self.0.credentials.secrets).message;
            match decision {
                Decision::RefreshToken => {
                    held = self.renew(&held, said()).await?;
                    if !permit.granted().await {
                        return Err(ApiError::Unauthorized { message: said() });
                    }
                }
                Decision::Stop => return Err(self.0.credentials.stop(said())),
                Decision::Final | Decision::Retry(_) | Decision::AskedTooLong(_) => return Ok(answer),
            }
            tries.refreshed = true;
        }
    }

    /// Tries until there is something final, or a token is needed.
    async fn persist(
        &self,
        kind: CallKind,
        request: &Request,
        token: Option<&Token>,
        permit: &dyn Permit,
        tries: &mut Tries,
    ) -> Result<(Answer, Decision), ApiError> {
        if !self.has_time_for(Duration::ZERO) {
            return Err(ApiError::OutOfTime);
        }
        loop {
            tries.attempt = tries.attempt.saturating_add(1);
            let started = Instant::now();
            let result = self.0.transport.send(request, token, permit.until()).await;
            let seen = seen(&result);
            let decision = decide(kind, tries.attempt, tries.refreshed, seen, &self.0.limits);
            let wait = match decision {
                Decision::Retry(wait) => Some(wait.pick(chance())).filter(|wait| self.has_time_for(*wait)),
                Decision::RefreshToken => self.0.credentials.refresh_token().map(|_| Duration::ZERO),
                Decision::Final | Decision::Stop | Decision::AskedTooLong(_) => None,
            };
            self.tell(request, tries.attempt, &result, started.elapsed(), wait);
            if let (Decision::Retry(_), Some(wait)) = (decision, wait) {
                tries.doubt |= matches!(seen, Seen::Broken | Seen::Answer { status: 408 | 500.., own: false, .. });
                tokio::time::sleep(wait).await;
                if permit.granted().await {
                    continue;
                }
            }
            let mut answer = result?;
            if let Decision::AskedTooLong(asked) = decision {
                answer.asked_too_long = Some((asked, self.0.limits.retry_after_cap));
            }
            return Ok((answer, decision));
        }
    }

    fn has_time_for(&self, wait: Duration) -> bool {
        self.0.end.is_none_or(|end| Instant::now().checked_add(wait).is_some_and(|then| then < end))
    }

    fn tell(
        &self,
        request: &Request,
        attempt: u32,
        result: &Result<Answer, ApiError>,
        elapsed: Duration,
        will_retry_in: Option<Duration>,
    ) {
        let outcome = match result {
            Ok(answer) => CallOutcome::Status(answer.status),
            Err(error) => CallOutcome::Fault(self.0.credentials.secrets.cut(&error.to_string())),
        };
        let method = request.method_name();
        let path = request.path_and_query();
        self.0.observer.call(&CallEvent { method, path, attempt, outcome, elapsed, will_retry_in });
    }

    /// A token that is newer than `old`: someone else's, or our own by one refresh.
    async fn renew(&self, old: &Held, said: String) -> Result<Held, ApiError> {
        let credentials = &self.0.credentials;
        let _one_at_a_time = credentials.gate.lock().await;
        if let Some(newer) = credentials.newer_than(old)? {
            return Ok(newer);
        }
        let Some(refresh) = credentials.refresh_token() else {
            return Err(credentials.stop(said));
        };
        match self.trade(&refresh).await {
            Ok((access, refresh)) => Ok(credentials.replace(access, refresh)),
            Err(ApiError::OutOfTime) => Err(ApiError::OutOfTime),
            Err(why) => {
                let lost = match why {
                    ApiError::NotSent { .. } | ApiError::Refused(_) => "",
                    _ => "; it may be used up by now, since each is good for one use",
                };
                let said = if said.is_empty() { said } else { format!("{said}; ") };
                Err(credentials.stop(format!("{said}{REFRESH_FAILED}: {why}{lost}")))
            }
        }
    }

    async fn trade(&self, refresh: &Token) -> Result<(Token, Option<Token>), ApiError> {
        let url = self.0.endpoint.join(&["user", "refresh"]);
        let request = Request::new(Method::POST, url).with_json(&WireRefresh::new(refresh.expose()));
        // The expired token stays out of it: the reference asks for none here.
        let (answer, _) = self.persist(CallKind::Refresh, &request, None, &Unbounded, &mut Tries::default()).await?;
        let refused = answer.refusal(&self.0.credentials.secrets);
        if !answer.is_success() || answer.is_own_failure() {
            let in_doubt = matches!(answer.status, 408 | 500..) && !answer.is_own_failure();
            return Err(if in_doubt {
                ApiError::Broken { what: refused.to_string(), source: None }
            } else {
                refused.into()
            });
        }
        let wire: WireTokens = serde_json::from_slice(&answer.body)
            // What serde_json says may hold a part of what it read, and that is a secret that is not known yet.
            .map_err(|_| ApiError::Unreadable { why: "it has no accessToken".to_owned() })?;
        pair(wire).map_err(|error| ApiError::Unreadable { why: error.to_string() })
    }

    /// What was read from an answer, or why nothing was.
    pub(super) fn read<T>(&self, answer: &Answer, read: Read<T>) -> Result<T, ApiError> {
        match read {
            Read::Good(value) => Ok(value),
            Read::SaidNo => Err(self.refused(answer)),
            Read::Bad(why) => Err(ApiError::Unreadable { why: shorten(&self.0.credentials.secrets.cut(&why)) }),
        }
    }

    /// The one policy that was asked about, or why there is none.
    pub(super) fn read_one(&self, answer: &Answer, id: &PolicyId) -> Result<LivePolicy, ApiError> {
        if answer.status == 404 && answer.is_own_failure() {
            return Err(ApiError::NotFound);
        }
        if !answer.is_success() {
            return Err(self.refused(answer));
        }
        let policy = self.read(answer, wire::policy(&answer.body))?;
        if policy.id == *id {
            Ok(policy)
        } else {
            self.read(answer, Read::Bad(format!("policy.id is {}, and {id} was asked for", policy.id)))
        }
    }

    /// A text that came from outside, without any token this process has held.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        self.0.credentials.secrets.cut(text)
    }

    pub(super) fn refused(&self, answer: &Answer) -> ApiError {
        self.refusal(answer).into()
    }

    pub(super) fn refusal(&self, answer: &Answer) -> Refusal {
        answer.refusal(&self.0.credentials.secrets)
    }

    pub(super) fn learn_from_create(&self, made: &LivePolicy) {
        self.0.credentials.learn_from_create(made);
    }

    pub(super) fn learn_from_update(&self, changed: &LivePolicy) {
        self.0.credentials.learn_from_update(changed);
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("endpoint", &self.0.endpoint.as_str()).finish_non_exhaustive()
    }
}

impl Tries {
    /// What the last try of a PUT or DELETE says about itself says nothing of those before: where one of them may have taken
    /// effect, only a success, or that the policy is gone, ends the doubt.
    fn honest(
        &self,
        kind: CallKind,
        ended: Result<Answer, ApiError>,
        refusal: impl Fn(&Answer) -> Refusal,
    ) -> Result<Answer, ApiError> {
        if !self.doubt || !matches!(kind, CallKind::Update | CallKind::Delete) {
            return ended;
        }
        let doubtful = |what: String, source| ApiError::Broken {
            what: format!("{what}, and an earlier try may have taken effect"),
            source,
        };
        match ended {
            Ok(answer) if (answer.is_success() || answer.status == 404) => Ok(answer),
            Ok(answer) => Err(doubtful(refusal(&answer).to_string(), None)),
            Err(ApiError::NotSent { host, source }) => {
                Err(doubtful(format!("can't connect to {host} any more"), Some(source)))
            }
            Err(error @ (ApiError::Unauthorized { .. } | ApiError::OutOfTime)) => {
                Err(doubtful(error.to_string(), None))
            }
            Err(error) => Err(error),
        }
    }
}

fn seen(result: &Result<Answer, ApiError>) -> Seen {
    match result {
        Ok(answer) => answer.seen(),
        Err(ApiError::NotSent { .. }) => Seen::NotSent,
        Err(ApiError::TooLarge { .. }) => Seen::TooLarge,
        Err(_) => Seen::Broken,
    }
}

/// Any number: nothing but the spread of waits rests on it.
fn chance() -> u64 {
    // The half of a random UUID whose high bits are all random.
    uuid::Uuid::new_v4().as_u64_pair().0
}
