//! Parameters of packs: typed values.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tesem_kql::constant::{parse_datetime, parse_timespan};
use tesem_kql::literal::{self, Literal};

/// The value of a parameter. In a file its type is that of its default; a string such as `7d` or `01:30:00` is a duration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum ParameterValue {
    /// A string.
    String(String),
    /// A whole number.
    Long(i64),
    /// A number with a fraction.
    Real(f64),
    /// True or false.
    Bool(bool),
    /// A length of time, in ticks of 100 ns.
    Duration(i64),
    /// A point in time.
    Datetime(Timestamp),
    /// Several strings.
    List(Vec<String>),
}

/// Why a value was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// No pack has it.
    #[error("no pack has a parameter `{name}`; there are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// Of another type than the default.
    #[error("`{value}` is no value for `{name}`, which is {expected}")]
    Type {
        /// The parameter.
        name: String,
        /// What was given.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A setting that is not `name=value`.
    #[error("`{0}` is not NAME=VALUE")]
    Form(String),
}

impl ParameterValue {
    /// A string, or a duration where it is written as one.
    pub(super) fn of_text(text: &str) -> Self {
        let starts_as_duration = text.starts_with(|c: char| c.is_ascii_digit());
        let is_duration =
            starts_as_duration && text.contains(|c: char| c.is_ascii_alphabetic() || c == ':');
        match parse_timespan(text).filter(|_| is_duration) {
            Some(ticks) => Self::Duration(ticks),
            None => Self::String(text.to_owned()),
        }
    }

    /// The value that `text` gives to a parameter with this default.
    pub(super) fn read_like(&self, name: &str, text: &str) -> Result<Self, ParameterError> {
        let value = match self {
            Self::String(_) => Some(Self::String(text.to_owned())),
            Self::Long(_) => text.parse().ok().map(Self::Long),
            Self::Real(_) => text.parse().ok().map(Self::Real),
            Self::Bool(_) => text.parse().ok().map(Self::Bool),
            Self::Duration(_) => parse_timespan(text).map(Self::Duration),
            Self::Datetime(_) => datetime(text).map(Self::Datetime),
            Self::List(_) => Some(Self::List(items(text))),
        };
        value.ok_or_else(|| ParameterError::Type {
            name: name.to_owned(),
            value: text.to_owned(),
            expected: self.expected(),
        })
    }

    const fn expected(&self) -> &'static str {
        match self {
            Self::String(_) => "a string",
            Self::Long(_) => "a whole number",
            Self::Real(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Duration(_) => "a duration such as 7d or 01:30:00",
            Self::Datetime(_) => "a point in time such as 2026-11-01T00:00:00Z",
            Self::List(_) => "a list of strings, separated by commas",
        }
    }

    /// As it stands in a query.
    pub(super) fn literal(&self) -> Literal {
        match self {
            Self::String(text) => literal::string(text),
            Self::Long(number) => literal::long(*number),
            Self::Real(number) => literal::real(*number),
            Self::Bool(truth) => literal::boolean(*truth),
            Self::Duration(ticks) => literal::timespan(duration(*ticks)),
            Self::Datetime(time) => literal::datetime(*time),
            Self::List(items) => literal::dynamic_array(items.iter().map(String::as_str)),
        }
    }
}

fn duration(ticks: i64) -> SignedDuration {
    const PER_SECOND: i64 = 10_000_000;
    let nanos = i32::try_from(ticks % PER_SECOND * 100).unwrap_or_default();
    SignedDuration::new(ticks / PER_SECOND, nanos)
}

fn datetime(text: &str) -> Option<Timestamp> {
    /// Ticks from the year 1 to 1970.
    const EPOCH: i64 = 621_355_968_000_000_000;
    let ticks = i128::from(parse_datetime(text)?) - i128::from(EPOCH);
    Timestamp::from_nanosecond(ticks * 100).ok()
}

fn items(text: &str) -> Vec<String> {
    let items = text.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
