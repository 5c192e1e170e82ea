//! What a client waits for, in words.

use std::time::Duration;

use tesem_defender::{ClientEvent, WaitReason};

/// Waits shorter than this are not worth a word.
const SHOWN_MIN: Duration = Duration::from_secs(2);

/// What to say of `event`, if anything.
pub(crate) fn text(event: &ClientEvent) -> Option<String> {
    let ClientEvent::Waiting { reason, wait, .. } = event else {
        return None;
    };
    let reason = match reason {
        WaitReason::Quota => "the tenant's quota",
        WaitReason::Throttled => "the service, which asked for patience",
        _ => "another attempt",
    };
    (*wait >= SHOWN_MIN).then(|| format!("waiting {} s for {reason}", wait.as_secs()))
}
