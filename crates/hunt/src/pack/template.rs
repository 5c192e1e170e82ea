//! Where the placeholders of a query stand.

use std::collections::BTreeMap;
use std::ops::Range;

use tesem_kql::lexer::{Comment, Punctuation, Token, TokenKind, comments, tokenize};
use tesem_kql::literal::Literal;

use super::error::{Problem, known_placeholders};
use super::list::IndicatorList;
use super::parameter::ParameterValue;

/// What a placeholder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Slot {
    List(IndicatorList),
    WindowStart,
    WindowEnd,
    Parameter(String),
}

/// A placeholder and the text between it and the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    before: String,
    pub(super) slot: Slot,
    /// Where it stands in the query.
    span: Range<usize>,
}

/// A query text cut at its placeholders: every slot with the text before it, and the text behind the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) pieces: Vec<Piece>,
    pub(super) rest: String,
    /// Lists that stand behind a negated operator: what they exclude cannot be asked in parts.
    pub(super) negated: Vec<IndicatorList>,
}

/// A problem and where in the text it is.
pub(super) type Misplaced = (usize, Problem);

impl Template {
    /// Finds the placeholders of `text`. With `strict`, double braces around any name mean a placeholder, even inside constants and
    /// comments; otherwise only those that are known.
    pub(super) fn read(
        text: &str,
        parameters: &BTreeMap<String, ParameterValue>,
        strict: bool,
    ) -> Result<Self, Misplaced> {
        let tokens = tokenize(text).tokens;
        let reader = Reader {
            text,
            parameters,
            strict,
            comments: comments(text, &tokens),
            tokens: &tokens,
        };
        let mut template = Self::plain("");
        let mut copied = 0;
        let mut from = 0;
        while let Some(start) = find(text, from, "{{") {
            match reader.slot_at(start)? {
                Some((slot, end)) => {
                    let before = text.get(copied..start).unwrap_or_default();
                    if let Slot::List(list) = slot
                        && reader.is_negated(start)
                    {
                        template.negated.push(list);
                    }
                    template.pieces.push(Piece {
                        before: before.to_owned(),
                        slot,
                        span: start..end,
                    });
                    (copied, from) = (end, end);
                }
                None => from = start + 1,
            }
        }
        template.rest = text.get(copied..).unwrap_or_default().to_owned();
        Ok(template)
    }

    /// A text without placeholders.
    pub(super) fn plain(text: &str) -> Self {
        Self {
            pieces: Vec::new(),
            rest: text.to_owned(),
            negated: Vec::new(),
        }
    }

    /// The text with a literal in every placeholder's place. Blanks keep it apart from what stands beside it: `@` before a string
    /// would change how it is read.
    pub(super) fn write(&self, value: impl Fn(&Slot) -> Literal) -> Filled {
        let mut text = String::new();
        let mut slots = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            text.push_str(&piece.before);
            let start = text.len();
            text.push(' ');
            text.push_str(value(&piece.slot).as_str());
            text.push(' ');
            slots.push((start..text.len(), piece.span.clone()));
        }
        text.push_str(&self.rest);
        Filled { text, slots }
    }

    /// The lists it asks for, each once, in the order of their first place.
    pub(super) fn lists(&self) -> Vec<IndicatorList> {
        let mut lists = Vec::new();
        for piece in &self.pieces {
            if let Slot::List(list) = &piece.slot
                && !lists.contains(list)
            {
                lists.push(*list);
            }
        }
        lists
    }
}

/// A filled text.
pub(super) struct Filled {
    pub(super) text: String,
    /// Where each value stands, and where its placeholder stood.
    slots: Vec<(Range<usize>, Range<usize>)>,
}

