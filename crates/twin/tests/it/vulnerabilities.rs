//! Vulnerability management over HTTP: what the tables of the inventory say.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::harness::{TestTwin, machine_id, populated, write_rows};

async fn twin() -> TestTwin {
    TestTwin::on(directory(), |options| {
        options.quota = tesem_twin::QuotaSetting::Off;
    })
    .await
}

fn directory() -> tempfile::TempDir {
    let directory = populated();
    let system = |machine: u32| {
        json!({"DeviceId": machine_id(machine), "DeviceName": format!("device{machine}"), "OSPlatform": "Windows11",
               "OSVersion": "10.0", "OSArchitecture": "64-bit"})
    };
    let with = |machine: u32, fields: Value| {
        let mut row = system(machine);
        row.as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        row
    };
    let program = |version: &str| json!({"SoftwareVendor": "contoso", "SoftwareName": "editor", "SoftwareVersion": version});
    write_rows(
        directory.path(),
        "DeviceTvmSoftwareInventory",
        &[with(1, program("1.0")), with(2, program("2.0"))],
    );
    let weakness = |machine: u32, cve: &str, update: &str| {
        let mut row = with(machine, program("1.0"));
        row["CveId"] = json!(cve);
        row["VulnerabilitySeverityLevel"] = json!("High");
        row["RecommendedSecurityUpdate"] = json!("Update it");
        row["RecommendedSecurityUpdateId"] = json!(update);
        row
    };
    write_rows(
        directory.path(),
        "DeviceTvmSoftwareVulnerabilities",
        &[
            weakness(1, "CVE-2026-90001", "500"),
            weakness(1, "CVE-2026-90002", ""),
        ],
    );
    let known = |cve: &str, score: &str, published: &str| {
        json!({"CveId": cve, "CvssScore": score, "IsExploitAvailable": cve.ends_with('1'), "PublishedDate": published,
               "LastModifiedTime": published, "VulnerabilitySeverityLevel": "High", "VulnerabilityDescription": "d"})
    };
    write_rows(
        directory.path(),
        "DeviceTvmSoftwareVulnerabilitiesKB",
        &[
            known("CVE-2026-90001", "9.8", "2026-10-10T00:00:00Z"),
            known("CVE-2026-90002", "5.0", "2026-09-01T00:00:00Z"),
            known("CVE-2026-90003", "3.0", "2026-10-01T00:00:00Z"),
        ],
    );
    let setting = |machine: u32, kept: bool| {
        json!({"DeviceId": machine_id(machine), "DeviceName": "x", "OSPlatform": "Windows11", "Timestamp": "2026-10-15T00:00:00Z",
               "ConfigurationId": "scid-1", "ConfigurationImpact": 8.0, "IsCompliant": kept, "IsApplicable": true})
    };
    write_rows(
        directory.path(),
        "DeviceTvmSecureConfigurationAssessment",
        &[setting(1, true), setting(2, false)],
    );
    write_rows(
        directory.path(),
        "DeviceTvmSecureConfigurationAssessmentKB",
        &[json!({"ConfigurationId": "scid-1", "ConfigurationName": "Turn it on"})],
    );
    directory
}

fn ids(body: &Value) -> Vec<&str> {
    let list = body["value"].as_array().unwrap_or_else(|| panic!("{body}"));
    list.iter()
        .map(|one| one["id"].as_str().unwrap_or_default())
        .collect()
}

#[tokio::test]
async fn software_vulnerabilities_and_recommendations_hang_together() {
    let twin = twin().await;
    let get = async |path: String| {
        let (status, body) = twin.api("GET", &path, None).await;
        assert_eq!(status, 200, "{path} {body}");
        body
    };
    let one = machine_id(1);
    let body = get("/api/Software".to_owned()).await;
    assert_eq!(
        (ids(&body), &body["@odata.count"]),
        (vec!["contoso-_-editor"], &json!(1))
    );
    assert_eq!(
        (
            &body["value"][0]["weaknesses"],
            &body["value"][0]["exposedMachines"],
            &body["value"][0]["publicExploit"]
        ),
        (&json!(2), &json!(1), &json!(true))
    );
    let cases: [(String, Vec<&str>); 9] = [
        (
            "/api/vulnerabilities?$filter=cvssV3 ge 4 and severity eq 'High'".into(),
            vec!["CVE-2026-90001", "CVE-2026-90002"],
        ),
        (
            format!("/api/machines/{one}/vulnerabilities"),
            vec!["CVE-2026-90001", "CVE-2026-90002"],
        ),
        (
            format!("/api/machines/{one}/software"),
            vec!["contoso-_-editor"],
        ),
        (format!("/api/machines/{one}/getmissingkbs"), vec!["500"]),
        (
            "/api/recommendations".into(),
            vec!["va-_-contoso-_-editor", "sca-_-scid-1"],
        ),
        (
            format!("/api/machines/{one}/recommendations"),
            vec!["va-_-contoso-_-editor"],
        ),
        (
            "/api/Software/contoso-_-editor/vulnerabilities".into(),
            vec!["CVE-2026-90001", "CVE-2026-90002"],
        ),
        (
            "/api/Software/contoso-_-editor/getmissingkbs".into(),
            vec!["500"],
        ),
        (
            "/api/recommendations/va-_-contoso-_-editor/vulnerabilities".into(),
            vec!["CVE-2026-90001", "CVE-2026-90002"],
        ),
    ];
    for (path, expected) in cases {
        assert_eq!(ids(&get(path.clone()).await), expected, "{path}");
    }
}

