//! Functions made from closures over Arrow arrays.
//!
//! [`call`] turns a closure and its arguments into a [`Bound`]: evaluated at once when every argument is known, a DataFusion function
//! otherwise. State that is prepared once per query (a compiled pattern, a set of values) is captured by the closure.

use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, Float64Array, Int32Array, Int64Array,
    StringViewArray,
};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, ScalarValue, exec_err, resources_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use crate::bound::Bound;
use crate::catalog::stored::without_null_strings;
use crate::types;

/// How many bytes of text or dynamics a function may make for one batch of rows.
const BATCH_BYTES_MAX: usize = 256 << 20;

/// The arguments of one evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// One per argument; a scalar stands for a column that holds it in every row.
    pub values: &'a [ColumnarValue],
    /// How many rows the result has.
    pub rows: usize,
}

impl Input<'_> {
    /// An argument as an array of `rows` values.
    ///
    /// # Errors
    /// When there is no such argument, or a scalar cannot be repeated.
    pub fn array(&self, index: usize) -> Result<ArrayRef, DataFusionError> {
        match self.values.get(index) {
            Some(value) => value.to_array(self.rows),
            None => exec_err!("a function was called without its argument {index}"),
        }
    }

    /// An argument that is the same in every row.
    #[must_use]
    pub fn scalar(&self, index: usize) -> Option<&ScalarValue> {
        match self.values.get(index) {
            Some(ColumnarValue::Scalar(value)) => Some(value),
            _ => None,
        }
    }

    /// A `string` argument.
    ///
    /// # Errors
    /// When there is no such argument or it is of another type.
    pub fn strings(&self, index: usize) -> Result<StringViewArray, DataFusionError> {
        downcast(&self.array(index)?, "string", AsArray::as_string_view_opt)
    }

    /// A `dynamic` argument in the encoding of [`crate::dynamic`].
    ///
    /// # Errors
    /// When there is no such argument or it is of another type.
    pub fn dynamics(&self, index: usize) -> Result<BinaryViewArray, DataFusionError> {
        downcast(&self.array(index)?, "dynamic", AsArray::as_binary_view_opt)
    }

    /// A `bool` argument.
    ///
    /// # Errors
    /// When there is no such argument or it is of another type.
    pub fn bools(&self, index: usize) -> Result<BooleanArray, DataFusionError> {
        downcast(&self.array(index)?, "bool", AsArray::as_boolean_opt)
    }

    /// An `int` argument.
    ///
    /// # Errors
    /// When there is no such argument or it is of another type.
    pub fn ints(&self, index: usize) -> Result<Int32Array, DataFusionError> {
        downcast(&self.array(index)?, "int", AsArray::as_primitive_opt)
    }

    /// A `long`, `datetime` or `timespan` argument.
    ///
    /// # Errors
    /// When there is no such argument or it is of another type.
    pub fn longs(&self, index: usize) -> Result<Int64Array, DataFusionError> {
        downcast(&self.array(index)?, "long", AsArray::as_primitive_opt)
    }

    /// A `real` argument.
    ///
    /// # Errors
    /// When there is no such argument or it is of another type.
    pub fn reals(&self, index: usize) -> Result<Float64Array, DataFusionError> {
        downcast(&self.array(index)?, "real", AsArray::as_primitive_opt)
    }
}

fn downcast<A: Clone>(
    array: &ArrayRef,
    wanted: &str,
    cast: impl for<'a> Fn(&'a ArrayRef) -> Option<&'a A>,
) -> Result<A, DataFusionError> {
    match cast(array) {
        Some(array) => Ok(array.clone()),
        None => exec_err!(
            "a function expects {wanted} and was given {}",
            array.data_type()
        ),
    }
}

