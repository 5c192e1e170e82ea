//! Operators that go over rows one after the other, in the order of the rows: window functions and `scan`.
//!
//! A [`Sequence`] is a node of the logical plan with one input; a [`Sequential`] says what it does. It hands on the columns of its input
//! and appends its own. The first of those is the row's number, so that the order of the rows survives whatever comes after it.

mod exec;
mod planner;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::common::{DFSchema, DFSchemaRef, DataFusionError, plan_err};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::logical_expr::{
    Expr, Extension, LogicalPlan, SortExpr, UserDefinedLogicalNodeCore,
};

use crate::binder::relation::ColumnId;

pub(crate) use planner::Planner;

/// What a [`Sequence`] does.
pub(crate) trait Sequential: fmt::Debug + Send + Sync {
    /// Its name in plans.
    fn name(&self) -> &'static str;

    /// Starts to go over rows.
    ///
    /// # Errors
    /// When it cannot be prepared.
    fn start(&self, setting: Setting) -> Result<Box<dyn Pass>, DataFusionError>;
}

/// Where a [`Pass`] runs.
#[derive(Debug)]
pub(crate) struct Setting {
    /// The places of the arguments among the columns of the input.
    pub(crate) arguments: Vec<usize>,
    /// The columns of the input.
    pub(crate) input: SchemaRef,
    /// The columns of the result: those of the input, the row's number, and what the operator appends.
    pub(crate) output: SchemaRef,
    /// Accounts for the rows that are held.
    pub(crate) memory: MemoryReservation,
}

/// One way over all rows.
pub(crate) trait Pass: Send {
    /// Takes the next rows and gives those that are finished.
    ///
    /// # Errors
    /// When a row cannot be handled.
    fn rows(&mut self, batch: RecordBatch) -> Result<Vec<RecordBatch>, DataFusionError>;

    /// Gives the remaining rows.
    ///
    /// # Errors
    /// When a row cannot be handled.
    fn finish(&mut self) -> Result<Vec<RecordBatch>, DataFusionError>;
}

/// A node of the logical plan that goes over the rows of its input in order.
#[derive(Debug, Clone)]
pub(crate) struct Sequence {
    input: LogicalPlan,
    order: Vec<SortExpr>,
    arguments: Vec<Expr>,
    appended: Vec<Field>,
    sequential: Arc<dyn Sequential>,
    schema: DFSchemaRef,
}

impl Sequence {
    /// A plan that goes over the rows of `input` in the order `order`. `arguments` are columns of the input; `number` and `appended` are
    /// the columns of the result behind those of the input.
    ///
    /// # Errors
    /// When two columns have the same name.
    pub(crate) fn plan(
        input: LogicalPlan,
        order: Vec<SortExpr>,
        arguments: Vec<Expr>,
        number: &ColumnId,
        appended: Vec<Field>,
        sequential: Arc<dyn Sequential>,
    ) -> Result<LogicalPlan, DataFusionError> {
        let number = Field::new(number.to_string(), DataType::Int64, false);
        let appended = std::iter::once(number).chain(appended).collect();
        let node = Self::new(input, order, arguments, appended, sequential)?;
        Ok(LogicalPlan::Extension(Extension {
            node: Arc::new(node),
        }))
    }

    fn new(
        input: LogicalPlan,
        order: Vec<SortExpr>,
        arguments: Vec<Expr>,
        appended: Vec<Field>,
        sequential: Arc<dyn Sequential>,
    ) -> Result<Self, DataFusionError> {
        let inherited = input.schema().iter();
        let inherited = inherited.map(|(table, field)| (table.cloned(), Arc::clone(field)));
        let own = appended.iter().map(|field| (None, Arc::new(field.clone())));
        let metadata = input.schema().metadata().clone();
        let schema = DFSchema::new_with_metadata(inherited.chain(own).collect(), metadata)?;
        Ok(Self {
            input,
            order,
            arguments,
            appended,
            sequential,
            schema: Arc::new(schema),
        })
    }

    /// What tells it apart from others, next to its input.
    fn identity(&self) -> (usize, &[Field]) {
        let address = Arc::as_ptr(&self.sequential).cast::<()>().addr();
        (address, &self.appended)
    }
}

impl PartialEq for Sequence {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
            && self.order == other.order
            && self.arguments == other.arguments
            && self.input == other.input
    }
}

impl Eq for Sequence {}

impl Hash for Sequence {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
        self.order.hash(state);
        self.arguments.hash(state);
        self.input.hash(state);
    }
}

impl PartialOrd for Sequence {
    /// Two different nodes have no order.
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self == other).then_some(Ordering::Equal)
    }
}

impl UserDefinedLogicalNodeCore for Sequence {
    fn name(&self) -> &str {
        self.sequential.name()
    }

    fn inputs(&self) -> Vec<&LogicalPlan> {
        vec![&self.input]
    }

    fn schema(&self) -> &DFSchemaRef {
        &self.schema
    }

    fn expressions(&self) -> Vec<Expr> {
        let order = self.order.iter().map(|key| key.expr.clone());
        self.arguments.iter().cloned().chain(order).collect()
    }

    fn fmt_for_explain(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {:?}", self.sequential.name(), self.sequential)
    }

    fn with_exprs_and_inputs(
        &self,
        exprs: Vec<Expr>,
        inputs: Vec<LogicalPlan>,
    ) -> Result<Self, DataFusionError> {
        let Ok([input]) = <[LogicalPlan; 1]>::try_from(inputs) else {
            return plan_err!("{} has one input", self.sequential.name());
        };
        let mut exprs = exprs;
        let keys = exprs.split_off(self.arguments.len().min(exprs.len()));
        let order = self.order.iter().zip(keys);
        let order = order.map(|(key, expr)| SortExpr::new(expr, key.asc, key.nulls_first));
        Self::new(
            input,
            order.collect(),
            exprs,
            self.appended.clone(),
            Arc::clone(&self.sequential),
        )
    }

    fn necessary_children_exprs(&self, output_columns: &[usize]) -> Option<Vec<Vec<usize>>> {
        let inherited = self.input.schema().fields().len();
        let columns = output_columns.iter().copied();
        Some(vec![columns.filter(|column| *column < inherited).collect()])
    }
}
