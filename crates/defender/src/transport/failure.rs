//! Why a request got no complete answer.

use std::time::Duration;

use crate::Delivery;
use crate::retry::Failure;

/// Why a request got no complete answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportFailure {
    /// A header that HTTP cannot carry. Nothing was sent.
    #[error("the value for the {header} header cannot be sent over HTTP")]
    UnfitHeader {
        /// The header.
        header: &'static str,
    },
    /// An address outside of the configured endpoints. Nothing was sent.
    #[error("{origin} is not a configured endpoint; nothing is sent there")]
    ForeignOrigin {
        /// Scheme, host and port.
        origin: String,
    },
    /// No connection: name, network or TLS. Nothing was sent.
    #[error("could not connect")]
    NotConnected {
        /// The HTTP client's error.
        source: reqwest::Error,
    },
    /// The connection broke before an answer came. The request may have arrived.
    #[error("the connection broke before an answer came")]
    ConnectionLost {
        /// The HTTP client's error.
        source: reqwest::Error,
    },
    /// No complete answer in time. The request may have arrived.
    #[error("no complete answer within {waited:?}")]
    TimedOut {
        /// The limit.
        waited: Duration,
    },
    /// The answer broke off.
    #[error("the answer broke off after {received} bytes")]
    AnswerCutOff {
        /// Bytes that had come, decompressed.
        received: usize,
        /// The HTTP client's error.
        source: reqwest::Error,
    },
    /// The answer is over the limit.
    #[error("the answer is longer than {limit} bytes")]
    AnswerTooLarge {
        /// The limit.
        limit: usize,
    },
}

impl TransportFailure {
    /// Classes an error of the HTTP client. The address is taken out of it: the caller names the origin.
    pub(crate) fn of_request(error: reqwest::Error, waited: Duration) -> Self {
        let source = error.without_url();
        if source.is_connect() || source.is_builder() {
            return Self::NotConnected { source };
        }
        if source.is_timeout() {
            return Self::TimedOut { waited };
        }
        Self::ConnectionLost { source }
    }

    /// What may have happened on the wire.
    #[must_use]
    pub fn delivery(&self) -> Delivery {
        match self {
            Self::UnfitHeader { .. } | Self::ForeignOrigin { .. } | Self::NotConnected { .. } => {
                Delivery::NotSent
            }
            Self::ConnectionLost { .. } | Self::TimedOut { .. } => Delivery::MaybeSent,
            Self::AnswerCutOff { .. } | Self::AnswerTooLarge { .. } => Delivery::Unreadable,
        }
    }

    pub(crate) fn kind(&self) -> Failure {
        match self {
            Self::NotConnected { .. } => Failure::NotConnected,
            Self::ConnectionLost { .. } | Self::AnswerCutOff { .. } => Failure::ConnectionLost,
            Self::TimedOut { .. } => Failure::TimedOut,
            Self::UnfitHeader { .. } | Self::ForeignOrigin { .. } | Self::AnswerTooLarge { .. } => {
                Failure::Refused
            }
        }
    }
}
