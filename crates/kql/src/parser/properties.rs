//! `name=value` pairs after the word of an operator, and in `with (…)`.

use super::names::NameUse;
use super::{Parser, Role};
use crate::ast::{DynamicLiteral, Expr, ExprKind, Literal, Name, Property};
use crate::diagnostic::codes;
use crate::lexer::{Keyword, Punctuation, TokenKind};
use crate::span::Span;

/// What the value of a property is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueForm {
    /// A constant or a word.
    Any,
    /// A name, also in quotes.
    Name,
    /// Names with commas between them.
    NameList,
    /// An operand, such as a string or a call.
    Operand,
}

/// A property that an operator declares.
pub(super) type Declared = (&'static str, ValueForm);

/// For operators without properties of their own.
pub(super) const DECLARED_NOTHING: Rules = Rules {
    declared: &[],
    known: true,
    equal_needed: false,
};

/// How the properties of an operator are recognised.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) declared: &'static [Declared],
    /// Whether the properties of other operators are taken, too.
    pub(super) known: bool,
    /// Whether a word is a property only with `=` after it, so that a column may have its name.
    pub(super) equal_needed: bool,
}

impl Rules {
    /// The rules of most operators: `where kind = …` is a property, `where kind == …` a condition.
    pub(super) const fn with(declared: &'static [Declared]) -> Self {
        Self {
            declared,
            known: true,
            equal_needed: true,
        }
    }

    /// Without need for `=`, where no expression can follow.
    pub(super) const fn strict(declared: &'static [Declared]) -> Self {
        Self {
            declared,
            known: true,
            equal_needed: false,
        }
    }

    /// Only what the operator declares.
    pub(super) const fn only(declared: &'static [Declared]) -> Self {
        Self {
            declared,
            known: false,
            equal_needed: false,
        }
    }

    fn form(self, name: &str) -> Option<ValueForm> {
        let in_list = |list: &'static [Declared]| {
            list.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, form)| *form)
        };
        in_list(self.declared).or_else(|| self.known.then(|| in_list(KNOWN)).flatten())
    }
}

/// Every property of any operator.
const KNOWN: &[Declared] = &[
    ("__crossCluster", ValueForm::Any),
    ("__crossDB", ValueForm::Any),
    ("__id", ValueForm::Any),
    ("__isFuzzy", ValueForm::Any),
    ("__noWithSource", ValueForm::Any),
    ("__packedColumn", ValueForm::Name),
    ("__sourceColumnIndex", ValueForm::Any),
    ("bagexpansion", ValueForm::Any),
    ("bin_legacy", ValueForm::Any),
    ("cycles", ValueForm::Any),
    ("decodeblocks", ValueForm::Any),
    ("expandoutput", ValueForm::Any),
    ("force_remote", ValueForm::Any),
    ("hint.concurrency", ValueForm::Any),
    ("hint.distribution", ValueForm::Any),
    ("hint.materialized", ValueForm::Any),
    ("hint.num_partitions", ValueForm::Any),
    ("hint.pass_filters", ValueForm::Any),
    ("hint.pass_filters_column", ValueForm::Name),
    ("hint.progressive_top", ValueForm::Any),
    ("hint.remote", ValueForm::Any),
    ("hint.shufflekey", ValueForm::Name),
    ("hint.spread", ValueForm::Any),
    ("hint.strategy", ValueForm::Any),
    ("isfuzzy", ValueForm::Any),
    ("kind", ValueForm::Any),
    ("with_itemindex", ValueForm::Name),
    ("with_match_id", ValueForm::Name),
    ("with_source", ValueForm::Name),
    ("with_step_name", ValueForm::Name),
    ("withsource", ValueForm::Name),
];

/// Words of the language that are values of properties.
const VALUE_WORDS: &[&str] = &[
    "simple",
    "relaxed",
    "nooptimization",
    "first",
    "last",
    "hotcache",
];

