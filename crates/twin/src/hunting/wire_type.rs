//! What the service calls the scalar types.

use tesem_kql::types::ScalarType;

/// The name of a type in a result's schema: that of .NET.
pub(super) fn name(scalar_type: ScalarType) -> &'static str {
    match scalar_type {
        ScalarType::Bool => "SByte",
        ScalarType::Int => "Int32",
        ScalarType::Long => "Int64",
        ScalarType::Real => "Double",
        ScalarType::Decimal => "SqlDecimal",
        ScalarType::String => "String",
        ScalarType::DateTime => "DateTime",
        ScalarType::TimeSpan => "TimeSpan",
        ScalarType::Guid => "Guid",
        ScalarType::Dynamic => "Object",
    }
}
