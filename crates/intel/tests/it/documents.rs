use proptest::prelude::*;
use tesem_intel::{Column, Confidence, CsvFeed, Format, TextFeed, Tlp};

use crate::support::{Pulled, World};

fn column(name: &str) -> Option<Column> {
    Some(Column::Name(name.to_owned()))
}

fn csv(feed: CsvFeed) -> Format {
    Format::Csv(Box::new(feed))
}

fn ioc_table() -> CsvFeed {
    CsvFeed {
        values: vec![Column::Name("ioc".to_owned())],
        kind_column: column("type"),
        confidence: column("confidence"),
        first_seen: column("first_seen"),
        last_seen: column("last_seen"),
        comment: column("note"),
        labels: column("tags"),
        id: column("id"),
        tlp: column("tlp"),
        reference: column("report"),
        ..CsvFeed::default()
    }
}

async fn read(format: Format, text: &str) -> Pulled {
    World::new().read(format, text.as_bytes()).await
}

const TABLE: &str = "# made for a test\n\
    id,IOC,type,confidence,first_seen,last_seen,note,tags,tlp,report\n\
    7,\"evil.com\",domain,80,2026-01-01,2026-02-01 10:00:00,\"a \"\"quoted\"\" note, with comma\",\"c2, loader\",amber,https://reports.example/1\n\
    8,1.2.3.4:443,ip:port,nonsense,,,,,,\n\
    9,abc,unheard,,,,,,,\n\
    10,,domain,,,,,,,\n\
    11,evil,domain,,,,,,,\n";

#[tokio::test]
async fn columns_become_details() {
    let pulled = read(csv(ioc_table()), TABLE).await;
    assert_eq!(pulled.values(), ["evil.com", "1.2.3.4"]);
    assert_eq!(pulled.reasons()[..2], [(5, "type"), (6, "form")]);
    assert_eq!(pulled.summary().unread_fields["confidence"], 1);
    let first = pulled.indicators()[0];
    assert_eq!(first.provenance.place.number, 3);
    let details = first.provenance.details();
    assert_eq!(details.object_id.as_deref(), Some("7"));
    assert_eq!(details.confidence, Confidence::new(80));
    assert_eq!(details.tlp, Some(Tlp::Amber));
    assert_eq!(
        details.last_seen.unwrap().to_string(),
        "2026-02-01T10:00:00Z"
    );
    assert_eq!(
        details.comment.as_deref(),
        Some("a \"quoted\" note, with comma")
    );
    assert_eq!(details.labels, ["c2".into(), "loader".into()]);
    assert_eq!(details.references, ["https://reports.example/1".into()]);
}

#[tokio::test]
async fn columns_may_be_numbers_and_cells_have_other_separators() {
    let feed = CsvFeed {
        values: vec![Column::Number(2), Column::Number(3)],
        header: false,
        delimiter: b'\t',
        ..CsvFeed::default()
    };
    let pulled = read(
        csv(feed),
        "x\tevil.com\t\ny\t\t1.2.3.4\nz\tbad.com\t5.6.7.8\n",
    )
    .await;
    assert_eq!(
        pulled.values(),
        ["evil.com", "1.2.3.4", "bad.com", "5.6.7.8"]
    );
}

#[tokio::test]
async fn a_column_that_is_not_there_is_named() {
    let pulled = read(csv(ioc_table()), "a,b\n1,2\n").await;
    assert!(
        pulled
            .error()
            .contains("there is no column `ioc`; there are a, b"),
        "{}",
        pulled.error()
    );
}

#[tokio::test]
async fn a_quote_that_is_not_closed_is_an_error_and_eats_no_memory() {
    let text = format!("ioc\nevil.com\n\"{}", "a,b\n".repeat(3_000_000));
    let feed = CsvFeed {
        values: vec![Column::Number(1)],
        ..CsvFeed::default()
    };
    let pulled = read(csv(feed), &text).await;
    assert_eq!(pulled.values(), ["evil.com"]);
    assert!(
        pulled.error().contains("a quote may not be closed"),
        "{}",
        pulled.error()
    );
}

