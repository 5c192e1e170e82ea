//! `mv-expand`: one row for each element of an array or member of a bag.
//!
//! Several columns are expanded side by side, the shorter ones padded with nulls. A null stays one row, an empty array gives none, and
//! what is neither array nor bag stays as it is. Source: learn.microsoft.com/kusto/query/mv-expand-operator.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, BinaryViewArray, BinaryViewBuilder, BooleanBuilder, Int64Builder, ListBuilder,
};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::{Column as PlanColumn, DataFusionError, UnnestOptions};
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlanBuilder, SortExpr};
use tesem_kql::Span;
use tesem_kql::ast::{Expr, MvColumn, MvExpandOperator, Name, Property};
use tesem_kql::types::ScalarType;

use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::grouping::Grouping;
use crate::binder::names::Names;
use crate::binder::properties;
use crate::binder::relation::{ColumnId, Relation, RelationColumn, reference};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::dynamic::{Dynamic, View, Writer};
use crate::kernel;
use crate::kernels::dynamics;
use crate::types;

/// Where `mvexpand`, the older spelling, stops.
const LEGACY_LIMIT: usize = 128;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    expand: &'q MvExpandOperator,
    span: Span,
) -> Bind<Relation> {
    let options = Options::of(binder, scope, expand)?;
    expanded(binder, scope, input, &expand.columns, &options, span)
}

/// How values are expanded.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Members of bags become `[name, value]` instead of `{name: value}`.
    pub(crate) bags_as_arrays: bool,
    /// At most so many rows come from one.
    pub(crate) limit: usize,
    /// The column that counts the elements from 0.
    pub(crate) item_index: Option<String>,
}

impl Options {
    fn of<'q>(binder: &Binder<'_>, scope: &Scope<'q>, expand: &'q MvExpandOperator) -> Bind<Self> {
        let known = ["bagexpansion", "kind", "with_itemindex"];
        properties::check(&expand.properties, "mv-expand", &known)?;
        let limit = match (&expand.limit, expand.legacy) {
            (None, true) => LEGACY_LIMIT,
            (limit, _) => limit_of(binder, scope, limit.as_ref())?,
        };
        Ok(Self {
            bags_as_arrays: bags_as_arrays(&expand.properties)?,
            limit,
            item_index: properties::word(&expand.properties, "with_itemindex")?.map(str::to_owned),
        })
    }
}

/// How many rows may come from one.
pub(crate) fn limit_of<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    limit: Option<&'q Expr>,
) -> Bind<usize> {
    let Some(limit) = limit else {
        return Ok(usize::MAX);
    };
    let what = format!("the limit of `{}`", binder.operator());
    let limit = binder.constant_long(&Row::none(scope), limit, &what)?;
    Ok(usize::try_from(limit).unwrap_or_default())
}

fn bags_as_arrays(expand: &[Property]) -> Bind<bool> {
    let property = ["bagexpansion", "kind"]
        .iter()
        .find_map(|name| properties::find(expand, name));
    let Some(property) = property else {
        return Ok(false);
    };
    match properties::word_of(&property.value) {
        Some("array") => Ok(true),
        Some("bag") => Ok(false),
        _ => Err(properties::invalid(property, "bag or array")),
    }
}

/// A column that is expanded.
struct Expansion<'q> {
    /// The name that the query gives.
    name: Option<&'q Name>,
    value: Bound,
    to_type: Option<ScalarType>,
    /// The list of its elements, then one element, then the element in its type.
    ids: [ColumnId; 2],
}

/// The columns of the plan that come with the expanded ones.
#[derive(Default)]
struct Companions {
    /// The number of the element in its row.
    index: Option<ColumnId>,
    /// Whether the row counts, where rows that do not are kept: see [`Grouping::counted`].
    counted: Option<ColumnId>,
}

/// Rows with columns expanded.
pub(crate) fn expanded<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    columns: &'q [MvColumn],
    options: &Options,
    span: Span,
) -> Bind<Relation> {
    let row = Row::of(&input, scope);
    let mut expansions = Vec::with_capacity(columns.len());
    for column in columns {
        expansions.push(expansion(binder, &row, column, span)?);
    }
    let needs_index = options.item_index.is_some() || input.order.is_some();
    let grouping = input.grouping.as_ref();
    let companions = Companions {
        index: needs_index.then(|| binder.fresh_id()),
        counted: grouping
            .and_then(|grouping| grouping.counted.as_ref())
            .map(|_| binder.fresh_id()),
    };
    let plan = unnested(&input, &expansions, options, &companions)?;
    finished(binder, input, &expansions, options, companions, plan)
}

