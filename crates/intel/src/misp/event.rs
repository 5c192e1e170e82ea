//! Events with their attributes and objects.

use serde::Deserialize;
use serde_json::Error;
use serde_json::value::RawValue;

use super::attribute::{Attribute, Event, Versions, Wanted};
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
    #[serde(default)]
    deleted: serde_json::Value,
    #[serde(default, rename = "Attribute")]
    attributes: Vec<serde_json::Value>,
}

impl Object {
    /// Its attributes, which are deleted with it.
    fn into_attributes(self) -> impl Iterator<Item = Result<Attribute, Error>> {
        let is_deleted = self.deleted == true;
        self.attributes.into_iter().map(move |json| {
            let mut attribute: Attribute = serde_json::from_value(json)?;
            attribute.deleted |= is_deleted;
            Ok(attribute)
        })
    }
}

impl EventDocument {
    /// Hands on all attributes.
    pub(super) fn read(self, wanted: Wanted, output: &mut Output) -> Result<(), Problem> {
        let FullEvent {
            event,
            attributes,
            objects,
        } = self.event;
        let own = attributes.into_iter().map(serde_json::from_value);
        let of_objects = objects.into_iter().flat_map(Object::into_attributes);
        let attributes: Vec<Result<Attribute, Error>> = own.chain(of_objects).collect();
        let versions = Versions::of(attributes.iter().flatten());
        for (number, attribute) in (1..).zip(&attributes) {
            match attribute {
                Ok(attribute) => {
                    attribute.read(wanted, Some(&event), &versions, number, output)?;
                }
                Err(error) => malformed(&event.uuid, error, number, output)?,
            }
        }
        Ok(())
    }
}

/// A list of attributes.
pub(super) fn read_attributes(
    list: &[Box<RawValue>],
    wanted: Wanted,
    output: &mut Output,
) -> Result<(), Problem> {
    let read = list.iter().map(|raw| serde_json::from_str(raw.get()));
    let attributes: Vec<Result<Attribute, Error>> = read.collect();
    let versions = Versions::of(attributes.iter().flatten());
    for (number, (raw, attribute)) in (1..).zip(list.iter().zip(&attributes)) {
        match attribute {
            Ok(attribute) => attribute.read(wanted, None, &versions, number, output)?,
            Err(error) => malformed(raw.get(), error, number, output)?,
        }
    }
    Ok(())
}

fn malformed(text: &str, error: &Error, number: u64, output: &mut Output) -> Result<(), Problem> {
    let why = format!("is no attribute of MISP: {error}");
    output.refused(number, text, RefusedBecause::Form(why.into()))
}
