//! No false hit and no missed one, among rows that look alike.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::world::{World, options};

const SHA256: &str = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
const SHA1: &str = "3395856ce81f2b7382dee72602f798b642f14140";
const MD5: &str = "44d88612fea8a8f36de82e1278abb02f";

/// What is hunted for, as people write it, and the canonical form that coverage shows.
fn wanted() -> Vec<(String, &'static str)> {
    vec![
        ("EVIL[.]com.".to_owned(), "evil.com"),
        ("bücher-evil.com".to_owned(), "xn--bcher-evil-9db.com"),
        (
            "https://evil-shop.com/dl/a.exe".to_owned(),
            "https://evil-shop.com/dl/a.exe",
        ),
        (SHA256.to_ascii_uppercase(), SHA256),
        (SHA1.to_ascii_uppercase(), SHA1),
        (MD5.to_owned(), MD5),
        ("10.0.0.1".to_owned(), "10.0.0.1"),
        ("198.51.100.23".to_owned(), "198.51.100.23"),
        ("192.0.2.0/24".to_owned(), "192.0.2.0/24"),
        ("2001:0DB8:0000::8A2E:1".to_owned(), "2001:db8::8a2e:1"),
        ("Phisher@Evil-Mail.com".to_owned(), "phisher@evil-mail.com"),
    ]
}

/// Rows of a table, each with the indicators that it shows.
type Rows = Vec<(Value, &'static [&'static str])>;

#[expect(clippy::too_many_lines, reason = "a table")]
fn network() -> Rows {
    let url = |url: &str| json!({ "RemoteUrl": url });
    let remote = |ip: &str| json!({ "RemoteIP": ip });
    let local = |ip: &str| json!({ "LocalIP": ip });
    let inspected = |name: &str| {
        let fields = json!({ "query": name }).to_string();
        json!({ "ActionType": "DnsConnectionInspected", "AdditionalFields": fields })
    };
    vec![
        (url("evil.com"), &["evil.com"]),
        (url("https://www.Evil.COM/x"), &["evil.com"]),
        (url("http://evil.com:8080/"), &["evil.com"]),
        (url("https://user:pass@evil.com/x"), &["evil.com"]),
        (url("evil.com."), &["evil.com"]),
        (url("https://evil.com./x"), &["evil.com"]),
        (url("a.b.evil.com"), &["evil.com"]),
        (url("notevil.com"), &[]),
        (url("not-evil.com"), &[]),
        (url("evil.com.example.org"), &[]),
        (url("https://good.com/evil.com"), &[]),
        (url("https://good.com/?u=https://evil.com/"), &[]),
        (url("https://good.com/#evil.com"), &[]),
        (url("https://evil.com@good.com/"), &[]),
        (url("evil.comet.net"), &[]),
        (url("xn--bcher-evil-9db.com"), &["xn--bcher-evil-9db.com"]),
        (url("bcher-evil.com"), &[]),
        (
            url("https://evil-shop.com/dl/a.exe"),
            &["https://evil-shop.com/dl/a.exe"],
        ),
        (
            url("http://EVIL-SHOP.com:80/dl/a.exe?x=1"),
            &["https://evil-shop.com/dl/a.exe"],
        ),
        (
            url("evil-shop.com/dl/a.exe#part"),
            &["https://evil-shop.com/dl/a.exe"],
        ),
        (url("https://evil-shop.com/dl/a.exe2"), &[]),
        (url("https://evil-shop.com/dl/A.exe"), &[]),
        (url("https://evil-shop.com/dl/"), &[]),
        (url("https://notevil-shop.com/dl/a.exe"), &[]),
        (url("https://good.com/?r=evil-shop.com/dl/a.exe"), &[]),
        (remote("198.51.100.23"), &["198.51.100.23"]),
        (remote("::ffff:198.51.100.23"), &["198.51.100.23"]),
        (remote("::FFFF:198.51.100.23"), &["198.51.100.23"]),
        (url("http://198.51.100.23/x"), &["198.51.100.23"]),
        (url("198.51.100.23:8443"), &["198.51.100.23"]),
        (remote("198.51.100.2"), &[]),
        (remote("198.51.100.230"), &[]),
        (url("http://198.51.100.230/"), &[]),
        (url("https://good.com/198.51.100.23"), &[]),
        (local("10.0.0.1"), &["10.0.0.1"]),
        (local("::ffff:10.0.0.1"), &["10.0.0.1"]),
        (local("110.0.0.1"), &[]),
        (local("10.0.0.10"), &[]),
        (local("10.0.0.11"), &[]),
        (remote("2001:db8::8a2e:1"), &["2001:db8::8a2e:1"]),
        (remote("2001:DB8:0:0:0:0:8A2E:1"), &["2001:db8::8a2e:1"]),
        (
            remote("2001:0db8:0000:0000:0000:0000:8a2e:0001"),
            &["2001:db8::8a2e:1"],
        ),
        (remote("2001:db8:0:0::8A2E:1"), &["2001:db8::8a2e:1"]),
        (remote("2001:db8:0:0:0::8a2e:0001"), &["2001:db8::8a2e:1"]),
        (remote("2001:db8::8a2e:10"), &[]),
        (remote("2001:db8:1::8a2e:1"), &[]),
        (remote("::ffff:c633:6417"), &["198.51.100.23"]),
        (remote("::ffff:c633:64e6"), &[]),
        (
            url("http://[2001:db8::8a2e:1]:8080/x"),
            &["2001:db8::8a2e:1"],
        ),
        (url("[2001:DB8:0:0::8A2E:1]"), &["2001:db8::8a2e:1"]),
        (url("http://[2001:db8::8a2e:10]/"), &[]),
        (url("https://good.com/[2001:db8::8a2e:1]"), &[]),
        (url("http://192.0.2.77/x"), &["192.0.2.0/24"]),
        (remote("192.0.2.8"), &["192.0.2.0/24"]),
        (url("http://192.0.20.7/"), &[]),
        (inspected("www.EVIL.com"), &["evil.com"]),
        (inspected("notevil.com"), &[]),
    ]
}

