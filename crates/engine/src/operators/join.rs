//! `join`: rows of two tables with equal keys.
//!
//! Null keys equal each other. The default kind, `innerunique`, takes one left row for each key. Columns of the right side whose names
//! are taken get a number. Source: learn.microsoft.com/kusto/query/join-operator.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::{Column as PlanColumn, JoinType, NullEquality};
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder, lit};
use tesem_kql::Span;
use tesem_kql::ast::{BinaryOp, Expr, ExprKind, JoinOperator, Name};
use tesem_kql::types::ScalarType;

use super::project::computed;
use super::sort::not_a_key;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::Names;
use crate::binder::properties;
use crate::binder::relation::{ColumnId, InnerUnique, Relation, RelationColumn, reference};
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::error::{Finding, codes};

/// The kinds of `join`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    InnerUnique,
    Inner,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    RightSemi,
    LeftAnti,
    RightAnti,
}

impl Kind {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "innerunique" => Self::InnerUnique,
            "inner" => Self::Inner,
            "leftouter" => Self::LeftOuter,
            "rightouter" => Self::RightOuter,
            "fullouter" => Self::FullOuter,
            "leftsemi" => Self::LeftSemi,
            "rightsemi" => Self::RightSemi,
            "leftanti" | "anti" | "leftantisemi" => Self::LeftAnti,
            "rightanti" | "rightantisemi" => Self::RightAnti,
            _ => return None,
        })
    }

    fn plan_type(self) -> JoinType {
        match self {
            Self::InnerUnique | Self::Inner => JoinType::Inner,
            Self::LeftOuter => JoinType::Left,
            Self::RightOuter => JoinType::Right,
            Self::FullOuter => JoinType::Full,
            Self::LeftSemi => JoinType::LeftSemi,
            Self::RightSemi => JoinType::RightSemi,
            Self::LeftAnti => JoinType::LeftAnti,
            Self::RightAnti => JoinType::RightAnti,
        }
    }

    /// Whether the left and the right columns are in the result.
    fn sides(self) -> (bool, bool) {
        match self {
            Self::LeftSemi | Self::LeftAnti => (true, false),
            Self::RightSemi | Self::RightAnti => (false, true),
            _ => (true, true),
        }
    }

    /// Whether left and right rows may be missing.
    fn pads(self) -> (bool, bool) {
        match self {
            Self::LeftOuter => (false, true),
            Self::RightOuter => (true, false),
            Self::FullOuter => (true, true),
            _ => (false, false),
        }
    }
}

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    left: Relation,
    join: &'q JoinOperator,
    span: Span,
) -> Bind<Relation> {
    properties::check(&join.properties, "join", &["kind"])?;
    let kind = match properties::find(&join.properties, "kind") {
        Some(property) => properties::word_of(&property.value)
            .and_then(Kind::of)
            .ok_or_else(|| properties::invalid(property, "a kind of join"))?,
        None => Kind::InnerUnique,
    };
    let joined = joined(binder, scope, left, join, kind, span)?;
    Ok(joined.relation)
}

/// A join, and what is known about its right side.
pub(crate) struct Joined {
    /// All left columns, then all right columns.
    pub(crate) relation: Relation,
    /// The right columns before they were renamed, and whether each is a key.
    pub(crate) right: Vec<(String, bool)>,
}

pub(crate) fn joined<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    left: Relation,
    join: &'q JoinOperator,
    kind: Kind,
    span: Span,
) -> Bind<Joined> {
    if let Some(condition) = &join.where_ {
        return Err(Fault::not_supported("`join … where`", condition.span));
    }
    let right = binder.table(scope, &join.right)?;
    let right = right.with_fresh_ids(|| binder.fresh_id())?;
    let pairs = pairs(&left, &right, &join.on, span)?;
    let is_key = |column: &RelationColumn| pairs.iter().any(|(_, key)| key.id == column.id);
    let right_columns = right
        .columns
        .iter()
        .map(|column| (column.name.clone(), is_key(column)))
        .collect();
    let sides = with_equal_types(binder, left, right, pairs)?;
    let relation = match kind {
        Kind::InnerUnique => inner_unique(binder, sides)?,
        _ => combined(binder, &sides.left, &sides.right, &sides.keys, kind)?,
    };
    Ok(Joined {
        relation,
        right: right_columns,
    })
}

/// The left and right column of each condition.
type Pair = (RelationColumn, RelationColumn);

