//! How `scan` goes over rows.
//!
//! Each step has a state: the newest rows of all steps up to it, and the id of the match. A row is tried at every step, the last one
//! first. It matches a step when the state of the step before is not empty and the condition holds with it: that state then moves on to
//! this step. Or else it matches when the step's own state is not empty, or the step is the first one, and the condition holds with it:
//! the row takes the place of the step's row. Source: learn.microsoft.com/kusto/query/scan-operator, section "Scan logic".
//!
//! The first step begins a new match where its state is empty. Conditions that need no state are computed for all rows at once, before;
//! only what is left is looked at row by row.

mod pass;
mod state;
mod values;

use datafusion::arrow::datatypes::Field;
use datafusion::common::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::scalar::ScalarValue;

use crate::sequence::{Pass, Sequential, Setting};
use pass::ScanPass;

/// Which rows of a step are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emits {
    /// All.
    All,
    /// The last one before the match moves on to the next step.
    Last,
    /// None.
    None,
}

/// A value that a step remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A column of the row, by its name in the plan.
    Row(String),
    /// A declared column, by its place.
    Declared(usize),
}

/// A column of a step's row that expressions read.
#[derive(Debug)]
pub(crate) struct StateColumn {
    /// Its name in expressions, and its type.
    pub(crate) field: Field,
    /// Which step's row it belongs to.
    pub(crate) step: usize,
    /// What it holds.
    pub(crate) source: Source,
}

/// A declared column.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    /// Its name in the plan, and its type.
    pub(crate) field: Field,
    /// What it holds where nothing is assigned.
    pub(crate) default: ScalarValue,
}

/// A value that a step assigns.
#[derive(Debug)]
pub(crate) struct StepValue {
    /// The place of the declared column.
    pub(crate) declared: usize,
    /// The value.
    pub(crate) value: Expr,
}

/// A step.
#[derive(Debug)]
pub(crate) struct Step {
    /// What is left of its condition when all that needs no state is computed before.
    pub(crate) condition: Option<Expr>,
    /// What it assigns.
    pub(crate) assignments: Vec<StepValue>,
    /// Which of its rows are handed out.
    pub(crate) emits: Emits,
}

impl Step {
    /// The expressions that are evaluated row by row.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let values = self.assignments.iter().map(|assignment| &assignment.value);
        self.condition.iter().chain(values)
    }
}

/// A `scan` with everything that is known before the query runs. Its arguments are the columns in `locals`, then the conditions of the
/// steps that have some that need no state, then the keys.
#[derive(Debug)]
pub(crate) struct Scan {
    /// In text order.
    pub(crate) steps: Vec<Step>,
    /// Which steps have conditions that are computed before.
    pub(crate) masks: Vec<bool>,
    /// The columns of the row that expressions read and steps remember, by their names in the plan.
    pub(crate) locals: Vec<String>,
    /// What the steps remember.
    pub(crate) states: Vec<StateColumn>,
    /// The declared columns.
    pub(crate) declared: Vec<Declared>,
    /// How many columns tell apart rows that are scanned on their own.
    pub(crate) keys: usize,
    /// Whether the match's id is handed out.
    pub(crate) has_match_id: bool,
}

impl Sequential for Scan {
    fn name(&self) -> &'static str {
        "Scan"
    }

    fn start(&self, setting: Setting) -> Result<Box<dyn Pass>, DataFusionError> {
        Ok(Box::new(ScanPass::new(self, setting)?))
    }
}
