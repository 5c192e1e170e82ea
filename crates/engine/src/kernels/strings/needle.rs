//! Finding one needle.

use memchr::memmem;
use regex::bytes::{Regex, RegexBuilder};

use super::terms::Edges;

/// Letters and signs of telemetry from frequent to rare; what is missing is rarer.
const FREQUENT: &[u8] = b"eitaonsrlcdpmuhfgbwy.\\-/:0123456 vkxjqz789";

/// From this rarity on it is faster to look for a byte than to fold everything.
const RARE: usize = 36;
/// How many bytes are folded at once when buffers are searched.
const BLOCK: usize = 32 << 10;

/// Appends places, moved by `start`; gives up with `false` when there are more than `most`.
fn collect(
    found: impl Iterator<Item = usize>,
    start: usize,
    most: usize,
    places: &mut Vec<usize>,
) -> bool {
    for place in found {
        places.push(start + place);
        if places.len() > most {
            return false;
        }
    }
    true
}

/// A needle that is prepared once and looked for in many texts.
#[derive(Debug)]
pub struct Needle {
    search: Search,
    edges: Edges,
    bytes: Box<[u8]>,
}

#[derive(Debug)]
enum Search {
    Exact(Box<memmem::Finder<'static>>),
    /// An ASCII needle, found by its rarest byte in both cases.
    AsciiFold {
        rarest_at: usize,
        lower: u8,
        upper: u8,
        /// The needle in lower case, for texts in lower case.
        folded: Box<memmem::Finder<'static>>,
    },
    UnicodeFold(Box<Regex>),
    /// The pattern for the needle would be too large: nothing that long is ever found.
    Nothing,
}

impl Needle {
    /// Prepares a needle.
    #[must_use]
    pub fn new(needle: &str, case_sensitive: bool, edges: Edges) -> Self {
        let search = if case_sensitive {
            Search::Exact(Box::new(memmem::Finder::new(needle).into_owned()))
        } else if needle.is_ascii() {
            ascii_fold(needle.as_bytes())
        } else {
            let pattern = RegexBuilder::new(&regex::escape(needle))
                .case_insensitive(true)
                .build();
            pattern.map_or(Search::Nothing, |pattern| {
                Search::UnicodeFold(Box::new(pattern))
            })
        };
        Self {
            search,
            edges,
            bytes: needle.as_bytes().into(),
        }
    }

    /// Whether the text holds the needle at the right kind of place.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        let mut from = 0;
        while let Some((start, end)) = self.find(text.as_bytes(), from) {
            if self.edges.accept(text, start, end) {
                return true;
            }
            from = start + 1;
        }
        false
    }

    /// Appends where the needle occurs in the bytes of many texts, case aside and whatever stands around it.
    ///
    /// Gives up with `false` when there are more than `most` places. `block` is working memory.
    pub(super) fn places(
        &self,
        bytes: &[u8],
        most: usize,
        places: &mut Vec<usize>,
        block: &mut Vec<u8>,
    ) -> bool {
        match &self.search {
            _ if self.bytes.is_empty() => false,
            Search::UnicodeFold(_) => false,
            Search::Nothing => true,
            Search::Exact(finder) => collect(finder.find_iter(bytes), 0, most, places),
            Search::AsciiFold { lower, .. } if rarity(*lower) >= RARE => {
                let starts = std::iter::successors(self.find(bytes, 0), |&(start, _)| {
                    self.find(bytes, start + 1)
                });
                collect(starts.map(|(start, _)| start), 0, most, places)
            }
            Search::AsciiFold { folded, .. } => {
                for start in (0..bytes.len()).step_by(BLOCK) {
                    let end = bytes.len().min(start + BLOCK + self.bytes.len());
                    block.clear();
                    block.extend_from_slice(bytes.get(start..end).unwrap_or_default());
                    block.make_ascii_lowercase();
                    if !collect(folded.find_iter(block), start, most, places) {
                        return false;
                    }
                }
                // Blocks overlap by the length of the needle.
                places.dedup();
                true
            }
        }
    }

    /// Whether the needle, which must be ASCII or found with its case, stands at this place.
    #[must_use]
    pub fn starts_at(&self, text: &str, from: usize) -> bool {
        let to = from + self.bytes.len();
        let here = text.as_bytes().get(from..to);
        here.is_some_and(|here| here.eq_ignore_ascii_case(&self.bytes))
            && self.edges.accept(text, from, to)
    }

