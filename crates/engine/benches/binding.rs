//! How soon a query is bound: what `tesem kql check` does for each.
//!
//! `cargo bench -p tesem-engine --bench binding`

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use tesem_engine::{Database, Engine, EngineOptions};

fn main() {
    divan::main();
}

/// Shapes that detections have, from short to long.
const QUERIES: &[&str] = &[
    "DeviceInfo | where Timestamp > ago(1d) | summarize dcount(DeviceId) by OSPlatform",
    "DeviceProcessEvents | where Timestamp > ago(7d) | where FileName in~ ('powershell.exe', 'pwsh.exe')
     | where ProcessCommandLine has_any ('-enc', 'EncodedCommand') | project Timestamp, DeviceName, AccountName, ProcessCommandLine",
    "let Suspicious = DeviceFileEvents | where Timestamp > ago(1d) and FolderPath has 'Temp' | summarize by SHA256;
     DeviceProcessEvents | where SHA256 in (Suspicious) | summarize Devices = make_set(DeviceName, 100) by SHA256",
    "DeviceLogonEvents | where ActionType == 'LogonFailed' | summarize Fails = count(), Names = dcount(AccountName)
     by DeviceName, bin(Timestamp, 1h) | where Fails > 20 | top 100 by Fails desc",
    "DeviceNetworkEvents | where RemoteIPType == 'Public' | extend Fields = parse_json(AdditionalFields)
     | extend Host = tostring(Fields.host), Method = tostring(Fields.method) | where isnotempty(Host)
     | join kind=leftouter (DeviceProcessEvents | project DeviceId, ProcessId, ProcessCommandLine)
       on DeviceId, $left.InitiatingProcessId == $right.ProcessId | project-away DeviceId1",
    "AlertInfo | join kind=inner AlertEvidence on AlertId | mv-expand Technique = parse_json(AttackTechniques) to typeof(string)
     | summarize Alerts = dcount(AlertId), take_any(Title), arg_max(Timestamp, *) by Technique",
];

#[divan::bench]
fn check(bencher: Bencher<'_, '_>) {
    let engine = Engine::new(Arc::new(Database::defender()), EngineOptions::default()).unwrap();
    bencher
        .counter(ItemsCount::new(QUERIES.len()))
        .bench_local(|| {
            for query in QUERIES {
                divan::black_box(engine.check(query).unwrap());
            }
        });
}
