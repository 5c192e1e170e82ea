//! Walking the parts of operators.

use super::{Visitor, exprs, named_exprs, pair, parameters, properties};
use crate::ast::{
    FindProjection, JoinOperator, MakeSeriesOperator, MvApplyOperator, MvColumn, Operator,
    OperatorKind, PartitionBody, PartitionOperator, ScanOperator, SeriesRange, SortKey,
    TopNestedClause,
};

pub(super) fn all<V: Visitor + ?Sized>(visitor: &mut V, operators: &[Operator]) {
    operators
        .iter()
        .for_each(|operator| visitor.visit_operator(operator));
}

/// Visits the parts of an operator, its properties first.
pub fn walk_operator<V: Visitor + ?Sized>(visitor: &mut V, operator: &Operator) {
    match &operator.kind {
        OperatorKind::As {
            properties: given, ..
        }
        | OperatorKind::Consume { properties: given }
        | OperatorKind::Count {
            properties: given, ..
        }
        | OperatorKind::Render {
            properties: given, ..
        } => properties(visitor, given),
        OperatorKind::ExecuteAndCache
        | OperatorKind::GetSchema
        | OperatorKind::Graph { .. }
        | OperatorKind::MacroExpand(_)
        | OperatorKind::AssertSchema(_)
        | OperatorKind::Error => {}
        kind => walk_rows(visitor, kind),
    }
}

/// Operators on rows.
fn walk_rows<V: Visitor + ?Sized>(visitor: &mut V, kind: &OperatorKind) {
    match kind {
        OperatorKind::Where {
            properties: given,
            predicate: expr,
        }
        | OperatorKind::Take {
            properties: given,
            count: expr,
        }
        | OperatorKind::Sample {
            properties: given,
            count: expr,
        } => {
            properties(visitor, given);
            visitor.visit_expr(expr);
        }
        OperatorKind::Distinct {
            properties: given,
            columns,
        } => {
            properties(visitor, given);
            named_exprs(visitor, columns);
        }
        OperatorKind::SampleDistinct { count, of } => pair(visitor, count, of),
        OperatorKind::TopHitters { count, of, by } => {
            pair(visitor, count, of);
            exprs(visitor, by);
        }
        OperatorKind::Sort {
            properties: given,
            keys,
        } => {
            properties(visitor, given);
            sort_keys(visitor, keys);
        }
        OperatorKind::Top {
            properties: given,
            count,
            keys,
        } => {
            properties(visitor, given);
            visitor.visit_expr(count);
            sort_keys(visitor, keys);
        }
        OperatorKind::TopNested(clauses) => {
            clauses
                .iter()
                .for_each(|clause| top_nested(visitor, clause));
        }
        kind => walk_columns(visitor, kind),
    }
}

/// Operators on columns.
fn walk_columns<V: Visitor + ?Sized>(visitor: &mut V, kind: &OperatorKind) {
    match kind {
        OperatorKind::Extend(columns)
        | OperatorKind::Print(columns)
        | OperatorKind::Project(columns)
        | OperatorKind::ProjectRename(columns)
        | OperatorKind::Serialize(columns) => named_exprs(visitor, columns),
        OperatorKind::ProjectAway(columns)
        | OperatorKind::ProjectKeep(columns)
        | OperatorKind::ProjectByNames(columns) => exprs(visitor, columns),
        OperatorKind::ProjectReorder(keys) => sort_keys(visitor, keys),
        OperatorKind::Range { from, to, step, .. } => {
            pair(visitor, from, to);
            visitor.visit_expr(step);
        }
        OperatorKind::Evaluate {
            properties: given,
            call,
            ..
        } => {
            properties(visitor, given);
            visitor.visit_expr(call);
        }
        OperatorKind::Invoke(call) => visitor.visit_expr(call),
        OperatorKind::Parse(parse) | OperatorKind::ParseWhere(parse) => {
            properties(visitor, &parse.properties);
            visitor.visit_expr(&parse.operand);
        }
        OperatorKind::ParseKv(parse) => {
            visitor.visit_expr(&parse.operand);
            properties(visitor, &parse.properties);
        }
        OperatorKind::MvExpand(expand) => {
            properties(visitor, &expand.properties);
            mv_columns(visitor, &expand.columns);
            exprs(visitor, &expand.limit);
        }
        OperatorKind::MvApply(apply) => mv_apply(visitor, apply),
        kind => walk_groups(visitor, kind),
    }
}

