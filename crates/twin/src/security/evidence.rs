//! Evidence in Graph's types.

use serde_json::{Value, json};

use crate::data::Entity;
use crate::state::{entity, evidence, text};

/// The evidence of an alert: its device, then what the alert points at.
pub(super) fn of_alert(alert: &Entity, machine: Option<&Entity>) -> Vec<Value> {
    let device = machine.map(|machine| device(alert, machine));
    let others = evidence(alert).filter_map(|found| other(alert, found));
    device.into_iter().chain(others).collect()
}

/// What every piece of evidence says.
fn common(kind: &str, created: Option<&Value>, role: &[&str]) -> Entity {
    entity(json!({
        "@odata.type": format!("#microsoft.graph.security.{kind}"), "createdDateTime": created,
        "verdict": "suspicious", "remediationStatus": "none", "remediationStatusDetails": null, "roles": role,
        "detailedRoles": [], "tags": [],
    }))
}

fn with(mut evidence: Entity, fields: Value) -> Value {
    evidence.extend(entity(fields));
    Value::Object(evidence)
}

fn device(alert: &Entity, machine: &Entity) -> Value {
    let camel = |name| super::camel(machine, name);
    let evidence = common(
        "deviceEvidence",
        alert.get("alertCreationTime"),
        &["attacked"],
    );
    with(
        evidence,
        json!({
            "firstSeenDateTime": machine.get("firstSeen"), "mdeDeviceId": machine.get("id"),
            "azureAdDeviceId": machine.get("aadDeviceId"), "deviceDnsName": machine.get("computerDnsName"),
            "osPlatform": machine.get("osPlatform"), "osBuild": machine.get("osBuild"),
            "version": machine.get("version"), "healthStatus": camel("healthStatus"), "riskScore": camel("riskScore"),
            "rbacGroupId": machine.get("rbacGroupId"), "rbacGroupName": machine.get("rbacGroupName"),
            "onboardingStatus": camel("onboardingStatus"), "defenderAvStatus": camel("defenderAvStatus"),
            "ipInterfaces": addresses(machine), "vmMetadata": null, "loggedOnUsers": alert.get("loggedOnUsers"),
        }),
    )
}

fn addresses(machine: &Entity) -> Vec<&Value> {
    let interfaces = machine.get("ipAddresses").and_then(Value::as_array);
    let all = interfaces.into_iter().flatten();
    all.filter_map(|interface| interface.get("ipAddress"))
        .collect()
}

fn other(alert: &Entity, found: &Entity) -> Option<Value> {
    let created = found
        .get("evidenceCreationTime")
        .filter(|time| !time.is_null());
    let created = created.or_else(|| alert.get("alertCreationTime"));
    let device = alert.get("machineId");
    Some(match text(found, "entityType") {
        "File" => with(
            common("fileEvidence", created, &[]),
            json!({"detectionStatus": super::camel(found, "detectionStatus"), "mdeDeviceId": device,
                   "fileDetails": file(found)}),
        ),
        "Process" => with(
            common("processEvidence", created, &[]),
            json!({
                "processId": found.get("processId"), "parentProcessId": found.get("parentProcessId"),
                "processCommandLine": found.get("processCommandLine"),
                "processCreationDateTime": found.get("processCreationTime"),
                "parentProcessCreationDateTime": found.get("parentProcessCreationTime"),
                "detectionStatus": super::camel(found, "detectionStatus"), "mdeDeviceId": device,
                "imageFile": file(found), "parentProcessImageFile": null, "userAccount": null,
            }),
        ),
        "Ip" => with(
            common("ipEvidence", created, &[]),
            json!({"ipAddress": found.get("ipAddress"), "countryLetterCode": null}),
        ),
        "Url" => with(
            common("urlEvidence", created, &[]),
            json!({"url": found.get("url")}),
        ),
        "User" => with(
            common("userEvidence", created, &["compromised"]),
            json!({"stream": null, "userAccount": {
                "accountName": found.get("accountName"), "domainName": found.get("domainName"),
                "userSid": found.get("userSid"), "azureAdUserId": found.get("aadUserId"),
                "userPrincipalName": found.get("userPrincipalName"), "displayName": null,
            }}),
        ),
        "Registry" => with(
            common("registryValueEvidence", created, &[]),
            json!({
                "mdeDeviceId": device, "registryKey": found.get("registryKey"),
                "registryHive": found.get("registryHive"), "registryValue": found.get("registryValue"),
                "registryValueName": found.get("registryValueName"),
                "registryValueType": found.get("registryValueType"),
            }),
        ),
        _ => return None,
    })
}

fn file(found: &Entity) -> Value {
    json!({
        "sha1": found.get("sha1"), "sha256": found.get("sha256"), "fileName": found.get("fileName"),
        "filePath": found.get("filePath"), "fileSize": null, "filePublisher": null, "signer": null, "issuer": null,
    })
}