fn pairs(left: &Relation, right: &Relation, on: &[Expr], span: Span) -> Bind<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut pending: Vec<&Expr> = on.iter().rev().collect();
    while let Some(condition) = pending.pop() {
        match &condition.kind {
            ExprKind::Parenthesised(inner) => pending.push(inner),
            ExprKind::Binary {
                op: BinaryOp::And,
                left,
                right,
            } => pending.extend([&**right, &**left]),
            ExprKind::Name(name) => {
                pairs.push((
                    side_column(left, name, "left")?,
                    side_column(right, name, "right")?,
                ));
            }
            ExprKind::Binary {
                op: BinaryOp::Equal,
                left: first,
                right: second,
            } => pairs.push(sides(left, right, first, second, condition.span)?),
            _ => return Err(not_a_condition(condition.span)),
        }
    }
    if pairs.is_empty() {
        let message = "`join` needs at least one condition after `on`";
        return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
    }
    Ok(pairs)
}

/// `$left.a == $right.b`, either way round.
fn sides(left: &Relation, right: &Relation, first: &Expr, second: &Expr, span: Span) -> Bind<Pair> {
    match (side(first), side(second)) {
        (Some(("$left", one)), Some(("$right", other)))
        | (Some(("$right", other)), Some(("$left", one))) => Ok((
            side_column(left, one, "left")?,
            side_column(right, other, "right")?,
        )),
        _ => Err(not_a_condition(span)),
    }
}

fn side(expr: &Expr) -> Option<(&str, &Name)> {
    let (base, member) = match &expr.kind {
        ExprKind::Path { base, member } => (base, member),
        ExprKind::Parenthesised(inner) => return side(inner),
        _ => return None,
    };
    match &base.kind {
        ExprKind::Name(name) => Some((&name.text, member)),
        _ => None,
    }
}

fn side_column(relation: &Relation, name: &Name, side: &str) -> Bind<RelationColumn> {
    let Some(column) = relation.column(&name.text) else {
        return Err(Finding::error(
            codes::UNKNOWN_COLUMN,
            format!("the {side} side of the join has no column `{}`", name.text),
            name.span,
        )
        .with_service_message(format!(
            "'join' operator: Failed to resolve column named '{}'",
            name.text
        ))
        .into());
    };
    if column.scalar_type == ScalarType::Dynamic {
        return Err(not_a_key(&column.bound(name.span)));
    }
    Ok(column.clone())
}

fn not_a_condition(span: Span) -> Fault {
    Finding::error(
        codes::WRONG_KIND,
        "a join condition is a column name or `$left.a == $right.b`",
        span,
    )
    .with_service_message(
        "join: only column entities or equality expressions are allowed in this context",
    )
    .into()
}

/// Both sides with keys of equal types, and those keys' ids.
fn with_equal_types(
    binder: &Binder<'_>,
    left: Relation,
    right: Relation,
    pairs: Vec<Pair>,
) -> Bind<InnerUnique> {
    let mut left_keys = Vec::with_capacity(pairs.len());
    let mut right_keys = Vec::with_capacity(pairs.len());
    for (left, right) in pairs {
        let (left, right) = (left.bound(Span::default()), right.bound(Span::default()));
        let common = match (left.scalar_type, right.scalar_type) {
            (left, right) if left == right => left,
            (ScalarType::Int | ScalarType::Long, ScalarType::Int | ScalarType::Long) => {
                ScalarType::Long
            }
            (left, right) => return Err(different_types(left, right)),
        };
        left_keys.push((String::new(), binder.convert(left, common)?));
        right_keys.push((String::new(), binder.convert(right, common)?));
    }
    let (left, left_ids) = with_keys(binder, left, left_keys)?;
    let (right, right_ids) = with_keys(binder, right, right_keys)?;
    Ok(InnerUnique {
        left,
        right,
        keys: left_ids.into_iter().zip(right_ids).collect(),
    })
}

fn different_types(left: ScalarType, right: ScalarType) -> Fault {
    Finding::error(
        codes::WRONG_TYPE,
        format!("the keys of the join are {left} and {right}"),
        Span::default(),
    )
    .with_hint("convert one of them before the join")
    .with_service_message("join: key columns must have matching types")
    .into()
}

fn with_keys(
    binder: &Binder<'_>,
    side: Relation,
    keys: Vec<(String, Bound)>,
) -> Bind<(Relation, Vec<ColumnId>)> {
    let (columns, plan) = computed(binder, &side, keys)?;
    let ids = columns.into_iter().map(|column| column.id).collect();
    Ok((Relation { plan, ..side }, ids))
}

