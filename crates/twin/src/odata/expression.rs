//! A `$filter` as a tree.

use jiff::Timestamp;

use super::set::Property;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    /// Every part holds. Chains are flat, so only brackets make the tree deep.
    All(Vec<Expression>),
    /// At least one part holds.
    Some(Vec<Expression>),
    /// The part does not hold.
    Not(Box<Expression>),
    /// Two values compared.
    Compare(Operand, Comparison, Operand),
    /// A value of a list.
    OneOf(Operand, Vec<Literal>),
    /// `startswith` and its kin.
    Test(TextTest, Operand, Operand),
    /// `any()` over a list of strings; without a condition: the list is not empty.
    Any(&'static str, Option<Box<Expression>>),
    /// A property or literal that is itself true or false.
    Is(Operand),
}

/// A value in a condition.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Property(&'static str, super::set::Kind),
    /// The variable of the `any()` around.
    Variable,
    Literal(Literal),
    /// `tolower` and `toupper`.
    Lower(Box<Operand>),
    Upper(Box<Operand>),
}

impl Operand {
    pub(super) fn property(property: &Property) -> Self {
        Self::Property(property.name, property.kind)
    }
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Text(String),
    Number(f64),
    Flag(bool),
    Instant(Timestamp),
}

/// `eq`, `ne`, `gt`, `ge`, `lt`, `le`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "eq" => Self::Equal,
            "ne" => Self::NotEqual,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            _ => return None,
        })
    }

    pub(super) fn is_equality(self) -> bool {
        matches!(self, Self::Equal | Self::NotEqual)
    }
}

/// `startswith`, `endswith`, `contains`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

impl TextTest {
    pub(super) fn named(word: &str) -> Option<Self> {
        Some(match word {
            "startswith" => Self::StartsWith,
            "endswith" => Self::EndsWith,
            "contains" => Self::Contains,
            _ => return None,
        })
    }
}
