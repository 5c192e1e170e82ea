//! Custom indicators.

use serde_json::{Value, json};

use super::operation::{Answer, Body, Operation};
use super::shape::Shape::{
    Batch, Choice, Flag, Format, Integer, List, Named, Object, OrNull, Pattern, Text, Words,
    Written,
};
use super::shape::{Field, Shape, field, nullable, object, required};
use crate::endpoint::indicators::{BATCH_MAX, INDICATORS};
use crate::state::{INDICATOR_ACTIONS, INDICATOR_SEVERITIES};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation::get(
        "/api/indicators",
        "listIndicators",
        "Active indicators",
        Answer::Page("Indicator"),
    )
    .noted(OWN)
    .of(&INDICATORS),
    Operation::get(
        "/api/indicators/$count",
        "countIndicators",
        "The number of active indicators",
        Answer::Count,
    )
    .noted(OWN)
    .of(&INDICATORS),
    Operation::post(
        "/api/indicators",
        "submitIndicator",
        "Creates an indicator, or updates the one with the same value and type",
        Body::Json(Named("IndicatorSubmission")),
        Answer::Entity("Indicator"),
    )
    .noted(
        "`expirationTime` must be in the future. A tenant holds at most 15,000 active indicators.",
    ),
    Operation::post(
        "/api/indicators/import",
        "importIndicators",
        "Submits many indicators, each on its own",
        Body::Json(Named("IndicatorImport")),
        Answer::Value(List(&Named("IndicatorImportResult"))),
    )
    .noted("An indicator that is not valid fails alone; one that has expired fails the call."),
    Operation::delete(
        "/api/indicators/{id}",
        "deleteIndicator",
        "Deletes an indicator",
        Answer::Empty,
    )
    .segments(&[required("id", NUMBER)])
    .status(204),
    Operation::post(
        "/api/indicators/BatchDelete",
        "deleteIndicators",
        "Deletes many indicators, or none",
        Body::Json(Named("IndicatorDeletion")),
        Answer::Empty,
    )
    .status(204)
    .refuses(&[404]),
];

const OWN: &str = "With `Ti.ReadWrite` alone an app sees the indicators that it made.";

/// An id fits into 64 bits.
const NUMBER: Shape = Pattern("^[0-9]{1,19}$");
const INSTANT: Shape = Format("date-time");

/// What a submission can say beside value, type and action.
const COMMON: &[Field] = &[
    required("title", Words),
    required("description", Words),
    nullable("severity", &Choice(INDICATOR_SEVERITIES)),
    nullable("expirationTime", &INSTANT),
    nullable("recommendedActions", &Text),
    nullable("application", &Text).noted("Cannot be changed later."),
    nullable("educateUrl", &Text),
    nullable("generateAlert", &Flag),
    nullable("rbacGroupNames", &List(&Text)),
];

pub(super) const SCHEMAS: &[(&str, Shape)] = &[
    ("IndicatorSubmission", Written(submission)),
    (
        "IndicatorImport",
        Object(&[
            required("Indicators", Batch(&Object(&[]), BATCH_MAX)).noted(
                "Each as in `IndicatorSubmission`; what is wrong with one stands in its result.",
            ),
        ]),
    ),
    (
        "IndicatorImportResult",
        Object(&[
            required("id", OrNull(&Text)),
            required("indicator", Text),
            required("isFailed", Flag),
            required("failureReason", OrNull(&Text)),
        ]),
    ),
    (
        "IndicatorDeletion",
        Object(&[required("IndicatorIds", Batch(&NUMBER, BATCH_MAX))]),
    ),
    (
        "Indicator",
        Object(&[
            field("id", NUMBER),
            field("indicatorValue", Text),
            field("indicatorType", Text),
            field("action", Text),
            nullable("createdBy", &Text),
            nullable("severity", &Text),
            nullable("category", &Integer),
            nullable("application", &Text),
            nullable("educateUrl", &Text),
            nullable("bypassDurationHours", &Integer),
            nullable("title", &Text),
            nullable("description", &Text),
            nullable("recommendedActions", &Text),
            nullable("creationTimeDateTimeUtc", &INSTANT),
            nullable("expirationTime", &INSTANT),
            nullable("lastUpdateTime", &INSTANT),
            nullable("lastUpdatedBy", &Text),
            field("rbacGroupNames", List(&Text)),
            field("rbacGroupIds", List(&Text)),
            nullable("notificationId", &Text),
            nullable("notificationBody", &Text),
            nullable("version", &Text),
            field("mitreTechniques", List(&Text)),
            nullable("historicalDetection", &Flag),
            nullable("lookBackPeriod", &Text),
            field("generateAlert", Flag),
            nullable("additionalInfo", &Text),
            nullable("createdByDisplayName", &Text),
            nullable("externalId", &Text),
            nullable("createdBySource", &Text),
            nullable("certificateInfo", &Object(&[])),
        ]),
    ),
];

/// Value, type and action that go together, and `Audit` only with an alert.
fn submission() -> Value {
    let any = INDICATOR_ACTIONS.to_vec();
    let network: Vec<&str> = any
        .iter()
        .filter(|action| **action != "BlockAndRemediate")
        .copied()
        .collect();
    let kinds = [
        ("FileSha1", hexadecimal(40), any.clone()),
        ("FileSha256", hexadecimal(64), any.clone()),
        ("FileMd5", hexadecimal(32), any),
        (
            "CertificateThumbprint",
            hexadecimal(40),
            vec!["Allowed", "BlockAndRemediate"],
        ),
        ("IpAddress", external_address(), network.clone()),
        ("DomainName", domain(), network.clone()),
        ("Url", web_address(), network),
    ];
    let kinds: Vec<Value> = kinds
        .into_iter()
        .map(|(kind, value, actions)| {
            json!({
                "type": "object", "required": ["indicatorValue", "indicatorType", "action"],
                "properties": {"indicatorValue": value, "indicatorType": {"const": kind}, "action": {"enum": actions}},
            })
        })
        .collect();
    let audit = json!({"anyOf": [
        {"properties": {"action": {"not": {"const": "Audit"}}}},
        {"properties": {"generateAlert": {"const": true}}, "required": ["generateAlert"]},
    ]});
    json!({"allOf": [object(COMMON), {"oneOf": kinds}, audit]})
}

fn hexadecimal(digits: usize) -> Value {
    json!({"type": "string", "pattern": format!("^[0-9A-Fa-f]{{{digits}}}$")})
}

fn external_address() -> Value {
    json!({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}],
           "description": "A single address that is not private; IPv6 with all eight groups."})
}

/// A name of at least two labels.
pub(super) fn domain() -> Value {
    let label = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
    json!({"type": "string", "maxLength": 253, "pattern": format!("^({label}\\.)+[A-Za-z_]([A-Za-z0-9_-]{{0,61}}[A-Za-z0-9_])?$")})
}

fn web_address() -> Value {
    json!({"type": "string", "description": "Of HTTP, HTTPS or FTP; the scheme may be left out.",
           "pattern": "^((https?|ftp)://)?[^\\s/?#]+([/?#]\\S*)?$"})
}
