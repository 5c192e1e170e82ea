//! Answers in the shapes that Microsoft's services have been seen to give, with invented values.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tesem_defender::endpoint::{
    ActionRequest, Alert, ConfigurationRecord, DeltaRecord, DomainStats, EvidenceKind, File,
    FileStats, Indicator, Investigation, IpStats, Machine, MachineAction, MachineVulnerability,
    Recommendation, RemediationTask, ScanType, Score, Software, User, Vulnerability,
    VulnerabilityRecord,
};
use tesem_defender::hunting::decode;
use tesem_defender::{
    AlertId, Delivery, Entity, HuntingApi, IndicatorId, ListQuery, MachineActionId, MachineId,
    Refusal,
};

use crate::service::{Bench, Reply, Service, all};
use crate::writes::indicator;

/// The one row of a Graph answer with a column `c` of type `kind`, where `row` is what the row holds.
fn graph_row(kind: &str, row: &str) -> Value {
    let body = format!(
        "{{\"@odata.context\":\"https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults\",\
         \"schema\":[{{\"name\":\"c\",\"type\":\"{kind}\"}}],\"results\":[{{{row}}}]}}"
    );
    json!(decode(HuntingApi::Graph, "", body.as_bytes()).unwrap().rows[0])
}

#[test]
fn graph_cells_mean_what_their_schema_says() {
    let sidecar = r##""c@odata.type":"#Collection(String)""##;
    let cases = [
        ("DateTime", r#""c":{}"#.to_owned(), json!([null])),
        ("Object", r#""c":{}"#.to_owned(), json!([null])),
        ("Int64", r#""c":{}"#.to_owned(), json!([null])),
        ("Double", r#""c":{}"#.to_owned(), json!([null])),
        ("Guid", r#""c":{}"#.to_owned(), json!([null])),
        ("String", r#""c":{}"#.to_owned(), json!([""])),
        (
            "SByte",
            r##""c@odata.type":"#SByte","c":0"##.to_owned(),
            json!([false]),
        ),
        (
            "SByte",
            r##""c":1,"c@odata.type":"#SByte""##.to_owned(),
            json!([true]),
        ),
        (
            "Object",
            format!(r#"{sidecar},"c":["a","b"]"#),
            json!([["a", "b"]]),
        ),
        (
            "Object",
            r##""c":{"@odata.type":"#microsoft.graph.security.dynamicColumnValue","on":true,"n":1}"##.to_owned(),
            json!([{"on": true, "n": 1}]),
        ),
        (
            "Object",
            r##""c":{"@odata.type":"#microsoft.graph.security.dynamicColumnValue"}"##.to_owned(),
            json!([{}]),
        ),
        (
            "String",
            r#""RiskScore":7,"c":"x","AssignedRoles":["r"]"#.to_owned(),
            json!(["x"]),
        ),
        (
            "DateTime",
            r#""c":"2026-10-01T08:00:00Z""#.to_owned(),
            json!(["2026-10-01T08:00:00.0000000Z"]),
        ),
    ];
    for (kind, row, expected) in cases {
        assert_eq!(graph_row(kind, &row), expected, "{kind} {row}");
    }
}

#[test]
fn the_older_apis_leave_out_zeros_and_statistics() {
    let cpu = |total: &str| {
        json!({"resource_usage": {"cpu": {"user": "00:00:00", "kernel": "00:00:00", "total cpu": total},
        "cache": {"memory": null, "disk": null}, "memory": {"peak_per_node": 1}}, "dataset_statistics": []})
    };
    let cases = [
        (
            "2026-10-01T08:00:00.1Z",
            json!("2026-10-01T08:00:00.1000000Z"),
            cpu("01:00:01.5"),
            Some(3_601.5),
        ),
        (
            "2026-10-01T08:00:00.123456Z",
            json!("2026-10-01T08:00:00.1234560Z"),
            cpu("00:00:02"),
            Some(2.0),
        ),
        ("", json!(""), json!({"resource_usage": null}), None),
        ("", json!(""), json!({}), None),
    ];
    for (wire, cell, stats, seconds) in cases {
        let kind = if wire.is_empty() {
            "String"
        } else {
            "DateTime"
        };
        let body = json!({"Stats": stats, "Schema": [{"Name": "c", "Type": kind}, {"Name": "d", "Type": "DateTime"}],
            "Results": [{"c": wire, "d": null}]});
        for api in [HuntingApi::Defender, HuntingApi::Xdr] {
            let result = decode(api, "", body.to_string().as_bytes()).unwrap();
            assert_eq!(json!(result.rows), json!([[cell, null]]), "{api}");
            let stats = result.stats.unwrap();
            let cpu = stats.cpu_time.map(|time| time.as_secs_f64());
            assert_eq!((cpu, stats.rows), (seconds, None), "{api}");
        }
    }
    let empty = br#"{"Stats":null,"Schema":[{"Name":"c","Type":"String"}],"Results":[]}"#;
    let result = decode(HuntingApi::Xdr, "", empty).unwrap();
    assert_eq!(
        (result.columns.len(), result.rows.len(), result.stats),
        (1, 0, None)
    );
}

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const OURS: &str = "00000000-0000-0000-0000-000000000000";

fn envelope(code: &str, message: &str, target: &str) -> String {
    json!({"error": {"code": code, "message": message, "target": target}}).to_string()
}

/// What comes of reading a machine when the service answers `reply`.
async fn refused(reply: Reply) -> (Refusal, String) {
    let service = Service::answering(vec![reply]).await;
    let machines = Bench::of(&service).client.reader().machines();
    let (_, error) = all(machines.list(&ListQuery::default())).await;
    let error = error.unwrap();
    assert_eq!(error.delivery(), Delivery::Refused, "{error}");
    let id = error.request_id().unwrap().to_owned();
    (error.refusal().unwrap().clone(), id)
}

#[tokio::test]
async fn refusals_keep_their_code_and_the_id_that_support_asks_for() {
    let activity = "|cd9f5106-4aa2341c0de87fd0.1.2.";
    let guid = "7b2e3c1a-9d84-4f0e-a6b5-2c1d0e9f8a77";
    let long = "API calls quota exceeded! Maximum allowed 1500 per 01:00:00 for the key Destination+TenantID+AppID. \
                You can send requests again in 3 hours and 5 seconds.";
    let cases = [
        (
            400,
            "ODataError",
            "Invalid OData URI query",
            activity,
            activity,
        ),
        (400, "BadRequest", "no", guid, guid),
        (403, "DisabledFeature", "no", guid, guid),
        (
            404,
            "ResourceNotFound",
            "Machine 7 was not found",
            activity,
            activity,
        ),
        (404, "NotFound", "no", guid, guid),
        (429, "429", long, TENANT, OURS),
        (429, "TooManyRequests", long, TENANT, OURS),
        (400, "BadRequest", "no", "machines", OURS),
        (400, "BadRequest", "no", "", OURS),
    ];
    for (status, code, message, target, id) in cases {
        let body = envelope(code, message, target);
        let (refusal, request_id) = refused(Reply::new(status, body)).await;
        let seen = (refusal.status, refusal.code.as_deref(), request_id.as_str());
        assert_eq!(seen, (status, Some(code), id), "{message}");
        assert_eq!(refusal.message, message);
    }
    let (refusal, _) = refused(Reply::new(405, "").with("allow", "POST")).await;
    assert!(refusal.is_empty && refusal.code.is_none());
}

#[tokio::test]
async fn an_order_that_is_refused_was_certainly_not_carried_out() {
    let cases = [
        (
            "ActiveRequestAlreadyExists",
            "Action is already in progress",
        ),
        ("OsPlatformNotSupported", "no"),
        ("ClientVersionNotSupported", "no"),
        ("MissingRequiredParameter", "no"),
    ];
    for (code, message) in cases {
        let body = envelope(code, message, "|1d25001e-48e8e09dbddde4f4.");
        let service = Service::answering(vec![Reply::new(400, body)]).await;
        let machines = Bench::of(&service).client.writer().machines();
        let scan = ActionRequest::RunAntiVirusScan(ScanType::Full);
        let ordered = machines.order(&MachineId::new("m"), &scan, "why").await;
        let error = ordered.unwrap_err();
        assert!(!error.may_have_been_done() && !error.is_not_found());
        assert_eq!(error.refusal().unwrap().code.as_deref(), Some(code));
        assert_eq!(service.api_calls().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn an_alert_without_a_user_has_none_and_an_indicator_that_is_gone_is_not_found() {
    let message = "There is no User related to alert da1_2";
    let body = envelope("ResourceNotFound", message, "|1d25001e-48e8e09dbddde4f4.");
    let service = Service::answering(vec![Reply::new(404, body)]).await;
    let bench = Bench::of(&service);
    let (alerts, alert) = (bench.client.reader().alerts(), AlertId::new("da1_2"));
    assert_eq!(alerts.user(&alert).await.unwrap(), None);
    let indicators = bench.client.writer().indicators();
    let gone = indicators.delete(&IndicatorId::new("7")).await.unwrap_err();
    assert!(gone.is_not_found() && !gone.may_have_been_done(), "{gone}");
}

#[tokio::test]
async fn an_import_keeps_every_reason() {
    let reasons = [
        "Max capacity exceeded. Current Total: 15000, Limit: 15000 (Parameter 'Capacity: 15000/15000')",
        "InvalidHashValue",
        "InvalidIpAddress",
        "InvalidDomainName",
        "InvalidUrl",
        "",
    ];
    let failed = |reason: &&str| json!({"id": null, "indicator": "203.0.113.8", "isFailed": true, "failureReason": reason});
    let mut items: Vec<Value> = reasons.iter().map(failed).collect();
    items.push(json!({"id": 41, "indicator": "203.0.113.7", "isFailed": false, "failureReason": null, "later": 1}));
    let context = "https://api.securitycenter.microsoft.com/api/$metadata#Collection(x)";
    for body in [
        json!({"value": items}),
        json!({"@odata.context": context, "value": items}),
    ] {
        let service = Service::answering(vec![Reply::new(200, body.to_string())]).await;
        let batch = vec![indicator("203.0.113.8"); items.len()];
        let indicators = Bench::of(&service).client.writer().indicators();
        let results = indicators.import(&batch).await.unwrap();
        let seen: Vec<_> = results
            .iter()
            .filter_map(|result| result.failure_reason.as_deref())
            .collect();
        assert_eq!(seen, reasons);
        let last = results.last().unwrap();
        assert_eq!(
            (last.id.clone(), last.is_failed),
            (Some(IndicatorId::new("41")), Some(false))
        );
    }
}

#[tokio::test]
async fn an_import_that_is_refused_whole_has_done_nothing() {
    let cases = [
        (
            "BadRequest",
            "Indicator 203.0.113.8 is inactive. (Expiration time should be set to a future date time)",
        ),
        (
            "MaximumBatchSizeExceeded",
            "Maximum batch size exceeded. Received: 2, allowed: 1.",
        ),
        ("InvalidInput", "Recieved an empty indicator value."),
    ];
    for (code, message) in cases {
        let body = envelope(code, message, "|1d25001e-48e8e09dbddde4f4.");
        let service = Service::answering(vec![Reply::new(400, body)]).await;
        let batch = [indicator("203.0.113.7"), indicator("203.0.113.8")];
        let indicators = Bench::of(&service).client.writer().indicators();
        let error = indicators.import(&batch).await.unwrap_err();
        assert!(!error.may_have_been_done(), "{error}");
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(service.api_calls().len(), 1);
    }
}

#[tokio::test]
async fn a_count_that_equals_the_page_ends_no_list() {
    let service = Service::start(|call| {
        if call.is_sign_in() {
            return Reply::token();
        }
        let skip: usize = call.parameter("$skip").parse().unwrap_or(0);
        let ids: Vec<Value> = (skip..5.min(skip + 2))
            .map(|number| json!({"id": format!("CVE-2026-{number}")}))
            .collect();
        let link = "https://api.securitycenter.microsoft.com/api/vulnerabilities?$skip=2";
        let mut body = json!({"@odata.count": ids.len(), "value": ids});
        if skip == 0 {
            body["@odata.nextLink"] = json!(link);
        }
        Reply::new(200, body.to_string())
    })
    .await;
    let vulnerabilities = Bench::of(&service).client.reader().vulnerabilities();
    let query = ListQuery {
        page_size: Some(2),
        ..ListQuery::default()
    };
    let (found, error) = all(vulnerabilities.list(&query)).await;
    assert!(error.is_none() && found.len() == 5, "{error:?} {found:?}");
}

#[tokio::test]
async fn signed_addresses_come_in_an_envelope_with_or_without_context() {
    let signed = "https://x.blob.core.windows.net/p.zip?sv=2026&sig=s1gnature%3D";
    let context = "https://api.securitycenter.microsoft.com/api/$metadata#Edm.String";
    let id = MachineActionId::new("a1");
    for body in [
        json!({"@odata.context": context, "value": signed}),
        json!({"value": signed}),
    ] {
        let service = Service::answering(vec![Reply::new(200, body.to_string())]).await;
        let actions = Bench::of(&service).client.reader().machine_actions();
        let addresses = [
            actions.package_address(&id).await.unwrap(),
            actions.live_response_result(&id, 0).await.unwrap(),
        ];
        assert!(addresses.iter().all(|address| address.as_str() == signed));
    }
    for body in [
        json!({"value": null}),
        json!({"value": [signed]}),
        json!({"link": signed}),
        json!(signed),
        json!([signed]),
    ] {
        let service = Service::answering(vec![Reply::new(200, body.to_string())]).await;
        let actions = Bench::of(&service).client.reader().machine_actions();
        let error = actions.package_address(&id).await.unwrap_err();
        let source = std::error::Error::source(&error).unwrap().to_string();
        let shown = format!("{error} {source} {error:?}");
        assert_eq!(error.delivery(), Delivery::Unreadable);
        assert!(!shown.contains("s1gnature"), "{shown}");
    }
}

/// Whether all that `wire` says is said by `read` too.
fn says(read: &Value, wire: &Value) -> bool {
    match (read, wire) {
        (Value::Object(read), Value::Object(wire)) => wire
            .iter()
            .all(|(name, value)| read.get(name).is_some_and(|read| says(read, value))),
        (Value::Array(read), Value::Array(wire)) => {
            read.len() == wire.len() && read.iter().zip(wire).all(|(read, wire)| says(read, wire))
        }
        (read, wire) => read == wire,
    }
}

/// Reads each of `wires` and writes it again; `unnamed` are the names that have no field of their own.
fn survives<T: Entity + serde::Serialize>(unnamed: &[&str], wires: &[Value]) {
    let again = |wire: &Map<String, Value>| {
        T::read(wire.clone()).map(|entity| serde_json::to_value(entity).unwrap())
    };
    let name = std::any::type_name::<T>();
    let mut kept = BTreeSet::new();
    for wire in wires {
        let object = wire.as_object().unwrap();
        let read = again(object).unwrap();
        assert!(says(&read, wire), "{name}: {read} instead of {wire}");
        for key in object.keys() {
            let mut without = object.clone();
            without.remove(key);
            // A field is written although it was not there; one that must be there is missed.
            if again(&without).is_ok_and(|read| read.get(key).is_none()) {
                kept.insert(key.as_str());
            }
        }
    }
    assert_eq!(kept, unnamed.iter().copied().collect(), "{name}");
}

fn machines() -> [Value; 3] {
    let old = json!({"id": "0a".repeat(20), "computerDnsName": "pc-1.contoso.example", "firstSeen": "2019-03-02T10:00:00.1234567Z",
        "lastSeen": "2019-04-02T10:00:00Z", "osPlatform": "Windows10", "osVersion": null, "version": "1803", "lastIpAddress": "10.0.0.4",
        "lastExternalIpAddress": "203.0.113.4", "agentVersion": "10.5830.17134.1", "osBuild": 17134, "healthStatus": "Active",
        "rbacGroupId": 0, "rbacGroupName": null, "riskScore": "None", "isAadJoined": null, "aadDeviceId": null, "machineTags": []});
    let new = json!({"id": "0b".repeat(20), "mergedIntoMachineId": null, "isPotentialDuplication": false, "isExcluded": true,
        "exclusionReason": "Duplicate", "osProcessor": "x64", "osArchitecture": "64-bit", "deviceValue": "Low", "exposureLevel": "Medium",
        "onboardingStatus": "CanBeOnboarded", "managedBy": "Intune", "managedByStatus": "Unknown",
        "ipAddresses": [{"ipAddress": "127.0.0.1", "macAddress": null, "type": "SoftwareLoopback", "operationalStatus": "Up"}],
        "vmMetadata": {"vmId": "v", "cloudProvider": "Azure", "resourceId": "r", "subscriptionId": "s"}});
    let words = json!({"id": "m", "healthStatus": "Sleeping", "deviceValue": "Priceless", "riskScore": "Dire",
        "exposureLevel": "Total", "onboardingStatus": "Leaving", "defenderAvStatus": "Ancient"});
    [old, new, words]
}

fn indicators() -> [Value; 3] {
    let old = json!({"id": "995", "indicatorValue": "0c".repeat(20), "indicatorType": "FileSha1", "action": "AlertAndBlock",
        "source": "A. Nalyst", "sourceType": "User", "severity": "Informational", "title": "t", "description": "d",
        "recommendedActions": null, "rbacGroupNames": ["Servers"], "rbacGroupIds": ["1"], "expirationTime": "2020-12-12T00:00:00Z"});
    let new = json!({"id": "7001", "indicatorValue": "evil.example", "indicatorType": "DomainName", "action": "Warn", "category": 1,
        "educateUrl": "https://intranet.example/why", "bypassDurationHours": 24, "expirationTime": null, "createdBySource": "PublicApi",
        "lastUpdatedBy": null, "generateAlert": true, "historicalDetection": false, "lookBackPeriod": null, "notificationId": null,
        "notificationBody": null, "version": null, "additionalInfo": null, "externalId": null, "certificateInfo": null});
    let words =
        json!({"id": "1", "indicatorType": "WebCategory", "action": "Applaud", "severity": "Dire"});
    [old, new, words]
}

fn evidence(kind: &str, field: &str, value: Value) -> Value {
    let mut item = json!({"entityType": kind, "evidenceCreationTime": "2026-10-01T08:00:00.12Z", "sha1": null, "sha256": null,
        "fileName": null, "filePath": null, "processId": null, "processCommandLine": null, "processCreationTime": null,
        "parentProcessId": null, "parentProcessCreationTime": null, "parentProcessFileName": null, "parentProcessFilePath": null,
        "ipAddress": null, "url": null, "registryKey": null, "registryHive": null, "registryValueType": null, "registryValue": null,
        "registryValueName": null, "accountName": null, "domainName": null, "userSid": null, "aadUserId": null,
        "userPrincipalName": null, "detectionStatus": null});
    item[field] = value;
    item
}

fn alerts() -> [Value; 3] {
    let bare = json!({"id": "ar1_2", "incidentId": null, "investigationId": null, "assignedTo": null, "severity": "UnSpecified",
        "status": "Unknown", "classification": null, "determination": null, "resolvedTime": null, "relatedUser": null,
        "loggedOnUsers": [], "comments": [], "evidence": [], "domains": [], "mitreTechniques": []});
    let full = json!({"id": "da637_1", "severity": "High", "status": "InProgress", "classification": "InformationalExpectedActivity",
        "determination": "ConfirmedActivity", "investigationState": "UnsupportedAlertType", "detectorId": "d",
        "alertCreationTime": "2026-10-01T08:00:00.1234567Z", "comments": [{"comment": "c", "createdBy": "b", "createdTime": "2026-10-01T08:00:00Z"}],
        "evidence": [evidence("User", "userSid", json!("S-1-5-21-7")), evidence("Process", "processId", json!(4_242)),
            evidence("File", "sha1", json!("0d".repeat(20))), evidence("Ip", "ipAddress", json!("203.0.113.7")),
            evidence("Url", "url", json!("https://evil.example/x")), evidence("Registry", "registryHive", json!("HKEY_USERS")),
            evidence("Mailbox", "accountName", json!("a"))]});
    let words = json!({"id": "da1_2", "severity": "Dire", "status": "Snoozed", "classification": "Art", "determination": "Weather",
        "investigationState": "Musing", "detectionSource": "Tomorrow"});
    [bare, full, words]
}

#[test]
fn entities_of_every_year_give_back_what_the_service_wrote() {
    survives::<Machine>(&[], &machines());
    survives::<Indicator>(
        &[
            "additionalInfo",
            "certificateInfo",
            "externalId",
            "notificationBody",
            "notificationId",
            "source",
            "sourceType",
            "version",
        ],
        &indicators(),
    );
    survives::<Alert>(&["domains"], &alerts());
    survives::<MachineAction>(
        &["externalId", "lastUpdateTimeUtc"],
        &[
            json!({"id": "a", "type": "LiveResponse", "status": "Succeeded", "requestor": "p@contoso.example", "title": null,
            "externalId": null, "errorHResult": 0, "scope": null, "requestSource": "PublicApi", "relatedFileInfo": null, "troubleshootInfo": null,
            "commands": [{"index": 0, "startTime": null, "endTime": null, "commandStatus": "Completed", "errors": [],
                "command": {"type": "GetFile", "params": [{"key": "Path", "value": "C:\\x"}]}}]}),
            json!({"id": "b", "type": "Dance", "status": "Encore", "lastUpdateTimeUtc": "2019-01-02T14:39:38.2262283Z",
            "relatedFileInfo": {"fileIdentifier": "0e", "fileIdentifierType": "Sha1"}, "cancellationDateTimeUtc": null}),
        ],
    );
    survives::<User>(
        &[],
        &[
            json!({"id": "contoso\\u", "accountSid": null, "leastPrevalentMachineId": null,
        "logonTypes": "Network, RemoteInteractive", "logOnMachinesCount": 1, "isOnlyNetworkUser": null}),
        ],
    );
    survives::<Investigation>(
        &[],
        &[
            json!({"id": "7", "endTime": null, "state": "Musing", "statusDetails": null, "triggeringAlertId": "da1_2"}),
        ],
    );
    survives::<RemediationTask>(
        &["fixedDevices"],
        &[
            json!({"id": "t", "title": "Update it", "createdOn": "2026-10-01T08:00:00Z", "requesterId": "r",
        "requesterEmail": "p@contoso.example", "status": "Active", "fixedDevices": 2}),
        ],
    );
}

#[test]
fn statistics_give_back_what_the_service_wrote() {
    let nowhere = json!({"host": "unseen.example", "orgPrevalence": "0", "organizationPrevalence": 0, "orgFirstSeen": null, "orgLastSeen": null});
    survives::<DomainStats>(&["orgPrevalence"], &[nowhere]);
    survives::<IpStats>(
        &["orgPrevalence"],
        &[json!({"ipAddress": "203.0.113.7", "orgPrevalence": "0", "organizationPrevalence": 0})],
    );
    survives::<FileStats>(
        &["orgPrevalence", "globalPrevalence"],
        &[
            json!({"sha1": "0f", "orgPrevalence": "2", "organizationPrevalence": 2, "globalPrevalence": "9000000000",
        "globallyPrevalence": 9_000_000_000_i64, "topFileNames": ["a.exe"]}),
        ],
    );
    survives::<File>(
        &[],
        &[
            json!({"sha1": "0f", "md5": null, "globalPrevalence": 180_022, "size": 22_139_496, "fileType": "APP",
        "isPeFile": true, "isValidCertificate": null, "determinationType": "Pua", "determinationValue": "x"}),
        ],
    );
}

#[test]
fn findings_give_back_what_the_service_wrote() {
    survives::<Vulnerability>(
        &[],
        &[
            json!({"id": "CVE-2026-1", "cvssV3": 9.8, "cvssVector": null, "exposedMachines": 0, "firstDetected": null,
        "exploitTypes": ["Local"], "exploitUris": [], "cveSupportability": "Supported", "tags": [], "epss": null}),
        ],
    );
    survives::<MachineVulnerability>(
        &[],
        &[
            json!({"id": "m-_-CVE-2026-1-_-v-_-p-_-1-_-", "cveId": "CVE-2026-1", "fixingKbId": null}),
        ],
    );
    survives::<Recommendation>(
        &[],
        &[
            json!({"id": "va-_-v-_-p", "weaknesses": 3, "severityScore": 0.0, "associatedThreats": [],
        "configScoreImpact": 0.5, "status": "Active", "exposedCriticalDevices": 1}),
        ],
    );
    survives::<Software>(
        &[],
        &[
            json!({"id": "v-_-p", "publicExploit": false, "activeAlert": false, "impactScore": 0.39}),
        ],
    );
    survives::<Score>(
        &[],
        &[json!({"time": "2026-10-01T08:00:00.1Z", "score": 33.5})],
    );
    survives::<VulnerabilityRecord>(
        &[],
        &[
            json!({"id": "x", "deviceId": "d", "cveId": null, "cvssScore": null, "recommendedSecurityUpdate": null,
        "diskPaths": [], "exploitabilityLevel": "ExploitIsDreamt", "securityUpdateAvailable": false}),
        ],
    );
    survives::<DeltaRecord>(
        &[],
        &[
            json!({"id": "x", "deviceId": "d", "status": "Fixed", "isOnboarded": true}),
            json!({"id": "x", "deviceId": "d", "status": "Reborn", "eventTimestamp": "2026-10-01T08:00:00.5Z"}),
        ],
    );
    survives::<ConfigurationRecord>(
        &[],
        &[
            json!({"deviceId": "d", "configurationId": "scid-10", "configurationImpact": 9.0,
        "isCompliant": true, "isApplicable": true, "isExpectedUserImpact": null, "recommendationReference": "sca-_-scid-10"}),
        ],
    );
}

#[test]
fn evidence_that_nobody_knows_yet_is_evidence() {
    let [bare, full, _] =
        alerts().map(|wire| Alert::read(wire.as_object().unwrap().clone()).unwrap());
    assert!(bare.evidence.is_empty() && bare.incident_id.is_none());
    let kinds: Vec<_> = full
        .evidence
        .iter()
        .map(|item| item.kind.clone().unwrap())
        .collect();
    assert_eq!(kinds[1..3], [EvidenceKind::Process, EvidenceKind::File]);
    assert_eq!(kinds[6], EvidenceKind::Other("Mailbox".to_owned()));
    assert_eq!(full.evidence[1].process_id, Some(4_242));
}
