//! Calls of functions and aggregates in scalar expressions.

use datafusion::logical_expr::Expr as Expression;
use datafusion::scalar::ScalarValue;
use tesem_kql::Span;
use tesem_kql::ast::{Argument, Expr, ExprKind, Literal, Name};

use super::Binder;
use super::catalogue::{self, Kind};
use super::fault::{Bind, Fault};
use super::nearest::nearest;
use super::relation::reference;
use super::row::{Collected, Row};
use super::scope::Binding;
use super::service_functions;
use super::user_functions::Called;
use super::windows::is_window_function;
use crate::aggregates::{self, Aggregate, AggregateName};
use crate::bound::{Bound, CallContext};
use crate::error::{Finding, codes};
use crate::functions::{self, ResultName, ScalarFunction};
use crate::value::Value;

/// How many bytes a value that is known before the query runs may have.
const CONSTANT_MAX: usize = 32 << 20;

/// One column of an aggregate's result: the name it gets when the query gives none, and its value.
pub(crate) type AggregateColumn = (Option<String>, Bound);

impl Binder<'_> {
    /// `name(arguments)`.
    pub(crate) fn call<'q>(
        &self,
        row: &Row<'_, 'q>,
        name: &Name,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        if let Some(binding) = row.scope.find(&name.text)
            && let Binding::Function(function) = &*binding
        {
            return match self.call_user_function(row, function, arguments, span)? {
                Called::Scalar(bound) => Ok(bound),
                Called::Table(_) => Err(Fault::wrong(
                    codes::WRONG_KIND,
                    format!("`{}` returns rows, not a value", name.text),
                    span,
                )),
            };
        }
        match name.text.as_str() {
            "now" => return self.now(row, arguments, span),
            "ago" => return self.ago(row, arguments, span),
            "toscalar" => return self.to_scalar(row, arguments, span),
            "column_ifexists" | "columnifexists" => {
                return self.column_if_exists(row, arguments, span);
            }
            "column_names_of" => return self.column_names_of(row, arguments, span),
            "assert" => return self.assert(row, arguments, span),
            "bin_auto" => return self.bin_auto(row, arguments, span),
            "ingestion_time" if arguments.is_empty() => return self.ingestion_time(row, span),
            _ => {}
        }
        if is_window_function(&name.text) {
            return self.window_call(row, name, arguments, span);
        }
        if let Some(collected) = row.collected
            && let Some(aggregate) = aggregates::aggregate(&name.text)
        {
            let columns = self.aggregate(row, collected, aggregate, name, arguments, span)?;
            let first = columns.into_iter().next();
            return first
                .map(|(name, bound)| Bound { name, ..bound })
                .ok_or_else(|| Fault::not_supported(format!("{}()", name.text), span));
        }
        match functions::scalar(&name.text) {
            Some(function) => self.function(row, function, name, arguments, span),
            None => Err(self.unknown_function(name)),
        }
    }

    fn function<'q>(
        &self,
        row: &Row<'_, 'q>,
        function: &ScalarFunction,
        name: &Name,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        let mut bounds = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if function.name == "estimate_data_size" && is_star(&argument.value) {
                bounds.extend(row.columns().iter().cloned());
                continue;
            }
            let bound = self.scalar(row, &argument.value)?;
            // `bin(Hour=Timestamp, 1h)` names its result.
            bounds.push(match &argument.name {
                Some(name) => bound.named(&name.text),
                None => bound,
            });
        }
        check_count(
            name,
            bounds.len(),
            function.at_least,
            function.at_most,
            span,
        )?;
        let first = bounds.first().and_then(|first| first.name.clone());
        let count = bounds.len();
        let context = CallContext {
            function: &name.text,
            span,
            now: self.environment.now,
            columns: row.columns(),
        };
        let bound = (function.bind)(&context, bounds)?;
        check_constant(&bound, &name.text)?;
        let name = result_name(function, first, count, &bound);
        Ok(Bound {
            name,
            span,
            is_column: false,
            ..bound
        })
    }

    /// An aggregate, collected; its value is a column that `summarize` will have.
    pub(crate) fn aggregate<'q>(
        &self,
        row: &Row<'_, 'q>,
        collected: &Collected,
        aggregate: &Aggregate,
        name: &Name,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Vec<AggregateColumn>> {
        let inside = row.inside_aggregate();
        let (bounds, has_star) =
            self.aggregate_arguments(&inside, collected, aggregate, arguments)?;
        let at_most = if has_star {
            usize::MAX
        } else {
            aggregate.at_most
        };
        let count = bounds.len().max(usize::from(has_star));
        check_count(name, count, aggregate.at_least, at_most, span)?;
        let first = bounds.first().and_then(|first| first.name.clone());
        let context = CallContext {
            function: &name.text,
            span,
            now: self.environment.now,
            columns: inside.columns(),
        };
        let bound = (aggregate.bind)(&context, bounds)?;
        let references: Vec<_> = bound
            .aggregates
            .into_iter()
            .map(|expr| reference(&collected.add(expr, || self.fresh_id())))
            .collect();
        let outputs = bound.outputs.into_iter();
        Ok(outputs
            .map(|output| {
                let value = Bound::new((output.finish)(&references), output.scalar_type, span);
                let name = aggregate_name(aggregate, output.name, first.as_deref());
                (name, value)
            })
            .collect())
    }

    fn aggregate_arguments<'q>(
        &self,
        inside: &Row<'_, 'q>,
        collected: &Collected,
        aggregate: &Aggregate,
        arguments: &'q [Argument],
    ) -> Bind<(Vec<Bound>, bool)> {
        let mut bounds: Vec<Bound> = Vec::with_capacity(arguments.len());
        let mut has_star = false;
        for argument in arguments {
            if !is_star(&argument.value) || !aggregate.takes_star {
                bounds.push(self.scalar(inside, &argument.value)?);
                continue;
            }
            has_star = true;
            let is_other = |column: &&Bound| bounds.iter().all(|bound| bound.name != column.name);
            let star: Vec<Bound> = collected.star.iter().filter(is_other).cloned().collect();
            bounds.extend(star.into_iter().map(|column| Bound {
                span: argument.value.span,
                ..column
            }));
        }
        Ok((bounds, has_star))
    }

    /// `column_ifexists("name", default)`: decided now.
    fn column_if_exists<'q>(
        &self,
        row: &Row<'_, 'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        let [column, default] = arguments else {
            let message = "column_ifexists() takes a column name and a default";
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
        };
        let name = self.scalar(&Row::none(row.scope), &column.value)?;
        let Some(name) = name.constant_str() else {
            return Err(Fault::not_constant("the column name", column.value.span));
        };
        let default = self.scalar(row, &default.value)?;
        let column = row.relation.and_then(|relation| relation.column(name));
        Ok(match column {
            Some(column) => column.bound(span),
            None => Bound {
                name: None,
                is_column: false,
                span,
                ..default
            },
        })
    }

    /// `toscalar(rows)`: the first value of the first column, taken now.
    fn to_scalar<'q>(
        &self,
        row: &Row<'_, 'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        let [argument] = arguments else {
            let message = "toscalar() takes one table";
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
        };
        if !self.is_tabular(row, &argument.value) {
            let bound = self.scalar(row, &argument.value)?;
            if bound.expr.is_volatile() {
                return Err(Fault::not_supported("toscalar() of a random value", span));
            }
            return Ok(bound);
        }
        let relation = self.table(row.scope, &argument.value)?;
        Ok(Bound::constant(self.first_value(&relation, span)?, span))
    }

    fn unknown_function(&self, name: &Name) -> Fault {
        let text = &name.text;
        if let Some(what) = service_functions::refused(text) {
            return Fault::not_supported(what, name.span);
        }
        match catalogue::kind_of(text) {
            Some(Kind::Aggregate) if self.operator() != "summarize" => Finding::error(
                codes::UNKNOWN_FUNCTION,
                format!("{text}() is an aggregate and can stand only in `summarize`"),
                name.span,
            )
            .with_service_message(format!(
                "Function '{text}' cannot be invoked in current context."
            ))
            .into(),
            Some(_) => Fault::not_supported(format!("{text}()"), name.span),
            None => {
                let finding = Finding::error(
                    codes::UNKNOWN_FUNCTION,
                    format!("there is no function `{text}`"),
                    name.span,
                )
                .with_service_message(format!("Unknown function: '{text}'"));
                match nearest(text, catalogue::names()) {
                    Some(near) => finding.with_hint(format!("did you mean `{near}`?")).into(),
                    None => finding.into(),
                }
            }
        }
    }
}

