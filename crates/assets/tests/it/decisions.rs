//! What an import does with what was known and what it sees: the decisions of an incremental import, one by one.

use serde_json::{Value as Json, json};
use tesem_assets::{
    Aspect, AssetGraph, Change, Delta, EdgeKind, Millis, NodeKind, Observed, Patch,
};
use tesem_defender::MachineId;

use crate::records::{Record, edges, observed, words};

/// One line for each step.
pub(crate) fn steps(from: &AssetGraph, to: &AssetGraph) -> Vec<String> {
    Delta::new(from, to)
        .changes()
        .map(|change| step(&change))
        .collect()
}

fn step(change: &Change) -> String {
    match change {
        Change::NodeCreated { node, properties } => {
            format!("+ {} {}{}", node.kind, node.key, words(properties))
        }
        Change::NodeUpdated { node, patch } => {
            format!("~ {} {}{}", node.kind, node.key, patched(patch))
        }
        Change::NodeRemoved { node, because } => {
            format!("- {} {} ({because})", node.kind, node.key)
        }
        Change::EdgeCreated { edge, properties } => {
            let (kind, ends) = (edge.kind, &edge.ends);
            format!("+ {kind} {} -> {}{}", ends.from, ends.to, words(properties))
        }
        Change::EdgeUpdated { edge, patch } => {
            let (kind, ends) = (edge.kind, &edge.ends);
            format!("~ {kind} {} -> {}{}", ends.from, ends.to, patched(patch))
        }
        Change::EdgeClosed { edge, because } => {
            let (kind, ends) = (edge.kind, &edge.ends);
            format!("- {kind} {} -> {} ({because})", ends.from, ends.to)
        }
    }
}

fn patched(patch: &Patch) -> String {
    let changes = patch.iter().map(|(property, value)| match value {
        Some(value) => words(&[(*property, value.clone())].into_iter().collect()),
        None => format!(" {}=", property.name()),
    });
    changes.collect()
}

fn machine(more: Json) -> Record {
    let mut json = json!({"id": "m1", "computerDnsName": "pc-1"});
    if let Json::Object(fields) = more {
        json.as_object_mut().unwrap().extend(fields);
    }
    Record::Machine(json)
}

fn logon(machine: &str, account: &str) -> Record {
    let user = json!({"id": account, "accountName": account});
    Record::Logon(machine.to_owned(), user)
}

fn weak(machine: &str, product: &str, cve: &str) -> Record {
    Record::MachineVulnerability(json!({
        "deviceId": machine, "softwareVendor": "v", "softwareName": product, "softwareVersion": "1", "cveId": cve,
    }))
}

fn software(machine: &str, product: &str) -> Record {
    Record::Software(json!({
        "deviceId": machine, "softwareVendor": "v", "softwareName": product, "softwareVersion": "1",
    }))
}

/// A first import, which reads everything.
fn first(records: &[Record]) -> AssetGraph {
    let mut observed = observed(records);
    for aspect in Aspect::ALL {
        observed.covers_all(aspect);
    }
    observed.next(&AssetGraph::default()).graph
}

/// What an incremental import changes that reads these aspects of `m1` completely.
fn then(earlier: &AssetGraph, records: &[Record], aspects: &[Aspect]) -> Vec<String> {
    let mut observed = observed(records);
    for aspect in aspects {
        observed.covers(*aspect, &MachineId::new("m1"));
    }
    steps(earlier, &observed.next(earlier).graph)
}

#[test]
fn a_machine_that_is_new_is_created_with_all_that_it_has() {
    let records = [
        machine(json!({"osPlatform": "Windows11", "lastIpAddress": "10.0.0.5"})),
        logon("m1", "ana"),
        weak("m1", "app", "CVE-2026-0001"),
    ];
    let aspects = [
        Aspect::Logons,
        Aspect::Software,
        Aspect::Vulnerabilities,
        Aspect::Alerts,
    ];
    insta::assert_snapshot!(then(&AssetGraph::default(), &records, &aspects).join("\n"));
}

#[test]
fn a_machine_that_is_known_is_patched_where_it_changed() {
    let earlier = first(&[machine(
        json!({"riskScore": "Low", "rbacGroupName": "Servers", "osBuild": 1}),
    )]);
    let later = [machine(json!({"riskScore": "High", "osBuild": 1}))];
    assert_eq!(
        then(&earlier, &later, &[]),
        ["~ asset m1 risk_score=High device_group="]
    );
    let renamed = [machine(
        json!({"riskScore": "Low", "rbacGroupName": "Servers", "osBuild": 1, "computerDnsName": "pc-2"}),
    )];
    assert_eq!(
        then(&earlier, &renamed, &[]),
        [
            "~ asset m1 name=pc-2",
            "+ hostname pc-2",
            "+ asset_hostname m1 -> pc-2",
            "- asset_hostname m1 -> pc-1 (not_seen)",
            "- hostname pc-1 (not_seen)",
        ]
    );
}

