//! From the tree of a query to a DataFusion plan: names, types, and everything that can be known before the query runs.

mod any_column;
pub(crate) mod arithmetic;
pub(crate) mod calls;
pub(crate) mod catalogue;
mod clock;
pub(crate) mod comparison;
pub(crate) mod conversion;
mod declared;
pub(crate) mod expressions;
pub(crate) mod fault;
pub(crate) mod grouping;
pub(crate) mod logic;
pub(crate) mod membership;
pub(crate) mod names;
mod nearest;
pub(crate) mod properties;
pub(crate) mod relation;
pub(crate) mod results;
pub(crate) mod row;
pub(crate) mod scope;
pub(crate) mod service_functions;
mod set;
pub(crate) mod statements;
pub(crate) mod steps;
pub(crate) mod tabular;
pub(crate) mod user_functions;
pub(crate) mod windows;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::logical_expr::LogicalPlan;

use crate::bound::Bound;
use crate::catalog::Database;
use crate::error::EngineError;
use crate::external::ExternalData;
use crate::result::Visualization;
use fault::{Bind, Fault};
use relation::ColumnId;

/// How deep expressions and subqueries may nest.
const DEPTH_MAX: usize = 300;
/// How many expression nodes a query may hold once every `let` is written out.
const NODES_MAX: usize = 8_000_000;
/// How many tabular operators a query may hold once every `let` is written out.
const OPERATORS_MAX: usize = 3_000;
/// How many tabular operators may follow each other.
const PIPELINE_MAX: usize = 400;

/// Runs parts of a query while the rest is being bound: `toscalar`, `materialize`, the table on the right of `in`.
pub(crate) trait Runner {
    /// The first `rows_max` rows of a plan.
    fn collect(
        &self,
        plan: LogicalPlan,
        rows_max: Option<usize>,
    ) -> Result<Vec<RecordBatch>, EngineError>;

    /// Whether there are rows at all: without them a query is only checked.
    fn has_rows(&self) -> bool {
        true
    }
}

/// Answers every part of a query with no rows: names and types can be checked without data.
#[derive(Debug)]
pub(crate) struct NoRows;

impl Runner for NoRows {
    fn collect(&self, _: LogicalPlan, _: Option<usize>) -> Result<Vec<RecordBatch>, EngineError> {
        Ok(Vec::new())
    }

    fn has_rows(&self) -> bool {
        false
    }
}

/// What binding depends on besides the query.
pub(crate) struct Environment<'e> {
    /// The tables.
    pub(crate) database: &'e Database,
    /// `now()` in ticks.
    pub(crate) now: i64,
    /// The rows of every table are limited to this range of `Timestamp`, in ticks, ends included.
    pub(crate) window: Option<(i64, i64)>,
    /// What `externaldata` may read.
    pub(crate) external_data: &'e ExternalData,
    /// Runs subqueries.
    pub(crate) runner: &'e dyn Runner,
}

/// The state of binding one query.
pub(crate) struct Binder<'e> {
    environment: &'e Environment<'e>,
    next_id: Cell<usize>,
    depth: Cell<usize>,
    nodes: Cell<usize>,
    operators: Cell<usize>,
    operator: Cell<&'static str>,
    external_bytes: Cell<u64>,
    open: Cell<bool>,
    sequential: Cell<bool>,
    notes: RefCell<Vec<String>>,
    options: RefCell<HashMap<String, Bound>>,
    visualization: RefCell<Option<Visualization>>,
}

impl<'e> Binder<'e> {
    pub(crate) fn new(environment: &'e Environment<'e>) -> Self {
        Self {
            environment,
            next_id: Cell::new(0),
            depth: Cell::new(0),
            nodes: Cell::new(0),
            operators: Cell::new(0),
            operator: Cell::new(""),
            external_bytes: Cell::new(0),
            open: Cell::new(false),
            sequential: Cell::new(false),
            notes: RefCell::default(),
            options: RefCell::default(),
            visualization: RefCell::default(),
        }
    }

