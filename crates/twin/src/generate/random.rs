//! Independent streams of random numbers.
//!
//! Each stream is a ChaCha8 generator keyed with (seed, place, day, topic), so one device's day never depends on another's, nor on the
//! order in which threads take the work. All sampling is integer arithmetic: floating point functions differ between platforms.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream is drawn for. Two topics of one device and day are independent of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(super) enum Topic {
    Person = 1,
    Device = 2,
    Boot = 3,
    Session = 4,
    Background = 5,
    Browsing = 6,
    Office = 7,
    Tools = 8,
    Logon = 9,
    Server = 10,
    Snapshot = 11,
    Mail = 12,
    Cloud = 13,
    Story = 14,
    NearMiss = 15,
    Mixed = 16,
    Order = 17,
    Sensor = 18,
    Routine = 19,
}

/// A stream of random numbers for one topic of one place on one day.
#[derive(Debug, Clone)]
pub(super) struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream keyed with the four values; `place` is a device or person number, `day` counts from 1970-01-01 (0 where no day applies).
    pub(super) fn new(seed: u64, place: u64, day: i64, topic: Topic) -> Self {
        let mut key = [0_u8; 32];
        let words = [seed, place, day.cast_unsigned(), topic as u64];
        for (slot, word) in key.chunks_exact_mut(8).zip(words) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 64 random bits.
    pub(super) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 to `bound - 1`; 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()) * u64::from(bound);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// An index into a list of `length` items; 0 when it is empty.
    pub(super) fn index(&mut self, length: usize) -> usize {
        self.below(u32::try_from(length).unwrap_or(u32::MAX)) as usize
    }

    /// A number from `low` to `high - 1`; `low` when the range is empty.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u128::from(high.saturating_sub(low).max(0).cast_unsigned());
        let offset = (u128::from(self.0.next_u64()) * span) >> 64;
        low.saturating_add(i64::try_from(offset).unwrap_or(0))
    }

    /// A rank from 1 to `2^bits - 1` with a heavy tail: rank `k` comes about in proportion to `1 / k`, whatever the number of ranks.
    pub(super) fn rank(&mut self, bits: u32) -> u32 {
        let octave = 1 << self.below(bits.min(31));
        octave + self.below(octave)
    }

    /// True in `per_mille` of 1,000 cases.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// One of the items of a list that is never empty.
    pub(super) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.index(items.len())]
    }

    /// `count` random hex digits in lower case.
    pub(super) fn hex(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b"0123456789abcdef"[self.index(16)]))
            .collect()
    }

    /// A random GUID in lower case, of version 4 by its looks.
    pub(super) fn guid(&mut self) -> String {
        let (high, low) = (self.word(), self.word());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }
}

/// Popularity after Zipf: rank `k` (from 0) is drawn in proportion to `1 / (k + 1)`.
#[derive(Debug, Clone)]
pub(super) struct Zipf {
    cumulative: Vec<u32>,
}

impl Zipf {
    /// The weight of the first rank; later ranks get their share of it.
    const FIRST_WEIGHT: u32 = 1_000_000;

    /// The distribution over `ranks` ranks.
    pub(super) fn new(ranks: usize) -> Self {
        let mut total = 0_u32;
        let cumulative = (1_u32..)
            .take(ranks)
            .map(|rank| {
                total = total.saturating_add(Self::FIRST_WEIGHT / rank);
                total
            })
            .collect();
        Self { cumulative }
    }

    /// A rank from 0; small ones come often.
    pub(super) fn draw(&self, stream: &mut Stream) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(0);
        let point = stream.below(total);
        self.cumulative.partition_point(|&bound| bound <= point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_its_key() {
        let key = |topic| Stream::new(7, 3, 20_000, topic).word();
        assert_eq!(key(Topic::Mail), key(Topic::Mail));
        assert_ne!(key(Topic::Mail), key(Topic::Office));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut stream = Stream::new(1, 0, 0, Topic::Device);
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.between(5, 5), 5);
        for _ in 0..1_000 {
            assert!(stream.below(7) < 7);
            assert!((-3..4).contains(&stream.between(-3, 4)));
        }
    }

    #[test]
    fn the_first_rank_is_drawn_most() {
        let (zipf, mut stream) = (Zipf::new(100), Stream::new(1, 0, 0, Topic::Device));
        let mut counts = [0_u32; 100];
        for _ in 0..20_000 {
            counts[zipf.draw(&mut stream)] += 1;
        }
        assert!(counts[0] > 3 * counts[9], "{counts:?}");
        assert!(counts[99] > 0, "{counts:?}");
    }
}
