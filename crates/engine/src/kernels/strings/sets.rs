//! Whole texts in a set.

use datafusion::common::HashSet;

use super::fold;

/// Sets up to this size are compared one by one.
const COMPARED_MAX: usize = 4;

/// Texts that are prepared once, for `in` and `in~`.
#[derive(Debug)]
pub struct TextSet {
    members: Members,
    case_sensitive: bool,
    /// The lengths in bytes that occur, where a text of another length need not be looked up.
    lengths: Option<std::ops::RangeInclusive<usize>>,
}

#[derive(Debug)]
enum Members {
    Few(Vec<Box<str>>),
    Many(HashSet<Box<str>>),
}

impl TextSet {
    /// Prepares the texts.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a str>, case_sensitive: bool) -> Self {
        let prepare = |text: &str| -> Box<str> {
            if case_sensitive {
                text.into()
            } else {
                fold::folded(text).into()
            }
        };
        let members: HashSet<Box<str>> = texts.into_iter().map(prepare).collect();
        let sizes = || members.iter().map(|text| text.len());
        let ascii = case_sensitive || members.iter().all(|text| text.is_ascii());
        // Folding may change the length of a text that is not ASCII.
        let lengths = ascii.then(|| sizes().min().unwrap_or(1)..=sizes().max().unwrap_or(0));
        let members = if members.len() <= COMPARED_MAX {
            Members::Few(members.into_iter().collect())
        } else {
            Members::Many(members)
        };
        Self {
            members,
            case_sensitive,
            lengths,
        }
    }

    /// Whether the text is in the set; `scratch` is working memory.
    #[must_use]
    pub fn holds(&self, text: &str, scratch: &mut String) -> bool {
        if self
            .lengths
            .as_ref()
            .is_some_and(|lengths| !lengths.contains(&text.len()))
        {
            return false;
        }
        match &self.members {
            Members::Few(few) if self.case_sensitive => few.iter().any(|member| **member == *text),
            Members::Few(few) => few.iter().any(|member| fold::equals(member, text)),
            Members::Many(many) if self.case_sensitive => many.contains(text),
            Members::Many(many) => {
                scratch.clear();
                fold::push_folded(text, scratch);
                many.contains(scratch.as_str())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn membership() {
        let mut scratch = String::new();
        for size in [0, 10] {
            let more: Vec<String> = (0..size).map(|number| format!("x{number}")).collect();
            let texts = || {
                ["Abc", "é"]
                    .into_iter()
                    .chain(more.iter().map(String::as_str))
            };
            let exact = TextSet::new(texts(), true);
            let folded = TextSet::new(texts(), false);
            assert!(exact.holds("Abc", &mut scratch) && !exact.holds("abc", &mut scratch));
            assert!(folded.holds("ABC", &mut scratch) && folded.holds("É", &mut scratch));
            assert!(!folded.holds("", &mut scratch) && !folded.holds("abcd", &mut scratch));
        }
        assert!(!TextSet::new([], true).holds("", &mut scratch));
    }
}
