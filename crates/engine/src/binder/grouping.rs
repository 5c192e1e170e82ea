//! Rows in groups that each operator of a subquery treats one by one, as in `mv-apply` and `partition`.
//!
//! The subquery is not run once for each group: its operators are bound once, over all rows, with the group as a hidden key. `summarize`
//! groups by it, `top` numbers the rows within it, and so on.

use datafusion::arrow::datatypes::DataType;
use datafusion::functions_window::expr_fn::row_number;
use datafusion::logical_expr::expr::AggregateFunction;
use datafusion::logical_expr::{
    Expr as PlanExpr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, SortExpr, lit,
};
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use super::Binder;
use super::fault::{Bind, Fault};
use super::relation::{ColumnId, Relation, RelationColumn, reference};
use crate::aggregates::whole_row;
use crate::bound::Bound;
use crate::error::EngineError;

/// Which rows belong together.
#[derive(Debug, Clone)]
pub(crate) struct Grouping {
    /// Columns that together tell the groups apart.
    pub(crate) keys: Vec<ColumnId>,
    /// Columns with one value in each group, which are kept whatever the operators do.
    pub(crate) carried: Vec<ColumnId>,
    /// Whether a row counts. Where an operator has an answer for a group without rows, such as `count`, rows are not dropped but marked,
    /// so that every group keeps at least one.
    pub(crate) counted: Option<ColumnId>,
}

impl Grouping {
    /// All its columns.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &ColumnId> {
        self.keys.iter().chain(&self.carried).chain(&self.counted)
    }

    /// The columns that tell apart rows which operators must not mix.
    fn partition(&self) -> Vec<PlanExpr> {
        let columns = self.keys.iter().chain(&self.counted);
        columns.map(reference).collect()
    }

    /// The keys as the most significant part of an order.
    pub(crate) fn sort_keys(&self) -> impl Iterator<Item = SortExpr> {
        let keys = self.keys.iter();
        keys.map(|key| SortExpr::new(reference(key), true, true))
    }
}

impl Binder<'_> {
    /// Keeps the rows for which a condition is true.
    pub(crate) fn keep(&self, input: Relation, condition: PlanExpr) -> Bind<Relation> {
        let counted = input.grouping.as_ref().and_then(|g| g.counted.clone());
        if let Some(counted) = counted {
            return self.mark(input, reference(&counted).and(condition));
        }
        let builder = LogicalPlanBuilder::new(input.plan.clone());
        let plan = builder.filter(condition)?.build()?;
        Ok(Relation {
            is_sorted: false,
            ..input.with_plan(plan)
        })
    }

    /// The same rows; those count for which a condition is true.
    pub(crate) fn mark(&self, input: Relation, condition: PlanExpr) -> Bind<Relation> {
        let id = self.fresh_id();
        let mut expressions: Vec<PlanExpr> = input.kept_ids().iter().map(reference).collect();
        expressions.push(condition.alias(id.to_string()));
        let builder = LogicalPlanBuilder::new(input.plan.clone());
        let plan = builder.project(expressions)?.build()?;
        let grouping = input.grouping.clone().map(|grouping| Grouping {
            counted: Some(id),
            ..grouping
        });
        Ok(Relation {
            grouping,
            ..input.with_plan(plan)
        })
    }

    /// The first `count` rows, or, where rows are in groups, of each group.
    pub(crate) fn first_rows(&self, input: Relation, count: usize) -> Bind<Relation> {
        let Some(grouping) = &input.grouping else {
            let builder = LogicalPlanBuilder::new(input.sorted_plan()?);
            let plan = builder.limit(0, Some(count))?.build()?;
            let is_sorted = input.order.is_some();
            return Ok(Relation {
                is_sorted,
                ..input.with_plan(plan)
            });
        };
        let id = self.fresh_id();
        let number = row_number().partition_by(grouping.partition());
        let number = match &input.order {
            Some(order) if !order.is_empty() => number.order_by(order.clone()),
            _ => number,
        }
        .build()?;
        let builder = LogicalPlanBuilder::new(input.sorted_plan()?);
        let plan = builder.window([number.alias(id.to_string())])?.build()?;
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.keep(input.with_plan(plan), reference(&id).lt_eq(lit(count)))
    }

    /// Groups rows by keys within their groups; the aggregates become columns of the plan, but are not visible yet.
    pub(crate) fn grouped_within(
        &self,
        input: &Relation,
        grouping: &Grouping,
        keys: Vec<(RelationColumn, PlanExpr)>,
        aggregates: Vec<(ColumnId, PlanExpr)>,
    ) -> Bind<Relation> {
        let answers_nothing = keys.is_empty();
        let mut groups: Vec<PlanExpr> = grouping.keys.iter().map(reference).collect();
        let mut columns = Vec::with_capacity(keys.len());
        for (column, key) in keys {
            groups.push(key.alias(column.id.to_string()));
            columns.push(column);
        }
        let mut calls = Vec::with_capacity(aggregates.len() + 1);
        let mut kept: Vec<ColumnId> = columns.iter().map(|column| column.id.clone()).collect();
        for (id, aggregate) in aggregates {
            let aggregate = match &grouping.counted {
                Some(counted) if answers_nothing => only_counted(aggregate, counted)?,
                _ => aggregate,
            };
            calls.push(aggregate.alias(id.to_string()));
            kept.push(id);
        }
        if let (Some(counted), false) = (&grouping.counted, answers_nothing) {
            groups.push(reference(counted));
        }
        let carried = self.carried(input, grouping, &mut calls)?;
        let plan = LogicalPlanBuilder::new(input.plan.clone())
            .aggregate(groups, calls)?
            .build()?;
        let grouping = self.after_grouping(grouping, answers_nothing);
        let plan = restored(plan, &grouping, &kept, carried, answers_nothing)?;
        let unique = columns.iter().map(|column| &column.id);
        let unique = unique.chain(&grouping.keys).cloned().collect();
        Ok(Relation {
            unique: Some(unique),
            depth: input.depth + 1,
            size: input.size + 1,
            grouping: Some(grouping),
            ..Relation::new(plan, columns)
        })
    }

    fn after_grouping(&self, grouping: &Grouping, answers_nothing: bool) -> Grouping {
        let counted = match (&grouping.counted, answers_nothing) {
            (Some(_), true) => Some(self.fresh_id()),
            (counted, _) => counted.clone(),
        };
        Grouping {
            counted,
            ..grouping.clone()
        }
    }

    /// The call that keeps the carried columns of a group, and what makes each of them out of it.
    fn carried(
        &self,
        input: &Relation,
        grouping: &Grouping,
        calls: &mut Vec<PlanExpr>,
    ) -> Bind<Vec<PlanExpr>> {
        if grouping.carried.is_empty() {
            return Ok(Vec::new());
        }
        let columns: Vec<Bound> = grouping
            .carried
            .iter()
            .map(|id| stored_column(&input.plan, id))
            .collect::<Bind<_>>()?;
        let row = whole_row(columns);
        let id = self.fresh_id();
        let call = row
            .aggregates
            .into_iter()
            .next()
            .map(|call| call.alias(id.to_string()));
        calls.extend(call);
        let references = [reference(&id)];
        let values = row.outputs.iter().zip(&grouping.carried);
        Ok(values
            .map(|(output, id)| (output.finish)(&references).alias(id.to_string()))
            .collect())
    }
}

