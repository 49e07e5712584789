//! Whether a write may still be sent: who sends it again must be sure that nobody else has taken its place.

use std::pin::Pin;
use std::time::Instant;

/// Asked before each try of a write but the first, which its caller has asked for.
pub trait Permit: Send + Sync {
    /// Whether a try may start; waits until that is known.
    fn granted(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;

    /// Until when the bytes of a try may be handed over that was granted; any time where nothing is said.
    fn until(&self) -> Option<Instant>;
}

/// Nobody else can take the place.
pub(super) struct Unbounded;

impl Permit for Unbounded {
    fn granted(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }

    fn until(&self) -> Option<Instant> {
        None
    }
}
