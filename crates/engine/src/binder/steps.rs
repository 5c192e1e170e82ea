//! The columns that the steps of `scan` remember: `step.column`.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use datafusion::logical_expr::Expr as PlanExpr;
use tesem_kql::Span;
use tesem_kql::ast::{Name, ScanStep};
use tesem_kql::types::ScalarType;

use super::fault::{Bind, Fault};
use super::relation::{ColumnId, Relation, RelationColumn, reference};
use crate::bound::Bound;
use crate::error::codes;
use crate::scanning::{Declared, Source, Step};

/// A column of a step that some expression reads.
#[derive(Debug, Clone)]
pub(crate) struct ReadColumn {
    /// What it is called in expressions.
    pub(crate) id: ColumnId,
    /// Its type.
    pub(crate) scalar_type: ScalarType,
    /// Which step remembers it.
    pub(crate) step: usize,
    /// Which value it remembers.
    pub(crate) source: Source,
}

/// What `step.column` can stand for.
#[derive(Debug)]
pub(crate) struct StepColumns {
    steps: Vec<String>,
    input: Vec<RelationColumn>,
    declared: Vec<RelationColumn>,
    current: Cell<usize>,
    read: RefCell<Vec<ReadColumn>>,
}

impl StepColumns {
    /// The columns of all steps: those of the input, and those that are declared.
    pub(crate) fn new(
        input: &Relation,
        declared: &[(RelationColumn, Declared)],
        steps: &[ScanStep],
    ) -> Self {
        Self {
            steps: steps.iter().map(|step| step.name.text.clone()).collect(),
            input: input.columns.iter().chain(&input.hidden).cloned().collect(),
            declared: declared.iter().map(|(column, _)| column.clone()).collect(),
            current: Cell::new(0),
            read: RefCell::default(),
        }
    }

    /// Says which step the next expressions belong to.
    pub(crate) fn enter(&self, step: usize) {
        self.current.set(step);
    }

    /// `step.column`; nothing where there is no such step.
    pub(crate) fn column(&self, step: &Name, column: &Name, span: Span) -> Option<Bind<Bound>> {
        let place = self.steps.iter().position(|name| *name == step.text)?;
        if place > self.current.get() {
            let what = "the columns of a later step in `scan`";
            return Some(Err(Fault::not_supported(what, span)));
        }
        let named = |known: &&RelationColumn| known.name == column.text;
        if let Some(found) = self.input.iter().find(named) {
            let source = Source::Row(found.id.to_string());
            return Some(Ok(self.remembered(place, source, found, span)));
        }
        if let Some(at) = self.declared.iter().position(|known| named(&known)) {
            let found = self.declared.get(at)?;
            return Some(Ok(self.remembered(
                place,
                Source::Declared(at),
                found,
                span,
            )));
        }
        let message = format!("the steps of `scan` have no column `{}`", column.text);
        Some(Err(Fault::wrong(
            codes::UNKNOWN_COLUMN,
            message,
            column.span,
        )))
    }

    fn remembered(
        &self,
        step: usize,
        source: Source,
        column: &RelationColumn,
        span: Span,
    ) -> Bound {
        let mut read = self.read.borrow_mut();
        let known = read
            .iter()
            .find(|known| known.step == step && known.source == source);
        let id = match known {
            Some(known) => Arc::clone(&known.id),
            None => {
                let id: ColumnId = Arc::from(format!("s{step}_{}", read.len()));
                read.push(ReadColumn {
                    id: Arc::clone(&id),
                    scalar_type: column.scalar_type,
                    step,
                    source,
                });
                id
            }
        };
        Bound {
            nullable: column.nullable,
            ..Bound::new(reference(&id), column.scalar_type, span)
        }
    }

    /// Whether an expression reads a column of a step.
    pub(crate) fn are_read_by(&self, expr: &PlanExpr) -> bool {
        let read = self.read.borrow();
        let columns = expr.column_refs();
        columns
            .iter()
            .any(|column| read.iter().any(|known| *known.id == column.name))
    }

    /// All columns that expressions have read so far.
    pub(crate) fn read(&self) -> Vec<ReadColumn> {
        self.read.borrow().clone()
    }

    /// The columns of the row itself that the steps look at, or remember.
    pub(crate) fn locals(&self, steps: &[Step]) -> Vec<ColumnId> {
        let mut locals: Vec<ColumnId> = Vec::new();
        let mut add = |name: &str| {
            let is_own = self.input.iter().any(|column| *column.id == *name);
            if is_own && locals.iter().all(|known| **known != *name) {
                locals.push(Arc::from(name));
            }
        };
        for column in self.read.borrow().iter() {
            if let Source::Row(name) = &column.source {
                add(name);
            }
        }
        for expression in steps.iter().flat_map(Step::expressions) {
            let mut names: Vec<&str> = expression
                .column_refs()
                .into_iter()
                .map(|column| column.name.as_str())
                .collect();
            names.sort_unstable();
            names.into_iter().for_each(&mut add);
        }
        locals
    }
}
