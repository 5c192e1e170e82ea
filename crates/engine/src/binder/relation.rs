//! Rows while a query is being bound: a DataFusion plan, and the KQL columns in it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use datafusion::common::Column as PlanColumn;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, SortExpr};
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use super::fault::Bind;
use super::grouping::Grouping;
use crate::bound::Bound;

/// A column of the plan. Ids are unique within a query, so that names may repeat, differ only in case, or hold any character.
pub(crate) type ColumnId = Arc<str>;

/// A column as the query sees it.
#[derive(Debug, Clone)]
pub(crate) struct RelationColumn {
    /// Its name in the query.
    pub(crate) name: String,
    /// The plan's column that holds it.
    pub(crate) id: ColumnId,
    /// Its type.
    pub(crate) scalar_type: ScalarType,
    /// Whether it may hold nulls.
    pub(crate) nullable: bool,
}

impl RelationColumn {
    /// A reference to the plan's column.
    pub(crate) fn expr(&self) -> Expr {
        reference(&self.id)
    }

    /// The column as a bound expression.
    pub(crate) fn bound(&self, span: Span) -> Bound {
        Bound {
            name: Some(self.name.clone()),
            nullable: self.nullable,
            is_column: true,
            ..Bound::new(self.expr(), self.scalar_type, span)
        }
    }
}

/// A reference to a column of the plan.
pub(crate) fn reference(id: &ColumnId) -> Expr {
    Expr::Column(PlanColumn::new_unqualified(id.to_string()))
}

/// The two sides of an `innerunique` join: conditions on the left rows choose among those with the same key.
#[derive(Debug)]
pub(crate) struct InnerUnique {
    /// All left rows.
    pub(crate) left: Relation,
    /// The right rows.
    pub(crate) right: Relation,
    /// The left and right keys.
    pub(crate) keys: Vec<(ColumnId, ColumnId)>,
}

/// Rows: a plan whose schema holds at least the columns named here.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    /// Where the rows come from.
    pub(crate) plan: LogicalPlan,
    /// What the query sees, in order.
    pub(crate) columns: Vec<RelationColumn>,
    /// Second names of columns: they can be read but are not among `*`.
    pub(crate) hidden: Vec<RelationColumn>,
    /// The order of the rows, if the query has sorted them; its columns may no longer be visible.
    pub(crate) order: Option<Vec<SortExpr>>,
    /// Whether the plan itself yields the rows in that order.
    pub(crate) is_sorted: bool,
    /// Whether the order of the rows is fixed, so that window functions may look at it.
    pub(crate) is_serialized: bool,
    /// Columns that together differ in every row.
    pub(crate) unique: Option<BTreeSet<ColumnId>>,
    /// How the rows were joined, if they still are as an `innerunique` join made them.
    pub(crate) inner_unique: Option<Arc<InnerUnique>>,
    /// The groups that operators treat one by one, in the subqueries of `mv-apply` and `partition`.
    pub(crate) grouping: Option<Grouping>,
    /// The table's name, for `withsource`.
    pub(crate) table: Option<String>,
    /// How many operators follow each other in the plan.
    pub(crate) depth: usize,
    /// How many operators the plan holds.
    pub(crate) size: usize,
}

impl Relation {
    /// Rows in no order.
    pub(crate) fn new(plan: LogicalPlan, columns: Vec<RelationColumn>) -> Self {
        Self {
            plan,
            columns,
            hidden: Vec::new(),
            order: None,
            is_sorted: false,
            is_serialized: false,
            unique: None,
            inner_unique: None,
            grouping: None,
            table: None,
            depth: 1,
            size: 1,
        }
    }

    /// The visible column of that name, or else the hidden one.
    pub(crate) fn column(&self, name: &str) -> Option<&RelationColumn> {
        self.columns
            .iter()
            .chain(&self.hidden)
            .find(|column| column.name == name)
    }

    /// The same rows under a plan with one more operator.
    pub(crate) fn with_plan(self, plan: LogicalPlan) -> Self {
        Self {
            plan,
            depth: self.depth + 1,
            size: self.size + 1,
            table: None,
            inner_unique: None,
            ..self
        }
    }

    /// The ids that a projection has to keep: of the visible and hidden columns, and those that the order and the groups need.
    pub(crate) fn kept_ids(&self) -> Vec<ColumnId> {
        let mut seen = HashSet::new();
        let visible = self.columns.iter().chain(&self.hidden);
        let order = self.order.iter().flatten();
        visible
            .map(|column| Arc::clone(&column.id))
            .chain(order.filter_map(|key| id_of(&key.expr)))
            .chain(self.grouping.iter().flat_map(Grouping::ids).cloned())
            .filter(|id| seen.insert(Arc::clone(id)))
            .collect()
    }

    /// The plan, sorted once more where the order of the rows might have been lost since the query sorted them; group by group where
    /// they are in groups.
    pub(crate) fn sorted_plan(&self) -> Bind<LogicalPlan> {
        match &self.order {
            Some(order) if !self.is_sorted => {
                let groups = self.grouping.iter().flat_map(Grouping::sort_keys);
                let order: Vec<SortExpr> = groups.chain(order.iter().cloned()).collect();
                let builder = LogicalPlanBuilder::new(self.plan.clone());
                Ok(builder.sort(order)?.build()?)
            }
            _ => Ok(self.plan.clone()),
        }
    }

    /// The same rows under new ids, so that the relation can meet a copy of itself in a join.
    pub(crate) fn with_fresh_ids(self, mut fresh: impl FnMut() -> ColumnId) -> Bind<Self> {
        let renamed: HashMap<ColumnId, ColumnId> = self
            .kept_ids()
            .into_iter()
            .map(|id| (id, fresh()))
            .collect();
        let expressions = renamed
            .iter()
            .map(|(old, new)| reference(old).alias(new.to_string()));
        let mut expressions: Vec<Expr> = expressions.collect();
        expressions.sort_by_key(|expression| expression.schema_name().to_string());
        let plan = LogicalPlanBuilder::new(self.plan.clone())
            .project(expressions)?
            .build()?;
        let rename = |columns: &[RelationColumn]| {
            columns
                .iter()
                .filter_map(|column| {
                    let id = Arc::clone(renamed.get(&column.id)?);
                    Some(RelationColumn {
                        id,
                        ..column.clone()
                    })
                })
                .collect()
        };
        let unique = self.unique.as_ref().and_then(|keys| {
            keys.iter()
                .map(|key| renamed.get(key).cloned())
                .collect::<Option<BTreeSet<_>>>()
        });
        Ok(Self {
            columns: rename(&self.columns),
            hidden: rename(&self.hidden),
            order: None,
            is_sorted: false,
            is_serialized: false,
            unique,
            inner_unique: None,
            grouping: None,
            plan,
            table: self.table,
            depth: self.depth + 1,
            size: self.size + 1,
        })
    }
}

/// The id of a column reference.
pub(crate) fn id_of(expr: &Expr) -> Option<ColumnId> {
    match expr {
        Expr::Column(column) => Some(Arc::from(column.name.as_str())),
        _ => None,
    }
}
