//! What the service says, in the shapes of the client.

use serde_json::{Value, json};
use tesem_defender::endpoint::{Alert, File, Machine};
use tesem_defender::{Entity, HuntingColumn, HuntingResult, HuntingType};

pub(crate) const SHA1: &str = "1111111111111111111111111111111111111111";
pub(crate) const SHA256: &str = "2222222222222222222222222222222222222222222222222222222222222222";
pub(crate) const MD5: &str = "33333333333333333333333333333333";

pub(crate) fn entity<T: Entity>(value: Value) -> T {
    T::read(value.as_object().unwrap().clone()).unwrap()
}

/// `value` with the members of `more`; null takes one away.
pub(crate) fn with(mut value: Value, more: Value) -> Value {
    let members = value.as_object_mut().unwrap();
    for (name, value) in more.as_object().unwrap().clone() {
        match value {
            Value::Null => members.shift_remove(&name),
            value => members.insert(name, value),
        };
    }
    value
}

pub(crate) fn alert(more: Value) -> Alert {
    entity(with(
        json!({
            "id": "da637_1",
            "severity": "Medium",
            "detectionSource": "WindowsDefenderAtp",
            "title": "Suspicious",
            "description": "Something **happened**",
            "alertCreationTime": "2026-11-19T08:00:00.5Z",
            "firstEventTime": "2026-11-19T07:00:00.1234567Z",
            "lastUpdateTime": "2026-11-19T09:00:00Z",
            "machineId": "m1",
            "computerDnsName": "pc1.example.com",
            "evidence": [],
        }),
        more,
    ))
}

pub(crate) fn machine(more: Value) -> Machine {
    let machine = json!({
        "id": "m1", "osPlatform": "Windows10", "osProcessor": "x64", "version": "1903",
    });
    entity(with(machine, more))
}

pub(crate) fn file() -> File {
    entity(json!({"sha1": SHA1, "sha256": SHA256, "md5": MD5}))
}

/// A result with a column for each name in any row.
pub(crate) fn rows(rows: &[Value]) -> HuntingResult {
    let mut names: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(|row| row.as_object().unwrap().keys()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let cells = |row: &Value| {
        let cell = |name: &String| row.get(name).cloned().unwrap_or_else(|| json!(""));
        names.iter().map(cell).collect()
    };
    HuntingResult {
        rows: rows.iter().map(cells).collect(),
        columns: names
            .iter()
            .map(|name| HuntingColumn {
                name: name.clone(),
                kind: HuntingType::String,
            })
            .collect(),
        ..HuntingResult::default()
    }
}

pub(crate) fn network_row(more: Value) -> Value {
    with(
        json!({
            "Timestamp": "2026-11-19T07:00:00.1234560Z",
            "DeviceId": "m1",
            "DeviceName": "pc1.example.com",
            "ActionType": "ConnectionSuccess",
            "RemoteUrl": "https://evil.example.com/x",
            "RemoteIP": "192.0.2.1",
            "LocalIP": "10.0.0.1",
            "InitiatingProcessSHA1": SHA1,
            "InitiatingProcessSHA256": SHA256,
            "InitiatingProcessMD5": MD5,
            "InitiatingProcessFileName": "a.exe",
            "InitiatingProcessFolderPath": "c:\\a",
            "InitiatingProcessParentFileName": "parent.exe",
        }),
        more,
    )
}

pub(crate) fn file_row(more: Value) -> Value {
    with(
        json!({
            "Timestamp": "2026-11-19T07:00:00.1234560Z",
            "DeviceId": "m1",
            "DeviceName": "pc1.example.com",
            "ActionType": "FileCreated",
            "SHA1": "a1", "SHA256": "a2", "MD5": "a3",
            "FileName": "b.exe",
            "FolderPath": "c:\\b",
            "FileOriginUrl": "http://o.example.com",
            "FileOriginReferrerUrl": "http://r.example.com",
            "PreviousFileName": "old.exe",
            "InitiatingProcessSHA1": "p1",
            "InitiatingProcessSHA256": "p2",
            "InitiatingProcessMD5": "p3",
            "InitiatingProcessFileName": "a.exe",
            "InitiatingProcessFolderPath": "c:\\a",
            "InitiatingProcessParentFileName": "parent.exe",
        }),
        more,
    )
}
