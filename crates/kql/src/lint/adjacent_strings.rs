//! Strings that were meant to be two.

use super::{Rule, Subject};
use crate::diagnostic::Diagnostic;
use crate::lexer::{LiteralKind, Token, TokenKind, tokenize};

pub(super) const RULE: Rule = Rule {
    code: "KQL0210",
    name: "joined-strings",
    summary: "two string literals without a comma between them are one string",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let tokens = tokenize(subject.text).tokens;
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [first, second] if is_string(first) && is_string(second) => {
            Some(first.span().to(second.span()))
        }
        _ => None,
    });
    let warning = |span| {
        Diagnostic::warning(RULE.code, RULE.summary, span)
            .with_hint("put a comma between them, or write one string")
    };
    pairs.map(warning).collect()
}

fn is_string(token: &Token) -> bool {
    token.kind == TokenKind::Literal(LiteralKind::String)
}
