//! Types, and lists of `name:type`.

use super::names::NameUse;
use super::{Parser, Role};
use crate::ast::{ColumnDeclaration, Expr, ExprKind, TypeOf};
use crate::diagnostic::codes;
use crate::lexer::{Keyword, Punctuation, TokenKind};
use crate::suggest::nearest;
use crate::types::ScalarType;

/// A schema in brackets: its columns, and whether `*` is among them.
#[derive(Debug, Default)]
pub(super) struct Schema {
    pub(super) columns: Vec<ColumnDeclaration>,
    pub(super) open: bool,
}

impl Parser<'_> {
    /// A type name; an error and `string` where there is none.
    pub(super) fn scalar_type(&mut self) -> ScalarType {
        match self.peek() {
            TokenKind::Keyword(keyword) if parameter_type(keyword).is_some() => {
                self.bump();
                parameter_type(keyword).unwrap_or(ScalarType::String)
            }
            _ => self.invalid_type(),
        }
    }

    /// As [`Self::scalar_type`], with the names that `typeof` and `find` take in addition.
    fn extended_type(&mut self) -> ScalarType {
        match self.peek() {
            TokenKind::Keyword(keyword) if extended_type(keyword).is_some() => {
                self.bump();
                extended_type(keyword).unwrap_or(ScalarType::String)
            }
            _ => self.invalid_type(),
        }
    }

    fn invalid_type(&mut self) -> ScalarType {
        const NAMES: [&str; 10] = [
            "bool", "int", "long", "real", "decimal", "string", "datetime", "timespan", "guid",
            "dynamic",
        ];
        let found = self.text_of(self.token(0));
        let message = format!("expected a type, found {}", self.found());
        let hint = match nearest(found, NAMES) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("types are {}", NAMES.join(", ")),
        };
        self.error_here_with_hint(codes::EXPECTED_TYPE, message, hint);
        if matches!(self.peek(), TokenKind::Identifier | TokenKind::Keyword(_)) {
            self.bump();
        }
        ScalarType::String
    }

    /// `: type`, if a colon is here.
    pub(super) fn optional_column_type(&mut self) -> Option<ScalarType> {
        self.eat_sign(Punctuation::Colon)
            .then(|| self.scalar_type())
    }

    /// As [`Self::optional_column_type`] with the additional type names.
    pub(super) fn optional_extended_column_type(&mut self) -> Option<ScalarType> {
        self.eat_sign(Punctuation::Colon)
            .then(|| self.extended_type())
    }

    /// `name:type`.
    pub(super) fn column_declaration(&mut self) -> ColumnDeclaration {
        let start = self.start();
        let name = self.name(NameUse::Declared);
        self.expect_sign(Punctuation::Colon);
        let scalar_type = self.scalar_type();
        ColumnDeclaration {
            name,
            scalar_type,
            span: self.span_from(start),
        }
    }

    /// `(a:string, b:long)`, also with a comma at the start or at the end.
    pub(super) fn row_schema(&mut self) -> Vec<ColumnDeclaration> {
        let columns = self.parenthesised(|parser| {
            parser.eat_sign(Punctuation::Comma);
            parser.list_with_trailing_comma(Self::column_declaration)
        });
        columns.unwrap_or_default()
    }

    /// As [`Self::row_schema`], with an optional `*` at the start.
    pub(super) fn open_row_schema(&mut self) -> Schema {
        let schema = self.parenthesised(|parser| {
            parser.eat_sign(Punctuation::Comma);
            let open = parser.eat_sign(Punctuation::Asterisk);
            parser.eat_sign(Punctuation::Comma);
            Schema {
                columns: parser.list_with_trailing_comma(Self::column_declaration),
                open,
            }
        });
        schema.unwrap_or_default()
    }

    /// `(*)` or `(a:string, b:long)`: the type of a tabular parameter.
    pub(super) fn tabular_type(&mut self) -> Schema {
        let schema = self.parenthesised(|parser| {
            if parser.eat_sign(Punctuation::Asterisk) {
                return Schema {
                    columns: Vec::new(),
                    open: true,
                };
            }
            Schema {
                columns: parser.list_with_trailing_comma(Self::column_declaration),
                open: false,
            }
        });
        schema.unwrap_or_default()
    }

    /// `typeof(…)`, where the bracket follows.
    pub(super) fn optional_type_of(&mut self) -> Option<Expr> {
        if !self.at_word(Keyword::TypeOf) || !self.sign_at(1, Punctuation::OpenParenthesis) {
            return None;
        }
        let start = self.start();
        self.bump();
        self.mark(Role::Attached);
        let operand = self.parenthesised(Self::type_of_operand)?;
        Some(self.expr_from(start, ExprKind::TypeOf(operand)))
    }

    fn type_of_operand(&mut self) -> TypeOf {
        let is_schema = self.at_sign(Punctuation::Asterisk)
            || self.list_ends_at(0)
            || self
                .name_length(0, NameUse::Declared)
                .is_some_and(|length| self.sign_at(length, Punctuation::Colon));
        if !is_schema {
            return TypeOf::Scalar(self.extended_type());
        }
        let mut open = false;
        let columns = self.optional_list(|parser| {
            let star = parser.eat_sign(Punctuation::Asterisk);
            open |= star;
            (!star).then(|| parser.column_declaration())
        });
        TypeOf::Schema {
            columns: columns.into_iter().flatten().collect(),
            open,
        }
    }

    /// `to typeof(type)`, if `to` is here.
    pub(super) fn optional_to_type(&mut self) -> Option<ScalarType> {
        if !self.eat_word(Keyword::To) {
            return None;
        }
        let start = self.start();
        match self.optional_type_of().map(|expr| expr.kind) {
            Some(ExprKind::TypeOf(TypeOf::Scalar(scalar_type))) => Some(scalar_type),
            Some(_) => {
                let span = self.span_from(start);
                self.error_at(
                    codes::EXPECTED_TYPE,
                    "expected one type, found a schema",
                    span,
                );
                None
            }
            None => {
                self.expected("`typeof(…)`");
                None
            }
        }
    }
}

const fn parameter_type(keyword: Keyword) -> Option<ScalarType> {
    Some(match keyword {
        Keyword::Bool | Keyword::Boolean | Keyword::Int8 => ScalarType::Bool,
        Keyword::Int => ScalarType::Int,
        Keyword::Long | Keyword::Int64 => ScalarType::Long,
        Keyword::Real | Keyword::Double => ScalarType::Real,
        Keyword::Decimal => ScalarType::Decimal,
        Keyword::String => ScalarType::String,
        Keyword::DateTime | Keyword::Date => ScalarType::DateTime,
        Keyword::TimeSpan | Keyword::Time => ScalarType::TimeSpan,
        Keyword::Guid | Keyword::UniqueId => ScalarType::Guid,
        Keyword::Dynamic => ScalarType::Dynamic,
        _ => return None,
    })
}

const fn extended_type(keyword: Keyword) -> Option<ScalarType> {
    Some(match keyword {
        Keyword::Int16 | Keyword::Int32 | Keyword::UInt8 | Keyword::UInt16 => ScalarType::Int,
        Keyword::UInt | Keyword::UInt32 | Keyword::UInt64 | Keyword::ULong => ScalarType::Long,
        Keyword::Float => ScalarType::Real,
        _ => return parameter_type(keyword),
    })
}