/// Whether an expression is the bare `*`.
pub(crate) fn is_star(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Wildcard(pattern) if pattern == "*")
}

/// Refuses constants that grow without end, as when each `let` doubles the one before.
fn check_constant(bound: &Bound, function: &str) -> Bind<()> {
    let bytes = match &bound.expr {
        Expression::Literal(ScalarValue::Utf8View(Some(text)), _) => text.len(),
        Expression::Literal(ScalarValue::BinaryView(Some(bytes)), _) => bytes.len(),
        _ => 0,
    };
    if bytes > CONSTANT_MAX {
        let what = format!("{function}() makes a constant of more than {CONSTANT_MAX} bytes");
        return Err(Fault::too_large(what));
    }
    Ok(())
}

/// Refuses a call with too many or too few arguments.
pub(crate) fn check_count(
    name: &Name,
    count: usize,
    at_least: usize,
    at_most: usize,
    span: Span,
) -> Bind<()> {
    if (at_least..=at_most).contains(&count) {
        return Ok(());
    }
    let expected = match (at_least, at_most) {
        (least, most) if least == most => format!("{least}"),
        (least, usize::MAX) => format!("at least {least}"),
        (least, most) => format!("{least} to {most}"),
    };
    let text = &name.text;
    let message = format!("{text}() takes {expected} arguments and was given {count}");
    Err(Finding::error(codes::WRONG_ARGUMENTS, message, span)
        .with_service_message(format!(
            "{text}(): function expects {expected} argument(s)."
        ))
        .into())
}

