//! The scalar types of the language.
//!
//! Source: "Scalar data types", learn.microsoft.com/kusto/query/scalar-data-types.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A scalar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ScalarType {
    /// `bool`, also spelled `boolean`.
    Bool,
    /// `int`: 32 bits, signed.
    Int,
    /// `long`: 64 bits, signed.
    Long,
    /// `real`, also spelled `double`: IEEE 754, 64 bits.
    Real,
    /// `decimal`: 128-bit decimal.
    Decimal,
    /// `string`: UTF-8; has no null, missing is the empty string.
    String,
    /// `datetime`, also spelled `date`: ticks of 100 ns since 0001-01-01, UTC.
    DateTime,
    /// `timespan`, also spelled `time`: ticks of 100 ns.
    TimeSpan,
    /// `guid`, also spelled `uuid` and `uniqueid`.
    Guid,
    /// `dynamic`: JSON, plus the scalar types above.
    Dynamic,
}

impl ScalarType {
    /// The name the language itself prints.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::Decimal => "decimal",
            Self::String => "string",
            Self::DateTime => "datetime",
            Self::TimeSpan => "timespan",
            Self::Guid => "guid",
            Self::Dynamic => "dynamic",
        }
    }
}

impl fmt::Display for ScalarType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no scalar type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a scalar type; expected one of bool, int, long, real, decimal, string, datetime, timespan, guid, dynamic"
)]
pub struct UnknownType(pub String);

impl FromStr for ScalarType {
    type Err = UnknownType;

    fn from_str(name: &str) -> Result<Self, UnknownType> {
        Ok(match name {
            "bool" | "boolean" => Self::Bool,
            "int" | "int32" => Self::Int,
            "long" | "int64" => Self::Long,
            "real" | "double" => Self::Real,
            "decimal" => Self::Decimal,
            "string" => Self::String,
            "datetime" | "date" => Self::DateTime,
            "timespan" | "time" => Self::TimeSpan,
            "guid" | "uuid" | "uniqueid" => Self::Guid,
            "dynamic" => Self::Dynamic,
            other => return Err(UnknownType(other.to_owned())),
        })
    }
}
