//! Objects of a bundle one by one: only one of them is in memory at a time.

use std::io::BufRead;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::Problem;
use crate::output::Output;

/// What stands beside the objects.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    /// Whether there was a list of objects.
    pub(crate) has_objects: bool,
    /// TAXII: there is another page.
    pub(crate) more: bool,
    /// TAXII: what asks for it.
    pub(crate) next: Option<String>,
    /// How many objects there were.
    pub(crate) count: u64,
}

type Take<'a> = &'a mut dyn FnMut(&RawValue, u64, &mut Output) -> Result<(), Problem>;

/// Hands each object of `objects`, or of a list, to `take`.
pub(crate) fn read_objects(
    reader: impl BufRead,
    output: &mut Output,
    take: Take<'_>,
) -> Result<Envelope, Problem> {
    let what = output.document().to_owned();
    let mut walk = Walk {
        envelope: Envelope::default(),
        stopped: None,
        take,
        output,
    };
    let mut json = serde_json::Deserializer::from_reader(reader);
    let read = json
        .deserialize_any(Top(&mut walk))
        .and_then(|()| json.end());
    if let Some(problem) = walk.stopped {
        return Err(problem);
    }
    read.map_err(|error| damaged(&what, error))?;
    Ok(walk.envelope)
}

/// The error of a JSON reader as ours.
pub(crate) fn damaged(what: &str, error: serde_json::Error) -> Problem {
    if error.is_io() {
        return Problem::reading(what, &error.into());
    }
    Problem::Damaged {
        what: what.into(),
        why: error.to_string().into(),
    }
}

struct Walk<'a> {
    envelope: Envelope,
    stopped: Option<Problem>,
    take: Take<'a>,
    output: &'a mut Output,
}

impl Walk<'_> {
    fn list<'de, A: SeqAccess<'de>>(&mut self, mut list: A) -> Result<(), A::Error> {
        self.envelope.has_objects = true;
        while let Some(raw) = list.next_element::<Box<RawValue>>()? {
            self.envelope.count += 1;
            if let Err(problem) = (self.take)(&raw, self.envelope.count, self.output) {
                self.stopped = Some(problem);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// The whole document.
struct Top<'w, 'a>(&'w mut Walk<'a>);

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with a list of `objects`, or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "objects" => map.next_value_seed(List(&mut *self.0))?,
                "more" => {
                    self.0.envelope.more = map.next_value::<Option<bool>>()?.unwrap_or_default();
                }
                "next" => self.0.envelope.next = map.next_value::<Option<Next>>()?.map(Next::text),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.list(list)
    }
}

/// TAXII says that `next` is text; some servers write a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Next {
    Text(String),
    Number(i64),
}

impl Next {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
        }
    }
}

struct List<'w, 'a>(&'w mut Walk<'a>);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        self.0.list(list)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.envelope.has_objects = true;
        Ok(())
    }
}