    /// The tables.
    pub(crate) fn database(&self) -> &'e Database {
        self.environment.database
    }

    /// Whether the tables' rows can be seen; otherwise the query is only checked.
    pub(crate) fn has_rows(&self) -> bool {
        self.environment.runner.has_rows()
    }

    /// Notes that the query has columns that only its rows tell. Where it is only checked, any name may be such a column from here on.
    pub(crate) fn open_schema(&self) {
        self.open.set(!self.has_rows());
    }

    /// Whether a name that is not known may be a column that only the rows tell.
    pub(crate) fn is_open(&self) -> bool {
        self.open.get()
    }

    /// What `externaldata` may read.
    pub(crate) fn external_data(&self) -> &'e ExternalData {
        self.environment.external_data
    }

    /// How many bytes of external data the query has read so far.
    pub(crate) fn external_bytes(&self) -> u64 {
        self.external_bytes.get()
    }

    /// Counts bytes of external data.
    pub(crate) fn spend_external_bytes(&self, bytes: u64) {
        self.external_bytes
            .set(self.external_bytes().saturating_add(bytes));
    }

    /// A new column id.
    pub(crate) fn fresh_id(&self) -> ColumnId {
        let serial = self.next_id.get();
        self.next_id.set(serial + 1);
        Arc::from(format!("c{serial}"))
    }

    /// Binds something that is nested in something else.
    pub(crate) fn nested<T>(&self, bind: impl FnOnce() -> Bind<T>) -> Bind<T> {
        let depth = self.depth.get();
        if depth >= DEPTH_MAX {
            let what = format!("expressions and subqueries nest deeper than {DEPTH_MAX} levels");
            return Err(Fault::too_large(what));
        }
        self.depth.set(depth + 1);
        let result = bind();
        self.depth.set(depth);
        result
    }

    /// Counts expression nodes.
    pub(crate) fn spend_nodes(&self, count: usize) -> Bind<()> {
        let nodes = self.nodes.get().saturating_add(count);
        self.nodes.set(nodes);
        if nodes > NODES_MAX {
            let what = format!("the query holds more than {NODES_MAX} values and calls");
            return Err(Fault::too_large(what));
        }
        Ok(())
    }

    /// Counts tabular operators.
    pub(crate) fn spend_operators(&self, count: usize) -> Bind<()> {
        let operators = self.operators.get().saturating_add(count);
        self.operators.set(operators);
        if operators > OPERATORS_MAX {
            let what = format!("the query holds more than {OPERATORS_MAX} tabular operators");
            return Err(Fault::too_large(what));
        }
        Ok(())
    }

    /// The keyword of the operator that is being bound, for messages.
    pub(crate) fn operator(&self) -> &'static str {
        self.operator.get()
    }

    /// Binds with `keyword` as the operator that messages name.
    pub(crate) fn within<T>(
        &self,
        keyword: &'static str,
        bind: impl FnOnce() -> Bind<T>,
    ) -> Bind<T> {
        let outer = self.operator.replace(keyword);
        let result = bind();
        self.operator.set(outer);
        result
    }

    /// Requires that rows are handled one after the other, in order.
    pub(crate) fn require_sequence(&self) {
        self.sequential.set(true);
    }

    /// Whether rows have to be handled one after the other.
    pub(crate) fn is_sequential(&self) -> bool {
        self.sequential.get()
    }

    /// Tells the caller something about the answer.
    pub(crate) fn note(&self, note: impl Into<String>) {
        self.notes.borrow_mut().push(note.into());
    }

    /// Keeps what `render` asks for.
    pub(crate) fn visualize(&self, visualization: Visualization) {
        self.visualization.replace(Some(visualization));
    }

    /// What `render` asked for since the last time.
    pub(crate) fn take_visualization(&self) -> Option<Visualization> {
        self.visualization.take()
    }

    /// What was noted.
    pub(crate) fn into_notes(self) -> Vec<String> {
        self.notes.into_inner()
    }
}
