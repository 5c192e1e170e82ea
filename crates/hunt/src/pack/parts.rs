//! Asking a query in parts, where its lists do not fit into one text.

use std::ops::Range;

use super::list::IndicatorList;

/// A list and what is in it.
#[derive(Debug, Clone)]
pub(crate) struct ListValues {
    pub(crate) list: IndicatorList,
    pub(crate) values: Vec<String>,
}

/// A part of a query: of each of its lists a range of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PackPart {
    pub(crate) ranges: Vec<Range<usize>>,
}

/// The name of a part in the journal, from 1.
pub(crate) fn part_key(file_stem: &str, number: usize) -> String {
    format!("pack-{}-{number:04}", file_stem.to_ascii_lowercase())
}

impl PackPart {
    /// How many values it holds.
    pub(crate) fn values(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }

    /// Two parts that ask the same together, with the longest list halved; nothing where every list has one value.
    pub(crate) fn halves(&self) -> Option<[Self; 2]> {
        let longest = (0..self.ranges.len()).max_by_key(|at| {
            let length = self.ranges.get(*at).map_or(0, ExactSizeIterator::len);
            (length, std::cmp::Reverse(*at))
        })?;
        let range = self.ranges.get(longest)?.clone();
        if range.len() < 2 {
            return None;
        }
        let middle = range.start + range.len() / 2;
        Some([
            self.with(longest, range.start..middle),
            self.with(longest, middle..range.end),
        ])
    }

    fn with(&self, at: usize, range: Range<usize>) -> Self {
        let mut part = self.clone();
        if let Some(slot) = part.ranges.get_mut(at) {
            *slot = range;
        }
        part
    }
}

/// Divides lists, given by the bytes of each value, so that `fixed` and one part of each fit into `bytes_max`; every combination of parts is
/// a part of the query. Nothing where a value does not fit.
pub(super) fn divide(
    costs: &[Vec<usize>],
    fixed: usize,
    bytes_max: usize,
) -> Option<Vec<PackPart>> {
    let room = bytes_max.checked_sub(fixed)?;
    let rooms = share(costs, room);
    let mut parts = vec![PackPart { ranges: Vec::new() }];
    for (costs, room) in costs.iter().zip(rooms) {
        let chunks = chunks(costs, room)?;
        parts = parts
            .iter()
            .flat_map(|part| {
                chunks.iter().map(|chunk| {
                    let mut ranges = part.ranges.clone();
                    ranges.push(chunk.clone());
                    PackPart { ranges }
                })
            })
            .collect();
    }
    Some(parts)
}

/// How much of `room` each list gets: a small one all it needs, the others equal parts of the rest.
fn share(costs: &[Vec<usize>], mut room: usize) -> Vec<usize> {
    let sizes: Vec<usize> = costs.iter().map(|costs| costs.iter().sum()).collect();
    let mut order: Vec<(usize, usize)> = sizes.iter().copied().zip(0..).collect();
    order.sort_unstable();
    let mut rooms = vec![0; sizes.len()];
    let mut left = order.len();
    for (size, at) in order {
        let given = size.min(room / left.max(1));
        if let Some(slot) = rooms.get_mut(at) {
            *slot = given;
        }
        room -= given;
        left -= 1;
    }
    rooms
}

/// Ranges of adjacent values that fit into `room` each, as few as possible.
fn chunks(costs: &[usize], room: usize) -> Option<Vec<Range<usize>>> {
    let mut chunks = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (at, cost) in costs.iter().enumerate() {
        if *cost > room {
            return None;
        }
        if used + cost > room {
            chunks.push(start..at);
            (start, used) = (at, 0);
        }
        used += cost;
    }
    chunks.push(start..costs.len());
    Some(chunks)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_fit_and_cover_every_combination_once(
            costs in proptest::collection::vec(proptest::collection::vec(1_usize..40, 1..12), 0..4),
            fixed in 0_usize..50,
            room in 0_usize..200,
        ) {
            let bytes_max = fixed + room;
            let Some(parts) = divide(&costs, fixed, bytes_max) else {
                let largest: usize = costs.iter().filter_map(|costs| costs.iter().max()).sum();
                prop_assert!(largest * costs.len() > room, "given up although all values fit");
                return Ok(());
            };
            let combinations: usize = costs.iter().map(Vec::len).product();
            let mut seen = std::collections::BTreeSet::new();
            for part in &parts {
                let bytes: usize = part.ranges.iter().zip(&costs).map(|(range, costs)| costs[range.clone()].iter().sum::<usize>()).sum();
                prop_assert!(fixed + bytes <= bytes_max);
                let mut tuples = vec![Vec::new()];
                for range in &part.ranges {
                    tuples = tuples.iter().flat_map(|tuple: &Vec<usize>| range.clone().map(|at| [tuple.clone(), vec![at]].concat())).collect();
                }
                for tuple in tuples {
                    prop_assert!(seen.insert(tuple), "a combination is asked twice");
                }
            }
            prop_assert_eq!(seen.len(), combinations);
        }

        #[test]
        fn halves_cover_the_whole(lengths in proptest::collection::vec(0_usize..9, 0..4)) {
            let part = PackPart { ranges: lengths.iter().map(|length| 3..3 + length).collect() };
            match part.halves() {
                None => prop_assert!(lengths.iter().all(|length| *length < 2)),
                Some([left, right]) => prop_assert_eq!(left.ranges.iter().zip(&right.ranges).zip(&part.ranges)
                    .filter(|((l, r), whole)| !(l == whole && r == whole))
                    .map(|((l, r), whole)| (l.start, l.end == r.start, r.end) == (whole.start, true, whole.end)).collect::<Vec<_>>(), vec![true]),
            }
        }
    }
}
