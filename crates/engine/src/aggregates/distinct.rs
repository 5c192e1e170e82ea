//! The state of `dcount`.
//!
//! Hashes are kept while there are few; HyperLogLog takes over when its registers would need no more memory than they do.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryViewBuilder, Int64Array};
use datafusion::common::hash_utils::{RandomState, create_hashes};
use datafusion::common::{DataFusionError, HashSet, exec_err};

use super::grouped::{Groups, column};
use crate::dynamic::{Array as DynamicArray, Dynamic, DynamicError, View, Writer};
use crate::kernels::rows;
use crate::sketches::HLL;

/// Hashes that fit into the group itself: groups of hours and devices mostly have no more.
const FEW: usize = 3;
/// Hashes that are looked through one by one.
const LIST_MAX: usize = 24;

/// The distinct values of a group.
pub(crate) enum Distinct {
    /// So many hashes.
    Few(u8, [u64; FEW]),
    /// Hashes in no order.
    List(Vec<u64>),
    /// Hashes that are too many to be looked through.
    Table(Box<HashSet<u64>>),
    /// For each register the longest run of zeros seen, plus one.
    Registers(Box<[u8]>),
}

/// The distinct values of all groups.
pub(super) struct DistinctCounts {
    precision: u8,
    /// Whether the results are the sets themselves instead of their counts.
    is_sketch: bool,
    groups: Vec<Distinct>,
    hashes: Vec<u64>,
    held: usize,
}

impl DistinctCounts {
    /// No groups; registers are numbered with `precision` bits.
    pub(super) fn new(precision: u8) -> Self {
        Self {
            precision,
            is_sketch: false,
            groups: Vec::new(),
            hashes: Vec::new(),
            held: 0,
        }
    }

    /// The same with the sets themselves as results, for `hll`.
    pub(super) fn sketches(precision: u8) -> Self {
        Self {
            is_sketch: true,
            ..Self::new(precision)
        }
    }
}

impl Distinct {
    const NONE: Self = Self::Few(0, [0; FEW]);

    /// Most hashes before registers take over: fewer bytes than those, so that the two states differ in length.
    fn exact_max(precision: u8) -> usize {
        (1 << precision) / size_of::<u64>() - 1
    }

    /// Adds a hash and says how many bytes more are held.
    fn add(&mut self, hash: u64, precision: u8) -> usize {
        match self {
            Self::Registers(registers) => {
                note(registers, hash, precision);
                0
            }
            Self::Few(count, hashes) => {
                let used = usize::from(*count);
                if hashes.iter().take(used).any(|known| *known == hash) {
                    return 0;
                }
                if let Some(free) = hashes.get_mut(used) {
                    *free = hash;
                    *count += 1;
                    return 0;
                }
                let mut list = Vec::with_capacity(2 * FEW + 2);
                list.extend_from_slice(hashes);
                list.push(hash);
                let held = list.capacity() * size_of::<u64>();
                *self = Self::List(list);
                held
            }
            Self::List(list) => {
                if list.contains(&hash) {
                    return 0;
                }
                let before = list.capacity();
                list.push(hash);
                let grown = (list.capacity() - before) * size_of::<u64>();
                if list.len() <= LIST_MAX {
                    return grown;
                }
                let table: HashSet<u64> = list.iter().copied().collect();
                *self = Self::Table(Box::new(table));
                grown + 12 * LIST_MAX
            }
            Self::Table(table) => {
                if !table.insert(hash) {
                    return 0;
                }
                if table.len() <= Self::exact_max(precision) {
                    return 12;
                }
                self.estimate_from_now_on(precision)
            }
        }
    }

    /// Turns hashes into registers and says how many bytes more are held.
    fn estimate_from_now_on(&mut self, precision: u8) -> usize {
        let mut registers = vec![0; 1 << precision].into_boxed_slice();
        self.hashes()
            .for_each(|hash| note(&mut registers, hash, precision));
        let held = registers.len();
        *self = Self::Registers(registers);
        held
    }

