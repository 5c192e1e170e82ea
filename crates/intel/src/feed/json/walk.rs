//! Entries of a JSON document one by one: only one of them is in memory at a time.

use std::cell::Cell;
use std::fmt;
use std::io::{BufRead, Read};
use std::rc::Rc;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::path;
use crate::Problem;

/// Longest entry, in bytes: an entry is in memory as a whole.
const ENTRY_BYTES_MAX: usize = 4 << 20;

type Take<'t> = &'t mut dyn FnMut(&Value, u64) -> Result<(), Problem>;

/// Hands each entry to `take` with its number.
pub(super) struct Walk<'t> {
    guard: EntryGuard,
    take: Take<'t>,
    count: u64,
    has_entries: bool,
    stopped: Option<Problem>,
}

impl<'t> Walk<'t> {
    pub(super) fn new(guard: &EntryGuard, take: Take<'t>) -> Self {
        Self {
            guard: guard.clone(),
            take,
            count: 0,
            has_entries: false,
            stopped: None,
        }
    }

    /// Reads a document whose entries are at `path`.
    pub(super) fn document<'de, D: Deserializer<'de>>(
        &mut self,
        json: D,
        path: &str,
    ) -> Result<(), D::Error> {
        At { walk: self, path }.deserialize(json)
    }

    /// Whether the path led somewhere.
    pub(super) fn has_entries(&self) -> bool {
        self.has_entries
    }

    /// Why entries were taken no longer.
    pub(super) fn stopped(self) -> Option<Problem> {
        self.stopped
    }

    fn entry<E: Error>(&mut self, entry: &Value) -> Result<(), E> {
        self.has_entries = true;
        self.count += 1;
        (self.take)(entry, self.count).map_err(|problem| {
            self.stopped = Some(problem);
            E::custom("stopped")
        })
    }
}

/// A value below which entries are, or which is one.
struct At<'w, 't, 'p> {
    walk: &'w mut Walk<'t>,
    path: &'p str,
}

impl At<'_, '_, '_> {
    fn scalar<E: Error>(self, value: impl Into<Value>) -> Result<(), E> {
        match self.path.is_empty() {
            true => self.walk.entry(&value.into()),
            false => Ok(()),
        }
    }

    fn whole<'de, A: MapAccess<'de>>(self, members: A) -> Result<(), A::Error> {
        let entry = Value::deserialize(MapAccessDeserializer::new(members))?;
        self.walk.entry(&entry)
    }
}

impl<'de> DeserializeSeed<'de> for At<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        if self.path.is_empty() {
            return self.whole(members);
        }
        while let Some(name) = members.next_key::<String>()? {
            match path::below(self.path, &name) {
                Some(path) => members.next_value_seed(At {
                    walk: &mut *self.walk,
                    path,
                })?,
                None => {
                    self.walk.guard.pause();
                    members.next_value::<IgnoredAny>()?;
                }
            }
            self.walk.guard.restart();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.walk.has_entries |= self.path.is_empty();
        loop {
            let one = At {
                walk: &mut *self.walk,
                path: self.path,
            };
            if list.next_element_seed(one)?.is_none() {
                return Ok(());
            }
            self.walk.guard.restart();
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.scalar(text)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.scalar(number)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.scalar(number)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.scalar(number)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.scalar(value)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.scalar(Value::Null)
    }
}

/// Counts the bytes of what is in memory as a whole: an entry, a name.
#[derive(Debug, Clone)]
pub(super) struct EntryGuard {
    /// Bytes since the last entry or name; nothing while a value is skipped.
    bytes: Rc<Cell<Option<usize>>>,
    is_over: Rc<Cell<bool>>,
}

impl EntryGuard {
    pub(super) fn new() -> Self {
        Self {
            bytes: Rc::new(Cell::new(Some(0))),
            is_over: Rc::default(),
        }
    }

    fn restart(&self) {
        self.bytes.set(Some(0));
    }

    fn pause(&self) {
        self.bytes.set(None);
    }

    fn count(&self, read: usize) -> std::io::Result<()> {
        let Some(bytes) = self.bytes.get() else {
            return Ok(());
        };
        self.bytes.set(Some(bytes + read));
        match bytes + read > ENTRY_BYTES_MAX {
            true => {
                self.is_over.set(true);
                Err(std::io::Error::other("an entry is too long"))
            }
            false => Ok(()),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    pub(super) fn problem(&self, what: &str) -> Problem {
        let why = format!(
            "an entry is longer than {ENTRY_BYTES_MAX} bytes; `entries` may have to say where the list is"
        );
        Problem::Damaged {
            what: what.into(),
            why: why.into(),
        }
    }
}

/// A reader whose bytes are counted.
pub(super) struct Guarded {
    inner: Box<dyn BufRead + Send>,
    guard: EntryGuard,
}

impl Guarded {
    pub(super) fn new(inner: Box<dyn BufRead + Send>, guard: &EntryGuard) -> Self {
        Self {
            inner,
            guard: guard.clone(),
        }
    }
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.guard.count(read)?;
        Ok(read)
    }
}
