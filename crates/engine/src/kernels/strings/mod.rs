//! The string operators.
//!
//! Source: learn.microsoft.com/kusto/query/datatypes-string-operators.

mod anchored;
mod any_of;
pub mod fold;
mod needle;
pub mod pattern;
mod scan;
mod search;
mod sets;
pub mod terms;

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, StringViewArray};
use datafusion::common::DataFusionError;
use tesem_kql::ast::{StringOp, StringTest};
use tesem_kql::types::ScalarType;

pub use any_of::{AllOf, AnyOf};
pub use needle::Needle;
pub use sets::TextSet;

use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, View, push_text};
use crate::kernel::{self, Input};
use search::Wildcard;
use terms::Edges;

/// `left op right` for every [`StringOp`]; both operands are strings (the binder has turned dynamics into text). A negated operator
/// is included in `op`. The result is a non-null `bool`.
///
/// # Errors
/// When the right side is a pattern that cannot be compiled, or the operator is one of the undocumented `like` family.
pub fn binary(
    context: &CallContext<'_>,
    op: StringOp,
    left: Bound,
    right: Bound,
) -> Result<Bound, CallError> {
    if op.test == StringTest::Like {
        return Err(context.not_supported("the operator `like`"));
    }
    let bound = match right.constant_str() {
        Some(text) => with_known_right(context, op, left, text)?,
        None => with_unknown_right(context, op, left, right),
    };
    Ok(bound.non_null())
}

/// One prepared test of a text.
enum Prepared {
    Needle(Needle),
    Wildcard(Wildcard),
    Pattern(regex::Regex),
    Equals(String),
    StartsWith(String),
    EndsWith(String),
}

impl Prepared {
    fn new(context: &CallContext<'_>, op: StringOp, text: &str) -> Result<Self, CallError> {
        let needle = |edges| Self::Needle(Needle::new(text, op.case_sensitive, edges));
        Ok(match op.test {
            StringTest::Contains => needle(Edges::NONE),
            StringTest::Has => needle(Edges::of_term(text)),
            StringTest::HasPrefix => needle(Edges::of_prefix(text)),
            StringTest::HasSuffix => needle(Edges::of_suffix(text)),
            StringTest::Equals => Self::Equals(text.to_owned()),
            StringTest::StartsWith => Self::StartsWith(text.to_owned()),
            StringTest::EndsWith => Self::EndsWith(text.to_owned()),
            StringTest::MatchesRegex => {
                let pattern = pattern::compile(text);
                Self::Pattern(pattern.map_err(|error| context.invalid(error.to_string()))?)
            }
            StringTest::Search => {
                let wildcard = Wildcard::new(text, op.case_sensitive);
                Self::Wildcard(
                    wildcard.ok_or_else(|| context.invalid("the search text is too large"))?,
                )
            }
            StringTest::Like => return Err(context.not_supported("the operator `like`")),
        })
    }

    fn scan(&self, texts: &StringViewArray, case_sensitive: bool) -> BooleanArray {
        match (self, case_sensitive) {
            (Self::Needle(needle), _) => scan_needle(texts, needle),
            (Self::Wildcard(Wildcard::Needle(needle)), _) => scan_needle(texts, needle),
            (Self::Wildcard(wildcard), _) => scan::scan(texts, |text| wildcard.is_in(text)),
            (Self::Pattern(pattern), _) => scan::scan(texts, |text| pattern.is_match(text)),
            (Self::Equals(other), true) => scan::scan(texts, |text| text == other),
            (Self::Equals(other), false) => scan::scan(texts, |text| fold::equals(text, other)),
            (Self::StartsWith(start), true) => scan::scan(texts, |text| text.starts_with(start)),
            (Self::StartsWith(start), false) => {
                scan::scan(texts, |text| fold::starts_with(text, start))
            }
            (Self::EndsWith(end), true) => scan::scan(texts, |text| text.ends_with(end)),
            (Self::EndsWith(end), false) => scan::scan(texts, |text| fold::ends_with(text, end)),
        }
    }
}

fn scan_needle(texts: &StringViewArray, needle: &Needle) -> BooleanArray {
    let mut block = Vec::new();
    scan::scan_buffers(
        texts,
        |bytes, most, places| needle.places(bytes, most, places, &mut block),
        |_| false,
        |text| needle.is_in(text),
    )
}

