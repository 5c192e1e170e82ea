//! Tabular expressions: where rows come from.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::Schema;
use datafusion::common::{Column as PlanColumn, DataFusionError};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr as PlanExpr, LogicalPlan, LogicalPlanBuilder, lit};
use tesem_kql::Span;
use tesem_kql::ast::{
    Argument, Expr, ExprKind, LetValue, Name, Operator, ParameterKind, Statement,
};
use tesem_kql::types::ScalarType;

use super::fault::{Bind, Fault};
use super::membership::cells;
use super::nearest::nearest;
use super::relation::{Relation, RelationColumn};
use super::row::Row;
use super::scope::{Binding, Scope, UserFunction};
use super::service_functions;
use super::user_functions::Called;
use super::{Binder, PIPELINE_MAX};
use crate::catalog::{Column, Table};
use crate::error::{Finding, codes};
use crate::operators;
use crate::types;
use crate::value::Value;

/// How many values a table on the right of `in` or `has_any` may hold.
const SET_MAX: usize = 1_000_000;

impl Binder<'_> {
    /// Binds a tabular expression.
    pub(crate) fn table<'q>(&self, scope: &Scope<'q>, expr: &'q Expr) -> Bind<Relation> {
        let relation = self.nested(|| self.table_unguarded(scope, expr))?;
        if relation.depth > PIPELINE_MAX {
            let what = format!("more than {PIPELINE_MAX} tabular operators follow each other");
            return Err(Fault::too_large(what));
        }
        Ok(relation)
    }

    fn table_unguarded<'q>(&self, scope: &Scope<'q>, expr: &'q Expr) -> Bind<Relation> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Name(name) => self.named_table(scope, name),
            ExprKind::Parenthesised(inner) => self.table(scope, inner),
            ExprKind::Pipe { source, operators } => self.pipe(scope, source, operators),
            ExprKind::Source(operator) => self.source(scope, operator),
            ExprKind::DataTable { columns, values } => {
                operators::datatable::bind(self, scope, columns, values, span)
            }
            ExprKind::ExternalData {
                columns,
                locations,
                properties,
            } => operators::externaldata::bind(self, scope, columns, locations, properties, span),
            ExprKind::Call {
                base: None,
                name,
                arguments,
            } => self.table_call(scope, name, arguments, span),
            ExprKind::Call { base: Some(_), .. } | ExprKind::Path { .. } => Err(
                Fault::not_supported("a table or function of another database", span),
            ),
            ExprKind::Wildcard(_) => Err(Fault::not_supported("a wildcard table name", span)),
            _ => Err(Fault::wrong(
                codes::WRONG_KIND,
                "a table is expected here, not a value",
                span,
            )),
        }
    }

    fn pipe<'q>(
        &self,
        scope: &Scope<'q>,
        source: &'q Expr,
        operators: &'q [Operator],
    ) -> Bind<Relation> {
        let first = operators.first().map_or("", operators::keyword);
        let relation = self.within(first, || self.table(scope, source))?;
        self.piped(scope, relation, operators)
    }

    /// Sends rows through operators.
    pub(crate) fn piped<'q>(
        &self,
        scope: &Scope<'q>,
        input: Relation,
        operators: &'q [Operator],
    ) -> Bind<Relation> {
        let mut relation = input;
        for operator in operators {
            self.spend_operators(1)?;
            relation = self.within(operators::keyword(operator), || {
                operators::bind(self, scope, relation, operator)
            })?;
            if relation.depth > PIPELINE_MAX {
                let what = format!("more than {PIPELINE_MAX} tabular operators follow each other");
                return Err(Fault::too_large(what));
            }
        }
        Ok(relation)
    }

    fn source<'q>(&self, scope: &Scope<'q>, operator: &'q Operator) -> Bind<Relation> {
        self.spend_operators(1)?;
        self.within(operators::keyword(operator), || {
            operators::bind_source(self, scope, operator)
        })
    }

    /// A table under its name: declared by the query, or in the database.
    pub(crate) fn named_table<'q>(&self, scope: &Scope<'q>, name: &Name) -> Bind<Relation> {
        match scope.find(&name.text).as_deref() {
            Some(Binding::Table(relation)) => {
                self.spend_operators(relation.size)?;
                Ok(relation.clone())
            }
            Some(Binding::Function(function)) if function.declaration.parameters.is_empty() => {
                let relation = self.called_table(scope, function, &[], name.span)?;
                let table = function.declaration.view.then(|| name.text.clone());
                Ok(Relation { table, ..relation })
            }
            Some(_) => Err(Fault::wrong(
                codes::WRONG_KIND,
                format!("`{}` is no table", name.text),
                name.span,
            )),
            None => match self.database().table(&name.text) {
                Some(table) => self.scan(&name.text, table),
                None => Err(self.unknown_table(scope, name)),
            },
        }
    }

    /// The rows of a function that is declared as a view.
    pub(crate) fn view(&self, scope: &Scope<'_>, name: &str, span: Span) -> Bind<Relation> {
        let name = Name {
            text: name.to_owned(),
            span,
        };
        self.named_table(scope, &name)
    }

    fn unknown_table(&self, scope: &Scope<'_>, name: &Name) -> Fault {
        let text = &name.text;
        if let Some(what) = service_functions::refused(text) {
            return Fault::not_supported(what, name.span);
        }
        let operator = match self.operator() {
            "" => String::new(),
            operator => format!("'{operator}' operator: "),
        };
        let finding = Finding::error(
            codes::UNKNOWN_TABLE,
            format!("there is no table `{text}`"),
            name.span,
        )
        .with_service_message(format!(
            "{operator}Failed to resolve table or column expression named '{text}'"
        ));
        let declared = scope.names();
        let tables = self.database().names();
        match nearest(text, tables.chain(declared.iter().map(String::as_str))) {
            Some(near) => finding.with_hint(format!("did you mean `{near}`?")).into(),
            None => finding.into(),
        }
    }

    /// The rows of a table of the database, under new ids and within the time window.
    pub(crate) fn scan(&self, name: &str, table: &Table) -> Bind<Relation> {
        let source = provider_as_source(table.provider());
        let mut builder = LogicalPlanBuilder::scan(name, source, None)?;
        if let Some((from, to)) = self.environment.window
            && let Some(time) = table.window_expression()
        {
            let time: PlanExpr = time?;
            builder = builder.filter(time.clone().gt_eq(lit(from)))?;
            builder = builder.filter(time.lt_eq(lit(to)))?;
        }
        let mut columns = Vec::with_capacity(table.columns().len());
        let mut expressions = Vec::with_capacity(table.columns().len());
        for (index, column) in table.columns().iter().enumerate() {
            let id = self.fresh_id();
            expressions.push(table.expression(index)?.alias(id.to_string()));
            columns.push(RelationColumn {
                name: column.name.clone(),
                id,
                scalar_type: column.scalar_type,
                nullable: column.scalar_type != ScalarType::String,
            });
        }
        let plan = builder.project(expressions)?.build()?;
        let hidden = second_names(table, &columns);
        Ok(Relation {
            hidden,
            table: Some(name.to_owned()),
            ..Relation::new(plan, columns)
        })
    }

    /// Rows that are already known.
    pub(crate) fn known_rows(
        &self,
        columns: &[Column],
        batches: Vec<RecordBatch>,
    ) -> Bind<Relation> {
        let table = Table::in_memory(columns.to_vec(), batches)
            .map_err(|error| Fault::from(crate::error::EngineError::Failed(error.to_string())))?;
        let relation = self.scan("rows", &table.without_window())?;
        Ok(Relation {
            table: None,
            ..relation
        })
    }

    fn table_call<'q>(
        &self,
        scope: &Scope<'q>,
        name: &Name,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Relation> {
        if let Some(binding) = scope.find(&name.text)
            && let Binding::Function(function) = &*binding
        {
            return self.called_table(scope, function, arguments, span);
        }
        match (name.text.as_str(), arguments) {
            ("materialize", [argument]) => {
                let relation = self.table(scope, &argument.value)?;
                self.materialize(&relation)
            }
            ("table", [argument]) => self.table_by_text(scope, argument, span),
            ("toscalar", _) => Err(Fault::wrong(
                codes::WRONG_KIND,
                "toscalar() gives a value, not rows",
                span,
            )),
            _ => {
                let what = service_functions::refused(&name.text)
                    .unwrap_or_else(|| format!("{}() as a table", name.text));
                Err(Fault::not_supported(what, span))
            }
        }
    }

    fn called_table<'q>(
        &self,
        scope: &Scope<'q>,
        function: &UserFunction<'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Relation> {
        match self.call_user_function(&Row::none(scope), function, arguments, span)? {
            Called::Table(relation) => Ok(relation),
            Called::Scalar(_) => Err(Fault::wrong(
                codes::WRONG_KIND,
                "the function returns a value, not rows",
                span,
            )),
        }
    }

    /// `table("name")`.
    fn table_by_text<'q>(
        &self,
        scope: &Scope<'q>,
        argument: &'q Argument,
        span: Span,
    ) -> Bind<Relation> {
        let bound = self.scalar(&Row::none(scope), &argument.value)?;
        let Some(text) = bound.constant_str() else {
            return Err(Fault::not_constant("the table name", span));
        };
        let name = Name {
            text: text.to_owned(),
            span,
        };
        self.named_table(scope, &name)
    }

    /// The rows of a relation in one batch, in order, under names of no meaning.
    pub(crate) fn rows_of(&self, relation: &Relation) -> Bind<RecordBatch> {
        let plan = output_plan(relation)?;
        let batches = self.environment.runner.collect(plan, None)?;
        let fields = relation.columns.iter().enumerate();
        let fields = fields.map(|(index, column)| {
            types::field(&format!("r{index}"), column.scalar_type).with_nullable(true)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let batch = concat_batches(&schema, &batches);
        Ok(batch.map_err(DataFusionError::from)?)
    }

    /// Runs a subquery once and keeps its rows.
    pub(crate) fn materialize(&self, relation: &Relation) -> Bind<Relation> {
        let columns = visible(relation);
        let plan = output_plan(relation)?;
        let batches = self.environment.runner.collect(plan, None)?;
        let known = self.known_rows(&columns, batches)?;
        Ok(Relation {
            hidden: rehidden(relation, &known),
            ..known
        })
    }

    /// The values of the first column of a table.
    pub(crate) fn first_column<'q>(&self, scope: &Scope<'q>, expr: &'q Expr) -> Bind<Vec<Value>> {
        let mut relation = self.table(scope, expr)?;
        relation.columns.truncate(1);
        let Some(scalar_type) = relation.columns.first().map(|column| column.scalar_type) else {
            let message = "the table has no columns";
            return Err(Fault::wrong(codes::WRONG_KIND, message, expr.span));
        };
        let plan = output_plan(&relation)?;
        let batches = self.environment.runner.collect(plan, Some(SET_MAX + 1))?;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if rows > SET_MAX {
            let what = format!("the table on the right of `in` has more than {SET_MAX} rows");
            return Err(Fault::too_large(what));
        }
        Ok(batches
            .iter()
            .filter_map(|batch| batch.columns().first())
            .flat_map(|array| cells(array, scalar_type))
            .collect())
    }

    /// Each value of a column once, but not more than `most` of them.
    pub(crate) fn distinct_values(
        &self,
        relation: &Relation,
        column: &RelationColumn,
        most: usize,
    ) -> Bind<Vec<Value>> {
        let key = (column.name.clone(), column.bound(Span::default()));
        let distinct = operators::grouped(self, relation, vec![key], Vec::new())?;
        let plan = output_plan(&distinct)?;
        let batches = self.environment.runner.collect(plan, Some(most))?;
        let arrays = batches.iter().filter_map(|batch| batch.columns().first());
        Ok(arrays
            .flat_map(|array| cells(array, column.scalar_type))
            .collect())
    }

    /// The first value of the first column; null where there is none.
    pub(crate) fn first_value(&self, relation: &Relation, span: Span) -> Bind<Value> {
        let Some(scalar_type) = relation.columns.first().map(|column| column.scalar_type) else {
            let message = "the table has no columns";
            return Err(Fault::wrong(codes::WRONG_KIND, message, span));
        };
        let plan = output_plan(relation)?;
        let batches = self.environment.runner.collect(plan, Some(1))?;
        let array = batches.iter().find_map(|batch| batch.columns().first());
        let value = array.and_then(|array| cells(array, scalar_type).next());
        Ok(value.unwrap_or_else(|| Value::null(scalar_type)))
    }

    /// Whether an expression yields rows: a column or declared value of the same name comes first.
    pub(crate) fn is_tabular(&self, row: &Row<'_, '_>, expr: &Expr) -> bool {
        let is_column = |name: &str| {
            let relation = row.relation;
            relation.is_some_and(|relation| relation.column(name).is_some())
        };
        match &expr.kind {
            ExprKind::Pipe { .. }
            | ExprKind::Source(_)
            | ExprKind::DataTable { .. }
            | ExprKind::ExternalData { .. } => true,
            ExprKind::Parenthesised(inner) => self.is_tabular(row, inner),
            ExprKind::Name(name) => {
                !is_column(&name.text) && self.names_table(row.scope, &name.text)
            }
            ExprKind::Call {
                base: None, name, ..
            } => match row.scope.find(&name.text).as_deref() {
                Some(Binding::Function(function)) => self.returns_table(function),
                _ => {
                    matches!(name.text.as_str(), "materialize" | "table" | "externaldata")
                        || service_functions::refused(&name.text).is_some()
                }
            },
            _ => false,
        }
    }

    fn names_table(&self, scope: &Scope<'_>, name: &str) -> bool {
        match scope.find(name).as_deref() {
            Some(Binding::Table(_)) => true,
            Some(Binding::Function(function)) => {
                function.declaration.parameters.is_empty() && self.returns_table(function)
            }
            Some(Binding::Scalar { .. }) => false,
            None => {
                self.database().table(name).is_some() || service_functions::refused(name).is_some()
            }
        }
    }

    fn returns_table(&self, function: &UserFunction<'_>) -> bool {
        let result = function
            .declaration
            .body
            .iter()
            .rev()
            .find_map(|statement| {
                if let Statement::Expression(expr) = statement {
                    return Some(expr);
                }
                None
            });
        result.is_some_and(|result| self.body_yields_table(function, result))
    }

    fn body_yields_table(&self, function: &UserFunction<'_>, expr: &Expr) -> bool {
        let ExprKind::Name(name) = &expr.kind else {
            if let ExprKind::Parenthesised(inner) = &expr.kind {
                return self.body_yields_table(function, inner);
            }
            return self.is_tabular(&Row::none(&function.scope), expr);
        };
        let declaration = function.declaration;
        let local = declaration
            .body
            .iter()
            .rev()
            .find_map(|statement| match statement {
                Statement::Let(local) if local.name.text == name.text => Some(&local.value),
                _ => None,
            });
        if let Some(value) = local {
            return match value {
                // A local of the same name would be followed for ever.
                LetValue::Expr(value) if !matches!(&value.kind, ExprKind::Name(_)) => {
                    self.body_yields_table(function, value)
                }
                LetValue::Expr(value) => self.is_tabular(&Row::none(&function.scope), value),
                LetValue::Function(_) => false,
            };
        }
        let parameter = declaration
            .parameters
            .iter()
            .find(|parameter| parameter.name.text == name.text);
        match parameter {
            Some(parameter) => matches!(parameter.kind, ParameterKind::Tabular { .. }),
            None => self.names_table(&function.scope, &name.text),
        }
    }
}

