//! Alerts of Microsoft Graph as those of Defender for Endpoint.
//!
//! Source: learn.microsoft.com/graph/api/resources/security-alert and security-alertevidence.

use futures::{StreamExt, TryStreamExt};
use serde_json::{Map, Value, json};
use tesem_defender::endpoint::{Alert, ItemStream};
use tesem_defender::graph::{GraphAlert, GraphSeverity};
use tesem_defender::{Comparison, DefenderClient, Filter, ListQuery};

use super::alerts::Which;
use super::row::read;

/// The alerts that Defender for Endpoint raised: those of other products are about no machine.
pub(super) fn list(client: &DefenderClient, which: Which) -> ItemStream<Alert> {
    let ours = Filter::equal("serviceSource", "microsoftDefenderForEndpoint");
    let asked = match which {
        Which::Open => Filter::equal("status", "new").or(&Filter::equal("status", "inProgress")),
        Which::Since(since) => {
            Filter::compare("lastUpdateDateTime", Comparison::Ge, since.timestamp())
        }
    };
    let query = ListQuery::filtered(ours.and(&asked));
    let alerts = client.reader().graph_alerts().list(&query);
    let alerts = alerts.and_then(|alert| std::future::ready(read(fields(&alert))));
    alerts.boxed()
}

/// The fields that Defender for Endpoint writes.
fn fields(alert: &GraphAlert) -> Map<String, Value> {
    let word = |word: Option<&str>| word.map(capital);
    let severity = alert.severity.as_ref().map(GraphSeverity::as_str);
    let known = [
        (
            "id",
            json!(
                alert
                    .provider_alert_id
                    .as_deref()
                    .unwrap_or(alert.id.as_str())
            ),
        ),
        ("incidentId", json!(alert.incident_id)),
        ("status", json!(word(alert.status.as_deref()))),
        ("severity", json!(word(severity))),
        (
            "classification",
            json!(word(alert.classification.as_deref())),
        ),
        ("determination", json!(word(alert.determination.as_deref()))),
        (
            "detectionSource",
            json!(word(alert.detection_source.as_deref())),
        ),
        ("category", json!(alert.category)),
        ("threatFamilyName", json!(alert.threat_family_name)),
        ("threatName", json!(alert.threat_display_name)),
        ("title", json!(alert.title)),
        ("description", json!(alert.description)),
        ("assignedTo", json!(alert.assigned_to)),
        ("alertCreationTime", json!(alert.created)),
        ("firstEventTime", json!(alert.first_activity)),
        ("lastEventTime", json!(alert.last_activity)),
        ("lastUpdateTime", json!(alert.last_update)),
        ("resolvedTime", json!(alert.resolved)),
        ("mitreTechniques", json!(alert.mitre_techniques)),
        ("machineId", json!(machine(alert))),
        (
            "evidence",
            Value::Array(alert.evidence.iter().filter_map(evidence).collect()),
        ),
    ];
    let known = known.into_iter().filter(|(_, value)| !value.is_null());
    known
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// `inProgress` as `InProgress`: Graph writes the words of Defender for Endpoint so.
fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The machine that the alert is about: the first one that it names.
fn machine(alert: &GraphAlert) -> Option<&str> {
    let devices = alert
        .evidence
        .iter()
        .filter(|item| is(item, "deviceEvidence"));
    let mut ids = devices.filter_map(|device| device.get("mdeDeviceId")?.as_str());
    ids.find(|id| !id.is_empty())
}

fn is(item: &Value, kind: &str) -> bool {
    let said = item.get("@odata.type").and_then(Value::as_str);
    said.is_some_and(|said| said.rsplit('.').next() == Some(kind))
}

/// A piece of evidence that the graph has a place for: an address or an account. The rest is named by its kind, so that it is counted.
fn evidence(item: &Value) -> Option<Value> {
    let kind = item.get("@odata.type")?.as_str()?.rsplit('.').next()?;
    match kind {
        "deviceEvidence" => None,
        "ipEvidence" => Some(json!({"entityType": "Ip", "ipAddress": item.get("ipAddress")})),
        "userEvidence" => {
            let account = item.get("userAccount")?;
            Some(json!({
                "entityType": "User", "accountName": account.get("accountName"), "domainName": account.get("domainName"),
                "userSid": account.get("userSid"), "userPrincipalName": account.get("userPrincipalName"),
            }))
        }
        other => Some(json!({"entityType": capital(other.trim_end_matches("Evidence"))})),
    }
}

#[cfg(test)]
mod tests {
    use tesem_defender::Entity;
    use tesem_defender::endpoint::EvidenceKind;

    use super::*;

    #[test]
    fn an_alert_of_graph_says_what_one_of_defender_does() {
        let graph = json!({
            "id": "da1", "providerAlertId": "da1_1", "status": "inProgress", "severity": "high", "title": "T",
            "createdDateTime": "2026-11-01T00:00:00Z", "lastUpdateDateTime": "2026-11-02T00:00:00Z",
            "evidence": [
                {"@odata.type": "#microsoft.graph.security.deviceEvidence", "mdeDeviceId": "m1"},
                {"@odata.type": "#microsoft.graph.security.ipEvidence", "ipAddress": "203.0.113.7"},
                {"@odata.type": "#microsoft.graph.security.userEvidence", "userAccount": {"accountName": "ana", "domainName": "contoso"}},
                {"@odata.type": "#microsoft.graph.security.fileEvidence", "fileDetails": {}},
                {"no": "type"},
            ],
        });
        let Value::Object(graph) = graph else {
            panic!()
        };
        let alert: Alert = read(fields(&GraphAlert::read(graph).unwrap())).unwrap();
        assert_eq!(alert.id.as_str(), "da1_1");
        assert_eq!(alert.machine_id.unwrap().as_str(), "m1");
        assert_eq!(alert.status.unwrap().as_str(), "InProgress");
        assert_eq!(alert.severity.unwrap().as_str(), "High");
        let told: Vec<_> = alert
            .evidence
            .iter()
            .map(|item| item.kind.clone().unwrap())
            .collect();
        let told: Vec<&str> = told.iter().map(EvidenceKind::as_str).collect();
        assert_eq!(told, ["Ip", "User", "File"]);
    }
}
