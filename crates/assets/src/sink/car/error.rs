//! What can be wrong with the service, and what a failure means for the next import.

use std::time::Duration;

use tesem_defender::{DefenderError, SignInError, TransportFailure};

use crate::sink::SinkError;

/// Why the service could not be read or written. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CarError {
    /// A setting that cannot work. Nothing was sent.
    #[error("{setting} cannot be used: {problem}")]
    Setting {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made")]
    Client(#[source] reqwest::Error),
    /// The service cannot be reached, or its answer does not come or breaks off.
    #[error("{call} got no complete answer from {origin}")]
    Unreachable {
        /// The call.
        call: String,
        /// Scheme, host and port.
        origin: String,
        /// The HTTP client's error.
        source: reqwest::Error,
    },
    /// The answer is over the limit.
    #[error("the answer to {call} is longer than {limit} bytes")]
    TooLarge {
        /// The call.
        call: String,
        /// The limit.
        limit: usize,
    },
    /// The service answered that it will not.
    #[error("the service answered {call} with status {status}{}", said(.message))]
    Status {
        /// The call.
        call: String,
        /// The status.
        status: u16,
        /// What it says, on one line; empty where it says nothing.
        message: String,
    },
    /// An import that the service refused because of what is in it.
    #[error(
        "the service answered an import of {collection} with status {status}{}{}", said(.message), named(.objects)
    )]
    Import {
        /// The collection.
        collection: &'static str,
        /// The status.
        status: u16,
        /// What it says.
        message: String,
        /// The keys of the objects that it names.
        objects: Vec<String>,
    },
    /// An import that was accepted and failed later.
    #[error("an import of {collection} failed with status {status}{}", said(.message))]
    ImportFailed {
        /// The collection.
        collection: &'static str,
        /// Its status; 0 where the service gives none.
        status: u16,
        /// What the service says.
        message: String,
    },
    /// An import that the service accepted and no longer knows.
    #[error("the service no longer knows an import of {collection} that it accepted")]
    ImportLost {
        /// The collection.
        collection: &'static str,
    },
    /// A job that failed.
    #[error("the service could not {task}: its job failed")]
    JobFailed {
        /// What the job was for.
        task: &'static str,
    },
    /// Waiting took too long.
    #[error("waited {waited:?} for the service to {task}")]
    WaitedTooLong {
        /// What was waited for.
        task: &'static str,
        /// How long.
        waited: Duration,
    },
    /// The answer is not what was documented.
    #[error("the answer to {call} cannot be read: {problem}")]
    Unreadable {
        /// The call.
        call: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The service's import schema asks for something that imports do not have. Nothing was imported.
    #[error("the service's schema requires `{member}` in {collection}, which imports do not have")]
    Requires {
        /// The collection.
        collection: &'static str,
        /// The member.
        member: String,
    },
}

fn said(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

fn named(objects: &[String]) -> String {
    if objects.is_empty() {
        String::new()
    } else {
        format!(" (objects: {})", objects.join(", "))
    }
}

/// What a failed import means for the next one.
///
/// Source: README of <https://github.com/IBM/cp4s-car-connector-framework>, error codes of connectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The next import may be incremental.
    Recoverable,
    /// The save point was taken back: the next import is full.
    Unrecoverable,
    /// What was to be imported could not be read.
    DataSource(DataSource),
}

/// Why what was to be imported could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataSource {
    /// Any other reason.
    Other,
    /// It cannot be reached.
    Connection,
    /// It does not know who asks.
    Authentication,
    /// It does not allow what is asked.
    Forbidden,
    /// It does not understand what is asked.
    Parameters,
    /// What it answers cannot be understood.
    Processing,
}

impl Failure {
    /// The number under which the platform knows the class: the exit code of its connectors.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Recoverable => 10,
            Self::Unrecoverable => 20,
            Self::DataSource(DataSource::Other) => 50,
            Self::DataSource(DataSource::Connection) => 51,
            Self::DataSource(DataSource::Authentication) => 52,
            Self::DataSource(DataSource::Forbidden) => 53,
            Self::DataSource(DataSource::Parameters) => 54,
            Self::DataSource(DataSource::Processing) => 55,
        }
    }
}

