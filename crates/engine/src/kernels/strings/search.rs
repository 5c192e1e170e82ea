//! The `:` operator: `has` with wildcards.
//!
//! A star at an end frees that end from the boundary of a term; a star inside stands for any
//! text. Source: learn.microsoft.com/kusto/query/search-operator.

use regex::{Regex, RegexBuilder};

use super::needle::Needle;
use super::terms::Edges;

/// A prepared search text.
#[derive(Debug)]
pub(super) enum Wildcard {
    Everything,
    Needle(Needle),
    Pattern(Regex),
}

impl Wildcard {
    /// Prepares a search text; `None` when it is too large.
    pub(super) fn new(text: &str, case_sensitive: bool) -> Option<Self> {
        let open_start = text.starts_with('*');
        let open_end = text.ends_with('*');
        let inner = text.trim_matches('*');
        if inner.is_empty() {
            return Some(Self::Everything);
        }
        let whole = Edges::of_term(inner);
        let edges = Edges {
            start: whole.start && !open_start,
            end: whole.end && !open_end,
        };
        if !inner.contains('*') {
            return Some(Self::Needle(Needle::new(inner, case_sensitive, edges)));
        }
        let parts: Vec<String> = inner.split('*').map(regex::escape).collect();
        let start = if edges.start { r"(?:^|[^\pL\pN])" } else { "" };
        let end = if edges.end { r"(?:$|[^\pL\pN])" } else { "" };
        let pattern = format!("(?s){start}{}{end}", parts.join(".*"));
        RegexBuilder::new(&pattern)
            .case_insensitive(!case_sensitive)
            .build()
            .ok()
            .map(Self::Pattern)
    }

    pub(super) fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Needle(needle) => needle.is_in(text),
            Self::Pattern(pattern) => pattern.is_match(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars() {
        let found = |text, search| Wildcard::new(search, false).unwrap().is_in(text);
        assert!(found("the Hound", "hound") && !found("hounds", "hound"));
        assert!(found("hounds", "hound*") && !found("xhounds", "hound*"));
        assert!(found("bloodhound", "*hound") && found("xhoundx", "*HOUND*"));
        assert!(found("a hunting\nhound b", "hunt*hound") && !found("ahunt hound", "hunt*hound"));
        assert!(found("", "*"));
    }
}
