//! `tesem hunt --pack` and `--kql`.

use serde_json::Value;
use tesem_twin::generate::planted;

use crate::world::{World, options};

/// A planted address of the generated tenant.
fn planted_address() -> String {
    let planted = planted(&options()).unwrap();
    let kind_of = |value: &Value| value["kind"].as_str().unwrap_or_default().to_owned();
    let found = planted
        .iter()
        .find(|planted| kind_of(&serde_json::to_value(planted).unwrap()) == "ipv4");
    found.unwrap().value.clone()
}

const TWO: &str = "\
[[query]]
name = \"Devices\"
kql = 'DeviceInfo | summarize arg_max(Timestamp, *) by DeviceId | project DeviceName'
[[query]]
name = \"wrong/table\"
kql = 'NoSuchTable | take 1'
";

#[test]
fn a_pack_alone_needs_no_indicators_and_a_failing_query_fails_alone() {
    let world = World::new();
    world.write("two.toml", TWO);
    let run = world.tesem(&["hunt", "--pack", "two.toml"]).exits(3);
    let table = run.stdout();
    assert!(table.contains("queries/Devices.csv"), "{table}");
    assert!(table.contains("failed: "), "{table}");
    assert_eq!(world.hunting_calls(), 2);
    assert_eq!(world.csv("queries/Devices.csv").len(), 60);
    assert!(!world.run_folder().join("queries/wrong-table.csv").exists());
    let name = world
        .run_folder()
        .file_name()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned();
    world.tesem(&["hunt", "--resume", &name]).exits(3);
    assert_eq!(
        world.hunting_calls(),
        2,
        "a finished run asks nothing again"
    );
}

#[test]
fn indicators_are_searched_for_and_filled_in() {
    let world = World::new();
    let address = planted_address();
    world.write("poshc2.txt", &address);
    let run = world
        .tesem(&[
            "hunt",
            "poshc2.txt",
            "--pack",
            "c2",
            "--format",
            "json-split",
        ])
        .exits(0);
    let document = run.json();
    let rows = document["poshc2"]["data"].as_array().unwrap();
    assert!(!rows.is_empty());
    assert_eq!(
        document["poshc2"]["index"].as_array().unwrap().len(),
        rows.len()
    );
    let columns = document["poshc2"]["columns"].as_array().unwrap();
    let at = columns.iter().position(|name| name == "RemoteIP").unwrap();
    assert!(rows.iter().all(|row| row[at] == address.as_str()));
    assert!(
        document.get("empire").is_none(),
        "a query without indicators is not asked"
    );
    assert_eq!(world.csv("coverage.csv")[0]["Verdict"], "hit");
    let run_json: Value = serde_json::from_str(
        &std::fs::read_to_string(world.run_folder().join("run.json")).unwrap(),
    )
    .unwrap();
    assert_eq!(run_json["packs"][2]["rows"], rows.len());
}

#[test]
fn a_bare_query_is_asked_and_its_rows_are_the_document() {
    let world = World::new();
    world.write(
        "count.kql",
        "DeviceInfo | summarize devices = dcount(DeviceId, 4)\n",
    );
    let run = world
        .tesem(&["hunt", "--kql", "count.kql", "--format", "json-split"])
        .exits(0);
    assert_eq!(
        run.json(),
        serde_json::json!({"columns": ["devices"], "index": [0], "data": [[60]]})
    );
}

#[test]
fn configured_packs_lie_beside_the_configuration_and_unknown_ones_are_named() {
    let world = World::new();
    std::fs::create_dir(world.folder.path().join("packs")).unwrap();
    world.write(
        "packs/mine.toml",
        "[parameters]\ncount = 1\n[[query]]\nname = \"q\"\nkql = 'DeviceInfo | take {{count}}'\n",
    );
    world.configure("\n[packs]\nours = \"packs/mine.toml\"\n");
    world
        .tesem(&["hunt", "--pack", "ours", "--set", "count=3"])
        .exits(0);
    assert_eq!(world.csv("queries/q.csv").len(), 3);
    let unknown = world.tesem(&["hunt", "--pack", "yours"]).exits(2);
    assert!(
        unknown
            .stderr()
            .contains("there is no pack `yours`; built in are c2, devices"),
        "{}",
        unknown.stderr()
    );
    assert!(
        unknown.stderr().contains("configured are ours"),
        "{}",
        unknown.stderr()
    );
}

