//! `make_list`, `make_set`, `make_bag`: values of a group as one dynamic.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryViewBuilder};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use indexmap::IndexSet;
use tesem_kql::types::ScalarType;

use super::encoded;
use super::grouped::{Definition, Groups, aggregate};
use super::value_sets::ValueSets;
use super::{Aggregate, AggregateName, AggregateOutput, BoundAggregate, entry};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicError, Writer};
use crate::functions::arguments::Arguments;
use crate::value::Value;

/// Most values of a list, set or bag, unless the query asks for fewer.
///
/// Source: learn.microsoft.com/kusto/query/make-set-aggregation-function.
const VALUES_MAX: usize = 1_048_576;

const LIST: AggregateName = AggregateName::PrefixAndFirstArgument("list");
const SET: AggregateName = AggregateName::PrefixAndFirstArgument("set");
const BAG: AggregateName = AggregateName::PrefixAndFirstArgument("bag");

pub(super) const AGGREGATES: &[Aggregate] = &[
    entry("make_list", 1..=2, LIST, make_list),
    entry("makelist", 1..=2, LIST, make_list),
    entry("make_list_if", 2..=3, LIST, make_list_if),
    entry("make_list_with_nulls", 1..=1, LIST, make_list_with_nulls),
    entry("make_set", 1..=2, SET, make_set),
    entry("makeset", 1..=2, SET, make_set),
    entry("make_set_if", 2..=3, SET, make_set_if),
    entry("make_bag", 1..=2, BAG, make_bag),
    entry("make_bag_if", 2..=3, BAG, make_bag_if),
    entry(
        "make_dictionary",
        1..=2,
        AggregateName::PrefixAndFirstArgument("dictionary"),
        make_bag,
    ),
];

/// What a group's values become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    List { with_nulls: bool },
    Set,
    Bag,
}

type Call = Result<BoundAggregate, CallError>;

/// `make_list(value [, size])`: the values in the order of the rows, without nulls; of an array
/// its values.
///
/// Source: learn.microsoft.com/kusto/query/make-list-aggregation-function.
fn make_list(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    collected(context, arguments, Kind::List { with_nulls: false }, false)
}

/// `make_list_if(value, predicate [, size])`.
///
/// Source: learn.microsoft.com/kusto/query/make-list-if-aggregation-function.
fn make_list_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    collected(context, arguments, Kind::List { with_nulls: false }, true)
}

/// `make_list_with_nulls(value)`.
///
/// Source: learn.microsoft.com/kusto/query/make-list-with-nulls-aggregation-function.
fn make_list_with_nulls(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    collected(context, arguments, Kind::List { with_nulls: true }, false)
}

/// `make_set(value [, size])`: each value once, in the order of its first appearance.
///
/// Source: learn.microsoft.com/kusto/query/make-set-aggregation-function.
fn make_set(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    collected(context, arguments, Kind::Set, false)
}

/// `make_set_if(value, predicate [, size])`.
///
/// Source: learn.microsoft.com/kusto/query/make-set-if-aggregation-function.
fn make_set_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    collected(context, arguments, Kind::Set, true)
}

/// `make_bag(bag [, size])`: all keys of all bags; the first bag that has a key decides.
///
/// Source: learn.microsoft.com/kusto/query/make-bag-aggregation-function.
fn make_bag(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    collected(context, arguments, Kind::Bag, false)
}

/// `make_bag_if(bag, predicate [, size])`.
///
/// Source: learn.microsoft.com/kusto/query/make-bag-if-aggregation-function.
fn make_bag_if(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    collected(context, arguments, Kind::Bag, true)
}

fn collected(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    kind: Kind,
    has_predicate: bool,
) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let value = if kind == Kind::Bag {
        arguments.dynamic()?
    } else {
        arguments.any()?
    };
    let filter = if has_predicate {
        Some(arguments.bool()?.expr)
    } else {
        None
    };
    let most = arguments.or(Value::Long(i64::MAX), Arguments::integer)?;
    let Some(most) = most.constant_long() else {
        return Err(context.invalid_argument(&most, "expects a constant size here"));
    };
    let most = usize::try_from(most.max(0)).map_or(VALUES_MAX, |most| most.min(VALUES_MAX));
    let scalar_type = value.scalar_type;
    let definition = Definition {
        name: context_name(kind),
        returns: DataType::BinaryView,
        states: vec![DataType::BinaryView],
        make: Box::new(move || match kind {
            Kind::Set => Box::new(ValueSets::new(most, scalar_type)),
            _ => Box::new(Collections {
                kind,
                most,
                scalar_type,
                groups: Vec::new(),
                held: 0,
            }),
        }),
    };
    let call = aggregate(definition, vec![value.expr], filter);
    Ok(BoundAggregate {
        aggregates: vec![call],
        outputs: vec![AggregateOutput::plain(ScalarType::Dynamic)],
    })
}

