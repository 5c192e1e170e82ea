//! `tesem devices`.

use std::collections::BTreeSet;

use crate::world::World;

/// The full names of the tenant's devices.
fn names(world: &World) -> Vec<String> {
    world.write(
        "names.kql",
        "DeviceInfo | distinct DeviceName | sort by DeviceName asc\n",
    );
    let run = world
        .tesem(&["hunt", "--kql", "names.kql", "--format", "json-split"])
        .exits(0);
    std::fs::remove_dir_all(world.folder.path().join("results")).unwrap();
    let rows = run.json()["data"].as_array().unwrap().clone();
    rows.iter()
        .map(|row| row[0].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_line_is_found_unknown_or_refused() {
    let world = World::new();
    let names = names(&world);
    let short = names[0].split('.').next().unwrap().to_uppercase();
    world.write(
        "names.txt",
        format!(
            "# ours\n{short}\n{}\nno-such-device\nnot a name\n",
            names[1]
        ),
    );
    let before = world.hunting_calls();
    let run = world
        .tesem(&["devices", "names.txt", "--format", "json"])
        .exits(3);
    assert_eq!(world.hunting_calls() - before, 3);
    let document = run.json();
    let status = |at: usize| {
        document["inputs"][at]["Status"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        [status(0), status(1), status(2), status(3)],
        ["found", "found", "unknown", "refused"]
    );
    assert_eq!(document["inputs"][0]["Devices"][0], names[0].as_str());
    let known: BTreeSet<&str> = names[..2].iter().map(String::as_str).collect();
    for table in ["software", "logons"] {
        let rows = document[table].as_array().unwrap();
        let seen: BTreeSet<&str> = rows
            .iter()
            .map(|row| row["DeviceName"].as_str().unwrap())
            .collect();
        assert!(
            !seen.is_empty() && seen.is_subset(&known),
            "{table}: {seen:?}"
        );
    }
    let header = std::fs::read_to_string(world.run_folder().join("software.csv")).unwrap();
    assert!(
        header
            .starts_with("DeviceId,DeviceName,SoftwareName,SoftwareVersion,OSPlatform,OSVersion,"),
        "{header}"
    );
    assert_eq!(world.csv("devices.csv").len(), 4);
}

#[test]
fn a_thousand_devices_take_three_calls_and_resuming_takes_none() {
    let world = World::new();
    let mut list = names(&world).join("\n") + "\n";
    list.extend((0..940).map(|number| format!("other-{number:03}.example.org\n")));
    world.write("names.txt", list);
    let before = world.hunting_calls();
    world.tesem(&["devices", "names.txt"]).exits(0);
    assert_eq!(
        world.hunting_calls() - before,
        3,
        "one call for devices, software and logons each"
    );
    let found = world
        .csv("devices.csv")
        .iter()
        .filter(|row| row["Status"] == "found")
        .count();
    assert_eq!(found, 60);
    let name = world
        .run_folder()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    world.tesem(&["devices", "--resume", &name]).exits(0);
    assert_eq!(world.hunting_calls() - before, 3);
}

#[test]
fn addresses_are_looked_up_among_the_accounts_of_processes() {
    let world = World::new();
    world.write("who.kql", "DeviceProcessEvents | where isnotempty(InitiatingProcessAccountUpn) | top 1 by Timestamp | project InitiatingProcessAccountUpn\n");
    let run = world
        .tesem(&["hunt", "--kql", "who.kql", "--format", "json-split"])
        .exits(0);
    std::fs::remove_dir_all(world.folder.path().join("results")).unwrap();
    let address = run.json()["data"][0][0].as_str().unwrap().to_owned();
    world.write("people.txt", format!("{address}\nnobody@example.org\n"));
    let before = world.hunting_calls();
    let run = world
        .tesem(&["devices", "--emails", "people.txt", "--format", "json"])
        .exits(0);
    assert_eq!(world.hunting_calls() - before, 1);
    let document = run.json();
    assert_eq!(document["inputs"][0]["Status"], "found");
    assert_eq!(document["inputs"][1]["Status"], "unknown");
    assert_eq!(
        document["emails"][0]["Email"],
        address.to_lowercase().as_str()
    );
}