#[tokio::test]
async fn lists_may_be_in_any_encoding() {
    let text = "münchen.de\r\nevil.com\r\n";
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xff\xfe".as_slice(), &utf16].concat();
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    let utf8_marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for bytes in [text.as_bytes(), &utf16, &marked, &latin, &utf8_marked] {
        let pulled = World::new()
            .read(Format::Text(TextFeed::default()), bytes)
            .await;
        assert_eq!(pulled.values(), ["xn--mnchen-3ya.de", "evil.com"]);
    }
    let cyrillic = TextFeed {
        encoding: Some("windows-1251".to_owned()),
        ..TextFeed::default()
    };
    let pulled = World::new()
        .read(Format::Text(cyrillic), b"\xef\xf0\xe8\xec\xe5\xf0.com\n")
        .await;
    assert_eq!(pulled.values(), ["xn--e1afmkfd.com"]);
}

#[tokio::test]
async fn binary_data_is_no_list() {
    for bytes in [b"%PDF-1.7\n".as_slice(), b"abc\0def"] {
        let pulled = World::new()
            .read(Format::Text(TextFeed::default()), bytes)
            .await;
        assert!(pulled.error().contains("is not text"), "{}", pulled.error());
    }
}

#[tokio::test]
async fn each_line_of_a_list_is_accounted_for() {
    let long = "a".repeat(2 << 20);
    let text = format!(
        "# list\n\nevil.com ; note\n0.0.0.0 bad.com\n10.0.0.0/8\n{long}\nnot a value\n1.2.3.4"
    );
    let pulled = read(Format::Text(TextFeed::default()), &text).await;
    assert_eq!(
        pulled.values(),
        ["evil.com", "bad.com", "10.0.0.0/8", "1.2.3.4"]
    );
    assert_eq!(pulled.reasons()[0], (6, "too-long"));
    assert_eq!(pulled.reasons().len(), 2);
    assert_eq!(pulled.summary().context["comment"], 1);
    assert_eq!(pulled.summary().context["empty line"], 1);
}

#[tokio::test]
async fn running_text_gives_observables_with_their_lines() {
    let running = TextFeed {
        running: true,
        ..TextFeed::default()
    };
    let filler = "nothing to see here\n".repeat(300_000);
    let text = format!("C2 is hxxps[:]//evil[.]com/gate.php\n{filler}and 1.2.3.4, 999.1.1.1\n");
    let pulled = read(Format::Text(running), &text).await;
    assert_eq!(pulled.values(), ["https://evil.com/gate.php", "1.2.3.4"]);
    assert_eq!(pulled.indicators()[1].provenance.place.number, 300_002);
    assert_eq!(pulled.reasons(), [(300_002, "octet-out-of-range")]);
}

#[tokio::test]
async fn minemeld_is_read_in_its_three_forms() {
    let value = r#"{"type": "IPv4", "confidence": 60, "first_seen": 1767225600000, "share_level": "yellow", "sources": ["feed.a"]}"#;
    let plain = "1.2.3.4-1.2.3.9\n5.6.7.0/24\nevil.com\nhttp://evil.com/x\n";
    let json = format!(
        r#"[{{"indicator": "1.2.3.4-1.2.3.9", "value": {value}}}, {{"indicator": "x", "value": {{"type": "mutex"}}}}, 7]"#
    );
    let sequence =
        format!("\u{1e}{{\"indicator\": \"1.2.3.4-1.2.3.9\", \"value\": {value}}}\n{{broken\n");
    assert_eq!(
        read(Format::MineMeld, plain).await.values(),
        [
            "1.2.3.4-1.2.3.9",
            "5.6.7.0/24",
            "evil.com",
            "http://evil.com/x"
        ]
    );
    for (text, reasons) in [
        (json, vec![(2, "type"), (3, "form")]),
        (sequence, vec![(2, "form")]),
    ] {
        let pulled = read(Format::MineMeld, &text).await;
        assert_eq!(pulled.values(), ["1.2.3.4-1.2.3.9"]);
        assert_eq!(pulled.reasons(), reasons);
        let details = pulled.indicators()[0].provenance.details().clone();
        assert_eq!(details.tlp, Some(Tlp::Amber));
        assert_eq!(details.confidence, Confidence::new(60));
        assert_eq!(
            details.first_seen.unwrap().to_string(),
            "2026-01-01T00:00:00Z"
        );
        assert_eq!(details.labels, ["feed.a".into()]);
    }
}

