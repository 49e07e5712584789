//! A client that shares nothing with the one under test: bytes over a socket. It holds each answer to `tests/openapi.yaml`.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use policysync::sandbox::{FaultPlan, Ids, Options, Running, Sandbox};
use serde_json::{Value, json};

/// A sandbox and who asks it.
pub(super) struct Api {
    pub(super) sandbox: Running,
    pub(super) token: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: Value,
}

impl Answer {
    /// A header's value.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// The refusal's message.
    pub(super) fn message(&self) -> &str {
        assert_eq!(self.body["success"], json!(false), "{self:?} is no refusal");
        self.body["message"].as_str().expect("a refusal has a message")
    }

    /// The answer with this status, or a failed test.
    #[track_caller]
    pub(super) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, v)| v)
}

/// Options with which the same calls get the same answers.
pub(super) fn counted() -> Options {
    Options { ids: Ids::Counted, clock: Some("2026-01-01T00:00:00Z".parse().expect("a time")), ..Options::default() }
}

impl Api {
    pub(super) fn start(options: Options) -> Self {
        Self { sandbox: Sandbox::spawn(options).expect("a free port of loopback"), token: "token-a".to_owned() }
    }

    pub(super) fn failing(plan: FaultPlan) -> Self {
        Self::start(Options { faults: plan, ..counted() })
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, Some(body))
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, Some(body))
    }

    pub(super) fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None)
    }

    /// The ids that a list call gives.
    pub(super) fn listed(&self, query: &str) -> Vec<String> {
        let listed = self.get(&format!("/policy?{query}")).is(200).body;
        listed["policies"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|policy| policy["id"].as_str().expect("an id").to_owned())
            .collect()
    }

    /// The bytes of a call, as a client sends them.
    pub(super) fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        let authorization = format!("Authorization: Bearer {}\r\n", self.token);
        request(method, path, &authorization, body.map(Value::to_string).as_deref())
    }

    /// A call whose answer is held to the schema.
    pub(super) fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.send(method, path, &self.request(method, path, body))
    }

    /// The same for bytes that no honest client sends.
    pub(super) fn send(&self, method: &str, path: &str, bytes: &[u8]) -> Answer {
        let answer = parse(&exchange(self.sandbox.address(), bytes)).expect("a whole answer");
        conforms(method, path, &answer);
        answer
    }

    /// All that comes back until the connection's end, whatever it is.
    pub(super) fn raw(&self, method: &str, path: &str, body: Option<&Value>) -> Vec<u8> {
        exchange(self.sandbox.address(), &self.request(method, path, body))
    }

    /// A connection on which a call was sent and nothing read yet.
    pub(super) fn open(&self, method: &str, path: &str, body: Option<&Value>) -> TcpStream {
        let mut stream = TcpStream::connect(self.sandbox.address()).expect("the sandbox listens");
        stream.write_all(&self.request(method, path, body)).expect("the request is sent");
        stream
    }
}

/// The bytes of a request with these further header lines.
pub(super) fn request(method: &str, path: &str, lines: &str, body: Option<&str>) -> Vec<u8> {
    let body = body.unwrap_or_default();
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n{lines}{kind}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

fn exchange(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).expect("the sandbox listens");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    stream.write_all(bytes).expect("the request is sent");
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(failed) => assert_eq!(failed.kind(), ErrorKind::ConnectionReset, "so far {answer:?}"),
    }
    answer
}

/// Takes an answer apart; nothing where it isn't whole.
pub(super) fn parse(bytes: &[u8]) -> Option<Answer> {
    let (head, body) = split(bytes)?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length: usize = header(&head, "content-length").map_or(Some(0), |length| length.parse().ok())?;
    let kind = header(&head, "content-type").unwrap_or_default();
    let body = match (body.len() == length, kind) {
        (false, _) => return None,
        (true, "application/json") => serde_json::from_slice(body).unwrap_or(Value::Null),
        (true, _) => Value::String(String::from_utf8_lossy(body).into_owned()),
    };
    Some(Answer { status, head, body })
}

