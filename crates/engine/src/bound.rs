//! Bound expressions: names resolved, types known, ready for DataFusion.

use datafusion::logical_expr::Expr;
use tesem_kql::Span;
use tesem_kql::schema;
use tesem_kql::types::ScalarType;

use crate::types;
use crate::value::Value;

/// A scalar expression after binding.
#[derive(Debug, Clone)]
pub struct Bound {
    /// The DataFusion expression; it yields [`types::physical`] of `scalar_type`.
    pub expr: Expr,
    /// The type.
    pub scalar_type: ScalarType,
    /// The value, when it is known before the query runs.
    pub constant: Option<Value>,
    /// Whether it may be null; never for strings.
    pub nullable: bool,
    /// The column name it gets when the query gives none; `None` means `Column1`, `print_0` and the like.
    pub name: Option<String>,
    /// Whether it is a plain column reference.
    pub is_column: bool,
    /// For `typeof(type)` arguments, the type they name; the value is the name as a string.
    pub type_argument: Option<ScalarType>,
    /// All results of a function that returns several, such as `array_sort_asc(a, b)`: each becomes a column where the call stands
    /// alone; anywhere else only the first counts, which this expression itself is. Empty for all other expressions.
    pub tuple: Vec<Bound>,
    /// Where it stands in the query.
    pub span: Span,
}

impl Bound {
    /// An expression without a name or a known value; strings are taken as non-null, everything else as nullable.
    #[must_use]
    pub fn new(expr: Expr, scalar_type: ScalarType, span: Span) -> Self {
        Self {
            expr,
            scalar_type,
            constant: None,
            nullable: scalar_type != ScalarType::String,
            name: None,
            is_column: false,
            type_argument: None,
            tuple: Vec::new(),
            span,
        }
    }

    /// A known value.
    #[must_use]
    pub fn constant(value: Value, span: Span) -> Self {
        let expr = Expr::Literal(types::literal(&value), None);
        let (nullable, scalar_type) = (value.is_null(), value.scalar_type());
        Self {
            nullable,
            constant: Some(value),
            ..Self::new(expr, scalar_type, span)
        }
    }

    /// The null of a type; for strings the empty string.
    #[must_use]
    pub fn null(scalar_type: ScalarType, span: Span) -> Self {
        Self::constant(Value::null(scalar_type), span)
    }

    /// The same expression under the name it gets when the query gives none.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same expression, known never to be null.
    #[must_use]
    pub fn non_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Whether it is a column that the hunting schema documents as text and that holds JSON: it is read as a dynamic, but stands
    /// wherever a text may.
    #[must_use]
    pub fn is_json_text(&self) -> bool {
        let name = self.name.as_deref().filter(|_| self.is_column);
        self.scalar_type == ScalarType::Dynamic && name.is_some_and(schema::is_json_text_name)
    }

    /// Whether the value is known before the query runs.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.constant.is_some()
    }

    /// The text of a constant string.
    #[must_use]
    pub fn constant_str(&self) -> Option<&str> {
        self.constant.as_ref().and_then(Value::as_str)
    }

    /// The number of a constant `int` or `long`.
    #[must_use]
    pub fn constant_long(&self) -> Option<i64> {
        self.constant.as_ref().and_then(Value::as_long)
    }

    /// The truth value of a constant `bool`.
    #[must_use]
    pub fn constant_bool(&self) -> Option<bool> {
        self.constant.as_ref().and_then(Value::as_bool)
    }
}

/// What a function knows about the place it is called from.
#[derive(Debug, Clone, Copy)]
pub struct CallContext<'a> {
    /// The function's name as written.
    pub function: &'a str,
    /// The whole call.
    pub span: Span,
    /// The time of the query in ticks: what `now()` is, constant for the whole query.
    pub now: i64,
    /// The columns in scope, in order; empty where there are none.
    pub columns: &'a [Bound],
}

impl CallContext<'_> {
    /// A refusal of what the function cannot do: `what` names it.
    #[must_use]
    pub fn not_supported(&self, what: impl Into<String>) -> CallError {
        CallError::NotSupported {
            what: what.into(),
            span: self.span,
        }
    }

    /// A mistake in the call itself.
    #[must_use]
    pub fn invalid(&self, message: impl Into<String>) -> CallError {
        CallError::Invalid {
            message: message.into(),
            span: self.span,
        }
    }

    /// A mistake in one argument.
    #[must_use]
    pub fn invalid_argument(&self, argument: &Bound, message: impl Into<String>) -> CallError {
        CallError::Invalid {
            message: format!("{}(): {}", self.function, message.into()),
            span: argument.span,
        }
    }
}

/// Why a call cannot be bound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The query is wrong: Kusto would refuse it, too.
    #[error("{message}")]
    Invalid {
        /// What is wrong, in one sentence without a full stop.
        message: String,
        /// Where.
        span: Span,
    },
    /// The query is right, but this engine cannot answer it.
    #[error("{what} is not supported")]
    NotSupported {
        /// What is missing.
        what: String,
        /// Where.
        span: Span,
    },
}
