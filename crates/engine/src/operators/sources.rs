//! The tables that `search` and `find` go through, and their conditions over each of them.

use datafusion::logical_expr::{
    Expr as PlanExpr, LogicalPlanBuilder, Operator as PlanOperator, lit,
};
use indexmap::IndexSet;
use tesem_kql::Span;
use tesem_kql::ast::{BinaryOp, Expr, ExprKind};
use tesem_kql::types::ScalarType;
use tesem_kql::visit::{self, Visitor};

use super::union;
use crate::binder::Binder;
use crate::binder::calls::is_star;
use crate::binder::fault::{Bind, Fault};
use crate::binder::logic::balanced;
use crate::binder::relation::{Relation, RelationColumn, reference};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::types;
use crate::value::Value;

/// The tables that `in (…)` names; all of them, and the views, where it is missing.
pub(super) fn tables<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    named: &'q [Expr],
    operator: &str,
    span: Span,
) -> Bind<Vec<Relation>> {
    let mut legs = Vec::new();
    for table in named {
        legs.append(&mut union::leg(binder, scope, table)?);
    }
    if named.is_empty() {
        if binder.database().names().next().is_none() && scope.views().is_empty() {
            let what = format!("`{operator}` in a database without tables");
            return Err(Fault::not_supported(what, span));
        }
        legs = union::matching(binder, scope, "*", span)?;
    }
    match legs.iter().position(|leg| leg.table.is_none()) {
        None => Ok(legs),
        Some(place) => {
            let what = format!("`{operator}` in something that is no table or view");
            let span = named.get(place).map_or(span, |table| table.span);
            Err(Fault::not_supported(what, span))
        }
    }
}

/// The rows of several tables before they are put under each other.
pub(super) struct Legs {
    legs: Vec<Relation>,
    source: String,
    /// The columns of all tables, under the names that the result gives them.
    merged: Vec<union::Merged>,
}

impl Legs {
    pub(super) fn new(binder: &Binder<'_>, legs: Vec<Relation>, source: &str) -> Bind<Self> {
        let merged = union::merged(&legs, source);
        binder.spend_operators(legs.len())?;
        Ok(Self {
            legs,
            source: source.to_owned(),
            merged,
        })
    }

    pub(super) fn count(&self) -> usize {
        self.legs.len()
    }

    /// The rows of a table for which a condition holds.
    pub(super) fn filtered<'q>(
        &self,
        binder: &Binder<'_>,
        scope: &Scope<'q>,
        place: usize,
        condition: &'q Expr,
        case_sensitive: bool,
    ) -> Bind<Relation> {
        let Some(leg) = self.legs.get(place) else {
            let what = "the table of a search";
            return Err(Fault::not_supported(what, condition.span));
        };
        let (seen, plan) = self.seen(binder, leg, condition)?;
        let row = Row::of(&seen, scope);
        let mut conditions = Vec::new();
        for part in crate::binder::logic::conjunction(condition) {
            let bound = binder.search_condition(&row, part, case_sensitive)?;
            conditions.push(crate::binder::logic::filter_of(bound.expr));
        }
        let leg = Relation {
            plan,
            ..leg.clone()
        };
        let table = leg.table.clone();
        let found = match balanced(PlanOperator::And, conditions) {
            Some(condition) => binder.keep(leg, condition)?,
            None => leg,
        };
        Ok(Relation { table, ..found })
    }

    /// The columns as the condition sees them in the rows of a table: its own, and, of those that it does not have, the ones that the
    /// condition names.
    fn seen(
        &self,
        binder: &Binder<'_>,
        leg: &Relation,
        condition: &Expr,
    ) -> Bind<(Relation, datafusion::logical_expr::LogicalPlan)> {
        let names = Mentioned::of(condition).names;
        let mut columns = Vec::new();
        let mut padded = Vec::new();
        let mut expressions: Vec<PlanExpr> = leg.kept_ids().iter().map(reference).collect();
        let mut pad = |name: &str, scalar_type: ScalarType, value: PlanExpr| {
            let id = binder.fresh_id();
            expressions.push(value.alias(id.to_string()));
            padded.push(RelationColumn {
                name: name.to_owned(),
                id,
                scalar_type,
                nullable: scalar_type != ScalarType::String,
            });
        };
        for merged in &self.merged {
            match merged.column(leg) {
                Some(column) => columns.push(RelationColumn {
                    name: merged.shown.clone(),
                    ..column.clone()
                }),
                None if names.contains(&merged.shown) => {
                    let null = lit(types::null(merged.scalar_type));
                    pad(&merged.shown, merged.scalar_type, null);
                }
                None => {}
            }
        }
        if names.contains(&self.source) {
            let table = Value::String(leg.table.clone().unwrap_or_default());
            pad(
                &self.source,
                ScalarType::String,
                lit(types::literal(&table)),
            );
        }
        let plan = match padded.is_empty() {
            true => leg.plan.clone(),
            false => LogicalPlanBuilder::new(leg.plan.clone())
                .project(expressions)?
                .build()?,
        };
        let hidden = leg.hidden.iter().cloned().chain(padded).collect();
        let seen = Relation {
            columns,
            hidden,
            plan: plan.clone(),
            ..leg.clone()
        };
        Ok((seen, plan))
    }
}

/// What a condition mentions.
#[derive(Debug, Default)]
pub(super) struct Mentioned {
    /// Names, in the order of the text.
    pub(super) names: IndexSet<String>,
    /// Whether it looks at all columns: a bare text, or `*`.
    pub(super) all_columns: bool,
}

impl Mentioned {
    pub(super) fn of(condition: &Expr) -> Self {
        let mut mentioned = Self::default();
        mentioned.terms(condition);
        mentioned.visit_expr(condition);
        mentioned
    }

    fn terms(&mut self, condition: &Expr) {
        match &condition.kind {
            ExprKind::Parenthesised(inner) => self.terms(inner),
            ExprKind::Literal(_) => self.all_columns = true,
            ExprKind::Binary {
                op: BinaryOp::And | BinaryOp::Or,
                left,
                right,
            } => {
                self.terms(left);
                self.terms(right);
            }
            _ => {}
        }
    }
}

impl Visitor for Mentioned {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Name(name) = &expr.kind {
            self.names.insert(name.text.clone());
        }
        self.all_columns |= is_star(expr);
        visit::walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mentioned(condition: &str) -> Mentioned {
        let query = tesem_kql::parse(&format!("search {condition}")).query;
        let mut found = Condition(None);
        for statement in &query.statements {
            found.visit_statement(statement);
        }
        found.0.unwrap()
    }

    struct Condition(Option<Mentioned>);

    impl Visitor for Condition {
        fn visit_operator(&mut self, operator: &tesem_kql::ast::Operator) {
            if let tesem_kql::ast::OperatorKind::Search(search) = &operator.kind {
                self.0 = Some(Mentioned::of(&search.predicate));
            }
        }
    }

    #[test]
    fn what_conditions_mention() {
        for (condition, names, all_columns) in [
            ("a == 1 or b has 'x'", "a b", false),
            ("'x'", "", true),
            ("a == 'y' and ('x' or b > 1)", "a b", true),
            ("a:'y'", "a", false),
            ("* has 'x'", "", true),
            ("tolower(a) == 'x'", "a", false),
        ] {
            let found = mentioned(condition);
            let found_names: Vec<String> = found.names.into_iter().collect();
            assert_eq!(found_names.join(" "), names, "{condition}");
            assert_eq!(found.all_columns, all_columns, "{condition}");
        }
    }
}
