//! What a subquery that works on groups may hold: see [`Grouping`](crate::binder::grouping::Grouping).

use tesem_kql::ast::{Expr, ExprKind, Operator, OperatorKind};
use tesem_kql::visit::{self, Visitor};

use super::keyword;
use crate::binder::fault::{Bind, Fault};
use crate::binder::windows::is_window_function;

/// Refuses operators that cannot work on many groups at once.
pub(crate) fn check(operators: &[Operator]) -> Bind<()> {
    match operators.iter().find(|operator| !works(operator)) {
        Some(operator) => {
            let what = format!("`{}` in the subquery of `mv-apply`", keyword(operator));
            Err(Fault::not_supported(what, operator.span))
        }
        None => Ok(()),
    }
}

/// Whether every operator can work on many groups at once.
pub(crate) fn all_work(operators: &[Operator]) -> bool {
    operators.iter().all(works)
}

/// Whether an operator of the subquery has an answer for no rows.
pub(crate) fn answers_nothing(operators: &[Operator]) -> bool {
    operators.iter().any(|operator| match &operator.kind {
        OperatorKind::Count { .. } => true,
        OperatorKind::Summarize(summarize) => summarize.by.is_none(),
        _ => false,
    })
}

fn works(operator: &Operator) -> bool {
    match &operator.kind {
        OperatorKind::Count { .. }
        | OperatorKind::Distinct { .. }
        | OperatorKind::MvExpand(_)
        | OperatorKind::Parse(_)
        | OperatorKind::ParseWhere(_)
        | OperatorKind::ProjectAway(_)
        | OperatorKind::ProjectByNames(_)
        | OperatorKind::ProjectKeep(_)
        | OperatorKind::ProjectRename(_)
        | OperatorKind::ProjectReorder(_)
        | OperatorKind::Sample { .. }
        | OperatorKind::SampleDistinct { .. }
        | OperatorKind::Sort { .. }
        | OperatorKind::Summarize(_)
        | OperatorKind::Take { .. }
        | OperatorKind::Top { .. }
        | OperatorKind::TopHitters { .. } => true,
        OperatorKind::Extend(_) | OperatorKind::Project(_) | OperatorKind::Where { .. } => {
            !calls_window_functions(operator)
        }
        OperatorKind::MvApply(apply) => all_work(&apply.subquery),
        _ => false,
    }
}

/// Whether an operator looks at rows before or after each row: groups have no order among each other.
fn calls_window_functions(operator: &Operator) -> bool {
    let mut calls = WindowFunctionCalls { found: false };
    visit::walk_operator(&mut calls, operator);
    calls.found
}

struct WindowFunctionCalls {
    found: bool,
}

impl Visitor for WindowFunctionCalls {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Call { name, .. } = &expr.kind {
            self.found |= is_window_function(&name.text);
        }
        visit::walk_expr(self, expr);
    }
}
