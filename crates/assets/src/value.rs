//! Values of properties and their types.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use crate::millis::Millis;
use crate::text::{Text, shown};

/// A number with a fraction, in a total order.
#[derive(Debug, Clone, Copy)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Real {}

impl Hash for Real {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl PartialOrd for Real {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Real {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Texts in order, each once. As large as one pointer, as [`Text`] is.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Texts(Arc<Box<[Text]>>);

impl Texts {
    /// Whether both share their storage.
    #[cfg(test)]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Texts {
    type Target = [Text];

    fn deref(&self) -> &[Text] {
        &self.0
    }
}

impl From<Vec<Text>> for Texts {
    fn from(texts: Vec<Text>) -> Self {
        Self(Arc::new(texts.into()))
    }
}

impl FromIterator<Text> for Texts {
    fn from_iter<I: IntoIterator<Item = Text>>(texts: I) -> Self {
        Self(Arc::new(texts.into_iter().collect()))
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The value of a property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// A text.
    Text(Text),
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(Real),
    /// Yes or no.
    Flag(bool),
    /// An instant.
    Time(Millis),
    /// Texts in order, each once.
    Texts(Texts),
}

/// The type of a property's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// [`Value::Text`].
    Text,
    /// [`Value::Integer`].
    Integer,
    /// [`Value::Real`].
    Real,
    /// [`Value::Flag`].
    Flag,
    /// [`Value::Time`].
    Time,
    /// [`Value::Texts`].
    Texts,
}

/// A Rust type that values are.
pub trait Typed: Sized {
    /// Which of them.
    const TYPE: ValueType;

    /// As a value.
    fn into_value(self) -> Value;

    /// From a value of that type.
    fn from_value(value: &Value) -> Option<Self>;
}

macro_rules! typed {
    ($( $type:ty => $variant:ident, )*) => { $(
        impl Typed for $type {
            const TYPE: ValueType = ValueType::$variant;

            fn into_value(self) -> Value {
                Value::$variant(self)
            }

            fn from_value(value: &Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }
    )* };
}

typed! {
    Text => Text,
    i64 => Integer,
    Real => Real,
    bool => Flag,
    Millis => Time,
    Texts => Texts,
}

impl Value {
    /// The type.
    #[must_use]
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Text(_) => ValueType::Text,
            Self::Integer(_) => ValueType::Integer,
            Self::Real(_) => ValueType::Real,
            Self::Flag(_) => ValueType::Flag,
            Self::Time(_) => ValueType::Time,
            Self::Texts(_) => ValueType::Texts,
        }
    }
}

/// Texts as a value: in order, each once, none empty.
pub(crate) fn texts(texts: impl IntoIterator<Item = Text>) -> Option<Texts> {
    let texts = texts.into_iter().filter(|text| !text.is_empty());
    let mut texts: Vec<Text> = texts.map(|text| shown(&text)).collect();
    texts.sort();
    texts.dedup();
    (!texts.is_empty()).then(|| texts.into())
}
