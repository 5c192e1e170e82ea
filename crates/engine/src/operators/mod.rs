//! The tabular operators, one file each.

mod as_;
mod consume;
mod count;
pub(crate) mod datatable;
mod distinct;
mod evaluate;
mod extend;
pub(crate) mod externaldata;
mod file_profile;
mod find;
mod getschema;
mod invoke;
mod join;
mod lookup;
mod make_series;
mod mv_apply;
mod mv_expand;
mod parse;
mod parse_kv;
mod partition;
mod print;
mod project;
mod project_away;
mod project_by_names;
mod project_rename;
mod project_reorder;
mod range;
mod render;
mod sample;
mod scan;
mod search;
mod serialize;
mod series_axis;
mod sort;
mod sources;
mod summarize;
mod take;
mod top;
mod top_hitters;
mod top_nested;
mod union;
mod where_;
mod within;

use tesem_kql::ast::{Operator, OperatorKind};

use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::scope::Scope;

pub(crate) use sort::not_a_key;
pub(crate) use summarize::grouped;

/// Applies an operator to rows.
pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    operator: &'q Operator,
) -> Bind<Relation> {
    if input.grouping.is_some() && !within::all_work(std::slice::from_ref(operator)) {
        let what = format!("`{}` in a subquery", keyword(operator));
        return Err(Fault::not_supported(what, operator.span));
    }
    match &operator.kind {
        OperatorKind::As { name, .. } => as_::bind(scope, input, name),
        OperatorKind::Consume { properties } => consume::bind(properties),
        OperatorKind::Count { alias, .. } => count::bind(binder, &input, alias.as_ref()),
        OperatorKind::Distinct { columns, .. } => distinct::bind(binder, scope, &input, columns),
        OperatorKind::Evaluate {
            call, schema, open, ..
        } => evaluate::bind(binder, scope, Some(input), call, schema.as_deref(), *open),
        OperatorKind::Extend(assignments) => extend::bind(binder, scope, input, assignments),
        OperatorKind::GetSchema => getschema::bind(binder, &input),
        OperatorKind::Invoke(call) => invoke::bind(binder, scope, input, call),
        OperatorKind::Join(join) => join::bind(binder, scope, input, join, operator.span),
        OperatorKind::Lookup(join) => lookup::bind(binder, scope, input, join, operator.span),
        OperatorKind::MakeSeries(series) => {
            make_series::bind(binder, scope, &input, series, operator.span)
        }
        OperatorKind::MvApply(apply) => mv_apply::bind(binder, scope, input, apply, operator.span),
        OperatorKind::MvExpand(expand) => {
            mv_expand::bind(binder, scope, input, expand, operator.span)
        }
        OperatorKind::Parse(parse) => parse::bind(binder, scope, input, parse, false),
        OperatorKind::ParseKv(parse) => parse_kv::bind(binder, scope, input, parse),
        OperatorKind::ParseWhere(parse) => parse::bind(binder, scope, input, parse, true),
        OperatorKind::Partition(partition) => {
            partition::bind(binder, scope, input, partition, operator.span)
        }
        OperatorKind::Project(columns) => project::bind(binder, scope, input, columns),
        OperatorKind::ProjectAway(patterns) => project_away::bind_away(input, patterns),
        OperatorKind::ProjectByNames(names) => project_by_names::bind(binder, scope, input, names),
        OperatorKind::ProjectKeep(patterns) => project_away::bind_keep(input, patterns),
        OperatorKind::ProjectRename(names) => project_rename::bind(binder, input, names),
        OperatorKind::ProjectReorder(keys) => project_reorder::bind(input, keys),
        OperatorKind::Render { chart, properties } => {
            render::bind(binder, input, chart, properties)
        }
        OperatorKind::Scan(scan) => scan::bind(binder, scope, input, scan, operator.span),
        OperatorKind::Sample { count, .. } => sample::bind(binder, scope, input, count),
        OperatorKind::SampleDistinct { count, of } => {
            sample::bind_distinct(binder, scope, &input, count, of)
        }
        OperatorKind::Search(search) => {
            search::bind(binder, scope, Some(input), search, operator.span)
        }
        OperatorKind::Serialize(assignments) => serialize::bind(binder, scope, input, assignments),
        OperatorKind::Sort { keys, .. } => sort::bind(binder, scope, input, keys),
        OperatorKind::Summarize(summarize) => summarize::bind(binder, scope, input, summarize),
        OperatorKind::Take { count, .. } => take::bind(binder, scope, input, count),
        OperatorKind::Top { count, keys, .. } => top::bind(binder, scope, input, count, keys),
        OperatorKind::TopHitters { count, of, by } => {
            top_hitters::bind(binder, scope, &input, count, of, by.as_ref())
        }
        OperatorKind::TopNested(clauses) => top_nested::bind(binder, scope, input, clauses),
        OperatorKind::Union(union) => union::bind(binder, scope, Some(input), union),
        OperatorKind::Where { predicate, .. } => where_::bind(binder, scope, input, predicate),
        _ => Err(refused(operator)),
    }
}