#[test]
fn explaining_a_pack_asks_nothing() {
    let world = World::new();
    world.write("poshc2.txt", planted_address());
    let run = world
        .tesem(&[
            "hunt",
            "poshc2.txt",
            "--pack",
            "c2",
            "--explain",
            "--format",
            "json",
        ])
        .exits(0);
    let packs = run.json()["packs"].clone();
    assert_eq!(
        (packs[2]["calls"].as_u64(), packs[0]["calls"].as_u64()),
        (Some(1), Some(0))
    );
    assert_eq!(world.statuses().len(), 0);
}

#[test]
fn mistakes_are_shown_with_file_query_and_place() {
    let world = World::new();
    world.write(
        "bad.toml",
        "[[query]]\nname = \"q\"\nkql = '''\nDeviceInfo\n| wheer x\n'''\n",
    );
    let run = world.tesem(&["hunt", "--pack", "bad.toml"]).exits(2);
    assert!(
        run.stderr()
            .contains("bad.toml:5:3: query `q`: `wheer` is not an operator"),
        "{}",
        run.stderr()
    );
    assert_eq!(world.statuses().len(), 0);
}

/// What the Shodan of a test finds: one address for the search of PoshC2's certificate, nothing else.
fn shodan(address: String) -> String {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let seen = options()
        .until
        .strftime("%Y-%m-%dT%H:%M:%S.000000")
        .to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = String::new();
            let mut lines = BufReader::new(&stream).lines();
            while let Some(Ok(line)) = lines.next() {
                if line.is_empty() {
                    break;
                }
                request.push_str(&(line + "\n"));
            }
            let matches = if request.contains("P18055077") && request.contains("page=1") {
                format!("{{\"ip_str\":\"{address}\",\"port\":443,\"timestamp\":\"{seen}\"}}")
            } else {
                String::new()
            };
            let total = u8::from(!matches.is_empty());
            let body = if request.contains("/api-info") {
                "{\"query_credits\":100}".to_owned()
            } else {
                format!("{{\"matches\":[{matches}],\"total\":{total}}}")
            };
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    base
}

/// The job of Shodan-to-MDE, as one command.
#[test]
fn what_shodan_finds_is_hunted_for_with_a_file_for_each_search() {
    let world = World::new();
    let base = shodan(planted_address());
    world.configure(&format!(
        "\n[feeds.c2]\nkind = \"shodan\"\nurl = [\"{base}\"]\nkey = {{ env = \"SHODAN_KEY\" }}\nmax_age = \"7d\"\n\
         [feeds.c2.queries]\ncobalt-strike-product = 'product:\"Cobalt Strike Beacon\"'\nposhc2 = 'ssl:\"P18055077\"'\n\
         # The address of this test is one for examples, which the built-in lists stop.\n\
         [lists]\nbuiltin = false\n"
    ));
    let args = ["hunt", "--feed", "c2", "--pack", "c2", "--cache", "cache"];
    let run = world
        .tesem_in(&args, &[("SHODAN_KEY", "not-a-key")])
        .exits(0);
    let table = run.stdout();
    assert!(table.contains("queries/poshc2.csv"), "{table}");
    assert!(!(table + &run.stderr()).contains("not-a-key"));
    let text = std::fs::read_to_string(world.run_folder().join("queries/poshc2.json")).unwrap();
    let frame: Value = serde_json::from_str(&text).unwrap();
    let rows = frame["data"].as_array().unwrap();
    assert!(!rows.is_empty());
    assert_eq!(frame["index"].as_array().unwrap().len(), rows.len());
    let columns = frame["columns"].as_array().unwrap();
    let at = columns.iter().position(|name| name == "RemoteIP").unwrap();
    assert!(rows.iter().all(|row| row[at] == planted_address()));
    assert!(!world.run_folder().join("queries/deimos.json").exists());
    let coverage = world.csv("coverage.csv");
    assert_eq!(
        (
            coverage[0]["Verdict"].as_str(),
            coverage[0]["Feeds"].as_str()
        ),
        ("hit", "c2")
    );
    assert_eq!(coverage[0]["Labels"], "poshc2");
}
