//! `in`, `in~`, `has_any`, `has_all`: operators with a list on the right.
//!
//! A list may hold 100,000 values and more. They become one set that is built once, never one expression each. Source:
//! learn.microsoft.com/kusto/query/in-operator and …/has-any-operator.

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::logical_expr::Expr as PlanExpr;
use tesem_kql::Span;
use tesem_kql::ast::{Expr, ExprKind, InOp};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::comparison::{equal, is_true, not};
use super::conversion::{is_number, literal};
use super::expressions::literal_value;
use super::fault::{Bind, Fault};
use super::logic::combine;
use super::row::Row;
use super::set::Set;
use crate::bound::Bound;
use crate::dynamic::DynamicValue;
use crate::kernel;
use crate::kernels::{dynamics, strings};
use crate::types;
use crate::value::Value;

/// Up to this many values a list stays a DataFusion list, which can prune row groups.
const PLAN_LIST_MAX: usize = 32;

/// What stands on the right of a list operator.
#[derive(Debug, Default)]
struct List {
    /// Everything that is known.
    values: Vec<Value>,
    /// Scalars that depend on the row.
    scalars: Vec<Bound>,
    /// Dynamics that depend on the row.
    dynamics: Vec<Bound>,
}

impl Binder<'_> {
    /// `operand op (list)`.
    pub(crate) fn membership<'q>(
        &self,
        row: &Row<'_, 'q>,
        op: InOp,
        operand: &'q Expr,
        list: &'q [Expr],
        span: Span,
    ) -> Bind<Bound> {
        let operand = self.scalar(row, operand)?;
        let list = self.list(row, list)?;
        match op {
            InOp::In {
                case_sensitive,
                negated,
            } => self.in_list(&operand, list, case_sensitive, negated, span),
            InOp::HasAny => self.has_list(operand, list, false, span),
            InOp::HasAll => self.has_list(operand, list, true, span),
        }
    }

    fn list<'q>(&self, row: &Row<'_, 'q>, items: &'q [Expr]) -> Bind<List> {
        let mut list = List::default();
        for item in items {
            match &item.kind {
                ExprKind::Literal(literal) => {
                    self.spend_nodes(1)?;
                    list.push(literal_value(literal));
                }
                _ if self.is_tabular(row, item) => {
                    list.values.extend(self.first_column(row.scope, item)?);
                }
                _ => {
                    let bound = self.scalar(row, item)?;
                    list.push_bound(bound);
                }
            }
        }
        Ok(list)
    }

    /// Whether a value is one of several known ones: the same as `in` or `in~`.
    pub(crate) fn one_of(
        &self,
        operand: &Bound,
        values: Vec<Value>,
        case_sensitive: bool,
        span: Span,
    ) -> Bind<Bound> {
        self.spend_nodes(values.len())?;
        let list = List {
            values,
            ..List::default()
        };
        self.in_list(operand, list, case_sensitive, false, span)
    }

    fn in_list(
        &self,
        operand: &Bound,
        list: List,
        case_sensitive: bool,
        negated: bool,
        span: Span,
    ) -> Bind<Bound> {
        let mut found = Vec::new();
        if !list.values.is_empty() || list.scalars.is_empty() && list.dynamics.is_empty() {
            found.push(self.in_values(operand.clone(), list.values, case_sensitive, span)?);
        }
        for scalar in list.scalars {
            found.push(self.equal_by_case(operand.clone(), scalar, case_sensitive, span)?);
        }
        let context = self.context("in", operand);
        for array in list.dynamics {
            let operand = operand.clone();
            found.push(dynamics::in_array(
                &context,
                operand,
                array,
                case_sensitive,
                false,
            )?);
        }
        let found = combine(false, found, span);
        let found = match found.nullable {
            true => is_true(found),
            false => found,
        };
        Ok(if negated { not(found) } else { found })
    }

    fn equal_by_case(
        &self,
        operand: Bound,
        scalar: Bound,
        case_sensitive: bool,
        span: Span,
    ) -> Bind<Bound> {
        use tesem_kql::ast::{BinaryOp, StringOp, StringTest};
        if case_sensitive {
            return self.compare(BinaryOp::Equal, operand, scalar, span);
        }
        let equals = StringOp {
            test: StringTest::Equals,
            case_sensitive: false,
            negated: false,
        };
        self.string_operator(equals, operand, scalar, span)
    }

    /// `operand in (values)`: non-null, for known values of any types.
    fn in_values(
        &self,
        operand: Bound,
        values: Vec<Value>,
        case_sensitive: bool,
        span: Span,
    ) -> Bind<Bound> {
        let target = set_type(operand.scalar_type, &values);
        if operand.scalar_type == ScalarType::Dynamic && is_mixed(&values) {
            return self.in_mixed(operand, values, case_sensitive, span);
        }
        let values = self.values_as(target, values, span)?;
        let operand = self.convert(operand, target)?;
        if target != ScalarType::String {
            return in_set(operand, &values, span);
        }
        let texts: Vec<String> = values.into_iter().filter_map(text_of).collect();
        if case_sensitive && texts.len() <= PLAN_LIST_MAX && !operand.is_constant() {
            return Ok(in_plan_list(
                operand,
                texts.into_iter().map(Value::String),
                span,
            ));
        }
        let context = self.context("in", &operand);
        let bound = strings::in_texts(&context, operand, texts.into(), case_sensitive, false)?;
        Ok(Bound {
            span,
            ..bound.non_null()
        })
    }

    /// A dynamic operand among values of several types: one set for each type.
    fn in_mixed(
        &self,
        operand: Bound,
        values: Vec<Value>,
        case_sensitive: bool,
        span: Span,
    ) -> Bind<Bound> {
        let (texts, others): (Vec<Value>, Vec<Value>) = values
            .into_iter()
            .partition(|value| value.scalar_type() == ScalarType::String);
        let (numbers, others): (Vec<Value>, Vec<Value>) = others
            .into_iter()
            .partition(|value| is_number(value.scalar_type()));
        if others.iter().any(|value| !value.is_null()) {
            return Err(Fault::not_supported(
                "a dynamic among values of several types that are neither strings nor numbers",
                span,
            ));
        }
        let texts = self.in_values(operand.clone(), texts, case_sensitive, span)?;
        let numbers = self.in_values(operand, numbers, case_sensitive, span)?;
        Ok(combine(false, vec![texts, numbers], span))
    }

    /// The values that can be converted to a type; nulls are equal to nothing.
    fn values_as(&self, target: ScalarType, values: Vec<Value>, span: Span) -> Bind<Vec<Value>> {
        let mut converted = Vec::with_capacity(values.len());
        for value in values {
            if value.is_null() {
                continue;
            }
            if value.scalar_type() == target {
                converted.push(value);
                continue;
            }
            let bound = self.convert(Bound::constant(value, span), target)?;
            converted.extend(bound.constant.filter(|value| !value.is_null()));
        }
        Ok(converted)
    }

    fn has_list(&self, operand: Bound, list: List, all: bool, span: Span) -> Bind<Bound> {
        let operator = if all { "has_all" } else { "has_any" };
        let operand = self.text(operand, operator)?;
        let context = self.context(operator, &operand);
        let mut found = Vec::new();
        let needs_texts = list.scalars.is_empty() && list.dynamics.is_empty();
        if needs_texts || !list.values.is_empty() {
            let texts = self.needles(list.values, all, span)?;
            let operand = operand.clone();
            found.push(strings::has_texts(&context, operand, texts.into(), all)?);
        }
        for scalar in list.scalars {
            use tesem_kql::ast::{StringOp, StringTest};
            let has = StringOp {
                test: StringTest::Has,
                case_sensitive: false,
                negated: false,
            };
            found.push(self.string_operator(has, operand.clone(), scalar, span)?);
        }
        for array in list.dynamics {
            found.push(strings::has_dynamic(&context, operand.clone(), array, all)?);
        }
        Ok(combine(all, found, span).non_null())
    }

    /// What `has_any` and `has_all` look for: a null is found in every text by the one and ignored by the other.
    fn needles(&self, values: Vec<Value>, all: bool, span: Span) -> Bind<Vec<String>> {
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            match value {
                Value::String(text) => texts.push(text),
                Value::Null(_) if all => {}
                Value::Null(_) => texts.push(String::new()),
                other => {
                    let bound = self.convert(Bound::constant(other, span), ScalarType::String)?;
                    texts.extend(bound.constant.and_then(text_of));
                }
            }
        }
        Ok(texts)
    }
}

