//! `buildschema`: what shapes dynamics have.

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DataFusionError;
use indexmap::{IndexMap, IndexSet};
use tesem_kql::Span;
use tesem_kql::types::ScalarType;

use super::grouped::{Definition, Groups, aggregate, column};
use super::{Aggregate, AggregateName, AggregateOutput, BoundAggregate, entry};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, DynamicError, View, Writer};
use crate::error::EngineError;
use crate::functions::arguments::Arguments;
use crate::kernels::cells::Cells;
use crate::kernels::rows;

pub(super) const AGGREGATES: &[Aggregate] = &[entry(
    "buildschema",
    1..=1,
    AggregateName::PrefixAndFirstArgument("schema"),
    build_schema,
)];

/// The key under which the shape of an array's values stands.
const INDEXER: &str = "`indexer`";

/// `buildschema(dynamic)`: the least shape that all values have: a type by its name, several types in an array, a bag as a bag of
/// its members' shapes, an array as a bag with its values' shape under `` `indexer` ``.
///
/// What is not published is refused: the shapes of null and of an empty array, the order of several types that do not come in
/// alphabetical order, and what is now a bag, now an array.
/// Source: learn.microsoft.com/kusto/query/buildschema-aggregation-function.
fn build_schema(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<BoundAggregate, CallError> {
    let value = Arguments::new(context, arguments).dynamic()?;
    let span = context.span;
    let definition = Definition {
        name: "buildschema",
        returns: DataType::BinaryView,
        states: vec![DataType::BinaryView],
        make: Box::new(move || {
            Box::new(Schemas {
                groups: Vec::new(),
                span,
            })
        }),
    };
    Ok(BoundAggregate {
        aggregates: vec![aggregate(definition, vec![value.expr], None)],
        outputs: vec![AggregateOutput::plain(ScalarType::Dynamic)],
    })
}

/// The shapes that values at one place have.
#[derive(Debug, Default, PartialEq)]
struct Schema {
    /// The names of scalar types, in the order of their first appearance.
    scalars: IndexSet<String>,
    /// The members of bags.
    members: Option<IndexMap<String, Schema>>,
    /// The values of arrays.
    items: Option<Box<Schema>>,
}

/// The parts of a schema that is kept between two steps of an aggregation.
const STATE: [&str; 3] = ["scalars", "members", "items"];

impl Schema {
    /// Adds the shape of a value; values nest no deeper than [`crate::dynamic::DEPTH_MAX`].
    fn add(&mut self, value: Dynamic<'_>) {
        match value.view_or_null() {
            View::Bag(bag) => {
                let members = self.members.get_or_insert_default();
                for (key, item) in bag.iter() {
                    members.entry(key.to_owned()).or_default().add(item);
                }
            }
            View::Array(array) => {
                let items = self.items.get_or_insert_default();
                array.iter().for_each(|item| items.add(item));
            }
            scalar => {
                self.scalars.insert(name_of(scalar).to_owned());
            }
        }
    }

    /// Adds a schema that [`write_state`](Self::write_state) wrote.
    fn add_state(&mut self, state: Dynamic<'_>) {
        let [scalars, members, items] = STATE.map(|part| state.as_bag()?.get(part));
        if let Some(names) = scalars.and_then(Dynamic::as_array) {
            let names = names.iter().filter_map(Dynamic::as_str);
            self.scalars.extend(names.map(str::to_owned));
        }
        if let Some(bag) = members.and_then(Dynamic::as_bag) {
            let members = self.members.get_or_insert_default();
            for (key, item) in bag.iter() {
                members.entry(key.to_owned()).or_default().add_state(item);
            }
        }
        if let Some(state) = items {
            self.items.get_or_insert_default().add_state(state);
        }
    }

    fn write_state(&self, writer: &mut Writer) -> Result<(), DynamicError> {
        let [scalars, members, items] = STATE;
        writer.open_bag()?;
        writer.key(scalars);
        writer.open_array()?;
        self.scalars.iter().for_each(|name| writer.string(name));
        writer.close()?;
        if let Some(of_members) = &self.members {
            writer.key(members);
            writer.open_bag()?;
            for (key, schema) in of_members {
                writer.key(key);
                schema.write_state(writer)?;
            }
            writer.close()?;
        }
        if let Some(of_items) = &self.items {
            writer.key(items);
            of_items.write_state(writer)?;
        }
        writer.close()
    }

    /// Whether nothing was added.
    fn is_empty(&self) -> bool {
        self.scalars.is_empty() && self.members.is_none() && self.items.is_none()
    }

    /// What is not published about the schema, by name.
    fn doubt(&self) -> Option<&'static str> {
        if self.scalars.contains("null") {
            return Some("buildschema() of null inside of a value");
        }
        if self.is_empty() {
            return Some("buildschema() of an empty array");
        }
        if self.members.is_some() && self.items.is_some() {
            return Some("buildschema() of what is a bag in one value and an array in another");
        }
        if !self.scalars.is_sorted() {
            return Some("buildschema() of types in another order than the alphabet's");
        }
        let members = self.members.iter().flat_map(IndexMap::values);
        let mut inside = members.chain(self.items.as_deref());
        inside.find_map(Self::doubt)
    }

    fn write(&self, writer: &mut Writer) -> Result<(), DynamicError> {
        let has_container = self.members.is_some() || self.items.is_some();
        let is_several = self.scalars.len() + usize::from(has_container) > 1;
        if is_several {
            writer.open_array()?;
        }
        if let Some(members) = &self.members {
            writer.open_bag()?;
            for (key, schema) in members {
                writer.key(key);
                schema.write(writer)?;
            }
            writer.close()?;
        }
        if let Some(items) = &self.items {
            writer.open_bag()?;
            writer.key(INDEXER);
            items.write(writer)?;
            writer.close()?;
        }
        self.scalars.iter().for_each(|name| writer.string(name));
        if is_several {
            writer.close()?;
        }
        Ok(())
    }
}

