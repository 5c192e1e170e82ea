//! Calling a function row by row, where a row gives a value, null, or a refusal.
//!
//! For functions with corners that only the data show: what the service does there is not known, so the query is refused.

use datafusion::arrow::array::{BinaryViewArray, Float64Array, Int64Array, StringViewArray};
use datafusion::common::DataFusionError;
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use crate::bound::{Bound, CallContext};
use crate::dynamic::Dynamic;
use crate::error::EngineError;
use crate::kernel::{self, Input};
use crate::kernels::rows;

/// Something that the service answers and this engine cannot, found only in the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::functions) struct Unsupported(pub(in crate::functions) String);

impl Unsupported {
    pub(in crate::functions) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    fn into_error(self, name: &str, span: Span) -> DataFusionError {
        let what = format!("{name}() of {}", self.0);
        DataFusionError::External(Box::new(EngineError::NotSupported { what, span }))
    }
}

/// What a row gives: none stands for null.
pub(in crate::functions) type Cell<T> = Result<Option<T>, Unsupported>;

enum Column {
    Real(Float64Array),
    Long(Int64Array),
    Text(StringViewArray),
    Dynamic(BinaryViewArray),
}

/// The arguments of one row.
pub(in crate::functions) struct Row<'a> {
    columns: &'a [Column],
    index: usize,
}

impl<'a> Row<'a> {
    /// A number.
    pub(in crate::functions) fn real(&self, argument: usize) -> Option<f64> {
        match self.columns.get(argument) {
            Some(Column::Real(values)) => rows::at(values, self.index),
            _ => None,
        }
    }

    /// An integer.
    pub(in crate::functions) fn long(&self, argument: usize) -> Option<i64> {
        match self.columns.get(argument) {
            Some(Column::Long(values)) => rows::at(values, self.index),
            _ => None,
        }
    }

    /// A text; empty where there is none.
    pub(in crate::functions) fn text(&self, argument: usize) -> &'a str {
        match self.columns.get(argument) {
            Some(Column::Text(values)) => rows::at(values, self.index).unwrap_or_default(),
            _ => "",
        }
    }

    /// A dynamic.
    pub(in crate::functions) fn dynamic(&self, argument: usize) -> Dynamic<'a> {
        match self.columns.get(argument) {
            Some(Column::Dynamic(values)) => {
                rows::at(values, self.index).map_or(Dynamic::NULL, Dynamic::new)
            }
            _ => Dynamic::NULL,
        }
    }
}

fn columns(input: &Input<'_>, types: &[ScalarType]) -> Result<Vec<Column>, DataFusionError> {
    let column = |(index, scalar_type): (usize, &ScalarType)| match scalar_type {
        ScalarType::Real => input.reals(index).map(Column::Real),
        ScalarType::Dynamic => input.dynamics(index).map(Column::Dynamic),
        ScalarType::String => input.strings(index).map(Column::Text),
        _ => input.longs(index).map(Column::Long),
    };
    types.iter().enumerate().map(column).collect()
}

/// Calls `cell` for each row and hands the values to `build`.
pub(in crate::functions) fn call<T: 'static>(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    returns: ScalarType,
    cell: impl Fn(&Row<'_>) -> Cell<T> + Send + Sync + 'static,
    build: fn(Vec<Option<T>>) -> rows::Column,
) -> Bound {
    let types: Vec<ScalarType> = inputs.iter().map(|input| input.scalar_type).collect();
    let span = context.span;
    kernel::call(name, inputs, returns, span, move |input| {
        let columns = columns(input, &types)?;
        let cell = |index| {
            let row = Row {
                columns: &columns,
                index,
            };
            cell(&row).map_err(|refusal| refusal.into_error(name, span))
        };
        let values: Result<Vec<Option<T>>, DataFusionError> = (0..input.rows).map(cell).collect();
        build(values?)
    })
}

/// A function that gives a real.
pub(in crate::functions) fn real(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    cell: impl Fn(&Row<'_>) -> Cell<f64> + Send + Sync + 'static,
) -> Bound {
    let build = |values: Vec<Option<f64>>| rows::reals(values.len(), |row| values[row]);
    call(context, name, inputs, ScalarType::Real, cell, build)
}

/// A function that gives a bool.
pub(in crate::functions) fn bool(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    cell: impl Fn(&Row<'_>) -> Cell<bool> + Send + Sync + 'static,
) -> Bound {
    let build = |values: Vec<Option<bool>>| rows::bools(values.len(), |row| values[row]);
    call(context, name, inputs, ScalarType::Bool, cell, build)
}

/// A function that gives an int.
pub(in crate::functions) fn int(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    cell: impl Fn(&Row<'_>) -> Cell<i32> + Send + Sync + 'static,
) -> Bound {
    let build = |values: Vec<Option<i32>>| rows::ints(values.len(), |row| values[row]);
    call(context, name, inputs, ScalarType::Int, cell, build)
}

/// A function that gives a text; none is the empty text.
pub(in crate::functions) fn text(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    cell: impl Fn(&Row<'_>) -> Cell<String> + Send + Sync + 'static,
) -> Bound {
    let build = |values: Vec<Option<String>>| {
        rows::slices(values.len(), |row| {
            values[row].as_deref().unwrap_or_default()
        })
    };
    call(context, name, inputs, ScalarType::String, cell, build)
}

/// A function that gives an array of texts.
pub(in crate::functions) fn texts(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    cell: impl Fn(&Row<'_>) -> Cell<Vec<String>> + Send + Sync + 'static,
) -> Bound {
    let build = |values: Vec<Option<Vec<String>>>| {
        rows::dynamics(values.len(), |row, writer| {
            let Some(texts) = &values[row] else {
                return Ok(());
            };
            writer.open_array()?;
            texts.iter().for_each(|text| writer.string(text));
            writer.close()
        })
    };
    call(context, name, inputs, ScalarType::Dynamic, cell, build)
}

/// A function that gives an array of arrays of texts.
pub(in crate::functions) fn text_lists(
    context: &CallContext<'_>,
    name: &'static str,
    inputs: Vec<Bound>,
    cell: impl Fn(&Row<'_>) -> Cell<Vec<Vec<String>>> + Send + Sync + 'static,
) -> Bound {
    let build = |values: Vec<Option<Vec<Vec<String>>>>| {
        rows::dynamics(values.len(), |row, writer| {
            let Some(lists) = &values[row] else {
                return Ok(());
            };
            writer.open_array()?;
            for texts in lists {
                writer.open_array()?;
                texts.iter().for_each(|text| writer.string(text));
                writer.close()?;
            }
            writer.close()
        })
    };
    call(context, name, inputs, ScalarType::Dynamic, cell, build)
}
