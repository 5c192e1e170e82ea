//! Finding any, or all, of many needles.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, packed};

use super::anchored::{self, Anchored};
use super::fold;
use super::needle::Needle;
use super::terms::Edges;

/// Up to so many ASCII needles are looked for by comparing short vectors of bytes.
const PACKED_MAX: usize = 48;
/// How many bytes are folded at once when buffers are searched.
const BLOCK: usize = 64 << 10;
/// From so many needles on, those that begin with a letter or digit are looked up where terms begin.
const ANCHORED_MIN: usize = 49;

/// Needles that are prepared once and looked for in many texts, case aside, as whole terms.
///
/// Time per text does not grow with the number of needles, but for needles that overlap.
#[derive(Debug)]
pub struct AnyOf {
    search: Search,
    /// An empty needle is in every text.
    has_empty: bool,
}

#[derive(Debug)]
enum Search {
    Nothing,
    One(Needle),
    Packed {
        first: packed::Searcher,
        needles: Vec<Needle>,
        longest: usize,
    },
    /// What is looked up where terms begin, and all other needles.
    Anchored {
        anchored: Anchored,
        others: Box<Search>,
    },
    Automaton {
        automaton: Box<AhoCorasick>,
        edges: Vec<Edges>,
    },
    EachInTurn(Vec<Needle>),
}

impl AnyOf {
    /// Prepares the needles.
    pub fn new<'a>(needles: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles: Vec<String> = needles.into_iter().map(fold::folded).collect();
        needles.sort_unstable();
        needles.dedup();
        let has_empty = needles.first().is_some_and(String::is_empty);
        needles.retain(|needle| !needle.is_empty());
        Self {
            search: Search::new(&needles),
            has_empty,
        }
    }

    /// Whether the text holds at least one of the needles; `scratch` is working memory.
    #[must_use]
    pub fn is_in(&self, text: &str, scratch: &mut String) -> bool {
        self.has_empty || self.search.is_in(text, scratch)
    }

    /// Appends where needles may occur in the bytes of many texts, whatever stands around them; gives
    /// up with `false` when there are more than `most` places or the search does not allow it. What
    /// stands at the very start of a text is left to [`may_begin`](Self::may_begin).
    pub(super) fn places(
        &self,
        bytes: &[u8],
        most: usize,
        places: &mut Vec<usize>,
        block: &mut Vec<u8>,
    ) -> bool {
        match &self.search {
            _ if self.has_empty => false,
            Search::One(needle) => needle.places(bytes, most, places, block),
            Search::Packed { first, longest, .. } => {
                in_blocks(bytes, *longest, block, |block, start| {
                    packed_places(first, block, start, most, places)
                })
            }
            Search::Anchored { anchored, others } if matches!(**others, Search::Nothing) => {
                in_blocks(bytes, anchored::PREFIX, block, |block, start| {
                    anchored.candidates(block, |place| {
                        places.push(start + place);
                        places.len() <= most
                    });
                    places.len() <= most
                })
            }
            _ => false,
        }
    }

    /// Whether a text may begin with a needle that [`places`](Self::places) does not tell of.
    pub(super) fn may_begin(&self, text: &str) -> bool {
        match &self.search {
            Search::Anchored { anchored, .. } => anchored.may_begin(text),
            _ => false,
        }
    }
}

impl Search {
    fn new(needles: &[String]) -> Self {
        let prepared = |needle: &String| Needle::new(needle, false, Edges::of_term(needle));
        let all_ascii = needles.iter().all(|needle| needle.is_ascii());
        match needles {
            [] => Self::Nothing,
            [only] => Self::One(prepared(only)),
            many if many.iter().filter(|needle| anchored::fits(needle)).count() >= ANCHORED_MIN => {
                let (fitting, others): (Vec<String>, Vec<String>) = many
                    .iter()
                    .cloned()
                    .partition(|needle| anchored::fits(needle));
                let anchored = Anchored::new(fitting.iter().map(String::as_str));
                Self::Anchored {
                    anchored,
                    others: Box::new(Self::new(&others)),
                }
            }
            few if few.len() <= PACKED_MAX && all_ascii => match packed::Searcher::new(few) {
                Some(first) => Self::Packed {
                    first,
                    needles: few.iter().map(prepared).collect(),
                    longest: few.iter().map(String::len).max().unwrap_or_default(),
                },
                None => Self::automaton(few),
            },
            many => Self::automaton(many),
        }
    }

    fn automaton(needles: &[String]) -> Self {
        let built = AhoCorasickBuilder::new().build(needles);
        match built {
            Ok(automaton) => Self::Automaton {
                automaton: Box::new(automaton),
                edges: needles
                    .iter()
                    .map(|needle| Edges::of_term(needle))
                    .collect(),
            },
            // More patterns than an automaton can number: slow, but right.
            Err(_) => Self::EachInTurn(
                needles
                    .iter()
                    .map(|needle| Needle::new(needle, false, Edges::of_term(needle)))
                    .collect(),
            ),
        }
    }