fn expansion<'q>(
    binder: &Binder<'_>,
    row: &Row<'_, 'q>,
    column: &'q MvColumn,
    span: Span,
) -> Bind<Expansion<'q>> {
    let bound = binder.scalar(row, &column.value.value)?;
    let name = match column.value.names.as_slice() {
        [] => None,
        [name] => Some(name),
        _ => return Err(Fault::not_supported("several names in `mv-expand`", span)),
    };
    let (derived, is_column) = (bound.name.clone(), bound.is_column);
    if bound.scalar_type != ScalarType::Dynamic {
        return Err(Fault::wrong_type(
            "what `mv-expand` expands",
            "a dynamic",
            bound.scalar_type,
            bound.span,
        ));
    }
    Ok(Expansion {
        name,
        value: Bound {
            name: derived,
            is_column,
            ..bound
        },
        to_type: column.to_type,
        ids: [binder.fresh_id(), binder.fresh_id()],
    })
}

/// The plan with each list taken apart.
fn unnested(
    input: &Relation,
    expansions: &[Expansion<'_>],
    options: &Options,
    companions: &Companions,
) -> Bind<LogicalPlanBuilder> {
    let mut expressions: Vec<PlanExpr> = input.kept_ids().iter().map(reference).collect();
    let mut lists = Vec::with_capacity(expansions.len() + 1);
    let mut list = |id: &ColumnId, expr: PlanExpr| {
        expressions.push(expr.alias(id.to_string()));
        lists.push(PlanColumn::new_unqualified(id.to_string()));
    };
    for expansion in expansions {
        list(
            &expansion.ids[0],
            elements(expansion.value.expr.clone(), options),
        );
    }
    let values = expansions
        .iter()
        .map(|expansion| expansion.value.expr.clone());
    if let Some(id) = &companions.index {
        list(id, indexes(values.clone().collect(), options.limit));
    }
    let counted = input
        .grouping
        .as_ref()
        .and_then(|grouping| grouping.counted.as_ref());
    if let (Some(id), Some(counted)) = (&companions.counted, counted) {
        let arguments = std::iter::once(reference(counted)).chain(values);
        list(id, counts(arguments.collect(), options.limit));
    }
    let builder = LogicalPlanBuilder::new(input.plan.clone()).project(expressions)?;
    Ok(builder.unnest_columns_with_options(lists, UnnestOptions::default())?)
}

fn finished(
    binder: &Binder<'_>,
    input: Relation,
    expansions: &[Expansion<'_>],
    options: &Options,
    companions: Companions,
    plan: LogicalPlanBuilder,
) -> Bind<Relation> {
    let mut expressions: Vec<PlanExpr> = input.kept_ids().iter().map(reference).collect();
    let mut columns = input.columns.clone();
    let taken: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let mut names = Names::with_taken(taken.iter().map(String::as_str));
    for expansion in expansions {
        let element = element(binder, expansion)?;
        let [_, id] = &expansion.ids;
        expressions.push(element.expr.alias(id.to_string()));
        let given = expansion.name.map(|name| name.text.clone());
        let name = given.or_else(|| expansion.value.name.clone());
        let name = name.unwrap_or_else(|| names.unnamed());
        let new = RelationColumn {
            name,
            id: id.clone(),
            scalar_type: element.scalar_type,
            nullable: element.scalar_type != ScalarType::String,
        };
        match columns.iter_mut().find(|column| column.name == new.name) {
            Some(column) => *column = new,
            None => columns.push(new),
        }
    }
    expressions.extend(
        companions
            .index
            .iter()
            .chain(&companions.counted)
            .map(reference),
    );
    if let (Some(id), Some(name)) = (&companions.index, &options.item_index) {
        columns.push(RelationColumn {
            name: names.derived(name),
            id: id.clone(),
            scalar_type: ScalarType::Long,
            nullable: false,
        });
    }
    if input.order.as_ref().is_some_and(|order| !order.is_empty()) {
        binder.require_sequence();
    }
    let plan = plan.project(expressions)?.build()?;
    let index = companions.index;
    let order = input.order.clone().map(|mut order| {
        order.extend(index.map(|id| SortExpr::new(reference(&id), true, true)));
        order
    });
    let grouping = input.grouping.clone().map(|grouping| Grouping {
        counted: companions.counted,
        ..grouping
    });
    Ok(Relation {
        columns,
        order,
        grouping,
        unique: None,
        ..input
    }
    .with_plan(plan))
}

/// One element in the type that is asked for.
fn element(binder: &Binder<'_>, expansion: &Expansion<'_>) -> Bind<Bound> {
    let [list, _] = &expansion.ids;
    let element = Bound::new(reference(list), ScalarType::Dynamic, expansion.value.span);
    let Some(target) = expansion.to_type else {
        return Ok(element);
    };
    match target {
        ScalarType::Dynamic => Ok(element),
        ScalarType::Bool | ScalarType::Int | ScalarType::Long | ScalarType::Real => {
            let numbers = of_json_kind(element, target);
            let context = binder.context("mv-expand", &numbers);
            Ok(dynamics::to_scalar(&context, numbers, target)?)
        }
        _ => binder.convert(element, target),
    }
}

/// Only the values that JSON itself keeps apart from text: a text that looks like a number is none.
fn of_json_kind(element: Bound, target: ScalarType) -> Bound {
    let span = element.span;
    kernel::call(
        "of_kind",
        vec![element],
        ScalarType::Dynamic,
        span,
        move |input| {
            let values = input.dynamics(0)?;
            let is_kept = |bytes: &[u8]| match Dynamic::new(bytes).view_or_null() {
                View::Bool(_) => true,
                View::Long(_) | View::Real(_) | View::Decimal(_) => target != ScalarType::Bool,
                _ => false,
            };
            let kept: BinaryViewArray = values
                .iter()
                .map(|value| value.filter(|bytes| is_kept(bytes)))
                .collect();
            Ok(Arc::new(kept))
        },
    )
}

fn list_of(element: DataType) -> DataType {
    DataType::List(Arc::new(Field::new_list_field(element, true)))
}

/// The elements of each value, as a list.
fn elements(value: PlanExpr, options: &Options) -> PlanExpr {
    let options = options.clone();
    let returns = list_of(types::physical(ScalarType::Dynamic));
    kernel::call_plan("mv_expand", vec![value], returns, move |input| {
        let values = input.dynamics(0)?;
        let mut lists = ListBuilder::new(BinaryViewBuilder::new());
        let mut writer = Writer::new();
        for value in &values {
            append_elements(value, &options, &mut lists, &mut writer)?;
            lists.append(true);
        }
        Ok(Arc::new(lists.finish()))
    })
}

fn append_elements(
    value: Option<&[u8]>,
    options: &Options,
    lists: &mut ListBuilder<BinaryViewBuilder>,
    writer: &mut Writer,
) -> Result<(), DataFusionError> {
    let elements = lists.values();
    let value = value.map_or(Dynamic::NULL, Dynamic::new);
    match value.view_or_null() {
        View::Array(items) => {
            for item in items.iter().take(options.limit) {
                append(elements, item);
            }
        }
        View::Bag(members) => {
            for (name, member) in members.iter().take(options.limit) {
                writer.clear();
                write_member(writer, name, member, options.bags_as_arrays)
                    .map_err(|error| DataFusionError::External(Box::new(error)))?;
                elements.append_value(writer.bytes());
            }
        }
        _ => append(elements, value),
    }
    Ok(())
}

fn append(elements: &mut BinaryViewBuilder, value: Dynamic<'_>) {
    if value.is_null() {
        elements.append_null();
    } else {
        elements.append_value(value.bytes());
    }
}

fn write_member(
    writer: &mut Writer,
    name: &str,
    member: Dynamic<'_>,
    as_array: bool,
) -> Result<(), crate::dynamic::DynamicError> {
    if as_array {
        writer.open_array()?;
        writer.string(name);
    } else {
        writer.open_bag()?;
        writer.key(name);
    }
    writer.value_of(member);
    writer.close()
}

/// The numbers of the elements of the longest of several values, as a list.
fn indexes(values: Vec<PlanExpr>, limit: usize) -> PlanExpr {
    let count = values.len();
    kernel::call_plan(
        "mv_indexes",
        values,
        list_of(DataType::Int64),
        move |input| {
            let columns: Vec<BinaryViewArray> = (0..count)
                .map(|index| input.dynamics(index))
                .collect::<Result<_, _>>()?;
            let mut lists = ListBuilder::new(Int64Builder::new());
            for row in 0..input.rows {
                let lengths = columns.iter().map(|column| length(column, row));
                let longest = lengths.max().unwrap_or_default().min(limit);
                lists
                    .values()
                    .append_slice(&Vec::from_iter((0_i64..).take(longest)));
                lists.append(true);
            }
            Ok(Arc::new(lists.finish()) as ArrayRef)
        },
    )
}

/// For each row, whether its elements count, as a list that is never empty: a row without elements has one that does not.
fn counts(arguments: Vec<PlanExpr>, limit: usize) -> PlanExpr {
    let values = arguments.len().saturating_sub(1);
    let returns = list_of(DataType::Boolean);
    kernel::call_plan("mv_counts", arguments, returns, move |input| {
        let counted = input.bools(0)?;
        let columns: Vec<BinaryViewArray> = (1..=values)
            .map(|index| input.dynamics(index))
            .collect::<Result<_, _>>()?;
        let mut lists = ListBuilder::new(BooleanBuilder::new());
        for row in 0..input.rows {
            let lengths = columns.iter().map(|column| length(column, row));
            let longest = lengths.max().unwrap_or_default().min(limit);
            let counts = longest > 0 && counted.is_valid(row) && counted.value(row);
            lists.values().append_n(longest.max(1), counts);
            lists.append(true);
        }
        Ok(Arc::new(lists.finish()) as ArrayRef)
    })
}

fn length(column: &BinaryViewArray, row: usize) -> usize {
    if column.is_null(row) {
        return 1;
    }
    match Dynamic::new(column.value(row)).view_or_null() {
        View::Array(items) => items.len(),
        View::Bag(members) => members.len(),
        _ => 1,
    }
}
