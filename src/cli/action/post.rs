//! The comment on the pull request, the issue about drift.

use crate::cli::console::Console;
use crate::cli::exit::Exit;
use crate::github::{GitHubError, Kept, Marker, Told, Tracked};

use super::bodies;
use super::place::Place;
use super::seen::{Doing, Seen};
use super::wanted::{Comment, Wanted};

/// What became of it.
#[derive(Default)]
pub(super) struct Posted {
    /// Where it is.
    pub(super) url: Option<String>,
    /// Why it is not there, for the summary.
    pub(super) why_not: Option<String>,
}

/// Posts what is wanted.
pub(super) fn post(seen: &Seen, wanted: &Wanted, console: &Console) -> Posted {
    let comments = (seen.plan.is_some() || seen.fault.is_some() || seen.exit == Exit::Findings)
        && seen.drifted.is_none()
        && wanted.comment != Comment::Never
        && seen.doing != Doing::Other;
    let tracks = wanted.issue && seen.drifted.is_some();
    if !comments && !tracks {
        return Posted::default();
    }
    let posted = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())
        .and_then(|runtime| {
            let place = Place::open(console).map_err(|fault| format!("{}; {}", fault.error, fault.hint))?;
            let posting =
                async { if tracks { track(seen, wanted, &place).await } else { comment(seen, wanted, &place).await } };
            runtime.block_on(posting).map_err(|error| {
                let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
                format!("{error}{hint}")
            })
        });
    match posted {
        Ok(kept) => Posted { url: kept.map(|kept| kept.url), why_not: None },
        Err(why) => {
            console.warn(&format!("not told on GitHub, but in the job's summary: {why}"));
            Posted { url: None, why_not: Some(why) }
        }
    }
}

async fn comment(seen: &Seen, wanted: &Wanted, place: &Place) -> Result<Option<Kept>, GitHubError> {
    let number = match place.event.pull_request {
        Some(number) => Some(number),
        None if seen.doing == Doing::Apply => place.github.merged_pull(&place.surroundings.commit).await?,
        None => None,
    };
    let Some(number) = number else { return Ok(None) };
    let told = place.github.told(number, &wanted.label).await?;
    let nothing_to_do = seen.exit == Exit::Done && seen.plan.as_ref().is_some_and(|plan| plan.changes.is_empty());
    if told.is_none() && nothing_to_do && wanted.comment == Comment::Changes {
        return Ok(None);
    }
    let marker = marker(seen, wanted, told.as_ref());
    let body = marked(&marker, seen);
    place.github.tell(number, told.as_ref(), &body).await.map(Some)
}

/// On a pull request the marker names the plan that the comment shows. Afterwards it goes on naming the one that was reviewed,
/// so that a run that was refused can be tried again.
fn marker(seen: &Seen, wanted: &Wanted, told: Option<&Told>) -> Marker {
    let label = wanted.label.clone();
    let before = told.filter(|told| told.edited_by.is_none()).map(|told| &told.marker);
    match (&seen.plan, before) {
        (_, Some(before)) if seen.doing == Doing::Apply => Marker { label, ..before.clone() },
        (Some(plan), _) if seen.doing == Doing::Plan && seen.fault.is_none() => {
            Marker { label, digest: Some(plan.digest), changes: plan.changes.clone() }
        }
        _ => Marker { label, digest: None, changes: Vec::new() },
    }
}

fn marked(marker: &Marker, seen: &Seen) -> String {
    format!("{}\n{}", marker.line(), bodies::comment(seen))
}

async fn track(seen: &Seen, wanted: &Wanted, place: &Place) -> Result<Option<Kept>, GitHubError> {
    let marker = Marker { label: wanted.label.clone(), digest: None, changes: Vec::new() };
    let body = marked(&marker, seen);
    let tracked = match seen.exit {
        Exit::Changes => Tracked::Open { title: bodies::DRIFT_TITLE, body: &body },
        Exit::Done => Tracked::Over { body: &body },
        // Not known whether there is drift: an open issue stays as it is.
        _ => return Ok(None),
    };
    place.github.track(&wanted.label, tracked).await
}