fn second_names(table: &Table, columns: &[RelationColumn]) -> Vec<RelationColumn> {
    let named = |(second, first): &(String, String)| {
        let column = columns.iter().find(|column| column.name == *first)?;
        Some(RelationColumn {
            name: second.clone(),
            ..column.clone()
        })
    };
    table.second_names().iter().filter_map(named).collect()
}

/// The second names of columns that are still visible, after the rows have been computed.
pub(crate) fn rehidden(old: &Relation, new: &Relation) -> Vec<RelationColumn> {
    let moved = |hidden: &RelationColumn| {
        let position = old
            .columns
            .iter()
            .position(|column| column.id == hidden.id)?;
        let id = new.columns.get(position)?.id.clone();
        Some(RelationColumn {
            id,
            ..hidden.clone()
        })
    };
    old.hidden.iter().filter_map(moved).collect()
}

/// The columns a query sees, as a schema.
pub(crate) fn visible(relation: &Relation) -> Vec<Column> {
    relation
        .columns
        .iter()
        .map(|column| Column {
            name: column.name.clone(),
            scalar_type: column.scalar_type,
        })
        .collect()
}

/// The plan that yields exactly the visible columns, in order, in the order of the rows.
pub(crate) fn output_plan(relation: &Relation) -> Bind<LogicalPlan> {
    let expressions = relation.columns.iter().enumerate().map(|(index, column)| {
        let source = PlanColumn::new_unqualified(column.id.to_string());
        PlanExpr::Column(source).alias(format!("r{index}"))
    });
    let builder = LogicalPlanBuilder::new(relation.sorted_plan()?);
    Ok(builder.project(expressions)?.build()?)
}
