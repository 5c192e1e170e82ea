//! Which tokens stand together.

use super::layout::Layout;
use crate::lexer::{Punctuation, TokenKind};
use crate::parser::Role;

impl Layout<'_> {
    /// Whether a space stands between the tokens `left` and `right` where both are on one line.
    pub(super) fn has_space(&self, left: usize, right: usize) -> bool {
        if self.has_role(right, Role::Attached) || self.has_role(left, Role::Prefix) {
            return false;
        }
        if self.has_role(left, Role::PropertyEqual) || self.has_role(right, Role::PropertyEqual) {
            return false;
        }
        if self.kind(left) == TokenKind::Punctuation(Punctuation::Colon) {
            return self.has_role(left, Role::Spaced) || self.has_role(left, Role::SpaceAfter);
        }
        if self.kind(right) == TokenKind::Punctuation(Punctuation::Colon) {
            return self.has_role(right, Role::Spaced);
        }
        !opens(self.kind(left)) && !closes(self.kind(right))
    }
}

/// Whether nothing stands after it.
const fn opens(kind: TokenKind) -> bool {
    use Punctuation::{At, Dot, OpenBrace, OpenBracket, OpenParenthesis};
    matches!(
        kind,
        TokenKind::Punctuation(OpenParenthesis | OpenBracket | OpenBrace | Dot | At)
    )
}

/// Whether nothing stands before it.
const fn closes(kind: TokenKind) -> bool {
    use Punctuation::{CloseBrace, CloseBracket, CloseParenthesis, Comma, Dot, Semicolon};
    matches!(
        kind,
        TokenKind::Punctuation(
            CloseParenthesis | CloseBracket | CloseBrace | Comma | Dot | Semicolon
        ) | TokenKind::End
    )
}
