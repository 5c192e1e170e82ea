//! Tenants of tests.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};
use tesem_defender::Entity;
use tesem_defender::endpoint::Indicator;

use crate::actual::{APPLICATION_DEFAULT, Owner};
use crate::listing::Listing;

pub(crate) fn now() -> Timestamp {
    "2026-11-28T20:00:00Z".parse().unwrap()
}

/// An indicator as the client reads it.
pub(crate) fn indicator(wire: &Value) -> Indicator {
    Indicator::read(wire.as_object().unwrap().clone()).unwrap()
}

/// What a tenant has, where label alone tells what is ours.
pub(crate) fn listing(wire: impl IntoIterator<Item = Value>) -> Listing {
    let owner = Owner {
        application: APPLICATION_DEFAULT.to_owned(),
        client_id: None,
    };
    let indicators = wire.into_iter().map(|wire| indicator(&wire));
    Listing::new(indicators.collect(), &owner)
}

/// Everything that a cell can hold.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "=1+1",
        "+1",
        "-x",
        "@SUM(A1)",
        "\t=1",
        "\r\n=1",
        "\n=1",
        "\"",
        "'",
        "\\",
        ",",
        "\\'",
        "a\"b,c",
        "\u{0}",
        "\u{1b}[31m",
        "\u{202e}",
        "é",
        "",
    ]);
    prop::collection::vec(prop_oneof![nasty.prop_map(str::to_owned), ".{0,6}"], 0..4)
        .prop_map(|parts| parts.concat())
}

/// An indicator with any content in its fields.
pub(crate) fn any_indicator() -> impl Strategy<Value = Value> {
    let kinds = [
        "FileSha1",
        "FileSha256",
        "FileMd5",
        "CertificateThumbprint",
        "IpAddress",
        "DomainName",
        "Url",
        "WebCategory",
        "Other",
    ];
    let actions = [
        "Allowed",
        "Audit",
        "Warn",
        "Block",
        "BlockAndRemediate",
        "Alert",
        "AlertAndBlock",
        "Later",
    ];
    (
        0_u32..50,
        prop::sample::select(kinds.to_vec()),
        prop::sample::select(actions.to_vec()),
        prop::array::uniform5(any_text()),
        prop::collection::vec(any_text(), 0..3),
        prop::option::of(0_i64..4_000_000_000),
    )
        .prop_map(|(id, kind, action, texts, groups, ends)| {
            let [value, title, description, recommended, label] = texts;
            let expires = ends.and_then(|ends| Timestamp::from_second(ends).ok());
            json!({"id": id.to_string(), "indicatorType": kind, "indicatorValue": value, "action": action, "title": title,
                "description": description, "recommendedActions": recommended, "application": label, "rbacGroupNames": groups,
                "mitreTechniques": groups, "expirationTime": expires, "creationTimeDateTimeUtc": "2026-01-01T00:00:00Z",
                "newField": {"x": [title]}})
        })
}
