//! Reading what services list: entities per second.

#![expect(clippy::unwrap_used, reason = "a bench that fails stops")]

use divan::Bencher;
use divan::counter::ItemsCount;
use serde_json::{Map, Value, json};
use tesem_defender::Entity;
use tesem_defender::endpoint::{Machine, VulnerabilityRecord};

const ENTITIES: usize = 1_000;

fn main() {
    divan::main();
}

fn machine() -> Value {
    json!({"id": "1e5bc9d7e413ddd7902c2932e418702b84d0cc07", "mergedIntoMachineId": null, "isPotentialDuplication": false,
        "computerDnsName": "pc.contoso.example", "firstSeen": "2018-08-02T14:55:03.7791856Z", "lastSeen": "2026-08-02T14:55:03.7791856Z",
        "osPlatform": "Windows11", "osProcessor": "x64", "version": "23H2", "lastIpAddress": "10.0.0.4", "osBuild": 22631,
        "healthStatus": "Active", "deviceValue": "Normal", "rbacGroupId": 140, "riskScore": "Low", "exposureLevel": "Low",
        "isAadJoined": true, "machineTags": ["a", "b"], "onboardingStatus": "Onboarded", "managedBy": "Intune", "vmMetadata": null,
        "ipAddresses": [{"ipAddress": "10.0.0.4", "macAddress": "000D3A", "type": "Ethernet", "operationalStatus": "Up"}],
        "unknownToUs": 1})
}

fn vulnerability() -> Value {
    json!({"id": "x", "deviceId": "d", "rbacGroupName": "g", "deviceName": "n", "osPlatform": "Windows11", "osVersion": "10",
        "osArchitecture": "x64", "softwareVendor": "microsoft", "softwareName": "edge", "softwareVersion": "120.0", "cveId": "CVE-2026-1",
        "vulnerabilitySeverityLevel": "High", "cvssScore": 8.8, "diskPaths": ["C:\\x"], "registryPaths": ["HKLM\\x"],
        "lastSeenTimestamp": "2026-08-02 14:55:03", "firstSeenTimestamp": "2026-08-01 14:55:03", "exploitabilityLevel": "NoExploit",
        "recommendationReference": "va-_-microsoft-_-edge", "securityUpdateAvailable": true})
}

fn read<T: Entity>(bencher: Bencher<'_, '_>, wire: &Value) {
    let objects =
        || -> Vec<Map<String, Value>> { vec![wire.as_object().unwrap().clone(); ENTITIES] };
    bencher
        .counter(ItemsCount::new(ENTITIES))
        .with_inputs(objects)
        .bench_values(|objects| {
            objects
                .into_iter()
                .map(|object| T::read(object).unwrap())
                .collect::<Vec<T>>()
        });
}

#[divan::bench]
fn machines(bencher: Bencher<'_, '_>) {
    read::<Machine>(bencher, &machine());
}

#[divan::bench]
fn vulnerability_records(bencher: Bencher<'_, '_>) {
    read::<VulnerabilityRecord>(bencher, &vulnerability());
}
