//! `getschema`: the columns of the rows, as rows.
//!
//! Source: learn.microsoft.com/kusto/query/getschema-operator.

use tesem_kql::types::ScalarType;

use crate::binder::Binder;
use crate::binder::fault::Bind;
use crate::binder::relation::Relation;
use crate::catalog::{Column, TableBuilder};
use crate::operators::datatable::built;

pub(crate) fn bind(binder: &Binder<'_>, input: &Relation) -> Bind<Relation> {
    let columns = vec![
        Column::new("ColumnName", ScalarType::String),
        Column::new("ColumnOrdinal", ScalarType::Int),
        Column::new("DataType", ScalarType::String),
        Column::new("ColumnType", ScalarType::String),
    ];
    let mut rows = TableBuilder::new(columns.clone());
    for (ordinal, column) in (0_i32..).zip(&input.columns) {
        let filled = rows
            .string(0, &column.name)
            .and_then(|()| rows.int(1, ordinal))
            .and_then(|()| rows.string(2, dotnet_type(column.scalar_type)))
            .and_then(|()| rows.string(3, column.scalar_type.name()))
            .and_then(|()| rows.finish_row());
        built(filled)?;
    }
    binder.known_rows(&columns, built(rows.finish())?)
}

fn dotnet_type(scalar_type: ScalarType) -> &'static str {
    match scalar_type {
        ScalarType::Bool => "System.SByte",
        ScalarType::Int => "System.Int32",
        ScalarType::Long => "System.Int64",
        ScalarType::Real => "System.Double",
        ScalarType::Decimal => "System.Data.SqlTypes.SqlDecimal",
        ScalarType::String => "System.String",
        ScalarType::DateTime => "System.DateTime",
        ScalarType::TimeSpan => "System.TimeSpan",
        ScalarType::Guid => "System.Guid",
        ScalarType::Dynamic => "System.Object",
    }
}