    /// The first place at or behind `from` where the bytes are the needle's, case aside.
    #[must_use]
    pub fn find(&self, bytes: &[u8], from: usize) -> Option<(usize, usize)> {
        let rest = bytes.get(from..)?;
        match &self.search {
            Search::Exact(finder) => {
                let start = from + finder.find(rest)?;
                Some((start, start + self.bytes.len()))
            }
            Search::AsciiFold {
                rarest_at,
                lower,
                upper,
                ..
            } => {
                let start = from + self.find_ascii(rest, *rarest_at, *lower, *upper)?;
                Some((start, start + self.bytes.len()))
            }
            Search::UnicodeFold(pattern) => {
                let found = pattern.find_at(bytes, next_boundary(bytes, from))?;
                Some((found.start(), found.end()))
            }
            Search::Nothing => None,
        }
    }

    fn find_ascii(&self, text: &[u8], rarest_at: usize, lower: u8, upper: u8) -> Option<usize> {
        let last = text.len().checked_sub(self.bytes.len())?;
        let window = text.get(rarest_at..=last + rarest_at)?;
        let is_here = |at: &usize| {
            let candidate = text.get(*at..*at + self.bytes.len());
            candidate.is_some_and(|candidate| candidate.eq_ignore_ascii_case(&self.bytes))
        };
        if lower == upper {
            memchr::memchr_iter(lower, window).find(is_here)
        } else {
            memchr::memchr2_iter(lower, upper, window).find(is_here)
        }
    }
}

/// How rare a byte is in telemetry.
fn rarity(byte: u8) -> usize {
    let place = FREQUENT
        .iter()
        .position(|&frequent| frequent == byte.to_ascii_lowercase());
    place.unwrap_or(FREQUENT.len())
}

fn ascii_fold(needle: &[u8]) -> Search {
    let rarest = needle
        .iter()
        .copied()
        .enumerate()
        .max_by_key(|&(_, byte)| rarity(byte));
    match rarest {
        Some((rarest_at, byte)) => Search::AsciiFold {
            rarest_at,
            lower: byte.to_ascii_lowercase(),
            upper: byte.to_ascii_uppercase(),
            folded: Box::new(memmem::Finder::new(&needle.to_ascii_lowercase()).into_owned()),
        },
        None => Search::Exact(Box::new(memmem::Finder::new(b"").into_owned())),
    }
}

/// The first start of a character at or behind `from`.
fn next_boundary(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|&&byte| byte & 0xc0 == 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, needle: &str) -> bool {
        Needle::new(needle, false, Edges::of_term(needle)).is_in(text)
    }

    #[test]
    fn has_looks_for_whole_terms() {
        for (text, needle) in [
            ("alpha_beta", "ALPHA"),
            ("alpha_beta", "beta"),
            (r"C:\Windows\System32\cmd.exe", r"system32\CMD"),
            ("x foobar foo", "foo"),
            ("Über CAFÉ.", "café"),
            ("anything", ""),
            ("", ""),
            ("a--b", "--"),
            ("xx--b", "--B"),
        ] {
            assert!(has(text, needle), "{text} has {needle}");
        }
        for (text, needle) in [
            ("foobar", "bar"),
            ("foobar", "foo"),
            ("éa", "a"),
            ("caféx", "café"),
            ("", "a"),
            ("ab", "abc"),
            ("a_bc", "_b"),
        ] {
            assert!(!has(text, needle), "{text} !has {needle}");
        }
    }

    #[test]
    fn prefixes_and_suffixes_of_terms() {
        let prefix =
            |text, needle| Needle::new(needle, false, Edges::of_prefix(needle)).is_in(text);
        let suffix =
            |text, needle| Needle::new(needle, false, Edges::of_suffix(needle)).is_in(text);
        assert!(prefix("x ab y", " a") && prefix("foobar", "FOO") && !prefix("foobar", "bar"));
        assert!(suffix("foobar", "BAR") && !suffix("foobar", "foo") && suffix("x.y z", "y "));
    }

    #[test]
    fn substrings_with_and_without_case() {
        for (text, needle, sensitive, expected) in [
            ("PowerShell -EncodedCommand", "encodedcommand", false, true),
            ("PowerShell -EncodedCommand", "encodedcommand", true, false),
            ("PowerShell", "Shell", true, true),
            ("naïve", "AÏV", false, true),
            ("naïve", "AÏV", true, false),
            ("aaab", "AAB", false, true),
        ] {
            let found = Needle::new(needle, sensitive, Edges::NONE).is_in(text);
            assert_eq!(found, expected, "{text} contains {needle}");
        }
    }
}