    /// The hashes, as long as they are kept.
    fn hashes(&self) -> impl Iterator<Item = u64> {
        let (list, table) = match self {
            Self::Few(count, hashes) => {
                (hashes.get(..usize::from(*count)).unwrap_or_default(), None)
            }
            Self::List(list) => (list.as_slice(), None),
            Self::Table(table) => (&[][..], Some(table.iter())),
            Self::Registers(_) => (&[][..], None),
        };
        list.iter().chain(table.into_iter().flatten()).copied()
    }

    /// Adds a state of the same precision and says how many bytes more are held.
    pub(crate) fn merge(&mut self, state: &[u8], precision: u8) -> usize {
        if state.len() != 1 << precision {
            let (hashes, _) = state.as_chunks::<8>();
            return hashes
                .iter()
                .map(|bytes| self.add(u64::from_le_bytes(*bytes), precision))
                .sum();
        }
        let held = match self {
            Self::Registers(_) => 0,
            _ => self.estimate_from_now_on(precision),
        };
        if let Self::Registers(registers) = self {
            registers
                .iter_mut()
                .zip(state)
                .for_each(|(old, new)| *old = (*old).max(*new));
        }
        held
    }

    /// Hashes or registers; the two differ in length. `state` is empty before.
    fn write_state(&self, state: &mut Vec<u8>) {
        match self {
            Self::Registers(registers) => state.extend_from_slice(registers),
            _ => state.extend(self.hashes().flat_map(u64::to_le_bytes)),
        }
    }

    /// How many values there are, exactly or nearly.
    pub(crate) fn count(&self) -> i64 {
        let exact = match self {
            Self::Registers(registers) => return estimate(registers),
            Self::Few(count, _) => usize::from(*count),
            Self::List(list) => list.len(),
            Self::Table(table) => table.len(),
        };
        i64::try_from(exact).unwrap_or(i64::MAX)
    }
}

impl Default for Distinct {
    fn default() -> Self {
        Self::NONE
    }
}

impl Distinct {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Few(0, _))
    }

    /// Writes the set as a dynamic: its precision, then its state in numbers of eight bytes.
    ///
    /// # Errors
    /// When the writer stands too deep already.
    pub(crate) fn write(&self, precision: u8, writer: &mut Writer) -> Result<(), DynamicError> {
        writer.open_bag()?;
        writer.key(HLL);
        writer.open_array()?;
        writer.long(i64::from(precision));
        let mut state = Vec::new();
        self.write_state(&mut state);
        let (words, _) = state.as_chunks::<8>();
        words
            .iter()
            .for_each(|word| writer.long(i64::from_le_bytes(*word)));
        writer.close()?;
        writer.close()
    }

    /// Reads what [`write`](Self::write) wrote: the precision and the state.
    pub(crate) fn read(value: Dynamic<'_>) -> Option<(u8, Vec<u8>)> {
        let numbers: DynamicArray<'_> = value.as_bag()?.get(HLL)?.as_array()?;
        let long = |item: Dynamic<'_>| match item.view_or_null() {
            View::Long(number) => Some(number),
            _ => None,
        };
        let mut numbers = numbers.iter().map(long);
        let precision = u8::try_from(numbers.next()??).ok()?;
        let words: Option<Vec<[u8; 8]>> =
            numbers.map(|number| number.map(i64::to_le_bytes)).collect();
        let is_known = (4..=18).contains(&precision);
        Some((precision, words?.concat())).filter(|_| is_known)
    }
}

fn note(registers: &mut [u8], hash: u64, precision: u8) {
    let place = usize::try_from(hash >> (64 - precision)).unwrap_or(0);
    // The marker bit bounds the run.
    let run = ((hash << precision) | (1 << (precision - 1))).leading_zeros() + 1;
    if let Some(register) = registers.get_mut(place) {
        *register = (*register).max(u8::try_from(run).unwrap_or(u8::MAX));
    }
}

/// The estimate of HyperLogLog with the correction for small numbers.
///
/// Source: Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation
/// algorithm", 2007, figure 3.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "an estimate far below 2^53"
)]
fn estimate(registers: &[u8]) -> i64 {
    let count = registers.len() as f64;
    let sum: f64 = registers
        .iter()
        .map(|&run| 2_f64.powi(-i32::from(run)))
        .sum();
    let raw = 0.7213 / (1.0 + 1.079 / count) * count * count / sum;
    let zeros = registers.iter().filter(|&&run| run == 0).count();
    if raw <= 2.5 * count && zeros > 0 {
        return (count * (count / zeros as f64).ln()).round() as i64;
    }
    raw.round() as i64
}