/// What a kernel computes: one array of [`Input::rows`] values of the physical type it promised. Nulls in a string result become
/// empty strings.
pub type Body = dyn Fn(&Input<'_>) -> Result<ArrayRef, DataFusionError> + Send + Sync;

/// Calls a deterministic function: `arguments` are handed to `body` as arrays, in order.
///
/// `name` shows in plans only. When every argument is known, `body` runs once, now, on one row.
#[must_use]
pub fn call(
    name: &'static str,
    arguments: Vec<Bound>,
    returns: ScalarType,
    span: Span,
    body: impl Fn(&Input<'_>) -> Result<ArrayRef, DataFusionError> + Send + Sync + 'static,
) -> Bound {
    let kernel = Kernel::new(name, returns, body);
    kernel
        .fold(&arguments, returns, span)
        .unwrap_or_else(|| kernel.bind(arguments, returns, span))
}

/// Calls a function whose result differs from row to row even for equal arguments, such as `rand()`; it is never evaluated early.
#[must_use]
pub fn call_volatile(
    name: &'static str,
    arguments: Vec<Bound>,
    returns: ScalarType,
    span: Span,
    body: impl Fn(&Input<'_>) -> Result<ArrayRef, DataFusionError> + Send + Sync + 'static,
) -> Bound {
    let kernel = Kernel {
        signature: Signature::user_defined(Volatility::Volatile),
        shared: None,
        ..Kernel::new(name, returns, body)
    };
    kernel.bind(arguments, returns, span)
}

/// Calls a deterministic function whose result is of an Arrow type that stands for no scalar type, such as a list.
pub(crate) fn call_plan(
    name: &'static str,
    arguments: Vec<Expr>,
    returns: DataType,
    body: impl Fn(&Input<'_>) -> Result<ArrayRef, DataFusionError> + Send + Sync + 'static,
) -> Expr {
    let kernel = Kernel {
        name,
        signature: Signature::user_defined(Volatility::Immutable),
        returns: Field::new(name, returns, true),
        shared: shared_identity(&body),
        body: Arc::new(body),
    };
    kernel.expr(arguments)
}

/// A DataFusion function around a closure. Two of them are equal when they share the closure, or when their closures are the same code
/// and hold nothing: then a repeated call is computed once.
struct Kernel {
    name: &'static str,
    signature: Signature,
    returns: Field,
    body: Arc<Body>,
    /// The closure's type, where that alone says what it does.
    shared: Option<TypeId>,
}

/// What makes a kernel the same as another one.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Code(TypeId),
    Closure(usize),
}

/// The type of a closure that captures nothing.
fn shared_identity<F: 'static>(_: &F) -> Option<TypeId> {
    (size_of::<F>() == 0).then(TypeId::of::<F>)
}

impl Kernel {
    fn new(
        name: &'static str,
        returns: ScalarType,
        body: impl Fn(&Input<'_>) -> Result<ArrayRef, DataFusionError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            signature: Signature::user_defined(Volatility::Immutable),
            returns: types::field(name, returns),
            shared: shared_identity(&body),
            body: Arc::new(body),
        }
    }

    fn run(&self, input: &Input<'_>) -> Result<ArrayRef, DataFusionError> {
        let array = (self.body)(input)?;
        if array.len() != input.rows {
            return exec_err!(
                "{}() made {} values for {} rows",
                self.name,
                array.len(),
                input.rows
            );
        }
        check_size(self.name, &array)?;
        if !self.returns.is_nullable() && array.null_count() > 0 {
            return without_nulls(&array);
        }
        Ok(array)
    }

    /// The value, if every argument is known.
    fn fold(&self, arguments: &[Bound], returns: ScalarType, span: Span) -> Option<Bound> {
        let values: Option<Vec<ColumnarValue>> = arguments
            .iter()
            .map(|argument| argument.constant.as_ref().map(types::literal))
            .map(|literal| literal.map(ColumnarValue::Scalar))
            .collect();
        let input = Input {
            values: &values?,
            rows: 1,
        };
        let array = self.run(&input).ok()?;
        let value = types::value_at(&array, 0, returns);
        Some(Bound::constant(value, span))
    }

    fn bind(self, arguments: Vec<Bound>, returns: ScalarType, span: Span) -> Bound {
        let arguments = arguments
            .into_iter()
            .map(|argument| argument.expr)
            .collect();
        Bound::new(self.expr(arguments), returns, span)
    }

    fn expr(self, arguments: Vec<Expr>) -> Expr {
        let function = Arc::new(ScalarUDF::new_from_impl(self));
        let call = datafusion::logical_expr::expr::ScalarFunction::new_udf(function, arguments);
        Expr::ScalarFunction(call)
    }

    fn identity(&self) -> Identity {
        match self.shared {
            Some(code) => Identity::Code(code),
            None => Identity::Closure(Arc::as_ptr(&self.body).cast::<()>().addr()),
        }
    }
}

/// Refuses results of a size that no honest query has, before the next function doubles them.
fn check_size(name: &str, array: &ArrayRef) -> Result<(), DataFusionError> {
    let bytes: usize = match array.data_type() {
        DataType::Utf8View => array.as_string_view_opt().map_or(0, |texts| {
            texts.lengths().map(|length| length as usize).sum()
        }),
        DataType::BinaryView => array.as_binary_view_opt().map_or(0, |values| {
            values.lengths().map(|length| length as usize).sum()
        }),
        _ => 0,
    };
    if bytes > BATCH_BYTES_MAX {
        return resources_err!(
            "{name}() makes more than {BATCH_BYTES_MAX} bytes for {} rows",
            array.len()
        );
    }
    Ok(())
}

fn without_nulls(array: &ArrayRef) -> Result<ArrayRef, DataFusionError> {
    match array.data_type() {
        DataType::Utf8View => without_null_strings(array),
        other => exec_err!("a string function made {other}"),
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel")
            .field("name", &self.name)
            .field("returns", &self.returns)
            .finish_non_exhaustive()
    }
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
            && self.name == other.name
            && self.returns == other.returns
    }
}

impl Eq for Kernel {}

impl Hash for Kernel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.identity().hash(state);
    }
}

impl ScalarUDFImpl for Kernel {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _argument_types: &[DataType]) -> Result<DataType, DataFusionError> {
        Ok(self.returns.data_type().clone())
    }

    fn coerce_types(&self, argument_types: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        Ok(argument_types.to_vec())
    }

    fn return_field_from_args(
        &self,
        _arguments: ReturnFieldArgs<'_>,
    ) -> Result<FieldRef, DataFusionError> {
        Ok(Arc::new(self.returns.clone()))
    }

    fn invoke_with_args(
        &self,
        arguments: ScalarFunctionArgs,
    ) -> Result<ColumnarValue, DataFusionError> {
        let input = Input {
            values: &arguments.args,
            rows: arguments.number_rows,
        };
        self.run(&input).map(ColumnarValue::Array)
    }
}
