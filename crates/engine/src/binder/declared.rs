//! Calls that are answered from what the query declares: its options and the columns of its tables.

use datafusion::logical_expr::LogicalPlan;
use tesem_kql::Span;
use tesem_kql::ast::{Argument, SetStatement};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::fault::{Bind, Fault};
use super::row::Row;
use super::scope::Scope;
use crate::bound::Bound;
use crate::dynamic::DynamicValue;
use crate::error::codes;
use crate::functions;
use crate::value::Value;

/// Options that change what a query answers; all others are about how it runs.
///
/// Source: learn.microsoft.com/kusto/api/rest/request-properties.
const CHANGING: &[&str] = &[
    "query_datetimescope_column",
    "query_datetimescope_from",
    "query_datetimescope_to",
    "query_now",
    "query_take_max_records",
];

/// The size of the bins of `bin_auto()`.
const BIN_SIZE: &str = "query_bin_auto_size";
/// The start of one of the bins of `bin_auto()`.
const BIN_AT: &str = "query_bin_auto_at";

/// The columns that say when a row of a table came about.
const TIME_COLUMNS: [&str; 2] = ["Timestamp", "TimeGenerated"];

impl Binder<'_> {
    /// `set name = value`: kept for the calls that read it; all other options have no effect.
    pub(crate) fn set_option<'q>(&self, scope: &Scope<'q>, set: &'q SetStatement) -> Bind<()> {
        let name = set.name.text.as_str();
        if CHANGING.contains(&name) {
            return Err(Fault::not_supported(format!("`set {name}`"), set.name.span));
        }
        match (&set.value, [BIN_SIZE, BIN_AT].contains(&name)) {
            (Some(value), true) => {
                let bound = self.scalar(&Row::none(scope), value)?;
                self.options.borrow_mut().insert(name.to_owned(), bound);
            }
            _ => self.note(format!("`set {name}` has no effect here")),
        }
        Ok(())
    }

    /// `bin_auto(value)`: `bin_at` with the options of the query.
    ///
    /// Source: learn.microsoft.com/kusto/query/bin-auto-function.
    pub(crate) fn bin_auto<'q>(
        &self,
        row: &Row<'_, 'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        let [argument] = arguments else {
            let message = "bin_auto() takes one value";
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
        };
        let value = self.scalar(row, &argument.value)?;
        let option = |name: &str| self.options.borrow().get(name).cloned();
        let Some(size) = option(BIN_SIZE) else {
            let message = format!("bin_auto() needs the size of its bins: `set {BIN_SIZE} = …;`");
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
        };
        let (name, given) = match option(BIN_AT) {
            Some(start) => ("bin_at", vec![value.clone(), size, start]),
            None => ("bin", vec![value.clone(), size]),
        };
        let Some(function) = functions::scalar(name) else {
            return Err(Fault::not_supported("bin_auto()", span));
        };
        let bound = (function.bind)(&self.context("bin_auto", &value), given)?;
        Ok(Bound {
            name: value.name,
            is_column: false,
            span,
            ..bound
        })
    }

    /// `column_names_of(table)`: the names of its columns, known before the query runs.
    ///
    /// Source: learn.microsoft.com/kusto/query/column-names-of-function.
    pub(crate) fn column_names_of<'q>(
        &self,
        row: &Row<'_, 'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        let [argument] = arguments else {
            let message = "column_names_of() takes one table";
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
        };
        let relation = self.table(row.scope, &argument.value)?;
        let names = relation.columns.iter().map(|column| column.name.as_str());
        let names = names.map(DynamicValue::from).collect();
        Ok(Bound::constant(Value::Dynamic(names), span))
    }

    /// `assert(condition, message)`: true, or the end of the query. The condition must be known before the query runs.
    ///
    /// Source: learn.microsoft.com/kusto/query/assert-function.
    pub(crate) fn assert<'q>(
        &self,
        row: &Row<'_, 'q>,
        arguments: &'q [Argument],
        span: Span,
    ) -> Bind<Bound> {
        let [condition, message] = arguments else {
            let message = "assert() takes a condition and a message";
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span));
        };
        let message = self.scalar(row, &message.value)?;
        let Some(message) = message.constant_str() else {
            return Err(Fault::not_constant("the message", message.span));
        };
        let condition = self.scalar(row, &condition.value)?;
        if condition.scalar_type != ScalarType::Bool {
            let found = condition.scalar_type;
            return Err(Fault::wrong_type(
                "the condition",
                "a bool",
                found,
                condition.span,
            ));
        }
        match condition.constant_bool() {
            Some(true) => Ok(Bound::constant(Value::Bool(true), span)),
            Some(false) => {
                let message = format!("assertion failed: {message}");
                Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, span))
            }
            None if condition.is_constant() => Err(Fault::not_supported(
                "assert() of a condition that is null",
                span,
            )),
            None => Err(Fault::not_constant("the condition", condition.span)),
        }
    }

    /// `ingestion_time()`: the tables of the database do not say when a row was taken in, only when it came about, which is taken for it.
    /// Rows that are not simply those of one table are refused.
    ///
    /// Source: learn.microsoft.com/kusto/query/ingestion-time-function.
    pub(crate) fn ingestion_time(&self, row: &Row<'_, '_>, span: Span) -> Bind<Bound> {
        let relation = row
            .relation
            .filter(|relation| self.is_of_table(&relation.plan));
        let columns = relation.map(|relation| TIME_COLUMNS.map(|name| relation.column(name)));
        let time = columns
            .into_iter()
            .flatten()
            .flatten()
            .find(|column| column.scalar_type == ScalarType::DateTime);
        match time {
            Some(column) => Ok(Bound {
                name: Some("$IngestionTime".to_owned()),
                is_column: false,
                ..column.bound(span)
            }),
            None => Err(Fault::not_supported(
                "ingestion_time() of rows that are not those of a table with their times",
                span,
            )),
        }
    }

    /// Whether a plan gives the rows of one table of the database, perhaps fewer of them or with more columns.
    fn is_of_table(&self, plan: &LogicalPlan) -> bool {
        match plan {
            LogicalPlan::TableScan(scan) => {
                // The plan folds the names of tables.
                let name = scan.table_name.table();
                let mut names = self.database().names();
                names.any(|known| known.eq_ignore_ascii_case(name))
            }
            LogicalPlan::Filter(_)
            | LogicalPlan::Projection(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::SubqueryAlias(_) => plan
                .inputs()
                .into_iter()
                .all(|input| self.is_of_table(input)),
            _ => false,
        }
    }
}
