//! Query text under construction.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use tesem_kql::literal;

/// A query text that grows only by fragments of this program, numbers and literals: a value from outside cannot become code.
#[derive(Debug, Default)]
pub(super) struct QueryText(String);

impl QueryText {
    /// A fragment written in this program's source.
    pub(super) fn code(&mut self, fragment: &'static str) -> &mut Self {
        self.0.push_str(fragment);
        self
    }

    /// A name of this program's making, such as a list's.
    pub(super) fn name(&mut self, name: &impl Name) -> &mut Self {
        use fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(self.0, "{name}");
        self
    }

    /// A whole number.
    pub(super) fn number(&mut self, number: impl Into<u64>) -> &mut Self {
        self.0.push_str(&number.into().to_string());
        self
    }

    /// A string literal.
    pub(super) fn string(&mut self, value: &str) -> &mut Self {
        self.0.push_str(&literal::string(value).to_string());
        self
    }

    /// A datetime literal.
    pub(super) fn datetime(&mut self, instant: Timestamp) -> &mut Self {
        self.0.push_str(&literal::datetime(instant).to_string());
        self
    }

    /// A `dynamic([…])` literal of strings.
    pub(super) fn strings(&mut self, values: &BTreeSet<String>) -> &mut Self {
        let values = values.iter().map(String::as_str);
        self.0.push_str(&literal::dynamic_array(values).to_string());
        self
    }

    /// Calls `write` for each item, with `separator` between them.
    pub(super) fn separated<T>(
        &mut self,
        separator: &'static str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.code(separator);
            }
            write(self, item);
        }
        self
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// How many bytes a value takes in a list, with its comma.
pub(super) fn listed_bytes(value: &str) -> usize {
    literal::string_length(value) + 1
}

/// What [`QueryText::name`] takes: names that this program makes from fixed words and numbers.
pub(super) trait Name: fmt::Display {}

impl Name for crate::term::List {}
impl Name for &'static str {}
impl Name for super::Row {}
impl Name for super::Derived {}