fn context_name(kind: Kind) -> &'static str {
    match kind {
        Kind::List { .. } => "make_list",
        Kind::Set => "make_set",
        Kind::Bag => "make_bag",
    }
}

/// The values of one group, encoded one behind the other; of a bag also their keys.
#[derive(Default)]
struct Group {
    list: Vec<u8>,
    count: usize,
    keys: IndexSet<Box<[u8]>>,
}

struct Collections {
    kind: Kind,
    most: usize,
    scalar_type: ScalarType,
    groups: Vec<Group>,
    /// Bytes held by the groups, roughly.
    held: usize,
}

impl Collections {
    /// Takes in a value as it is.
    fn add(&mut self, group: usize, value: Dynamic<'_>) {
        let (kind, most) = (self.kind, self.most);
        let Some(group) = self.groups.get_mut(group) else {
            return;
        };
        if value.is_null() && kind != (Kind::List { with_nulls: true }) {
            return;
        }
        match kind {
            Kind::List { .. } if group.count < most => {
                group.list.extend_from_slice(if value.is_null() {
                    Dynamic::NULL.bytes()
                } else {
                    value.bytes()
                });
                group.count += 1;
                self.held += value.bytes().len();
            }
            Kind::Bag => self.held += add_bag(group, value, most),
            Kind::List { .. } | Kind::Set => {}
        }
    }

    /// Takes in a value of a row: of an array its values.
    fn add_row(&mut self, group: usize, value: Dynamic<'_>) {
        match value.as_array() {
            Some(items) if self.kind != Kind::Bag => {
                items.iter().for_each(|item| self.add(group, item));
            }
            _ => self.add(group, value),
        }
    }

    fn encoded(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        let mut builder = BinaryViewBuilder::with_capacity(count);
        let mut writer = Writer::new();
        let is_bag = self.kind == Kind::Bag;
        for group in self.groups.drain(..count.min(self.groups.len())) {
            writer.clear();
            match write_group(&group, is_bag, &mut writer) {
                Ok(()) => builder.append_value(writer.bytes()),
                Err(error) => return Err(DataFusionError::External(Box::new(error))),
            }
        }
        if self.groups.is_empty() {
            self.held = 0;
        }
        Ok(Arc::new(builder.finish()))
    }
}

/// Adds the keys that are new; a bag's entries are kept in the keys and the list of values.
fn add_bag(group: &mut Group, value: Dynamic<'_>, most: usize) -> usize {
    let before = group.list.len();
    let Some(bag) = value.as_bag() else { return 0 };
    for (key, item) in bag.iter() {
        if group.keys.len() < most && group.keys.insert(key.as_bytes().into()) {
            group.list.extend_from_slice(item.bytes());
        }
    }
    group.list.len() - before
}

fn write_group(group: &Group, is_bag: bool, writer: &mut Writer) -> Result<(), DynamicError> {
    if !is_bag {
        writer.open_array()?;
        for value in Dynamic::sequence(&group.list) {
            writer.value_of(value);
        }
        return writer.close();
    }
    writer.open_bag()?;
    for (key, value) in group.keys.iter().zip(Dynamic::sequence(&group.list)) {
        writer.key(std::str::from_utf8(key).map_err(|_| DynamicError::NotUtf8)?);
        writer.value_of(value);
    }
    writer.close()
}

impl Groups for Collections {
    fn grow(&mut self, groups: usize) {
        self.groups
            .resize_with(groups.max(self.groups.len()), Group::default);
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        let scalar_type = self.scalar_type;
        encoded::for_each(values, scalar_type, rows, |group, value| {
            self.add_row(group, value);
        })
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<(), DataFusionError> {
        encoded::for_each_state(states, groups, |group, value| {
            self.add_row(group, value);
        })
    }

    fn evaluate(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        self.encoded(count)
    }

    fn state(&mut self, count: usize) -> Result<Vec<ArrayRef>, DataFusionError> {
        Ok(vec![self.encoded(count)?])
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn size(&self) -> usize {
        self.held + self.groups.capacity() * size_of::<Group>()
    }
}