/// The name of a scalar's type, as `gettype()` gives it.
fn name_of(view: View<'_>) -> &'static str {
    match view {
        View::Bool(_) => "bool",
        View::Long(_) => "long",
        View::Real(_) => "double",
        View::Decimal(_) => "decimal",
        View::DateTime(_) => "datetime",
        View::TimeSpan(_) => "timespan",
        View::Guid(_) => "guid",
        View::String(_) => "string",
        View::Null | View::Array(_) | View::Bag(_) => "null",
    }
}

/// The schemas of all groups.
struct Schemas {
    groups: Vec<Schema>,
    span: Span,
}

impl Schemas {
    fn each(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
        add: fn(&mut Schema, Dynamic<'_>),
    ) -> Result<(), DataFusionError> {
        let cells = Cells::new(column(values, 0)?, ScalarType::Dynamic)?;
        for (row, group) in rows {
            let value = cells.dynamic(row);
            if let Some(group) = self.groups.get_mut(group).filter(|_| !value.is_null()) {
                add(group, value);
            }
        }
        Ok(())
    }

    fn written(
        &mut self,
        count: usize,
        write: fn(&Schema, &mut Writer) -> Result<(), DynamicError>,
    ) -> Result<ArrayRef, DataFusionError> {
        let mut groups = self.groups.drain(..count.min(self.groups.len()));
        rows::dynamics(count, |_, writer| match groups.next() {
            Some(group) if !group.is_empty() => write(&group, writer),
            _ => Ok(()),
        })
    }
}

impl Groups for Schemas {
    fn grow(&mut self, groups: usize) {
        self.groups
            .resize_with(groups.max(self.groups.len()), Schema::default);
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        self.each(values, rows, Schema::add)
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<(), DataFusionError> {
        let mut rows = groups.iter().copied().enumerate();
        self.each(states, &mut rows, Schema::add_state)
    }

    fn evaluate(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        let emitted = self.groups.iter().take(count);
        let mut doubts = emitted
            .filter(|group| !group.is_empty())
            .filter_map(Schema::doubt);
        if let Some(what) = doubts.next() {
            let refused = EngineError::NotSupported {
                what: what.to_owned(),
                span: self.span,
            };
            return Err(DataFusionError::External(Box::new(refused)));
        }
        drop(doubts);
        self.written(count, Schema::write)
    }

    fn state(&mut self, count: usize) -> Result<Vec<ArrayRef>, DataFusionError> {
        Ok(vec![self.written(count, Schema::write_state)?])
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn size(&self) -> usize {
        // Schemas are small beside what they describe.
        self.groups.capacity() * size_of::<Schema>()
    }
}
