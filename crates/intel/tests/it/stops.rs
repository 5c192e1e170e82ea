use tesem_intel::{Format, Merged, StopList, StopLists, TextFeed};

use crate::support::{Pulled, World};

async fn pull(stops: StopLists, text: &str) -> Pulled {
    let mut world = World::new();
    world.stops = stops;
    world
        .read(Format::Text(TextFeed::default()), text.as_bytes())
        .await
}

fn with(list: StopList) -> StopLists {
    let mut stops = StopLists::default();
    stops.add(list);
    stops
}

#[tokio::test]
async fn what_belongs_in_no_list_is_dropped_with_its_reason() {
    let text = "files.slack.com\nevil.files.slack.com\n192.168.1.1\n127.0.0.1\n10.0.0.0/24\n0.0.0.0/0\nhttp://10.1.1.1/x\n\
        google.com\nwww.google.com\nhttps://github.com/\ngithub.io\n\
        evil.github.io\nhttps://github.com/evil/x.exe\nnotgoogle.com\n8.8.8.8\n";
    let pulled = pull(StopLists::builtin().unwrap(), text).await;
    assert_eq!(
        pulled.values(),
        [
            "evil.github.io",
            "https://github.com/evil/x.exe",
            "notgoogle.com",
            "8.8.8.8"
        ]
    );
    let stopped = pulled.stopped();
    let expected = [
        ("files.slack.com", "well-known-services: files.slack.com"),
        (
            "evil.files.slack.com",
            "well-known-services: files.slack.com",
        ),
        ("192.168.1.1", "not-public-addresses: private"),
        ("127.0.0.1", "not-public-addresses: loopback"),
        ("10.0.0.0/24", "not-public-addresses: private"),
        (
            "0.0.0.0/0",
            "not-public-addresses: a range wider than /8 or IPv6 /20",
        ),
        ("http://10.1.1.1/x", "not-public-addresses: private"),
        ("www.google.com", "well-known-services: google.com"),
        ("https://github.com/", "well-known-services: github.com"),
        (
            "github.io",
            "shared-suffixes: anybody can register names below it",
        ),
    ];
    for (value, why) in expected {
        assert_eq!(stopped.get(value).map(String::as_str), Some(why), "{value}");
    }
    assert_eq!(pulled.summary().dropped_count(), 11);
}

#[tokio::test]
async fn an_own_list_covers_names_below_urls_there_and_addresses_within() {
    let list = "# ours\ncontoso.com # all of it\n5.6.7.0/24\nhttp://evil.com/ours\n44d88612fea8a8f36de82e1278abb02f\n";
    let stops = with(StopList::of_lines("ours", list).unwrap());
    let text = "www.contoso.com\nhttps://contoso.com/x\nnotcontoso.com\n5.6.7.8\n5.6.8.8\n5.6.0.0/16\nhttp://evil.com/ours\n\
        http://evil.com/theirs\n44D88612FEA8A8F36DE82E1278ABB02F\n";
    let pulled = pull(stops, text).await;
    assert_eq!(
        pulled.values(),
        ["notcontoso.com", "5.6.8.8", "http://evil.com/theirs"]
    );
    assert_eq!(pulled.stopped()["5.6.0.0/16"], "ours: 5.6.7.0/24");
}

#[test]
fn a_list_with_a_slip_is_refused() {
    let error = StopList::of_lines("ours", "contoso.com\nnot a value\n")
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("the list `ours` cannot be used: line 2: `not a value`"),
        "{error}"
    );
}

#[tokio::test]
async fn each_type_of_a_warning_list_has_its_own_sense() {
    let cases: [(&str, &str, &[&str], &[&str]); 6] = [
        (
            "string",
            r#"["Evil.com", "1.2.3.4"]"#,
            &["evil.com", "1.2.3.4"],
            &["www.evil.com", "1.2.3.5"],
        ),
        (
            "substring",
            r#"["sinkhole"]"#,
            &["my-sinkhole.net", "http://a.com/Sinkhole"],
            &["sink.com"],
        ),
        (
            "hostname",
            r#"["evil.com", ".bad.org"]"#,
            &["evil.com", "a.b.evil.com", "http://www.bad.org/x"],
            &["notevil.com", "me@evil.com"],
        ),
        (
            "cidr",
            r#"["1.2.3.0/24", "2001:db8::/32", "9.9.9.9"]"#,
            &[
                "1.2.3.4",
                "2001:db8::1",
                "9.9.9.9",
                "1.2.0.0/16",
                "http://1.2.3.9/",
            ],
            &["1.2.4.4", "9.9.9.8"],
        ),
        (
            "regex",
            r#"["/^[a-z]\\.com$/i", "zz+\\.net"]"#,
            &["a.com", "xzzz.net"],
            &["ab.com"],
        ),
        (
            "cidr",
            r#"["1.0.0.0/8", "1.2.3.0/24"]"#,
            &["1.200.0.1"],
            &["2.0.0.1"],
        ),
    ];
    for (kind, entries, stopped, kept) in cases {
        let json = format!(
            r#"{{"name": "L", "version": 1, "type": "{kind}", "matching_attributes": ["domain"], "list": {entries}}}"#
        );
        let stops = with(StopList::of_misp("list.json", json.as_bytes()).unwrap());
        let text = [stopped, kept].concat().join("\n");
        let pulled = pull(stops, &text).await;
        assert_eq!(pulled.values(), kept, "{kind}");
        assert_eq!(pulled.stopped().len(), stopped.len(), "{kind}");
    }
}

#[test]
fn a_warning_list_that_cannot_be_used_says_why() {
    let cases = [
        ("[]", "is no warning list of MISP"),
        (
            r#"{"name": "L", "type": "magic", "list": ["x"]}"#,
            "the list `L` cannot be used: its type `magic` is unknown",
        ),
        (
            r#"{"name": "L", "type": "cidr", "list": ["x"]}"#,
            "`x` is no network",
        ),
        (
            r#"{"name": "L", "type": "regex", "list": ["("]}"#,
            "the list `L` cannot be used: regex parse error",
        ),
    ];
    for (json, expected) in cases {
        let error = StopList::of_misp("list.json", json.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn merging_keeps_every_provenance() {
    let text = "evil.com\nbad.com\nEVIL[.]com\n";
    let (first, second) = (
        pull(StopLists::default(), text).await,
        pull(StopLists::default(), text).await,
    );
    let mut merged = Merged::default();
    for indicator in first.indicators().into_iter().chain(second.indicators()) {
        merged.add(indicator.clone());
    }
    merged.add(first.indicators()[0].clone());
    assert_eq!(merged.len(), 2);
    let evil = merged.get(&first.indicators()[0].observable).unwrap();
    let lines: Vec<u64> = evil
        .iter()
        .map(|provenance| provenance.place.number)
        .collect();
    assert_eq!(lines, [1, 3, 1, 3]);
    assert_eq!(evil.feeds(), ["c2"]);
}
