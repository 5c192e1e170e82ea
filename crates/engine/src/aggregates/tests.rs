use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::Schema;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::prelude::{SessionConfig, SessionContext, col};
use datafusion::scalar::ScalarValue;
use tesem_kql::Span;
use tesem_kql::types::ScalarType::{
    self, Bool as BoolType, Dynamic, Int as IntType, Long as LongType, Real as RealType,
    String as Text,
};

use super::aggregate;
use crate::Value::{self, Bool, Int, Long, Null, Real};
use crate::bound::{Bound, CallContext};
use crate::functions::testing::{dynamic, text};
use crate::types;

/// A table with a column of each type that the tests need.
struct Table {
    columns: Vec<(&'static str, ScalarType)>,
    rows: Vec<Vec<Value>>,
}

impl Table {
    fn batch(&self, rows: &[Vec<Value>]) -> RecordBatch {
        let schema = self.schema();
        let column = |place: usize| -> ArrayRef {
            let scalars: Vec<ScalarValue> =
                rows.iter().map(|row| types::literal(&row[place])).collect();
            if scalars.is_empty() {
                return datafusion::arrow::array::new_empty_array(&types::physical(
                    self.columns[place].1,
                ));
            }
            ScalarValue::iter_to_array(scalars).unwrap()
        };
        RecordBatch::try_new(schema, (0..self.columns.len()).map(column).collect()).unwrap()
    }

