//! A tenant as large as an import has to take: each machine with 50 logons and 200 vulnerabilities.

use jiff::Timestamp;
use serde_json::{Value, json};
use tesem_assets::{Aspect, AssetGraph, MappingOptions, Observed};
use tesem_defender::endpoint::{Machine, User, VulnerabilityRecord};
use tesem_defender::{Entity, MachineId};

const LOGONS: u32 = 50;
const VULNERABILITIES: u32 = 200;

fn entity<T: Entity>(json: Value) -> Option<T> {
    match json {
        Value::Object(object) => T::read(object).ok(),
        _ => None,
    }
}

/// An instant of its own for each number.
fn instant(number: u32) -> String {
    let instant = Timestamp::from_second(1_790_000_000 + i64::from(number));
    instant.unwrap_or_default().to_string()
}

pub(crate) fn id(number: u32) -> String {
    format!("{number:040x}")
}

/// A tenant on one day: each day one machine in a hundred has another address, a user less and a vulnerability more.
pub(crate) fn observed(machines: u32, day: u32, earlier: &AssetGraph) -> Observed {
    let mut observed = started(earlier);
    for number in 0..machines {
        read(&mut observed, number, u32::from(number % 100 == 0) * day);
    }
    for aspect in Aspect::ALL {
        observed.covers_all(aspect);
    }
    observed
}

pub(crate) fn started(earlier: &AssetGraph) -> Observed {
    let options = MappingOptions::new("2026-11-28T20:00:00Z".parse().unwrap_or_default());
    Observed::starting_from(options, earlier)
}

/// What there is of a machine.
pub(crate) fn read(observed: &mut Observed, number: u32, day: u32) {
    let machine = id(number);
    if let Some(machine) = entity::<Machine>(json!({
        "id": machine, "computerDnsName": format!("pc-{number}.contoso.com"), "osPlatform": "Windows11", "healthStatus": "Active",
        "firstSeen": "2026-01-01T00:00:00Z", "lastSeen": format!("2026-11-{:02}T00:00:00Z", 10 + day),
        "lastIpAddress": format!("10.{day}.{}.{}", number / 250 % 250, number % 250), "exposureLevel": "High",
        "ipAddresses": [{"ipAddress": format!("10.{day}.{}.{}", number / 250 % 250, number % 250), "macAddress": format!("{:012X}", number + 1)}],
    })) {
        observed.machine(&machine);
    }
    for logon in 0..LOGONS - day {
        let account = (number * 7 + logon * 31) % 20_000;
        let user = json!({"id": format!("contoso\\user{account}"), "accountName": format!("user{account}"), "accountDomain": "contoso",
            "firstSeen": instant(number * LOGONS + logon), "lastSeen": "2026-11-28T00:00:00Z", "logonTypes": "Interactive, Network"});
        if let Some(user) = entity::<User>(user) {
            observed.logon(&MachineId::new(&*machine), &user);
        }
    }
    for vulnerability in 0..VULNERABILITIES + day {
        let row = (number % 50) * 100 + vulnerability;
        let record = json!({"id": format!("{machine}{row}"), "deviceId": machine, "softwareVendor": "contoso",
            "softwareName": format!("product-{}", row / 10), "softwareVersion": "1.2.3", "cveId": format!("CVE-2026-{row:05}"),
            "cvssScore": 7.5, "vulnerabilitySeverityLevel": "High", "exploitabilityLevel": "NoExploit",
            "firstSeenTimestamp": instant(number * 100 + row / 10), "lastSeenTimestamp": "2026-11-28 00:00:00"});
        if let Some(record) = entity::<VulnerabilityRecord>(record) {
            observed.machine_vulnerability(&record);
        }
    }
}
