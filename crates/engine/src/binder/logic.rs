//! `and`, `or`.

use datafusion::logical_expr::{
    BinaryExpr, Expr as PlanExpr, Operator as PlanOperator, binary_expr,
};
use indexmap::IndexMap;
use tesem_kql::Span;
use tesem_kql::ast::{BinaryOp, Expr, ExprKind, Literal, Name, StringTest};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::comparison::inside_is_true;
use super::expressions::literal_value;
use super::fault::Bind;
use super::row::Row;
use crate::bound::Bound;
use crate::value::Value;

/// From this many alternatives on a chain of `or` becomes a set.
const ALTERNATIVES_MIN: usize = 16;

impl Binder<'_> {
    /// A chain of `and` or of `or`, of any length.
    pub(crate) fn connective<'q>(
        &self,
        row: &Row<'_, 'q>,
        op: BinaryOp,
        expr: &'q Expr,
    ) -> Bind<Bound> {
        let mut parts = operands_of(op, expr);
        let mut operands = Vec::new();
        if op == BinaryOp::Or {
            for (name, is_case_sensitive, values) in take_alternatives(&mut parts) {
                let operand = self.name(row, name)?;
                operands.push(self.one_of(&operand, values, is_case_sensitive, expr.span)?);
            }
        }
        for operand in parts {
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

/// A name, whether case counts, and the values it is compared with.
type Alternatives<'q> = (&'q Name, bool, Vec<Value>);

/// Takes out `a == 1 or a == 2 or …` and `a =~ 'x' or …` where there are many: as sets they cost the same however long they are.
fn take_alternatives<'q>(parts: &mut Vec<&'q Expr>) -> Vec<Alternatives<'q>> {
    let mut found: IndexMap<(&str, bool), Alternatives<'q>> = IndexMap::new();
    for (name, is_case_sensitive, literal) in parts.iter().filter_map(|part| alternative(part)) {
        found
            .entry((&name.text, is_case_sensitive))
            .or_insert_with(|| (name, is_case_sensitive, Vec::new()))
            .2
            .push(literal_value(literal));
    }
    found.retain(|_, (.., values)| values.len() >= ALTERNATIVES_MIN);
    parts.retain(|part| {
        let key = alternative(part).map(|(name, case, _)| (name.text.as_str(), case));
        key.is_none_or(|key| !found.contains_key(&key))
    });
    found.into_values().collect()
}

/// `name == literal`, `name =~ literal`.
fn alternative(expr: &Expr) -> Option<(&Name, bool, &Literal)> {
    let ExprKind::Binary { op, left, right } = &expr.kind else {
        return None;
    };
    let is_case_sensitive = match op {
        BinaryOp::Equal => true,
        BinaryOp::String(op) => {
            let is_equality = op.test == StringTest::Equals && !op.negated;
            (is_equality && !op.case_sensitive).then_some(false)?
        }
        _ => return None,
    };
    match (&left.kind, &right.kind) {
        (
            ExprKind::Name(name),
            ExprKind::Literal(literal @ (Literal::String(_) | Literal::Long(Some(_)))),
        ) => Some((name, is_case_sensitive, literal)),
        _ => None,
    }
}

/// The conditions that `and` joins, in text order.
pub(crate) fn conjunction(expr: &Expr) -> Vec<&Expr> {
    operands_of(BinaryOp::And, expr)
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

/// What a filter tests: it drops null like false, so that a comparison need not be made total and can prune. The same holds for what
/// `and` and `or` join.
pub(crate) fn filter_of(expr: PlanExpr) -> PlanExpr {
    match inside_is_true(expr) {
        PlanExpr::BinaryExpr(BinaryExpr { left, op, right })
            if matches!(op, PlanOperator::And | PlanOperator::Or) =>
        {
            binary_expr(filter_of(*left), op, filter_of(*right))
        }
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
    let expressions: Vec<PlanExpr> = operands
        .into_iter()
        .filter(|operand| operand.constant_bool() != Some(is_and))
        .map(|operand| operand.expr)
        .collect();
    let op = match is_and {
        true => PlanOperator::And,
        false => PlanOperator::Or,
    };
    match balanced(op, expressions) {
        Some(expr) => Bound {
            nullable,
            ..Bound::new(expr, ScalarType::Bool, span)
        },
        None => Bound::constant(Value::Bool(is_and), span),
    }
}

/// Expressions joined by an operator as a tree that is as flat as it can be; they keep their order.
pub(crate) fn balanced(op: PlanOperator, expressions: Vec<PlanExpr>) -> Option<PlanExpr> {
    let mut expressions = expressions;
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
    expressions.pop()
}
