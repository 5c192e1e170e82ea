//! How many calls a request costs upstream, against those of the public relay.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tesem_twin::{QuotaSetting, TwinOptions, TwinSource};

use super::tenant::Tenant;
use super::{Relay, docs};
use crate::world::World;

/// Files, each with one alert on one machine that tells of two processes one hash each, and one event that tells of two files one hash each.
fn write(count: u32, folder: &Path) {
    let tenant = Tenant::now();
    let machines = count.min(50);
    let machine: Vec<Value> = (0..machines)
        .map(|n| json!({"id": machine_id(n), "computerDnsName": name(n), "osPlatform": "Windows11", "lastSeen": tenant.ago(1)}))
        .collect();
    let alert = |n: u32| {
        json!({
            "id": format!("da{n}_1"), "severity": "High", "status": "New", "detectionSource": "WindowsDefenderAtp", "title": "t",
            "description": "d", "alertCreationTime": tenant.ago(9), "firstEventTime": tenant.ago(10), "lastUpdateTime": tenant.ago(9),
            "machineId": machine_id(n % machines), "computerDnsName": name(n % machines), "evidence": [
                {"entityType": "Process", "fileName": "a.exe", "sha1": sha1(n, 1), "processId": 2, "parentProcessId": 1},
                {"entityType": "Process", "fileName": "b.exe", "sha1": sha1(n, 2), "processId": 1},
            ],
        })
    };
    let event = |n: u32| {
        json!({
            "Timestamp": tenant.ago(8), "DeviceId": machine_id(n % machines), "DeviceName": name(n % machines), "ActionType": "FileCreated",
            "SHA1": sha1(n, 1), "FileName": "a.exe", "InitiatingProcessSHA1": sha1(n, 3),
        })
    };
    let file = |n: u32, part: u32| json!({"sha1": sha1(n, part), "sha256": format!("{}{:024}", sha1(n, part), 0), "md5": format!("{:032x}", n * 4 + part)});
    let files: Vec<Value> = (0..count)
        .flat_map(|n| (1..4).map(move |part| file(n, part)))
        .collect();
    let alerts: Vec<Value> = (0..count).map(alert).collect();
    let events: Vec<String> = (0..count).map(|n| event(n).to_string()).collect();
    fs::write(folder.join("machines.json"), json!(machine).to_string()).unwrap();
    fs::write(folder.join("alerts.json"), json!(alerts).to_string()).unwrap();
    fs::write(folder.join("files.json"), json!(files).to_string()).unwrap();
    fs::create_dir_all(folder.join("tables")).unwrap();
    let process = |file: &Value| {
        json!({
            "Timestamp": tenant.ago(9), "DeviceId": machine_id(0), "DeviceName": name(0), "ActionType": "ProcessCreated",
            "SHA1": file["sha1"], "SHA256": file["sha256"], "MD5": file["md5"],
        })
    };
    let processes: Vec<String> = files.iter().map(|file| process(file).to_string()).collect();
    fs::write(
        folder.join("tables/DeviceProcessEvents.jsonl"),
        processes.join("\n"),
    )
    .unwrap();
    fs::write(
        folder.join("tables/DeviceFileEvents.jsonl"),
        events.join("\n"),
    )
    .unwrap();
}

fn machine_id(n: u32) -> String {
    format!("{:040x}", 0xb000 + n)
}

fn name(n: u32) -> String {
    format!("pc{n}.contoso.test")
}

fn sha1(n: u32, part: u32) -> String {
    format!(
        "{:040x}",
        0xabc_0000_u64 + u64::from(n) * 4 + u64::from(part)
    )
}

/// What the public relay calls for so many observables: for each a token, its alerts, a hunting query, its machine, the machine's
/// adapters, and three files.
fn of_the_public_relay(observables: u32) -> u32 {
    observables * 8
}

/// The calls by kind.
fn kinds(calls: &[String]) -> BTreeMap<&'static str, u32> {
    let mut kinds = BTreeMap::new();
    for call in calls {
        let kind = match call.as_str() {
            call if call.ends_with("/alerts") && call.contains("/files/") => "alerts of a file",
            call if call.contains("/api/alerts") => "evidence",
            call if call.contains("runHuntingQuery") => "hunting",
            call if call.contains("/api/machines") => "machines",
            call if call.contains("/api/files/") => "files",
            _ => "other",
        };
        *kinds.entry(kind).or_default() += 1;
    }
    kinds
}

#[test]
fn a_request_costs_few_calls_and_the_next_one_fewer() {
    println!("observables | public relay | first request | the same again");
    for count in [1, 10, 100] {
        let data = tempfile::tempdir().unwrap();
        write(count, data.path());
        let world = World::serving(TwinOptions {
            quota: QuotaSetting::Off,
            ..TwinOptions::new(TwinSource::Directory(data.path().to_owned()))
        });
        let relay = Relay::over(world, "", &[]);
        let list: Vec<Value> = (0..count)
            .map(|n| json!({"type": "sha1", "value": sha1(n, 1)}))
            .collect();
        let ask = || {
            let before = relay.world.twin().calls().len();
            let answer = relay.answer("/observe/observables", &json!(list));
            assert!(answer.get("errors").is_none(), "{answer}");
            assert_eq!(docs(&answer).len(), usize::try_from(count * 2).unwrap());
            let with_tokens = relay.world.twin().calls().len() - before;
            (kinds(&relay.calls_since(before)), with_tokens)
        };
        let (first, first_all) = ask();
        let (again, again_all) = ask();
        let public = of_the_public_relay(count);
        println!("{count} | {public} | {first_all} {first:?} | {again_all} {again:?}");
        let alerts = first["alerts of a file"];
        assert_eq!(alerts, count);
        assert!(first["hunting"] <= 3, "{first:?}");
        assert!(first["machines"] <= 1 + count / 25, "{first:?}");
        assert!(
            first.get("evidence").copied().unwrap_or_default() <= 1 + count / 25,
            "{first:?}"
        );
        assert!(!first.contains_key("other"), "{first:?}");
        assert_eq!(again["alerts of a file"], count);
        assert_eq!(again["hunting"], 1, "{again:?}");
        assert!(
            !again.contains_key("machines") && !again.contains_key("files"),
            "{again:?}"
        );
        // Two of them are sign-ins, to Graph and to Defender, and one reads the evidence that lists of alerts no longer have.
        let public = usize::try_from(public).unwrap();
        assert!(
            first_all
                <= if count == 1 {
                    public + 2
                } else {
                    public * 3 / 5
                },
            "{first_all} of {public}"
        );
        assert!(again_all * 2 < public, "{again_all} of {public}");
    }
}
