//! Checking and converting the arguments of a call, one after the other.
//!
//! Each method takes the next argument as one of the kinds that the language's own signatures use
//! (github.com/microsoft/Kusto-Query-Language, `Functions.cs`) and refuses every other type.

use tesem_kql::types::ScalarType;

use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::DynamicValue;
use crate::kernels::{convert, dynamics};
use crate::value::Value;

/// The arguments that have not been taken yet.
pub(crate) struct Arguments<'c, 'x> {
    context: &'c CallContext<'x>,
    rest: std::vec::IntoIter<Bound>,
}

impl<'c, 'x> Arguments<'c, 'x> {
    pub(crate) fn new(context: &'c CallContext<'x>, arguments: Vec<Bound>) -> Self {
        Self {
            context,
            rest: arguments.into_iter(),
        }
    }

    /// Whether there are more.
    pub(crate) fn has_more(&self) -> bool {
        self.rest.len() > 0
    }

    /// All that are left.
    pub(crate) fn rest(self) -> Vec<Bound> {
        self.rest.collect()
    }

    /// The next one if there is one.
    pub(crate) fn optional(
        &mut self,
        take: impl FnOnce(&mut Self) -> Result<Bound, CallError>,
    ) -> Result<Option<Bound>, CallError> {
        if self.has_more() {
            take(self).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The next one, or this value.
    pub(crate) fn or(
        &mut self,
        value: Value,
        take: impl FnOnce(&mut Self) -> Result<Bound, CallError>,
    ) -> Result<Bound, CallError> {
        if self.has_more() {
            take(self)
        } else {
            Ok(Bound::constant(value, self.context.span))
        }
    }

    /// Of any type.
    pub(crate) fn any(&mut self) -> Result<Bound, CallError> {
        self.rest.next().ok_or_else(|| {
            self.context
                .invalid(format!("{}() needs more arguments", self.context.function))
        })
    }

    /// Of any type but dynamic.
    pub(crate) fn not_dynamic(&mut self) -> Result<Bound, CallError> {
        let value = self.any()?;
        match value.scalar_type {
            ScalarType::Dynamic => Err(self.wrong_type(&value, "a value that is not dynamic")),
            _ => Ok(value),
        }
    }

    /// Of any type, as text.
    pub(crate) fn text(&mut self) -> Result<Bound, CallError> {
        let value = self.any()?;
        self.convert(value, ScalarType::String)
    }

    /// A string.
    pub(crate) fn string(&mut self) -> Result<Bound, CallError> {
        let value = self.any()?;
        match value.scalar_type {
            ScalarType::String => Ok(value),
            ScalarType::Dynamic if value.is_json_text() => self.convert(value, ScalarType::String),
            _ => Err(self.wrong_type(&value, "a string")),
        }
    }

    /// A string, or a dynamic as its text.
    pub(crate) fn string_or_dynamic(&mut self) -> Result<Bound, CallError> {
        let value = self.any()?;
        match value.scalar_type {
            ScalarType::String | ScalarType::Dynamic => self.convert(value, ScalarType::String),
            _ => Err(self.wrong_type(&value, "a string or a dynamic")),
        }
    }

    /// A dynamic. A constant string that stands for one is not accepted.
    pub(crate) fn dynamic(&mut self) -> Result<Bound, CallError> {
        let value = self.any()?;
        match value.scalar_type {
            ScalarType::Dynamic => Ok(value),
            _ => Err(self.wrong_type(&value, "a dynamic")),
        }
    }

    /// Of any type, as a dynamic that holds it.
    pub(crate) fn as_dynamic(&mut self) -> Result<Bound, CallError> {
        let value = self.any()?;
        dynamics::from_scalar(self.context, value)
    }

    /// An int or long, as a long.
    pub(crate) fn integer(&mut self) -> Result<Bound, CallError> {
        let value = self.any()?;
        match value.scalar_type {
            ScalarType::Int | ScalarType::Long => self.convert(value, ScalarType::Long),
            _ => Err(self.wrong_type(&value, "an int or long")),
        }
    }

    /// A number of any type.
    pub(crate) fn number(&mut self) -> Result<Bound, CallError> {
        let value = self.any()?;
        if is_number(value.scalar_type) {
            Ok(value)
        } else {
            Err(self.wrong_type(&value, "a number"))
        }
    }

    /// A number of any type, as a real.
    pub(crate) fn real(&mut self) -> Result<Bound, CallError> {
        let value = self.number()?;
        self.convert(value, ScalarType::Real)
    }

    /// A bool.
    pub(crate) fn bool(&mut self) -> Result<Bound, CallError> {
        self.exactly(ScalarType::Bool, "a bool")
    }

    /// A datetime.
    pub(crate) fn datetime(&mut self) -> Result<Bound, CallError> {
        self.exactly(ScalarType::DateTime, "a datetime")
    }

    /// A timespan.
    pub(crate) fn timespan(&mut self) -> Result<Bound, CallError> {
        self.exactly(ScalarType::TimeSpan, "a timespan")
    }

    /// A guid.
    pub(crate) fn guid(&mut self) -> Result<Bound, CallError> {
        self.exactly(ScalarType::Guid, "a guid")
    }

    /// A string that is known before the query runs.
    pub(crate) fn known_string(&mut self) -> Result<String, CallError> {
        let value = self.string()?;
        match value.constant_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(self
                .context
                .invalid_argument(&value, "expects a constant string here")),
        }
    }

    /// An integer that is known before the query runs.
    pub(crate) fn known_integer(&mut self) -> Result<i64, CallError> {
        let value = self.integer()?;
        match value.constant_long() {
            Some(number) => Ok(number),
            None => Err(self
                .context
                .invalid_argument(&value, "expects a constant integer here")),
        }
    }

    /// A dynamic that is known before the query runs.
    pub(crate) fn known_dynamic(&mut self) -> Result<DynamicValue, CallError> {
        let value = self.dynamic()?;
        match value.constant {
            Some(Value::Dynamic(tree)) => Ok(tree),
            Some(_) => Ok(DynamicValue::Null),
            None => Err(self
                .context
                .invalid_argument(&value, "expects a constant dynamic here")),
        }
    }

    /// `typeof(type)`.
    pub(crate) fn type_literal(&mut self) -> Result<ScalarType, CallError> {
        let value = self.any()?;
        value.type_argument.ok_or_else(|| {
            self.context
                .invalid_argument(&value, "expects typeof(…) here")
        })
    }

    fn exactly(&mut self, wanted: ScalarType, article: &str) -> Result<Bound, CallError> {
        let value = self.any()?;
        if value.scalar_type == wanted {
            Ok(value)
        } else {
            Err(self.wrong_type(&value, article))
        }
    }

    fn convert(&self, value: Bound, target: ScalarType) -> Result<Bound, CallError> {
        convert::to(self.context, value, target)
    }

    /// The refusal of an argument.
    pub(crate) fn wrong_type(&self, value: &Bound, expected: &str) -> CallError {
        let found = value.scalar_type;
        self.context
            .invalid_argument(value, format!("expects {expected} here, not a {found}"))
    }
}

/// Whether values of the type are numbers.
pub(crate) const fn is_number(scalar_type: ScalarType) -> bool {
    matches!(
        scalar_type,
        ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Decimal
    )
}