/// The head of an answer and all that came after it.
pub(super) fn split(bytes: &[u8]) -> Option<(String, &[u8])> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&bytes[..end]).into_owned(), &bytes[end + 4..]))
}

static REFERENCE: LazyLock<Value> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("../openapi.yaml")).expect("tests/openapi.yaml is YAML"));

/// The schema path of an operation, with the call's path put against the templates.
fn template(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or_default();
    let paths = REFERENCE["paths"].as_object()?;
    // Known from the vendor's public reference alone; it would pass for the policy with this id.
    if path == "/policy/alerts" {
        return None;
    }
    let fits = |template: &&String| {
        let (ours, theirs): (Vec<_>, Vec<_>) = (path.split('/').collect(), template.split('/').collect());
        ours.len() == theirs.len()
            && ours.iter().zip(theirs).all(|(step, named)| named.starts_with('{') || *step == named)
    };
    paths.keys().filter(fits).min_by_key(|template| template.contains('{')).map(String::as_str)
}

/// Panics where an answer is none that the reference allows. A few statuses are every HTTP service's own.
fn conforms(method: &str, path: &str, answer: &Answer) {
    let failure = "/components/responses/Failure".to_owned();
    let operation = template(path).map(|path| (path, &REFERENCE["paths"][path][method.to_lowercase()]));
    let pointer = match (answer.status, operation) {
        (405 | 413, _) | (400..=499, None) => failure,
        (_, None) => return,
        (status, Some((path, operation))) => {
            let response = &operation["responses"][status.to_string()];
            assert!(response.is_object(), "{method} {path} is not documented to answer {status}: {answer:?}");
            match response["$ref"].as_str() {
                Some(reference) => reference.trim_start_matches('#').to_owned(),
                None => format!("/paths/{}/{}/responses/{status}", path.replace('/', "~1"), method.to_lowercase()),
            }
        }
    };
    let schema = format!("{pointer}/content/application~1json/schema");
    if REFERENCE.pointer(&schema).is_none() {
        return;
    }
    assert_eq!(answer.header("content-type"), Some("application/json"), "{method} {path}");
    let mut root = REFERENCE.clone();
    // As a fragment of a URI, the braces of a template are written with percent signs.
    root["$ref"] = json!(format!("#{}", schema.replace('{', "%7B").replace('}', "%7D")));
    let validator =
        jsonschema::options().should_validate_formats(true).build(&root).expect("the reference is a schema");
    let wrong: Vec<_> = validator.iter_errors(&answer.body).map(|wrong| wrong.to_string()).collect();
    assert!(wrong.is_empty(), "{method} {path} answered {}: {wrong:?}", answer.body);
}

/// Waits until something is so that another thread brings about; how long it takes decides nothing.
#[track_caller]
pub(super) fn until(mut so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "this never came to be");
        std::thread::yield_now();
    }
}

/// The body of a policy for an organization.
pub(super) fn policy(name: &str) -> Value {
    json!({"name": name, "content": "Do not share it", "riskType": "HIGH", "actionType": 2, "orgId": "acme"})
}

/// `base` with further fields, or others.
pub(super) fn with(mut base: Value, fields: Value) -> Value {
    let Value::Object(fields) = fields else { unreachable!("{fields} has no fields") };
    base.as_object_mut().expect("an object").extend(fields);
    base
}

#[test]
fn the_schema_check_can_fail() {
    let answer =
        |status, body| Answer { status, head: "HTTP/1.1 200 OK\r\ncontent-type: application/json".into(), body };
    let caught = |answer: &Answer| {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| conforms("GET", "/policy/policy-1", answer))).is_err()
    };
    let whole = Api::start(counted());
    let good = whole.post("/policy", &policy("a")).is(201).body;
    assert!(!caught(&answer(200, good.clone())));
    assert!(caught(&answer(418, good.clone())), "an undocumented status");
    let mut unknown_risk = good.clone();
    unknown_risk["policy"]["riskType"] = json!("SEVERE");
    assert!(caught(&answer(200, unknown_risk)), "a word outside its list");
    let mut undated = good;
    undated["policy"]["createdAt"] = json!("yesterday");
    assert!(caught(&answer(200, undated)), "a time that is none");
}
