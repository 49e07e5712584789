//! What the policies did lately that a plan weakens: asked of the service beside the plan, which is the same without it.

use std::sync::OnceLock;

use futures_util::{StreamExt, stream};

use crate::api::{ApiError, Lately, Reader};
use crate::domain::{Clock as _, PolicyId, SystemClock};
use crate::plan::{Impact, Impacts, Plan};
use crate::report;

use super::console::Console;
use super::settings::Pace;

/// How many days back.
const DAYS: u32 = 30;

/// Asks for each policy that the plan weakens. What can't be told is told as that; a plan is never refused for it.
pub(super) async fn look(plan: &Plan, reader: &Reader, pace: &Pace, console: &Console) -> Impacts {
    let weakened = plan.weakened();
    if !weakened.is_empty() {
        let counted = report::counted(weakened.len(), "policy", "policies");
        console.say(&format!("counting what {counted} blocked in the last {DAYS} days"));
    }
    let since = SystemClock.now().saturating_sub(jiff::SignedDuration::from_hours(24 * i64::from(DAYS)));
    // In a service that does not answer at all nobody waits for each policy anew.
    let lost: OnceLock<String> = OnceLock::new();
    let one = async |id: &PolicyId| {
        if let Some(why) = lost.get() {
            return Impact::Unknown(why.clone());
        }
        let lately = match since {
            Ok(since) => reader.lately(id, since).await,
            Err(_) => Err(ApiError::OutOfTime),
        };
        match lately {
            Ok(Lately { blocked, let_through }) => Impact::Counted { blocked, let_through },
            Err(error @ (ApiError::NotFound | ApiError::Refused(_) | ApiError::Unreadable { .. })) => {
                Impact::Unknown(error.to_string())
            }
            Err(error) => Impact::Unknown(lost.get_or_init(|| error.to_string()).clone()),
        }
    };
    let asked = stream::iter(&weakened)
        .map(async |(address, id)| (address.clone(), one(id).await))
        .buffer_unordered(pace.concurrency)
        .collect()
        .await;
    Impacts { days: DAYS, changes: asked }
}
