//! Properties as JSON: an object with the names of the properties, instants as RFC 3339 writes them.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use crate::property::{Properties, Property, Real, Value, ValueType, texts};
use crate::text::Text;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Integer(number) => to.serialize_i64(*number),
            Self::Real(number) => to.serialize_f64(number.0),
            Self::Flag(is_so) => to.serialize_bool(*is_so),
            Self::Time(millis) => to.collect_str(millis),
            Self::Texts(texts) => to.collect_seq(texts.iter().map(|text| &**text)),
        }
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.iter().len()))?;
        for (property, value) in self.iter() {
            map.serialize_entry(property.name(), value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Words)
    }
}

struct Words;

impl<'de> Visitor<'de> for Words {
    type Value = Properties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
        let mut said = Vec::new();
        while let Some((name, json)) = map.next_entry::<String, Json>()? {
            let property = Property::named(&name)
                .ok_or_else(|| A::Error::custom(format!("there is no property `{name}`")))?;
            let value = value(property.value_type(), &json)
                .ok_or_else(|| A::Error::custom(format!("`{name}` has a value of another type")))?;
            said.push((property, value));
        }
        Ok(said.into_iter().collect())
    }
}

fn value(kind: ValueType, json: &Json) -> Option<Value> {
    Some(match kind {
        ValueType::Text => Value::Text(json.as_str()?.into()),
        ValueType::Integer => Value::Integer(json.as_i64()?),
        ValueType::Real => Value::Real(Real(json.as_f64()?)),
        ValueType::Flag => Value::Flag(json.as_bool()?),
        ValueType::Time => Value::Time(json.as_str()?.parse().ok()?),
        ValueType::Texts => list(json)?,
    })
}

fn list(json: &Json) -> Option<Value> {
    let items = json.as_array()?.iter();
    let items: Option<Vec<Text>> = items.map(|item| item.as_str().map(Text::from)).collect();
    Some(Value::Texts(texts(items?).unwrap_or_default()))
}

/// A list as the text of a column.
pub(super) fn list_text(texts: &[Text]) -> String {
    let items = texts.iter().map(|text| Json::from(&**text));
    Json::Array(items.collect()).to_string()
}

/// A list from the text of a column.
pub(super) fn list_of_text(text: &str) -> Option<Value> {
    list(&serde_json::from_str(text).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::millis::Millis;
    use crate::property::{CVSS_SCORE, Draft, FIRST_SEEN, IS_OS, NAME, OS_BUILD, TAGS};

    #[test]
    fn properties_of_every_type_are_read_back() {
        let said = Draft::default()
            .text(NAME, Some("a \"b\""))
            .with(OS_BUILD, Some(-7))
            .with(CVSS_SCORE, Some(Real(7.5)))
            .with(IS_OS, Some(true))
            .with(FIRST_SEEN, Some(Millis::new(1_795_226_257_294)))
            .with(TAGS, texts(["x".into(), "[\"y\"]".into()]))
            .done();
        let json = serde_json::to_string(&said).unwrap();
        assert_eq!(
            json,
            r#"{"name":"a \"b\"","first_seen":"2026-11-21T01:57:37.294Z","os_build":-7,"tags":["[\"y\"]","x"],"is_os":true,"cvss_score":7.5}"#
        );
        assert_eq!(serde_json::from_str::<Properties>(&json).unwrap(), said);
    }

    #[test]
    fn what_is_no_property_is_refused_by_name() {
        for (json, problem) in [
            (r#"{"colour":"red"}"#, "there is no property `colour`"),
            (
                r#"{"os_build":"red"}"#,
                "`os_build` has a value of another type",
            ),
            (r#"{"tags":[1]}"#, "`tags` has a value of another type"),
            (
                r#"{"first_seen":"red"}"#,
                "`first_seen` has a value of another type",
            ),
        ] {
            let error = serde_json::from_str::<Properties>(json).unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
        }
    }
}
