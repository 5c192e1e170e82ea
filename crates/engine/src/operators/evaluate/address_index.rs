//! Finding the networks that hold an address.

use std::collections::{BTreeMap, HashMap};

/// An address: its bits, and how many of them count.
pub(super) type Network = (u128, u32);

/// Rows by the network that each holds.
#[derive(Debug)]
pub(super) struct AddressIndex {
    /// The bits of an address: 32 or 128.
    width: u32,
    /// For each prefix length, the rows of each network.
    networks: BTreeMap<u32, HashMap<u128, Vec<u32>>>,
}

impl AddressIndex {
    /// No rows yet.
    pub(super) fn new(width: u32) -> Self {
        Self {
            width,
            networks: BTreeMap::new(),
        }
    }

    /// Adds a row.
    pub(super) fn insert(&mut self, (bits, prefix): Network, row: u32) {
        let network = bits & self.mask(prefix);
        let of_prefix = self.networks.entry(prefix).or_default();
        of_prefix.entry(network).or_default().push(row);
    }

    /// The rows whose network matches an address or network: as many bits are compared as count on both sides. In order.
    pub(super) fn matches(&self, (bits, prefix): Network) -> Vec<u32> {
        let mut rows = Vec::new();
        for (&shorter, networks) in self.networks.range(..=prefix) {
            rows.extend(
                networks
                    .get(&(bits & self.mask(shorter)))
                    .into_iter()
                    .flatten(),
            );
        }
        let mask = self.mask(prefix);
        for (_, networks) in self.networks.range(prefix.saturating_add(1)..) {
            let inside = networks
                .iter()
                .filter(|(network, _)| *network & mask == bits & mask);
            rows.extend(inside.flat_map(|(_, rows)| rows));
        }
        rows.sort_unstable();
        rows
    }

    fn mask(&self, prefix: u32) -> u128 {
        let host_bits = self.width.saturating_sub(prefix);
        u128::MAX.checked_shl(host_bits).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_that_count_on_both_sides_are_compared() {
        let mut index = AddressIndex::new(32);
        let networks = [
            (0x0a00_0000, 8),
            (0x0a01_0000, 16),
            (0x0b00_0001, 32),
            (0, 0),
        ];
        for (row, network) in (0..).zip(networks) {
            index.insert(network, row);
        }
        let cases: [(Network, &[u32]); 5] = [
            ((0x0a01_0203, 32), &[0, 1, 3]),
            ((0x0a02_0203, 32), &[0, 3]),
            ((0x0b00_0001, 32), &[2, 3]),
            ((0x0a00_0000, 7), &[0, 1, 2, 3]),
            ((0xffff_ffff, 32), &[3]),
        ];
        for (address, expected) in cases {
            assert_eq!(index.matches(address), expected, "{address:x?}");
        }
    }
}
