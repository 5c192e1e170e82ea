//! Turns a [`Sequence`] of the logical plan into one that runs.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Field, Schema};
use datafusion::catalog::Session;
use datafusion::common::{DataFusionError, plan_err};
use datafusion::execution::context::QueryPlanner;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::logical_expr::{Expr, LogicalPlan, UserDefinedLogicalNode};
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr, expressions::Column};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_planner::{DefaultPhysicalPlanner, ExtensionPlanner, PhysicalPlanner};

use super::Sequence;
use super::exec::SequenceExec;

/// DataFusion's planner, which also knows [`Sequence`].
#[derive(Debug)]
pub(crate) struct Planner;

#[async_trait]
impl QueryPlanner for Planner {
    async fn create_physical_plan(
        &self,
        plan: &LogicalPlan,
        session: &dyn Session,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        DefaultPhysicalPlanner::with_extension_planners(vec![Arc::new(Sequences)])
            .create_physical_plan(plan, session)
            .await
    }
}

struct Sequences;

#[async_trait]
impl ExtensionPlanner for Sequences {
    async fn plan_extension(
        &self,
        _planner: &dyn PhysicalPlanner,
        node: &dyn UserDefinedLogicalNode,
        _logical_inputs: &[&LogicalPlan],
        inputs: &[Arc<dyn ExecutionPlan>],
        _session: &dyn Session,
        _context: &PhysicalPlanningContext,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>, DataFusionError> {
        let Some(sequence) = node.as_any().downcast_ref::<Sequence>() else {
            return Ok(None);
        };
        let [input] = inputs else {
            return plan_err!("{} has one input", node.name());
        };
        Ok(Some(Arc::new(planned(sequence, input)?)))
    }
}

fn planned(
    sequence: &Sequence,
    input: &Arc<dyn ExecutionPlan>,
) -> Result<SequenceExec, DataFusionError> {
    let schema = input.schema();
    let arguments = sequence.arguments.iter();
    let arguments = arguments.map(|argument| position(&schema, argument));
    let order = sequence.order.iter().map(|key| {
        let place = position(&schema, &key.expr)?;
        let column = Column::new(schema.field(place).name(), place);
        let options = datafusion::arrow::compute::SortOptions::new(!key.asc, key.nulls_first);
        Ok(PhysicalSortExpr::new(Arc::new(column), options))
    });
    let order: Vec<PhysicalSortExpr> = order.collect::<Result<_, DataFusionError>>()?;
    let inherited = schema.fields().iter().map(|field| field.as_ref().clone());
    let fields: Vec<Field> = inherited.chain(sequence.appended.iter().cloned()).collect();
    Ok(SequenceExec::new(
        Arc::clone(input),
        LexOrdering::new(order),
        arguments.collect::<Result<_, DataFusionError>>()?,
        Arc::new(Schema::new(fields)),
        Arc::clone(&sequence.sequential),
    ))
}

/// Where a column stands.
fn position(schema: &Schema, expr: &Expr) -> Result<usize, DataFusionError> {
    match expr {
        Expr::Column(column) => Ok(schema.index_of(&column.name)?),
        other => plan_err!("a sequence takes columns, not {other}"),
    }
}