fn with_known_right(
    context: &CallContext<'_>,
    op: StringOp,
    left: Bound,
    right: &str,
) -> Result<Bound, CallError> {
    let prepared = Prepared::new(context, op, right)?;
    let name = operator_name(op.test);
    Ok(kernel::call(
        name,
        vec![left],
        ScalarType::Bool,
        context.span,
        move |input| {
            let answers = prepared.scan(&input.strings(0)?, op.case_sensitive);
            Ok(negate_if(op.negated, answers))
        },
    ))
}

fn with_unknown_right(context: &CallContext<'_>, op: StringOp, left: Bound, right: Bound) -> Bound {
    let name = operator_name(op.test);
    kernel::call(
        name,
        vec![left, right],
        ScalarType::Bool,
        context.span,
        move |input| {
            let (left, right) = (input.strings(0)?, input.strings(1)?);
            let mut last: Option<(String, Option<OneTest>)> = None;
            let answers = (0..input.rows).map(|row| {
                let needle = value(&right, row);
                // Needles often repeat from row to row, above all on the side of a constant.
                if last.as_ref().is_none_or(|(text, _)| text != needle) {
                    last = Some((needle.to_owned(), OneTest::new(op, needle)));
                }
                let test = last.as_ref().and_then(|(_, test)| test.as_ref());
                Some(test.is_some_and(|test| test.is_in(value(&left, row))))
            });
            Ok(negate_if(op.negated, answers.collect()))
        },
    )
}

/// A test whose right side came from a row. A pattern that cannot be compiled matches nothing.
enum OneTest {
    Needle(Needle),
    Wildcard(Wildcard),
    Pattern(regex::Regex),
    Whole(StringTest, String, bool),
}

impl OneTest {
    fn new(op: StringOp, text: &str) -> Option<Self> {
        let needle = |edges| Some(Self::Needle(Needle::new(text, op.case_sensitive, edges)));
        match op.test {
            StringTest::Contains => needle(Edges::NONE),
            StringTest::Has => needle(Edges::of_term(text)),
            StringTest::HasPrefix => needle(Edges::of_prefix(text)),
            StringTest::HasSuffix => needle(Edges::of_suffix(text)),
            StringTest::MatchesRegex => pattern::compile(text).ok().map(Self::Pattern),
            StringTest::Search => Wildcard::new(text, op.case_sensitive).map(Self::Wildcard),
            test => Some(Self::Whole(test, text.to_owned(), op.case_sensitive)),
        }
    }

    fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Needle(needle) => needle.is_in(text),
            Self::Wildcard(wildcard) => wildcard.is_in(text),
            Self::Pattern(pattern) => pattern.is_match(text),
            Self::Whole(StringTest::StartsWith, start, true) => text.starts_with(start),
            Self::Whole(StringTest::StartsWith, start, false) => fold::starts_with(text, start),
            Self::Whole(StringTest::EndsWith, end, true) => text.ends_with(end),
            Self::Whole(StringTest::EndsWith, end, false) => fold::ends_with(text, end),
            Self::Whole(_, other, true) => text == other,
            Self::Whole(_, other, false) => fold::equals(text, other),
        }
    }
}

/// `operand in (texts)` for a string operand and known texts, of which there may be 100,000; `in~` when not `case_sensitive`.
///
/// # Errors
/// None today.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the caller is done with the list"
)]
pub fn in_texts(
    context: &CallContext<'_>,
    operand: Bound,
    texts: Arc<[String]>,
    case_sensitive: bool,
    negated: bool,
) -> Result<Bound, CallError> {
    let set = TextSet::new(texts.iter().map(String::as_str), case_sensitive);
    let bound = kernel::call(
        "in",
        vec![operand],
        ScalarType::Bool,
        context.span,
        move |input| {
            let mut scratch = String::new();
            let answers = scan::scan(&input.strings(0)?, |text| set.holds(text, &mut scratch));
            Ok(negate_if(negated, answers))
        },
    );
    Ok(bound.non_null())
}