/// Known and seen is kept; unknown is created; known and not seen is closed.
#[test]
fn addresses_and_adapters_follow_what_the_machine_shows() {
    let adapters = |entries: &[(&str, &str)], external: &str| {
        let entries = entries
            .iter()
            .map(|(address, mac)| json!({"ipAddress": address, "macAddress": mac}));
        machine(
            json!({"ipAddresses": entries.collect::<Vec<_>>(), "lastExternalIpAddress": external}),
        )
    };
    let (one, two) = ("000C29000001", "000C29000002");
    let earlier = first(&[adapters(&[("10.0.0.1", one)], "203.0.113.1")]);
    let cases = [
        ("nothing new", adapters(&[("10.0.0.1", one)], "203.0.113.1")),
        (
            "another external address",
            adapters(&[("10.0.0.1", one)], "203.0.113.2"),
        ),
        (
            "another address of the adapter",
            adapters(&[("10.0.0.2", one)], "203.0.113.1"),
        ),
        (
            "one more address of the adapter",
            adapters(&[("10.0.0.1", one), ("10.0.0.2", one)], "203.0.113.1"),
        ),
        (
            "another adapter with the address",
            adapters(&[("10.0.0.1", two)], "203.0.113.1"),
        ),
        ("no adapters any more", adapters(&[], "203.0.113.1")),
    ];
    let mut shown = Vec::new();
    for (case, record) in cases {
        shown.push(format!("{case}:"));
        shown.extend(then(&earlier, &[record], &[]));
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn logons_follow_what_was_read_and_stay_where_nothing_was() {
    let known = [machine(json!({})), logon("m1", "ana"), logon("m1", "bo")];
    let earlier = first(&known);
    let seen = [machine(json!({})), logon("m1", "ana"), logon("m1", "cy")];
    insta::assert_snapshot!(then(&earlier, &seen, &[Aspect::Logons]).join("\n"), @"
    + user cy name=cy
    + account cy name=cy
    + asset_account m1 -> cy
    + account_hostname cy -> pc-1
    + user_account cy -> cy
    - asset_account m1 -> bo (not_seen)
    - account_hostname bo -> pc-1 (not_seen)
    - user_account bo -> bo (not_seen)
    - user bo (not_seen)
    - account bo (not_seen)
    ");
    assert_eq!(then(&earlier, &known[..1], &[]), Vec::<String>::new());
    assert_eq!(then(&earlier, &known[..2], &[]), Vec::<String>::new());
    let gone = then(&earlier, &known[..1], &[Aspect::Logons]);
    assert_eq!(gone.len(), 10, "{gone:?}");
}

/// Application known or not, vulnerability known or not.
#[test]
fn software_and_vulnerabilities_are_made_where_unknown_and_linked_where_not_linked() {
    let elsewhere = Record::Machine(json!({"id": "m2"}));
    let earlier = first(&[
        machine(json!({})),
        elsewhere,
        weak("m1", "old", "CVE-2026-0001"),
        software("m1", "clean"),
        weak("m2", "other", "CVE-2026-0002"),
    ]);
    let kept = [weak("m1", "old", "CVE-2026-0001"), software("m1", "clean")];
    let cases = [
        ("neither known", weak("m1", "new", "CVE-2026-0009")),
        ("vulnerability known", weak("m1", "new", "CVE-2026-0001")),
        ("application known", weak("m1", "clean", "CVE-2026-0009")),
        (
            "both known and not linked",
            weak("m1", "clean", "CVE-2026-0001"),
        ),
        ("both known and linked", weak("m1", "old", "CVE-2026-0001")),
        (
            "both known from another machine",
            weak("m1", "other", "CVE-2026-0002"),
        ),
    ];
    let mut shown = Vec::new();
    for (case, record) in cases {
        shown.push(format!("{case}:"));
        let records = [&kept[..], &[record]].concat();
        shown.extend(then(
            &earlier,
            &records,
            &[Aspect::Software, Aspect::Vulnerabilities],
        ));
    }
    insta::assert_snapshot!(shown.join("\n"));
}

/// What IBM's connector never closes: the last vulnerabilities of a machine that has none any more. What it always closes: the operating
/// system.
#[test]
fn a_machine_that_was_mended_has_no_vulnerability_and_still_its_system() {
    let system = machine(json!({"osPlatform": "Windows11"}));
    let elsewhere = Record::Machine(json!({"id": "m2"}));
    let earlier = first(&[
        system.clone(),
        elsewhere,
        weak("m1", "app", "CVE-2026-0001"),
        weak("m1", "app", "CVE-2026-0002"),
        weak("m2", "app", "CVE-2026-0002"),
    ]);
    let seen = [system, software("m1", "app")];
    assert_eq!(
        then(
            &earlier,
            &seen,
            &[Aspect::Software, Aspect::Vulnerabilities]
        ),
        [
            "- asset_vulnerability m1 -> CVE-2026-0001 (vulnerability_gone)",
            "- asset_vulnerability m1 -> CVE-2026-0002 (vulnerability_gone)",
            "- application_vulnerability v:app:1 -> CVE-2026-0001 (not_seen)",
            "- vulnerability CVE-2026-0001 (not_seen)",
        ]
    );
}

fn alert(id: &str, status: &str, more: Json) -> Record {
    let mut json = json!({"id": id, "machineId": "m1", "status": status, "title": "Beacon"});
    if let Json::Object(fields) = more {
        json.as_object_mut().unwrap().extend(fields);
    }
    Record::Alert(json)
}

/// New and in progress: created where unknown, its edge's time moved where there was a later event. Resolved: closed.
#[test]
fn alerts_are_made_moved_and_closed() {
    let open = alert(
        "known",
        "New",
        json!({"lastEventTime": "2026-11-27T00:00:00Z"}),
    );
    let evidence = json!([{"entityType": "User", "accountName": "ana"}]);
    let other = alert("other", "New", json!({"evidence": evidence}));
    let earlier = first(&[machine(json!({})), open, other]);
    let cases = [
        (
            "new",
            alert(
                "fresh",
                "InProgress",
                json!({"lastEventTime": "2026-11-28T00:00:00Z"}),
            ),
        ),
        (
            "a later event",
            alert(
                "known",
                "New",
                json!({"lastEventTime": "2026-11-28T00:00:00Z"}),
            ),
        ),
        (
            "somebody works on it",
            alert(
                "known",
                "InProgress",
                json!({"lastEventTime": "2026-11-27T00:00:00Z", "assignedTo": "bo"}),
            ),
        ),
        (
            "resolved",
            alert(
                "known",
                "Resolved",
                json!({"resolvedTime": "2026-11-28T00:00:00Z"}),
            ),
        ),
        (
            "resolved, with evidence",
            alert("other", "Resolved", json!({})),
        ),
        (
            "resolved before it was known",
            alert("fresh", "Resolved", json!({})),
        ),
        (
            "of a machine that is not there",
            alert("fresh", "New", json!({"machineId": "m9"})),
        ),
    ];
    let mut shown = Vec::new();
    for (case, record) in cases {
        shown.push(format!("{case}:"));
        shown.extend(then(&earlier, &[record], &[]));
    }
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn an_alert_that_came_and_went_in_between_is_told_apart() {
    let at = |hour: u32| format!("2026-11-28T{hour:02}:00:00Z");
    let alert = |id: &str, created: u32, resolved: Option<u32>, machine: &str| {
        let status = if resolved.is_some() {
            "Resolved"
        } else {
            "New"
        };
        alert(
            id,
            status,
            json!({"alertCreationTime": at(created), "resolvedTime": resolved.map(at), "machineId": machine}),
        )
    };
    let records = [
        machine(json!({})),
        alert("in-between", 11, Some(12), "m1"),
        alert("at-once", 10, Some(10), "m1"),
        alert("older", 9, Some(12), "m1"),
        alert("open", 11, None, "m1"),
        alert("elsewhere", 11, Some(12), "m9"),
    ];
    let observed = observed(&records);
    let graph = observed.next(&AssetGraph::default()).graph;
    let since: Millis = at(10).parse().unwrap();
    let passed = observed.passed(since, &AssetGraph::default(), &graph);
    let ids: Vec<&str> = passed.iter().map(|passed| &*passed.alert).collect();
    assert_eq!(ids, ["at-once", "in-between"]);
    let known = first(&[machine(json!({})), alert("in-between", 11, None, "m1")]);
    assert_eq!(
        observed.passed(since, &known, &graph).len(),
        1,
        "the other one is closed"
    );
    assert_eq!(
        (passed[1].from, passed[1].to),
        (at(11).parse().unwrap(), at(12).parse().unwrap())
    );
    assert_eq!(passed[1].edge.kind, EdgeKind::AssetVulnerability);
    assert_eq!(graph.node(NodeKind::Vulnerability, "in-between"), None);
}

/// With the machine goes all that only it had; what its adapter had stays known.
#[test]
fn a_machine_that_is_inactive_for_long_is_deleted() {
    let silent = |day: &str| {
        machine(json!({
            "healthStatus": "Inactive", "lastSeen": format!("2026-11-{day}T00:00:00Z"),
            "ipAddresses": [{"ipAddress": "10.0.0.1", "macAddress": "000C29000001"}],
        }))
    };
    let other = Record::Machine(json!({"id": "m2", "computerDnsName": "pc-2"}));
    let earlier = first(&[
        silent("20"),
        other,
        logon("m1", "ana"),
        logon("m2", "ana"),
        weak("m1", "app", "CVE-2026-0001"),
        alert("da1", "New", json!({})),
    ]);
    insta::assert_snapshot!(then(&earlier, &[silent("10")], &[]).join("\n"));
}

#[test]
fn a_full_import_deletes_what_it_no_longer_lists_and_leaves_what_it_does_not_read() {
    let known = [
        machine(json!({})),
        Record::Machine(json!({"id": "m2"})),
        logon("m1", "ana"),
    ];
    let earlier = first(&known);
    let mut all_machines = observed(&known[..1]);
    all_machines.covers_all(Aspect::Machines);
    assert_eq!(
        steps(&earlier, &all_machines.next(&earlier).graph),
        ["- asset m2 (asset_deleted)"]
    );
}

#[test]
fn what_a_machine_had_before_it_came_back_is_to_be_read() {
    let earlier = first(&[machine(json!({}))]);
    let mut read: Observed = observed(&[machine(json!({})), Record::Machine(json!({"id": "m2"}))]);
    read.covers(Aspect::Logons, &MachineId::new("m2"));
    let unread = read.unread(
        &earlier,
        &[Aspect::Machines, Aspect::Logons, Aspect::Alerts],
    );
    assert_eq!(unread, [(MachineId::new("m2"), Aspect::Alerts)]);
    weak("m2", "app", "CVE-2026-0001").feed(&mut read);
    let ids: Vec<String> = read
        .undescribed(&earlier)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(ids, ["CVE-2026-0001"]);
}

/// The system belongs to what is read of the machine itself, and software does not.
#[test]
fn a_system_follows_its_machine_and_software_what_was_read_of_it() {
    let earlier = first(&[
        machine(json!({"osPlatform": "Windows10"})),
        software("m1", "app"),
    ]);
    let upgraded = [machine(json!({"osPlatform": "Windows11"}))];
    let changes = then(&earlier, &upgraded, &[]);
    let links = |changes: &[String]| -> Vec<String> {
        let links = changes
            .iter()
            .filter(|change| change.contains("asset_application"));
        links.cloned().collect()
    };
    assert_eq!(
        links(&changes),
        [
            "+ asset_application m1 -> Windows11",
            "- asset_application m1 -> Windows10 (not_seen)",
        ]
    );
    let cleaned = then(&earlier, &[], &[Aspect::Software, Aspect::Vulnerabilities]);
    assert_eq!(
        links(&cleaned),
        ["- asset_application m1 -> v:app:1 (not_seen)"]
    );
}

#[test]
fn an_alert_names_only_what_its_last_record_does() {
    let with = |account: &str| {
        let evidence = json!([{"entityType": "User", "accountName": account}]);
        alert("da1", "New", json!({"evidence": evidence}))
    };
    let earlier = first(&[machine(json!({})), with("ana")]);
    let changes = then(&earlier, &[with("bo")], &[]);
    assert!(
        changes.contains(&"+ account_vulnerability bo -> da1".to_owned()),
        "{changes:?}"
    );
    let gone = "- account_vulnerability ana -> da1 (not_seen)".to_owned();
    assert!(changes.contains(&gone), "{changes:?}");
    let other = alert("da2", "New", json!({}));
    let changes = then(&earlier, &[other], &[]);
    assert!(!changes.contains(&gone), "{changes:?}");
}

#[test]
fn what_two_readers_read_completely_is_what_both_did() {
    let two = Record::Machine(json!({"id": "m2"}));
    let earlier = first(&[
        machine(json!({})),
        two,
        logon("m1", "ana"),
        logon("m2", "bo"),
    ]);
    let reader = |id: &str| {
        let mut reader = observed(&[]);
        reader.covers(Aspect::Logons, &MachineId::new(id));
        reader
    };
    let accounts = |read: &Observed| edges(&read.next(&earlier).graph, EdgeKind::AssetAccount);
    let mut both = reader("m1");
    assert_eq!(accounts(&both), ["m2 -> bo"]);
    both.merge(reader("m2"));
    assert_eq!(accounts(&both), Vec::<String>::new());
    let mut all = observed(&[]);
    all.covers_all(Aspect::Logons);
    all.merge(reader("m1"));
    assert_eq!(accounts(&all), Vec::<String>::new());
    let mut one = reader("m1");
    one.merge(observed(&[]));
    assert_eq!(accounts(&one), ["m2 -> bo"]);
}