/// Operators that group rows.
fn walk_groups<V: Visitor + ?Sized>(visitor: &mut V, kind: &OperatorKind) {
    match kind {
        OperatorKind::Summarize(summarize) => {
            properties(visitor, &summarize.properties);
            named_exprs(visitor, &summarize.aggregates);
            named_exprs(visitor, summarize.by.iter().flatten());
        }
        OperatorKind::Reduce {
            properties: given,
            by,
            with,
        } => {
            properties(visitor, given);
            visitor.visit_expr(by);
            properties(visitor, with);
        }
        OperatorKind::MakeSeries(series) => make_series(visitor, series),
        OperatorKind::Scan(operator) => scan(visitor, operator),
        kind => walk_tables(visitor, kind),
    }
}

/// Operators that read further tables or run further pipelines.
fn walk_tables<V: Visitor + ?Sized>(visitor: &mut V, kind: &OperatorKind) {
    match kind {
        OperatorKind::Join(operator) | OperatorKind::Lookup(operator) => join(visitor, operator),
        OperatorKind::Union(union) => {
            properties(visitor, &union.properties);
            exprs(visitor, &union.tables);
        }
        OperatorKind::Search(search) => {
            properties(visitor, &search.properties);
            exprs(visitor, &search.tables);
            visitor.visit_expr(&search.predicate);
        }
        OperatorKind::Find(find) => {
            properties(visitor, &find.properties);
            exprs(visitor, &find.tables);
            visitor.visit_expr(&find.predicate);
            find.project
                .iter()
                .for_each(|project| find_projection(visitor, project));
        }
        OperatorKind::Fork(branches) => {
            branches
                .iter()
                .for_each(|branch| all(visitor, &branch.operators));
        }
        OperatorKind::Facet { columns, with } => {
            exprs(visitor, columns);
            all(visitor, with);
        }
        OperatorKind::Partition(operator) => partition(visitor, operator),
        _ => {}
    }
}

fn sort_keys<V: Visitor + ?Sized>(visitor: &mut V, keys: &[SortKey]) {
    named_exprs(visitor, keys.iter().map(|key| &key.value));
}

fn top_nested<V: Visitor + ?Sized>(visitor: &mut V, clause: &TopNestedClause) {
    exprs(visitor, &clause.count);
    visitor.visit_named_expr(&clause.of);
    exprs(visitor, &clause.with_others);
    visitor.visit_named_expr(&clause.by);
}

fn mv_columns<V: Visitor + ?Sized>(visitor: &mut V, columns: &[MvColumn]) {
    named_exprs(visitor, columns.iter().map(|column| &column.value));
}

fn mv_apply<V: Visitor + ?Sized>(visitor: &mut V, apply: &MvApplyOperator) {
    properties(visitor, &apply.properties);
    mv_columns(visitor, &apply.columns);
    exprs(visitor, &apply.limit);
    exprs(visitor, &apply.context_id);
    all(visitor, &apply.subquery);
}

fn make_series<V: Visitor + ?Sized>(visitor: &mut V, series: &MakeSeriesOperator) {
    properties(visitor, &series.properties);
    for aggregate in &series.aggregates {
        visitor.visit_named_expr(&aggregate.aggregate);
        exprs(visitor, &aggregate.default);
    }
    visitor.visit_named_expr(&series.on);
    match &series.range {
        SeriesRange::FromToStep { from, to, step } => {
            exprs(visitor, from.iter().chain(to));
            visitor.visit_expr(step);
        }
        SeriesRange::InRange { from, to, step } => {
            pair(visitor, from, to);
            visitor.visit_expr(step);
        }
    }
    named_exprs(visitor, &series.by);
}

fn scan<V: Visitor + ?Sized>(visitor: &mut V, scan: &ScanOperator) {
    properties(visitor, &scan.properties);
    sort_keys(visitor, &scan.order_by);
    exprs(visitor, &scan.partition_by);
    parameters(visitor, &scan.declare);
    for step in &scan.steps {
        visitor.visit_expr(&step.condition);
        named_exprs(visitor, &step.assignments);
    }
}

fn join<V: Visitor + ?Sized>(visitor: &mut V, join: &JoinOperator) {
    properties(visitor, &join.properties);
    visitor.visit_expr(&join.right);
    exprs(visitor, &join.on);
    exprs(visitor, &join.where_);
}

fn find_projection<V: Visitor + ?Sized>(visitor: &mut V, projection: &FindProjection) {
    match projection {
        FindProjection::Smart => {}
        FindProjection::Columns(columns) => {
            exprs(visitor, columns.iter().map(|(column, _)| column));
        }
        FindProjection::Away(columns) => exprs(visitor, columns),
    }
}

fn partition<V: Visitor + ?Sized>(visitor: &mut V, partition: &PartitionOperator) {
    properties(visitor, &partition.properties);
    visitor.visit_expr(&partition.by);
    exprs(visitor, &partition.scope);
    match &partition.body {
        PartitionBody::Operators(operators) => all(visitor, operators),
        PartitionBody::Query(query) => visitor.visit_expr(query),
    }
}
