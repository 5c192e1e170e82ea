//! The values of `make_set`: each value is kept once for all groups, and a group is a list of numbers.

use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryViewBuilder};
use datafusion::common::hash_utils::RandomState;
use datafusion::common::{DataFusionError, HashSet};
use indexmap::IndexSet;
use tesem_kql::types::ScalarType;

use super::encoded;
use super::grouped::Groups;
use crate::dynamic::{Dynamic, DynamicError, Writer};

/// What a value costs besides its bytes, and what a member of a group costs: roughly.
const VALUE_BYTES: usize = 64;
const MEMBER_BYTES: usize = 24;

/// Encoded values in the order of their first appearance.
type Values = IndexSet<Box<[u8]>, RandomState>;

/// The sets of all groups.
pub(super) struct ValueSets {
    /// Most values of a set.
    most: usize,
    scalar_type: ScalarType,
    values: Values,
    /// The values of each group by their place in `values`, in the order of their first appearance.
    groups: Vec<Vec<usize>>,
    /// Which group, counted from the first one ever, has which value.
    members: HashSet<(usize, usize)>,
    /// How many groups were handed out.
    gone: usize,
    /// Bytes held, roughly.
    held: usize,
}

impl ValueSets {
    /// Sets of at most so many values.
    pub(super) fn new(most: usize, scalar_type: ScalarType) -> Self {
        Self {
            most,
            scalar_type,
            values: no_values(),
            groups: Vec::new(),
            members: HashSet::new(),
            gone: 0,
            held: 0,
        }
    }

    fn add(&mut self, group: usize, value: Dynamic<'_>) {
        let Some(set) = self.groups.get_mut(group) else {
            return;
        };
        if value.is_null() || set.len() >= self.most {
            return;
        }
        let bytes = value.bytes();
        let place = match self.values.get_index_of(bytes) {
            Some(place) => place,
            None => {
                self.held += bytes.len() + VALUE_BYTES;
                self.values.insert_full(bytes.into()).0
            }
        };
        if self.members.insert((self.gone + group, place)) {
            set.push(place);
            self.held += MEMBER_BYTES;
        }
    }

    /// Of an array its values.
    fn add_dynamic(&mut self, group: usize, value: Dynamic<'_>) {
        match value.as_array() {
            Some(items) => items.iter().for_each(|item| self.add(group, item)),
            None => self.add(group, value),
        }
    }

    fn encoded(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        let count = count.min(self.groups.len());
        let mut builder = BinaryViewBuilder::with_capacity(count);
        let mut writer = Writer::new();
        for set in self.groups.drain(..count) {
            writer.clear();
            write(&self.values, &set, &mut writer)
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            builder.append_value(writer.bytes());
        }
        self.gone += count;
        if self.groups.is_empty() {
            self.values = no_values();
            self.members = HashSet::new();
            self.held = 0;
        }
        Ok(Arc::new(builder.finish()))
    }
}

/// An empty set, whose seed nobody who makes values can know.
fn no_values() -> Values {
    let seed = std::hash::RandomState::new().build_hasher().finish();
    IndexSet::with_hasher(RandomState::with_seed(seed))
}

fn write(values: &Values, set: &[usize], writer: &mut Writer) -> Result<(), DynamicError> {
    writer.open_array()?;
    for value in set.iter().filter_map(|&place| values.get_index(place)) {
        writer.value_of(Dynamic::new(value));
    }
    writer.close()
}

impl Groups for ValueSets {
    fn grow(&mut self, groups: usize) {
        self.groups
            .resize_with(groups.max(self.groups.len()), Vec::new);
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        let scalar_type = self.scalar_type;
        encoded::for_each(values, scalar_type, rows, |group, value| {
            self.add_dynamic(group, value);
        })
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<(), DataFusionError> {
        encoded::for_each_state(states, groups, |group, value| {
            self.add_dynamic(group, value);
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
        self.held + self.groups.capacity() * size_of::<Vec<usize>>()
    }
}
