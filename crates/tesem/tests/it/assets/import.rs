//! Full and incremental imports.

use std::collections::BTreeMap;

use serde_json::json;

use super::tenant::{Tenant, machine_id};
use super::{assert_same, graph, last_record, twice, undisturbed, without_first_seen};
use crate::world::World;

/// How many lines of a graph each collection has.
fn counts(graph: &std::collections::BTreeSet<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in graph {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let kind = line.get("node").or_else(|| line.get("edge")).unwrap();
        *counts.entry(kind.as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_full_import_has_everything_in_few_calls() {
    let tenant = Tenant::new(12);
    let world = tenant.world();
    world
        .tesem(&["assets", "import", "--to", "json:graph"])
        .exits(0);
    let graph = graph(&world.folder.path().join("graph"));
    insta::assert_json_snapshot!(counts(&graph));
    let has = |part: &str| graph.iter().any(|line| line.contains(part));
    // Only hunting knows of it.
    assert!(has("10.1.3.2") && has("00:0C:29:00:03:02"), "{graph:#?}");
    assert!(!has("user666"), "an attempt is no logon");
    let record = last_record(&world);
    assert_eq!(record["mode"], "full");
    let calls = record["calls_total"].as_u64().unwrap();
    assert!(calls <= 12, "{record:#}");
    assert_eq!(record["calls"]["run hunting query"], 2, "{record:#}");
}

#[test]
fn an_incremental_import_comes_to_the_graph_of_a_full_one() {
    let tenant = Tenant::new(12);
    let later = tenant.later();
    let (changed, whole) = (
        twice(&tenant, &later, "incremental"),
        twice(&tenant, &later, "full"),
    );
    assert_same(&without_first_seen(&changed), &without_first_seen(&whole));
}

#[test]
fn what_did_not_change_is_not_read_again() {
    let tenant = Tenant::new(40);
    let world = tenant.world();
    world
        .tesem(&["assets", "import", "--to", "sqlite:assets.db"])
        .exits(0);
    world
        .tesem(&["assets", "import", "--to", "sqlite:assets.db"])
        .exits(0);
    let record = last_record(&world);
    assert_eq!(record["mode"], "incremental");
    let part = |name: &str| {
        let parts = record["parts"].as_array().unwrap();
        parts.iter().find(|part| part["part"] == name).unwrap()["records"].clone()
    };
    assert_eq!(part("machines"), 40);
    for quiet in ["logons", "software", "vulnerabilities", "alerts"] {
        assert_eq!(part(quiet), 0, "{record:#}");
    }
    let changed = record["changed"].as_object().unwrap();
    assert!(changed.values().all(|count| count == 0), "{record:#}");
}

#[test]
fn every_sink_takes_the_same_imports() {
    let tenant = Tenant::new(8);
    let later = tenant.later();
    for to in ["sqlite:assets.db", "json:json", "parquet:parquet"] {
        let first = tenant.world();
        first
            .tesem(&["assets", "import", "--to", to, "--source", "s"])
            .exits(0);
        let before = last_record(&first);
        let (kind, path) = to.split_once(':').unwrap();
        let place = format!("{kind}:{}", first.folder.path().join(path).display());
        let second = later.world();
        second
            .tesem(&["assets", "import", "--to", &place, "--source", "s"])
            .exits(0);
        let record = last_record(&second);
        assert_eq!(
            (&before["mode"], &record["mode"]),
            (&json!("full"), &json!("incremental")),
            "{to}"
        );
        insta::assert_json_snapshot!("what_changed", record["changed"]);
    }
}

#[test]
fn ways_that_are_barred_are_gone_around() {
    let tenant = Tenant::new(6);
    let world = tenant.world();
    let barred = json!({"error": {"code": "Forbidden", "message": "The application does not have any of the required application permissions."}});
    for path in [
        "/api/machines/SoftwareInventoryExport",
        "/api/machines/SoftwareVulnerabilitiesExport",
        "/api/alerts",
    ] {
        world.fault(&json!({"path": path, "status": 403, "body": barred}));
    }
    let run = world
        .tesem(&[
            "assets",
            "import",
            "--to",
            "json:graph",
            "--logons",
            "machines",
        ])
        .exits(0);
    assert!(
        run.stderr().contains("software are read through hunting"),
        "{}",
        run.stderr()
    );
    let record = last_record(&world);
    assert_eq!(record["calls"]["list logon users"], 6, "{record:#}");
    let (around, whole) = (
        graph(&world.folder.path().join("graph")),
        undisturbed(&tenant),
    );
    assert_eq!(counts(&around), counts(&whole));
}

#[test]
fn parts_can_be_left_out_and_come_back() {
    let tenant = Tenant::new(5);
    let world = tenant.world();
    let counts_of = |arguments: &[&str]| {
        let import = [&["assets", "import", "--to", "json:graph"], arguments].concat();
        world.tesem(&import).exits(0);
        counts(&graph(&world.folder.path().join("graph")))
    };
    let whole = counts_of(&[]);
    let without = counts_of(&["--without", "alerts", "--without", "vulnerabilities"]);
    assert_eq!(
        last_record(&world)["parts"][0]["because"],
        "the import before read other things or named accounts otherwise"
    );
    assert!(!without.contains_key("vulnerability"), "{without:?}");
    assert_eq!(without["application"], whole["application"]);
    assert_eq!(counts_of(&[]), whole);
}

#[test]
fn addresses_of_export_files_that_run_out_are_asked_for_anew() {
    let tenant = Tenant::new(5);
    let world = tenant.world();
    // As an address is whose time is over.
    world.fault(&json!({"path": "/tvm-export/*", "status": 403}));
    world
        .tesem(&["assets", "import", "--to", "json:graph"])
        .exits(0);
    assert_same(
        &graph(&world.folder.path().join("graph")),
        &undisturbed(&tenant),
    );
}

#[test]
fn a_second_import_beside_the_first_says_so() {
    let world = Tenant::new(5).world();
    world.fault(&json!({"path": "/api/machines", "delay_ms": 1500}));
    let first = world.start(&["assets", "import", "--to", "sqlite:assets.db"]);
    let lock = world.folder.path().join("assets.db.lock");
    while !lock.is_file() || world.twin().calls().is_empty() {
        world.pause();
    }
    let second = world
        .tesem(&["assets", "import", "--to", "sqlite:assets.db"])
        .exits(10);
    assert!(
        second
            .stderr()
            .contains("the import before into `sqlite:assets.db` still works"),
        "{}",
        second.stderr()
    );
    World::finished(first).exits(0);
}

#[test]
fn an_empty_answer_does_not_empty_the_sink() {
    let world = Tenant::new(5).world();
    world
        .tesem(&["assets", "import", "--to", "json:graph"])
        .exits(0);
    let before = graph(&world.folder.path().join("graph"));
    world.fault(&json!({"path": "/api/machines", "status": 200, "body": {"value": []}}));
    let run = world
        .tesem(&["assets", "import", "--to", "json:graph"])
        .exits(55);
    assert!(
        run.stderr().contains("there were 5 before"),
        "{}",
        run.stderr()
    );
    assert_same(&graph(&world.folder.path().join("graph")), &before);
}

#[test]
fn ids_of_machines_cannot_leave_a_query() {
    let tenant = Tenant::new(4);
    let data = tempfile::TempDir::new().unwrap();
    tenant.write(data.path());
    let path = data.path().join("machines.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let hostile = "x\\\") or true or DeviceId in (\\\"y";
    std::fs::write(&path, text.replace(&machine_id(1), hostile)).unwrap();
    let world = World::of_directory(data.path());
    world
        .tesem(&["assets", "import", "--to", "json:graph"])
        .exits(0);
    let again = world
        .tesem(&["assets", "import", "--to", "json:graph"])
        .exits(0);
    assert!(!again.stderr().contains("panicked"));
    assert_eq!(
        counts(&graph(&world.folder.path().join("graph")))["asset"],
        4
    );
}

/// The service goes on listing a machine for months after it went.
#[test]
fn a_machine_that_is_gone_is_not_new_each_time() {
    let tenant = Tenant::new(6).later();
    let world = tenant.world();
    let import = ["assets", "import", "--to", "json:graph"];
    world.tesem(&import).exits(0);
    world.tesem(&import).exits(0);
    let first = world.twin().calls().len();
    world.tesem(&import).exits(0);
    let calls = world.twin().calls();
    let lists = calls
        .iter()
        .skip(first)
        .filter(|call| call.path == "/api/alerts");
    // A page, and the one that shows that it was the last; as many again would be those of machines that are new.
    assert_eq!(lists.count(), 2);
}

#[test]
fn an_app_that_may_no_longer_hunt_still_imports_what_changed() {
    let tenant = Tenant::new(8);
    let later = tenant.later();
    let first = tenant.world();
    let folder = first.folder.path().join("graph");
    let to = format!("json:{}", folder.display());
    let import = ["assets", "import", "--to", &to, "--source", "s"];
    first.tesem(&import).exits(0);
    let before = graph(&folder);
    let second = later.world();
    let body = json!({"error": {"code": "Forbidden", "message": "no"}});
    second.fault(&json!({"path": "/v1.0/security/runHuntingQuery", "status": 403, "body": body, "calls": 99}));
    let run = second.tesem(&import).exits(0);
    assert!(
        run.stderr().contains("are read through export files"),
        "{}",
        run.stderr()
    );
    let after = graph(&folder);
    // What only hunting tells of a machine that was seen anew stays; what others tell is as it is now.
    let kept = format!("\"from\":\"{}\",\"to\":\"10.1.0.2\"", machine_id(0));
    assert!(after.iter().any(|line| line.contains(&kept)), "{after:#?}");
    assert!(!before.iter().any(|line| line.contains("CVE-2026-10077")));
    assert!(after.iter().any(|line| line.contains("CVE-2026-10077")));
}

/// When something was first seen is told by export files alone, and stays known.
#[test]
fn what_is_known_of_first_sightings_outlasts_incremental_imports() {
    let tenant = Tenant::new(8);
    let later = tenant.later();
    let changed = twice(&tenant, &later, "incremental");
    let of_changed = |line: &&String| {
        line.contains("\"edge\":\"asset_application\"")
            && line.contains(&machine_id(4))
            && line.contains("fabrikam")
    };
    let software: Vec<&String> = changed.iter().filter(of_changed).collect();
    assert_eq!(software.len(), 3);
    assert!(
        software.iter().all(|line| line.contains("first_seen")),
        "{software:#?}"
    );
}
