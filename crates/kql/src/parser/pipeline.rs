//! `source | operator | operator`.

use super::names::NameUse;
use super::operators::{OperatorReader, reader};
use super::{Parser, Role};
use crate::ast::{Expr, ExprKind, Operator, OperatorKind};
use crate::diagnostic::codes;
use crate::lexer::{Keyword, KeywordClass, Punctuation, TokenKind};
use crate::suggest::nearest;

/// The operators that people write, for hints.
pub(super) const OPERATOR_NAMES: &[&str] = &[
    "where",
    "project",
    "extend",
    "summarize",
    "join",
    "union",
    "distinct",
    "take",
    "top",
    "sort",
    "order",
    "count",
    "limit",
    "filter",
    "project-away",
    "project-keep",
    "project-rename",
    "project-reorder",
    "mv-expand",
    "mv-apply",
    "parse",
    "parse-where",
    "parse-kv",
    "lookup",
    "evaluate",
    "invoke",
    "render",
    "serialize",
    "make-series",
    "sample",
    "sample-distinct",
    "search",
    "find",
    "facet",
    "fork",
    "getschema",
    "partition",
    "reduce",
    "scan",
    "top-hitters",
    "top-nested",
    "as",
    "consume",
    "print",
    "range",
    "make-graph",
    "graph-match",
    "graph-to-table",
    "graph-shortest-paths",
    "graph-mark-components",
    "graph-where-nodes",
    "graph-where-edges",
    "project-by-names",
    "assert-schema",
    "macro-expand",
];

impl Parser<'_> {
    /// An expression with any operators after it.
    pub(super) fn pipe_expression(&mut self) -> Expr {
        let outer = std::mem::take(&mut self.height);
        let source = self.pipe_source();
        let operators = self.piped_operators();
        self.height = self.height.max(outer);
        if operators.is_empty() {
            return source;
        }
        self.grow();
        self.expr_from(
            source.span.start,
            ExprKind::Pipe {
                source: Box::new(source),
                operators,
            },
        )
    }

    fn pipe_source(&mut self) -> Expr {
        if self.at_inline_external_table() {
            self.inline_external_table()
        } else if self.at_operator_start() {
            self.source_operator()
        } else {
            self.expression()
        }
    }

    fn source_operator(&mut self) -> Expr {
        let start = self.start();
        let operator = self.operator();
        self.expr_from(start, ExprKind::Source(Box::new(operator)))
    }

    /// `| operator | operator …`, as far as it goes.
    pub(super) fn piped_operators(&mut self) -> Vec<Operator> {
        let mut operators = Vec::new();
        while self.at_sign(Punctuation::Bar) {
            self.bump();
            operators.push(self.operator());
            self.end_of_operator();
        }
        operators
    }

    /// `operator | operator …` without a source, as in `fork` and `mv-apply`.
    pub(super) fn sub_pipeline(&mut self) -> Vec<Operator> {
        let mut operators = vec![self.operator()];
        self.end_of_operator();
        operators.extend(self.piped_operators());
        operators
    }

    /// Reports and skips what stands between the end of an operator and the next `|` on the same
    /// line.
    fn end_of_operator(&mut self) {
        if self.at_list_end() || self.at_sign(Punctuation::Comma) && self.nesting > 0 {
            return;
        }
        if self.nesting == 0 && self.may_start_statement() {
            return;
        }
        self.expected("`|` or the end of the operator");
        self.skip_to_sync();
    }

    /// Whether a new statement seems to start here, `;` being forgotten.
    fn may_start_statement(&self) -> bool {
        matches!(
            self.peek(),
            TokenKind::Keyword(Keyword::Let | Keyword::Set | Keyword::Declare)
        ) && self.name_length(1, NameUse::Read).is_some()
    }

    /// The operator here; an error where there is none.
    pub(super) fn operator(&mut self) -> Operator {
        let start = self.start();
        let outer = std::mem::take(&mut self.height);
        let kind = match self.operator_reader() {
            Some(read) => {
                self.bump_as(Role::OperatorStart);
                read(self)
            }
            None => self.unknown_operator(),
        };
        self.grow();
        self.height = self.height.max(outer);
        Operator {
            kind,
            span: self.span_from(start),
        }
    }

    /// How the operator whose word is here is read.
    fn operator_reader(&self) -> Option<OperatorReader> {
        let TokenKind::Keyword(keyword) = self.peek() else {
            return None;
        };
        let is_call = self.sign_at(1, Punctuation::OpenParenthesis);
        match keyword {
            Keyword::Count | Keyword::Range if is_call => None,
            keyword => reader(keyword),
        }
    }

    fn unknown_operator(&mut self) -> OperatorKind {
        let word = self.text_of(self.token(0)).to_owned();
        let is_word = matches!(self.peek(), TokenKind::Identifier | TokenKind::Keyword(_));
        if !is_word {
            let message = format!("expected an operator after `|`, found {}", self.found());
            self.error_here(codes::EXPECTED_OPERATOR, message);
        } else if OPERATOR_NAMES.contains(&word.as_str()) {
            let message = format!("`{word}` is not an operator here");
            self.error_here_with_hint(
                codes::UNKNOWN_OPERATOR,
                message,
                format!("the operator `{word}` takes no brackets"),
            );
        } else {
            self.unknown_operator_word(&word);
        }
        if !self.at_list_end() {
            self.bump();
            self.skip_to_sync();
        }
        OperatorKind::Error
    }

    fn unknown_operator_word(&mut self, word: &str) {
        let message = format!("`{word}` is not an operator");
        match foreign_operator(word).or_else(|| nearest(word, OPERATOR_NAMES.iter().copied())) {
            Some(name) => {
                self.error_here_with_hint(
                    codes::UNKNOWN_OPERATOR,
                    message,
                    format!("did you mean `{name}`?"),
                );
            }
            None => self.error_here(codes::UNKNOWN_OPERATOR, message),
        }
    }

    /// Whether an operator starts here, where a source may stand, too.
    ///
    /// Words that may be names are operators only with what must follow them.
    pub(super) fn at_operator_start(&self) -> bool {
        let TokenKind::Keyword(keyword) = self.peek() else {
            return false;
        };
        match keyword {
            Keyword::Evaluate => {
                self.name_length(1, NameUse::Read).is_some() || self.known_property_at(1)
            }
            Keyword::Facet => self.word_at(1, Keyword::By),
            Keyword::Partition | Keyword::Reduce => {
                self.word_at(1, Keyword::By) || self.known_property_at(1)
            }
            Keyword::Range => self.at_range_operator(),
            Keyword::Render => matches!(
                self.peek_at(1),
                TokenKind::Identifier | TokenKind::Keyword(_)
            ),
            keyword => keyword.class() != KeywordClass::Name && reader(keyword).is_some(),
        }
    }

    fn at_range_operator(&self) -> bool {
        self.name_length(1, NameUse::Read)
            .is_some_and(|length| self.word_at(1 + length, Keyword::From))
    }
}

/// What other query languages call an operator.
fn foreign_operator(word: &str) -> Option<&'static str> {
    Some(match word.to_ascii_lowercase().as_str() {
        "select" | "fields" | "table" => "project",
        "group" | "stats" | "aggregate" => "summarize",
        "orderby" => "sort by",
        "head" => "take",
        "rename" => "project-rename",
        "eval" => "extend",
        "dedup" | "uniq" => "distinct",
        "mv_expand" => "mv-expand",
        _ => return None,
    })
}
