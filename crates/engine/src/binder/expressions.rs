//! Scalar expressions.

use datafusion::logical_expr::lit;
use tesem_kql::Span;
use tesem_kql::ast::{BinaryOp, Expr, ExprKind, Literal, Name, TypeOf, UnaryOp};
use tesem_kql::schema::renamed_column;
use tesem_kql::types::ScalarType;

use super::Binder;
use super::calls::is_star;
use super::fault::{Bind, Fault};
use super::nearest::nearest;
use super::row::Row;
use super::scope::Binding;
use crate::bound::Bound;
use crate::dynamic;
use crate::error::{Finding, codes};
use crate::kernels::dynamics;
use crate::types;
use crate::value::Value;

impl<'e> Binder<'e> {
    /// Binds a scalar expression.
    pub(crate) fn scalar<'q>(&self, row: &Row<'_, 'q>, expr: &'q Expr) -> Bind<Bound> {
        self.nested(|| self.scalar_unguarded(row, expr))
    }

    fn scalar_unguarded<'q>(&self, row: &Row<'_, 'q>, expr: &'q Expr) -> Bind<Bound> {
        self.spend_nodes(1)?;
        let span = expr.span;
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(Bound::constant(literal_value(literal), span)),
            ExprKind::Name(name) => self.name(row, name),
            ExprKind::Parenthesised(inner) => self.scalar(row, inner),
            ExprKind::Path { base, member } => self.path(row, base, member, span),
            ExprKind::Index { base, index } => self.index(row, base, index, span),
            ExprKind::Call {
                base: None,
                name,
                arguments,
            } => self.call(row, name, arguments, span),
            ExprKind::Unary { op, operand } => self.unary(row, *op, operand, span),
            ExprKind::Binary { op, left, right } => self.binary(row, expr, *op, left, right),
            ExprKind::In { op, operand, list } => self.membership(row, *op, operand, list, span),
            ExprKind::Between {
                negated,
                operand,
                low,
                high,
            } => self.between(row, *negated, [operand, low, high], span),
            ExprKind::TypeOf(TypeOf::Scalar(scalar_type)) => Ok(type_argument(*scalar_type, span)),
            other => Err(not_a_value(other, span)),
        }
    }

    fn binary<'q>(
        &self,
        row: &Row<'_, 'q>,
        expr: &'q Expr,
        op: BinaryOp,
        left: &'q Expr,
        right: &'q Expr,
    ) -> Bind<Bound> {
        let span = expr.span;
        match op {
            BinaryOp::And | BinaryOp::Or => self.connective(row, op, expr),
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo => self.arithmetic_chain(row, expr),
            BinaryOp::String(op) => self.string_test(row, op, left, right, span),
            _ if is_star(left) => {
                let what = "comparing `*` other than with a string operator";
                Err(Fault::not_supported(what, span))
            }
            comparison => {
                let (left, right) = (self.scalar(row, left)?, self.scalar(row, right)?);
                self.compare(comparison, left, right, span)
            }
        }
    }

    fn unary<'q>(
        &self,
        row: &Row<'_, 'q>,
        op: UnaryOp,
        operand: &'q Expr,
        span: Span,
    ) -> Bind<Bound> {
        let operand = self.scalar(row, operand)?;
        match op {
            UnaryOp::Negate => self.negate(operand, span),
            UnaryOp::Plus => Ok(Bound {
                name: None,
                ..operand
            }),
        }
    }

    /// A name: parameters and locals of functions first, then columns, then the query's own `let`s.
    pub(crate) fn name(&self, row: &Row<'_, '_>, name: &Name) -> Bind<Bound> {
        if let Some(local) = row.scope.find_local(&name.text) {
            return self.use_binding(&local, name);
        }
        if let Some(column) = row
            .relation
            .and_then(|relation| relation.column(&name.text))
        {
            if row.collected.is_some() {
                return Err(outside_aggregate(name));
            }
            return Ok(column.bound(name.span));
        }
        match row.scope.find(&name.text) {
            Some(binding) => self.use_binding(&binding, name),
            None if self.is_open() && row.relation.is_some() => Ok(Bound {
                name: Some(name.text.clone()),
                is_column: true,
                ..Bound::new(
                    lit(types::null(ScalarType::Dynamic)),
                    ScalarType::Dynamic,
                    name.span,
                )
            }),
            None => Err(self.unknown_name(row, name)),
        }
    }

    fn use_binding(&self, binding: &Binding<'_>, name: &Name) -> Bind<Bound> {
        let Binding::Scalar { bound, size } = binding else {
            return Err(Fault::wrong(
                codes::WRONG_KIND,
                format!("`{}` is no single value", name.text),
                name.span,
            ));
        };
        self.spend_nodes(*size)?;
        Ok(Bound {
            span: name.span,
            name: Some(name.text.clone()),
            is_column: false,
            ..bound.clone()
        })
    }

    fn unknown_name(&self, row: &Row<'_, '_>, name: &Name) -> Fault {
        let text = &name.text;
        let declared = row.scope.names();
        let columns = row
            .columns()
            .iter()
            .filter_map(|column| column.name.as_deref());
        let candidates = columns.chain(declared.iter().map(String::as_str));
        let renamed =
            renamed_column(text).filter(|current| candidates.clone().any(|name| name == *current));
        let finding = Finding::error(
            codes::UNKNOWN_COLUMN,
            format!("there is no column or variable `{text}`"),
            name.span,
        )
        .with_service_message(format!(
            "'{}' operator: Failed to resolve scalar expression named '{text}'",
            self.operator()
        ));
        let hint = match renamed {
            Some(current) => Some(format!("it is called `{current}` now")),
            None => nearest(text, candidates).map(|near| format!("did you mean `{near}`?")),
        };
        match hint {
            Some(hint) => finding.with_hint(hint).into(),
            None => finding.into(),
        }
    }

    /// `base.member`.
    fn path<'q>(
        &self,
        row: &Row<'_, 'q>,
        base: &'q Expr,
        member: &Name,
        span: Span,
    ) -> Bind<Bound> {
        if let (Some(steps), ExprKind::Name(step)) = (row.steps, &base.kind)
            && let Some(column) = steps.column(step, member, span)
        {
            return column;
        }
        let base = self.scalar(row, base)?;
        let name = joined_name(&base, &member.text);
        let base = dynamic_base(base)?;
        let context = self.context(".", &base);
        let bound = dynamics::member(&context, base, &member.text)?;
        Ok(Bound {
            name,
            span,
            ..bound
        })
    }

    /// `base[index]`.
    fn index<'q>(
        &self,
        row: &Row<'_, 'q>,
        base: &'q Expr,
        index: &'q Expr,
        span: Span,
    ) -> Bind<Bound> {
        let base = self.scalar(row, base)?;
        let index = self.scalar(row, index)?;
        let step = match &index.constant {
            Some(Value::String(member)) => member.clone(),
            Some(Value::Long(number @ 0..)) => number.to_string(),
            _ => String::new(),
        };
        let name = joined_name(&base, &step);
        let base = dynamic_base(base)?;
        let context = self.context("[]", &base);
        let bound = match (&index.constant, index.scalar_type) {
            (Some(Value::String(member)), _) => dynamics::member(&context, base, member)?,
            (Some(Value::Long(number)), _) => dynamics::element(&context, base, *number)?,
            (_, ScalarType::String | ScalarType::Int | ScalarType::Long | ScalarType::Dynamic) => {
                dynamics::index(&context, base, index)?
            }
            (_, found) => {
                return Err(Fault::wrong_type(
                    "an index",
                    "a string or an integer",
                    found,
                    index.span,
                ));
            }
        };
        Ok(Bound {
            name,
            span,
            ..bound
        })
    }
}