/// `operand has_any (texts)`, or `has_all` when `all`, for a string operand and known texts, of which there may be 100,000.
///
/// # Errors
/// None today.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the caller is done with the list"
)]
pub fn has_texts(
    context: &CallContext<'_>,
    operand: Bound,
    texts: Arc<[String]>,
    all: bool,
) -> Result<Bound, CallError> {
    let texts = texts.iter().map(String::as_str);
    let bound = if all {
        let needles = AllOf::new(texts);
        kernel::call(
            "has_all",
            vec![operand],
            ScalarType::Bool,
            context.span,
            move |input| {
                let answers = scan::scan(&input.strings(0)?, |text| needles.is_in(text));
                Ok(Arc::new(answers))
            },
        )
    } else {
        let needles = AnyOf::new(texts);
        kernel::call(
            "has_any",
            vec![operand],
            ScalarType::Bool,
            context.span,
            move |input| Ok(Arc::new(scan_any(&input.strings(0)?, &needles))),
        )
    };
    Ok(bound.non_null())
}

fn scan_any(texts: &StringViewArray, needles: &AnyOf) -> BooleanArray {
    let (mut scratch, mut block) = (String::new(), Vec::new());
    scan::scan_buffers(
        texts,
        |bytes, most, places| needles.places(bytes, most, places, &mut block),
        |text| needles.may_begin(text),
        |text| needles.is_in(text, &mut scratch),
    )
}

/// `operand has_any (array)`, or `has_all` when `all`, for a string operand and a `dynamic` that is known only when the query runs.
///
/// # Errors
/// None today.
pub fn has_dynamic(
    context: &CallContext<'_>,
    operand: Bound,
    array: Bound,
    all: bool,
) -> Result<Bound, CallError> {
    let arguments = vec![operand, array];
    let name = if all { "has_all" } else { "has_any" };
    let bound = kernel::call(
        name,
        arguments,
        ScalarType::Bool,
        context.span,
        move |input| has_array(input, all),
    );
    Ok(bound.non_null())
}

fn has_array(input: &Input<'_>, all: bool) -> Result<ArrayRef, DataFusionError> {
    let (texts, arrays) = (input.strings(0)?, input.dynamics(1)?);
    let mut last: Option<(Vec<u8>, AllOf, AnyOf)> = None;
    let mut scratch = String::new();
    let answers: BooleanArray = (0..input.rows)
        .map(|row| {
            let array: &[u8] = if arrays.is_null(row) {
                &[]
            } else {
                arrays.value(row)
            };
            if last.as_ref().is_none_or(|(bytes, ..)| bytes != array) {
                let needles = needles_of(Dynamic::new(array));
                let texts = || needles.iter().map(String::as_str);
                last = Some((array.to_vec(), AllOf::new(texts()), AnyOf::new(texts())));
            }
            let text = value(&texts, row);
            last.as_ref().map(|(_, every, some)| {
                if all {
                    every.is_in(text)
                } else {
                    some.is_in(text, &mut scratch)
                }
            })
        })
        .collect();
    Ok(Arc::new(answers))
}

/// The texts of an array's values; a value that is no array counts as an array of one.
#[must_use]
pub fn needles_of(value: Dynamic<'_>) -> Vec<String> {
    let text = |value| {
        let mut text = String::new();
        push_text(value, &mut text);
        text
    };
    match value.view_or_null() {
        View::Null => Vec::new(),
        View::Array(array) => array.iter().map(text).collect(),
        _ => vec![text(value)],
    }
}

fn value(array: &StringViewArray, row: usize) -> &str {
    if array.is_null(row) {
        ""
    } else {
        array.value(row)
    }
}

fn negate_if(negated: bool, answers: BooleanArray) -> ArrayRef {
    if !negated {
        return Arc::new(answers);
    }
    let (values, nulls) = answers.into_parts();
    Arc::new(BooleanArray::new(!&values, nulls))
}

fn operator_name(test: StringTest) -> &'static str {
    match test {
        StringTest::Equals => "=~",
        StringTest::Contains => "contains",
        StringTest::StartsWith => "startswith",
        StringTest::EndsWith => "endswith",
        StringTest::Has => "has",
        StringTest::HasPrefix => "hasprefix",
        StringTest::HasSuffix => "hassuffix",
        StringTest::Like => "like",
        StringTest::MatchesRegex => "matches regex",
        StringTest::Search => ":",
    }
}
