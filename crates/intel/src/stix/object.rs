//! One object of a bundle.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::pattern::{self, RefusedTest};
use super::sco;
use super::versions::{Origin, Stamp, Standing, Versions};
use crate::fetch::Keeper;
use crate::output::Output;
use crate::{Confidence, Details, Problem, RefusedBecause, Tlp};

/// Ids of the TLP's marking definitions, of version 1 and version 2.
///
/// Sources: STIX 2.1, section 7.2.1.4; OASIS, STIX extension definition for TLP 2.0.
const TLP_IDS: [(&str, Tlp); 9] = [
    (
        "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9",
        Tlp::Clear,
    ),
    (
        "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
        Tlp::Green,
    ),
    (
        "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
        Tlp::Amber,
    ),
    (
        "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
        Tlp::Red,
    ),
    (
        "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
        Tlp::Clear,
    ),
    (
        "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
        Tlp::Green,
    ),
    (
        "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
        Tlp::Amber,
    ),
    (
        "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
        Tlp::AmberStrict,
    ),
    (
        "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
        Tlp::Red,
    ),
];

/// Most markings that a bundle may define itself.
const OWN_MARKINGS_MAX: usize = 1_000;

/// What is known of all objects before the first is read: which versions count, and what markings say.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    versions: Versions,
    markings: HashMap<String, Tlp>,
}

impl Objects {
    /// Takes note of an object that is to be read.
    pub(crate) fn survey(&mut self, raw: &RawValue, origin: Origin) {
        let stamp = Stamp::of(raw);
        self.versions.note(&stamp, origin);
        if stamp.is_marking()
            && let Ok(object) = serde_json::from_str(raw.get())
        {
            self.define_marking(&object);
        }
    }

    /// One object as it stands in the document, once all were surveyed. What counts goes to `keeper` too.
    pub(crate) fn read(
        &self,
        raw: &RawValue,
        origin: Origin,
        number: u64,
        output: &mut Output,
        keeper: Option<&mut Keeper>,
    ) -> Result<(), Problem> {
        let stamp = Stamp::of(raw);
        match self.versions.standing(&stamp, origin) {
            Standing::Repeated => return Ok(()),
            Standing::Superseded(by) => {
                return output.refused(number, stamp.id(), RefusedBecause::Superseded(by));
            }
            Standing::Current => {}
        }
        if let Some(keeper) = keeper.filter(|_| stamp.matters()) {
            keeper.push(raw.get())?;
        }
        self.current(raw, number, output)
    }

    fn current(&self, raw: &RawValue, number: u64, output: &mut Output) -> Result<(), Problem> {
        match serde_json::from_str::<Value>(raw.get()) {
            Ok(Value::Object(object)) => self.object(&object, number, output),
            Ok(_) => form(output, number, raw.get(), "is no object"),
            Err(error) => form(
                output,
                number,
                raw.get(),
                &format!("cannot be read: {error}"),
            ),
        }
    }

    fn object(
        &self,
        object: &Map<String, Value>,
        number: u64,
        output: &mut Output,
    ) -> Result<(), Problem> {
        let kind = text(object, "type").unwrap_or_default();
        match kind {
            "indicator" => self.indicator(object, number, output),
            "observed-data" if object.contains_key("objects") => {
                self.observed(object, number, output)
            }
            "" => form(
                output,
                number,
                text(object, "id").unwrap_or_default(),
                "has no `type`",
            ),
            kind if sco::TYPES.contains(&kind) => {
                let details = self.details(object, output).shared();
                observables(object, details.as_ref(), number, output)
            }
            kind => {
                output.context(kind);
                Ok(())
            }
        }
    }

    fn define_marking(&mut self, object: &Map<String, Value>) {
        let definition = object
            .get("definition")
            .and_then(|definition| definition.get("tlp"));
        let named = definition
            .and_then(Value::as_str)
            .or_else(|| text(object, "name"));
        let label = named.and_then(|name| name.parse().ok());
        if let Some((id, label)) = text(object, "id").zip(label)
            && (self.markings.len() < OWN_MARKINGS_MAX || self.markings.contains_key(id))
        {
            let strictest = self.markings.entry(id.to_owned()).or_insert(label);
            *strictest = label.max(*strictest);
        }
    }

    /// STIX 2.0 kept observed objects inside.
    fn observed(
        &self,
        object: &Map<String, Value>,
        number: u64,
        output: &mut Output,
    ) -> Result<(), Problem> {
        let details = self.details(object, output).shared();
        let inner = object.get("objects").and_then(Value::as_object);
        for inner in inner
            .into_iter()
            .flat_map(Map::values)
            .filter_map(Value::as_object)
        {
            observables(inner, details.as_ref(), number, output)?;
        }
        Ok(())
    }

