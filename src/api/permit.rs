//! Whether a write may still be sent: who sends it again must be sure that nobody else has taken its place.

use std::pin::Pin;

/// Asked before each try of a write but the first, which its caller has asked for.
pub trait Permit: Send + Sync {
    /// Whether a try may start; waits until that is known.
    fn granted(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

/// Nobody else can take the place.
pub(super) struct Unbounded;

impl Permit for Unbounded {
    fn granted(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(std::future::ready(true))
    }
}