impl List {
    fn push_bound(&mut self, bound: Bound) {
        match bound.constant {
            Some(constant) => self.push(constant),
            None if bound.scalar_type == ScalarType::Dynamic => self.dynamics.push(bound),
            None => self.scalars.push(bound),
        }
    }

    /// Adds a known value; the elements of an array count one by one.
    fn push(&mut self, value: Value) {
        match value {
            Value::Dynamic(DynamicValue::Array(items)) => {
                self.values.extend(items.into_iter().map(value_of));
            }
            Value::Dynamic(item) => self.values.push(value_of(item)),
            other => self.values.push(other),
        }
    }
}

/// An element of a dynamic array as a value of its own type.
fn value_of(item: DynamicValue) -> Value {
    match item {
        DynamicValue::Null => Value::Null(ScalarType::Dynamic),
        DynamicValue::Bool(value) => Value::Bool(value),
        DynamicValue::Long(value) => Value::Long(value),
        DynamicValue::Real(value) => Value::Real(value),
        DynamicValue::Decimal(value) => Value::Decimal(value),
        DynamicValue::DateTime(value) => Value::DateTime(value),
        DynamicValue::TimeSpan(value) => Value::TimeSpan(value),
        DynamicValue::Guid(value) => Value::Guid(value),
        DynamicValue::String(value) => Value::String(value),
        nested => Value::Dynamic(nested),
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Whether the values are of several types of which not all are numbers.
fn is_mixed(values: &[Value]) -> bool {
    let kind = |value: &Value| match value.scalar_type() {
        number if is_number(number) => ScalarType::Real,
        other => other,
    };
    let mut kinds = values.iter().filter(|value| !value.is_null()).map(kind);
    let first = kinds.next();
    kinds.any(|kind| Some(kind) != first)
}

/// The type in which an operand is compared with values.
fn set_type(operand: ScalarType, values: &[Value]) -> ScalarType {
    let types = || {
        let known = values.iter().filter(|value| !value.is_null());
        known.map(Value::scalar_type)
    };
    match operand {
        ScalarType::Dynamic => match types().next() {
            Some(number) if is_number(number) => ScalarType::Real,
            Some(ScalarType::Dynamic) | None => ScalarType::String,
            Some(other) => other,
        },
        number if is_number(number) => {
            let least = if number == ScalarType::Int {
                ScalarType::Long
            } else {
                number
            };
            types()
                .filter_map(|found| super::conversion::widest(least, found))
                .max_by_key(|widest| *widest as u8)
                .unwrap_or(least)
        }
        other => other,
    }
}

/// `operand in (values)` as DataFusion's own list.
fn in_plan_list(operand: Bound, values: impl Iterator<Item = Value>, span: Span) -> Bound {
    let list: Vec<PlanExpr> = values.map(|value| literal(&value)).collect();
    let nullable = operand.nullable;
    let expr = operand.expr.in_list(list, false);
    let found = Bound {
        nullable,
        ..Bound::new(expr, ScalarType::Bool, span)
    };
    match nullable {
        true => is_true(found),
        false => found,
    }
}

/// `operand in (values)` for values of the operand's type, other than strings.
fn in_set(operand: Bound, values: &[Value], span: Span) -> Bind<Bound> {
    let is_listable = operand.scalar_type != ScalarType::Real && !operand.is_constant();
    if let ([value], true) = (values, is_listable) {
        return Ok(equal(operand, Bound::constant(value.clone(), span), span).non_null());
    }
    if is_listable && !values.is_empty() && values.len() <= PLAN_LIST_MAX {
        return Ok(in_plan_list(operand, values.iter().cloned(), span));
    }
    let Some(set) = Set::of(operand.scalar_type, values) else {
        let what = format!("`in` over values of type {}", operand.scalar_type);
        return Err(Fault::not_supported(what, span));
    };
    let bound = kernel::call("in", vec![operand], ScalarType::Bool, span, move |input| {
        set.contains(&input.array(0)?)
    });
    Ok(bound.non_null())
}

/// The value of a cell of the first column, by row.
pub(crate) fn cells(array: &ArrayRef, scalar_type: ScalarType) -> impl Iterator<Item = Value> {
    (0..array.len()).map(move |row| types::value_at(array, row, scalar_type))
}
