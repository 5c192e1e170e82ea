//! What can go wrong, classed by what may have happened on the wire.

mod hint;
mod refusal;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tesem_state::LedgerError;

pub use refusal::Refusal;

use crate::hunting::HuntingProblem;
use crate::{HuntingApi, SettingsError, SignInError, TransportFailure};

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DefenderError {
    /// Settings that cannot work. Nothing was sent.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The API has no such feature. Nothing was sent.
    #[error("the {api} hunting API has no {feature}")]
    NotSupported {
        /// The API.
        api: HuntingApi,
        /// What it lacks.
        feature: &'static str,
    },
    /// What is asked for cannot be sent. Nothing was sent.
    #[error("{operation} was not sent: {reason}")]
    Unfit {
        /// The call.
        operation: &'static str,
        /// What is wrong, as a sentence.
        reason: String,
    },
    /// No token for the call. The call itself was not sent.
    #[error("could not sign in to tenant `{tenant}` for {operation}")]
    SignIn {
        /// The tenant's name.
        tenant: String,
        /// The call.
        operation: &'static str,
        /// The sign-in's own error, shared by all calls that waited for it.
        source: Arc<SignInError>,
    },
    /// The call would have had to wait too long for the quota. It was not sent.
    #[error(
        "{operation} cannot be sent before {until}, which is beyond its waiting budget of {budget:?}"
    )]
    QuotaWait {
        /// The call.
        operation: &'static str,
        /// The earliest instant at which it can go.
        until: Timestamp,
        /// The longest a call may take, waits included.
        budget: Duration,
    },
    /// The quota ledger failed. The call was not sent.
    #[error("{operation} was not sent, because its quota could not be reserved")]
    Ledger {
        /// The call.
        operation: &'static str,
        /// The ledger's error.
        source: LedgerError,
    },
    /// The last attempt got no answer, or only part of one.
    #[error("{operation} got no complete answer from {origin} (attempts: {attempts})")]
    Transport {
        /// The call.
        operation: &'static str,
        /// Scheme, host and port that were called.
        origin: String,
        /// How many requests were tried.
        attempts: u32,
        /// The last `client-request-id`, which the service's support can look for.
        client_request_id: String,
        /// What happened to the last request.
        source: TransportFailure,
    },
    /// The service answered that it will not.
    #[error("the service refused {operation}: {refusal}")]
    Refused {
        /// The call.
        operation: &'static str,
        /// Its answer.
        refusal: Box<Refusal>,
    },
    /// The service answered success, but not in the documented form.
    #[error("the answer to {operation} is unreadable ({})", request.as_deref().unwrap_or("no request id"))]
    Unreadable {
        /// The call.
        operation: &'static str,
        /// The service's request id.
        request: Option<String>,
        /// What is wrong with it.
        source: AnswerProblem,
    },
}

/// What may have happened on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The call never left this computer.
    NotSent,
    /// It may or may not have arrived and been carried out.
    MaybeSent,
    /// It arrived and the service refused it.
    Refused,
    /// It arrived and was probably carried out, but the answer cannot be read.
    Unreadable,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerProblem {
    /// Not the JSON that was expected.
    #[error("it is not the expected JSON ({content_type}, {bytes} bytes): {message}")]
    Json {
        /// The answer's content type.
        content_type: String,
        /// Its length.
        bytes: usize,
        /// What the parser says, with line and column.
        message: String,
    },
    /// A part that must be there is not.
    #[error("it has no `{part}`")]
    Missing {
        /// The part.
        part: &'static str,
    },
    /// A part has another shape.
    #[error("{problem}")]
    Shape {
        /// The part, what it is, and what was expected.
        problem: String,
    },
    /// The link to the next page leads to something else.
    #[error("its link to the next page does not lead to a page of the same list")]
    NextLink,
    /// The service sends the same items again and again.
    #[error("its pages repeat themselves: the service does not go on in the list")]
    PagesRepeat,
    /// A file that is not what it should be.
    #[error("the exported file {problem}")]
    File {
        /// What is wrong with it, as a verb phrase.
        problem: String,
    },
    /// Two columns of one name.
    #[error("its schema names the column `{column}` twice")]
    RepeatedColumn {
        /// The column.
        column: String,
    },
}

impl DefenderError {
    /// What may have happened on the wire.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        match self {
            Self::Settings(_)
            | Self::NotSupported { .. }
            | Self::Unfit { .. }
            | Self::SignIn { .. }
            | Self::QuotaWait { .. }
            | Self::Ledger { .. } => Delivery::NotSent,
            Self::Transport { source, .. } => source.delivery(),
            Self::Refused { .. } => Delivery::Refused,
            Self::Unreadable { .. } => Delivery::Unreadable,
        }
    }

    /// Whether the call may have been carried out all the same. A write of which this is true must be looked up
    /// before it is made again.
    #[must_use]
    pub fn may_have_been_done(&self) -> bool {
        match self {
            Self::Refused { refusal, .. } => refusal.status == 408 || refusal.status >= 500,
            other => matches!(other.delivery(), Delivery::MaybeSent | Delivery::Unreadable),
        }
    }

    /// Whether the service says that there is no such thing. A 404 without a word of the service is none: then
    /// nobody serves the address.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.refusal()
            .is_some_and(|refusal| refusal.status == 404 && !refusal.is_empty)
    }

    /// The service's answer, if it refused.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// The id that the service's support asks for: its own request id, or else ours.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Refused { refusal, .. } => refusal.any_request_id(),
            Self::Unreadable { request, .. } => request.as_deref(),
            Self::Transport {
                client_request_id, ..
            } => Some(client_request_id),
            Self::SignIn { source, .. } => source.correlation_id(),
            _ => None,
        }
    }

    /// What the error says about the hunting query, if it does: whether a smaller or another query can help.
    #[must_use]
    pub fn hunting_problem(&self) -> Option<HuntingProblem> {
        match self {
            Self::Refused { refusal, .. } => HuntingProblem::of_refusal(refusal),
            Self::Transport { source, .. } => HuntingProblem::of_transport(source),
            _ => None,
        }
    }

    /// What the person at the terminal can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        hint::of(self)
    }
}