fn files() -> Rows {
    let longer = format!("{MD5}{}", "0".repeat(8));
    vec![
        (json!({ "SHA256": SHA256 }), &[SHA256]),
        (json!({ "SHA256": SHA256.to_ascii_uppercase() }), &[SHA256]),
        (json!({ "SHA1": SHA1 }), &[SHA1]),
        (json!({ "SHA1": SHA1.to_ascii_uppercase() }), &[SHA1]),
        (json!({ "MD5": MD5 }), &[MD5]),
        (json!({ "MD5": MD5.to_ascii_uppercase() }), &[MD5]),
        (json!({ "SHA1": longer }), &[]),
        (json!({ "SHA256": "0".repeat(32) + MD5 }), &[]),
        (json!({ "FileName": MD5, "MD5": "0".repeat(32) }), &[]),
    ]
}

fn mails() -> Rows {
    let from = |address: &str| json!({ "SenderFromAddress": address });
    vec![
        (from("phisher@evil-mail.com"), &["phisher@evil-mail.com"]),
        (from("PHISHER@Evil-Mail.com"), &["phisher@evil-mail.com"]),
        (
            json!({ "RecipientEmailAddress": "Phisher@evil-mail.com" }),
            &["phisher@evil-mail.com"],
        ),
        (from("aphisher@evil-mail.com"), &[]),
        (from("phisher@evil-mail.com.example.org"), &[]),
        (from("phisher@sub.evil-mail.com"), &[]),
    ]
}

/// A table and what is planted in it.
type Planting = (&'static str, fn() -> Rows);

const TABLES: [Planting; 3] = [
    ("DeviceNetworkEvents", network),
    ("DeviceFileEvents", files),
    ("EmailEvents", mails),
];

/// A tenant with the rows of every table; a row's `ReportId` or `NetworkMessageId` is `<table>-<number>` or the number.
fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("tables")).unwrap();
    for (table, rows) in TABLES {
        let lines: String = rows()
            .iter()
            .enumerate()
            .map(|(number, (row, _))| line(table, number, row))
            .collect();
        let path = folder.path().join(format!("tables/{table}.jsonl"));
        std::fs::write(path, lines).unwrap();
    }
    World::of_directory(folder.path())
}

fn line(table: &str, number: usize, row: &Value) -> String {
    let mut full = json!({ "Timestamp": options().until.to_string() });
    let id = if table == "EmailEvents" {
        json!({ "NetworkMessageId": number.to_string() })
    } else {
        json!({ "ReportId": number, "DeviceId": "d", "DeviceName": "ws" })
    };
    for part in [&id, row] {
        let full = full.as_object_mut().unwrap();
        full.extend(part.as_object().unwrap().clone());
    }
    full.to_string() + "\n"
}

/// Row to indicators, as planted.
fn expected() -> BTreeMap<String, BTreeSet<String>> {
    let mut expected = BTreeMap::new();
    for (table, rows) in TABLES {
        for (number, (row, indicators)) in rows().iter().enumerate() {
            let indicators = indicators.iter().map(|one| (*one).to_owned());
            expected.insert(format!("{table}-{number} {row}"), indicators.collect());
        }
    }
    expected
}

#[test]
fn among_look_alikes_every_planted_row_is_found_and_no_other() {
    let world = world();
    let list: String = wanted()
        .iter()
        .map(|(text, _)| format!("{text}\n"))
        .collect();
    world
        .tesem_with_input(&["hunt", "-", "--form", "list"], list.as_bytes())
        .exits(0);
    for (row, (text, canonical)) in world.csv("coverage.csv").iter().zip(wanted()) {
        assert_eq!(row["Indicator"], canonical, "{text}");
        assert_eq!(row["Verdict"], "hit", "{text}");
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, rows) in TABLES {
        for (number, (row, _)) in rows().iter().enumerate() {
            found.insert(format!("{table}-{number} {row}"), BTreeSet::new());
        }
    }
    for hit in world.csv("hits.csv") {
        let id = match hit["ReportId"].as_str() {
            "" => &hit["NetworkMessageId"],
            id => id,
        };
        let key = format!("{}-{id} ", hit["Table"]);
        let row = found.iter_mut().find(|(row, _)| row.starts_with(&key));
        row.unwrap().1.insert(hit["Indicator"].clone());
    }
    let expected = expected();
    let wrong: Vec<String> = found
        .iter()
        .filter(|(row, indicators)| expected[*row] != **indicators)
        .map(|(row, indicators)| {
            format!("{row}: found {indicators:?}, expected {:?}", expected[row])
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