#[tokio::test]
async fn a_torn_list_of_minemeld_is_an_error() {
    let pulled = read(Format::MineMeld, r#"[{"indicator": "evil.com"}, {"indic"#).await;
    assert_eq!(pulled.values(), ["evil.com"]);
    assert!(
        pulled.error().contains("breaks off or is damaged"),
        "{}",
        pulled.error()
    );
}

#[tokio::test]
async fn the_feeds_settings_complete_and_limit_items() {
    let mut world = World::new();
    world.policy.max_age = Some(std::time::Duration::from_secs(7 * 86_400));
    world.policy.confidence_min = Confidence::new(50);
    world.policy.tlp = Some(Tlp::Green);
    world.policy.labels = vec!["bought".into()];
    let text = "ioc,type,confidence,first_seen,last_seen,note,tags,tlp,report,id\n\
        a.com,domain,90,,2026-02-28,,x,,,\n\
        b.com,domain,10,,2026-02-28,,,,,\n\
        c.com,domain,90,,2026-02-01,,,,,\n\
        d.com,domain,,,,,,red,,\n";
    let pulled = world.read(csv(ioc_table()), text.as_bytes()).await;
    assert_eq!(pulled.values(), ["a.com", "d.com"]);
    assert_eq!(pulled.reasons(), [(3, "unsure"), (4, "too-old")]);
    let details = pulled.indicators()[0].provenance.details();
    assert_eq!(
        (details.tlp, details.labels.clone()),
        (Some(Tlp::Green), vec!["x".into(), "bought".into()])
    );
    assert_eq!(
        pulled.indicators()[1].provenance.details().tlp,
        Some(Tlp::Red)
    );
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_line_is_lost(lines in proptest::collection::vec("[ -~]{0,40}", 0..40)) {
        let text = lines.join("\n");
        let expected = text.lines().count() as u64;
        let pulled = block(read(Format::Text(TextFeed::default()), &text));
        prop_assume!(pulled.end.is_ok());
        let summary = pulled.summary();
        let context: u64 = summary.context.values().sum();
        prop_assert_eq!(summary.indicators + summary.refused_count() + context, expected);
    }

    #[test]
    fn what_csv_writes_is_read_back(notes in proptest::collection::vec("[ -~]{0,30}", 1..20)) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["ioc", "note"]).unwrap();
        for (index, note) in notes.iter().enumerate() {
            writer.write_record([format!("evil{index}.com"), note.clone()]).unwrap();
        }
        let feed = CsvFeed { values: vec![Column::Number(1)], comment: column("note"), ..CsvFeed::default() };
        let bytes = writer.into_inner().unwrap();
        let pulled = block(World::new().read(csv(feed), &bytes));
        let read: Vec<String> = pulled.indicators().iter()
            .map(|indicator| indicator.provenance.details().comment.as_deref().unwrap_or_default().to_owned())
            .collect();
        let expected: Vec<String> = notes.iter().map(|note| note.trim().to_owned()).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn garbage_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        for format in [Format::Stix, Format::MineMeld, Format::Text(TextFeed::default()), csv(ioc_table())] {
            block(World::new().read(format, &bytes));
        }
    }
}