    fn schema(&self) -> Arc<Schema> {
        let fields: Vec<_> = self
            .columns
            .iter()
            .map(|(name, kind)| types::field(name, *kind))
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// The results of an aggregate per key, or over all rows; the rows come in `parts` partitions.
    async fn aggregate(
        &self,
        name: &str,
        arguments: &[Bound],
        by: Option<&str>,
        parts: usize,
    ) -> Vec<Vec<Value>> {
        let size = self.rows.len().div_ceil(parts).max(1);
        let mut partitions: Vec<Vec<RecordBatch>> = self
            .rows
            .chunks(size)
            .map(|rows| rows.chunks(2).map(|rows| self.batch(rows)).collect())
            .collect();
        if partitions.is_empty() {
            partitions.push(vec![self.batch(&[])]);
        }
        let table = MemTable::try_new(self.schema(), partitions).unwrap();
        let context =
            SessionContext::new_with_config(SessionConfig::new().with_target_partitions(parts));
        let frame = context.read_table(Arc::new(table)).unwrap();
        let span = Span::new(0, 0);
        let call = CallContext {
            function: name,
            span,
            now: 0,
            columns: &[],
        };
        let bound = (aggregate(name).unwrap().bind)(&call, arguments.to_vec()).unwrap();
        let aliases: Vec<String> = (0..bound.aggregates.len())
            .map(|place| format!("a{place}"))
            .collect();
        let aggregates = bound
            .aggregates
            .into_iter()
            .zip(&aliases)
            .map(|(expr, alias)| expr.alias(alias));
        let keys: Vec<_> = by.into_iter().map(col).collect();
        let frame = frame.aggregate(keys, aggregates.collect()).unwrap();
        let results: Vec<_> = aliases.iter().map(|alias| col(alias.as_str())).collect();
        let mut outputs: Vec<_> = by.into_iter().map(col).collect();
        let mut kinds: Vec<ScalarType> = by
            .iter()
            .map(|by| self.columns.iter().find(|(name, _)| name == by).unwrap().1)
            .collect();
        for (place, output) in bound.outputs.iter().enumerate() {
            outputs.push((output.finish)(&results).alias(format!("o{place}")));
            kinds.push(output.scalar_type);
        }
        let mut frame = frame.select(outputs).unwrap();
        if let Some(by) = by {
            frame = frame.sort(vec![col(by).sort(true, true)]).unwrap();
        }
        let batches = frame.collect().await.unwrap();
        let rows = |batch: &RecordBatch| {
            let cell = |row: usize, (place, kind): (usize, &ScalarType)| {
                types::value_at(batch.column(place), row, *kind)
            };
            (0..batch.num_rows())
                .map(|row| {
                    kinds
                        .iter()
                        .enumerate()
                        .map(|column| cell(row, column))
                        .collect()
                })
                .collect::<Vec<Vec<Value>>>()
        };
        batches.iter().flat_map(rows).collect()
    }

    fn column(&self, name: &str) -> Bound {
        let kind = self
            .columns
            .iter()
            .find(|(found, _)| *found == name)
            .unwrap()
            .1;
        Bound {
            is_column: true,
            ..Bound::new(col(name), kind, Span::new(0, 0)).named(name)
        }
    }
}

fn constant(value: Value) -> Bound {
    Bound::constant(value, Span::new(0, 0))
}

fn fruits() -> Table {
    let row = |fruit: &str, color: &str, version: Option<i32>| {
        vec![
            text(fruit),
            text(color),
            version.map_or(Null(IntType), Int),
            Real(1.5),
            Bool(version == Some(1)),
        ]
    };
    Table {
        columns: vec![
            ("fruit", Text),
            ("color", Text),
            ("version", IntType),
            ("weight", RealType),
            ("first", BoolType),
        ],
        rows: vec![
            row("Apple", "Red", Some(1)),
            row("Apple", "Green", None),
            row("Banana", "", None),
            row("Banana", "Green", None),
            row("Pear", "Brown", Some(1)),
            row("Pear", "Green", Some(2)),
        ],
    }
}

#[tokio::test]
async fn arg_max_keeps_the_row() {
    let table = fruits();
    let arguments = ["version", "color"].map(|name| table.column(name));
    for parts in [1, 3] {
        let rows = table
            .aggregate("arg_max", &arguments, Some("fruit"), parts)
            .await;
        assert_eq!(rows[0], [text("Apple"), Int(1), text("Red")]);
        assert_eq!(rows[1][..2], [text("Banana"), Null(IntType)]);
        assert_eq!(rows[2], [text("Pear"), Int(2), text("Green")]);
        let rows = table
            .aggregate("arg_min", &arguments, Some("fruit"), parts)
            .await;
        assert_eq!(rows[2], [text("Pear"), Int(1), text("Brown")]);
        let by_text = ["color", "version"].map(|name| table.column(name));
        let rows = table.aggregate("arg_max", &by_text, None, parts).await;
        assert_eq!(rows, [[text("Red"), Int(1)]]);
    }
    let empty = Table {
        rows: Vec::new(),
        ..fruits()
    };
    let rows = empty.aggregate("arg_max", &arguments, None, 1).await;
    assert_eq!(rows, [[Null(IntType), text("")]]);
    assert!(
        empty
            .aggregate("arg_max", &arguments, Some("fruit"), 1)
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn take_any_prefers_a_value() {
    let table = fruits();
    for parts in [1, 3] {
        let rows = table
            .aggregate("take_any", &[table.column("color")], Some("fruit"), parts)
            .await;
        assert_eq!(rows[1], [text("Banana"), text("Green")]);
    }
    let arguments = [table.column("color"), table.column("first")];
    let rows = table
        .aggregate("take_anyif", &arguments, Some("fruit"), 2)
        .await;
    assert_eq!(
        rows,
        [
            [text("Apple"), text("Red")],
            [text("Banana"), text("")],
            [text("Pear"), text("Brown")]
        ]
    );
}

#[tokio::test]
async fn many_groups_are_compacted_right() {
    let rows = (0..40_000_i64)
        .map(|number| vec![Long(number % 7), Long(number), Long(-number)])
        .collect();
    let table = Table {
        columns: vec![("key", LongType), ("time", LongType), ("value", LongType)],
        rows,
    };
    let arguments = ["time", "value"].map(|name| table.column(name));
    let rows = table.aggregate("arg_max", &arguments, Some("key"), 2).await;
    for (key, row) in (0_i64..).zip(&rows) {
        let greatest = (39_993..40_000).find(|number| number % 7 == key).unwrap();
        assert_eq!(*row, [Long(key), Long(greatest), Long(-greatest)]);
    }
}

#[tokio::test]
async fn lists_and_sets() {
    let table = Table {
        columns: vec![("value", IntType), ("array", Dynamic)],
        rows: vec![
            vec![Int(1), dynamic(r#"["A1","A2","A3"]"#)],
            vec![Int(5), dynamic(r#"["A2","C1"]"#)],
            vec![Null(IntType), dynamic("null")],
            vec![Int(7), dynamic(r#"["C2","A3"]"#)],
            vec![Int(5), dynamic(r#"[{"a":1},[2]]"#)],
        ],
    };
    let (value, array) = (table.column("value"), table.column("array"));
    let one = |name: &'static str, arguments: Vec<Bound>| {
        let table = &table;
        async move { table.aggregate(name, &arguments, None, 1).await[0][0].clone() }
    };
    assert_eq!(
        one("make_set", vec![value.clone()]).await,
        dynamic("[1,5,7]")
    );
    assert_eq!(
        one("make_list", vec![value.clone()]).await,
        dynamic("[1,5,7,5]")
    );
    assert_eq!(
        one("make_list", vec![value.clone(), constant(Long(2))]).await,
        dynamic("[1,5]")
    );
    assert_eq!(
        one("make_list_with_nulls", vec![value.clone()]).await,
        dynamic("[1,5,null,7,5]")
    );
    assert_eq!(
        one("make_set", vec![array.clone()]).await,
        dynamic(r#"["A1","A2","A3","C1","C2",{"a":1},[2]]"#)
    );
    // Two partitions: what an array holds is not flattened again when states are merged.
    let merged = table.aggregate("make_set", &[array], None, 2).await[0][0].clone();
    let Value::Dynamic(crate::DynamicValue::Array(items)) = merged else {
        panic!("no array")
    };
    assert_eq!(items.len(), 7);
    let empty = Table {
        rows: Vec::new(),
        columns: table.columns.clone(),
    };
    assert_eq!(
        empty.aggregate("make_set", &[value], None, 1).await,
        [[dynamic("[]")]]
    );
}

#[tokio::test]
async fn bags() {
    let table = Table {
        columns: vec![("bag", Dynamic), ("keep", BoolType)],
        rows: vec![
            vec![dynamic(r#"{"a":1,"b":[1]}"#), Bool(true)],
            vec![dynamic(r#"{"a":2,"c":{"d":1}}"#), Bool(true)],
            vec![dynamic("[1]"), Bool(true)],
            vec![dynamic(r#"{"e":1}"#), Bool(false)],
        ],
    };
    let arguments = [table.column("bag"), table.column("keep")];
    assert_eq!(
        table.aggregate("make_bag_if", &arguments, None, 1).await,
        [[dynamic(r#"{"a":1,"b":[1],"c":{"d":1}}"#)]]
    );
    assert_eq!(
        table
            .aggregate("make_bag", &arguments[..1], Some("keep"), 1)
            .await[0][1],
        dynamic(r#"{"e":1}"#)
    );
}

#[tokio::test]
async fn numbers() {
    let table = fruits();
    let one = |name: &'static str, column: &'static str| {
        let table = &table;
        async move {
            table
                .aggregate(name, &[table.column(column)], None, 2)
                .await[0][0]
                .clone()
        }
    };
    assert_eq!(one("count", "version").await, Long(6));
    assert_eq!(one("countif", "first").await, Long(2));
    assert_eq!(one("sum", "version").await, Long(4));
    assert_eq!(one("sum", "weight").await, Real(9.0));
    assert_eq!(one("avg", "version").await, Real(4.0 / 3.0));
    assert_eq!(one("max", "version").await, Int(2));
    assert_eq!(one("min", "color").await, text(""));
    assert_eq!(one("dcount", "color").await, Long(4));
    assert_eq!(one("dcount", "version").await, Long(2));
    assert_eq!(one("count_distinct", "version").await, Long(2));
    assert_eq!(one("variance", "weight").await, Real(0.0));
    let median = table
        .aggregate(
            "percentile",
            &[table.column("version"), constant(Long(50))],
            None,
            2,
        )
        .await;
    assert_eq!(median, [[Long(1)]]);
}

#[tokio::test]
async fn nothing_at_all() {
    let table = Table {
        columns: vec![("x", LongType)],
        rows: Vec::new(),
    };
    for (name, expected) in [
        ("count", Long(0)),
        ("dcount", Long(0)),
        ("sum", Long(0)),
        ("max", Null(LongType)),
        ("stdev", Real(0.0)),
        ("variance", Real(0.0)),
        ("make_list", dynamic("[]")),
        ("take_any", Null(LongType)),
        ("binary_all_or", Null(LongType)),
    ] {
        let rows = table.aggregate(name, &[table.column("x")], None, 2).await;
        assert_eq!(rows, [[expected]], "{name}");
    }
    let average = table.aggregate("avg", &[table.column("x")], None, 1).await;
    assert!(matches!(average[0][0], Real(value) if value.is_nan()));
    let percentile = table
        .aggregate(
            "percentile",
            &[table.column("x"), constant(Long(55))],
            None,
            1,
        )
        .await;
    assert_eq!(percentile, [[Null(LongType)]]);
}

#[tokio::test]
async fn percentiles_by_key() {
    let rows = (1..=200_i64)
        .map(|number| vec![Long(number % 2), Long(number), Real(0.5)])
        .collect();
    let table = Table {
        columns: vec![("key", LongType), ("value", LongType), ("real", RealType)],
        rows,
    };
    let arguments = [
        table.column("value"),
        constant(Long(5)),
        constant(Real(99.9)),
    ];
    for parts in [1, 3] {
        let rows = table
            .aggregate("percentiles", &arguments, Some("key"), parts)
            .await;
        assert_eq!(
            rows,
            [
                [Long(0), Long(10), Long(200)],
                [Long(1), Long(9), Long(199)]
            ]
        );
    }
    let arguments = [table.column("real"), constant(dynamic("[50,75]"))];
    assert_eq!(
        table
            .aggregate("percentiles_array", &arguments, None, 2)
            .await,
        [[dynamic("[0.5,0.5]")]]
    );
}
