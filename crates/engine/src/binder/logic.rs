//! `and`, `or`.

use datafusion::logical_expr::{Expr as PlanExpr, Operator as PlanOperator, binary_expr};
use tesem_kql::Span;
use tesem_kql::ast::{BinaryOp, Expr, ExprKind};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::fault::Bind;
use super::row::Row;
use crate::bound::Bound;
use crate::value::Value;

impl Binder<'_> {
    /// A chain of `and` or of `or`, of any length.
    pub(crate) fn connective<'q>(
        &self,
        row: &Row<'_, 'q>,
        op: BinaryOp,
        expr: &'q Expr,
    ) -> Bind<Bound> {
        let mut operands = Vec::new();
        for operand in operands_of(op, expr) {
            let bound = self.scalar(row, operand)?;
            operands.push(self.condition(bound, "an operand of `and` or `or`")?);
        }
        Ok(combine(op == BinaryOp::And, operands, expr.span))
    }

    /// The conditions of a `where`, one by one, in order.
    pub(crate) fn conjuncts<'q>(&self, row: &Row<'_, 'q>, expr: &'q Expr) -> Bind<Vec<PlanExpr>> {
        let mut conjuncts = Vec::new();
        for operand in operands_of(BinaryOp::And, expr) {
            let bound = self.scalar(row, operand)?;
            let bound = self.condition(bound, "the condition of `where`")?;
            conjuncts.push(filter_of(bound.expr));
        }
        Ok(conjuncts)
    }
}

/// The operands of a chain of one operator, in text order.
fn operands_of(op: BinaryOp, expr: &Expr) -> Vec<&Expr> {
    let mut operands = Vec::new();
    let mut pending = vec![expr];
    while let Some(expr) = pending.pop() {
        match &expr.kind {
            ExprKind::Binary {
                op: found,
                left,
                right,
            } if *found == op => pending.extend([&**right, &**left]),
            ExprKind::Parenthesised(inner) if is_chain(op, inner) => pending.push(inner),
            _ => operands.push(expr),
        }
    }
    operands
}

fn is_chain(op: BinaryOp, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary { op: found, .. } => *found == op,
        ExprKind::Parenthesised(inner) => is_chain(op, inner),
        _ => false,
    }
}

/// What a filter tests: it drops null like false, so that a comparison need not be made total and can prune.
fn filter_of(expr: PlanExpr) -> PlanExpr {
    match expr {
        PlanExpr::IsTrue(inner) => *inner,
        other => other,
    }
}

/// `and` or `or` of the operands by three-valued logic, as a balanced tree.
pub(crate) fn combine(is_and: bool, operands: Vec<Bound>, span: Span) -> Bound {
    let decisive = operands
        .iter()
        .any(|operand| operand.constant_bool() == Some(!is_and));
    if decisive {
        return Bound::constant(Value::Bool(!is_and), span);
    }
    let nullable = operands.iter().any(|operand| operand.nullable);
    let mut expressions: Vec<PlanExpr> = operands
        .into_iter()
        .filter(|operand| operand.constant_bool() != Some(is_and))
        .map(|operand| operand.expr)
        .collect();
    let op = match is_and {
        true => PlanOperator::And,
        false => PlanOperator::Or,
    };
    while expressions.len() > 1 {
        let mut halved = Vec::with_capacity(expressions.len().div_ceil(2));
        let mut rest = expressions.into_iter();
        while let Some(left) = rest.next() {
            halved.push(match rest.next() {
                Some(right) => binary_expr(left, op, right),
                None => left,
            });
        }
        expressions = halved;
    }
    match expressions.pop() {
        Some(expr) => Bound {
            nullable,
            ..Bound::new(expr, ScalarType::Bool, span)
        },
        None => Bound::constant(Value::Bool(is_and), span),
    }
}