impl Groups for DistinctCounts {
    fn grow(&mut self, groups: usize) {
        self.groups
            .resize_with(groups.max(self.groups.len()), || Distinct::NONE);
    }

    fn update(
        &mut self,
        values: &[ArrayRef],
        rows: &mut dyn Iterator<Item = (usize, usize)>,
    ) -> Result<(), DataFusionError> {
        let values = column(values, 0)?;
        self.hashes.clear();
        self.hashes.resize(values.len(), 0);
        // A fixed seed, because states of several partitions are merged.
        create_hashes([values], &RandomState::with_seed(0x5eed), &mut self.hashes)?;
        for (row, group) in rows {
            if values.is_null(row) {
                continue;
            }
            if let (Some(group), Some(&hash)) = (self.groups.get_mut(group), self.hashes.get(row)) {
                self.held += group.add(mix(hash), self.precision);
            }
        }
        Ok(())
    }

    fn merge(&mut self, states: &[ArrayRef], groups: &[usize]) -> Result<(), DataFusionError> {
        let Some(states) = column(states, 0)?.as_binary_view_opt() else {
            return exec_err!("dcount() was given a state of another function");
        };
        for (row, &group) in groups.iter().enumerate() {
            if let Some(group) = self.groups.get_mut(group).filter(|_| states.is_valid(row)) {
                self.held += group.merge(states.value(row), self.precision);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, count: usize) -> Result<ArrayRef, DataFusionError> {
        let precision = self.precision;
        let mut groups = self.groups.drain(..count.min(self.groups.len()));
        if self.is_sketch {
            return rows::dynamics(count, |_, writer| match groups.next() {
                Some(group) if !group.is_empty() => group.write(precision, writer),
                _ => Ok(()),
            });
        }
        Ok(Arc::new(
            groups.map(|group| group.count()).collect::<Int64Array>(),
        ))
    }

    fn state(&mut self, count: usize) -> Result<Vec<ArrayRef>, DataFusionError> {
        let count = count.min(self.groups.len());
        let mut builder = BinaryViewBuilder::with_capacity(count);
        let mut state = Vec::new();
        for group in self.groups.drain(..count) {
            state.clear();
            group.write_state(&mut state);
            builder.append_value(&state);
        }
        Ok(vec![Arc::new(builder.finish())])
    }

    fn len(&self) -> usize {
        self.groups.len()
    }

    fn size(&self) -> usize {
        self.held + self.groups.capacity() * size_of::<Distinct>()
    }
}

/// Spreads a hash that is fast but not even over all bits.
fn mix(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_are_estimated_within_two_percent() {
        for count in [1_u64, 3, 4, 25, 100, 2_047, 10_000, 1_000_000] {
            let mut group = Distinct::NONE;
            for value in 0..count {
                group.add(mix(value.wrapping_mul(0x9e37_79b9_7f4a_7c15)), 14);
            }
            #[expect(clippy::cast_precision_loss, reason = "a test")]
            let error = (group.count() as f64 - count as f64).abs() / count as f64;
            let allowed = if count <= 2_047 { 0.0 } else { 0.03 };
            assert!(error <= allowed, "{count}: {}", group.count());
        }
    }

    #[test]
    fn merging_states_gives_the_same_as_adding_values() {
        let of = |range: std::ops::Range<u64>| {
            let mut group = Distinct::NONE;
            for value in range {
                group.add(mix(value), 12);
            }
            group
        };
        for (split, end) in [
            (1, 3),
            (2, 9),
            (10, 100),
            (100, 611),
            (100, 612),
            (100, 5_000),
            (3_000, 6_000),
        ] {
            let mut left = of(0..split);
            let mut state = Vec::new();
            of(split..end).write_state(&mut state);
            left.merge(&state, 12);
            assert_eq!(left.count(), of(0..end).count(), "{split} {end}");
        }
    }
}
