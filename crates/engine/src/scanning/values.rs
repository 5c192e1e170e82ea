//! The expressions of the steps, evaluated for one row.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::common::{DFSchema, DataFusionError, exec_err};
use datafusion::execution::context::ExecutionProps;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::physical_planning_context::PhysicalPlanningContext;
use datafusion::physical_expr::{PhysicalExpr, create_physical_expr};
use datafusion::scalar::ScalarValue;

use super::state::{Active, Record};
use super::{Scan, Source};

type Physical = Arc<dyn PhysicalExpr>;

struct StepValues {
    condition: Option<Physical>,
    assignments: Vec<(usize, Physical)>,
}

/// Where the value of a column of a step comes from, and what it is before the step has a row.
struct Remembered {
    step: usize,
    source: Place,
    initial: ArrayRef,
}

enum Place {
    Local(usize),
    Declared(usize),
}

/// All expressions of a `scan`.
pub(super) struct Values {
    schema: SchemaRef,
    steps: Vec<StepValues>,
    remembered: Vec<Remembered>,
    defaults: Vec<ArrayRef>,
}

impl Values {
    /// Prepares the expressions; `locals` are the fields of the columns of the row.
    pub(super) fn new(scan: &Scan, locals: Vec<Field>) -> Result<Self, DataFusionError> {
        let states = scan.states.iter().map(|state| state.field.clone());
        let schema = Schema::new(locals.into_iter().chain(states).collect::<Vec<_>>());
        let fields = schema.fields().clone();
        let named = DFSchema::from_unqualified_fields(fields, HashMap::new())?;
        let props = ExecutionProps::new();
        let context = PhysicalPlanningContext::default();
        let physical = |expr: &Expr| create_physical_expr(expr, &named, &props, &context);
        let steps = scan.steps.iter().map(|step| {
            let assignments = step.assignments.iter();
            let assignments =
                assignments.map(|value| Ok((value.declared, physical(&value.value)?)));
            Ok(StepValues {
                condition: step.condition.as_ref().map(physical).transpose()?,
                assignments: assignments.collect::<Result<_, DataFusionError>>()?,
            })
        });
        let defaults = scan.declared.iter();
        let defaults = defaults.map(|column| column.default.to_array_of_size(1));
        Ok(Self {
            steps: steps.collect::<Result<_, DataFusionError>>()?,
            remembered: remembered(scan)?,
            defaults: defaults.collect::<Result<_, _>>()?,
            schema: Arc::new(schema),
        })
    }

    /// Whether the condition of a step holds for a row, with what steps before `known` remember of a match.
    pub(super) fn holds(
        &self,
        step: usize,
        locals: &[ArrayRef],
        active: Option<&Active>,
    ) -> Result<bool, DataFusionError> {
        let condition = self
            .steps
            .get(step)
            .and_then(|step| step.condition.as_ref());
        let Some(condition) = condition else {
            return Ok(true);
        };
        let value = condition.evaluate(&self.row(locals, active)?)?;
        let value = value.into_array(1)?;
        match value.as_boolean_opt() {
            Some(value) => Ok(value.iter().next().flatten().unwrap_or_default()),
            None => exec_err!("a condition of `scan` is of type {}", value.data_type()),
        }
    }

    /// The declared columns of a row that matches a step.
    pub(super) fn assigned(
        &self,
        step: usize,
        locals: &[ArrayRef],
        active: Option<&Active>,
    ) -> Result<Vec<ArrayRef>, DataFusionError> {
        let mut declared = self.defaults.clone();
        let assignments = self.steps.get(step).map(|step| step.assignments.as_slice());
        let assignments = assignments.unwrap_or_default();
        if assignments.is_empty() {
            return Ok(declared);
        }
        let row = self.row(locals, active)?;
        for (place, value) in assignments {
            let value = value.evaluate(&row)?.into_array(1)?;
            if let Some(slot) = declared.get_mut(*place) {
                *slot = value;
            }
        }
        Ok(declared)
    }

    /// What a step remembers of a row: copies, so that the rows around it need not be held.
    pub(super) fn record(
        &self,
        step: usize,
        locals: &[ArrayRef],
        declared: &[ArrayRef],
    ) -> Result<Record, DataFusionError> {
        let columns = self.remembered.iter().filter(|column| column.step == step);
        let values = columns.map(|column| {
            let value = match column.source {
                Place::Local(place) => locals.get(place),
                Place::Declared(place) => declared.get(place),
            };
            match value {
                Some(value) => ScalarValue::try_from_array(value, 0)?.to_array_of_size(1),
                None => exec_err!("a step of `scan` remembers a column that is not there"),
            }
        });
        values.collect()
    }

    /// The row as expressions see it.
    fn row(
        &self,
        locals: &[ArrayRef],
        active: Option<&Active>,
    ) -> Result<RecordBatch, DataFusionError> {
        let mut arrays = locals.to_vec();
        let mut taken = vec![0; self.steps.len()];
        for column in &self.remembered {
            let record = active.and_then(|active| active.record(column.step));
            let place = taken.get_mut(column.step).map(|taken| {
                *taken += 1;
                *taken - 1
            });
            let value = record
                .zip(place)
                .and_then(|(record, place)| record.get(place));
            arrays.push(Arc::clone(value.unwrap_or(&column.initial)));
        }
        let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(1));
        let schema = Arc::clone(&self.schema);
        Ok(RecordBatch::try_new_with_options(schema, arrays, &options)?)
    }
}

fn remembered(scan: &Scan) -> Result<Vec<Remembered>, DataFusionError> {
    let mut remembered = Vec::with_capacity(scan.states.len());
    for state in &scan.states {
        let (source, initial) = match &state.source {
            Source::Row(name) => {
                let Some(place) = scan.locals.iter().position(|local| local == name) else {
                    return exec_err!("a step of `scan` remembers a column that is not there");
                };
                let initial = match state.field.is_nullable() {
                    true => ScalarValue::try_new_null(state.field.data_type())?,
                    false => ScalarValue::Utf8View(Some(String::new())),
                };
                (Place::Local(place), initial)
            }
            Source::Declared(place) => match scan.declared.get(*place) {
                Some(declared) => (Place::Declared(*place), declared.default.clone()),
                None => return exec_err!("`scan` has no declared column {place}"),
            },
        };
        remembered.push(Remembered {
            step: state.step,
            source,
            initial: initial.to_array_of_size(1)?,
        });
    }
    Ok(remembered)
}
