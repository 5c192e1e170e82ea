//! Expressions with operators, by precedence.
//!
//! From loosest to tightest: `or`; `and`; equality, lists and ranges; order; sums; products; string
//! operators; signs.
//! Equality, order and string operators do not chain.

use super::{Parser, Role};
use crate::ast::{BinaryOp, Expr, ExprKind, InOp, Literal, StringOp, StringTest, UnaryOp};
use crate::constant;
use crate::diagnostic::codes;
use crate::lexer::{Keyword, LiteralKind, Punctuation, TokenKind};
use crate::span::Span;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Or,
    And,
    Equality,
    Order,
    Sum,
    Product,
    String,
    Operand,
}

impl Level {
    const fn next(self) -> Self {
        match self {
            Self::Or => Self::And,
            Self::And => Self::Equality,
            Self::Equality => Self::Order,
            Self::Order => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::String,
            Self::String | Self::Operand => Self::Operand,
        }
    }

    const fn chains(self) -> bool {
        matches!(self, Self::Or | Self::And | Self::Sum | Self::Product)
    }
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    In(InOp),
    Between { negated: bool },
}

/// A chain of `and` or `or` longer than this is built as a balanced tree, which means the same and
/// is not deep.
const LONGEST_LEFT_DEEP_CHAIN: usize = 32;

impl Parser<'_> {
    /// An expression without `|`; an error where there is none.
    pub(super) fn expression(&mut self) -> Expr {
        self.binary(Level::Or)
    }

    /// An expression of operators that bind at least as tight as `min`.
    fn binary(&mut self, min: Level) -> Expr {
        let outer = std::mem::take(&mut self.height);
        let mut left = self.first_operand(min);
        let mut max = Level::Operand;
        while let Some((infix, level)) = infix_of(self.peek()) {
            if level < min || level > max || self.at_range_clause() {
                break;
            }
            left = self.infix(left, infix, level);
            max = if level.chains() { level } else { lower(level) };
        }
        self.height = self.height.max(outer);
        left
    }

    /// The operand that everything else of the expression follows; `* has "x"` and `* == 1` start
    /// with a star.
    fn first_operand(&mut self, min: Level) -> Expr {
        let star = self.at_sign(Punctuation::Asterisk) && self.star_may_stand_here(min);
        if star { self.star() } else { self.signed() }
    }

    fn star_may_stand_here(&self, min: Level) -> bool {
        match infix_of(self.peek_at(1)) {
            Some((_, Level::String)) => true,
            Some((Infix::Binary(BinaryOp::Equal), _)) => min <= Level::Equality,
            _ => false,
        }
    }

    pub(super) fn star(&mut self) -> Expr {
        let span = self.bump().span();
        Expr {
            kind: ExprKind::Wildcard("*".to_owned()),
            span,
        }
    }

    /// `in range(…)` belongs to `make-series`.
    fn at_range_clause(&self) -> bool {
        self.at_word(Keyword::In) && self.word_at(1, Keyword::Range)
    }

    /// The operator here with what follows it.
    fn infix(&mut self, left: Expr, infix: Infix, level: Level) -> Expr {
        match infix {
            Infix::Binary(op @ (BinaryOp::And | BinaryOp::Or)) => self.chain(left, op, level),
            Infix::Binary(op) => {
                self.bump();
                let right = self.binary(level.next());
                self.grow();
                join(left, op, right)
            }
            Infix::In(op) => self.in_list(left, op),
            Infix::Between { negated } => self.between(left, negated),
        }
    }

    fn chain(&mut self, first: Expr, op: BinaryOp, level: Level) -> Expr {
        let mut operands = vec![first];
        while matches!(infix_of(self.peek()), Some((Infix::Binary(next), _)) if next == op) {
            self.bump();
            operands.push(self.binary(level.next()));
        }
        let long = operands.len() > LONGEST_LEFT_DEEP_CHAIN;
        let added = if long {
            operands.len().ilog2() as usize + 1
        } else {
            operands.len() - 1
        };
        for _ in 0..added {
            self.grow();
        }
        let mut operands = operands.into_iter();
        if long {
            balanced(&mut operands, op)
        } else {
            left_deep(operands, op)
        }
        .unwrap_or_else(|| self.missing_expr())
    }

    fn in_list(&mut self, operand: Expr, op: InOp) -> Expr {
        self.bump();
        let list = self.parenthesised(Self::in_list_body).unwrap_or_default();
        self.grow();
        let span = self.span_from(operand.span.start);
        Expr {
            kind: ExprKind::In {
                op,
                operand: Box::new(operand),
                list,
            },
            span,
        }
    }

    /// Values, or one tabular expression.
    fn in_list_body(&mut self) -> Vec<Expr> {
        let first = self.pipe_expression();
        let tabular = matches!(first.kind, ExprKind::Pipe { .. } | ExprKind::Source(_));
        let mut list = vec![first];
        while !tabular && self.eat_sign(Punctuation::Comma) {
            list.push(self.expression());
        }
        list
    }

    fn between(&mut self, operand: Expr, negated: bool) -> Expr {
        self.bump();
        let ends = self.parenthesised(|parser| {
            let low = parser.expression();
            parser.expect_sign(Punctuation::DotDot);
            (low, parser.expression())
        });
        self.grow();
        let (low, high) = ends.unwrap_or_else(|| (self.missing_expr(), self.missing_expr()));
        let span = self.span_from(operand.span.start);
        let kind = ExprKind::Between {
            negated,
            operand: Box::new(operand),
            low: Box::new(low),
            high: Box::new(high),
        };
        Expr { kind, span }
    }

    /// An operand with an optional sign.
    pub(super) fn signed(&mut self) -> Expr {
        let op = match self.peek() {
            TokenKind::Punctuation(Punctuation::Minus) => UnaryOp::Negate,
            TokenKind::Punctuation(Punctuation::Plus) => UnaryOp::Plus,
            _ => return self.path(),
        };
        let start = self.start();
        self.bump_as(Role::Prefix);
        if let Some(smallest) = self.smallest_long(op, start) {
            return smallest;
        }
        let operand = self.path();
        self.grow();
        self.expr_from(
            start,
            ExprKind::Unary {
                op,
                operand: Box::new(operand),
            },
        )
    }

    /// `-9223372036854775808`, whose digits alone do not fit into 64 bits.
    fn smallest_long(&mut self, op: UnaryOp, start: usize) -> Option<Expr> {
        let token = self.token(0);
        let is_long = op == UnaryOp::Negate && token.kind == TokenKind::Literal(LiteralKind::Long);
        let text = self.text_of(token);
        let fits = is_long
            && constant::parse_long(text).is_none()
            && constant::parse_long(&format!("-{text}")).is_some();
        if !fits {
            return None;
        }
        self.bump();
        Some(self.expr_from(start, ExprKind::Literal(Literal::Long(Some(i64::MIN)))))
    }

    /// Reports that an expression is missing here.
    pub(super) fn expected_expression(&mut self) -> Expr {
        let message = format!("expected an expression, found {}", self.found());
        match self.peek() {
            TokenKind::Keyword(_) => {
                let hint = format!(
                    "`{word}` is a word of the language; as a name, write `['{word}']`",
                    word = self.text_of(self.token(0))
                );
                self.error_here_with_hint(codes::EXPECTED_EXPRESSION, message, hint);
            }
            _ => self.error_here(codes::EXPECTED_EXPRESSION, message),
        }
        self.missing_expr()
    }
}

