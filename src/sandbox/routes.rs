//! The paths of the API, each with its call.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::answer::Failure;
use super::fields::Fields;
use super::incidents::{Incidents, View};
use super::person::Person;
use super::policies::{Asked, Policies, now};
use super::policy::{Kept, wire};
use super::query::Query;
use super::sessions::{LIFETIME, Sessions};
use super::wording;

/// All that the service is made of.
pub(super) struct Service {
    pub(super) policies: Policies,
    pub(super) sessions: Sessions,
    pub(super) incidents: Incidents,
}

type Shared = State<Arc<Service>>;
type Answer = Result<Json<Value>, Failure>;
type InPath = Result<Path<String>, PathRejection>;

pub(super) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/user/refresh", post(refresh))
        .route("/policy", get(list).post(create))
        .route("/policy/violations", get(violations))
        .route("/policy/alerts", get(alerts))
        .route("/policy/validate", post(validate))
        .route("/policy/recommend", post(recommend))
        .route("/policy/{policyId}", get(read).put(update).delete(delete))
        .route("/policy/{policyId}/violations", get(violations_of))
        .route("/policy/{policyId}/alerts", get(alerts_of))
        .route("/workspace", get(workspaces))
        .route("/repo", get(repos))
        .route("/organization/{orgId}", get(organization))
        .method_not_allowed_fallback(async || Failure::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"))
        .fallback(async || Failure::new(StatusCode::NOT_FOUND, "Not found"))
        .with_state(service)
}

/// The user behind the access token of a call.
struct Caller(Person);

/// The access token of a call.
pub(super) fn bearer(headers: &axum::http::HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

impl FromRequestParts<Arc<Service>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let token = bearer(&parts.headers).ok_or_else(|| Failure::unauthorized("Access token required"))?;
        service.sessions.person(token).map(Self).ok_or_else(|| Failure::unauthorized("Invalid or expired token"))
    }
}

async fn health() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

async fn refresh(State(service): Shared, fields: Fields) -> Answer {
    // The reference names one spelling, the TypeScript client sends the other.
    let named = fields.text_if_any("refreshToken")?;
    let sent = fields.text_if_any("refresh_token")?;
    if [&named, &sent].into_iter().flatten().any(String::is_empty) {
        return Err(Failure::bad_request("refreshToken must not be empty"));
    }
    let token = named.or(sent).ok_or_else(|| Failure::bad_request("refreshToken is required"))?;
    let now = now();
    let pair = service
        .sessions
        .trade(&token, now.as_second())
        .ok_or_else(|| Failure::unauthorized("Invalid or expired refresh token"))?;
    let lifetime = i64::try_from(LIFETIME.as_millis()).unwrap_or(i64::MAX);
    Ok(Json(json!({
        "success": true,
        "accessToken": pair.access,
        "refreshToken": pair.refresh,
        "expiresAt": now.as_millisecond().saturating_add(lifetime),
    })))
}

fn one(policy: &Kept) -> Json<Value> {
    Json(json!({"success": true, "policy": wire(policy.shown())}))
}

/// The id in the path. One that can't be read names no policy.
fn named(id: InPath) -> Result<String, Failure> {
    id.map(|Path(id)| id).map_err(|_| Failure::no_policy())
}

async fn create(State(service): Shared, Caller(by): Caller, fields: Fields) -> Result<Response, Failure> {
    let policy = service.policies.create(fields.draft()?, by)?;
    Ok((StatusCode::CREATED, one(&policy)).into_response())
}

async fn list(State(service): Shared, _: Caller, query: Query) -> Answer {
    let asked = Asked {
        org: query.required("orgId")?.to_owned(),
        workspace: query.text("workspaceId")?.map(str::to_owned),
        repo: query.text("repoId")?.map(str::to_owned),
    };
    let policies = service.policies.list(&asked);
    let shown: Vec<_> = policies.iter().map(Kept::shown).collect();
    Ok(Json(json!({"success": true, "policies": wire(shown)})))
}

