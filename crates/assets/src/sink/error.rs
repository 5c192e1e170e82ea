//! What can be wrong with a sink.

/// Why a sink could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// A file of something else.
    #[error("{sink} belongs to another program; give a place of its own to the sink")]
    Foreign {
        /// The sink.
        sink: String,
    },
    /// Written by a newer program.
    #[error(
        "{sink} is of version {found}; this program knows versions up to {known}: use the newer program"
    )]
    Newer {
        /// The sink.
        sink: String,
        /// The version found.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// The sink holds one source, and that is another.
    #[error(
        "{sink} holds the source `{found}` and not `{asked}`; give each source a place of its own"
    )]
    OtherSource {
        /// The sink.
        sink: String,
        /// The source that it holds.
        found: String,
        /// The source that was asked for.
        asked: String,
    },
    /// What it holds cannot be read.
    #[error("{sink} cannot be read: {problem}; remove what it holds and import once in full")]
    Damaged {
        /// The sink, or the file in it.
        sink: String,
        /// What is wrong, with its place.
        problem: String,
    },
    /// The sink itself failed.
    #[error("could not {action} {sink}")]
    Failed {
        /// What was being done, as a verb.
        action: &'static str,
        /// The sink, or the file in it.
        sink: String,
        /// Its own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl SinkError {
    pub(crate) fn failed(
        action: &'static str,
        sink: impl std::fmt::Display,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Failed {
            action,
            sink: sink.to_string(),
            source: source.into(),
        }
    }

    pub(crate) fn damaged(sink: impl std::fmt::Display, problem: impl std::fmt::Display) -> Self {
        Self::Damaged {
            sink: sink.to_string(),
            problem: problem.to_string(),
        }
    }
}
