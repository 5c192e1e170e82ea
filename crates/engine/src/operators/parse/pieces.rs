//! The plainest patterns of `parse`: fixed texts with anything in between. They need no regular expression.

use memchr::memmem::Finder;

/// A pattern that covers the whole text: each gap ends where the next fixed text first occurs.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Gaps, and the fixed text behind them.
    pairs: Vec<(Gap, Finder<'static>)>,
    /// What is between the last fixed text and the end.
    rest: Gap,
}

/// What may stand before a fixed text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Gap {
    /// Whether anything may stand there; otherwise nothing may.
    is_open: bool,
    /// The column that takes it.
    column: Option<usize>,
}

/// Where in a text the columns were found.
pub(super) type Places = Vec<(usize, usize)>;

impl Pieces {
    /// Adds a fixed text.
    pub(super) fn push_text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let gap = std::mem::take(&mut self.rest);
        match self.pairs.pop() {
            Some((before, fixed)) if gap == Gap::default() => {
                let joined = [fixed.needle(), text.as_bytes()].concat();
                self.pairs.push((before, Finder::new(&joined).into_owned()));
            }
            before => {
                self.pairs.extend(before);
                self.pairs.push((gap, Finder::new(text).into_owned()));
            }
        }
    }

    /// Adds a gap that no column takes; `false` when there is a gap already.
    pub(super) fn push_star(&mut self) -> bool {
        self.push_gap(None)
    }

    /// Adds a gap that a column takes; `false` when there is a gap already.
    pub(super) fn push_column(&mut self, column: usize) -> bool {
        self.push_gap(Some(column))
    }

    fn push_gap(&mut self, column: Option<usize>) -> bool {
        let is_first = !self.rest.is_open;
        self.rest = Gap {
            is_open: true,
            column,
        };
        is_first
    }

    /// Finds the columns; `false` when the text does not follow the pattern.
    pub(super) fn find(&self, text: &str, places: &mut Places) -> bool {
        let bytes = text.as_bytes();
        let mut at = 0;
        for (index, (gap, fixed)) in self.pairs.iter().enumerate() {
            let is_last = index + 1 == self.pairs.len() && !self.rest.is_open;
            let Some(start) = start_of(bytes, at, *gap, fixed, is_last) else {
                return false;
            };
            keep(places, *gap, at, start);
            at = start + fixed.needle().len();
        }
        keep(places, self.rest, at, bytes.len());
        self.rest.is_open || at == bytes.len()
    }
}

/// Where a fixed text begins, at or behind `at`.
fn start_of(bytes: &[u8], at: usize, gap: Gap, fixed: &Finder<'_>, is_last: bool) -> Option<usize> {
    let rest = bytes.get(at..)?;
    match (gap.is_open, is_last) {
        (false, _) => rest.starts_with(fixed.needle()).then_some(at),
        (true, false) => Some(at + fixed.find(rest)?),
        (true, true) => rest
            .ends_with(fixed.needle())
            .then(|| bytes.len() - fixed.needle().len()),
    }
}

fn keep(places: &mut Places, gap: Gap, from: usize, to: usize) {
    if let Some(place) = gap.column.and_then(|column| places.get_mut(column)) {
        *place = (from, to);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A pattern in letters: `.` is a star, `*` a column, everything else a text.
    fn pieces(pattern: &str) -> Option<Pieces> {
        let mut pieces = Pieces::default();
        let mut columns = 0;
        for letter in pattern.chars() {
            let is_new = match letter {
                '.' => pieces.push_star(),
                '*' => {
                    columns += 1;
                    pieces.push_column(columns - 1)
                }
                other => {
                    pieces.push_text(other.encode_utf8(&mut [0; 4]));
                    true
                }
            };
            if !is_new {
                return None;
            }
        }
        Some(pieces)
    }

    proptest! {
        #[test]
        fn regular_expressions_find_the_same(pattern in "[ab.*]{0,7}", text in "[abc]{0,10}") {
            let Some(pieces) = pieces(&pattern) else { return Ok(()) };
            let expression = pattern.replace('.', "?").replace('*', "([abc]*?)").replace("?", "[abc]*?");
            let expression = expression.replace("*[abc]*?)", "*?)");
            let regex = regex::Regex::new(&format!("^{expression}$")).unwrap();
            let columns = pattern.matches('*').count();
            let mut places = vec![(0, 0); columns];
            let found = pieces.find(&text, &mut places);
            let expected = regex.captures(&text);
            prop_assert_eq!(found, expected.is_some(), "{} {}", &expression, &text);
            if let Some(expected) = expected {
                for (column, place) in places.iter().enumerate() {
                    let group = expected.get(column + 1).unwrap();
                    prop_assert_eq!(*place, (group.start(), group.end()), "{} {}", &pattern, &text);
                }
            }
        }
    }
}