async fn read(State(service): Shared, _: Caller, id: InPath) -> Answer {
    service.policies.get(&named(id)?).map(|policy| one(&policy)).ok_or_else(Failure::no_policy)
}

async fn update(State(service): Shared, Caller(by): Caller, id: InPath, fields: Fields) -> Answer {
    let id = named(id)?;
    Ok(one(&service.policies.update(&id, fields.change()?, by)?))
}

async fn delete(State(service): Shared, Caller(by): Caller, id: InPath) -> Answer {
    service.policies.delete(&named(id)?, by)?;
    Ok(Json(json!({"success": true, "message": "Policy deleted"})))
}

async fn violations(State(service): Shared, _: Caller, query: Query) -> Answer {
    incidents(&service, View::Violations, None, &query)
}

async fn alerts(State(service): Shared, _: Caller, query: Query) -> Answer {
    incidents(&service, View::Alerts, None, &query)
}

async fn violations_of(State(service): Shared, _: Caller, id: InPath, query: Query) -> Answer {
    incidents_of(&service, View::Violations, id, &query)
}

async fn alerts_of(State(service): Shared, _: Caller, id: InPath, query: Query) -> Answer {
    incidents_of(&service, View::Alerts, id, &query)
}

fn incidents_of(service: &Service, view: View, id: InPath, query: &Query) -> Answer {
    let policy = service.policies.get(&named(id)?).ok_or_else(Failure::no_policy)?;
    incidents(service, view, Some(&policy.id), query)
}

fn incidents(service: &Service, view: View, policy: Option<&str>, query: &Query) -> Answer {
    service.incidents.happen(|| service.policies.all(), now());
    service.incidents.page(view, policy, query).map(Json)
}

async fn validate(_: Caller, fields: Fields) -> Answer {
    let judge = |policy: &Fields| Ok(wording::judge(policy.text("policy_uuid")?, &policy.text("content")?));
    let results = fields.objects("policies")?.iter().map(judge).collect::<Result<Vec<_>, Failure>>()?;
    Ok(Json(json!({"results": wire(results)})))
}

async fn recommend(_: Caller, fields: Fields) -> Answer {
    let (level, uuid) = (fields.up_to_two("level")?, fields.text_if_any("uuid")?);
    Ok(Json(wire(wording::recommend(level, uuid, &fields.text("prompt")?))))
}

async fn workspaces(State(service): Shared, _: Caller) -> Json<Value> {
    let shown: Vec<Value> = service
        .policies
        .workspaces()
        .into_iter()
        .map(|(id, org)| json!({"name": service.policies.name(&id), "id": id, "orgId": org, "users": []}))
        .collect();
    Json(json!({"success": true, "workspaces": shown}))
}

async fn repos(State(service): Shared, _: Caller, query: Query) -> Json<Value> {
    // The reference knows no 400 here, so that a workspace given twice widens what is asked for.
    let asked = query.every("workspaceId");
    let shown: Vec<Value> = service
        .policies
        .repos()
        .into_iter()
        .filter(|(_, workspace)| asked.is_empty() || asked.contains(&workspace.as_str()))
        .map(|(id, workspace)| json!({"name": service.policies.name(&id), "id": id, "workspaceId": workspace}))
        .collect();
    Json(json!({"success": true, "repos": shown}))
}

async fn organization(State(service): Shared, _: Caller, id: InPath) -> Json<Value> {
    match id.ok().filter(|Path(id)| service.policies.knows_org(id)) {
        Some(Path(id)) => {
            let (name, domain) = (service.policies.name(&id), format!("{id}.sandbox.invalid"));
            Json(json!({"success": true, "data": {"id": id, "name": name, "domain": domain}}))
        }
        None => Json(json!({"success": true, "data": null, "message": "Organization not found"})),
    }
}