fn lower(level: Level) -> Level {
    match level {
        Level::Or | Level::And => Level::Or,
        Level::Equality => Level::And,
        Level::Order => Level::Equality,
        Level::Sum => Level::Order,
        Level::Product => Level::Sum,
        Level::String => Level::Product,
        Level::Operand => Level::String,
    }
}

fn join(left: Expr, op: BinaryOp, right: Expr) -> Expr {
    let span = Span::new(left.span.start, right.span.end.max(left.span.end));
    Expr {
        kind: ExprKind::Binary {
            op,
            left: Box::new(left),
            right: Box::new(right),
        },
        span,
    }
}

fn left_deep(mut operands: impl Iterator<Item = Expr>, op: BinaryOp) -> Option<Expr> {
    let first = operands.next()?;
    Some(operands.fold(first, |left, right| join(left, op, right)))
}

/// The operands as a tree whose height is logarithmic in their number, in the same order.
fn balanced(operands: &mut std::vec::IntoIter<Expr>, op: BinaryOp) -> Option<Expr> {
    fn build(operands: &mut std::vec::IntoIter<Expr>, count: usize, op: BinaryOp) -> Option<Expr> {
        if count <= 1 {
            return operands.next();
        }
        let left = build(operands, count.div_ceil(2), op)?;
        let right = build(operands, count / 2, op)?;
        Some(join(left, op, right))
    }
    let count = operands.len();
    build(operands, count, op)
}

const fn infix_of(token: TokenKind) -> Option<(Infix, Level)> {
    match token {
        TokenKind::Punctuation(sign) => infix_sign(sign),
        TokenKind::Keyword(word) => infix_word(word),
        _ => None,
    }
}

