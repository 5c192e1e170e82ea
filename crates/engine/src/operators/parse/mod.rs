//! `parse` and `parse-where`: columns read out of a text by a pattern.
//!
//! The pattern becomes one regular expression. With `kind=simple` the pattern must cover the whole text and every value must convert,
//! or all columns stay empty; with `kind=relaxed` each value converts for itself; with `kind=regex` the texts are regular expressions,
//! the match may lie anywhere and strings take as much as they can. Source: learn.microsoft.com/kusto/query/parse-operator.

mod pieces;

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, StringViewBuilder, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::DataFusionError;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder, when};
use regex::{Regex, RegexBuilder};
use tesem_kql::Span;
use tesem_kql::ast::{Name, ParseOperator, ParsePart};
use tesem_kql::types::ScalarType;

use pieces::{Pieces, Places};

use super::extend::assign;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::logic::combine;
use crate::binder::properties;
use crate::binder::relation::{Relation, reference};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::error::codes;
use crate::kernel::{self, Input};
use crate::types;

/// The largest compiled pattern, in bytes.
const PATTERN_MAX: usize = 10 << 20;
/// As little of anything as will do.
const ANYTHING: &str = ".*?";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Simple,
    Relaxed,
    Regex,
}

/// A column that the pattern makes.
struct Parsed<'q> {
    name: &'q Name,
    scalar_type: ScalarType,
}

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    parse: &'q ParseOperator,
    only_matches: bool,
) -> Bind<Relation> {
    properties::check(&parse.properties, "parse", &["kind", "flags"])?;
    let kind = kind(parse)?;
    let pattern = match plain(parse, kind)? {
        Some(pieces) => Pattern::Plain(pieces),
        None => Pattern::regular(compiled(parse, kind)?),
    };
    let columns: Vec<Parsed<'q>> = parse.pattern.iter().filter_map(column).collect();
    let row = Row::of(&input, scope);
    let text = binder.scalar(&row, &parse.operand)?;
    let text = binder.convert(text, ScalarType::String)?;
    let (input, captured) = with_captures(binder, input, text, pattern, columns.len())?;
    let (matched, values) = values(binder, &captured, &columns, kind)?;
    let assigned = columns.iter().zip(values);
    let assigned = assigned
        .map(|(column, value)| {
            (
                Some(column.name),
                where_matched(&matched, value, only_matches),
            )
        })
        .collect();
    let input = match only_matches {
        true => binder.keep(input, matched.expr.clone())?,
        false => input,
    };
    assign(binder, input, assigned)
}

fn kind(parse: &ParseOperator) -> Bind<Kind> {
    let Some(property) = properties::find(&parse.properties, "kind") else {
        return Ok(Kind::Simple);
    };
    match properties::word_of(&property.value) {
        Some("simple") => Ok(Kind::Simple),
        Some("relaxed") => Ok(Kind::Relaxed),
        Some("regex") => Ok(Kind::Regex),
        _ => Err(properties::invalid(property, "simple, relaxed or regex")),
    }
}

fn column(part: &ParsePart) -> Option<Parsed<'_>> {
    match part {
        ParsePart::Column { name, scalar_type } => Some(Parsed {
            name,
            scalar_type: scalar_type.unwrap_or(ScalarType::String),
        }),
        _ => None,
    }
}

/// The pattern as fixed texts with anything in between, if it is no more than that.
fn plain(parse: &ParseOperator, kind: Kind) -> Bind<Option<Pieces>> {
    if kind == Kind::Regex || !flags(parse)?.is_empty() {
        return Ok(None);
    }
    let mut pieces = Pieces::default();
    let mut columns = 0;
    let mut parts = parse.pattern.iter().peekable();
    while let Some(part) = parts.next() {
        let is_plain = match part {
            ParsePart::Star(_) => pieces.push_star(),
            ParsePart::Text(text, _) => {
                pieces.push_text(text);
                true
            }
            ParsePart::Column { scalar_type, .. } => {
                columns += 1;
                let scalar_type = scalar_type.unwrap_or(ScalarType::String);
                let is_open = !matches!(parts.peek(), Some(ParsePart::Text(..)) | None);
                value_pattern(scalar_type, kind, is_open) == ANYTHING
                    && !(is_open && scalar_type == ScalarType::String)
                    && pieces.push_column(columns - 1)
            }
        };
        if !is_plain {
            return Ok(None);
        }
    }
    Ok(Some(pieces))
}