/// The columns of a plan after grouping, under their own ids again.
fn restored(
    plan: LogicalPlan,
    grouping: &Grouping,
    kept: &[ColumnId],
    carried: Vec<PlanExpr>,
    answers_nothing: bool,
) -> Bind<LogicalPlan> {
    let mut expressions: Vec<PlanExpr> = grouping.keys.iter().chain(kept).map(reference).collect();
    expressions.extend(carried);
    expressions.extend(grouping.counted.as_ref().map(|id| match answers_nothing {
        true => lit(true).alias(id.to_string()),
        false => reference(id),
    }));
    Ok(LogicalPlanBuilder::new(plan)
        .project(expressions)?
        .build()?)
}

/// A column of a plan in a type that is stored in the same way.
fn stored_column(plan: &LogicalPlan, id: &ColumnId) -> Bind<Bound> {
    let field = plan.schema().field_with_unqualified_name(id)?;
    let scalar_type = match field.data_type() {
        DataType::Boolean => ScalarType::Bool,
        DataType::Int32 => ScalarType::Int,
        DataType::Int64 => ScalarType::Long,
        DataType::Float64 => ScalarType::Real,
        DataType::Decimal256(..) => ScalarType::Decimal,
        DataType::Utf8View => ScalarType::String,
        DataType::FixedSizeBinary(_) => ScalarType::Guid,
        DataType::BinaryView => ScalarType::Dynamic,
        other => {
            let message = format!("a column of the Arrow type {other} cannot be carried along");
            return Err(EngineError::Failed(message).into());
        }
    };
    Ok(Bound::new(reference(id), scalar_type, Span::default()))
}

/// An aggregate of the rows that count.
fn only_counted(aggregate: PlanExpr, counted: &ColumnId) -> Bind<PlanExpr> {
    let PlanExpr::AggregateFunction(AggregateFunction { func, mut params }) = aggregate else {
        let what = "this aggregate in a subquery";
        return Err(Fault::not_supported(what, Span::default()));
    };
    let condition = match params.filter.take() {
        Some(filter) => filter.and(reference(counted)),
        None => reference(counted),
    };
    params.filter = Some(Box::new(condition));
    Ok(PlanExpr::AggregateFunction(AggregateFunction {
        func,
        params,
    }))
}
