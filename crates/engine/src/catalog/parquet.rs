//! Parquet files as tables.

use std::fmt::Display;
use std::path::{Path, PathBuf};
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

/// Opens files as one table; `known` is the schema it is to have.
pub(super) fn open(paths: &[PathBuf], known: Option<Vec<Column>>) -> Result<Table, CatalogError> {
    let (mut schemas, mut urls, mut rows) = (Vec::new(), Vec::new(), Some(0_usize));
    for path in paths {
        let (schema, count) = footer(path)?;
        schemas.push(schema);
        rows = rows.and_then(|rows| rows.checked_add(count?));
        urls.push(url(path)?);
    }
    let first = paths
        .first()
        .map_or_else(|| Path::new(""), PathBuf::as_path);
    let merged = Schema::try_merge(schemas.iter().map(|schema| schema.as_ref().clone()))
        .map_err(|error| failed(first, error))?;
    let schema = read_schema(&Arc::new(merged));
    let extension = first.extension().and_then(|extension| extension.to_str());
    let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
        .with_file_extension(extension.unwrap_or_default());
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options)
        .with_schema(Arc::clone(&schema));
    let provider = ListingTable::try_new(config).map_err(|error| failed(first, error))?;
    let columns = match known {
        Some(columns) => columns,
        None => natural_columns(first, &schema)?,
    };
    let expressions = columns
        .iter()
        .map(|column| expression(first, &schema, column))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Table::computed(
        columns,
        Arc::new(provider),
        expressions,
        rows,
    ))
}

/// The schema of a file, and how many rows it has.
fn footer(path: &Path) -> Result<(SchemaRef, Option<usize>), CatalogError> {
    let file = std::fs::File::open(path).map_err(|error| failed(path, error))?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
        .map_err(|error| failed(path, error))?;
    let rows = usize::try_from(metadata.metadata().file_metadata().num_rows()).ok();
    // What else a writer noted about its file is no part of the table.
    let fields = metadata.schema().fields().clone();
    Ok((Arc::new(Schema::new(fields)), rows))
}

fn url(path: &Path) -> Result<ListingTableUrl, CatalogError> {
    let text = path
        .to_str()
        .ok_or_else(|| failed(path, "its name is not UTF-8"))?;
    ListingTableUrl::parse(text).map_err(|error| failed(path, error))
}

fn failed(path: &Path, message: impl Display) -> CatalogError {
    CatalogError::File {
        path: path.to_owned(),
        message: message.to_string(),
    }
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
