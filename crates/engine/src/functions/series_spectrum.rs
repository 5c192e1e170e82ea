//! The Fourier transform of series.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::series_analysis::{columns, reals, refusal, values_of};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicValue, encode};
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::fourier::{Complex, forward, inverse};
use crate::kernels::rows;

const SET: ResultName = ResultName::SetByFunction;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("series_fft", 1..=2, SET, series_fft),
    function("series_ifft", 1..=2, SET, series_ifft),
];

/// `series_fft(real [, imaginary])`: two columns.
///
/// Source: learn.microsoft.com/kusto/query/series-fft-function.
fn series_fft(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    transformed(context, arguments, forward)
}

/// `series_ifft(real [, imaginary])`: two columns; undoes `series_fft`.
///
/// Source: learn.microsoft.com/kusto/query/series-ifft-function.
fn series_ifft(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    transformed(context, arguments, inverse)
}

fn transformed(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    transform: fn(&[Complex]) -> Vec<Complex>,
) -> Result<Bound, CallError> {
    let array = arguments.first().and_then(|array| array.name.clone());
    let mut arguments = Arguments::new(context, arguments);
    let mut inputs = vec![arguments.dynamic()?];
    if let Some(imaginary) = arguments.optional(Arguments::dynamic)? {
        inputs.push(imaginary);
    }
    let (span, has_imaginary) = (context.span, inputs.len() > 1);
    let function = context.function.to_owned();
    let dynamic = ScalarType::Dynamic;
    let bag = kernel::call("series_fft", inputs, dynamic, span, move |input| {
        let results: Vec<Option<Vec<u8>>> = (0..input.rows)
            .map(|row| match series(input, row, has_imaginary)? {
                Some(Some(values)) => Ok(Some(encode(&bag_of(&transform(&values))))),
                Some(None) => {
                    let what = "series with values that are no numbers, or of two lengths";
                    Err(refusal(&function, what, span))
                }
                None => Ok(None),
            })
            .collect::<Result<_, _>>()?;
        rows::dynamics(input.rows, |row, writer| {
            if let Some(Some(bytes)) = results.get(row) {
                writer.value_of(Dynamic::new(bytes));
            }
            Ok(())
        })
    });
    columns(
        context,
        array,
        &bag,
        &[("real", dynamic), ("imag", dynamic)],
    )
}

fn bag_of(values: &[Complex]) -> DynamicValue {
    DynamicValue::bag([
        ("real", reals(values.iter().map(|value| value.real))),
        ("imag", reals(values.iter().map(|value| value.imaginary))),
    ])
}

/// The complex numbers of a row, none where they cannot be made; none at all where there is no array.
fn series(
    input: &Input<'_>,
    row: usize,
    has_imaginary: bool,
) -> Result<Option<Option<Vec<Complex>>>, datafusion::common::DataFusionError> {
    let Some(real) = values_of(first(input)?.dynamic(row)) else {
        return Ok(None);
    };
    let imaginary = if has_imaginary {
        values_of(Cells::of(input, 1, ScalarType::Dynamic)?.dynamic(row)).unwrap_or_default()
    } else {
        vec![Some(0.0); real.len()]
    };
    if real.len() != imaginary.len() {
        return Ok(Some(None));
    }
    let pairs = real.into_iter().zip(imaginary);
    Ok(Some(
        pairs
            .map(|(real, imaginary)| Some(Complex::new(real?, imaginary?)))
            .collect(),
    ))
}
