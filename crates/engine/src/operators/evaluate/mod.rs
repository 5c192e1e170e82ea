//! `evaluate`: the plugins, one file each.
//!
//! Plugins see all rows of their input at once: they run it while the query is being bound. Source:
//! learn.microsoft.com/kusto/query/evaluate-operator.

mod address_index;
mod address_lookup;
mod bag_unpack;
mod call;
mod narrow;
mod pivot;
mod rows_near;
mod schema_merge;

use tesem_kql::ast::{ColumnDeclaration, Expr, ExprKind};

use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::Relation;
use crate::binder::scope::Scope;
use crate::error::codes;
use call::Call;

/// A plugin.
type Plugin = fn(&Call<'_, '_, '_>, &Relation) -> Bind<Relation>;

const PLUGINS: &[(&str, Plugin)] = &[
    ("bag_unpack", bag_unpack::bind),
    ("ipv4_lookup", address_lookup::bind_v4),
    ("ipv6_lookup", address_lookup::bind_v6),
    ("narrow", narrow::bind),
    ("pivot", pivot::bind),
    ("rows_near", rows_near::bind),
    ("schema_merge", schema_merge::bind),
];

/// Plugins that exist and are refused: some reach out of the database, some run code, some find patterns by rules that are not
/// published, some have no recorded answers to hold ours against.
const REFUSED: &[&str] = &[
    "active_users_count",
    "activity_counts_metrics",
    "activity_engagement",
    "activity_metrics",
    "ai_chat_completion",
    "ai_chat_completion_prompt",
    "ai_embed_text",
    "ai_embeddings",
    "autocluster",
    "azure_digital_twins_query_request",
    "basket",
    "cosmosdb_sql_request",
    "csharp",
    "dax_request",
    "dcount_intersect",
    "diffpatterns",
    "diffpatterns_text",
    "estimate_rows_count",
    "execute_query",
    "execute_show_command",
    "external_datatable",
    "funnel_sequence",
    "funnel_sequence_completion",
    "geo_line_lookup",
    "geo_polygon_lookup",
    "http_request",
    "http_request_post",
    "identity",
    "identity_v3",
    "infer_storage_schema",
    "infer_storage_schema_with_suggestions",
    "mysql_request",
    "new_activity_metrics",
    "postgresql_request",
    "preview",
    "python",
    "r",
    "R",
    "rolling_percentile",
    "sequence_detect",
    "session_count",
    "sliding_window_counts",
    "sql_request",
];

/// The names of all plugins, sorted.
pub(super) fn names() -> Vec<&'static str> {
    let answered = PLUGINS.iter().map(|(name, _)| *name);
    let mut names: Vec<&str> = answered.chain(REFUSED.iter().copied()).collect();
    names.sort_unstable();
    names
}

pub(super) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Option<Relation>,
    expr: &'q Expr,
    schema: Option<&'q [ColumnDeclaration]>,
    open: bool,
) -> Bind<Relation> {
    let ExprKind::Call {
        base: None,
        name,
        arguments,
    } = &expr.kind
    else {
        let message = "`evaluate` takes the call of a plugin";
        return Err(Fault::wrong(codes::WRONG_KIND, message, expr.span));
    };
    let found = PLUGINS.iter().find(|(known, _)| *known == name.text);
    match (found, input) {
        (Some(_), Some(input)) if input.grouping.is_some() => Err(Fault::not_supported(
            "`evaluate` in a subquery of its own rows",
            expr.span,
        )),
        (Some((_, plugin)), Some(input)) => {
            let call = Call {
                binder,
                scope,
                name,
                arguments,
                schema,
                open,
                span: expr.span,
            };
            plugin(&call, &input)
        }
        (Some(_), None) => {
            let message = format!("`{}` needs rows before it", name.text);
            Err(Fault::wrong(codes::WRONG_KIND, message, expr.span))
        }
        (None, _) if REFUSED.contains(&name.text.as_str()) => {
            let what = format!("the plugin `{}`", name.text);
            Err(Fault::not_supported(what, expr.span))
        }
        (None, _) => {
            let message = format!("there is no plugin `{}`", name.text);
            Err(Fault::wrong(codes::UNKNOWN_FUNCTION, message, name.span))
        }
    }
}
