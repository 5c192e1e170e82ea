//! Writing encoded values.

use super::read::{
    ARRAY, BAG, DATETIME, DECIMAL, Dynamic, FALSE, GUID, LONG, NULL, REAL, STRING, TIMESPAN, TRUE,
};
use super::{DEPTH_MAX, DynamicError};
use crate::decimal::Decimal;

/// Bags up to this size look for a repeated key pair by pair.
const PAIRWISE_KEYS_MAX: usize = 16;

/// Writes encoded values one behind the other into a buffer that is used again and again.
///
/// Arrays and bags are opened and closed; their lengths are filled in when they are closed. A key
/// that is written twice into a bag keeps its place and takes the later value.
#[derive(Debug, Default, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
    open: Vec<Container>,
    /// Where the keys of the open bags start, the innermost last.
    keys: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Container {
    start: usize,
    count: u32,
    keys_from: usize,
    is_bag: bool,
}

impl Writer {
    /// An empty writer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was written so far.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was written so far, as one value.
    #[must_use]
    pub fn value(&self) -> Dynamic<'_> {
        Dynamic::new(&self.bytes)
    }

    /// The buffer itself.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Forgets what was written and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.open.clear();
        self.keys.clear();
    }

    /// How deep the next value stands.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// Writes null.
    pub fn null(&mut self) {
        self.begin(NULL);
    }

    /// Writes a truth value.
    pub fn bool(&mut self, value: bool) {
        self.begin(if value { TRUE } else { FALSE });
    }

    /// Writes an integer.
    pub fn long(&mut self, value: i64) {
        self.begin(LONG);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Writes a floating-point number.
    pub fn real(&mut self, value: f64) {
        self.begin(REAL);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    /// Writes a decimal number.
    pub fn decimal(&mut self, value: Decimal) {
        self.begin(DECIMAL);
        self.bytes.extend_from_slice(&value.units().to_le_bytes());
    }

    /// Writes a point in time, in ticks of 100 ns since 0001-01-01.
    pub fn datetime(&mut self, ticks: i64) {
        self.begin(DATETIME);
        self.bytes.extend_from_slice(&ticks.to_le_bytes());
    }

    /// Writes a length of time, in ticks of 100 ns.
    pub fn timespan(&mut self, ticks: i64) {
        self.begin(TIMESPAN);
        self.bytes.extend_from_slice(&ticks.to_le_bytes());
    }

    /// Writes a guid.
    pub fn guid(&mut self, value: u128) {
        self.begin(GUID);
        self.bytes.extend_from_slice(&value.to_be_bytes());
    }

    /// Writes text.
    pub fn string(&mut self, text: &str) {
        self.begin(STRING);
        self.text(text.as_bytes());
    }

    /// Copies a value that is already encoded.
    pub fn value_of(&mut self, value: Dynamic<'_>) {
        self.count_value();
        if value.bytes().is_empty() {
            self.bytes.push(NULL);
        } else {
            self.bytes.extend_from_slice(value.bytes());
        }
    }

    /// Opens an array.
    ///
    /// # Errors
    /// When it would stand deeper than [`DEPTH_MAX`].
    pub fn open_array(&mut self) -> Result<(), DynamicError> {
        self.open_container(ARRAY)
    }

    /// Opens a bag: each value is preceded by its [`key`](Self::key).
    ///
    /// # Errors
    /// When it would stand deeper than [`DEPTH_MAX`].
    pub fn open_bag(&mut self) -> Result<(), DynamicError> {
        self.open_container(BAG)
    }

    /// Writes the key of the value that comes next.
    pub fn key(&mut self, key: &str) {
        self.keys.push(self.bytes.len());
        self.text(key.as_bytes());
    }

    /// Closes the innermost array or bag.
    ///
    /// # Errors
    /// When it has grown to 4 GiB.
    pub fn close(&mut self) -> Result<(), DynamicError> {
        let Some(mut container) = self.open.pop() else {
            return Ok(());
        };
        if container.is_bag {
            self.drop_repeated_keys(&mut container);
            self.keys.truncate(container.keys_from);
        }
        let length = self.bytes.len() - container.start - 9;
        let length = u32::try_from(length).map_err(|_| DynamicError::TooLarge)?;
        if let Some(header) = self.bytes.get_mut(container.start + 1..container.start + 9) {
            let (head, tail) = header.split_at_mut(4);
            head.copy_from_slice(&length.to_le_bytes());
            tail.copy_from_slice(&container.count.to_le_bytes());
        }
        Ok(())
    }

    fn open_container(&mut self, tag: u8) -> Result<(), DynamicError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(DynamicError::TooDeep);
        }
        self.begin(tag);
        let start = self.bytes.len() - 1;
        self.bytes.extend_from_slice(&[0; 8]);
        let keys_from = self.keys.len();
        self.open.push(Container {
            start,
            count: 0,
            keys_from,
            is_bag: tag == BAG,
        });
        Ok(())
    }

    fn begin(&mut self, tag: u8) {
        self.count_value();
        self.bytes.push(tag);
    }

    fn count_value(&mut self) {
        if let Some(container) = self.open.last_mut() {
            container.count += 1;
        }
    }

    fn text(&mut self, text: &[u8]) {
        let mut length = text.len();
        while length >= 0x80 {
            self.bytes.push(low_bits(length) | 0x80);
            length >>= 7;
        }
        self.bytes.push(low_bits(length));
        self.bytes.extend_from_slice(text);
    }

    fn drop_repeated_keys(&mut self, container: &mut Container) {
        let keys = self.keys.get(container.keys_from..).unwrap_or_default();
        if keys.len() < 2 || !has_repeated_key(&self.bytes, keys) {
            return;
        }
        let body = self.bytes.split_off(container.start + 9);
        let offset = container.start + 9;
        let mut last: indexmap::IndexMap<Vec<u8>, &[u8]> = indexmap::IndexMap::new();
        for (position, &start) in keys.iter().enumerate() {
            let end = keys
                .get(position + 1)
                .map_or(body.len(), |&next| next - offset);
            let entry = body.get(start - offset..end).unwrap_or_default();
            let key = key_of(entry);
            last.insert(key.to_vec(), entry);
        }
        container.count = u32::try_from(last.len()).unwrap_or(u32::MAX);
        for entry in last.values() {
            self.bytes.extend_from_slice(entry);
        }
    }
}

/// The lowest seven bits.
fn low_bits(length: usize) -> u8 {
    u8::try_from(length & 0x7f).unwrap_or_default()
}

fn has_repeated_key(bytes: &[u8], keys: &[usize]) -> bool {
    let key_at = |&start: &usize| key_of(bytes.get(start..).unwrap_or_default());
    if keys.len() <= PAIRWISE_KEYS_MAX {
        return keys.iter().enumerate().any(|(position, first)| {
            let first = key_at(first);
            keys.iter()
                .skip(position + 1)
                .any(|second| key_at(second) == first)
        });
    }
    let mut seen = std::collections::HashSet::with_capacity(keys.len());
    !keys.iter().all(|start| seen.insert(key_at(start)))
}

/// The key at the start of an entry, its length in front: equal keys have equal bytes.
fn key_of(entry: &[u8]) -> &[u8] {
    let mut length = 0_usize;
    for (position, &byte) in entry.iter().take(5).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            return entry.get(..position + 1 + length).unwrap_or(entry);
        }
    }
    entry
}