fn joined_name(base: &Bound, step: &str) -> Option<String> {
    let base = base.name.as_deref()?;
    Some(format!("{base}_{step}"))
}

fn dynamic_base(base: Bound) -> Bind<Bound> {
    if base.scalar_type == ScalarType::Dynamic {
        return Ok(base);
    }
    let message = format!("a {} has no members or elements", base.scalar_type);
    let mut finding = Finding::error(codes::WRONG_TYPE, message, base.span);
    if base.scalar_type == ScalarType::String {
        finding = finding.with_hint("read it with parse_json() first");
    }
    Err(finding.into())
}

fn outside_aggregate(name: &Name) -> Fault {
    Finding::error(
        codes::WRONG_KIND,
        format!(
            "`{}` is a column of single rows: use it inside an aggregate or after `by`",
            name.text
        ),
        name.span,
    )
    .with_service_message(format!(
        "'summarize' operator: Failed to resolve scalar expression named '{}'",
        name.text
    ))
    .into()
}

fn not_a_value(kind: &ExprKind, span: Span) -> Fault {
    let message = match kind {
        ExprKind::Pipe { .. } | ExprKind::Source(_) | ExprKind::DataTable { .. } => {
            "rows cannot stand where a value is expected"
        }
        ExprKind::Wildcard(_) => "`*` cannot stand for a value here",
        ExprKind::Call { .. } => {
            return Fault::not_supported("a function of another database", span);
        }
        _ => "this cannot stand where a value is expected",
    };
    let finding = Finding::error(codes::WRONG_KIND, message, span);
    match kind {
        ExprKind::Pipe { .. } | ExprKind::Source(_) => {
            finding.with_hint("toscalar(…) takes the first value of a table")
        }
        _ => finding,
    }
    .into()
}

fn type_argument(scalar_type: ScalarType, span: Span) -> Bound {
    Bound {
        type_argument: Some(scalar_type),
        ..Bound::constant(Value::String(scalar_type.name().to_owned()), span)
    }
}

/// The value of a literal.
pub(crate) fn literal_value(literal: &Literal) -> Value {
    match literal {
        Literal::Bool(value) => value.map_or(Value::Null(ScalarType::Bool), Value::Bool),
        Literal::Int(value) => value.map_or(Value::Null(ScalarType::Int), Value::Int),
        Literal::Long(value) => value.map_or(Value::Null(ScalarType::Long), Value::Long),
        Literal::Real(value) => value.map_or(Value::Null(ScalarType::Real), Value::Real),
        Literal::Decimal(digits) => digits
            .as_ref()
            .and_then(|digits| digits.parse().ok())
            .map_or(Value::Null(ScalarType::Decimal), Value::Decimal),
        Literal::String(text) => Value::String(text.clone()),
        Literal::DateTime(ticks) => {
            ticks.map_or(Value::Null(ScalarType::DateTime), Value::DateTime)
        }
        Literal::TimeSpan(ticks) => {
            ticks.map_or(Value::Null(ScalarType::TimeSpan), Value::TimeSpan)
        }
        Literal::Guid(bits) => bits.map_or(Value::Null(ScalarType::Guid), Value::Guid),
        Literal::Dynamic(literal) => match dynamic::from_literal(literal) {
            dynamic::DynamicValue::Null => Value::Null(ScalarType::Dynamic),
            value => Value::Dynamic(value),
        },
    }
}
