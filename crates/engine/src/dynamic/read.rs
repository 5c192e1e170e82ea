//! Reading encoded values in place.

use super::{DEPTH_MAX, DynamicError};
use datafusion::arrow::datatypes::i256;

use crate::decimal::Decimal;

pub(super) const NULL: u8 = 0;
pub(super) const FALSE: u8 = 1;
pub(super) const TRUE: u8 = 2;
pub(super) const LONG: u8 = 3;
pub(super) const REAL: u8 = 4;
pub(super) const DECIMAL: u8 = 5;
pub(super) const DATETIME: u8 = 6;
pub(super) const TIMESPAN: u8 = 7;
pub(super) const GUID: u8 = 8;
pub(super) const STRING: u8 = 9;
pub(super) const ARRAY: u8 = 10;
pub(super) const BAG: u8 = 11;

/// One encoded value, not yet looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dynamic<'a>(&'a [u8]);

/// What an encoded value is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum View<'a> {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer.
    Long(i64),
    /// A 64-bit floating-point number.
    Real(f64),
    /// A decimal number.
    Decimal(Decimal),
    /// Ticks of 100 ns since 0001-01-01, UTC.
    DateTime(i64),
    /// Ticks of 100 ns.
    TimeSpan(i64),
    /// A guid as one number, its first hex digit the most significant.
    Guid(u128),
    /// Text.
    String(&'a str),
    /// A sequence of values.
    Array(Array<'a>),
    /// Named values in the order in which they were written.
    Bag(Bag<'a>),
}

/// The values of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Array<'a> {
    body: &'a [u8],
    count: usize,
}

/// The entries of a bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bag<'a> {
    body: &'a [u8],
    count: usize,
}

impl<'a> Dynamic<'a> {
    /// The encoded null.
    pub const NULL: Dynamic<'static> = Dynamic(&[NULL]);

    /// Takes bytes for an encoded value without looking at them; what is wrong shows when read.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The encoded bytes.
    #[must_use]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// What the value is.
    ///
    /// # Errors
    /// When the bytes are not an encoded value. Values inside arrays and bags are not looked at.
    pub fn view(self) -> Result<View<'a>, DynamicError> {
        let (&tag, payload) = self.0.split_first().ok_or(DynamicError::Truncated)?;
        Ok(match tag {
            NULL => View::Null,
            FALSE => View::Bool(false),
            TRUE => View::Bool(true),
            LONG => View::Long(i64::from_le_bytes(fixed(payload)?)),
            REAL => View::Real(f64::from_le_bytes(fixed(payload)?)),
            DECIMAL => View::Decimal(read_decimal(payload)?),
            DATETIME => View::DateTime(i64::from_le_bytes(fixed(payload)?)),
            TIMESPAN => View::TimeSpan(i64::from_le_bytes(fixed(payload)?)),
            GUID => View::Guid(u128::from_be_bytes(fixed(payload)?)),
            STRING => View::String(read_string(payload)?.0),
            ARRAY => {
                let (body, count) = read_container(payload)?;
                View::Array(Array { body, count })
            }
            BAG => {
                let (body, count) = read_container(payload)?;
                View::Bag(Bag { body, count })
            }
            other => return Err(DynamicError::UnknownTag(other)),
        })
    }

    /// What the value is, null for bytes that are no value.
    ///
    /// Functions of the language never fail on a value; bytes from outside are validated once,
    /// where they enter.
    #[must_use]
    pub fn view_or_null(self) -> View<'a> {
        self.view().unwrap_or(View::Null)
    }

    /// Whether the value is null.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.first().is_none_or(|&tag| tag == NULL)
    }

    /// The text of a string value.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        match self.view() {
            Ok(View::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The entries of a bag value.
    #[must_use]
    pub fn as_bag(self) -> Option<Bag<'a>> {
        match self.view() {
            Ok(View::Bag(bag)) => Some(bag),
            _ => None,
        }
    }

    /// The values of an array value.
    #[must_use]
    pub fn as_array(self) -> Option<Array<'a>> {
        match self.view() {
            Ok(View::Array(array)) => Some(array),
            _ => None,
        }
    }

    /// The values that stand one behind the other; ends early where the bytes are broken.
    pub fn sequence(bytes: &'a [u8]) -> impl Iterator<Item = Dynamic<'a>> {
        let mut rest = bytes;
        std::iter::from_fn(move || {
            let (value, after) = split_value(rest).ok()?;
            rest = after;
            Some(value)
        })
    }

    /// Looks at every byte of a value that comes from outside.
    ///
    /// # Errors
    /// When the bytes are not exactly one encoded value nested at most [`DEPTH_MAX`] levels.
    pub fn validate(self) -> Result<(), DynamicError> {
        let (value, rest) = split_value(self.0)?;
        if !rest.is_empty() {
            return Err(DynamicError::Trailing(rest.len()));
        }
        validate_at(value, DEPTH_MAX)
    }
}

fn validate_at(value: Dynamic<'_>, depth_left: usize) -> Result<(), DynamicError> {
    let deeper = depth_left.checked_sub(1).ok_or(DynamicError::TooDeep);
    match value.view()? {
        View::Array(array) => {
            let mut rest = array.body;
            for _ in 0..array.count {
                let (item, after) = split_value(rest)?;
                validate_at(item, deeper?)?;
                rest = after;
            }
            no_rest(rest)
        }
        View::Bag(bag) => {
            let mut rest = bag.body;
            for _ in 0..bag.count {
                let (_, after_key) = read_string(rest)?;
                let (item, after) = split_value(after_key)?;
                validate_at(item, deeper?)?;
                rest = after;
            }
            no_rest(rest)
        }
        _ => Ok(()),
    }
}

