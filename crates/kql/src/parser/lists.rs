//! Lists separated by commas.

use super::Parser;
use crate::lexer::Punctuation;

impl Parser<'_> {
    /// One element or more.
    pub(super) fn list<T>(&mut self, mut element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut elements = vec![element(self)];
        while self.eat_sign(Punctuation::Comma) {
            elements.push(element(self));
        }
        elements
    }

    /// No element or more: none where the list ends at once.
    pub(super) fn optional_list<T>(&mut self, element: impl FnMut(&mut Self) -> T) -> Vec<T> {
        if self.at_list_end() {
            Vec::new()
        } else {
            self.list(element)
        }
    }

    /// No element or more, with an optional comma after the last one.
    pub(super) fn list_with_trailing_comma<T>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        let mut elements = Vec::new();
        while !self.at_list_end() {
            elements.push(element(self));
            if !self.eat_sign(Punctuation::Comma) {
                break;
            }
        }
        elements
    }

    /// `(…)` around what `read` reads; `None` and an error where the bracket is missing.
    pub(super) fn parenthesised<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.bracketed(
            Punctuation::OpenParenthesis,
            Punctuation::CloseParenthesis,
            read,
        )
    }

    /// Brackets around what `read` reads; `None` and an error where the opening one is missing.
    pub(super) fn bracketed<T>(
        &mut self,
        open: Punctuation,
        close: Punctuation,
        read: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        let bracket = self.token(0);
        if !self.expect_sign(open) {
            return None;
        }
        let read = self.nested(read)?;
        self.expect_close(close, bracket);
        Some(read)
    }
}
