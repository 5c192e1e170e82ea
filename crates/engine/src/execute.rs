//! Running plans under limits.

use std::sync::Arc;
use std::time::Duration;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::common::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::execute_stream;
use futures::StreamExt;
use tesem_kql::Span;
use tesem_kql::types::ScalarType;
use tokio::sync::watch;

use crate::binder::Runner;
use crate::dynamic::Dynamic;
use crate::error::EngineError;
use crate::result::value_bytes;
use crate::sketches::is_sketch;

/// How much of a result is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Caps {
    /// At most this many rows; further ones are not read.
    pub(crate) rows_max: Option<usize>,
    /// At most this many bytes of values; more is an error.
    pub(crate) bytes_max: Option<usize>,
    /// The types of the columns, for counting bytes.
    pub(crate) types: Vec<ScalarType>,
}

/// The rows of a plan, and whether there were more than the cap.
pub(crate) async fn collect(
    state: &SessionState,
    plan: &LogicalPlan,
    caps: &Caps,
) -> Result<(Vec<RecordBatch>, bool), EngineError> {
    let physical = state
        .create_physical_plan(plan)
        .await
        .map_err(|error| error_of(&error))?;
    let mut stream =
        execute_stream(physical, state.task_ctx()).map_err(|error| error_of(&error))?;
    let (mut batches, mut rows, mut bytes) = (Vec::new(), 0, 0);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|error| error_of(&error))?;
        let room = caps.rows_max.map_or(usize::MAX, |most| most - rows);
        let is_cut = batch.num_rows() > room;
        let batch = if is_cut { batch.slice(0, room) } else { batch };
        rows += batch.num_rows();
        bytes += batch_bytes(&batch, &caps.types);
        refuse_sketches(&batch, &caps.types)?;
        if let Some(bytes_max) = caps.bytes_max.filter(|most| bytes > *most) {
            return Err(EngineError::ResultTooLarge { bytes_max });
        }
        if batch.num_rows() > 0 {
            batches.push(batch);
        }
        if is_cut {
            return Ok((batches, true));
        }
    }
    Ok((batches, false))
}

/// Refuses rows that show the inside of a sketch, which looks different in the service.
fn refuse_sketches(batch: &RecordBatch, types: &[ScalarType]) -> Result<(), EngineError> {
    let columns = batch.columns().iter().zip(types);
    let dynamics = columns
        .filter(|(_, scalar_type)| **scalar_type == ScalarType::Dynamic)
        .filter_map(|(array, _)| array.as_binary_view_opt());
    for values in dynamics {
        let mut values = values.iter().flatten().map(Dynamic::new);
        if values.any(is_sketch) {
            return Err(EngineError::NotSupported {
                what: "a result that shows what hll() or tdigest() made".to_owned(),
                span: Span::new(0, 0),
            });
        }
    }
    Ok(())
}

fn batch_bytes(batch: &RecordBatch, types: &[ScalarType]) -> usize {
    let arrays = batch.columns().iter().zip(types);
    arrays
        .map(|(array, scalar_type)| value_bytes(array, *scalar_type))
        .sum()
}

/// Runs subqueries from the binder's thread, which may block.
pub(crate) struct BlockingRunner {
    /// Where they run.
    pub(crate) handle: tokio::runtime::Handle,
    /// How they run.
    pub(crate) state: Arc<SessionState>,
    /// Closed when nobody waits for the answer any more.
    pub(crate) cancelled: watch::Receiver<()>,
}

impl Runner for BlockingRunner {
    fn collect(
        &self,
        plan: LogicalPlan,
        rows_max: Option<usize>,
    ) -> Result<Vec<RecordBatch>, EngineError> {
        let caps = Caps {
            rows_max,
            ..Caps::default()
        };
        let mut cancelled = self.cancelled.clone();
        self.handle.block_on(async {
            tokio::select! {
                collected = collect(&self.state, &plan, &caps) => collected.map(|(batches, _)| batches),
                _ = cancelled.changed() => Err(EngineError::Cancelled),
            }
        })
    }
}

/// What a failure of DataFusion means to the caller.
pub(crate) fn error_of(error: &DataFusionError) -> EngineError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(message) => {
            EngineError::LimitsExceeded(message.clone())
        }
        DataFusionError::External(inner) => match inner.downcast_ref::<EngineError>() {
            Some(error) => error.clone(),
            None => EngineError::Failed(inner.to_string()),
        },
        other => EngineError::Failed(other.strip_backtrace()),
    }
}

/// Waits for an answer, but not longer than `time_max`.
pub(crate) async fn within<T>(
    time_max: Option<Duration>,
    answer: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    match time_max {
        Some(time_max) => tokio::time::timeout(time_max, answer)
            .await
            .unwrap_or(Err(EngineError::TimedOut(time_max))),
        None => answer.await,
    }
}