fn no_rest(rest: &[u8]) -> Result<(), DynamicError> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(DynamicError::Trailing(rest.len()))
    }
}

impl<'a> Array<'a> {
    /// How many values there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.count
    }

    /// Whether there is no value.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.count == 0
    }

    /// The values in order; ends early where the bytes are broken.
    pub fn iter(self) -> impl Iterator<Item = Dynamic<'a>> {
        let mut rest = self.body;
        (0..self.count).map_while(move |_| {
            let (value, after) = split_value(rest).ok()?;
            rest = after;
            Some(value)
        })
    }

    /// The value at a place counted from 0.
    #[must_use]
    pub fn get(self, index: usize) -> Option<Dynamic<'a>> {
        if index < self.count {
            self.iter().nth(index)
        } else {
            None
        }
    }
}

impl<'a> Bag<'a> {
    /// How many entries there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.count
    }

    /// Whether there is no entry.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.count == 0
    }

    /// The entries in order; ends early where the bytes are broken.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Dynamic<'a>)> {
        let mut rest = self.body;
        (0..self.count).map_while(move |_| {
            let (key, after_key) = read_string(rest).ok()?;
            let (value, after) = split_value(after_key).ok()?;
            rest = after;
            Some((key, value))
        })
    }

    /// The value of a key. Keys are case-sensitive.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Dynamic<'a>> {
        let mut rest = self.body;
        for _ in 0..self.count {
            let (found, after_key) = read_bytes(rest).ok()?;
            let (value, after) = split_value(after_key).ok()?;
            if found == key.as_bytes() {
                return Some(value);
            }
            rest = after;
        }
        None
    }
}

/// Splits the first value from what follows it.
fn split_value(bytes: &[u8]) -> Result<(Dynamic<'_>, &[u8]), DynamicError> {
    let length = value_length(bytes)?;
    let (value, rest) = bytes
        .split_at_checked(length)
        .ok_or(DynamicError::Truncated)?;
    Ok((Dynamic(value), rest))
}

fn value_length(bytes: &[u8]) -> Result<usize, DynamicError> {
    let (&tag, payload) = bytes.split_first().ok_or(DynamicError::Truncated)?;
    Ok(match tag {
        NULL | FALSE | TRUE => 1,
        LONG | REAL | DATETIME | TIMESPAN => 9,
        GUID => 17,
        DECIMAL => 33,
        STRING => {
            let (text, _) = read_bytes(payload)?;
            bytes.len() - payload.len() + length_size(text.len()) + text.len()
        }
        ARRAY | BAG => 9 + read_container(payload)?.0.len(),
        other => return Err(DynamicError::UnknownTag(other)),
    })
}

fn fixed<const N: usize>(payload: &[u8]) -> Result<[u8; N], DynamicError> {
    payload
        .first_chunk::<N>()
        .copied()
        .ok_or(DynamicError::Truncated)
}

fn read_decimal(payload: &[u8]) -> Result<Decimal, DynamicError> {
    Decimal::from_units(i256::from_le_bytes(fixed(payload)?)).ok_or(DynamicError::TooLarge)
}

fn read_container(payload: &[u8]) -> Result<(&[u8], usize), DynamicError> {
    let length = u32::from_le_bytes(fixed(payload)?) as usize;
    let after_length = payload.get(4..).ok_or(DynamicError::Truncated)?;
    let count = u32::from_le_bytes(fixed(after_length)?) as usize;
    let body = payload.get(8..).and_then(|rest| rest.get(..length));
    Ok((body.ok_or(DynamicError::Truncated)?, count))
}

fn read_string(payload: &[u8]) -> Result<(&str, &[u8]), DynamicError> {
    let (text, rest) = read_bytes(payload)?;
    let text = std::str::from_utf8(text).map_err(|_| DynamicError::NotUtf8)?;
    Ok((text, rest))
}

fn read_bytes(payload: &[u8]) -> Result<(&[u8], &[u8]), DynamicError> {
    let (length, rest) = read_length(payload)?;
    rest.split_at_checked(length).ok_or(DynamicError::Truncated)
}

fn read_length(payload: &[u8]) -> Result<(usize, &[u8]), DynamicError> {
    let mut length = 0_usize;
    let mut rest = payload;
    for shift in (0..32).step_by(7) {
        let (&byte, after) = rest.split_first().ok_or(DynamicError::Truncated)?;
        rest = after;
        length |= usize::from(byte & 0x7f) << shift;
        // A number has one spelling only, because values are compared by their bytes.
        let is_last = byte & 0x80 == 0;
        if is_last && (byte != 0 || shift == 0) {
            return Ok((length, rest));
        }
        if is_last {
            break;
        }
    }
    Err(DynamicError::TooLarge)
}

/// How many bytes the LEB128 form of a length takes.
pub(super) const fn length_size(length: usize) -> usize {
    match length {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        0x20_0000..0x1000_0000 => 4,
        _ => 5,
    }
}
