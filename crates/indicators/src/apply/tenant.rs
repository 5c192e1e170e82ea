//! The tenant as applying needs it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::TryStreamExt as _;
use jiff::SignedDuration;
use tesem_defender::endpoint::{ImportResult, IndicatorWriter, Indicators, NewIndicator};
use tesem_defender::{AnswerProblem, DefenderError, IndicatorId, ListQuery, Refusal};
use tesem_state::Clock;

use crate::actual::{Actual, Owner};
use crate::key::Key;

/// The custom indicators of a tenant, to be read and written.
#[async_trait]
pub trait IndicatorTenant: fmt::Debug + Send + Sync {
    /// The whole list.
    ///
    /// # Errors
    /// [`DefenderError`] where any part of it could not be read.
    async fn list(&self) -> Result<Actual, DefenderError>;

    /// Makes or changes up to 500 indicators, and tells of each.
    ///
    /// # Errors
    /// [`WriteError`] where none of them was answered for.
    async fn import(&self, indicators: &[NewIndicator]) -> Result<Vec<Taken>, WriteError>;

    /// Deletes up to 500 indicators, or none.
    ///
    /// # Errors
    /// [`WriteError`].
    async fn delete(&self, ids: &[IndicatorId]) -> Result<(), WriteError>;

    /// Waits before something is tried again, longer each time.
    async fn pause(&self, tries: u32);
}

/// What became of an indicator of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its id, where the service tells it.
    pub id: Option<IndicatorId>,
    /// Why it was refused, where it was.
    pub failure: Option<String>,
}

/// What became of a call that writes.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The service refused all of it, for something in it.
    #[error("{message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the service says.
        message: String,
    },
    /// It may have been done.
    #[error(transparent)]
    Unknown(DefenderError),
    /// Nothing was done, and nothing else can be.
    #[error(transparent)]
    Stopped(DefenderError),
}

impl From<DefenderError> for WriteError {
    fn from(error: DefenderError) -> Self {
        if error.may_have_been_done() {
            return Self::Unknown(error);
        }
        match error.refusal() {
            // The app may not write at all: no indicator is to blame.
            Some(refusal) if refusal.status == 403 && names_permission(refusal) => {
                Self::Stopped(error)
            }
            // 403: also where one indicator belongs to a device group that the caller does not see.
            Some(refusal) if [400, 403, 404, 409, 413, 422].contains(&refusal.status) => {
                Self::Refused {
                    status: refusal.status,
                    message: refusal.to_string(),
                }
            }
            _ => Self::Stopped(error),
        }
    }
}

/// Whether a refusal names a permission that the call needs.
fn names_permission(refusal: &Refusal) -> bool {
    let mut needed = refusal.permissions.iter();
    needed.any(|permission| refusal.message.contains(permission))
}

/// The tenant behind a client.
#[derive(Debug)]
pub struct DefenderTenant {
    /// Reads.
    pub reader: Indicators,
    /// Writes.
    pub writer: IndicatorWriter,
    /// Tells ours from others'.
    pub owner: Owner,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl IndicatorTenant for DefenderTenant {
    async fn list(&self) -> Result<Actual, DefenderError> {
        let all = self.reader.list(&ListQuery::default());
        Ok(Actual::new(all.try_collect().await?, &self.owner))
    }

    async fn import(&self, indicators: &[NewIndicator]) -> Result<Vec<Taken>, WriteError> {
        let results = self.writer.import(indicators).await?;
        in_order(indicators, results).map_err(|problem| {
            WriteError::Unknown(DefenderError::Unreadable {
                operation: "import indicators",
                request: None,
                source: AnswerProblem::Shape { problem },
            })
        })
    }

    async fn delete(&self, ids: &[IndicatorId]) -> Result<(), WriteError> {
        Ok(self.writer.delete_all(ids).await?)
    }

    async fn pause(&self, tries: u32) {
        let span = SignedDuration::from_secs(1 << tries.min(6));
        let until = self.clock.now().checked_add(span);
        self.clock
            .sleep_until(until.unwrap_or(jiff::Timestamp::MAX))
            .await;
    }
}

/// The results in the order of what was sent: the answer names the value of each.
fn in_order(sent: &[NewIndicator], results: Vec<ImportResult>) -> Result<Vec<Taken>, String> {
    let is_of = |new: &NewIndicator, result: &ImportResult| match &result.indicator {
        Some(value) => Key::new(new.kind.clone(), value, []).value == new.value,
        None => true,
    };
    if sent
        .iter()
        .zip(&results)
        .all(|(new, result)| is_of(new, result))
    {
        return Ok(results.into_iter().map(taken).collect());
    }
    let mut rest: Vec<Option<ImportResult>> = results.into_iter().map(Some).collect();
    let mut find = |new: &NewIndicator| {
        let mut open = rest.iter_mut();
        let found = open.find(|slot| slot.as_ref().is_some_and(|result| is_of(new, result)));
        let result = found.and_then(Option::take);
        result
            .map(taken)
            .ok_or_else(|| format!("it does not tell of {}", new.value))
    };
    sent.iter().map(&mut find).collect()
}

fn taken(result: ImportResult) -> Taken {
    let is_failed = result.is_failed.unwrap_or(result.id.is_none());
    let reason = result
        .failure_reason
        .unwrap_or_else(|| "the service gives no reason".to_owned());
    Taken {
        id: result.id,
        failure: is_failed.then_some(reason),
    }
}
