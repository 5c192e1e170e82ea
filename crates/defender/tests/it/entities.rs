//! Entities in the forms that were observed on the wire.

use serde_json::{Value, json};
use tesem_defender::Entity;
use tesem_defender::endpoint::{
    ActionAvailability, Alert, AlertSeverity, EvidenceKind, Indicator, IndicatorAction, Machine,
    MachineAction, User,
};
use tesem_defender::graph::{GraphAlert, GraphIncident, GraphSeverity};

fn read<T: Entity>(wire: &Value) -> T {
    T::read(wire.as_object().unwrap().clone()).unwrap()
}

#[test]
fn a_machine_of_any_year() {
    let old: Machine = read(
        &json!({"id": "1e5bc9d7e413ddd7902c2932e418702b84d0cc07", "computerDnsName": null,
        "firstSeen": "2018-08-02T14:55:03.7791856Z", "osBuild": 18209, "healthStatus": "Active", "rbacGroupId": "140",
        "isAadJoined": 1, "machineTags": ["test tag 1"]}),
    );
    assert_eq!(
        (old.rbac_group_id, old.is_aad_joined, old.machine_tags.len()),
        (Some(140), Some(true), 1)
    );
    let new: Machine = read(
        &json!({"id": "x", "managedByStatus": "Unknown", "healthStatus": "Asleep", "vmMetadata": null,
        "ipAddresses": [{"ipAddress": "10.0.0.4", "macAddress": "000D3A", "type": "Ethernet", "operationalStatus": "Up"}],
        "somethingNew": {"a": [1]}}),
    );
    assert_eq!(
        new.health_status.unwrap().as_str(),
        "Asleep",
        "new words are kept"
    );
    assert_eq!(new.ip_addresses[0].kind.as_deref(), Some("Ethernet"));
    assert_eq!(new.extra["somethingNew"], json!({"a": [1]}));
}

#[test]
fn an_alert_with_evidence_whose_other_fields_are_null() {
    let alert: Alert = read(
        &json!({"id": "da637084217856368682_-292920499", "incidentId": 66860, "investigationId": 4416234,
        "severity": "Low", "status": "New", "classification": "TruePositive", "determination": null,
        "investigationState": "Running", "loggedOnUsers": [{"accountName": "u", "domainName": "d"}],
        "relatedUser": {"userName": "u", "domainName": "d"}, "comments": [{"comment": "c", "createdBy": "s", "createdTime": "2020-05-21T12:08:37.8404534Z"}],
        "evidence": [{"entityType": "File", "evidenceCreationTime": "2020-05-20T12:23:33.9233333Z", "sha1": "aa", "sha256": "",
            "processId": null, "userSid": null, "ipAddress": null}], "domains": []}),
    );
    assert_eq!(alert.incident_id.unwrap().as_str(), "66860");
    assert_eq!(alert.severity, Some(AlertSeverity::Low));
    assert_eq!(alert.evidence[0].kind, Some(EvidenceKind::File));
    assert_eq!(
        (
            alert.evidence[0].sha256.as_deref(),
            alert.evidence[0].process_id
        ),
        (Some(""), None)
    );
    assert_eq!(alert.extra["domains"], json!([]));
}

#[test]
fn indicators_actions_and_users() {
    let wire = json!({"id": "995", "indicatorValue": "12.13.14.15", "indicatorType": "IpAddress", "action": "AlertAndBlock",
        "createdBy": "45097602-1234-5678-1234-9f453233e62c", "expirationTime": null, "category": 1, "rbacGroupIds": [],
        "mitreTechniques": [], "historicalDetection": false, "externalId": null, "version": null});
    let indicator: Indicator = read(&wire);
    assert_eq!(
        (indicator.action.clone(), indicator.expires),
        (Some(IndicatorAction::AlertAndBlock), None)
    );
    assert_eq!(
        serde_json::to_value(&indicator).unwrap()["externalId"],
        Value::Null,
        "what is kept is written again"
    );
    let action: MachineAction = read(
        &json!({"id": "a", "type": "Isolate", "status": "Pending", "scope": "Full", "commands": [],
        "lastUpdateDateTimeUtc": "2019-01-02T14:39:38.2262283Z", "relatedFileInfo": null, "errorHResult": 0}),
    );
    assert!(action.last_update.is_some());
    let available: ActionAvailability =
        read(&json!({"action": "FullIsolation", "isAvailable": true, "notSupportedReason": null}));
    assert_eq!(available.is_available, Some(true));
    let user: User = read(
        &json!({"id": r"contoso\user1", "logOnMachinesCount": 2, "isDomainAdmin": false, "isOnlyNetworkUser": null}),
    );
    assert_eq!(
        (user.id.as_str(), user.logon_machines_count),
        (r"contoso\user1", Some(2))
    );
}

#[test]
fn graph_with_its_odd_nulls() {
    let alert: GraphAlert = read(
        &json!({"@odata.type": "#microsoft.graph.security.alert", "id": "da1", "severity": "HIGH",
        "resolvedDateTime": {}, "incidentId": "28282", "evidence": [{"@odata.type": "#microsoft.graph.security.ipEvidence"}]}),
    );
    assert_eq!(
        (alert.severity.clone(), alert.resolved),
        (Some(GraphSeverity::High), None)
    );
    let incident: GraphIncident = read(
        &json!({"id": "2972395", "redirectIncidentId": null, "alerts": [{"id": "da1"}], "customTags": ["Demo"]}),
    );
    assert_eq!(
        (
            incident.alerts[0].id.as_str(),
            incident.redirect_incident_id
        ),
        ("da1", None)
    );
}
