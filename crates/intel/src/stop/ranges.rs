//! Which of many ranges overlaps one.

use std::net::IpAddr;

use tesem_observable::IpRange;

/// Ranges in order of their start, with the widest reach so far, so that one search finds an overlap.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    sorted: Vec<Reach>,
}

#[derive(Debug, Clone, Copy)]
struct Reach {
    first: IpAddr,
    /// Of the ranges up to this one, that of the same family which ends last.
    widest: IpRange,
}

impl Ranges {
    pub(super) fn new(mut ranges: Vec<IpRange>) -> Self {
        ranges.sort_by_key(IpRange::first);
        let mut sorted: Vec<Reach> = Vec::with_capacity(ranges.len());
        for range in ranges {
            let before = sorted.last().map(|reach| reach.widest);
            let same = before.filter(|before| before.first().is_ipv4() == range.first().is_ipv4());
            let widest = same
                .filter(|before| before.last() >= range.last())
                .unwrap_or(range);
            sorted.push(Reach {
                first: range.first(),
                widest,
            });
        }
        Self { sorted }
    }

    /// A range that shares an address with `range`.
    pub(super) fn overlapping(&self, range: &IpRange) -> Option<IpRange> {
        let after = self
            .sorted
            .partition_point(|reach| reach.first <= range.last());
        let widest = self.sorted.get(after.checked_sub(1)?)?.widest;
        let is_same_family = widest.first().is_ipv4() == range.first().is_ipv4();
        (is_same_family && widest.last() >= range.first()).then_some(widest)
    }
}
