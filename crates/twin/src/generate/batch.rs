//! Columns into Arrow arrays.
//!
//! Most cells repeat: hashes, paths, accounts. Each distinct text of a column is kept once and its string views share it; columns with
//! the same cells share one array. That makes a row of sixty columns cost some hundred bytes instead of two thousand.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryViewBuilder, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringViewBuilder, UInt32Array, new_null_array,
};
use arrow::compute::take;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use tesem_engine::{Column, dynamic, types};
use tesem_kql::types::ScalarType;

use super::GenerateError;
use super::table::{Cells, Table};

/// A table's rows in one batch with the columns of the schema; columns that the table does not name are
/// null or empty.
pub(super) fn batch(columns: &[Column], table: &Table<'_>) -> Result<RecordBatch, GenerateError> {
    check(columns, table)?;
    let fail = |error: ArrowError| GenerateError::Store {
        table: table.name,
        message: error.to_string(),
    };
    let mut arrays = Arrays {
        rows: table.rows,
        made: Vec::new(),
        absent: Vec::new(),
    };
    let filled = columns
        .iter()
        .map(|column| arrays.of(column, table.column(&column.name)));
    let filled = filled.collect::<Result<Vec<_>, _>>().map_err(fail)?;
    let fields = columns
        .iter()
        .map(|column| types::field(&column.name, column.scalar_type));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, filled).map_err(fail)
}

/// Refuses a table with a column that the schema does not have in this type.
fn check(columns: &[Column], table: &Table<'_>) -> Result<(), GenerateError> {
    let fits = |name: &str, cells: &Cells<'_>| {
        let column = columns.iter().find(|column| column.name == name);
        column.is_some_and(|column| accepts(column.scalar_type, cells))
    };
    match table
        .columns
        .iter()
        .find(|(name, cells)| !fits(name, cells))
    {
        Some((column, _)) => Err(GenerateError::Schema {
            table: table.name,
            column,
        }),
        None => Ok(()),
    }
}

/// Whether a column of this type can hold such cells. Texts that are JSON may be a dynamic column's.
fn accepts(scalar_type: ScalarType, cells: &Cells<'_>) -> bool {
    match cells {
        Cells::Text(_) => matches!(scalar_type, ScalarType::String | ScalarType::Dynamic),
        Cells::Dynamic(_) => scalar_type == ScalarType::Dynamic,
        Cells::Long(_) => scalar_type == ScalarType::Long,
        Cells::Int(_) => scalar_type == ScalarType::Int,
        Cells::Real(_) => scalar_type == ScalarType::Real,
        Cells::Bool(_) => scalar_type == ScalarType::Bool,
        Cells::Moment(_) => scalar_type == ScalarType::DateTime,
    }
}

/// Makes the arrays of one batch.
struct Arrays<'a> {
    rows: usize,
    /// The arrays of texts, with the distinct texts and which of them each row has.
    made: Vec<(ScalarType, Pool<'a>, Vec<u32>, ArrayRef)>,
    /// Arrays without any value.
    absent: Vec<(ScalarType, ArrayRef)>,
}

impl<'a> Arrays<'a> {
    fn of(&mut self, column: &Column, cells: Option<&Cells<'a>>) -> Result<ArrayRef, ArrowError> {
        Ok(match cells {
            Some(Cells::Text(cells) | Cells::Dynamic(cells)) => {
                self.of_texts(column.scalar_type, cells)?
            }
            Some(Cells::Long(cells) | Cells::Moment(cells)) => {
                Arc::new(Int64Array::from(cells.clone()))
            }
            Some(Cells::Int(cells)) => Arc::new(Int32Array::from(cells.clone())),
            Some(Cells::Real(cells)) => Arc::new(Float64Array::from(cells.clone())),
            Some(Cells::Bool(cells)) => Arc::new(BooleanArray::from(cells.clone())),
            None => self.of_nothing(column.scalar_type),
        })
    }

    fn of_texts(
        &mut self,
        scalar_type: ScalarType,
        cells: &[&'a str],
    ) -> Result<ArrayRef, ArrowError> {
        let mut pool = Pool::default();
        let places = pool.places(cells)?;
        let known = self
            .made
            .iter()
            .find(|(made_type, made_pool, made_places, _)| {
                *made_type == scalar_type && *made_places == places && made_pool.texts == pool.texts
            });
        if let Some((_, _, _, array)) = known {
            return Ok(Arc::clone(array));
        }
        let distinct = match scalar_type {
            ScalarType::Dynamic => pool.documents(),
            _ => pool.strings()?,
        };
        let array = take(&distinct, &UInt32Array::from(places.clone()), None)?;
        self.made
            .push((scalar_type, pool, places, Arc::clone(&array)));
        Ok(array)
    }

    fn of_nothing(&mut self, scalar_type: ScalarType) -> ArrayRef {
        let known = self.absent.iter().find(|(known, _)| *known == scalar_type);
        if let Some((_, array)) = known {
            return Arc::clone(array);
        }
        let array = match scalar_type {
            ScalarType::String => {
                let mut empty = StringViewBuilder::with_capacity(self.rows);
                (0..self.rows).for_each(|_| empty.append_value(""));
                Arc::new(empty.finish())
            }
            other => new_null_array(&types::physical(other), self.rows),
        };
        self.absent.push((scalar_type, Arc::clone(&array)));
        array
    }
}

/// Distinct texts in the order in which they first came.
#[derive(Default)]
struct Pool<'a> {
    texts: Vec<&'a str>,
    by_text: HashMap<&'a str, u32, Quick>,
    /// By address and length: much quicker than by the text, and most texts come from one place.
    by_address: HashMap<(usize, usize), u32, Quick>,
}

