//! Finding any of very many needles that begin with a letter or digit.
//!
//! Such a needle can only stand where a term begins. There the next four bytes say whether any
//! needle goes on like this, and how long those needles are; what remains is a look into a set. So
//! the time depends on the text, hardly on the number of needles, and neither memory nor the time
//! to prepare grows faster than the needles do.

use std::collections::{HashMap, HashSet};

use super::terms::Edges;

/// Bytes of a needle that are looked at before its length is.
pub(super) const PREFIX: usize = 4;
/// Bits of the table that most places of a text fail to pass.
const TABLE_BITS: usize = 1 << 20;

/// ASCII needles in lower case, each of at least four bytes.
#[derive(Debug, Default)]
pub(super) struct Anchored {
    needles: HashSet<Box<str>>,
    /// The lengths of the needles that begin so, in ascending order.
    lengths: HashMap<[u8; PREFIX], Vec<usize>>,
    /// Which prefixes occur, by a hash of them.
    table: Vec<u64>,
}

/// Whether a needle can be looked for like this.
pub(super) fn fits(needle: &str) -> bool {
    needle.len() >= PREFIX
        && needle.is_ascii()
        && needle.starts_with(|first: char| first.is_ascii_alphanumeric())
}

impl Anchored {
    /// Prepares needles that [fit](fits).
    pub(super) fn new<'a>(needles: impl IntoIterator<Item = &'a str>) -> Self {
        let mut anchored = Self {
            table: vec![0; TABLE_BITS / 64],
            ..Self::default()
        };
        for needle in needles {
            let Some(prefix) = needle.as_bytes().first_chunk::<PREFIX>() else {
                continue;
            };
            let lengths = anchored.lengths.entry(*prefix).or_default();
            if let Err(place) = lengths.binary_search(&needle.len()) {
                lengths.insert(place, needle.len());
            }
            let (word, bit) = table_place(*prefix);
            if let Some(word) = anchored.table.get_mut(word) {
                *word |= 1 << bit;
            }
            anchored.needles.insert(needle.into());
        }
        anchored
    }

    /// Whether a text in lower case has one of the needles as a term.
    pub(super) fn is_in(&self, text: &str) -> bool {
        let mut found = false;
        each_start(text.as_bytes(), |place| {
            found = self.stands_at(text, place);
            !found
        });
        found
    }

    /// Whether a text in any case may begin with one of the needles.
    pub(super) fn may_begin(&self, text: &str) -> bool {
        let prefix = text.as_bytes().first_chunk::<PREFIX>();
        prefix.is_some_and(|prefix| self.may_go_on(prefix.map(|byte| byte.to_ascii_lowercase())))
    }

    /// Calls `each` with the places of terms in bytes in lower case that begin as a needle does,
    /// until it says that this is enough.
    pub(super) fn candidates(&self, bytes: &[u8], mut each: impl FnMut(usize) -> bool) {
        each_start(bytes, |place| {
            let prefix = bytes.get(place..).and_then(<[u8]>::first_chunk::<PREFIX>);
            let may = prefix
                .is_some_and(|prefix| self.may_go_on(*prefix) && self.lengths.contains_key(prefix));
            !may || each(place)
        });
    }

    fn may_go_on(&self, prefix: [u8; PREFIX]) -> bool {
        let (word, bit) = table_place(prefix);
        self.table
            .get(word)
            .is_some_and(|word| word >> bit & 1 == 1)
    }

    fn stands_at(&self, text: &str, from: usize) -> bool {
        let Some(rest) = text.as_bytes().get(from..) else {
            return false;
        };
        let Some(prefix) = rest.first_chunk::<PREFIX>() else {
            return false;
        };
        self.may_go_on(*prefix) && self.goes_on(text, from, *prefix)
    }

    #[cold]
    fn goes_on(&self, text: &str, from: usize, prefix: [u8; PREFIX]) -> bool {
        let Some(lengths) = self.lengths.get(&prefix) else {
            return false;
        };
        lengths.iter().any(|length| {
            let needle = text.get(from..from + length);
            needle.is_some_and(|needle| {
                self.needles.contains(needle)
                    && Edges::of_term(needle).accept(text, from, from + length)
            })
        })
    }
}

/// Calls `each` with the places where a run of ASCII letters and digits begins, until it gives
/// `false`. What a byte beyond ASCII belongs to is found out when a needle stands behind it.
fn each_start(bytes: &[u8], mut each: impl FnMut(usize) -> bool) {
    let mut was_in_term = 0_u64;
    for (block, chunk) in bytes.chunks(64).enumerate() {
        let in_term = in_term_bits(chunk);
        let mut starts = in_term & !(in_term << 1 | was_in_term);
        was_in_term = in_term >> 63;
        while starts != 0 {
            if !each(block * 64 + starts.trailing_zeros() as usize) {
                return;
            }
            starts &= starts - 1;
        }
    }
}

/// A bit for each of up to 64 bytes that is an ASCII letter in lower case or a digit.
fn in_term_bits(chunk: &[u8]) -> u64 {
    let (eights, rest) = chunk.as_chunks::<8>();
    let mut bits = 0_u64;
    for (place, eight) in eights.iter().enumerate() {
        bits |= eight_bits(u64::from_le_bytes(*eight)) << (place * 8);
    }
    let mut last = [0; 8];
    last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    if rest.is_empty() {
        bits
    } else {
        bits | eight_bits(u64::from_le_bytes(last)) << (eights.len() * 8)
    }
}

/// The same for eight bytes at once: additions carry into the highest bit of a byte where it
/// reaches a limit, and a multiplication gathers these bits.
fn eight_bits(eight: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x80 * ONES;
    let low = eight & !HIGHS;
    let reaches = |limit: u64| low + ONES * (0x80 - limit);
    let digit = reaches(u64::from(b'0')) & !reaches(u64::from(b'9') + 1);
    let letter = reaches(u64::from(b'a')) & !reaches(u64::from(b'z') + 1);
    let found = (digit | letter) & !eight & HIGHS;
    (found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

fn table_place(prefix: [u8; PREFIX]) -> (usize, u32) {
    let hash = u32::from_le_bytes(prefix).wrapping_mul(0x9e37_79b1) >> 12;
    (hash as usize / 64, hash % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_judged_right() {
        for byte in 0..=255_u8 {
            for place in 0..9 {
                let mut bytes = vec![b'-'; 9];
                bytes[place] = byte;
                let expected = byte.is_ascii_digit() || byte.is_ascii_lowercase();
                assert_eq!(
                    in_term_bits(&bytes),
                    u64::from(expected) << place,
                    "{byte} at {place}"
                );
            }
        }
    }

    #[test]
    fn needles_stand_where_terms_begin() {
        let anchored = Anchored::new([
            "10.0.0.1",
            "evil.example",
            "evil.example.com/",
            "abcd",
            "abcdef",
        ]);
        for (text, expected) in [
            ("from 10.0.0.1:80", true),
            ("from 10.0.0.11", false),
            ("110.0.0.1", false),
            ("https://evil.example/x", true),
            ("notevil.example", false),
            ("evil.examples", false),
            ("evil.example.com/x", true),
            ("x_abcd", true),
            ("abcdefg abcdef", true),
            ("abcdefg", false),
            ("éabcd", false),
            ("_abcdé", false),
            ("€abcd", true),
            ("abc", false),
            ("", false),
        ] {
            assert_eq!(anchored.is_in(text), expected, "{text}");
        }
    }
}