/// The pattern as a regular expression whose groups `c0`, `c1`, … hold the columns.
fn compiled(parse: &ParseOperator, kind: Kind) -> Bind<Regex> {
    let mut pattern = String::new();
    let mut columns = 0;
    let mut parts = parse.pattern.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            ParsePart::Star(_) => pattern.push_str(ANYTHING),
            ParsePart::Text(text, _) if kind == Kind::Regex => {
                pattern.push_str(&format!("(?:{text})"));
            }
            ParsePart::Text(text, _) => pattern.push_str(&regex::escape(text)),
            ParsePart::Column { name, scalar_type } => {
                let scalar_type = scalar_type.unwrap_or(ScalarType::String);
                let is_open = !matches!(parts.peek(), Some(ParsePart::Text(..)) | None);
                if is_open && scalar_type == ScalarType::String {
                    return Err(Fault::wrong(
                        codes::WRONG_ARGUMENTS,
                        format!("a text must follow the string column `{}`", name.text),
                        name.span,
                    ));
                }
                let value = value_pattern(scalar_type, kind, is_open);
                pattern.push_str(&format!("(?P<c{columns}>{value})"));
                columns += 1;
            }
        }
    }
    let mut builder = match kind {
        Kind::Regex => RegexBuilder::new(&pattern),
        _ => RegexBuilder::new(&format!("(?s)^{pattern}$")),
    };
    let span = parse.operand.span;
    for flag in flags(parse)?.chars() {
        match flag {
            'i' => builder.case_insensitive(true),
            's' => builder.dot_matches_new_line(true),
            'm' => builder.multi_line(true),
            'U' => builder.swap_greed(true),
            other => {
                let message = format!("`{other}` is no flag of `parse`; the flags are i, s, m, U");
                return Err(Fault::wrong(codes::WRONG_PROPERTY, message, span));
            }
        };
    }
    builder.size_limit(PATTERN_MAX).build().map_err(|error| {
        let message = format!("the pattern is no regular expression: {error}");
        Fault::wrong(codes::WRONG_ARGUMENTS, message, span)
    })
}

fn flags(parse: &ParseOperator) -> Bind<&str> {
    Ok(properties::word(&parse.properties, "flags")?.unwrap_or_default())
}

/// What a value looks like; where no text follows it, it has to end by itself.
fn value_pattern(scalar_type: ScalarType, kind: Kind, is_open: bool) -> &'static str {
    match (scalar_type, kind) {
        (ScalarType::String, Kind::Regex) => ".*",
        (ScalarType::String, _) => ANYTHING,
        (_, Kind::Relaxed) if !is_open => ANYTHING,
        (ScalarType::Int | ScalarType::Long, _) => r"\s*[+-]?\d+",
        (ScalarType::Real | ScalarType::Decimal, _) => {
            r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
        }
        (_, Kind::Simple) if !is_open => ANYTHING,
        (ScalarType::Bool, _) => r"\s*\w+",
        (ScalarType::DateTime, _) => r"\s*[\w:./+\- ]*\w",
        (ScalarType::TimeSpan, _) => r"\s*[\d:.\-]*\w",
        (ScalarType::Guid, _) => r"\s*[{(]?[0-9a-fA-F-]{32,36}[)}]?",
        (ScalarType::Dynamic, _) => ANYTHING,
    }
}

/// The rows with a column that holds what the groups caught.
fn with_captures(
    binder: &Binder<'_>,
    input: Relation,
    text: Bound,
    pattern: Pattern,
    columns: usize,
) -> Bind<(Relation, PlanExpr)> {
    let id = binder.fresh_id();
    let fields = capture_fields(columns);
    let returns = DataType::Struct(fields.clone());
    let captures = kernel::call_plan("parse", vec![text.expr], returns, move |input| {
        captures(input, &pattern, &fields)
    });
    let mut expressions: Vec<PlanExpr> = input.kept_ids().iter().map(reference).collect();
    expressions.push(captures.alias(id.to_string()));
    let builder = LogicalPlanBuilder::new(input.plan.clone());
    let plan = builder.project(expressions)?.build()?;
    Ok((input.with_plan(plan), reference(&id)))
}