const fn infix_sign(sign: Punctuation) -> Option<(Infix, Level)> {
    let (op, level) = match sign {
        Punctuation::EqualEqual => (BinaryOp::Equal, Level::Equality),
        Punctuation::BangEqual | Punctuation::LessGreater => (BinaryOp::NotEqual, Level::Equality),
        Punctuation::Less => (BinaryOp::Less, Level::Order),
        Punctuation::LessOrEqual => (BinaryOp::LessOrEqual, Level::Order),
        Punctuation::Greater => (BinaryOp::Greater, Level::Order),
        Punctuation::GreaterOrEqual => (BinaryOp::GreaterOrEqual, Level::Order),
        Punctuation::Plus => (BinaryOp::Add, Level::Sum),
        Punctuation::Minus => (BinaryOp::Subtract, Level::Sum),
        Punctuation::Asterisk => (BinaryOp::Multiply, Level::Product),
        Punctuation::Slash => (BinaryOp::Divide, Level::Product),
        Punctuation::Percent => (BinaryOp::Modulo, Level::Product),
        Punctuation::EqualTilde => (string(StringTest::Equals, false, false), Level::String),
        Punctuation::BangTilde => (string(StringTest::Equals, false, true), Level::String),
        Punctuation::Colon => (string(StringTest::Search, false, false), Level::String),
        _ => return None,
    };
    Some((Infix::Binary(op), level))
}

const fn infix_word(word: Keyword) -> Option<(Infix, Level)> {
    Some(match word {
        Keyword::Or => (Infix::Binary(BinaryOp::Or), Level::Or),
        Keyword::And => (Infix::Binary(BinaryOp::And), Level::And),
        Keyword::In => (
            Infix::In(InOp::In {
                case_sensitive: true,
                negated: false,
            }),
            Level::Equality,
        ),
        Keyword::NotIn => (
            Infix::In(InOp::In {
                case_sensitive: true,
                negated: true,
            }),
            Level::Equality,
        ),
        Keyword::InTilde => (
            Infix::In(InOp::In {
                case_sensitive: false,
                negated: false,
            }),
            Level::Equality,
        ),
        Keyword::NotInTilde => (
            Infix::In(InOp::In {
                case_sensitive: false,
                negated: true,
            }),
            Level::Equality,
        ),
        Keyword::HasAny => (Infix::In(InOp::HasAny), Level::Equality),
        Keyword::HasAll => (Infix::In(InOp::HasAll), Level::Equality),
        Keyword::Between => (Infix::Between { negated: false }, Level::Equality),
        Keyword::NotBetween => (Infix::Between { negated: true }, Level::Equality),
        word => match string_word(word) {
            Some(op) => (Infix::Binary(op), Level::String),
            None => return None,
        },
    })
}

const fn string(test: StringTest, case_sensitive: bool, negated: bool) -> BinaryOp {
    BinaryOp::String(StringOp {
        test,
        case_sensitive,
        negated,
    })
}

const fn string_word(word: Keyword) -> Option<BinaryOp> {
    use StringTest::{
        Contains, EndsWith, Has, HasPrefix, HasSuffix, Like, MatchesRegex, StartsWith,
    };
    Some(match word {
        Keyword::Has => string(Has, false, false),
        Keyword::NotHas => string(Has, false, true),
        Keyword::HasCs => string(Has, true, false),
        Keyword::NotHasCs => string(Has, true, true),
        Keyword::HasPrefix => string(HasPrefix, false, false),
        Keyword::NotHasPrefix => string(HasPrefix, false, true),
        Keyword::HasPrefixCs => string(HasPrefix, true, false),
        Keyword::NotHasPrefixCs => string(HasPrefix, true, true),
        Keyword::HasSuffix => string(HasSuffix, false, false),
        Keyword::NotHasSuffix => string(HasSuffix, false, true),
        Keyword::HasSuffixCs => string(HasSuffix, true, false),
        Keyword::NotHasSuffixCs => string(HasSuffix, true, true),
        Keyword::Contains => string(Contains, false, false),
        Keyword::NotContains | Keyword::NotContainsWord => string(Contains, false, true),
        Keyword::ContainsCs | Keyword::ContainsCsWord => string(Contains, true, false),
        Keyword::NotContainsCs | Keyword::NotContainsCsWord => string(Contains, true, true),
        Keyword::StartsWith => string(StartsWith, false, false),
        Keyword::NotStartsWith => string(StartsWith, false, true),
        Keyword::StartsWithCs => string(StartsWith, true, false),
        Keyword::NotStartsWithCs => string(StartsWith, true, true),
        Keyword::EndsWith => string(EndsWith, false, false),
        Keyword::NotEndsWith => string(EndsWith, false, true),
        Keyword::EndsWithCs => string(EndsWith, true, false),
        Keyword::NotEndsWithCs => string(EndsWith, true, true),
        Keyword::Like => string(Like, false, false),
        Keyword::NotLike => string(Like, false, true),
        Keyword::LikeCs => string(Like, true, false),
        Keyword::NotLikeCs => string(Like, true, true),
        Keyword::MatchesRegex => string(MatchesRegex, true, false),
        _ => return None,
    })
}
