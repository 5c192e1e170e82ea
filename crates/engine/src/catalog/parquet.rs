//! Parquet files as tables.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::{FieldRef, Schema, SchemaRef};
use datafusion::common::Column as PlanColumn;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::logical_expr::{Expr, lit};
use datafusion::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use tesem_kql::types::ScalarType;

use super::table::Table;
use super::{CatalogError, Column, convert, stored};
use crate::types;

/// Opens a file; `known` is the schema it is to have.
pub(super) fn open(path: &Path, known: Option<Vec<Column>>) -> Result<Table, CatalogError> {
    let failed = |message: String| CatalogError::File {
        path: path.to_owned(),
        message,
    };
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
        .map_err(|error| failed(error.to_string()))?;
    let schema = read_schema(metadata.schema());
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).ok();
    let path_text = path
        .to_str()
        .ok_or_else(|| failed("its name is not UTF-8".to_owned()))?;
    let url = ListingTableUrl::parse(path_text).map_err(|error| failed(error.to_string()))?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
        .with_file_extension(extension.unwrap_or_default());
    let config = ListingTableConfig::new(url)
        .with_listing_options(options)
        .with_schema(Arc::clone(&schema));
    let provider = ListingTable::try_new(config).map_err(|error| failed(error.to_string()))?;
    let columns = match known {
        Some(columns) => columns,
        None => natural_columns(path, &schema)?,
    };
    let expressions = columns
        .iter()
        .map(|column| expression(path, &schema, column))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Table::computed(
        columns,
        Arc::new(provider),
        expressions,
        rows,
    ))
}

/// The schema in which the file is read.
fn read_schema(schema: &SchemaRef) -> SchemaRef {
    let read = |field: &FieldRef| {
        let read_type = stored::read_type(field.data_type());
        Arc::new(field.as_ref().clone().with_data_type(read_type))
    };
    let fields: Vec<FieldRef> = schema.fields().iter().map(read).collect();
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

fn natural_columns(path: &Path, schema: &SchemaRef) -> Result<Vec<Column>, CatalogError> {
    schema
        .fields()
        .iter()
        .map(|field| match convert::natural_type(field.data_type()) {
            Some(scalar_type) => Ok(Column::new(field.name(), scalar_type)),
            None => Err(CatalogError::Unconvertible {
                path: path.to_owned(),
                column: field.name().clone(),
                found: field.data_type().to_string(),
                expected: ScalarType::Dynamic,
            }),
        })
        .collect()
}

fn expression(path: &Path, schema: &SchemaRef, column: &Column) -> Result<Expr, CatalogError> {
    let Ok(field) = schema.field_with_name(&column.name) else {
        return Ok(lit(types::null(column.scalar_type)));
    };
    let stored = Expr::Column(PlanColumn::new_unqualified(field.name().clone()));
    convert::converted(stored, field.data_type(), column.scalar_type).ok_or_else(|| {
        CatalogError::Unconvertible {
            path: path.to_owned(),
            column: column.name.clone(),
            found: field.data_type().to_string(),
            expected: column.scalar_type,
        }
    })
}
