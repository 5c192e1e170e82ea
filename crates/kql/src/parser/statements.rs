//! Statements, and the functions that `let` declares.

use super::names::NameUse;
use super::{Parser, Role};
use crate::ast::{
    DeclareParameters, Expr, FunctionDeclaration, LetStatement, LetValue, Name, Parameter,
    ParameterKind, SetStatement, Statement,
};
use crate::diagnostic::codes;
use crate::lexer::{Keyword, Punctuation, TokenKind};

impl Parser<'_> {
    /// Everything up to the end of the text.
    pub(super) fn query_statements(&mut self) -> Vec<Statement> {
        while self.peek() == TokenKind::Directive {
            self.bump();
        }
        if self.at_sign(Punctuation::Dot) {
            self.management_command();
            return Vec::new();
        }
        let statements = self.statements();
        if statements.is_empty() {
            let hint = "a query starts with the name of a table";
            self.error_here_with_hint(codes::NO_QUERY, "there is no query", hint);
        }
        while !self.at_end() {
            self.trailing_text();
            self.bump();
            self.skip_to_sync();
        }
        statements
    }

    /// `.show tables` and its like.
    fn management_command(&mut self) {
        let message = "management commands are not queries and cannot be run here";
        self.error_here(codes::NO_QUERY, message);
    }

    fn trailing_text(&mut self) {
        let message = format!("unexpected {} after the end of the query", self.found());
        self.error_here(codes::TRAILING_TEXT, message);
    }

    /// Statements separated by `;`, up to something that starts none.
    pub(super) fn statements(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        while !self.at_list_end() {
            let before = self.at;
            statements.push(self.statement());
            if self.eat_sign(Punctuation::Semicolon) {
                continue;
            }
            if self.at_list_end() {
                break;
            }
            self.missing_semicolon();
            if self.at == before {
                self.bump();
            }
        }
        statements
    }

    /// Reports what stands where a statement should have ended, and skips it unless it may start
    /// another statement.
    fn missing_semicolon(&mut self) {
        let starts_line = self.at > 0 && self.starts_line();
        let hint = "statements are separated by `;`, operators by `|`";
        let message = format!(
            "expected `|`, `;` or the end of the query, found {}",
            self.found()
        );
        if starts_line {
            self.error_here_with_hint(codes::UNEXPECTED_TOKEN, message, hint);
            return;
        }
        self.expected("`|`, `;` or the end of the query");
        self.skip_to_sync();
        self.eat_sign(Punctuation::Semicolon);
    }

    /// Whether a line ends between the last token and this one.
    fn starts_line(&self) -> bool {
        let last_end = self
            .at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(0, |token| token.end as usize);
        self.text
            .get(last_end..self.start())
            .is_some_and(|gap| gap.contains(['\n', '\r']))
    }

    fn statement(&mut self) -> Statement {
        match self.peek() {
            TokenKind::Keyword(Keyword::Let)
                if self.name_length(1, NameUse::Read).is_some() || !self.let_is_name() =>
            {
                self.let_statement()
            }
            TokenKind::Keyword(Keyword::Set) => self.set_statement(),
            TokenKind::Keyword(Keyword::Alias) if self.word_at(1, Keyword::Database) => {
                self.alias_statement()
            }
            TokenKind::Keyword(Keyword::Declare) if self.word_at(1, Keyword::Pattern) => {
                self.pattern_statement()
            }
            TokenKind::Keyword(Keyword::Declare) if self.word_at(1, Keyword::QueryParameters) => {
                self.declare_statement()
            }
            TokenKind::Keyword(Keyword::Restrict) if self.word_at(1, Keyword::Access) => {
                self.restrict_statement()
            }
            _ => Statement::Expression(self.query_expression()),
        }
    }

    /// `let | …`, `let;`: a table of that name.
    fn let_is_name(&self) -> bool {
        self.list_ends_at(1)
    }

    /// A statement's expression, with a hint for statements that are written with a capital letter.
    fn query_expression(&mut self) -> Expr {
        let first = self.text_of(self.token(0));
        let is_slip =
            matches!(first, "Let" | "LET") && self.name_length(1, NameUse::Read).is_some();
        if is_slip {
            let message = format!("`{first}` is not a statement");
            self.error_here_with_hint(
                codes::UNEXPECTED_TOKEN,
                message,
                "keywords are written in small letters: `let`",
            );
            return match self.let_statement() {
                Statement::Let(LetStatement {
                    value: LetValue::Expr(value),
                    ..
                }) => value,
                _ => self.missing_expr(),
            };
        }
        self.pipe_expression()
    }

    fn let_statement(&mut self) -> Statement {
        let start = self.start();
        self.bump_as(Role::OperatorStart);
        let name = self.name(NameUse::Read);
        self.expect_sign(Punctuation::Equal);
        let value = self.let_value();
        Statement::Let(LetStatement {
            name,
            value,
            span: self.span_from(start),
        })
    }

    fn let_value(&mut self) -> LetValue {
        match self.peek() {
            TokenKind::Keyword(Keyword::Materialize) => LetValue::Expr(self.subquery_call()),
            TokenKind::Keyword(Keyword::EntityGroup) => LetValue::Expr(self.entity_group()),
            _ if self.at_function() => LetValue::Function(self.function()),
            _ => LetValue::Expr(self.pipe_expression()),
        }
    }

    /// Whether `(`, after an optional `view`, opens a list of parameters.
    fn at_function(&self) -> bool {
        let open = usize::from(self.at_word(Keyword::View));
        if !self.sign_at(open, Punctuation::OpenParenthesis) {
            return false;
        }
        let empty = self.sign_at(open + 1, Punctuation::CloseParenthesis)
            || self.sign_at(open + 1, Punctuation::Asterisk);
        let named = || {
            let length = self.name_length(open + 1, NameUse::Declared)?;
            self.sign_at(open + 1 + length, Punctuation::Colon)
                .then_some(())
        };
        empty || named().is_some()
    }

    fn function(&mut self) -> FunctionDeclaration {
        let start = self.start();
        let view = self.eat_word(Keyword::View);
        let parameters = self
            .parenthesised(|parser| parser.optional_list(Self::parameter))
            .unwrap_or_default();
        self.mark(Role::PipelineOpen);
        let body = self
            .bracketed(
                Punctuation::OpenBrace,
                Punctuation::CloseBrace,
                Self::function_body,
            )
            .unwrap_or_default();
        FunctionDeclaration {
            view,
            parameters,
            body,
            span: self.span_from(start),
        }
    }

    /// `let` and `declare` statements, each with its `;`, then an optional result.
    fn function_body(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        loop {
            let statement = match self.peek() {
                TokenKind::Keyword(Keyword::Let) => self.let_statement(),
                TokenKind::Keyword(Keyword::Declare) => self.declare_statement(),
                _ => break,
            };
            statements.push(statement);
            self.expect_sign(Punctuation::Semicolon);
        }
        if !self.at_list_end() {
            statements.push(Statement::Expression(self.pipe_expression()));
            self.eat_sign(Punctuation::Semicolon);
        }
        statements
    }

    /// `name:type [= constant]`, `name:(columns)`.
    pub(super) fn parameter(&mut self) -> Parameter {
        let start = self.start();
        let name = self.name(NameUse::Declared);
        self.expect_sign(Punctuation::Colon);
        let kind = if self.at_sign(Punctuation::OpenParenthesis) {
            let schema = self.tabular_type();
            ParameterKind::Tabular {
                columns: schema.columns,
                open: schema.open,
            }
        } else {
            ParameterKind::Scalar(self.scalar_type())
        };
        let default = self
            .eat_sign(Punctuation::Equal)
            .then(|| self.default_value());
        Parameter {
            name,
            kind,
            default,
            span: self.span_from(start),
        }
    }

    /// A constant or a word.
    fn default_value(&mut self) -> Expr {
        if let Some(value) = self
            .optional_literal()
            .or_else(|| self.optional_name_expr())
        {
            return value;
        }
        self.literal()
    }

    fn set_statement(&mut self) -> Statement {
        let start = self.start();
        self.bump_as(Role::OperatorStart);
        let name = self.name(NameUse::Read);
        let value = self.eat_sign(Punctuation::Equal).then(|| self.expression());
        Statement::Set(SetStatement {
            name,
            value,
            span: self.span_from(start),
        })
    }

    fn alias_statement(&mut self) -> Statement {
        let start = self.start();
        self.bump_as(Role::OperatorStart);
        self.bump();
        let name = self.name(NameUse::Read);
        self.expect_sign(Punctuation::Equal);
        let value = self.expression();
        Statement::Alias {
            name,
            value,
            span: self.span_from(start),
        }
    }

    fn declare_statement(&mut self) -> Statement {
        let start = self.start();
        self.bump_as(Role::OperatorStart);
        self.expect_word(Keyword::QueryParameters);
        let parameters = self
            .parenthesised(|parser| parser.list(Self::parameter))
            .unwrap_or_default();
        Statement::DeclareParameters(DeclareParameters {
            parameters,
            span: self.span_from(start),
        })
    }

    /// `restrict access to (entities) [with (properties)]`.
    fn restrict_statement(&mut self) -> Statement {
        let start = self.start();
        self.bump_as(Role::OperatorStart);
        self.bump();
        self.expect_word(Keyword::To);
        let entities = self
            .parenthesised(|parser| parser.list(Self::wildcard_entity))
            .unwrap_or_default();
        self.optional_free_properties();
        Statement::Restrict {
            entities,
            span: self.span_from(start),
        }
    }

    /// `declare pattern name = (parameters) [path] { (values).[path] = { body }; … }`.
    fn pattern_statement(&mut self) -> Statement {
        let start = self.start();
        self.bump_as(Role::OperatorStart);
        self.bump();
        let name: Name = self.name(NameUse::Read);
        if self.eat_sign(Punctuation::Equal) {
            self.pattern_definition();
        }
        Statement::Pattern {
            name,
            span: self.span_from(start),
        }
    }

    fn pattern_definition(&mut self) {
        self.parenthesised(|parser| parser.optional_list(Self::column_declaration));
        if self.at_sign(Punctuation::OpenBracket) {
            self.bracketed(
                Punctuation::OpenBracket,
                Punctuation::CloseBracket,
                Self::column_declaration,
            );
        }
        self.bracketed(Punctuation::OpenBrace, Punctuation::CloseBrace, |parser| {
            loop {
                parser.pattern_rule();
                if !parser.at_sign(Punctuation::OpenParenthesis) {
                    break;
                }
            }
        });
    }

    fn pattern_rule(&mut self) {
        self.parenthesised(|parser| parser.list(Self::expression));
        if self.eat_sign(Punctuation::Dot) {
            self.bracketed(
                Punctuation::OpenBracket,
                Punctuation::CloseBracket,
                Self::literal,
            );
        }
        self.expect_sign(Punctuation::Equal);
        self.mark(Role::PipelineOpen);
        self.bracketed(
            Punctuation::OpenBrace,
            Punctuation::CloseBrace,
            Self::function_body,
        );
        self.expect_sign(Punctuation::Semicolon);
    }
}
