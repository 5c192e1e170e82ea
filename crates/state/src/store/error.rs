//! What can be wrong with shared state.

use crate::LedgerError;
use crate::journal::LockError;

/// Why shared state could not be opened or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An address of another form.
    #[error(
        "the state address is not usable: {reason}; write `sqlite:FILE` or `postgres://USER@HOST/DATABASE`"
    )]
    Url {
        /// What is wrong with it, without the address itself, which may hold a password.
        reason: String,
    },
    /// A file of something else.
    #[error("{store} belongs to another program; give a file of its own to the state")]
    Foreign {
        /// The store, without password.
        store: String,
    },
    /// Written by a newer program.
    #[error(
        "{store} has tables of version {found}; this program knows versions up to {known}: use the newer program"
    )]
    Newer {
        /// The store, without password.
        store: String,
        /// The version found.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Somebody else goes on with the run.
    #[error(
        "the run `{run}` is in use{}: wait for it to end or stop it, then try again",
        holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default()
    )]
    RunHeld {
        /// The run.
        run: String,
        /// Who has it, where that is known.
        holder: Option<String>,
    },
    /// The lock of a run is not held any more.
    #[error(
        "the lock of the run `{run}` was lost with the connection to the server; stop this run"
    )]
    LockLost {
        /// The run.
        run: String,
        /// The server's or the network's word.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file of a lock could not be used.
    #[error("the run `{run}` could not be locked")]
    Lock {
        /// The run.
        run: String,
        /// Why.
        source: LockError,
    },
    /// The store itself failed.
    #[error("could not {action} {store}")]
    Failed {
        /// What was being done, as a verb.
        action: &'static str,
        /// The store, without password.
        store: String,
        /// The store's own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    pub(crate) fn failed(
        action: &'static str,
        store: &dyn std::fmt::Display,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Failed {
            action,
            store: store.to_string(),
            source: source.into(),
        }
    }
}

/// A ledger's error for a store's one.
pub(super) fn ledger_failed(
    action: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> LedgerError {
    LedgerError::Store {
        action,
        source: source.into(),
    }
}
