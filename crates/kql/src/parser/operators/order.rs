//! `sort`, `top`, `top-hitters`, `top-nested`.

use crate::ast::{NullsOrder, OperatorKind, SortKey, SortOrder, TopNestedClause};
use crate::lexer::{Keyword, Punctuation, TokenKind};
use crate::parser::properties::{Rules, ValueForm};
use crate::parser::{Parser, Role};

pub(super) fn sort(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::strict(&[("hint.strategy", ValueForm::Any)]));
    parser.expect_clause(Keyword::By);
    OperatorKind::Sort {
        properties,
        keys: parser.list(Parser::sort_key),
    }
}

/// `top n by key`.
pub(super) fn top(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::with(&[]));
    let count = parser.named_expression().value;
    parser.expect_clause(Keyword::By);
    OperatorKind::Top {
        properties,
        count,
        keys: vec![parser.sort_key()],
    }
}

/// `top-hitters n of column [by weight]`.
pub(super) fn top_hitters(parser: &mut Parser<'_>) -> OperatorKind {
    let count = parser.named_expression().value;
    parser.expect_clause(Keyword::Of);
    let of = parser.named_expression().value;
    let by = parser
        .eat_clause(Keyword::By)
        .then(|| parser.named_expression().value);
    OperatorKind::TopHitters { count, of, by }
}

/// `top-nested n of a by x, top-nested m of b by y`.
pub(super) fn top_nested(parser: &mut Parser<'_>) -> OperatorKind {
    let mut clauses = vec![top_nested_clause(parser)];
    while parser.eat_sign(Punctuation::Comma) {
        if !parser.expect_clause(Keyword::TopNested) {
            break;
        }
        clauses.push(top_nested_clause(parser));
    }
    OperatorKind::TopNested(clauses)
}

fn top_nested_clause(parser: &mut Parser<'_>) -> TopNestedClause {
    let count = (!parser.at_word(Keyword::Of)).then(|| parser.named_expression().value);
    parser.expect_clause(Keyword::Of);
    let of = parser.named_expression();
    let with_others = parser.eat_clause(Keyword::With).then(|| {
        parser.expect_word(Keyword::Others);
        parser.expect_sign(Punctuation::Equal);
        parser.expression()
    });
    parser.expect_clause(Keyword::By);
    let SortKey { value, order, .. } = parser.sort_key();
    TopNestedClause {
        count,
        of,
        with_others,
        by: value,
        order,
    }
}

impl Parser<'_> {
    /// `[name =] expression [asc|desc] [nulls first|last]`.
    pub(super) fn sort_key(&mut self) -> SortKey {
        let value = self.named_expression();
        let order = self.optional_order();
        let nulls = self.optional_nulls_order();
        SortKey {
            value,
            order,
            nulls,
        }
    }

    pub(super) fn optional_order(&mut self) -> Option<SortOrder> {
        let order = match self.peek() {
            TokenKind::Keyword(Keyword::Asc) => SortOrder::Ascending,
            TokenKind::Keyword(Keyword::Desc) => SortOrder::Descending,
            TokenKind::Keyword(Keyword::GrannyAsc) => SortOrder::GrannyAscending,
            TokenKind::Keyword(Keyword::GrannyDesc) => SortOrder::GrannyDescending,
            _ => return None,
        };
        self.bump();
        Some(order)
    }

    fn optional_nulls_order(&mut self) -> Option<NullsOrder> {
        if !self.at_word(Keyword::Nulls) {
            return None;
        }
        self.bump_as(Role::ClauseStart);
        if self.eat_word(Keyword::First) {
            return Some(NullsOrder::First);
        }
        if self.eat_word(Keyword::Last) {
            return Some(NullsOrder::Last);
        }
        self.expected("`first` or `last`");
        None
    }
}