    fn indicator(
        &self,
        object: &Map<String, Value>,
        number: u64,
        output: &mut Output,
    ) -> Result<(), Problem> {
        let id = text(object, "id").unwrap_or_default().to_owned();
        if object.get("revoked").and_then(Value::as_bool) == Some(true) {
            return output.refused(number, &id, RefusedBecause::Revoked);
        }
        let language = text(object, "pattern_type").unwrap_or("stix");
        if language != "stix" {
            let why = format!("is a `{language}` pattern; only STIX patterns are read");
            return output.refused(number, &id, RefusedBecause::Pattern(why.into()));
        }
        let Some(pattern) = text(object, "pattern") else {
            return form(output, number, &id, "is an indicator without `pattern`");
        };
        let details = self.details(object, output).shared();
        match pattern::parse(pattern) {
            Ok(tree) => from_pattern(&tree, details.as_ref(), &id, number, output),
            Err(error) => output.refused(
                number,
                &id,
                RefusedBecause::Pattern(error.to_string().into()),
            ),
        }
    }

    fn details(&self, object: &Map<String, Value>, output: &mut Output) -> Details {
        let name = text(object, "name");
        let comment = name.or_else(|| text(object, "description"));
        let mut labels = texts(object, "labels");
        labels.extend(texts(object, "indicator_types"));
        Details {
            object_id: text(object, "id").map(Into::into),
            first_seen: time(object, "first_observed", output)
                .or_else(|| time(object, "created", output)),
            last_seen: time(object, "last_observed", output)
                .or_else(|| time(object, "modified", output)),
            valid_from: time(object, "valid_from", output),
            valid_until: time(object, "valid_until", output),
            confidence: confidence(object, output),
            tlp: self.tlp(object),
            labels,
            comment: comment.map(Into::into),
            references: references(object),
        }
    }

    /// The strictest label of all markings.
    fn tlp(&self, object: &Map<String, Value>) -> Option<Tlp> {
        let ids = texts(object, "object_marking_refs");
        ids.iter().filter_map(|id| self.label(id)).max()
    }

    fn label(&self, id: &str) -> Option<Tlp> {
        let known = TLP_IDS.iter().find(|(known, _)| *known == id);
        known
            .map(|(_, label)| *label)
            .or_else(|| self.markings.get(id).copied())
    }
}

fn form(output: &mut Output, number: u64, text: &str, why: &str) -> Result<(), Problem> {
    output.refused(number, text, RefusedBecause::Form(why.into()))
}

fn from_pattern(
    tree: &pattern::Observation,
    details: Option<&Arc<Details>>,
    id: &str,
    number: u64,
    output: &mut Output,
) -> Result<(), Problem> {
    let parts = pattern::observables(tree);
    for observable in parts.found {
        output.found(number, observable, details.cloned())?;
    }
    for part in parts.refused {
        let reason = match part.why {
            RefusedTest::Test(why) => RefusedBecause::Pattern(why),
            RefusedTest::Value(refusal) => RefusedBecause::Value(refusal),
        };
        output.refused(number, &format!("{id}: {}", part.text), reason)?;
    }
    Ok(())
}

fn observables(
    object: &Map<String, Value>,
    details: Option<&Arc<Details>>,
    number: u64,
    output: &mut Output,
) -> Result<(), Problem> {
    let values = sco::values(object);
    if values.is_empty() {
        let kind = text(object, "type").unwrap_or_default();
        let id = text(object, "id").unwrap_or_default();
        return output.refused(number, id, RefusedBecause::Type(kind.into()));
    }
    for (kinds, value) in values {
        let read = pattern::recognised(kinds, value);
        output.value(number, read, details.cloned())?;
    }
    Ok(())
}

fn text<'o>(object: &'o Map<String, Value>, key: &str) -> Option<&'o str> {
    object.get(key).and_then(Value::as_str)
}

fn texts(object: &Map<String, Value>, key: &str) -> Vec<Box<str>> {
    let list = object.get(key).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(Into::into).collect()
}

fn time(object: &Map<String, Value>, key: &str, output: &mut Output) -> Option<Timestamp> {
    let value = object.get(key)?;
    let time = value.as_str().and_then(|text| text.parse().ok());
    if time.is_none() {
        output.unread_field(key);
    }
    time
}

fn confidence(object: &Map<String, Value>, output: &mut Output) -> Option<Confidence> {
    let value = object.get("confidence")?;
    let number = value.as_u64().and_then(|number| u8::try_from(number).ok());
    let confidence = number.and_then(Confidence::new);
    if confidence.is_none() {
        output.unread_field("confidence");
    }
    confidence
}

fn references(object: &Map<String, Value>) -> Vec<Box<str>> {
    let list = object.get("external_references").and_then(Value::as_array);
    let address = |reference: &Value| {
        let id = || reference.get("external_id");
        let address = reference.get("url").or_else(id)?;
        address.as_str().map(Into::into)
    };
    list.into_iter().flatten().filter_map(address).collect()
}
