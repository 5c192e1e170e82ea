//! A pattern as a tree. Chains of one operator are flat, so that a long pattern is no deep one.

use std::fmt;

use jiff::Timestamp;

/// What has to be observed.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// `[…]`: one observation that satisfies a comparison.
    Single(Comparison),
    /// All of them, in any order.
    And(Vec<Self>),
    /// One of them.
    Or(Vec<Self>),
    /// One after the other.
    FollowedBy(Vec<Self>),
    /// With a limit on time or number.
    Qualified(Box<Self>, Qualifier),
}

/// A limit on observations.
#[derive(Debug, Clone, PartialEq)]
pub enum Qualifier {
    /// All within so many seconds.
    Within(f64),
    /// So many times.
    Repeats(u64),
    /// In a span of time.
    StartStop(Timestamp, Timestamp),
}

/// What an observation has to satisfy.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// One test.
    Test(Test),
    /// All of them.
    And(Vec<Self>),
    /// One of them.
    Or(Vec<Self>),
}

/// A property and what it has to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The property.
    pub path: Path,
    /// Whether `NOT` precedes the operator.
    pub negated: bool,
    /// How it is compared.
    pub operator: Operator,
    /// With what: one value, or several for `IN`; none for `EXISTS`.
    pub values: Vec<Literal>,
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `IN`
    In,
    /// `LIKE`, with `%` and `_`
    Like,
    /// `MATCHES`, a regular expression
    Matches,
    /// `ISSUBSET`, of a network
    IsSubset,
    /// `ISSUPERSET`, of a network
    IsSuperset,
    /// `EXISTS`
    Exists,
}

impl Operator {
    /// As patterns spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "IN",
            Self::Like => "LIKE",
            Self::Matches => "MATCHES",
            Self::IsSubset => "ISSUBSET",
            Self::IsSuperset => "ISSUPERSET",
            Self::Exists => "EXISTS",
        }
    }
}

/// A property of a cyber-observable object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The object's type, such as `file`.
    pub object: String,
    /// The way to the property; at least one step.
    pub steps: Vec<Step>,
}

/// A step on the way to a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A property or a key.
    Key(String),
    /// An element of a list.
    Index(u64),
    /// Any element of a list, `[*]`.
    Any,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// `'…'`
    Text(String),
    /// `h'…'` or `b'…'`
    Binary(Vec<u8>),
    /// A number without a fraction.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// `true` or `false`
    Boolean(bool),
    /// `t'…'`
    Timestamp(Timestamp),
}

fn joined<T: fmt::Display>(f: &mut fmt::Formatter<'_>, parts: &[T], between: &str) -> fmt::Result {
    f.write_str("(")?;
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        part.fmt(f)?;
    }
    f.write_str(")")
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Single(comparison) => write!(f, "[{comparison}]"),
            Self::And(parts) => joined(f, parts, " AND "),
            Self::Or(parts) => joined(f, parts, " OR "),
            Self::FollowedBy(parts) => joined(f, parts, " FOLLOWEDBY "),
            Self::Qualified(inner, qualifier) => write!(f, "{inner} {qualifier}"),
        }
    }
}

impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(seconds) => write!(f, "WITHIN {seconds:?} SECONDS"),
            Self::Repeats(times) => write!(f, "REPEATS {times} TIMES"),
            Self::StartStop(start, stop) => write!(f, "START t'{start}' STOP t'{stop}'"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Test(test) => test.fmt(f),
            Self::And(parts) => joined(f, parts, " AND "),
            Self::Or(parts) => joined(f, parts, " OR "),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.operator == Operator::Exists {
            return write!(f, "EXISTS {}", self.path);
        }
        let not = if self.negated { "NOT " } else { "" };
        write!(f, "{} {not}{} ", self.path, self.operator.as_str())?;
        match (self.operator, self.values.as_slice()) {
            (Operator::In, values) => joined(f, values, ", "),
            (_, values) => values.iter().try_for_each(|value| value.fmt(f)),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.object)?;
        for (index, step) in self.steps.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    let dot = if index > 0 { "." } else { "" };
                    let is_plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                        && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                    match is_plain {
                        true => write!(f, "{dot}{key}")?,
                        false => write!(f, "{dot}{}", Quoted(key))?,
                    }
                }
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Any => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

struct Quoted<'t>(&'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Quoted(text).fmt(f),
            Self::Binary(bytes) => {
                f.write_str("h'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
            Self::Integer(number) => number.fmt(f),
            Self::Float(number) => write!(f, "{number:?}"),
            Self::Boolean(value) => value.fmt(f),
            Self::Timestamp(time) => write!(f, "t'{time}'"),
        }
    }
}