impl<'a> Pool<'a> {
    fn places(&mut self, cells: &[&'a str]) -> Result<Vec<u32>, ArrowError> {
        let mut last: Option<(&str, u32)> = None;
        let place = |cell: &&'a str| {
            if let Some((text, place)) = last
                && std::ptr::eq(text, *cell)
            {
                return Ok(place);
            }
            let place = self.place(cell)?;
            last = Some((cell, place));
            Ok(place)
        };
        cells.iter().map(place).collect()
    }

    fn place(&mut self, text: &'a str) -> Result<u32, ArrowError> {
        let address = (text.as_ptr().addr(), text.len());
        if let Some(place) = self.by_address.get(&address) {
            return Ok(*place);
        }
        let place = match self.by_text.entry(text) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let too_many = |_| ArrowError::OffsetOverflowError(self.texts.len());
                let place = u32::try_from(self.texts.len()).map_err(too_many)?;
                self.texts.push(text);
                *new.insert(place)
            }
        };
        self.by_address.insert(address, place);
        Ok(place)
    }

    /// The texts in one block of memory that fits them.
    fn strings(&self) -> Result<ArrayRef, ArrowError> {
        let bytes: usize = self.texts.iter().map(|text| text.len()).sum();
        let block = u32::try_from(bytes).map_err(|_| ArrowError::OffsetOverflowError(bytes))?;
        let mut builder =
            StringViewBuilder::with_capacity(self.texts.len()).with_fixed_block_size(block.max(1));
        self.texts
            .iter()
            .for_each(|text| builder.append_value(text));
        Ok(Arc::new(builder.finish()))
    }

    /// The JSON texts in the engine's encoding; null for the empty text.
    fn documents(&self) -> ArrayRef {
        let mut builder = BinaryViewBuilder::with_capacity(self.texts.len());
        for text in &self.texts {
            match *text {
                "" => builder.append_null(),
                json => builder.append_value(dynamic::from_json(json)),
            }
        }
        Arc::new(builder.finish())
    }
}

/// Builds [`QuickHasher`].
type Quick = BuildHasherDefault<QuickHasher>;

/// A hash for texts of our own making, which need no guard against chosen collisions. What comes out does not depend on it.
#[derive(Debug, Default)]
struct QuickHasher(u64);

impl QuickHasher {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for QuickHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words
            .iter()
            .for_each(|word| self.mix(u64::from_le_bytes(*word)));
        let tail = rest
            .iter()
            .fold(0, |tail, byte| (tail << 8) | u64::from(*byte));
        self.mix(tail ^ bytes.len() as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.mix(value as u64);
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};

    use super::*;

    fn columns() -> Vec<Column> {
        vec![
            Column::new("Name", ScalarType::String),
            Column::new("Detail", ScalarType::Dynamic),
            Column::new("Other", ScalarType::String),
            Column::new("Count", ScalarType::Long),
            Column::new("Absent", ScalarType::String),
            Column::new("Nothing", ScalarType::Int),
        ]
    }

    fn table<'a>(columns: Vec<(&'static str, Cells<'a>)>) -> Table<'a> {
        Table {
            name: "T",
            rows: 3,
            columns,
        }
    }

    #[test]
    fn cells_come_back_and_texts_are_kept_once() {
        let long = "a text of more than twelve bytes";
        let copy = long.to_owned();
        let batch = batch(
            &columns(),
            &table(vec![
                ("Count", Cells::Long(vec![Some(1), None, Some(3)])),
                ("Name", Cells::Text(vec![long, "b", &copy])),
                ("Other", Cells::Text(vec![long, "b", long])),
                ("Detail", Cells::Text(vec!["", r#"{"a":1}"#, ""])),
            ]),
        )
        .unwrap();
        let names = batch.column(0).as_string_view();
        assert_eq!(
            names.iter().flatten().collect::<Vec<_>>(),
            [long, "b", long]
        );
        assert!(
            Arc::ptr_eq(batch.column(0), batch.column(2)),
            "the same cells, one array"
        );
        let kept: usize = names
            .data_buffers()
            .iter()
            .map(arrow::buffer::Buffer::len)
            .sum();
        assert_eq!(kept, long.len());
        assert!(batch.column(1).is_null(0) && batch.column(1).is_valid(1));
        assert!(batch.column(3).is_null(1));
        assert_eq!(
            (batch.column(4).null_count(), batch.column(5).null_count()),
            (0, 3)
        );
        assert_eq!(batch.column(4).as_string_view().value(2), "");
    }

    #[test]
    fn a_column_that_the_schema_does_not_have_is_named() {
        let cases = [
            table(vec![("Typo", Cells::Text(vec!["", "", ""]))]),
            table(vec![("Count", Cells::Int(vec![None, None, None]))]),
        ];
        for table in cases {
            let refused = batch(&columns(), &table);
            assert!(
                matches!(refused, Err(GenerateError::Schema { .. })),
                "{table:?}"
            );
        }
    }
}
