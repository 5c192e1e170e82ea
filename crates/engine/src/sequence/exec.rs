//! Goes over the rows of its input in order.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::DataFusionError;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::memory_pool::MemoryConsumer;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{
    Distribution, EquivalenceProperties, LexOrdering, OrderingRequirements, PhysicalExpr,
    PhysicalSortExpr,
};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use futures::{StreamExt, stream};

use super::{Pass, Sequential, Setting};

/// A [`super::Sequence`] that runs.
#[derive(Debug)]
pub(super) struct SequenceExec {
    input: Arc<dyn ExecutionPlan>,
    order: Option<LexOrdering>,
    arguments: Vec<usize>,
    output: SchemaRef,
    sequential: Arc<dyn Sequential>,
    properties: Arc<PlanProperties>,
}

impl SequenceExec {
    pub(super) fn new(
        input: Arc<dyn ExecutionPlan>,
        order: Option<LexOrdering>,
        arguments: Vec<usize>,
        output: SchemaRef,
        sequential: Arc<dyn Sequential>,
    ) -> Self {
        let place = input.schema().fields().len();
        let number = output.fields().get(place).map(|field| {
            let column = Arc::new(Column::new(field.name(), place));
            [PhysicalSortExpr::new(
                column,
                SortOptions::new(false, false),
            )]
        });
        let properties = PlanProperties::new(
            EquivalenceProperties::new_with_orderings(Arc::clone(&output), number),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self {
            input,
            order,
            arguments,
            output,
            sequential,
            properties: Arc::new(properties),
        }
    }
}

impl DisplayAs for SequenceExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SequenceExec: {:?}", self.sequential)
    }
}

impl ExecutionPlan for SequenceExec {
    fn name(&self) -> &'static str {
        "SequenceExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn required_input_distribution(&self) -> Vec<Distribution> {
        vec![Distribution::SinglePartition]
    }

    fn required_input_ordering(&self) -> Vec<Option<OrderingRequirements>> {
        vec![self.order.clone().map(OrderingRequirements::from)]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion, DataFusionError>,
    ) -> Result<TreeNodeRecursion, DataFusionError> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        match <[_; 1]>::try_from(children) {
            Ok([input]) => Ok(Arc::new(Self::new(
                input,
                self.order.clone(),
                self.arguments.clone(),
                Arc::clone(&self.output),
                Arc::clone(&self.sequential),
            ))),
            Err(children) => datafusion::common::internal_err!(
                "SequenceExec has one input and was given {}",
                children.len()
            ),
        }
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream, DataFusionError> {
        let memory = MemoryConsumer::new(self.sequential.name()).register(context.memory_pool());
        let pass = self.sequential.start(Setting {
            arguments: self.arguments.clone(),
            input: self.input.schema(),
            output: Arc::clone(&self.output),
            memory,
        })?;
        let run = Run {
            input: self.input.execute(partition, context)?,
            pass,
            ready: VecDeque::new(),
            is_finished: false,
        };
        let batches = stream::try_unfold(run, |mut run| async move {
            let batch = run.next().await?;
            Ok(batch.map(|batch| (batch, run)))
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.output),
            batches,
        )))
    }
}

struct Run {
    input: SendableRecordBatchStream,
    pass: Box<dyn Pass>,
    ready: VecDeque<RecordBatch>,
    is_finished: bool,
}

impl Run {
    async fn next(&mut self) -> Result<Option<RecordBatch>, DataFusionError> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            if self.is_finished {
                return Ok(None);
            }
            let finished = match self.input.next().await {
                Some(batch) => self.pass.rows(batch?)?,
                None => {
                    self.is_finished = true;
                    self.pass.finish()?
                }
            };
            self.ready.extend(finished);
        }
    }
}
