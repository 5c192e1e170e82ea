//! To whom an object may be passed on: markings of the Traffic Light Protocol.
//!
//! Objects carry the marking of TLP 2.0 and the nearest of TLP 1.0, because many readers know only one of the two.
//! Sources: STIX Version 2.1, section 7.2.1.4 (TLP 1.0); the OASIS extension definition for TLP 2.0,
//! <https://github.com/oasis-open/cti-stix-common-objects>.

use serde_json::{Value, json};

use crate::indicator::Indicator;

/// Who may see it, from everyone to the recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Clear,
    Green,
    Amber,
    AmberStrict,
    Red,
}

/// The extension that markings of TLP 2.0 are written in.
const TLP2_EXTENSION: &str = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d";

impl Level {
    /// The strictest level that a feed gives the indicator; nothing where none gives any.
    pub(super) fn of(indicator: &Indicator) -> Option<Self> {
        let labels = indicator
            .provenance
            .iter()
            .filter_map(|one| one.tlp.as_deref());
        labels.map(Self::named).max()
    }

    /// The level with that name. A label that is not known is taken for the strictest: it restricts something.
    fn named(label: &str) -> Self {
        let lower = label.trim().to_ascii_lowercase();
        match lower.strip_prefix("tlp:").unwrap_or(&lower) {
            "clear" | "white" => Self::Clear,
            "green" => Self::Green,
            "amber" => Self::Amber,
            "amber+strict" => Self::AmberStrict,
            _ => Self::Red,
        }
    }

    /// The definitions of its markings, that of TLP 2.0 first.
    pub(super) fn definitions(self) -> [Value; 2] {
        let (new, new_id) = match self {
            Self::Clear => ("clear", "94868c89-83c2-464b-929b-a1a8aa3c8487"),
            Self::Green => ("green", "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"),
            Self::Amber => ("amber", "55d920b0-5e8b-4f79-9ee9-91f868d9b421"),
            Self::AmberStrict => ("amber+strict", "939a9414-2ddd-4d32-a0cd-375ea402b003"),
            Self::Red => ("red", "e828b379-4e03-4974-9ac4-e53a884c97c1"),
        };
        let (old, old_id) = match self {
            Self::Clear => ("white", "613f2e26-407d-48c7-9eca-b8e91df99dc9"),
            Self::Green => ("green", "34098fce-860f-48ae-8e50-ebd3cc5e41da"),
            // The nearest that TLP 1.0 has.
            Self::Amber | Self::AmberStrict => ("amber", "f88d31f6-486f-44da-b317-01333bde0b82"),
            Self::Red => ("red", "5e57c739-391a-4eb3-b6be-7d15ca92d5ed"),
        };
        [
            definition_of_tlp2(new, new_id),
            definition_of_tlp1(old, old_id),
        ]
    }
}

fn definition_of_tlp2(level: &str, id: &str) -> Value {
    json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": format!("marking-definition--{id}"),
        "created": "2022-10-01T00:00:00.000Z",
        "name": format!("TLP:{}", level.to_uppercase()),
        "extensions": {
            TLP2_EXTENSION: {
                "extension_type": "property-extension",
                "tlp_2_0": level,
            },
        },
    })
}

fn definition_of_tlp1(level: &str, id: &str) -> Value {
    json!({
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": format!("marking-definition--{id}"),
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": format!("TLP:{}", level.to_uppercase()),
        "definition": { "tlp": level },
    })
}

/// The object with references to the definitions of its markings.
pub(super) fn marked(mut object: Value, definitions: &[Value]) -> Value {
    let ids: Vec<&Value> = definitions.iter().filter_map(|one| one.get("id")).collect();
    if let (Some(properties), false) = (object.as_object_mut(), ids.is_empty()) {
        properties.insert("object_marking_refs".to_owned(), json!(ids));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicator::Provenance;

    fn level(labels: &[&str]) -> Option<Level> {
        let provenance = labels.iter().map(|label| Provenance {
            tlp: Some((*label).to_owned()),
            ..Provenance::default()
        });
        Level::of(&Indicator {
            observable: tesem_observable::recognise("evil.com").unwrap(),
            origins: Vec::new(),
            provenance: provenance.collect(),
        })
    }

    #[test]
    fn the_strictest_label_of_all_feeds_counts() {
        let cases: [(&[&str], Option<Level>); 8] = [
            (&[], None),
            (&["clear"], Some(Level::Clear)),
            (&["TLP:WHITE"], Some(Level::Clear)),
            (&["green", "amber"], Some(Level::Amber)),
            (&["amber+strict", "amber"], Some(Level::AmberStrict)),
            (&["clear", "red", "green"], Some(Level::Red)),
            (&["TLP:Amber+Strict"], Some(Level::AmberStrict)),
            (&["ours only"], Some(Level::Red)),
        ];
        for (labels, expected) in cases {
            assert_eq!(level(labels), expected, "{labels:?}");
        }
    }

    #[test]
    fn each_level_has_its_own_marking_of_tlp_2() {
        use Level::{Amber, AmberStrict, Clear, Green, Red};
        let mut ids: Vec<String> = [Clear, Green, Amber, AmberStrict, Red]
            .map(|level| level.definitions()[0]["id"].to_string())
            .into();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 5);
    }
}
