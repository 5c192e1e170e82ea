//! Events with their attributes and objects.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::attribute::{Attribute, Event, Wanted};
use crate::output::Output;
use crate::{Problem, RefusedBecause};

/// `{"Event": …}`
#[derive(Debug, Deserialize)]
pub(super) struct EventDocument {
    #[serde(rename = "Event")]
    event: FullEvent,
}

#[derive(Debug, Deserialize)]
struct FullEvent {
    #[serde(flatten)]
    event: Event,
    #[serde(default, rename = "Attribute")]
    attributes: Vec<serde_json::Value>,
    #[serde(default, rename = "Object")]
    objects: Vec<Object>,
}

#[derive(Debug, Deserialize)]
struct Object {
    #[serde(default, rename = "Attribute")]
    attributes: Vec<serde_json::Value>,
}

impl EventDocument {
    /// Hands on all attributes.
    pub(super) fn read(self, wanted: Wanted, output: &mut Output) -> Result<u64, Problem> {
        let event = self.event.event;
        let of_objects = self
            .event
            .objects
            .into_iter()
            .flat_map(|object| object.attributes);
        let mut count = 0;
        for json in self.event.attributes.into_iter().chain(of_objects) {
            count += 1;
            match serde_json::from_value::<Attribute>(json) {
                Ok(attribute) => attribute.read(wanted, Some(&event), count, output)?,
                Err(error) => malformed(&event.uuid, &error, count, output)?,
            }
        }
        Ok(count)
    }
}

/// One attribute of a list of attributes.
pub(super) fn read_attribute(
    raw: &RawValue,
    wanted: Wanted,
    number: u64,
    output: &mut Output,
) -> Result<(), Problem> {
    match serde_json::from_str::<Attribute>(raw.get()) {
        Ok(attribute) => attribute.read(wanted, None, number, output),
        Err(error) => malformed(raw.get(), &error, number, output),
    }
}

fn malformed(
    text: &str,
    error: &serde_json::Error,
    number: u64,
    output: &mut Output,
) -> Result<(), Problem> {
    let why = format!("is no attribute of MISP: {error}");
    output.refused(number, text, RefusedBecause::Form(why.into()))
}
