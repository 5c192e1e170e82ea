//! What a hunting query gives, whichever API ran it.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// The rows of a query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HuntingResult {
    /// The columns, in the order of the query.
    pub columns: Vec<HuntingColumn>,
    /// The rows; each has one cell per column, in the same order.
    ///
    /// | column type | cell |
    /// | --- | --- |
    /// | bool | `true`, `false` or null |
    /// | int, long, real | number or null |
    /// | datetime | text with seven digits after the second, or null |
    /// | string | text; a missing one is empty, as KQL has no null strings |
    /// | dynamic | any JSON without type annotations |
    /// | decimal, timespan, guid | text or null |
    ///
    /// A cell that does not fit its column's type is kept as the service sent it.
    pub rows: Vec<Vec<Value>>,
    /// What the query cost, where the API says so; Graph does not.
    pub stats: Option<HuntingStats>,
    /// The service's id of the request.
    pub request_id: Option<String>,
}

/// One column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HuntingColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: HuntingType,
}

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HuntingType {
    /// KQL `bool`, on the wire `SByte`.
    Bool,
    /// KQL `datetime`.
    DateTime,
    /// KQL `decimal`, on the wire `SqlDecimal`.
    Decimal,
    /// KQL `dynamic`, on the wire `Object`.
    Dynamic,
    /// KQL `guid`.
    Guid,
    /// KQL `int`, 32 bits.
    Int,
    /// KQL `long`, 64 bits.
    Long,
    /// KQL `real`, on the wire `Double`.
    Real,
    /// KQL `string`.
    String,
    /// KQL `timespan`.
    TimeSpan,
    /// A name that is not documented.
    Other(String),
}

/// What a query cost. Every part is optional on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HuntingStats {
    /// Run time.
    pub execution_time: Option<Duration>,
    /// Processor time of all nodes.
    pub cpu_time: Option<Duration>,
    /// Most memory that one node used, in bytes.
    pub peak_memory_bytes: Option<u64>,
    /// Rows of the result.
    pub rows: Option<u64>,
    /// Size of the result, in bytes.
    pub result_bytes: Option<u64>,
}

impl HuntingType {
    /// The type behind a name on the wire: .NET names, which the APIs use, or KQL's own.
    #[must_use]
    pub fn from_wire(name: &str) -> Self {
        match name.strip_prefix("System.").unwrap_or(name) {
            "SByte" | "Boolean" | "bool" => Self::Bool,
            "DateTime" | "datetime" => Self::DateTime,
            "SqlDecimal" | "Decimal" | "Data.SqlTypes.SqlDecimal" | "decimal" => Self::Decimal,
            "Object" | "dynamic" => Self::Dynamic,
            "Guid" | "guid" => Self::Guid,
            "Int32" | "int" => Self::Int,
            "Int64" | "long" => Self::Long,
            "Double" | "real" => Self::Real,
            "String" | "string" => Self::String,
            "TimeSpan" | "timespan" => Self::TimeSpan,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The type's name in KQL; the wire name where there is none.
    #[must_use]
    pub fn as_kql(&self) -> &str {
        match self {
            Self::Bool => "bool",
            Self::DateTime => "datetime",
            Self::Decimal => "decimal",
            Self::Dynamic => "dynamic",
            Self::Guid => "guid",
            Self::Int => "int",
            Self::Long => "long",
            Self::Real => "real",
            Self::String => "string",
            Self::TimeSpan => "timespan",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for HuntingType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_kql())
    }
}

impl HuntingStats {
    /// Picks the known parts out of `Stats`; whatever has another form is left out.
    pub(super) fn from_wire(stats: &Value) -> Self {
        let number = |pointer| stats.pointer(pointer).and_then(Value::as_u64);
        let seconds = stats.pointer("/ExecutionTime").and_then(Value::as_f64);
        let cpu = stats
            .pointer("/resource_usage/cpu/total cpu")
            .and_then(Value::as_str);
        Self {
            execution_time: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            cpu_time: cpu.and_then(cpu_time),
            peak_memory_bytes: number("/resource_usage/memory/peak_per_node"),
            rows: number("/dataset_statistics/0/table_row_count"),
            result_bytes: number("/dataset_statistics/0/table_size"),
        }
    }
}

/// `hh:mm:ss`, perhaps with a fraction.
fn cpu_time(text: &str) -> Option<Duration> {
    let mut parts = text.split(':');
    let hours: u32 = parts.next()?.parse().ok()?;
    let minutes: u32 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next()?.parse().ok()?;
    let whole = Duration::from_secs(u64::from(hours) * 3_600 + u64::from(minutes) * 60);
    let rest = Duration::try_from_secs_f64(seconds).ok()?;
    parts.next().is_none().then_some(whole)?.checked_add(rest)
}
