//! Collections as Parquet: one column for each key and each property.
//!
//! Source: <https://parquet.apache.org/docs/file-format/types/logicaltypes/>.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::record::{Field, Row};
use parquet::schema::types::{Type, TypePtr};

use super::words::{list_of_text, list_text};
use crate::millis::Millis;
use crate::property::{Properties, Property, Real, Value, ValueType};

/// Most rows of a row group.
const GROUP_ROWS_MAX: usize = 65_536;

/// Writes rows of keys and properties.
pub(super) fn write_rows<'a, const K: usize>(
    file: impl Write + Send,
    keys: [&str; K],
    properties: &[Property],
    rows: impl Iterator<Item = ([&'a str; K], &'a Properties)>,
) -> Result<(), ParquetError> {
    let settings = WriterProperties::builder()
        .set_created_by(concat!("tesem version ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::SNAPPY)
        .build();
    let mut writer =
        SerializedFileWriter::new(file, schema(&keys, properties)?, Arc::new(settings))?;
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let group: Vec<_> = rows.by_ref().take(GROUP_ROWS_MAX).collect();
        let mut columns = writer.next_row_group()?;
        for index in 0..K {
            let texts = group.iter().map(|(keys, _)| keys.get(index).copied());
            let texts: Vec<ByteArray> = texts
                .flatten()
                .map(|key| key.as_bytes().to_vec().into())
                .collect();
            let mut column = columns.next_column()?.ok_or_else(too_few)?;
            column
                .typed::<ByteArrayType>()
                .write_batch(&texts, None, None)?;
            column.close()?;
        }
        for property in properties {
            let values: Vec<Option<&Value>> = group
                .iter()
                .map(|(_, said)| said.value(*property))
                .collect();
            let mut column = columns.next_column()?.ok_or_else(too_few)?;
            write_column(property.value_type(), &values, &mut column)?;
            column.close()?;
        }
        columns.close()?;
    }
    writer.close()?;
    Ok(())
}

fn too_few() -> ParquetError {
    ParquetError::External(io::Error::other("the file has fewer columns than its rows").into())
}

fn write_column(
    kind: ValueType,
    values: &[Option<&Value>],
    column: &mut SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values
        .iter()
        .map(|value| i16::from(value.is_some()))
        .collect();
    let levels = Some(levels.as_slice());
    let values = values.iter().copied().flatten();
    match kind {
        ValueType::Text | ValueType::Texts => {
            let texts: Vec<ByteArray> = values.filter_map(bytes).collect();
            column
                .typed::<ByteArrayType>()
                .write_batch(&texts, levels, None)?
        }
        ValueType::Integer | ValueType::Time => {
            let numbers: Vec<i64> = values.filter_map(number).collect();
            column
                .typed::<Int64Type>()
                .write_batch(&numbers, levels, None)?
        }
        ValueType::Real => {
            let reals: Vec<f64> = values.filter_map(real).collect();
            column
                .typed::<DoubleType>()
                .write_batch(&reals, levels, None)?
        }
        ValueType::Flag => {
            let flags: Vec<bool> = values.filter_map(flag).collect();
            column
                .typed::<BoolType>()
                .write_batch(&flags, levels, None)?
        }
    };
    Ok(())
}

fn bytes(value: &Value) -> Option<ByteArray> {
    match value {
        Value::Text(text) => Some(text.as_bytes().to_vec().into()),
        Value::Texts(texts) => Some(list_text(texts).into_bytes().into()),
        _ => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Time(millis) => Some(millis.get()),
        _ => None,
    }
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Real(real) => Some(real.0),
        _ => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Flag(is_so) => Some(*is_so),
        _ => None,
    }
}

fn schema(keys: &[&str], properties: &[Property]) -> Result<TypePtr, ParquetError> {
    let key = |name: &&str| {
        Type::primitive_type_builder(name, PhysicalType::BYTE_ARRAY)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(LogicalType::String))
            .build()
    };
    let property = |property: &Property| {
        let (physical, logical) = types(property.value_type());
        Type::primitive_type_builder(property.name(), physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
    };
    let fields = keys.iter().map(key).chain(properties.iter().map(property));
    let fields: Result<Vec<TypePtr>, ParquetError> =
        fields.map(|field| field.map(Arc::new)).collect();
    let root = Type::group_type_builder("schema").with_fields(fields?);
    root.build().map(Arc::new)
}

/// Lists are JSON in a text, which every reader can take.
fn types(kind: ValueType) -> (PhysicalType, Option<LogicalType>) {
    match kind {
        ValueType::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
        ValueType::Texts => (PhysicalType::BYTE_ARRAY, Some(LogicalType::Json)),
        ValueType::Integer => (PhysicalType::INT64, None),
        ValueType::Time => (
            PhysicalType::INT64,
            Some(LogicalType::timestamp(true, TimeUnit::MILLIS)),
        ),
        ValueType::Real => (PhysicalType::DOUBLE, None),
        ValueType::Flag => (PhysicalType::BOOLEAN, None),
    }
}

/// Reads rows of `K` keys and properties back.
pub(super) fn read_rows<const K: usize>(
    file: File,
    mut take: impl FnMut([&str; K], Properties),
) -> Result<(), ParquetError> {
    let reader = SerializedFileReader::new(file)?;
    for row in reader.get_row_iter(None)? {
        let row = row?;
        let (keys, said) = read_row::<K>(&row)?;
        take(keys, said);
    }
    Ok(())
}

fn read_row<const K: usize>(row: &Row) -> Result<([&str; K], Properties), ParquetError> {
    let strange = |name: &str| ParquetError::General(format!("the column `{name}` is strange"));
    let mut keys = [""; K];
    let mut said = Vec::new();
    for (index, (name, field)) in row.get_column_iter().enumerate() {
        match (keys.get_mut(index), field) {
            (Some(key), Field::Str(text)) => *key = text,
            (Some(_), _) => return Err(strange(name)),
            (None, Field::Null) => {}
            (None, field) => {
                let property = Property::named(name).ok_or_else(|| strange(name))?;
                let value = value(property.value_type(), field).ok_or_else(|| strange(name))?;
                said.push((property, value));
            }
        }
    }
    Ok((keys, said.into_iter().collect()))
}

fn value(kind: ValueType, field: &Field) -> Option<Value> {
    match (kind, field) {
        (ValueType::Text, Field::Str(text)) => Some(Value::Text(text.as_str().into())),
        (ValueType::Texts, Field::Str(text)) => list_of_text(text),
        (ValueType::Integer, Field::Long(number)) => Some(Value::Integer(*number)),
        (ValueType::Time, Field::TimestampMillis(number)) => {
            Some(Value::Time(Millis::new(*number)))
        }
        (ValueType::Real, Field::Double(number)) => Some(Value::Real(Real(*number))),
        (ValueType::Flag, Field::Bool(is_so)) => Some(Value::Flag(*is_so)),
        _ => None,
    }
}
