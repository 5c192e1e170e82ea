//! File hashes and certificate thumbprints, kept as bytes.

use std::fmt;
use std::str::FromStr;

use crate::{Reason, Refusal};

/// `N` bytes out of exactly `2 * N` hex digits of either case.
fn digest<const N: usize>(text: &str) -> Result<[u8; N], Reason> {
    if let Some(other) = text
        .chars()
        .find(|character| !character.is_ascii_hexdigit())
    {
        return Err(Reason::NotHex(other));
    }
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut bytes = [0_u8; N];
    if pairs.len() != N || !rest.is_empty() {
        return Err(length_reason(text.len()));
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high) << 4 | nibble(*low);
    }
    Ok(bytes)
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10) & 0x0f,
    }
}

fn write_hex(bytes: &[u8], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in bytes {
        write!(formatter, "{byte:02x}")?;
    }
    Ok(())
}

/// Hash functions by the number of their hex digits: those that are searched.
const SEARCHED: [(&str, usize); 3] = [("MD5", 32), ("SHA-1", 40), ("SHA-256", 64)];

/// Hash functions by the number of their hex digits: those that no Defender table holds.
/// Source: "DeviceFileEvents", learn.microsoft.com (columns MD5, SHA1, SHA256 only).
const NOT_SEARCHED: [(&str, usize); 3] = [("SHA-224", 56), ("SHA-384", 96), ("SHA-512", 128)];

/// Why `digits` hex digits are not a hash that is searched.
pub(crate) fn length_reason(digits: usize) -> Reason {
    if let Some((name, _)) = NOT_SEARCHED.iter().find(|(_, length)| *length == digits) {
        return Reason::UnsupportedHash(name);
    }
    let nearest = SEARCHED
        .iter()
        .min_by_key(|(_, length)| length.abs_diff(digits));
    let (nearest, nearest_digits) = nearest.copied().unwrap_or(("SHA-256", 64));
    Reason::HashLength {
        digits,
        nearest,
        nearest_digits,
    }
}

/// Whether all digits are the same, as in a placeholder.
pub(crate) fn is_filler(digits: &str) -> bool {
    let mut bytes = digits.bytes();
    bytes
        .next()
        .is_some_and(|first| bytes.all(|byte| byte == first))
}

macro_rules! digest_type {
    ($(#[$attribute:meta])* $name:ident, $length:literal) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $length]);

        impl $name {
            /// The bytes of the hash, in the order they are written.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
                digest(text).map(Self)
            }
        }

        impl FromStr for $name {
            type Err = Refusal;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text).map_err(|reason| reason.of(text))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_hex(&self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

digest_type! {
    /// SHA-256 of a file. Displays as 64 lower-case hex digits.
    Sha256, 32
}
digest_type! {
    /// SHA-1 of a file. Displays as 40 lower-case hex digits.
    Sha1, 20
}
digest_type! {
    /// MD5 of a file. Displays as 32 lower-case hex digits.
    Md5, 16
}

/// SHA-1 thumbprint of a certificate. Displays as 40 lower-case hex digits.
///
/// May be written with a colon, a hyphen or a space between the bytes, as certificate viewers do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thumbprint([u8; 20]);

impl Thumbprint {
    /// The bytes of the thumbprint, in the order they are written.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        let is_separator = |character: char| matches!(character, ':' | '-' | ' ');
        if !text.contains(is_separator) {
            return digest(text).map(Self);
        }
        let pairs = text.split(is_separator).filter(|pair| !pair.is_empty());
        if let Some(odd) = pairs.clone().find(|pair| pair.len() != 2) {
            let strange = odd.chars().find(|character| !character.is_ascii_hexdigit());
            return Err(strange.map_or(length_reason(odd.len()), Reason::NotHex));
        }
        digest(&pairs.collect::<String>()).map(Self)
    }
}

impl FromStr for Thumbprint {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).map_err(|reason| reason.of(text))
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, formatter)
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Thumbprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_of_either_case_is_one_value() {
        let lower: Md5 = "44d88612fea8a8f36de82e1278abb02f".parse().unwrap();
        let upper: Md5 = "44D88612FEA8A8F36DE82E1278ABB02F".parse().unwrap();
        assert_eq!(lower, upper);
        assert_eq!(upper.to_string(), "44d88612fea8a8f36de82e1278abb02f");
        assert_eq!(lower.as_bytes()[..2], [0x44, 0xd8]);
    }

    #[test]
    fn a_wrong_length_names_the_nearest_hash() {
        let cases = [
            (31, "MD5", 32),
            (33, "MD5", 32),
            (39, "SHA-1", 40),
            (41, "SHA-1", 40),
            (63, "SHA-256", 64),
            (500, "SHA-256", 64),
        ];
        for (digits, nearest, nearest_digits) in cases {
            let expected = Reason::HashLength {
                digits,
                nearest,
                nearest_digits,
            };
            assert_eq!(
                Sha256::parse(&"a".repeat(digits)),
                Err(expected),
                "{digits}"
            );
        }
        assert_eq!(
            Sha256::parse(&"a".repeat(128)),
            Err(Reason::UnsupportedHash("SHA-512"))
        );
    }

    #[test]
    fn a_thumbprint_may_have_separators() {
        let plain = "0123456789abcdef0123456789abcdef01234567";
        let pairs: Vec<&str> = plain
            .as_bytes()
            .chunks(2)
            .map(|pair| std::str::from_utf8(pair).unwrap())
            .collect();
        for separator in ["", ":", " ", "-", "  "] {
            let text = pairs.join(separator).to_uppercase();
            assert_eq!(
                Thumbprint::parse(&text).unwrap().to_string(),
                plain,
                "{text}"
            );
        }
        assert_eq!(Thumbprint::parse("0123:45"), Err(length_reason(4)));
        assert_eq!(Thumbprint::parse("zz:45"), Err(Reason::NotHex('z')));
    }
}
