//! A stand-in for GitHub on loopback: commits and their pull requests, comments, issues, files of releases.
//!
//! It follows the public reference: bots call themselves `name[bot]` where they ask who they are, and `name` as authors; a
//! token that only reads gets 403 from REST and an error of the type FORBIDDEN from GraphQL; pages are short.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use serde_json::{Value, json};

/// How many comments or issues a page has.
const PAGE: usize = 2;

/// The token of the workflow's own bot, and of one that may only read, as a fork's has.
pub const BOT: &str = "ghs_bot";
pub const READER: &str = "ghs_reader";

#[derive(Clone, Default)]
struct Remark {
    id: String,
    url: String,
    body: String,
    author: (String, String),
    editor: Option<(String, String)>,
    edits: usize,
    /// The pull request; none for an issue.
    on: Option<u64>,
    title: String,
    open: bool,
}

#[derive(Default)]
struct Kept {
    remarks: Vec<Remark>,
    /// Number, merge commit where it is merged, and all commits that belong to it.
    pulls: Vec<(u64, Option<String>, Vec<String>)>,
    files: BTreeMap<String, Vec<u8>>,
    calls: Vec<String>,
    /// Answered to everything, where set.
    broken: Option<u16>,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Kept>>);

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap()
    }
}

/// The stand-in, at work until it is dropped.
pub struct GitHub {
    url: String,
    shared: Shared,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl GitHub {
    pub fn new() -> Self {
        let shared = Shared::default();
        let router = Router::new()
            .route("/api/repos/{owner}/{repo}/commits/{sha}/pulls", get(pulls))
            .route("/api/repos/{owner}/{repo}/issues/{number}/comments", post(comment))
            .route("/api/repos/{owner}/{repo}/issues", post(issue))
            .route("/graphql", post(graphql))
            .route("/{owner}/{repo}/releases/download/{version}/{file}", get(file))
            .with_state(shared.clone());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
                let service = hyper_util::service::TowerToHyperService::new(router);
                let serving = async {
                    loop {
                        let (stream, _) = listener.accept().await.unwrap();
                        let connection = hyper::server::conn::http1::Builder::new()
                            .serve_connection(hyper_util::rt::TokioIo::new(stream), service.clone());
                        tokio::spawn(connection);
                    }
                };
                tokio::select! { () = serving => {}, _ = stopped => {} }
            });
        });
        Self { url: told.recv().unwrap(), shared, stop: Some(stop), thread: Some(thread) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// A pull request that is open.
    pub fn opened(&self, number: u64) {
        self.shared.kept().pulls.push((number, None, Vec::new()));
    }

    /// It is merged: by `commit`, which ends the branch's own `commits` where it was rebased.
    pub fn merged(&self, number: u64, commit: &str, commits: &[&str]) {
        let mut kept = self.shared.kept();
        let pull = kept.pulls.iter_mut().find(|pull| pull.0 == number).unwrap();
        pull.1 = Some(commit.to_owned());
        pull.2 = [commits, &[commit]].concat().into_iter().map(ToOwned::to_owned).collect();
    }

    /// Someone else comments.
    pub fn commented(&self, number: u64, author: &str, kind: &str, body: &str) {
        add(&mut self.shared.kept(), Some(number), (kind.to_owned(), author.to_owned()), body, "");
    }

    /// Someone edits every comment of a pull request.
    pub fn edited(&self, number: u64, by: &str, edit: impl Fn(&str) -> String) {
        for remark in self.shared.kept().remarks.iter_mut().filter(|remark| remark.on == Some(number)) {
            remark.body = edit(&remark.body);
            remark.editor = Some(("User".to_owned(), by.to_owned()));
        }
    }

    /// The bodies of the bot's comments on a pull request.
    pub fn comments(&self, number: u64) -> Vec<String> {
        let ours = |remark: &&Remark| remark.on == Some(number) && remark.author.1 == "github-actions";
        self.shared.kept().remarks.iter().filter(ours).map(|remark| remark.body.clone()).collect()
    }

    /// How often the comments of a pull request were changed in place.
    pub fn edits(&self, number: u64) -> usize {
        self.shared.kept().remarks.iter().filter(|remark| remark.on == Some(number)).map(|remark| remark.edits).sum()
    }

    /// Issues as (title, body, open).
    pub fn issues(&self) -> Vec<(String, String, bool)> {
        let kept = self.shared.kept();
        let issues = kept.remarks.iter().filter(|remark| remark.on.is_none());
        issues.map(|issue| (issue.title.clone(), issue.body.clone(), issue.open)).collect()
    }

    /// A release's file.
    pub fn release(&self, path: &str, bytes: Vec<u8>) {
        self.shared.kept().files.insert(path.to_owned(), bytes);
    }

    /// All that was asked, as `GET /path`.
    pub fn calls(&self) -> Vec<String> {
        self.shared.kept().calls.clone()
    }

    pub fn breaks(&self, status: Option<u16>) {
        self.shared.kept().broken = status;
    }
}

