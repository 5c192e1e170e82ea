//! `parse-kv`: columns read out of a text that holds keys and values.
//!
//! How texts are read is in [`key_values`]; a text of which the documentation does not say what it means fails the query by name.
//! Source: learn.microsoft.com/kusto/query/parse-kv-operator.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, StringViewBuilder, StructArray};
use datafusion::arrow::datatypes::{DataType, Fields};
use datafusion::common::DataFusionError;
use datafusion::functions::core::expr_fn::get_field;
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder};
use regex::RegexBuilder;
use tesem_kql::Span;
use tesem_kql::ast::{ExprKind, Literal, ParseKvOperator, Property};
use tesem_kql::types::ScalarType;

use super::extend::assign;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::duplicate;
use crate::binder::properties;
use crate::binder::relation::{Relation, reference};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::error::{EngineError, codes};
use crate::kernel::{self, Input};
use crate::kernels::key_values::{Division, KeyValues, Quote};
use crate::types;

/// The largest compiled pattern, in bytes.
const PATTERN_MAX: usize = 10 << 20;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    parse: &'q ParseKvOperator,
) -> Bind<Relation> {
    for (place, key) in parse.keys.iter().enumerate() {
        let mut earlier = parse.keys.iter().take(place);
        if earlier.any(|earlier| earlier.name.text == key.name.text) {
            return Err(duplicate(&key.name.text, "parse-kv", key.name.span));
        }
        if input.column(&key.name.text).is_some() {
            let what = format!(
                "a key `{}` of `parse-kv` that is a column, too",
                key.name.text
            );
            return Err(Fault::not_supported(what, key.name.span));
        }
    }
    let span = parse.operand.span;
    let row = Row::of(&input, scope);
    let text = binder.scalar(&row, &parse.operand)?;
    let text = binder.text(text, "parse-kv")?;
    let keys = parse.keys.iter().map(|key| key.name.text.clone());
    let reader = KeyValues {
        keys: keys.collect(),
        division: division(parse)?,
        quotes: quotes(parse)?,
        escapes: escapes(parse)?,
    };
    let (input, found) = with_values(binder, input, text, reader, span)?;
    let mut values = Vec::with_capacity(parse.keys.len());
    for (place, key) in parse.keys.iter().enumerate() {
        let value = get_field(found.clone(), format!("k{place}"));
        let value = Bound::new(value, ScalarType::String, key.span);
        values.push((Some(&key.name), binder.convert(value, key.scalar_type)?));
    }
    assign(binder, input, values)
}

fn division(parse: &ParseKvOperator) -> Bind<Division> {
    let known = [
        "pair_delimiter",
        "kv_delimiter",
        "quote",
        "escape",
        "greedy",
        "regex",
    ];
    properties::check(&parse.properties, "parse-kv", &known)?;
    let greedy = properties::flag(&parse.properties, "greedy")?;
    let text = |name| properties::find(&parse.properties, name).map(text_of);
    let pair = text("pair_delimiter").transpose()?;
    let key = text("kv_delimiter").transpose()?;
    let regex = text("regex").transpose()?;
    match (pair, key, regex) {
        (Some(pair), Some(key), None) => Ok(Division::Delimiters {
            pair: pair.to_owned(),
            key: key.to_owned(),
            greedy,
        }),
        (None, None, Some(pattern)) if !greedy => compiled(parse, pattern),
        (None, None, None) if !greedy => Ok(Division::Words),
        _ => Err(Fault::wrong(
            codes::WRONG_PROPERTY,
            "`parse-kv` takes pair_delimiter and kv_delimiter, or regex, or neither; greedy needs delimiters",
            parse.operand.span,
        )),
    }
}

fn compiled(parse: &ParseKvOperator, pattern: &str) -> Bind<Division> {
    let span = parse.operand.span;
    let invalid = |message: String| Fault::wrong(codes::WRONG_PROPERTY, message, span);
    let regex = RegexBuilder::new(pattern)
        .size_limit(PATTERN_MAX)
        .build()
        .map_err(|error| invalid(format!("`regex` is no regular expression: {error}")))?;
    match regex.captures_len() {
        3 => Ok(Division::Pattern(regex)),
        groups => Err(invalid(format!(
            "`regex` must have two groups, for the key and the value, and has {}",
            groups - 1
        ))),
    }
}

/// The text that a parameter is set to; it must not be empty.
fn text_of(property: &Property) -> Bind<&str> {
    match &property.value.kind {
        ExprKind::Literal(Literal::String(text)) if !text.is_empty() => Ok(text),
        _ => Err(properties::invalid(property, "a text that is not empty")),
    }
}

fn all<'q>(parse: &'q ParseKvOperator, name: &str) -> impl Iterator<Item = &'q Property> {
    let name = name.to_owned();
    let properties = parse.properties.iter();
    properties.filter(move |property| property.name.text == name)
}

fn quotes(parse: &ParseKvOperator) -> Bind<Vec<Quote>> {
    let quote = |property| {
        let characters: Vec<char> = text_of(property)?.chars().collect();
        match *characters.as_slice() {
            [both] => Ok((both, both)),
            [open, close] => Ok((open, close)),
            _ => Err(properties::invalid(property, "one or two characters")),
        }
    };
    all(parse, "quote").map(quote).collect()
}

fn escapes(parse: &ParseKvOperator) -> Bind<Vec<char>> {
    let escape = |property| {
        let characters: Vec<char> = text_of(property)?.chars().collect();
        match *characters.as_slice() {
            [escape] => Ok(escape),
            _ => Err(properties::invalid(property, "one character")),
        }
    };
    all(parse, "escape").map(escape).collect()
}

/// The rows with a column that holds the values of all keys.
fn with_values(
    binder: &Binder<'_>,
    input: Relation,
    text: Bound,
    reader: KeyValues,
    span: Span,
) -> Bind<(Relation, PlanExpr)> {
    let id = binder.fresh_id();
    let keys = 0..reader.keys.len();
    let fields: Fields = keys
        .map(|place| types::field(&format!("k{place}"), ScalarType::String))
        .collect();
    let returns = DataType::Struct(fields.clone());
    let values = kernel::call_plan("parse_kv", vec![text.expr], returns, move |input| {
        values(input, &reader, &fields, span)
    });
    let mut expressions: Vec<PlanExpr> = input.kept_ids().iter().map(reference).collect();
    expressions.push(values.alias(id.to_string()));
    let builder = LogicalPlanBuilder::new(input.plan.clone());
    let plan = builder.project(expressions)?.build()?;
    Ok((input.with_plan(plan), reference(&id)))
}

fn values(
    input: &Input<'_>,
    reader: &KeyValues,
    fields: &Fields,
    span: Span,
) -> Result<ArrayRef, DataFusionError> {
    let texts = input.strings(0)?;
    let column = || StringViewBuilder::with_capacity(input.rows);
    let mut columns: Vec<StringViewBuilder> = fields.iter().map(|_| column()).collect();
    for text in &texts {
        let found = reader.read(text.unwrap_or_default()).map_err(|unclear| {
            let what = unclear.to_string();
            DataFusionError::External(Box::new(EngineError::NotSupported { what, span }))
        })?;
        for (column, value) in columns.iter_mut().zip(found) {
            column.append_value(value.unwrap_or_default());
        }
    }
    let arrays = columns
        .iter_mut()
        .map(|column| Arc::new(column.finish()) as ArrayRef);
    let arrays = arrays.collect();
    let values = StructArray::try_new_with_length(fields.clone(), arrays, None, input.rows)?;
    Ok(Arc::new(values))
}
