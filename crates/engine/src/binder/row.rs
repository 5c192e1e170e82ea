//! What a scalar expression can see.

use std::cell::{OnceCell, RefCell};
use std::sync::Arc;

use datafusion::logical_expr::Expr;
use tesem_kql::Span;

use super::relation::{ColumnId, Relation};
use super::scope::Scope;
use super::steps::StepColumns;
use super::windows::WindowCalls;
use crate::bound::Bound;

/// The aggregates that a `summarize` has met so far.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// Each with the id of the column that holds its value.
    pub(crate) aggregates: RefCell<Vec<(ColumnId, Expr)>>,
    /// The columns that stand for `*`.
    pub(crate) star: Vec<Bound>,
}

/// What a scalar expression can see: the columns of a row, declared names, and, in `summarize`, aggregates.
pub(crate) struct Row<'a, 'q> {
    /// The columns; none in a `let` or `print`.
    pub(crate) relation: Option<&'a Relation>,
    /// The declared names.
    pub(crate) scope: &'a Scope<'q>,
    /// Where aggregates are collected, outside the arguments of an aggregate.
    pub(crate) collected: Option<&'a Collected>,
    /// Where calls of window functions are collected, in operators that can compute them.
    pub(crate) windows: Option<&'a WindowCalls>,
    /// What `step.column` stands for, in the steps of `scan`.
    pub(crate) steps: Option<&'a StepColumns>,
    bounds: OnceCell<Vec<Bound>>,
}

impl<'a, 'q> Row<'a, 'q> {
    /// No columns.
    pub(crate) fn none(scope: &'a Scope<'q>) -> Self {
        Self {
            relation: None,
            scope,
            collected: None,
            windows: None,
            steps: None,
            bounds: OnceCell::new(),
        }
    }

    /// The same row in a step of `scan`.
    pub(crate) fn with_steps(self, steps: &'a StepColumns) -> Self {
        Self {
            steps: Some(steps),
            ..self
        }
    }

    /// The same row where window functions may stand.
    pub(crate) fn with_windows(self, windows: &'a WindowCalls) -> Self {
        Self {
            windows: Some(windows),
            ..self
        }
    }

    /// The columns of a relation.
    pub(crate) fn of(relation: &'a Relation, scope: &'a Scope<'q>) -> Self {
        Self {
            relation: Some(relation),
            ..Self::none(scope)
        }
    }

    /// The columns of a relation, and aggregates over them.
    pub(crate) fn aggregating(
        relation: &'a Relation,
        scope: &'a Scope<'q>,
        collected: &'a Collected,
    ) -> Self {
        Self {
            collected: Some(collected),
            ..Self::of(relation, scope)
        }
    }

    /// The same row as the arguments of an aggregate see it.
    pub(crate) fn inside_aggregate(&self) -> Self {
        Row {
            relation: self.relation,
            scope: self.scope,
            collected: None,
            windows: None,
            steps: None,
            bounds: OnceCell::new(),
        }
    }

    /// All visible columns.
    pub(crate) fn columns(&self) -> &[Bound] {
        self.bounds.get_or_init(|| {
            let columns = self.relation.map(|relation| relation.columns.as_slice());
            let columns = columns.unwrap_or_default().iter();
            columns
                .map(|column| column.bound(Span::default()))
                .collect()
        })
    }
}

impl Collected {
    /// Keeps an aggregate under a new column id; an equal one that is already there is shared.
    pub(crate) fn add(&self, aggregate: Expr, fresh: impl FnOnce() -> ColumnId) -> ColumnId {
        let mut aggregates = self.aggregates.borrow_mut();
        if let Some((id, _)) = aggregates.iter().find(|(_, known)| *known == aggregate) {
            return Arc::clone(id);
        }
        let id = fresh();
        aggregates.push((Arc::clone(&id), aggregate));
        id
    }
}
