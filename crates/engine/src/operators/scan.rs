//! `scan`: sequences of rows that match steps, in the order of the rows.
//!
//! What the steps do to the rows is in [`crate::scanning`]. Not documented, and refused by name: optional steps, a declared column that is
//! read without its step, the columns of a later step, and match ids together with `partition by`. Source:
//! learn.microsoft.com/kusto/query/scan-operator.

use std::sync::Arc;

use datafusion::arrow::datatypes::Field;
use datafusion::logical_expr::{
    Expr as PlanExpr, LogicalPlanBuilder, Operator as PlanOperator, SortExpr,
};
use tesem_kql::Span;
use tesem_kql::ast::{Expr, ExprKind, NamedExpr, Parameter, ParameterKind, ScanOperator, ScanStep};
use tesem_kql::types::ScalarType;
use tesem_kql::visit::{self, Visitor};

use super::sort;
use crate::binder::Binder;
use crate::binder::conversion::is_number;
use crate::binder::fault::{Bind, Fault};
use crate::binder::logic::balanced;
use crate::binder::names::{Names, duplicate};
use crate::binder::properties;
use crate::binder::relation::{ColumnId, Relation, RelationColumn, id_of, reference};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::binder::steps::StepColumns;
use crate::error::codes;
use crate::scanning::{Declared, Emits, Scan, StateColumn, Step, StepValue};
use crate::sequence::Sequence;
use crate::types;

pub(crate) fn bind<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: Relation,
    scan: &'q ScanOperator,
    span: Span,
) -> Bind<Relation> {
    properties::check(&scan.properties, "scan", &["with_match_id"])?;
    let match_id = properties::word(&scan.properties, "with_match_id")?;
    let input = match scan.order_by.as_slice() {
        [] => input,
        keys => sort::bind(binder, scope, input, keys)?,
    };
    if !input.is_serialized {
        let what =
            "`scan` over rows without a fixed order (put `sort by` or `serialize` before it)";
        return Err(Fault::not_supported(what, span));
    }
    if let (Some(_), Some(key)) = (match_id, scan.partition_by.first()) {
        let what = "`with_match_id` of `scan` together with `partition by`";
        return Err(Fault::not_supported(what, key.span));
    }
    check_names(scan)?;
    let declared = declared_columns(binder, scope, &input, &scan.declare)?;
    let columns = StepColumns::new(&input, &declared, &scan.steps);
    let mut build = Build::new(binder, scope, &input, &columns, &declared);
    for (place, step) in scan.steps.iter().enumerate() {
        build.step(place, step)?;
    }
    for key in &scan.partition_by {
        build.key(key)?;
    }
    build.finished(match_id)
}

/// Refuses steps that share a name, and declared columns that are read without their step.
fn check_names(scan: &ScanOperator) -> Bind<()> {
    for (place, step) in scan.steps.iter().enumerate() {
        let earlier = scan.steps.iter().take(place);
        if earlier
            .into_iter()
            .any(|earlier| earlier.name.text == step.name.text)
        {
            return Err(duplicate(&step.name.text, "scan", step.name.span));
        }
        if step.optional {
            let what = "an optional step of `scan`";
            return Err(Fault::not_supported(what, step.name.span));
        }
        let mut bare = BareNames {
            declared: &scan.declare,
            found: None,
        };
        bare.visit_expr(&step.condition);
        for assignment in &step.assignments {
            bare.visit_named_expr(assignment);
        }
        if let Some(span) = bare.found {
            let what = "a declared column without its step in `scan`";
            return Err(Fault::not_supported(what, span));
        }
    }
    Ok(())
}

struct BareNames<'q> {
    declared: &'q [Parameter],
    found: Option<Span>,
}

impl Visitor for BareNames<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        if let ExprKind::Name(name) = &expr.kind
            && self
                .declared
                .iter()
                .any(|column| column.name.text == name.text)
        {
            self.found = Some(name.span);
        }
        visit::walk_expr(self, expr);
    }
}