#[tokio::test]
async fn references_distributions_and_scores_count_devices() {
    let twin = twin().await;
    let get = async |path: String| {
        let (status, body) = twin.api("GET", &path, None).await;
        assert_eq!(status, 200, "{path} {body}");
        body
    };
    let one = machine_id(1);
    let references = [
        (
            "/api/Software/contoso-_-editor/machineReferences",
            vec![machine_id(1), machine_id(2)],
        ),
        (
            "/api/vulnerabilities/CVE-2026-90001/machineReferences",
            vec![machine_id(1)],
        ),
        (
            "/api/recommendations/sca-_-scid-1/machineReferences",
            vec![machine_id(2)],
        ),
    ];
    for (path, expected) in references {
        assert_eq!(ids(&get(path.to_owned()).await), expected, "{path}");
    }
    let body =
        get("/api/vulnerabilities/machinesVulnerabilities?$filter=fixingKbId eq '500'".to_owned())
            .await;
    assert_eq!(
        ids(&body),
        [format!(
            "{one}-_-CVE-2026-90001-_-contoso-_-editor-_-1.0-_-500"
        )]
    );
    let body = get("/api/Software/contoso-_-editor/distributions".to_owned()).await;
    assert_eq!(
        body["value"][0],
        json!({"version": "1.0", "installations": 1, "vulnerabilities": 2})
    );
    let body = get("/api/configurationScore".to_owned()).await;
    assert_eq!(body["score"], 4.0);
    let body = get("/api/exposureScore".to_owned()).await;
    assert_eq!(body["score"], 10.0);
    let body = get("/api/exposureScore/ByMachineGroups".to_owned()).await;
    assert_eq!(body["@odata.count"], 3);
    for unknown in [
        "/api/Software/none",
        "/api/vulnerabilities/CVE-1",
        "/api/recommendations/none",
    ] {
        assert_eq!(twin.api("GET", unknown, None).await.0, 404, "{unknown}");
    }
}

#[tokio::test]
async fn exports_come_in_pages_until_the_last() {
    let twin = twin().await;
    let first = "/api/machines/SoftwareVulnerabilitiesByMachine?pageSize=1";
    let (_, body) = twin.api("GET", first, None).await;
    assert_eq!(body["value"][0]["cveId"], "CVE-2026-90001");
    assert_eq!(body["value"][0]["rbacGroupName"], "Everyone");
    let link = body["@odata.nextLink"].as_str().unwrap();
    assert!(link.contains("pageSize=1&$skiptoken="), "{link}");
    let (_, body) = twin.api("GET", link, None).await;
    assert_eq!(
        (&body["value"][0]["cveId"], &body["@odata.nextLink"]),
        (&json!("CVE-2026-90002"), &Value::Null)
    );
    let cases = [
        ("SoftwareVulnerabilitiesByMachine?pageSize=0", 400),
        ("SoftwareVulnerabilitiesByMachine?pageSize=200001", 400),
        ("SoftwareVulnerabilitiesByMachine?$skiptoken=nonsense", 400),
        ("SoftwareVulnerabilitiesByMachine?$filter=a eq 1", 400),
        ("SoftwareInventoryByMachine?$top=1", 200),
        ("SecureConfigurationsAssessmentByMachine", 200),
        ("SoftwareInventoryExport?sasValidHours=7", 400),
        ("SoftwareVulnerabilityChangesByMachine", 400),
        (
            "SoftwareVulnerabilityChangesByMachine?sinceTime=2026-09-30T00:00:00Z",
            400,
        ),
    ];
    for (path, expected) in cases {
        let (status, body) = twin
            .api("GET", &format!("/api/machines/{path}"), None)
            .await;
        assert_eq!(status, expected, "{path} {body}");
        assert_eq!(body["@odata.nextLink"], Value::Null, "{path}");
    }
}

