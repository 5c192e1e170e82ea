//! `$filter` expressions. Values enter them as literals only, whatever they hold.

use std::fmt;

use jiff::Timestamp;

/// A condition, made of comparisons. Field names are written in the program; values are escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Greater or later.
    Gt,
    /// Not less.
    Ge,
    /// Less or earlier.
    Lt,
    /// Not greater.
    Le,
}

/// A value in a filter.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterValue {
    /// A text, quoted.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A boolean.
    Bool(bool),
    /// An instant, in UTC.
    Time(Timestamp),
}

impl Filter {
    /// `field` compared with `value`.
    #[must_use]
    pub fn compare(
        field: &'static str,
        comparison: Comparison,
        value: impl Into<FilterValue>,
    ) -> Self {
        let value = value.into();
        Self(format!("{field} {comparison} {value}"))
    }

    /// `field` is `value`.
    #[must_use]
    pub fn equal(field: &'static str, value: impl Into<FilterValue>) -> Self {
        Self::compare(field, Comparison::Eq, value)
    }

    /// The text in `field` begins with `start`.
    #[must_use]
    pub fn starts_with(field: &'static str, start: &str) -> Self {
        Self(format!("startswith({field},{})", FilterValue::from(start)))
    }

    /// One of the texts in the list `field` is `value`.
    #[must_use]
    pub fn holds(field: &'static str, value: &str) -> Self {
        Self(format!(
            "{field}/any(item: item eq {})",
            FilterValue::from(value)
        ))
    }

    /// Both conditions.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self(format!("({self}) and ({other})"))
    }

    /// One condition or the other.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        Self(format!("({self}) or ({other})"))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        })
    }
}

/// A literal. A quote within a text is doubled (OData 4.01, part 2, section 5.1.1.14.1).
impl fmt::Display for FilterValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(is_true) => write!(f, "{is_true}"),
            Self::Time(instant) => write!(f, "{instant}"),
        }
    }
}

impl From<&str> for FilterValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for FilterValue {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for FilterValue {
    fn from(is_true: bool) -> Self {
        Self::Bool(is_true)
    }
}

impl From<Timestamp> for FilterValue {
    fn from(instant: Timestamp) -> Self {
        Self::Time(instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_values() {
        let since: Timestamp = "2019-11-22T00:00:00Z".parse().unwrap();
        let cases = [
            (Filter::equal("riskScore", "High"), "riskScore eq 'High'"),
            (
                Filter::equal("title", "x' or '1' eq '1"),
                "title eq 'x'' or ''1'' eq ''1'",
            ),
            (
                Filter::compare("lastUpdateTime", Comparison::Ge, since),
                "lastUpdateTime ge 2019-11-22T00:00:00Z",
            ),
            (
                Filter::starts_with("computerDnsName", "o'b"),
                "startswith(computerDnsName,'o''b')",
            ),
            (
                Filter::holds("machineTags", "t"),
                "machineTags/any(item: item eq 't')",
            ),
            (
                Filter::equal("a", 1).and(&Filter::equal("b", true).or(&Filter::equal("c", "d"))),
                "(a eq 1) and ((b eq true) or (c eq 'd'))",
            ),
        ];
        for (filter, expected) in cases {
            assert_eq!(filter.to_string(), expected);
        }
    }
}
