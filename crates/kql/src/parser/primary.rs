//! Operands: constants, names, calls, brackets, and the paths that start with them.

use super::names::NameUse;
use super::{Parser, Role};
use crate::ast::{Argument, Expr, ExprKind, Literal, Name, NamedExpr};
use crate::diagnostic::codes;
use crate::lexer::{Keyword, KeywordClass, Punctuation, TokenKind};

impl Parser<'_> {
    /// An operand with the members and elements read from it.
    pub(super) fn path(&mut self) -> Expr {
        let outer = std::mem::take(&mut self.height);
        let mut expr = self.primary();
        loop {
            expr = match self.peek() {
                TokenKind::Punctuation(Punctuation::Dot) => self.member(expr),
                TokenKind::Punctuation(Punctuation::OpenBracket) => self.element(expr),
                _ => break,
            };
            self.grow();
        }
        self.height = self.height.max(outer);
        expr
    }

    /// `.name`, `.name(…)`, `.['name']` or `.[index]` after `base`.
    pub(super) fn member(&mut self, base: Expr) -> Expr {
        let start = base.span.start;
        self.bump();
        if self.at_call() {
            let name = self.name(NameUse::Read);
            return self.call(Some(base), name, start);
        }
        if let Some(wildcard) = self.optional_bracketed_wildcard() {
            return self.wildcard_member(base, wildcard);
        }
        if self.at_sign(Punctuation::OpenBracket) && !self.at_name() {
            return self.element(base);
        }
        let member = self.path_name().unwrap_or_else(|| self.name(NameUse::Read));
        self.expr_from(
            start,
            ExprKind::Path {
                base: Box::new(base),
                member,
            },
        )
    }

    /// `.*name` after `base`: the member keeps its star.
    pub(super) fn wildcard_member(&mut self, base: Expr, wildcard: Expr) -> Expr {
        let text = match wildcard.kind {
            ExprKind::Wildcard(text) => text,
            _ => String::new(),
        };
        let start = base.span.start;
        let member = Name {
            text,
            span: wildcard.span,
        };
        self.expr_from(
            start,
            ExprKind::Path {
                base: Box::new(base),
                member,
            },
        )
    }

    /// `[index]` after `base`.
    pub(super) fn element(&mut self, base: Expr) -> Expr {
        let start = base.span.start;
        self.mark(Role::Attached);
        let index = self
            .bracketed(
                Punctuation::OpenBracket,
                Punctuation::CloseBracket,
                Self::expression,
            )
            .unwrap_or_else(|| self.missing_expr());
        self.expr_from(
            start,
            ExprKind::Index {
                base: Box::new(base),
                index: Box::new(index),
            },
        )
    }

    /// A word that may only be read as a name, `@`, or a name.
    pub(super) fn path_name(&mut self) -> Option<Name> {
        match self.peek() {
            TokenKind::Punctuation(Punctuation::At) => Some(self.word_name()),
            TokenKind::Keyword(keyword) if keyword.class() == KeywordClass::Path => {
                Some(self.word_name())
            }
            _ => self.optional_name(NameUse::Read),
        }
    }

    /// Whether a name and `(` are here.
    pub(super) fn at_call(&self) -> bool {
        self.name_length(0, NameUse::Read)
            .is_some_and(|length| self.sign_at(length, Punctuation::OpenParenthesis))
    }

    fn primary(&mut self) -> Expr {
        if let Some(literal) = self.optional_plain_literal() {
            return literal;
        }
        if let TokenKind::Keyword(keyword) = self.peek()
            && let Some(expr) = self.keyword_primary(keyword)
        {
            return expr;
        }
        match self.peek() {
            TokenKind::Punctuation(Punctuation::OpenParenthesis) => self.parenthesised_expression(),
            TokenKind::Punctuation(Punctuation::OpenBracket) => self.bracket_primary(),
            _ if self.at_call() => self.call_here(),
            _ => self.name_primary(),
        }
    }

    /// What starts with a word that has its own syntax.
    fn keyword_primary(&mut self, keyword: Keyword) -> Option<Expr> {
        match keyword {
            Keyword::Dynamic => self.optional_dynamic(),
            Keyword::TypeOf => self.optional_type_of(),
            Keyword::DataTable => Some(self.data_table()),
            Keyword::ExternalData | Keyword::ExternalDataLegacy => Some(self.external_data()),
            Keyword::ToScalar | Keyword::ToTable => Some(self.subquery_call()),
            Keyword::ContextualDatatable => Some(self.contextual_data_table()),
            Keyword::MaterializedViewCombine => Some(self.materialized_view_combine()),
            _ => None,
        }
    }

    fn name_primary(&mut self) -> Expr {
        let Some(name) = self.path_name() else {
            return self.reserved_primary();
        };
        self.optional_data_scope();
        let span = name.span;
        Expr {
            kind: ExprKind::Name(name),
            span,
        }
    }

    /// A reserved word where a column was meant, or nothing at all.
    fn reserved_primary(&mut self) -> Expr {
        let is_used_as_name =
            matches!(self.peek(), TokenKind::Keyword(_)) && self.is_followed_as_name();
        let missing = self.expected_expression();
        if is_used_as_name {
            self.bump();
        }
        missing
    }

    /// Whether what follows the current word only follows names.
    fn is_followed_as_name(&self) -> bool {
        use Punctuation::{
            Asterisk, BangEqual, BangTilde, Comma, Dot, EqualEqual, EqualTilde, Greater,
            GreaterOrEqual, Less, LessOrEqual, Slash,
        };
        matches!(
            self.peek_at(1),
            TokenKind::Punctuation(
                EqualEqual
                    | BangEqual
                    | EqualTilde
                    | BangTilde
                    | Greater
                    | GreaterOrEqual
                    | Less
                    | LessOrEqual
                    | Asterisk
                    | Slash
                    | Dot
                    | Comma
            )
        )
    }

    /// `T datascope=hotcache`: says where the service reads, not what.
    pub(super) fn optional_data_scope(&mut self) {
        if self.at_word(Keyword::DataScope) {
            self.bump_as(Role::ClauseStart);
            self.mark(Role::PropertyEqual);
            self.expect_sign(Punctuation::Equal);
            if !matches!(self.text_of(self.token(0)), "all" | "hotcache") {
                self.expected("`all` or `hotcache`");
                return;
            }
            self.bump();
        }
    }

    /// `(expression)`, tabular or scalar.
    pub(super) fn parenthesised_expression(&mut self) -> Expr {
        let start = self.start();
        self.mark(Role::PipelineOpen);
        let inner = self
            .parenthesised(Self::pipe_expression)
            .unwrap_or_else(|| self.missing_expr());
        self.expr_from(start, ExprKind::Parenthesised(Box::new(inner)))
    }

    /// `['name']`, `[T*]`; `[expression]` alone is nothing that the language gives a meaning to.
    fn bracket_primary(&mut self) -> Expr {
        if let Some(wildcard) = self.optional_bracketed_wildcard() {
            return wildcard;
        }
        if self.at_call() {
            return self.call_here();
        }
        if self.at_name() {
            return self.name_primary();
        }
        let message = "expected a quoted name, as in `['a b']`";
        self.error_here_with_hint(
            codes::EXPECTED_EXPRESSION,
            message,
            "an array is written `dynamic([…])`",
        );
        let base = self.missing_expr();
        self.element(base)
    }

    pub(super) fn call_here(&mut self) -> Expr {
        let start = self.start();
        let name = self.name(NameUse::Read);
        self.call(None, name, start)
    }

    /// The arguments of the call of `name`.
    pub(super) fn call(&mut self, base: Option<Expr>, name: Name, start: usize) -> Expr {
        self.mark(Role::Attached);
        let arguments = self
            .parenthesised(|parser| parser.optional_list(Self::argument))
            .unwrap_or_default();
        self.expr_from(
            start,
            ExprKind::Call {
                base: base.map(Box::new),
                name,
                arguments,
            },
        )
    }

    fn argument(&mut self) -> Argument {
        let star_alone = self.at_sign(Punctuation::Asterisk)
            && matches!(
                self.peek_at(1),
                TokenKind::Punctuation(Punctuation::CloseParenthesis | Punctuation::Comma)
            );
        if star_alone {
            return Argument {
                name: None,
                value: self.star(),
            };
        }
        let named = self.named_expression();
        if named.names.len() > 1 {
            self.error_at(
                codes::UNEXPECTED_TOKEN,
                "an argument has one name",
                named.span,
            );
        }
        Argument {
            name: named.names.into_iter().next(),
            value: named.value,
        }
    }

    /// `[name =] expression` or `(a, b) = expression`.
    pub(super) fn named_expression(&mut self) -> NamedExpr {
        let start = self.start();
        let names = self.assigned_names();
        let value = self.expression();
        NamedExpr {
            names,
            value,
            span: self.span_from(start),
        }
    }

    /// The names before `=`, with the `=`; none when the expression is not named.
    fn assigned_names(&mut self) -> Vec<Name> {
        match self.name_length(0, NameUse::Declared) {
            Some(length) if self.sign_at(length, Punctuation::Equal) => {
                let name = self.name(NameUse::Declared);
                self.bump();
                vec![name]
            }
            _ if self.at_reserved_assignment() => self.reserved_assignment(),
            _ if self.at_name_list_assignment() => self.name_list_assignment(),
            _ => Vec::new(),
        }
    }

    fn at_reserved_assignment(&self) -> bool {
        matches!(self.peek(), TokenKind::Keyword(_)) && self.sign_at(1, Punctuation::Equal)
    }

    fn reserved_assignment(&mut self) -> Vec<Name> {
        self.expected_name();
        let name = self.word_name();
        self.bump();
        vec![name]
    }

    fn at_name_list_assignment(&self) -> bool {
        if !self.at_sign(Punctuation::OpenParenthesis) {
            return false;
        }
        let mut ahead = 1;
        while let Some(length) = self.name_length(ahead, NameUse::Declared) {
            ahead += length;
            if !self.sign_at(ahead, Punctuation::Comma) {
                break;
            }
            ahead += 1;
        }
        self.sign_at(ahead, Punctuation::CloseParenthesis)
            && self.sign_at(ahead + 1, Punctuation::Equal)
    }

    fn name_list_assignment(&mut self) -> Vec<Name> {
        let read = |parser: &mut Self| {
            parser.list_with_trailing_comma(|parser| parser.name(NameUse::Declared))
        };
        let names = self.parenthesised(read).unwrap_or_default();
        self.bump();
        names
    }

    /// A string constant, as an expression.
    pub(super) fn string_literal(&mut self) -> Expr {
        if self.at_string() {
            return self.string_expr();
        }
        self.expected("a string");
        let mut missing = self.missing_expr();
        missing.kind = ExprKind::Literal(Literal::String(String::new()));
        missing
    }
}