/// The rows of an export's file.
async fn unpacked(twin: &TestTwin, url: &str) -> Vec<Value> {
    let answer = twin.client.get(url).send().await.unwrap();
    let bytes = answer.bytes().await.unwrap();
    let mut lines = String::new();
    GzDecoder::new(bytes.as_ref())
        .read_to_string(&mut lines)
        .unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn the_files_of_an_export_share_its_rows() {
    let twin = TestTwin::on(directory(), |options| {
        options.limits.export_file_rows = 1;
    })
    .await;
    for (files, pages) in [
        (
            "SoftwareVulnerabilitiesExport",
            "SoftwareVulnerabilitiesByMachine",
        ),
        ("SoftwareInventoryExport", "SoftwareInventoryByMachine"),
        (
            "SecureConfigurationsAssessmentExport",
            "SecureConfigurationsAssessmentByMachine",
        ),
    ] {
        let get = async |name: &str| {
            let path = format!("/api/machines/{name}");
            twin.api("GET", &path, None).await.1
        };
        let (listed, page) = (get(files).await, get(pages).await);
        let mut rows = Vec::new();
        for url in listed["exportFiles"].as_array().unwrap() {
            let own = unpacked(&twin, url.as_str().unwrap()).await;
            assert_eq!(own.len(), 1, "{url}");
            rows.extend(own);
        }
        assert_eq!((rows.len(), json!(rows)), (2, page["value"].clone()));
    }
}

#[tokio::test]
async fn changes_that_tables_cannot_tell_come_from_the_directory() {
    let directory = directory();
    let change = |cve: &str, at: &str| json!({"deviceId": machine_id(1), "cveId": cve, "status": "Fixed", "eventTimestamp": at});
    let changes = json!([
        change("CVE-2026-80001", "2026-10-14T10:00:00Z"),
        change("CVE-2026-80002", "2026-10-06T10:00:00Z"),
        change("CVE-2026-80003", "2026-10-01T10:00:00Z"),
    ]);
    let path = directory.path().join("vulnerabilitychanges.json");
    std::fs::write(path, changes.to_string()).unwrap();
    let twin = TestTwin::on(directory, |_| ()).await;
    let since =
        "/api/machines/SoftwareVulnerabilityChangesByMachine?sinceTime=2026-10-05T00:00:00Z";
    let (_, body) = twin.api("GET", &format!("{since}&pageSize=2"), None).await;
    let link = body["@odata.nextLink"].as_str().unwrap();
    let (_, rest) = twin.api("GET", link, None).await;
    let cves = |body: &Value| -> Vec<String> {
        let rows = body["value"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["cveId"], row["status"]).replace('"', ""))
            .collect()
    };
    assert_eq!(
        [cves(&body), cves(&rest)].concat(),
        [
            "CVE-2026-80002 Fixed",
            "CVE-2026-90001 New",
            "CVE-2026-80001 Fixed"
        ]
    );
}

#[tokio::test]
async fn export_files_are_packed_lines_behind_addresses_that_expire() {
    let twin = twin().await;
    let (_, body) = twin
        .api("GET", "/api/machines/SoftwareVulnerabilitiesExport", None)
        .await;
    assert_eq!(body["generatedTime"], "2026-10-15T00:00:00Z");
    let url = body["exportFiles"][0].as_str().unwrap().to_owned();
    assert!(
        url.contains("/tvm-export/2026-10-15/0000/VaExport/json/OrgId="),
        "{url}"
    );
    let rows = unpacked(&twin, &url).await;
    let (_, page) = twin
        .api(
            "GET",
            "/api/machines/SoftwareVulnerabilitiesByMachine",
            None,
        )
        .await;
    assert_eq!(json!(rows), page["value"]);
    twin.advance("PT61M").await;
    let late = twin.client.get(&url).send().await.unwrap();
    assert_eq!(late.status(), 403);
}

#[tokio::test]
async fn changes_tell_what_came_and_what_went() {
    let twin = twin().await;
    let changes = async |since: &str| {
        let path = format!("/api/machines/SoftwareVulnerabilityChangesByMachine?sinceTime={since}");
        let (status, body) = twin.api("GET", &path, None).await;
        assert_eq!(status, 200, "{body}");
        let rows = body["value"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| {
                format!(
                    "{} {}",
                    row["cveId"].as_str().unwrap(),
                    row["status"].as_str().unwrap()
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        changes("2026-10-05T00:00:00Z").await,
        ["CVE-2026-90001 New"]
    );
    assert!(changes("2026-10-11T00:00:00Z").await.is_empty());
    let offboard = format!("/api/machines/{}/offboard", machine_id(1));
    assert_eq!(
        twin.api("POST", &offboard, Some(json!({"Comment": "c"})))
            .await
            .0,
        201
    );
    twin.advance("PT7H").await;
    assert_eq!(
        changes("2026-10-15T00:00:00Z").await,
        ["CVE-2026-90001 Fixed", "CVE-2026-90002 Fixed"],
        "it left the tenant"
    );
    let (_, body) = twin
        .api(
            "GET",
            "/api/machines/SoftwareVulnerabilitiesByMachine",
            None,
        )
        .await;
    assert_eq!(body["value"], json!([]));
}