impl Parser<'_> {
    /// The name of a property at `ahead` and how many tokens it has; names with a dot have three.
    fn property_name(&self, ahead: usize) -> Option<(&str, usize)> {
        let first = self.token(ahead);
        if !matches!(first.kind, TokenKind::Identifier | TokenKind::Keyword(_)) {
            return None;
        }
        let (dot, second) = (self.token(ahead + 1), self.token(ahead + 2));
        let dotted = dot.kind == TokenKind::Punctuation(Punctuation::Dot)
            && !dot.after_trivia
            && !second.after_trivia;
        if dotted && self.text_of(first) == "hint" {
            let span = Span::new(first.start as usize, second.end as usize);
            return Some((span.text(self.text), 3));
        }
        Some((self.text_of(first), 1))
    }

    /// The form of the property here and the length of its name, by `rules`.
    fn property_here(&self, rules: Rules) -> Option<(ValueForm, usize)> {
        let (name, length) = self.property_name(0)?;
        let form = rules.form(name)?;
        let has_equal = self.sign_at(length, Punctuation::Equal);
        (has_equal || !rules.equal_needed).then_some((form, length))
    }

    /// Whether one of the properties that any operator has stands at `ahead`.
    pub(super) fn known_property_at(&self, ahead: usize) -> bool {
        self.property_name(ahead)
            .is_some_and(|(name, _)| Rules::strict(&[]).form(name).is_some())
    }

    /// Properties without commas between them.
    pub(super) fn properties(&mut self, rules: Rules) -> Vec<Property> {
        let mut properties = Vec::new();
        while let Some((form, length)) = self.property_here(rules) {
            properties.push(self.property(form, length, rules));
        }
        properties
    }

    /// `with (name = value, …)` with declared names only.
    pub(super) fn property_list(&mut self, rules: Rules) -> Vec<Property> {
        self.optional_list(|parser| match parser.property_here(rules) {
            Some((form, length)) => Some(parser.property(form, length, rules)),
            None => {
                parser.unknown_property(rules);
                None
            }
        })
        .into_iter()
        .flatten()
        .collect()
    }

    fn unknown_property(&mut self, rules: Rules) {
        let message = format!("expected a property, found {}", self.found());
        let names: Vec<_> = rules.declared.iter().map(|(name, _)| *name).collect();
        let hint = format!("properties are {}", names.join(", "));
        self.error_here_with_hint(codes::INVALID_PROPERTY, message, hint);
    }

    fn property(&mut self, form: ValueForm, name_length: usize, rules: Rules) -> Property {
        let name = self.property_name_text(name_length);
        self.mark(Role::PropertyEqual);
        self.expect_sign(Punctuation::Equal);
        Property {
            name,
            value: self.property_value(form, rules),
        }
    }

    fn property_name_text(&mut self, length: usize) -> Name {
        let start = self.start();
        self.bump();
        for _ in 1..length {
            self.bump_as(Role::Attached);
        }
        let span = self.span_from(start);
        Name {
            text: span.text(self.text).to_owned(),
            span,
        }
    }

    fn property_value(&mut self, form: ValueForm, rules: Rules) -> Expr {
        match form {
            ValueForm::Operand => self.path(),
            ValueForm::NameList => self.name_list_value(rules),
            ValueForm::Name => self
                .optional_name_expr()
                .unwrap_or_else(|| self.any_value()),
            ValueForm::Any => self.any_value(),
        }
    }

    fn any_value(&mut self) -> Expr {
        if let Some(value) = self
            .optional_literal()
            .or_else(|| self.property_word())
            .or_else(|| self.optional_name_expr())
        {
            return value;
        }
        let message = format!("expected a value for the property, found {}", self.found());
        self.error_here(codes::INVALID_PROPERTY, message);
        self.missing_expr()
    }

    /// A bare word as a value.
    pub(super) fn property_word(&mut self) -> Option<Expr> {
        let is_value = VALUE_WORDS.contains(&self.text_of(self.token(0)));
        if !is_value {
            return None;
        }
        let name = self.word_name();
        let span = name.span;
        Some(Expr {
            kind: ExprKind::Name(name),
            span,
        })
    }

    /// Names up to the next property; several of them become a dynamic array of strings.
    fn name_list_value(&mut self, rules: Rules) -> Expr {
        let start = self.start();
        let mut names = vec![self.name(NameUse::Declared)];
        while self.at_sign(Punctuation::Comma) && !self.property_after_comma(rules) {
            self.bump();
            names.push(self.name(NameUse::Declared));
        }
        if names.len() > 1 {
            let strings = names
                .into_iter()
                .map(|name| DynamicLiteral::Scalar(Box::new(Literal::String(name.text))));
            let array = DynamicLiteral::Array(strings.collect());
            return self.expr_from(start, ExprKind::Literal(Literal::Dynamic(array)));
        }
        let kind = names
            .into_iter()
            .next()
            .map_or(ExprKind::Error, ExprKind::Name);
        self.expr_from(start, kind)
    }

    fn property_after_comma(&self, rules: Rules) -> bool {
        self.property_name(1).is_some_and(|(name, length)| {
            rules.form(name).is_some() && self.sign_at(1 + length, Punctuation::Equal)
        })
    }

    /// `word = value` where `word` is an ordinary keyword, as in `kind = csl`.
    pub(super) fn optional_single_property(&mut self, name: &'static str) -> Option<Property> {
        let here = self.at_text(name) && self.sign_at(1, Punctuation::Equal);
        here.then(|| self.property(ValueForm::Any, 1, DECLARED_NOTHING))
    }

    /// `keyword with (…)`, if `with` and a bracket are here.
    pub(super) fn optional_with_list(&mut self, rules: Rules) -> Vec<Property> {
        if !self.at_word(Keyword::With) || !self.sign_at(1, Punctuation::OpenParenthesis) {
            return Vec::new();
        }
        self.bump_as(Role::ClauseStart);
        self.parenthesised(|parser| {
            parser.eat_sign(Punctuation::Comma);
            parser.property_list(rules)
        })
        .unwrap_or_default()
    }
}