fn result_name(
    function: &ScalarFunction,
    first: Option<String>,
    count: usize,
    bound: &Bound,
) -> Option<String> {
    match function.result_name {
        ResultName::Default => None,
        ResultName::FirstArgument => first,
        ResultName::NameAndFirstArgument => first.map(|first| format!("{}_{first}", function.name)),
        ResultName::PrefixAndFirstArgument(prefix) => {
            first.map(|first| format!("{prefix}_{first}"))
        }
        ResultName::Fixed(name) => Some(name.to_owned()),
        ResultName::OnlyArgument => first.filter(|_| count == 1),
        ResultName::SetByFunction => bound.name.clone(),
    }
}

fn aggregate_name(
    aggregate: &Aggregate,
    given: Option<String>,
    first: Option<&str>,
) -> Option<String> {
    if given.is_some() {
        return given;
    }
    match aggregate.result_name {
        AggregateName::PrefixAndFirstArgument(prefix) => {
            Some(format!("{prefix}_{}", first.unwrap_or_default()))
        }
        AggregateName::FirstArgument => first.map(str::to_owned),
        AggregateName::SetByFunction => None,
    }
}

impl Binder<'_> {
    /// A constant integer, such as the number of rows of `take`.
    pub(crate) fn constant_long<'q>(
        &self,
        row: &Row<'_, 'q>,
        expr: &'q Expr,
        what: &str,
    ) -> Bind<i64> {
        if let ExprKind::Literal(Literal::Long(Some(value))) = &expr.kind {
            return Ok(*value);
        }
        let bound = self.scalar(row, expr)?;
        match bound.constant {
            Some(Value::Long(value)) => Ok(value),
            Some(Value::Int(value)) => Ok(i64::from(value)),
            Some(other) => {
                let found = other.scalar_type();
                Err(Fault::wrong_type(what, "an integer", found, expr.span))
            }
            None => Err(Fault::not_constant(what, expr.span)),
        }
    }
}
