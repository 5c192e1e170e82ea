//! How binding fails.

use datafusion::common::DataFusionError;
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use crate::bound::CallError;
use crate::error::{EngineError, Finding, codes};

/// Why a part of a query cannot be bound.
#[derive(Debug)]
pub(crate) struct Fault(Box<EngineError>);

/// The result of binding a part of a query.
pub(crate) type Bind<T> = Result<T, Fault>;

impl Fault {
    /// The query is right, but this engine cannot answer it.
    pub(crate) fn not_supported(what: impl Into<String>, span: Span) -> Self {
        EngineError::NotSupported {
            what: what.into(),
            span,
        }
        .into()
    }

    /// The query is larger than the engine allows.
    pub(crate) fn too_large(what: impl Into<String>) -> Self {
        EngineError::LimitsExceeded(what.into()).into()
    }

    /// A mistake with one of [`codes`].
    pub(crate) fn wrong(code: &'static str, message: impl Into<String>, span: Span) -> Self {
        Finding::error(code, message, span).into()
    }

    /// A value of a type that the place cannot take.
    pub(crate) fn wrong_type(what: &str, expected: &str, found: ScalarType, span: Span) -> Self {
        let message = format!("{what} must be {expected}, not {found}");
        Self::wrong(codes::WRONG_TYPE, message, span)
    }

    /// A value that must be known before the query runs.
    pub(crate) fn not_constant(what: &str, span: Span) -> Self {
        let message = format!("{what} must be a constant");
        Self::wrong(codes::NOT_CONSTANT, message, span)
    }

    /// The error to hand out.
    pub(crate) fn into_error(self) -> EngineError {
        *self.0
    }

    /// Whether it says that a table does not exist.
    pub(crate) fn is_unknown_table(&self) -> bool {
        match &*self.0 {
            EngineError::Semantic(findings) => findings
                .iter()
                .any(|finding| finding.diagnostic.code == codes::UNKNOWN_TABLE),
            _ => false,
        }
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self(Box::new(error))
    }
}

impl From<Finding> for Fault {
    fn from(finding: Finding) -> Self {
        EngineError::Semantic(vec![finding]).into()
    }
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Invalid { message, span } => {
                Self::wrong(codes::WRONG_ARGUMENTS, message, span)
            }
            CallError::NotSupported { what, span } => Self::not_supported(what, span),
        }
    }
}

impl From<DataFusionError> for Fault {
    fn from(error: DataFusionError) -> Self {
        crate::execute::error_of(&error).into()
    }
}
