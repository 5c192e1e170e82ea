//! What a query returns: one result for each of its statements, more where `fork` or `facet` ends one.
//!
//! Sources: learn.microsoft.com/kusto/query/fork-operator and learn.microsoft.com/kusto/query/facet-operator.

use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::lit;
use tesem_kql::ast::{Expr, ExprKind, ForkBranch, Operator, OperatorKind};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::fault::{Bind, Fault};
use super::relation::{Relation, RelationColumn};
use super::row::Row;
use super::scope::Scope;
use crate::error::codes;
use crate::operators::{self, grouped};
use crate::result::Visualization;

/// One result of a query.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its rows.
    pub(crate) relation: Relation,
    /// The name that `as` or a branch of `fork` gives it.
    pub(crate) name: Option<String>,
    /// What `render` asks for.
    pub(crate) visualization: Option<Visualization>,
}

/// A pipeline up to an operator with several results, that operator, and what follows it.
struct Split<'q> {
    source: &'q Expr,
    before: &'q [Operator],
    splitter: &'q Operator,
    after: &'q [Operator],
}

impl Binder<'_> {
    /// Binds a statement to its results.
    pub(crate) fn results<'q>(&self, scope: &Scope<'q>, expr: &'q Expr) -> Bind<Vec<Output>> {
        let Some(split) = split(expr) else {
            let relation = self.table(scope, expr)?;
            let name = match &expr.kind {
                ExprKind::Pipe { operators, .. } => given_name(operators),
                _ => None,
            };
            return Ok(vec![self.output(relation, name)]);
        };
        let is_render = |operator: &&Operator| matches!(operator.kind, OperatorKind::Render { .. });
        if let Some(other) = split.after.iter().find(|operator| !is_render(operator)) {
            let after = operators::keyword(split.splitter);
            let what = format!("`{}` after `{after}`", operators::keyword(other));
            return Err(Fault::not_supported(what, other.span));
        }
        self.nested(|| self.split_results(scope, &split))
    }

    fn split_results<'q>(&self, scope: &Scope<'q>, split: &Split<'q>) -> Bind<Vec<Output>> {
        let first = split.before.first().unwrap_or(split.splitter);
        let rows = self.within(operators::keyword(first), || {
            self.table(scope, split.source)
        })?;
        let rows = self.piped(scope, rows, split.before)?;
        let keyword = operators::keyword(split.splitter);
        let parts = match &split.splitter.kind {
            OperatorKind::Fork(branches) => self.fork(scope, &rows, branches)?,
            OperatorKind::Facet { columns, with } => {
                self.within(keyword, || self.facet(scope, &rows, columns, with))?
            }
            _ => return Err(Fault::not_supported(keyword, split.splitter.span)),
        };
        let mut outputs = Vec::with_capacity(parts.len());
        for (name, relation) in parts {
            let relation = self.piped(scope, relation, split.after)?;
            outputs.push(self.output(relation, name));
        }
        Ok(outputs)
    }

    fn fork<'q>(
        &self,
        scope: &Scope<'q>,
        rows: &Relation,
        branches: &'q [ForkBranch],
    ) -> Bind<Vec<(Option<String>, Relation)>> {
        let mut parts = Vec::with_capacity(branches.len());
        for branch in branches {
            self.spend_operators(rows.size)?;
            let relation = self.piped(scope, rows.clone(), &branch.operators)?;
            let name = branch.name.as_ref().map(|name| name.text.clone());
            parts.push((name.or_else(|| given_name(&branch.operators)), relation));
        }
        Ok(parts)
    }

    /// The rows that `with` makes, then for each column its values and how often they are there.
    fn facet<'q>(
        &self,
        scope: &Scope<'q>,
        rows: &Relation,
        columns: &'q [Expr],
        with: &'q [Operator],
    ) -> Bind<Vec<(Option<String>, Relation)>> {
        let mut parts = Vec::with_capacity(columns.len() + 1);
        if !with.is_empty() {
            let relation = self.piped(scope, rows.clone(), with)?;
            parts.push((given_name(with), relation));
        }
        for column in columns {
            self.spend_operators(rows.size)?;
            let key = self.scalar(&Row::of(rows, scope), column)?;
            let (ExprKind::Name(name), true) = (&column.kind, key.is_column) else {
                let message = "`facet` takes the names of columns";
                return Err(Fault::wrong(codes::WRONG_KIND, message, column.span));
            };
            if key.scalar_type == ScalarType::Dynamic {
                return Err(operators::not_a_key(&key));
            }
            let id = self.fresh_id();
            let calls = vec![(id.clone(), count(lit(1_i64)))];
            let mut values = grouped(self, rows, vec![(name.text.clone(), key)], calls)?;
            values.columns.push(RelationColumn {
                name: format!("count_{}", name.text),
                id,
                scalar_type: ScalarType::Long,
                nullable: false,
            });
            parts.push((None, values));
        }
        Ok(parts)
    }

    fn output(&self, relation: Relation, name: Option<String>) -> Output {
        Output {
            relation,
            name,
            visualization: self.take_visualization(),
        }
    }
}

/// The pipeline of a statement with several results.
fn split(expr: &Expr) -> Option<Split<'_>> {
    let ExprKind::Pipe { source, operators } = &expr.kind else {
        return None;
    };
    let splits = |operator: &Operator| {
        matches!(
            operator.kind,
            OperatorKind::Fork(_) | OperatorKind::Facet { .. }
        )
    };
    let (before, rest) = operators.split_at(operators.iter().position(splits)?);
    let (splitter, after) = rest.split_first()?;
    Some(Split {
        source,
        before,
        splitter,
        after,
    })
}

/// The name that `as` at the end of a pipeline gives its rows.
fn given_name(operators: &[Operator]) -> Option<String> {
    match &operators.last()?.kind {
        OperatorKind::As { name, .. } => Some(name.text.clone()),
        _ => None,
    }
}
