//! What a client tells while it works.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

/// Is told what a client does. Calls come from many tasks and must return quickly.
pub trait ClientObserver: fmt::Debug + Send + Sync {
    /// Something happened.
    fn observe(&self, event: &ClientEvent);
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Silent;

impl ClientObserver for Silent {
    fn observe(&self, _event: &ClientEvent) {}
}

/// Something that a client did or has to wait for. Holds no secret and nothing from queries or answers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientEvent {
    /// A call has to wait.
    Waiting {
        /// The call, e.g. `run hunting query`.
        operation: &'static str,
        /// What for.
        reason: WaitReason,
        /// When it goes on.
        until: Timestamp,
        /// How long that is from now.
        wait: Duration,
    },
    /// A request is about to be sent.
    Sending {
        /// The call.
        operation: &'static str,
        /// 1 for the first request of the call.
        attempt: u32,
        /// The `client-request-id` header.
        client_request_id: String,
    },
    /// A request was answered.
    Answered {
        /// The call.
        operation: &'static str,
        /// HTTP status.
        status: u16,
        /// The service's request id, where it gave one.
        request_id: Option<String>,
        /// Bytes of the answer, decompressed.
        bytes: usize,
    },
    /// A request got no answer.
    Failed {
        /// The call.
        operation: &'static str,
        /// Why, without details.
        reason: String,
    },
    /// A person has to open `address` in a browser and enter `code`. Show it: the client waits for it.
    CodeToEnter {
        /// Where.
        address: String,
        /// What.
        code: String,
        /// When it is too late.
        until: Timestamp,
    },
    /// A token was issued.
    SignedIn {
        /// The resource that the token is for.
        audience: &'static str,
        /// When it ends.
        expires_at: Timestamp,
    },
}

/// Why a call waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitReason {
    /// Our own budget of calls is used up for now.
    Quota,
    /// The service answered 429.
    Throttled,
    /// The last attempt failed; the next one is due after a pause.
    Retry,
}
