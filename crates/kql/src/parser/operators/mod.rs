//! The tabular operators: one file per family.

mod aggregate;
mod branches;
mod columns;
mod expand;
mod find;
mod graph;
mod join;
mod order;
mod parse;
mod plugins;
mod render;
mod rows;
mod scan;
mod series;

pub(super) use rows::AS_PROPERTIES;

use super::Parser;
use crate::ast::OperatorKind;
use crate::lexer::Keyword;

/// Reads what follows the operator's word.
pub(super) type OperatorReader = fn(&mut Parser<'_>) -> OperatorKind;

/// How the operator that starts with `keyword` is read.
pub(super) const fn reader(keyword: Keyword) -> Option<OperatorReader> {
    Some(match keyword {
        Keyword::As => rows::as_,
        Keyword::AssertSchema => columns::assert_schema,
        Keyword::Consume => rows::consume,
        Keyword::Count => rows::count,
        Keyword::Distinct => rows::distinct,
        Keyword::Evaluate => plugins::evaluate,
        Keyword::ExecuteAndCache => rows::execute_and_cache,
        Keyword::Extend => columns::extend,
        Keyword::Facet => branches::facet,
        Keyword::Filter | Keyword::Where => rows::where_,
        Keyword::Find => find::find,
        Keyword::Fork => branches::fork,
        Keyword::GetSchema => columns::get_schema,
        Keyword::GraphMarkComponents
        | Keyword::GraphMatch
        | Keyword::GraphShortestPaths
        | Keyword::GraphToTable
        | Keyword::GraphWhereEdges
        | Keyword::GraphWhereNodes
        | Keyword::MakeGraph => graph::graph,
        Keyword::Invoke => plugins::invoke,
        Keyword::Join => join::join,
        Keyword::Lookup => join::lookup,
        Keyword::MacroExpand => branches::macro_expand,
        Keyword::MakeSeries => series::make_series,
        Keyword::MvApply | Keyword::MvApplyLegacy => expand::mv_apply,
        Keyword::MvExpand => expand::mv_expand,
        Keyword::MvExpandLegacy => expand::mv_expand_legacy,
        Keyword::Order | Keyword::Sort => order::sort,
        Keyword::Parse => parse::parse,
        Keyword::ParseKv => parse::parse_kv,
        Keyword::ParseWhere => parse::parse_where,
        Keyword::Partition => branches::partition,
        Keyword::PartitionBy => branches::partition_by,
        Keyword::Print => columns::print,
        Keyword::Project => columns::project,
        Keyword::ProjectAway => columns::project_away,
        Keyword::ProjectByNames => columns::project_by_names,
        Keyword::ProjectKeep => columns::project_keep,
        Keyword::ProjectRename => columns::project_rename,
        Keyword::ProjectReorder => columns::project_reorder,
        Keyword::Range => columns::range,
        Keyword::Reduce => aggregate::reduce,
        Keyword::Render => render::render,
        Keyword::Sample => rows::sample,
        Keyword::SampleDistinct => rows::sample_distinct,
        Keyword::Scan => scan::scan,
        Keyword::Search => find::search,
        Keyword::Serialize => columns::serialize,
        Keyword::Summarize => aggregate::summarize,
        Keyword::Take | Keyword::Limit => rows::take,
        Keyword::Top => order::top,
        Keyword::TopHitters => order::top_hitters,
        Keyword::TopNested => order::top_nested,
        Keyword::Union => join::union,
        _ => return None,
    })
}
