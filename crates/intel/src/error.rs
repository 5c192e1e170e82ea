//! Why a feed failed.

use std::path::PathBuf;
use std::time::Duration;

/// A feed that failed: which one, and why. A feed that fails is never an empty feed.
#[derive(Debug, thiserror::Error)]
#[error("the feed `{feed}` failed: {problem}")]
pub struct FeedError {
    /// The feed's name.
    pub feed: Box<str>,
    /// Why.
    #[source]
    pub problem: Problem,
}

/// Why a feed, a list or a request failed. Addresses are shown without credentials and query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A setting that cannot be used.
    #[error("{setting} cannot be used: {why}")]
    Setting {
        /// The setting.
        setting: Box<str>,
        /// What is wrong, and what to do.
        why: Box<str>,
    },
    /// A local file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The cache directory cannot be used.
    #[error("the cache directory {} cannot be used: {source}; give another one, or none", path.display())]
    Cache {
        /// The directory or the file in it.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// No HTTP client.
    #[error("no HTTP client could be made: {0}")]
    Client(reqwest::Error),
    /// Credentials would go over the wire in clear.
    #[error("{origin} is plain HTTP; credentials are sent over https only")]
    PlainHttp {
        /// Scheme, host and port.
        origin: Box<str>,
    },
    /// No connection, or it broke.
    #[error("{address} could not be reached: {source}")]
    Unreachable {
        /// The address without query.
        address: Box<str>,
        /// The HTTP client's reason.
        source: reqwest::Error,
    },
    /// No complete answer in time.
    #[error("{address} gave no complete answer within {limit:?}")]
    TimedOut {
        /// The address without query.
        address: Box<str>,
        /// The limit.
        limit: Duration,
    },
    /// The server refused.
    #[error("{address} answered {status}{}", said(message))]
    Status {
        /// The address without query.
        address: Box<str>,
        /// The HTTP status.
        status: u16,
        /// What the server said; empty for nothing.
        message: Box<str>,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// A redirect that is not followed.
    #[error("{address} redirects to {target}, which is not followed: {why}")]
    Redirect {
        /// The address without query.
        address: Box<str>,
        /// Where to, without query.
        target: Box<str>,
        /// Why not.
        why: &'static str,
    },
    /// More bytes than allowed; compressed data is counted as it unfolds.
    #[error("{what} is longer than {limit} bytes; raise the size limit if that is right")]
    TooLarge {
        /// What was read.
        what: Box<str>,
        /// The limit.
        limit: u64,
    },
    /// Something else than the data that was expected.
    #[error("{what} is not {wanted}: {why}")]
    NotTheData {
        /// What was read.
        what: Box<str>,
        /// The format that was expected.
        wanted: &'static str,
        /// How it shows.
        why: Box<str>,
    },
    /// The data ends or breaks in the middle; what was read before is incomplete.
    #[error("{what} breaks off or is damaged: {why}")]
    Damaged {
        /// What was read.
        what: Box<str>,
        /// The reader's reason.
        why: Box<str>,
    },
    /// The service says something that its documentation rules out.
    #[error("{address} broke its protocol: {why}")]
    Protocol {
        /// The address without query.
        address: Box<str>,
        /// What is wrong.
        why: Box<str>,
    },
    /// Nobody takes the items any more.
    #[error("the reading was stopped")]
    Stopped,
}

fn said(message: &str) -> String {
    match message.is_empty() {
        true => String::new(),
        false => format!(": {message}"),
    }
}

impl Problem {
    pub(crate) fn setting(setting: &str, why: impl Into<Box<str>>) -> Self {
        Self::Setting {
            setting: setting.into(),
            why: why.into(),
        }
    }

    pub(crate) fn of(self, feed: &str) -> FeedError {
        FeedError {
            feed: feed.into(),
            problem: self,
        }
    }

    /// Whether the same request may succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500 | 502..=504),
            _ => false,
        }
    }

    /// How long the server asks to wait before the next try.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Reading failed; `what` is being read.
    pub(crate) fn reading(what: &str, error: &std::io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        match inner {
            Some(TooLong { limit }) => Self::TooLarge {
                what: what.into(),
                limit: *limit,
            },
            None => Self::Damaged {
                what: what.into(),
                why: error.to_string().into(),
            },
        }
    }
}

/// Travels through [`std::io::Error`] from a limited reader to [`Problem::TooLarge`].
#[derive(Debug, thiserror::Error)]
#[error("longer than {limit} bytes")]
pub(crate) struct TooLong {
    pub(crate) limit: u64,
}
