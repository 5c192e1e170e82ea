//! `dynamic`: JSON values plus the scalar types of the language, in one compact binary form.
//!
//! A value is a tag byte and a payload. Arrays and bags carry the length of their body, so that a
//! reader skips a value without looking inside, and every value inside another one is a contiguous
//! slice that is itself an encoded value: reading `a.b[2].c` copies nothing.
//!
//! | tag | value | payload |
//! | --: | --- | --- |
//! | 0 | null | none |
//! | 1, 2 | false, true | none |
//! | 3 | long | 8 bytes, little endian |
//! | 4 | real | 8 bytes, IEEE 754, little endian |
//! | 5 | decimal | 32 bytes, little endian: units of 10⁻³⁶ |
//! | 6, 7 | datetime, timespan | 8 bytes: ticks of 100 ns |
//! | 8 | guid | 16 bytes, big endian |
//! | 9 | string | length, UTF-8 |
//! | 10 | array | body length and count (4 bytes each), values |
//! | 11 | bag | body length and count (4 bytes each), then for each entry: key length, key, value |
//!
//! String and key lengths are LEB128 numbers. Bags keep the order in which keys were written and
//! hold each key once. Equal values have equal bytes unless bag keys are in another order.
//!
//! Source: learn.microsoft.com/kusto/query/scalar-data-types/dynamic.

mod compare;
mod json;
mod literal;
mod path;
mod read;
mod text;
mod value;
mod write;

pub use compare::{compare, equals};
pub use json::{append_json, from_json};
pub use literal::from_literal;
pub use path::{Step, get_index, get_member, get_path, parse_path};
pub use read::{Array, Bag, Dynamic, View};
pub use text::{push_json, push_real, push_scalar, push_text, to_json, to_text};
pub use value::{DynamicValue, decode, encode};
pub use write::Writer;

/// Deepest nesting of arrays and bags that is read or written.
///
/// Deeper JSON is not parsed: `parse_json` then gives the text itself, as it does for any other
/// text that it does not accept.
pub const DEPTH_MAX: usize = 128;

/// Bytes that are no encoded value, or a value too large or too deep to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DynamicError {
    /// The bytes end before the value does.
    #[error("an encoded dynamic value ends too early")]
    Truncated,
    /// Bytes follow the end of the value.
    #[error("an encoded dynamic value is followed by {0} stray bytes")]
    Trailing(usize),
    /// The first byte is not one of the tags of the encoding.
    #[error("`{0}` is not the tag of a dynamic value")]
    UnknownTag(u8),
    /// A string or a key is not UTF-8.
    #[error("a string in an encoded dynamic value is not UTF-8")]
    NotUtf8,
    /// Arrays and bags nest deeper than [`DEPTH_MAX`].
    #[error("a dynamic value nests deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// A value is 4 GiB or larger.
    #[error("a dynamic value is too large to encode")]
    TooLarge,
}

#[cfg(test)]
mod tests;