impl Drop for GitHub {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

type Answer = (StatusCode, String);

fn say(status: u16, body: &Value) -> Answer {
    (StatusCode::from_u16(status).unwrap(), body.to_string())
}

/// Who the token is, and whether it may write; an answer where nothing else is to be said.
fn admitted(shared: &Shared, headers: &HeaderMap, line: String) -> Result<(String, bool), Answer> {
    let mut kept = shared.kept();
    kept.calls.push(line);
    if let Some(status) = kept.broken {
        return Err(say(status, &json!({"message": "broken on purpose"})));
    }
    let said = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert!(headers.get("user-agent").is_some(), "GitHub refuses calls without a user agent");
    match said.strip_prefix("Bearer ") {
        Some(BOT) => Ok(("github-actions[bot]".to_owned(), true)),
        Some(READER) => Ok(("github-actions[bot]".to_owned(), false)),
        _ => Err(say(401, &json!({"message": "Bad credentials"}))),
    }
}

const FORBIDDEN: &str = "Resource not accessible by integration";

async fn pulls(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Path((_, _, sha)): Path<(String, String, String)>,
) -> Answer {
    if let Err(answer) = admitted(&shared, &headers, format!("GET pulls of {sha}")) {
        return answer;
    }
    let kept = shared.kept();
    let of = kept.pulls.iter().filter(|(_, _, commits)| commits.contains(&sha));
    let list: Vec<Value> = of
        .map(|(number, merged, _)| {
            json!({"number": number, "merged_at": merged.as_ref().map(|_| "2026-11-27T00:00:00Z"), "merge_commit_sha": merged})
        })
        .collect();
    say(200, &list.into())
}

fn add(kept: &mut Kept, on: Option<u64>, author: (String, String), body: &str, title: &str) -> String {
    let id = kept.remarks.len() + 1;
    let url = match on {
        Some(number) => format!("https://github.com/o/r/pull/{number}#issuecomment-{id}"),
        None => format!("https://github.com/o/r/issues/{id}"),
    };
    let (id, body, title) = (format!("R_{id}"), body.to_owned(), title.to_owned());
    kept.remarks.push(Remark { id, url: url.clone(), body, author, on, title, open: true, ..Remark::default() });
    url
}

fn posted(shared: &Shared, headers: &HeaderMap, on: Option<u64>, body: &Bytes) -> Answer {
    let line = format!("POST {}", on.map_or("issue".to_owned(), |number| format!("comment on {number}")));
    match admitted(shared, headers, line) {
        Err(answer) => return answer,
        Ok((_, false)) => return say(403, &json!({"message": FORBIDDEN})),
        Ok((_, true)) => {}
    }
    let body: Value = serde_json::from_slice(body).unwrap();
    let text = body["body"].as_str().unwrap();
    if text.chars().count() > 65_536 {
        return say(422, &json!({"message": "Body is too long (maximum is 65536 characters)"}));
    }
    let us = ("Bot".to_owned(), "github-actions".to_owned());
    let url = add(&mut shared.kept(), on, us, text, body["title"].as_str().unwrap_or_default());
    say(201, &json!({ "html_url": url }))
}

async fn comment(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Path((_, _, number)): Path<(String, String, u64)>,
    body: Bytes,
) -> Answer {
    posted(&shared, &headers, Some(number), &body)
}

async fn issue(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    posted(&shared, &headers, None, &body)
}

async fn graphql(State(shared): State<Shared>, headers: HeaderMap, body: Bytes) -> Answer {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let (query, variables) = (body["query"].as_str().unwrap(), &body["variables"]);
    let name = ["updateIssueComment", "updateIssue", "closeIssue", "pullRequest", "issues"];
    let name = name.into_iter().find(|name| query.contains(&format!("{name}("))).unwrap();
    let (login, may_write) = match admitted(&shared, &headers, format!("GraphQL {name}")) {
        Err(answer) => return answer,
        Ok(who) => who,
    };
    let mut kept = shared.kept();
    let actor = |actor: &(String, String)| json!({"__typename": actor.0, "login": actor.1});
    if let "pullRequest" | "issues" = name {
        let number = variables["number"].as_u64();
        let wanted = |remark: &&Remark| remark.on == number && (number.is_some() || remark.open);
        let all: Vec<&Remark> = kept.remarks.iter().filter(wanted).collect();
        let from = variables["after"].as_str().map_or(0, |cursor| cursor.parse().unwrap());
        let nodes: Vec<Value> = all[from..all.len().min(from + PAGE)]
            .iter()
            .map(|remark| {
                json!({"id": remark.id, "url": remark.url, "body": remark.body, "author": actor(&remark.author),
                       "editor": remark.editor.as_ref().map(actor),
                       "lastEditedAt": remark.editor.as_ref().map(|_| "2026-11-27T00:00:00Z")})
            })
            .collect();
        let more = from + PAGE < all.len();
        let page = json!({"nodes": nodes, "pageInfo": {"hasNextPage": more, "endCursor": (from + PAGE).to_string()}});
        let known = kept.pulls.iter().any(|(known, ..)| Some(*known) == number);
        let repository = match number {
            Some(_) if known => json!({"pullRequest": {"comments": page}}),
            Some(_) => json!({ "pullRequest": null }),
            None => json!({ "issues": page }),
        };
        return say(200, &json!({"data": {"viewer": {"login": login}, "repository": repository}}));
    }
    if !may_write {
        return say(200, &json!({"data": null, "errors": [{"type": "FORBIDDEN", "message": FORBIDDEN}]}));
    }
    let remark = kept.remarks.iter_mut().find(|remark| variables["id"] == remark.id.as_str()).unwrap();
    if name == "closeIssue" {
        remark.open = false;
    } else {
        remark.body = variables["body"].as_str().unwrap().to_owned();
        remark.editor = Some(("Bot".to_owned(), "github-actions".to_owned()));
        remark.edits += 1;
    }
    say(200, &json!({"data": {name: {"issue": {"url": remark.url}}}}))
}

async fn file(
    State(shared): State<Shared>,
    Path((_, _, version, file)): Path<(String, String, String, String)>,
) -> Result<Vec<u8>, StatusCode> {
    let mut kept = shared.kept();
    let path = format!("{version}/{file}");
    kept.calls.push(format!("GET {path}"));
    kept.files.get(&path).cloned().ok_or(StatusCode::NOT_FOUND)
}
