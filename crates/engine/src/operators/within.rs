//! What a subquery that works on groups may hold: see [`Grouping`](crate::binder::grouping::Grouping).

use tesem_kql::ast::{Operator, OperatorKind};

use super::keyword;
use crate::binder::fault::{Bind, Fault};

/// Refuses operators that cannot work on many groups at once.
pub(crate) fn check(operators: &[Operator]) -> Bind<()> {
    match operators.iter().find(|operator| !works(&operator.kind)) {
        Some(operator) => {
            let what = format!("`{}` in the subquery of `mv-apply`", keyword(operator));
            Err(Fault::not_supported(what, operator.span))
        }
        None => Ok(()),
    }
}

/// Whether every operator can work on many groups at once.
pub(crate) fn all_work(operators: &[Operator]) -> bool {
    operators.iter().all(|operator| works(&operator.kind))
}

/// Whether an operator of the subquery has an answer for no rows.
pub(crate) fn answers_nothing(operators: &[Operator]) -> bool {
    operators.iter().any(|operator| match &operator.kind {
        OperatorKind::Count { .. } => true,
        OperatorKind::Summarize(summarize) => summarize.by.is_none(),
        _ => false,
    })
}

fn works(kind: &OperatorKind) -> bool {
    match kind {
        OperatorKind::Count { .. }
        | OperatorKind::Distinct { .. }
        | OperatorKind::Extend(_)
        | OperatorKind::MvExpand(_)
        | OperatorKind::Parse(_)
        | OperatorKind::ParseWhere(_)
        | OperatorKind::Project(_)
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
        | OperatorKind::TopHitters { .. }
        | OperatorKind::Where { .. } => true,
        OperatorKind::MvApply(apply) => all_work(&apply.subquery),
        _ => false,
    }
}
