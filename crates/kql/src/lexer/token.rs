//! What a token is.

use super::keyword::Keyword;
use crate::span::Span;

/// A token: its kind and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Offset of its first byte.
    pub start: u32,
    /// Offset after its last byte.
    pub end: u32,
    /// Whether white space or a comment stands before it.
    pub after_trivia: bool,
}

impl Token {
    /// Where it stands.
    #[must_use]
    pub const fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// The kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A name that is no keyword.
    Identifier,
    /// A word of the language; many of them may also be names.
    Keyword(Keyword),
    /// A constant.
    Literal(LiteralKind),
    /// `74be27de-1e4e-49d9-b579-fe0b331d3642` without `guid(…)`, which only few places take.
    RawGuid,
    /// An operator sign or bracket.
    Punctuation(Punctuation),
    /// `#…` to the end of the line.
    Directive,
    /// A character that is not of the language.
    Unknown,
    /// The end of the text.
    End,
}

/// The types of constants that are one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiteralKind {
    /// `true`, `bool(1)`.
    Bool,
    /// `int(1)`.
    Int,
    /// `1`, `0xff`, `long(1)`.
    Long,
    /// `1.5`, `real(1)`.
    Real,
    /// `decimal(1.5)`.
    Decimal,
    /// Any spelling of a string.
    String,
    /// `datetime(…)`.
    DateTime,
    /// `1d`, `timespan(…)`.
    TimeSpan,
    /// `guid(…)`.
    Guid,
}

macro_rules! punctuation {
    ($($name:ident = $text:literal,)*) => {
        /// Operator signs and brackets.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Punctuation {
            $(#[doc = concat!("`", $text, "`")] $name,)*
        }

        impl Punctuation {
            /// As written.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

punctuation! {
    OpenParenthesis = "(",
    CloseParenthesis = ")",
    OpenBracket = "[",
    CloseBracket = "]",
    OpenBrace = "{",
    CloseBrace = "}",
    Bar = "|",
    Dot = ".",
    DotDot = "..",
    Plus = "+",
    Minus = "-",
    Asterisk = "*",
    Slash = "/",
    Percent = "%",
    Less = "<",
    LessOrEqual = "<=",
    LessBar = "<|",
    LessGreater = "<>",
    Greater = ">",
    GreaterOrEqual = ">=",
    Equal = "=",
    EqualEqual = "==",
    EqualTilde = "=~",
    Arrow = "=>",
    BangEqual = "!=",
    BangTilde = "!~",
    Colon = ":",
    Semicolon = ";",
    Comma = ",",
    At = "@",
    Question = "?",
}

impl Punctuation {
    /// The sign at the start of `bytes`, with its length.
    pub(super) fn at(bytes: &[u8]) -> Option<(Self, usize)> {
        let first = *bytes.first()?;
        let second = bytes.get(1).copied().unwrap_or(0);
        Self::of_two(first, second)
            .map(|it| (it, 2))
            .or_else(|| Self::of_one(first).map(|it| (it, 1)))
    }

    const fn of_two(first: u8, second: u8) -> Option<Self> {
        Some(match (first, second) {
            (b'.', b'.') => Self::DotDot,
            (b'<', b'=') => Self::LessOrEqual,
            (b'<', b'|') => Self::LessBar,
            (b'<', b'>') => Self::LessGreater,
            (b'>', b'=') => Self::GreaterOrEqual,
            (b'=', b'=') => Self::EqualEqual,
            (b'=', b'~') => Self::EqualTilde,
            (b'=', b'>') => Self::Arrow,
            (b'!', b'=') => Self::BangEqual,
            (b'!', b'~') => Self::BangTilde,
            _ => return None,
        })
    }

    const fn of_one(first: u8) -> Option<Self> {
        Some(match first {
            b'(' => Self::OpenParenthesis,
            b')' => Self::CloseParenthesis,
            b'[' => Self::OpenBracket,
            b']' => Self::CloseBracket,
            b'{' => Self::OpenBrace,
            b'}' => Self::CloseBrace,
            b'|' => Self::Bar,
            b'.' => Self::Dot,
            b'+' => Self::Plus,
            b'-' => Self::Minus,
            b'*' => Self::Asterisk,
            b'/' => Self::Slash,
            b'%' => Self::Percent,
            b'<' => Self::Less,
            b'>' => Self::Greater,
            b'=' => Self::Equal,
            b':' => Self::Colon,
            b';' => Self::Semicolon,
            b',' => Self::Comma,
            b'@' => Self::At,
            b'?' => Self::Question,
            _ => return None,
        })
    }
}

/// Whether `byte` may stand in an identifier.
pub(super) const fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length of the word at the start of `bytes`, whose first byte is known to be fit.
pub(super) fn word_length(bytes: &[u8]) -> usize {
    1 + bytes
        .iter()
        .skip(1)
        .take_while(|&&byte| is_word_byte(byte))
        .count()
}
