//! What the API's entities need of the rows, gathered while the rows are made.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::calendar;
use super::rows::{Alert, Dated, Evidence, Item, Rows};
use crate::wire_time;

/// A device as its latest snapshot shows it.
#[derive(Debug, Clone)]
pub(super) struct DeviceFacts {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) client_version: String,
    pub(super) public_ip: &'static str,
    pub(super) group: &'static str,
    pub(super) exposure: &'static str,
    pub(super) value: &'static str,
}

/// An alert with its evidence.
#[derive(Debug, Clone)]
pub(super) struct AlertFacts {
    pub(super) device: u32,
    pub(super) raised: i64,
    pub(super) title: &'static str,
    pub(super) category: &'static str,
    pub(super) severity: &'static str,
    pub(super) techniques: &'static str,
    /// As on the wire.
    pub(super) evidence: Vec<Value>,
}

/// Facts by number of the device and by id of the alert.
#[derive(Debug, Default)]
pub(super) struct Harvest {
    pub(super) devices: BTreeMap<u32, DeviceFacts>,
    pub(super) alerts: BTreeMap<String, AlertFacts>,
}

impl Harvest {
    /// What some rows tell.
    pub(super) fn of(rows: &Rows<'_>) -> Self {
        let mut harvest = Self::default();
        for row in &rows.info {
            let facts = DeviceFacts {
                first: row.stamp.time,
                last: row.stamp.time,
                client_version: row.client_version.to_string(),
                public_ip: row.public_ip,
                group: row.group,
                exposure: row.exposure,
                value: row.value,
            };
            harvest.add_device(row.stamp.device.number, facts);
        }
        for row in &rows.alert {
            let facts = alert_facts(row.stamp().device.number, row.stamp().time, row.alert);
            harvest.alerts.insert(row.alert.id.clone(), facts);
        }
        for row in &rows.evidence {
            let facts = harvest
                .alerts
                .entry(row.alert.id.clone())
                .or_insert_with(|| alert_facts(row.stamp.device.number, row.stamp.time, row.alert));
            facts
                .evidence
                .extend(evidence(&row.evidence, row.stamp.time));
        }
        harvest
    }

    /// Takes over what later rows tell.
    pub(super) fn merge(&mut self, later: Self) {
        for (number, facts) in later.devices {
            self.add_device(number, facts);
        }
        for (id, facts) in later.alerts {
            match self.alerts.get_mut(&id) {
                Some(known) => known.evidence.extend(facts.evidence),
                None => {
                    self.alerts.insert(id, facts);
                }
            }
        }
    }

    fn add_device(&mut self, number: u32, facts: DeviceFacts) {
        match self.devices.get_mut(&number) {
            None => {
                self.devices.insert(number, facts);
            }
            Some(known) => {
                let first = known.first.min(facts.first);
                if facts.last >= known.last {
                    *known = facts;
                }
                known.first = first;
            }
        }
    }
}

fn alert_facts(device: u32, raised: i64, alert: &Alert) -> AlertFacts {
    AlertFacts {
        device,
        raised,
        title: alert.title,
        category: alert.category,
        severity: alert.severity,
        techniques: alert.techniques,
        evidence: Vec::new(),
    }
}

/// The wire form of a piece of evidence; the machine and mails are none there.
fn evidence(evidence: &Evidence<'_>, time: i64) -> Option<Value> {
    let mut item = blank(time);
    match evidence {
        Evidence::Machine | Evidence::Message(_) => return None,
        Evidence::User(account) => {
            item["entityType"] = json!("User");
            item["accountName"] = json!(account.name);
            item["domainName"] = json!(account.domain);
            item["userSid"] = json!(account.sid);
            item["aadUserId"] = json!(account.object_id);
            item["userPrincipalName"] = json!(account.upn);
        }
        Evidence::File(file) => {
            item["entityType"] = json!("File");
            set_file(&mut item, file);
        }
        Evidence::Process(file, command_line) => {
            item["entityType"] = json!("Process");
            set_file(&mut item, file);
            item["processCommandLine"] = json!(command_line);
        }
        Evidence::Ip(ip) => {
            item["entityType"] = json!("Ip");
            item["ipAddress"] = json!(ip);
        }
        Evidence::Url(url) => {
            item["entityType"] = json!("Url");
            item["url"] = json!(url);
        }
    }
    Some(item)
}

fn set_file(item: &mut Value, file: &Item<'_>) {
    item["fileName"] = json!(file.name);
    let folder = file
        .path
        .strip_suffix(file.name.as_ref())
        .unwrap_or(&file.path);
    item["filePath"] = json!(folder.trim_end_matches(['\\', '/']));
    if let Some(digests) = &file.digests {
        item["sha1"] = json!(digests.sha1);
        item["sha256"] = json!(digests.sha256);
    }
    item["detectionStatus"] = json!("Detected");
}

/// Every key that evidence has.
fn blank(time: i64) -> Value {
    json!({
        "entityType": null, "evidenceCreationTime": wire_time::text(calendar::timestamp(time)), "sha1": null,
        "sha256": null, "fileName": null, "filePath": null, "processId": null, "processCommandLine": null,
        "processCreationTime": null, "parentProcessId": null, "parentProcessCreationTime": null,
        "parentProcessFileName": null, "parentProcessFilePath": null, "ipAddress": null, "url": null,
        "registryKey": null, "registryHive": null, "registryValueType": null, "registryValue": null,
        "registryValueName": null, "accountName": null, "domainName": null, "userSid": null, "aadUserId": null,
        "userPrincipalName": null, "detectionStatus": null,
    })
}