    fn is_in(&self, text: &str, scratch: &mut String) -> bool {
        match self {
            Self::Nothing => false,
            Self::One(needle) => needle.is_in(text),
            Self::EachInTurn(needles) => needles.iter().any(|needle| needle.is_in(text)),
            Self::Packed { first, needles, .. } => {
                fold_into(text, scratch);
                packed_is_in(first, needles, scratch)
            }
            Self::Anchored { anchored, others } => {
                fold_into(text, scratch);
                anchored.is_in(scratch) || others.is_in(text, scratch)
            }
            Self::Automaton { automaton, edges } => {
                fold_into(text, scratch);
                automaton
                    .find_overlapping_iter(scratch.as_bytes())
                    .any(|found| {
                        let edges = edges.get(found.pattern().as_usize());
                        edges.is_some_and(|edges| edges.accept(scratch, found.start(), found.end()))
                    })
            }
        }
    }
}

fn fold_into(text: &str, scratch: &mut String) {
    scratch.clear();
    fold::push_folded(text, scratch);
}

/// The vector search says where some needle starts; which of them stand there as terms is looked
/// at one by one, because several may start at one place.
fn packed_is_in(first: &packed::Searcher, needles: &[Needle], text: &str) -> bool {
    let mut from = 0;
    while from < text.len() {
        let span = aho_corasick::Span {
            start: from,
            end: text.len(),
        };
        let Some(found) = first.find_in(text.as_bytes(), span) else {
            return false;
        };
        if needles
            .iter()
            .any(|needle| needle.starts_at(text, found.start()))
        {
            return true;
        }
        from = found.start() + 1;
    }
    false
}

/// Hands out the bytes in lower case, block by block with the place where each begins, until `each`
/// gives up with `false`. Blocks overlap by `overlap` bytes.
fn in_blocks(
    bytes: &[u8],
    overlap: usize,
    block: &mut Vec<u8>,
    mut each: impl FnMut(&[u8], usize) -> bool,
) -> bool {
    (0..bytes.len()).step_by(BLOCK).all(|start| {
        // A block begins a byte early, to show whether a term goes on from the one before.
        let from = start.saturating_sub(1);
        let end = bytes.len().min(start + BLOCK + overlap);
        block.clear();
        block.extend_from_slice(bytes.get(from..end).unwrap_or_default());
        block.make_ascii_lowercase();
        each(block, from)
    })
}

fn packed_places(
    first: &packed::Searcher,
    block: &[u8],
    start: usize,
    most: usize,
    places: &mut Vec<usize>,
) -> bool {
    let mut from = 0;
    while from < block.len() {
        let span = aho_corasick::Span {
            start: from,
            end: block.len(),
        };
        let Some(found) = first.find_in(block, span) else {
            break;
        };
        // Blocks overlap: a place may have been found before.
        if places
            .last()
            .is_none_or(|&last| last < start + found.start())
        {
            places.push(start + found.start());
        }
        if places.len() > most {
            return false;
        }
        from = found.start() + 1;
    }
    true
}

/// Needles that must all be found.
#[derive(Debug)]
pub struct AllOf(Vec<Needle>);

impl AllOf {
    /// Prepares the needles; empty ones are found everywhere.
    pub fn new<'a>(needles: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles: Vec<String> = needles.into_iter().map(fold::folded).collect();
        needles.sort_unstable();
        needles.dedup();
        // A long needle is the likeliest to be missing.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        let prepared = |needle: &String| Needle::new(needle, false, Edges::of_term(needle));
        Self(
            needles
                .iter()
                .filter(|needle| !needle.is_empty())
                .map(prepared)
                .collect(),
        )
    }

    /// Whether the text holds every needle.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.0.iter().all(|needle| needle.is_in(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any(text: &str, needles: &[String]) -> bool {
        AnyOf::new(needles.iter().map(String::as_str)).is_in(text, &mut String::new())
    }

    #[test]
    fn every_way_of_searching_gives_the_same_answer() {
        let asked = ["foo", "foo b", "10.0.0.1", "über", "x-y"];
        let texts = [
            ("a foo bar", true),
            ("foobar", false),
            ("xfoo", false),
            ("ip 10.0.0.1:80", true),
            ("ip 10.0.0.11", false),
            ("ÜBER alles", true),
            ("X-Y", true),
            ("xx-y", false),
            ("", false),
        ];
        // Fillers change the number of needles, and with it the way of searching.
        for fillers in [0, 10, 60, 300] {
            let fillers = (0..fillers).map(|number| format!("filler{number}zz"));
            let needles: Vec<String> = asked
                .iter()
                .map(ToString::to_string)
                .chain(fillers)
                .collect();
            for (text, expected) in texts {
                assert_eq!(
                    any(text, &needles),
                    expected,
                    "{text} in {} needles",
                    needles.len()
                );
            }
        }
    }

    #[test]
    fn very_many_needles_are_looked_up() {
        let needles: Vec<String> = (0..100_000).map(|number| format!("term{number}")).collect();
        let search = AnyOf::new(needles.iter().map(String::as_str));
        assert!(matches!(search.search, Search::Anchored { .. }));
        let mut scratch = String::new();
        assert!(search.is_in("x TERM99999 y", &mut scratch));
        assert!(!search.is_in("term100000 term_5", &mut scratch));
        let mixed = needles.iter().map(String::as_str).chain(["--x", "é"]);
        let search = AnyOf::new(mixed);
        assert!(search.is_in("a --X", &mut scratch) && search.is_in("É", &mut scratch));
    }

    #[test]
    fn empty_lists_and_empty_needles() {
        assert!(!any("a", &[]));
        assert!(any("a", &[String::new()]));
        assert!(AllOf::new([]).is_in("a"));
        assert!(AllOf::new(["", "A"]).is_in("a b"));
        assert!(!AllOf::new(["a", "c"]).is_in("a b"));
    }
}