/// The columns of `declare`, with their default values.
fn declared_columns<'q>(
    binder: &Binder<'_>,
    scope: &Scope<'q>,
    input: &Relation,
    declared: &'q [Parameter],
) -> Bind<Vec<(RelationColumn, Declared)>> {
    let mut columns: Vec<(RelationColumn, Declared)> = Vec::with_capacity(declared.len());
    for parameter in declared {
        let name = &parameter.name;
        let ParameterKind::Scalar(scalar_type) = parameter.kind else {
            let message = "`scan` declares columns, not tables";
            return Err(Fault::wrong(codes::WRONG_KIND, message, name.span));
        };
        let is_known = columns.iter().any(|(column, _)| column.name == name.text);
        if is_known || input.column(&name.text).is_some() {
            return Err(duplicate(&name.text, "scan", name.span));
        }
        let default = match &parameter.default {
            None => types::null(scalar_type),
            Some(default) => {
                let bound = binder.scalar(&Row::none(scope), default)?;
                let bound = binder.convert(bound, scalar_type)?;
                let Some(value) = &bound.constant else {
                    return Err(Fault::not_constant("a default value", default.span));
                };
                types::literal(value)
            }
        };
        let id = binder.fresh_id();
        let field = types::field(&id, scalar_type);
        let column = RelationColumn {
            name: name.text.clone(),
            id,
            scalar_type,
            nullable: scalar_type != ScalarType::String,
        };
        columns.push((column, Declared { field, default }));
    }
    Ok(columns)
}

/// The operator as it is being built.
struct Build<'a, 'e, 'q> {
    binder: &'a Binder<'e>,
    scope: &'a Scope<'q>,
    input: &'a Relation,
    columns: &'a StepColumns,
    declared: &'a [(RelationColumn, Declared)],
    steps: Vec<Step>,
    /// What is computed for all rows before the steps look at them: conditions that need no step, and keys.
    computed: Vec<(ColumnId, PlanExpr)>,
    masks: Vec<Option<ColumnId>>,
    keys: Vec<ColumnId>,
}

impl<'a, 'e, 'q> Build<'a, 'e, 'q> {
    fn new(
        binder: &'a Binder<'e>,
        scope: &'a Scope<'q>,
        input: &'a Relation,
        columns: &'a StepColumns,
        declared: &'a [(RelationColumn, Declared)],
    ) -> Self {
        Self {
            binder,
            scope,
            input,
            columns,
            declared,
            steps: Vec::new(),
            computed: Vec::new(),
            masks: Vec::new(),
            keys: Vec::new(),
        }
    }

    fn step(&mut self, place: usize, step: &'q ScanStep) -> Bind<()> {
        self.columns.enter(place);
        let row = Row::of(self.input, self.scope).with_steps(self.columns);
        let conjuncts = self.binder.conjuncts(&row, &step.condition)?;
        let (stateful, stateless): (Vec<_>, Vec<_>) = conjuncts
            .into_iter()
            .partition(|conjunct| self.columns.are_read_by(conjunct));
        let mask = balanced(PlanOperator::And, stateless).map(|mask| self.compute(mask));
        self.masks.push(mask);
        let mut assignments = Vec::with_capacity(step.assignments.len());
        for assignment in &step.assignments {
            assignments.push(self.assignment(&row, assignment)?);
        }
        self.steps.push(Step {
            condition: balanced(PlanOperator::And, stateful),
            assignments,
            emits: emits(step)?,
        });
        Ok(())
    }

    fn compute(&mut self, value: PlanExpr) -> ColumnId {
        let id = self.binder.fresh_id();
        self.computed.push((Arc::clone(&id), value));
        id
    }

    /// Which declared column gets which value.
    fn assignment(&self, row: &Row<'_, 'q>, assignment: &'q NamedExpr) -> Bind<StepValue> {
        let name = assignment.names.first();
        let place = name.and_then(|name| {
            let mut declared = self.declared.iter();
            declared.position(|(column, _)| column.name == name.text)
        });
        let target = place.and_then(|place| Some((place, &self.declared.get(place)?.0)));
        let Some((place, column)) = target else {
            let message = "a step can assign only what `declare` declares";
            return Err(Fault::wrong(
                codes::UNKNOWN_COLUMN,
                message,
                assignment.span,
            ));
        };
        let bound = self.binder.scalar(row, &assignment.value)?;
        let (wanted, found) = (column.scalar_type, bound.scalar_type);
        if wanted != found && !(is_number(wanted) && is_number(found)) {
            let what = format!("the value of `{}`", column.name);
            return Err(Fault::wrong_type(&what, wanted.name(), found, bound.span));
        }
        let value = self.binder.convert(bound, wanted)?.expr;
        Ok(StepValue {
            declared: place,
            value,
        })
    }

