//! What a hunt leaves for other programs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::world::{World, options};

/// An indicator of each kind that a tenant can hold, as it is listed, and as it is planted.
const LIST: &str = "\
evil.com
https://evil.com/dl/it's.php?id=7
45.155.205.23
2a02:4780:8::8a2e:1
203.0.112.0/22
45.155.204.1-45.155.204.4
3395856ce81f2b7382dee72602f798b642f14140
275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f
44d88612fea8a8f36de82e1278abb02f
o'neil@evil-mail.com
";

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tables")).unwrap();
    let now = options().until.to_string();
    let network = [
        json!({"RemoteUrl": "https://www.evil.com/x", "RemoteIP": "192.0.2.1", "RemotePort": 443}),
        json!({"RemoteUrl": "https://evil.com/dl/it's.php?id=7"}),
        json!({"RemoteIP": "45.155.205.23"}),
        json!({"RemoteIP": "2A02:4780:8:0:0:0:8A2E:1"}),
        json!({"RemoteIP": "203.0.113.9"}),
        json!({"RemoteIP": "45.155.204.3"}),
    ];
    let files = [
        json!({"SHA1": "3395856CE81F2B7382DEE72602F798B642F14140", "FileName": "=cmd.exe", "FileSize": 4_294_967_296_u64}),
        json!({"SHA256": "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"}),
        json!({"MD5": "44d88612fea8a8f36de82e1278abb02f"}),
    ];
    let mail = [json!({"SenderFromAddress": "O'Neil@evil-mail.com"})];
    let tables: [(&str, &[Value]); 3] = [
        ("DeviceNetworkEvents", &network),
        ("DeviceFileEvents", &files),
        ("EmailEvents", &mail),
    ];
    for (table, rows) in tables {
        let lines: String = rows
            .iter()
            .enumerate()
            .map(|(number, row)| line(table, &now, number, row))
            .collect();
        let path = folder.path().join(format!("tables/{table}.jsonl"));
        std::fs::write(path, lines).unwrap();
    }
    World::of_directory(folder.path())
}

fn line(table: &str, now: &str, number: usize, row: &Value) -> String {
    let mut full = json!({"Timestamp": now, "ReportId": number});
    let full = full.as_object_mut().unwrap();
    if table.starts_with("Device") {
        full.insert("DeviceId".to_owned(), json!(format!("id-{number}")));
        full.insert("DeviceName".to_owned(), json!(format!("ws-{number}")));
    }
    full.extend(row.as_object().unwrap().clone());
    Value::Object(full.clone()).to_string() + "\n"
}

fn hits(world: &World) -> BTreeSet<String> {
    let coverage = world.csv("coverage.csv");
    let hits = coverage.iter().filter(|row| row["Verdict"] == "hit");
    hits.map(|row| row["Indicator"].clone()).collect()
}

#[test]
fn a_bundle_read_back_as_a_feed_gives_the_hits_again() {
    let world = world();
    let run = world
        .tesem_with_input(&["hunt", "-", "--format", "stix"], LIST.as_bytes())
        .exits(0);
    let hits = hits(&world);
    assert_eq!(hits.len(), LIST.lines().count(), "{hits:?}");
    world.write("bundle.json", run.stdout());
    world.configure(
        "\n[feeds.seen]\nkind = \"stix\"\nurl = \"bundle.json\"\n\n\
         # The addresses of this test are those for examples, which the built-in lists stop.\n\
         [lists]\nbuiltin = false\n",
    );
    let pulled = world
        .tesem(&["feeds", "pull", "seen", "--format", "list"])
        .exits(0);
    let mut pulled: BTreeSet<String> = pulled.stdout().lines().map(str::to_owned).collect();
    // STIX has networks and no other ranges: one that is none comes back in its parts.
    for part in ["45.155.204.1", "45.155.204.2/31", "45.155.204.4"] {
        assert!(pulled.remove(part), "{part} of {pulled:?}");
    }
    pulled.insert("45.155.204.1-45.155.204.4".to_owned());
    assert_eq!(pulled, hits);
}

#[test]
fn hits_in_parquet_are_a_table_for_our_own_queries() {
    let world = world();
    let run = world
        .tesem_with_input(&["hunt", "-", "--format", "csv"], LIST.as_bytes())
        .exits(0);
    assert!(run.stdout().contains("'=cmd.exe"), "guarded in CSV");
    let tables = world.folder.path().join("parquet/tables");
    std::fs::create_dir_all(&tables).unwrap();
    for (file, table) in [
        ("hits.parquet", "Hits.parquet"),
        ("sightings.parquet", "Sightings.parquet"),
    ] {
        std::fs::copy(world.run_folder().join(file), tables.join(table)).unwrap();
    }
    let query = "Hits | summarize Rows = count(), Port = max(RemotePort), Size = max(FileSize), Names = make_set_if(FileName, isnotempty(FileName)), \
                 Recent = countif(TimestampUtc > ago(2d)), Kind = take_any(gettype(TimestampUtc)) | extend Events = toscalar(Sightings | summarize sum(Events))";
    let answer = world
        .tesem(&[
            "kql", "run", query, "--data", "parquet", "--format", "jsonl",
        ])
        .exits(0)
        .json();
    let rows = world.csv("hits.csv").len();
    assert_eq!(
        answer,
        json!({"Rows": rows, "Port": 443, "Size": 4_294_967_296_u64, "Names": ["=cmd.exe"], "Recent": rows, "Kind": "datetime", "Events": rows})
    );
}

#[test]
fn every_format_prints_what_the_file_holds() {
    let world = world();
    let run = |format: &str| {
        let output = world.tesem_bytes(
            &["hunt", "-", "--format", format, "--out", format],
            LIST.as_bytes(),
        );
        let folder = world.only_run_of(format);
        (output, folder)
    };
    for (format, file) in [
        ("csv", "hits.csv"),
        ("jsonl", "hits.jsonl"),
        ("timesketch", "timesketch.csv"),
        ("stix", "sightings.stix.json"),
        ("parquet", "hits.parquet"),
    ] {
        let (output, folder) = run(format);
        let expected = std::fs::read(folder.join(file)).unwrap();
        assert!(output == expected, "{format} is not {file}");
    }
}

#[test]
fn an_explanation_in_a_format_of_hits_is_refused() {
    let world = World::new();
    for format in ["timesketch", "stix", "parquet"] {
        let run = world
            .tesem_with_input(&["hunt", "-", "--explain", "--format", format], b"evil.com")
            .exits(2);
        assert!(run.stderr().contains(format), "{}", run.stderr());
    }
}
