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

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionStage {
    /// The host's name has no address.
    Name,
    /// The proxy did not let it through.
    Proxy,
    /// Nobody answers at the address.
    Connection,
    /// Somebody answers, but TLS was not agreed on: often a proxy that opens TLS, whose certificate is not trusted.
    Tls,
}

impl TransportFailure {
    /// How far the connection came, where there was none and the cause tells.
    #[must_use]
    pub fn stage(&self) -> Option<ConnectionStage> {
        let Self::NotConnected { source } = self else {
            return None;
        };
        let causes =
            std::iter::successors(std::error::Error::source(source), |cause| cause.source());
        causes.into_iter().find_map(stage_of)
    }

    /// What the person at the terminal can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotConnected { .. } => Some(not_connected(self.stage())),
            Self::TimedOut { .. } => Some("ask for less in one query"),
            Self::AnswerTooLarge { .. } => Some("ask for fewer rows or columns in one query"),
            _ => None,
        }
    }

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

fn not_connected(stage: Option<ConnectionStage>) -> &'static str {
    match stage {
        Some(ConnectionStage::Name) => {
            "the host's name has no address here: check the endpoint in the settings, and the name server"
        }
        Some(ConnectionStage::Proxy) => {
            "the proxy refused (HTTPS_PROXY, or the system's setting): check its address and what it lets through"
        }
        Some(ConnectionStage::Tls) => {
            "TLS was not agreed on: a proxy that opens TLS needs its certificate among the system's trusted roots"
        }
        Some(ConnectionStage::Connection) => {
            "nothing answers at the address: check the network, the firewall and the port"
        }
        None => "check the network, the proxy, the firewall and the endpoint's host name",
    }
}

/// The stage that one cause of a failed connection speaks of. The HTTP client names two of them in words only.
fn stage_of(cause: &(dyn std::error::Error + 'static)) -> Option<ConnectionStage> {
    let text = cause.to_string();
    if text.contains("dns error") {
        return Some(ConnectionStage::Name);
    }
    if text.contains("tunnel") || text.contains("proxy") {
        return Some(ConnectionStage::Proxy);
    }
    let io = cause.downcast_ref::<std::io::Error>()?;
    Some(if is_tls(io) {
        ConnectionStage::Tls
    } else {
        ConnectionStage::Connection
    })
}

/// Whether the error, or one within it, is TLS's. What an I/O error holds is not among its causes.
fn is_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| {
        inner.is::<rustls::Error>() || inner.downcast_ref().is_some_and(is_tls)
    })
}