impl Filled {
    /// Where offset `at` of the filled text was before it was filled.
    pub(super) fn origin(&self, at: usize) -> usize {
        let before = self
            .slots
            .iter()
            .rev()
            .find(|(filled, _)| filled.start <= at);
        match before {
            None => at,
            Some((filled, span)) if at < filled.end => span.start,
            Some((filled, span)) => span.end + (at - filled.end),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    parameters: &'a BTreeMap<String, ParameterValue>,
    strict: bool,
    comments: Vec<Comment>,
    tokens: &'a [Token],
}

/// Where double braces stand.
enum Standing {
    Code,
    Constant,
    Comment,
}

impl Reader<'_> {
    /// The slot whose braces open at `start`, and where it ends; nothing where they are part of a text.
    fn slot_at(&self, start: usize) -> Result<Option<(Slot, usize)>, Misplaced> {
        let standing = self.standing(start);
        let Some((name, end)) = placeholder(self.text, start) else {
            return match standing {
                Standing::Code => Err((start, Problem::Malformed)),
                _ => Ok(None),
            };
        };
        let slot = self.slot(name);
        let is_meant = slot.is_some() || self.strict;
        let name = name.to_owned();
        match (standing, slot) {
            (Standing::Code, Some(slot)) => Ok(Some((slot, end))),
            (Standing::Code, None) => {
                let known = known_placeholders(self.parameters.keys());
                Err((start, Problem::Unknown { name, known }))
            }
            (Standing::Constant, _) if is_meant => Err((start, Problem::InConstant { name })),
            (Standing::Comment, _) if is_meant => Err((start, Problem::InComment { name })),
            _ => Ok(None),
        }
    }

    fn slot(&self, name: &str) -> Option<Slot> {
        if let Some(list) = name.strip_prefix("indicators.") {
            return IndicatorList::named(list).map(Slot::List);
        }
        match name {
            "window.start" => Some(Slot::WindowStart),
            "window.end" => Some(Slot::WindowEnd),
            name if self.parameters.contains_key(name) => Some(Slot::Parameter(name.to_owned())),
            _ => None,
        }
    }

    fn standing(&self, at: usize) -> Standing {
        let later = self.comments.partition_point(|c| c.span.start <= at);
        let comment = later.checked_sub(1).and_then(|it| self.comments.get(it));
        if comment.is_some_and(|comment| at < comment.span.end) {
            return Standing::Comment;
        }
        let later = self.tokens.partition_point(|t| t.start as usize <= at);
        let token = later.checked_sub(1).and_then(|it| self.tokens.get(it));
        match token.map(|token| token.kind) {
            Some(TokenKind::Punctuation(Punctuation::OpenBrace)) => Standing::Code,
            _ => Standing::Constant,
        }
    }

    /// Whether a negated operator uses the list at `start`, directly or by the name that a `let` gives it.
    fn is_negated(&self, start: usize) -> bool {
        let before: Vec<&Token> = self
            .tokens
            .iter()
            .filter(|token| token.end as usize <= start)
            .collect();
        if self.is_behind_negation(&before) {
            return true;
        }
        let text = |token: &Token| token.span().text(self.text);
        let [.., word, name, equal] = before.as_slice() else {
            return false;
        };
        if text(word) != "let" || text(equal) != "=" {
            return false;
        }
        let uses = (0..self.tokens.len()).filter(|index| {
            let token = self.tokens.get(*index);
            token.is_some_and(|token| token.start as usize > start && text(token) == text(name))
        });
        uses.into_iter().any(|index| {
            let before: Vec<&Token> = self.tokens.iter().take(index).collect();
            self.is_behind_negation(&before)
        })
    }

    fn is_behind_negation(&self, before: &[&Token]) -> bool {
        let open = TokenKind::Punctuation(Punctuation::OpenParenthesis);
        let operator = before.iter().rev().find(|token| token.kind != open);
        operator.is_some_and(|token| {
            let text = token.span().text(self.text);
            text.starts_with('!') || text == "not"
        })
    }
}

/// The name between the double braces that open at `start`, and where they end.
fn placeholder(text: &str, start: usize) -> Option<(&str, usize)> {
    let close = find(text, start + 2, "}}")?;
    let name = text.get(start + 2..close)?.trim();
    let is_word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    name.split('.').all(is_word).then_some((name, close + 2))
}

fn find(text: &str, from: usize, what: &str) -> Option<usize> {
    Some(from + text.get(from..)?.find(what)?)
}