/// An inner join of one left row for each key.
pub(crate) fn inner_unique(binder: &Binder<'_>, sides: InnerUnique) -> Bind<Relation> {
    let left = one_row_for_each_key(sides.left.clone(), &sides.keys)?;
    let relation = combined(binder, &left, &sides.right, &sides.keys, Kind::InnerUnique)?;
    Ok(Relation {
        inner_unique: Some(Arc::new(sides)),
        ..relation
    })
}

fn one_row_for_each_key(left: Relation, keys: &[(ColumnId, ColumnId)]) -> Bind<Relation> {
    let is_unique = left.unique.as_ref().is_some_and(|unique| {
        unique
            .iter()
            .all(|id| keys.iter().any(|(left, _)| left == id))
    });
    if is_unique {
        return Ok(left);
    }
    let on: Vec<PlanExpr> = keys.iter().map(|(left, _)| reference(left)).collect();
    let mut kept = left.kept_ids();
    for (key, _) in keys {
        if !kept.contains(key) {
            kept.push(key.clone());
        }
    }
    let select = kept.iter().map(reference).collect();
    let plan = LogicalPlanBuilder::new(left.plan.clone())
        .distinct_on(on, select, None)?
        .build()?;
    Ok(left.with_plan(plan))
}

fn combined(
    binder: &Binder<'_>,
    left: &Relation,
    right: &Relation,
    keys: &[(ColumnId, ColumnId)],
    kind: Kind,
) -> Bind<Relation> {
    let plan_columns = |ids: Vec<&ColumnId>| -> Vec<PlanColumn> {
        ids.into_iter()
            .map(|id| PlanColumn::new_unqualified(id.to_string()))
            .collect()
    };
    let keys = (
        plan_columns(keys.iter().map(|(left, _)| left).collect()),
        plan_columns(keys.iter().map(|(_, right)| right).collect()),
    );
    let plan = LogicalPlanBuilder::new(left.plan.clone())
        .join_detailed(
            right.plan.clone(),
            kind.plan_type(),
            keys,
            None,
            NullEquality::NullEqualsNull,
        )?
        .build()?;
    let (has_left, has_right) = kind.sides();
    let (pads_left, pads_right) = kind.pads();
    let mut names = Names::default();
    let mut columns = Vec::new();
    let mut hidden = Vec::new();
    for (side, is_kept, is_padded) in [(left, has_left, pads_left), (right, has_right, pads_right)]
    {
        if !is_kept {
            continue;
        }
        for column in &side.columns {
            columns.push(RelationColumn {
                name: names.derived(&column.name),
                nullable: column.nullable || is_padded && column.scalar_type != ScalarType::String,
                ..column.clone()
            });
        }
        if hidden.is_empty() {
            hidden.clone_from(&side.hidden);
        }
    }
    let relation = Relation {
        hidden,
        depth: left.depth.max(right.depth) + 1,
        size: left.size + right.size + 1,
        ..Relation::new(plan, columns)
    };
    if !pads_left && !pads_right {
        return Ok(relation);
    }
    filled(binder, relation)
}

/// Missing strings become empty.
fn filled(binder: &Binder<'_>, relation: Relation) -> Bind<Relation> {
    let empty = || lit(crate::types::null(ScalarType::String));
    let mut filled: BTreeMap<ColumnId, ColumnId> = BTreeMap::new();
    let mut expressions = Vec::new();
    let mut columns = Vec::new();
    for column in &relation.columns {
        let is_text = column.scalar_type == ScalarType::String;
        let id = filled.entry(column.id.clone()).or_insert_with(|| {
            if !is_text {
                expressions.push(column.expr());
                return column.id.clone();
            }
            let id = binder.fresh_id();
            let text = datafusion::functions::core::expr_fn::coalesce(vec![column.expr(), empty()]);
            expressions.push(text.alias(id.to_string()));
            id
        });
        columns.push(RelationColumn {
            id: id.clone(),
            ..column.clone()
        });
    }
    let plan = LogicalPlanBuilder::new(relation.plan.clone())
        .project(expressions)?
        .build()?;
    let is_there = |hidden: &RelationColumn| columns.iter().any(|column| column.id == hidden.id);
    let hidden = relation
        .hidden
        .iter()
        .filter(|column| is_there(column))
        .cloned()
        .collect();
    Ok(Relation {
        hidden,
        columns,
        ..relation
    }
    .with_plan(plan))
}
