//! What the model says that a sighting must be, written down from its documentation and not from the code.
//!
//! Source: github.com/threatgrid/ctim, doc/structures/sighting.md.

use jiff::Timestamp;
use serde_json::Value;

const OBSERVABLE_TYPES: &[&str] = &[
    "ip",
    "ipv6",
    "domain",
    "url",
    "hostname",
    "mac_address",
    "md5",
    "sha1",
    "sha256",
    "file_name",
    "file_path",
    "user",
    "device",
    "process_name",
    "process_path",
    "process_args",
    "registry_key",
    "ms_machine_id",
];

const MEMBERS: &[&str] = &[
    "type",
    "id",
    "schema_version",
    "source",
    "sensor",
    "confidence",
    "internal",
    "count",
    "observables",
    "observed_time",
    "timestamp",
    "title",
    "description",
    "severity",
    "source_uri",
    "relations",
    "targets",
    "data",
];

const LEVELS: &[&str] = &["Info", "Low", "Medium", "High", "None", "Unknown"];

/// Panics where `sighting` breaks a rule.
pub(crate) fn check_sighting(sighting: &Value) {
    let members = sighting.as_object().unwrap();
    for (name, value) in members {
        assert!(MEMBERS.contains(&name.as_str()), "unknown member {name}");
        assert!(!value.is_null(), "{name} is null");
    }
    assert_eq!(sighting["type"], "sighting");
    let id = sighting["id"].as_str().unwrap();
    let uuid = id
        .strip_prefix("transient-sighting:")
        .or_else(|| id.strip_prefix("transient:sighting-"));
    let uuid = uuid::Uuid::try_parse(uuid.unwrap()).unwrap();
    assert_eq!(uuid.get_version_num(), 4);
    assert!(sighting["schema_version"].is_string() && sighting["sensor"] == "endpoint");
    assert!(text(sighting, "source").chars().count() <= 2048);
    assert!(LEVELS.contains(&text(sighting, "confidence")));
    assert!(sighting["internal"].is_boolean() && sighting["count"].is_u64());
    check_time(&sighting["observed_time"]);
    for (name, chars_max) in [("title", 1024), ("description", 5000)] {
        let chars = sighting[name].as_str().unwrap_or_default().chars().count();
        assert!(chars <= chars_max, "{name} has {chars} characters");
    }
    if let Some(severity) = members.get("severity") {
        let severity = severity.as_str().unwrap();
        assert!(severity == "Critical" || LEVELS.contains(&severity));
    }
    if let Some(uri) = members.get("source_uri") {
        url::Url::parse(uri.as_str().unwrap()).unwrap();
    }
    if let Some(time) = members.get("timestamp") {
        let _: Timestamp = time.as_str().unwrap().parse().unwrap();
    }
    list(sighting, "observables")
        .iter()
        .for_each(check_observable);
    list(sighting, "relations").iter().for_each(check_relation);
    list(sighting, "targets").iter().for_each(check_target);
    if let Some(data) = members.get("data") {
        check_data(data);
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

fn check_time(time: &Value) {
    let start: Timestamp = text(time, "start_time").parse().unwrap();
    let end: Timestamp = text(time, "end_time").parse().unwrap();
    assert!(start <= end);
}

fn check_observable(observable: &Value) {
    assert_eq!(observable.as_object().unwrap().len(), 2);
    assert!(OBSERVABLE_TYPES.contains(&text(observable, "type")));
    assert!(!text(observable, "value").is_empty());
}

fn check_relation(relation: &Value) {
    let names: Vec<&String> = relation.as_object().unwrap().keys().collect();
    assert_eq!(names, ["origin", "relation", "source", "related"]);
    assert!(!text(relation, "origin").is_empty() && !text(relation, "relation").is_empty());
    check_observable(&relation["source"]);
    check_observable(&relation["related"]);
}

fn check_target(target: &Value) {
    assert_eq!(target["type"], "endpoint");
    assert!(
        target
            .get("os")
            .is_none_or(|os| !os.as_str().unwrap().is_empty())
    );
    check_time(&target["observed_time"]);
    let observables = list(target, "observables");
    observables.iter().for_each(check_observable);
    for (place, observable) in observables.iter().enumerate() {
        assert!(
            !observables[..place].contains(observable),
            "twice: {observable}"
        );
    }
}

fn check_data(data: &Value) {
    let columns = list(data, "columns");
    for column in columns {
        let kind = text(column, "type");
        assert!(
            [
                "observable",
                "string",
                "markdown",
                "integer",
                "number",
                "url"
            ]
            .contains(&kind)
        );
        assert!(!text(column, "name").is_empty());
    }
    for row in list(data, "rows") {
        assert_eq!(row.as_array().unwrap().len(), columns.len());
    }
}