/// Binds an operator that starts a pipeline.
pub(crate) fn bind_source<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    operator: &'q Operator,
) -> Bind<Relation> {
    match &operator.kind {
        OperatorKind::Find(find) => find::bind(binder, scope, find, operator.span),
        OperatorKind::Search(search) => search::bind(binder, scope, None, search, operator.span),
        OperatorKind::Evaluate {
            call, schema, open, ..
        } => evaluate::bind(binder, scope, None, call, schema.as_deref(), *open),
        OperatorKind::Print(columns) => print::bind(binder, scope, columns),
        OperatorKind::Range {
            name,
            from,
            to,
            step,
        } => range::bind(binder, scope, name, [from, to, step], operator.span),
        OperatorKind::Union(union) => union::bind(binder, scope, None, union),
        _ => Err(refused(operator)),
    }
}

/// The names of all plugins of `evaluate`, sorted.
pub(crate) fn plugins() -> Vec<&'static str> {
    evaluate::names()
}

fn refused(operator: &Operator) -> Fault {
    let what = format!("the operator `{}`", keyword(operator));
    Fault::not_supported(what, operator.span)
}

/// The word that an operator starts with.
pub(crate) fn keyword(operator: &Operator) -> &'static str {
    match &operator.kind {
        OperatorKind::As { .. } => "as",
        OperatorKind::Consume { .. } => "consume",
        OperatorKind::Count { .. } => "count",
        OperatorKind::Distinct { .. } => "distinct",
        OperatorKind::Evaluate { .. } => "evaluate",
        OperatorKind::ExecuteAndCache => "execute_and_cache",
        OperatorKind::Extend(_) => "extend",
        OperatorKind::Facet { .. } => "facet",
        OperatorKind::Find(_) => "find",
        OperatorKind::Fork(_) => "fork",
        OperatorKind::GetSchema => "getschema",
        OperatorKind::Graph { .. } => "graph operators",
        OperatorKind::Invoke(_) => "invoke",
        OperatorKind::Join(_) => "join",
        OperatorKind::Lookup(_) => "lookup",
        OperatorKind::MacroExpand(_) => "macro-expand",
        OperatorKind::MakeSeries(_) => "make-series",
        OperatorKind::MvApply(_) => "mv-apply",
        OperatorKind::MvExpand(_) => "mv-expand",
        OperatorKind::Parse(_) => "parse",
        OperatorKind::ParseWhere(_) => "parse-where",
        OperatorKind::ParseKv(_) => "parse-kv",
        OperatorKind::Partition(_) => "partition",
        OperatorKind::Print(_) => "print",
        OperatorKind::Project(_) => "project",
        OperatorKind::ProjectAway(_) => "project-away",
        OperatorKind::ProjectKeep(_) => "project-keep",
        OperatorKind::ProjectByNames(_) => "project-by-names",
        OperatorKind::ProjectRename(_) => "project-rename",
        OperatorKind::ProjectReorder(_) => "project-reorder",
        OperatorKind::Range { .. } => "range",
        OperatorKind::Reduce { .. } => "reduce",
        OperatorKind::Render { .. } => "render",
        OperatorKind::Sample { .. } => "sample",
        OperatorKind::SampleDistinct { .. } => "sample-distinct",
        OperatorKind::Scan(_) => "scan",
        OperatorKind::Search(_) => "search",
        OperatorKind::Serialize(_) => "serialize",
        OperatorKind::Sort { .. } => "sort",
        OperatorKind::Summarize(_) => "summarize",
        OperatorKind::Take { .. } => "take",
        OperatorKind::Top { .. } => "top",
        OperatorKind::TopHitters { .. } => "top-hitters",
        OperatorKind::TopNested(_) => "top-nested",
        OperatorKind::Union(_) => "union",
        OperatorKind::Where { .. } => "where",
        OperatorKind::AssertSchema(_) => "assert-schema",
        OperatorKind::Error => "an unknown operator",
    }
}