impl From<&DefenderError> for Failure {
    fn from(error: &DefenderError) -> Self {
        Self::DataSource(match error {
            DefenderError::SignIn { source, .. } => match &**source {
                SignInError::Transport { .. } => DataSource::Connection,
                _ => DataSource::Authentication,
            },
            DefenderError::Transport { source, .. } => match source {
                TransportFailure::AnswerTooLarge { .. } => DataSource::Processing,
                _ => DataSource::Connection,
            },
            DefenderError::Refused { refusal, .. } => match refusal.status {
                400 => DataSource::Parameters,
                401 => DataSource::Authentication,
                403 => DataSource::Forbidden,
                _ => DataSource::Other,
            },
            DefenderError::Unreadable { .. } => DataSource::Processing,
            _ => DataSource::Other,
        })
    }
}

/// Statuses after which the next import may be incremental: those of IBM's framework, and 429 and 502, which pass as 503 does.
const RECOVERABLE: [u16; 10] = [302, 400, 401, 403, 408, 429, 500, 502, 503, 504];

impl CarError {
    /// What the failure means for the next import.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Status { status, .. }
            | Self::Import { status, .. }
            | Self::ImportFailed { status, .. }
                if !RECOVERABLE.contains(status) =>
            {
                Failure::Unrecoverable
            }
            _ => Failure::Recoverable,
        }
    }

    /// The service's error in an error of the sink.
    #[must_use]
    pub fn of(error: &SinkError) -> Option<&Self> {
        match error {
            SinkError::Failed { source, .. } => source.downcast_ref(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tesem_defender::{AnswerProblem, Refusal};

    use super::*;

    fn status(status: u16) -> CarError {
        CarError::Status {
            call: "GET databases".to_owned(),
            status,
            message: String::new(),
        }
    }

    #[test]
    fn statuses_say_whether_the_next_import_may_be_incremental() {
        for recoverable in [302, 400, 401, 403, 408, 429, 500, 502, 503, 504] {
            assert_eq!(status(recoverable).failure().code(), 10, "{recoverable}");
        }
        for unrecoverable in [0, 202, 301, 404, 405, 409, 410, 413, 422, 501] {
            assert_eq!(
                status(unrecoverable).failure().code(),
                20,
                "{unrecoverable}"
            );
        }
        let lost = CarError::ImportLost {
            collection: "asset",
        };
        assert_eq!(lost.failure().code(), 10);
    }

    fn refused(status: u16) -> DefenderError {
        DefenderError::Refused {
            operation: "list machines",
            refusal: Box::new(Refusal {
                status,
                code: None,
                message: String::new(),
                request_id: None,
                client_request_id: String::new(),
                permissions: &[],
                is_empty: false,
            }),
        }
    }

    #[test]
    fn failures_of_the_data_source_have_codes_of_their_own() {
        let transport = |source| DefenderError::Transport {
            operation: "list machines",
            origin: "https://api.example".to_owned(),
            attempts: 1,
            client_request_id: String::new(),
            source,
        };
        let signed_out = |source| DefenderError::SignIn {
            tenant: "contoso".to_owned(),
            operation: "list machines",
            source: Arc::new(source),
        };
        let timed_out = TransportFailure::TimedOut {
            waited: Duration::from_secs(1),
        };
        let cases = [
            (transport(timed_out), 51),
            (transport(TransportFailure::AnswerTooLarge { limit: 1 }), 55),
            (refused(400), 54),
            (refused(401), 52),
            (refused(403), 53),
            (refused(404), 50),
            (refused(429), 50),
            (
                DefenderError::Unreadable {
                    operation: "list machines",
                    request: None,
                    source: AnswerProblem::NextLink,
                },
                55,
            ),
            (
                signed_out(SignInError::Unreadable(AnswerProblem::NextLink)),
                52,
            ),
            (
                signed_out(SignInError::Transport {
                    origin: "https://login.example".to_owned(),
                    source: TransportFailure::TimedOut {
                        waited: Duration::from_secs(1),
                    },
                }),
                51,
            ),
            (
                DefenderError::Unfit {
                    operation: "list machines",
                    reason: String::new(),
                },
                50,
            ),
        ];
        for (error, code) in cases {
            assert_eq!(Failure::from(&error).code(), code, "{error}");
        }
    }
}