/// `matched`, `c0`, `c1`, ….
fn capture_fields(columns: usize) -> Fields {
    let matched = Field::new("matched", DataType::Boolean, false);
    let caught = (0..columns).map(|index| types::field(&format!("c{index}"), ScalarType::String));
    std::iter::once(matched).chain(caught).collect()
}

/// A pattern that is ready to be matched.
enum Pattern {
    Plain(Pieces),
    /// The expression, and the group of each column.
    Regular(Regex, Vec<usize>),
}

impl Pattern {
    fn regular(regex: Regex) -> Self {
        let mut groups: Vec<(usize, usize)> = regex
            .capture_names()
            .enumerate()
            .filter_map(|(group, name)| Some((name?.strip_prefix('c')?.parse().ok()?, group)))
            .collect();
        groups.sort_unstable();
        let groups = groups.into_iter().map(|(_, group)| group).collect();
        Self::Regular(regex, groups)
    }

    /// What finds the places of the columns in one text after another.
    fn finder(&self) -> impl FnMut(&str, &mut Places) -> bool {
        let mut locations = match self {
            Self::Plain(_) => None,
            Self::Regular(regex, _) => Some(regex.capture_locations()),
        };
        move |text, places| match (self, &mut locations) {
            (Self::Plain(pieces), _) => pieces.find(text, places),
            (Self::Regular(regex, groups), Some(locations)) => {
                let is_match = regex.captures_read(locations, text).is_some();
                for (place, group) in places.iter_mut().zip(groups) {
                    *place = locations.get(*group).unwrap_or_default();
                }
                is_match
            }
            (Self::Regular(..), None) => false,
        }
    }
}

fn captures(
    input: &Input<'_>,
    pattern: &Pattern,
    fields: &Fields,
) -> Result<ArrayRef, DataFusionError> {
    let texts = input.strings(0)?;
    let mut caught: Vec<StringViewBuilder> = fields
        .iter()
        .skip(1)
        .map(|_| StringViewBuilder::with_capacity(input.rows))
        .collect();
    let mut find = pattern.finder();
    let mut places: Places = vec![(0, 0); caught.len()];
    let mut matched = Vec::with_capacity(input.rows);
    for text in &texts {
        let text = text.unwrap_or_default();
        let is_match = find(text, &mut places);
        matched.push(is_match);
        for ((start, end), column) in places.iter().zip(&mut caught) {
            let value = text.get(*start..*end).filter(|_| is_match);
            column.append_value(value.unwrap_or_default());
        }
    }
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(BooleanArray::from(matched))];
    arrays.extend(
        caught
            .iter_mut()
            .map(|column| Arc::new(column.finish()) as ArrayRef),
    );
    Ok(Arc::new(StructArray::try_new_with_length(
        fields.clone(),
        arrays,
        None,
        input.rows,
    )?))
}

/// Whether the row has values, and the values.
fn values(
    binder: &Binder<'_>,
    captured: &PlanExpr,
    columns: &[Parsed<'_>],
    kind: Kind,
) -> Bind<(Bound, Vec<Bound>)> {
    let field = |name: &str, scalar_type| {
        Bound::new(
            get_field(captured.clone(), name),
            scalar_type,
            Span::default(),
        )
    };
    let mut conditions = vec![field("matched", ScalarType::Bool).non_null()];
    let mut values = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let text = field(&format!("c{index}"), ScalarType::String);
        let value = binder.convert(text, column.scalar_type)?;
        if kind != Kind::Relaxed && column.scalar_type != ScalarType::String {
            let is_there = value.expr.clone().is_not_null();
            conditions.push(Bound::new(is_there, ScalarType::Bool, Span::default()).non_null());
        }
        values.push(value);
    }
    Ok((combine(true, conditions, Span::default()), values))
}

fn where_matched(matched: &Bound, value: Bound, only_matches: bool) -> Bound {
    if only_matches {
        return value;
    }
    let empty = datafusion::logical_expr::lit(types::null(value.scalar_type));
    let expr = when(matched.expr.clone(), value.expr.clone())
        .otherwise(empty)
        .unwrap_or(value.expr);
    Bound {
        nullable: value.scalar_type != ScalarType::String,
        constant: None,
        name: None,
        is_column: false,
        expr,
        ..value
    }
}