    fn key(&mut self, key: &'q Expr) -> Bind<()> {
        let row = Row::of(self.input, self.scope);
        let bound = self.binder.scalar(&row, key)?;
        if bound.scalar_type == ScalarType::Dynamic {
            return Err(sort::not_a_key(&bound));
        }
        let id = match id_of(&bound.expr) {
            Some(id) => id,
            None => self.compute(bound.expr),
        };
        self.keys.push(id);
        Ok(())
    }

    fn finished(self, match_id: Option<&str>) -> Bind<Relation> {
        let (columns, declared) = (self.columns, self.declared);
        let read = columns.read();
        let states = read
            .iter()
            .map(|column| StateColumn {
                field: types::field(&column.id, column.scalar_type),
                step: column.step,
                source: column.source.clone(),
            })
            .collect();
        let locals = columns.locals(&self.steps);
        let masks = self.masks.iter().map(Option::is_some).collect();
        let scan = Scan {
            steps: self.steps,
            masks,
            locals: locals.iter().map(ToString::to_string).collect(),
            states,
            declared: declared.iter().map(|(_, column)| column.clone()).collect(),
            keys: self.keys.len(),
            has_match_id: match_id.is_some(),
        };
        let arguments: Vec<PlanExpr> = locals
            .iter()
            .chain(self.masks.iter().flatten())
            .chain(&self.keys)
            .map(reference)
            .collect();
        let input = with_computed(self.input, self.computed)?;
        sequenced(self.binder, input, declared, match_id, arguments, scan)
    }
}

/// The rows with what is computed for all of them.
fn with_computed(input: &Relation, computed: Vec<(ColumnId, PlanExpr)>) -> Bind<Relation> {
    let input = input.clone();
    if computed.is_empty() {
        return Ok(input);
    }
    let mut expressions: Vec<PlanExpr> = input.kept_ids().iter().map(reference).collect();
    let values = computed.into_iter();
    expressions.extend(values.map(|(id, value)| value.alias(id.to_string())));
    let plan = LogicalPlanBuilder::new(input.sorted_plan()?);
    let plan = plan.project(expressions)?.build()?;
    Ok(input.with_plan(plan))
}

fn sequenced(
    binder: &Binder<'_>,
    input: Relation,
    declared: &[(RelationColumn, Declared)],
    match_id: Option<&str>,
    arguments: Vec<PlanExpr>,
    scan: Scan,
) -> Bind<Relation> {
    let mut columns = input.columns.clone();
    columns.extend(declared.iter().map(|(column, _)| column.clone()));
    let mut fields: Vec<Field> = declared
        .iter()
        .map(|(_, column)| column.field.clone())
        .collect();
    if let Some(name) = match_id {
        let taken = columns.iter().map(|column| column.name.as_str());
        let column = RelationColumn {
            name: Names::with_taken(taken).derived(name),
            id: binder.fresh_id(),
            scalar_type: ScalarType::Long,
            nullable: false,
        };
        fields.push(types::field(&column.id, ScalarType::Long));
        columns.push(column);
    }
    let number = binder.fresh_id();
    let order = input.order.clone().unwrap_or_default();
    let plan = input.sorted_plan()?;
    let plan = Sequence::plan(plan, order, arguments, &number, fields, Arc::new(scan))?;
    Ok(Relation {
        columns,
        order: Some(vec![SortExpr::new(reference(&number), true, false)]),
        is_sorted: true,
        unique: None,
        ..input.with_plan(plan)
    })
}

fn emits(step: &ScanStep) -> Bind<Emits> {
    let Some(output) = &step.output else {
        return Ok(Emits::All);
    };
    match output.text.as_str() {
        "all" => Ok(Emits::All),
        "last" => Ok(Emits::Last),
        "none" => Ok(Emits::None),
        _ => Err(Fault::wrong(
            codes::WRONG_PROPERTY,
            "`output` must be all, last or none",
            output.span,
        )),
    }
}
