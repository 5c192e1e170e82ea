//! What a report says, and that it is a whole and lonely page.

use scraper::{ElementRef, Html, Selector};
use tesem_console::hunt_report::{Limits, ReportError, Searched, write};
use tesem_hunt::{BackendError, Provenance};

use crate::world::{Planted, World, html, hunt, hunt_told, small};

pub(crate) fn select<'a>(page: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    page.select(&Selector::parse(selector).unwrap()).collect()
}

pub(crate) fn text(element: ElementRef<'_>) -> String {
    let text = element.text().collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn texts(page: &Html, selector: &str) -> Vec<String> {
    select(page, selector).into_iter().map(text).collect()
}

/// Without style and script, which have tests in the browser.
fn readable(html: &str) -> String {
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    let (body, end) = body.split_once("<script>").unwrap();
    let (_, end) = end.split_once("</script>").unwrap();
    let policy =
        head.find("<meta http-equiv").unwrap()..head.find("<meta name=\"referrer").unwrap();
    let mut head = head.to_owned();
    head.replace_range(policy, "");
    format!("{head}<style/>{body}<script/>{end}")
}

#[test]
fn a_small_report_reads_like_this() {
    let ran = small();
    let html = html(&[ran.as_searched("demo")], Limits::default());
    insta::assert_snapshot!("small", readable(&html));
}

#[test]
fn every_input_line_is_in_the_coverage_with_its_verdict() {
    let ran = small();
    let page = Html::parse_document(&html(&[ran.as_searched("demo")], Limits::default()));
    let rows = texts(&page, "#coverage table.rows tbody tr");
    let starts = [
        "hit evil.com domain scope 1",
        "hit bad.example.org domain scope 1",
        "not-searchable 127.0.0.1 ipv4",
        "not-searchable not one thing!",
        "clear good.org domain scope 1",
    ];
    assert_eq!(rows.len(), starts.len());
    for (row, start) in rows.iter().zip(starts) {
        assert!(row.starts_with(start), "{row}");
    }
    assert_eq!(texts(&page, ".tile b"), ["2", "1", "2", "0"]);
}

#[test]
fn devices_link_to_the_portal_only_where_its_address_is_given() {
    let ran = small();
    let with = Searched {
        portal: Some("https://security.microsoft.com/"),
        ..ran.as_searched("demo")
    };
    let page = Html::parse_document(&html(&[with], Limits::default()));
    let links: Vec<&str> = select(&page, "#devices a[href]")
        .iter()
        .filter_map(|link| link.value().attr("href"))
        .collect();
    assert_eq!(
        links,
        [
            "https://security.microsoft.com/machines/id%2Fdesk-1",
            "https://security.microsoft.com/machines/id%2Fdesk-2",
        ]
    );
    let page = Html::parse_document(&html(&[ran.as_searched("demo")], Limits::default()));
    assert!(select(&page, "#devices a[href]").is_empty());
}

#[test]
fn a_portal_that_is_no_web_address_is_refused() {
    let ran = small();
    for given in [
        "javascript:alert(1)",
        "security.microsoft.com",
        "file:///etc/passwd",
    ] {
        let searched = Searched {
            portal: Some(given),
            ..ran.as_searched("demo")
        };
        let mut out = Vec::new();
        let error = write(&mut out, &[searched], &jiff::tz::TimeZone::UTC).unwrap_err();
        assert!(matches!(error, ReportError::Portal { .. }), "{given}");
        assert!(
            out.is_empty(),
            "nothing is written before the arguments are checked"
        );
    }
}

#[test]
fn the_page_is_well_formed_and_names_nothing_outside() {
    let (one, two) = (small(), small());
    let html = html(
        &[one.as_searched("a"), two.as_searched("b")],
        Limits::default(),
    );
    let page = Html::parse_document(&html);
    assert_eq!(page.errors, Vec::<String>::new());
    let outside = "[src], [srcset], [background], [style], [onclick], [onload], [onerror], link, iframe, object, embed, img, base, form, use";
    assert!(select(&page, outside).is_empty());
    assert_eq!(select(&page, "script").len(), 1);
    let anchors = select(&page, "a[href]");
    assert!(
        anchors
            .iter()
            .all(|a| a.value().attr("href").unwrap().starts_with('#'))
    );
    for anchor in anchors {
        let target = anchor.value().attr("href").unwrap();
        assert_eq!(select(&page, target).len(), 1, "{target}");
    }
    let (_, style) = html.split_once("<style>").unwrap();
    let (style, _) = style.split_once("</style>").unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"));
}

#[test]
fn tables_have_a_caption_and_scopes_and_rows_as_wide_as_their_head() {
    let (one, two) = (small(), small());
    for searched in [
        vec![one.as_searched("a")],
        vec![one.as_searched("a"), two.as_searched("b")],
    ] {
        let page = Html::parse_document(&html(&searched, Limits::default()));
        let tables = select(&page, "table");
        assert!(tables.len() >= 6);
        for table in tables {
            let within = |selector: &str| -> usize {
                table.select(&Selector::parse(selector).unwrap()).count()
            };
            assert_eq!(within(":scope > caption"), 1);
            assert_eq!(within(":scope > thead > tr > th:not([scope=col])"), 0);
            let columns = within(":scope > thead > tr > th");
            for row in table.select(&Selector::parse(":scope > tbody > tr:not(.more)").unwrap()) {
                assert_eq!(row.child_elements().count(), columns, "{}", text(row));
            }
            for cell in table.select(&Selector::parse(":scope > tbody > tr.more > td").unwrap()) {
                assert_eq!(
                    cell.value().attr("colspan"),
                    Some(columns.to_string().as_str())
                );
            }
        }
    }
}

#[test]
fn only_several_tenants_have_columns_and_a_filter_for_the_tenant() {
    let (one, two) = (small(), small());
    let page = |searched: &[Searched<'_>]| Html::parse_document(&html(searched, Limits::default()));
    let alone = page(&[one.as_searched("contoso")]);
    let both = page(&[one.as_searched("contoso"), two.as_searched("fabrikam")]);
    let heads = |page: &Html| {
        texts(page, "thead th")
            .iter()
            .filter(|head| *head == "Tenant")
            .count()
    };
    assert_eq!((heads(&alone), heads(&both)), (0, 4));
    assert_eq!(select(&alone, "#tenant").len(), 0);
    assert_eq!(
        texts(&both, "#tenant option"),
        ["all", "contoso", "fabrikam"]
    );
    assert_eq!(texts(&both, "#coverage table.rows tbody tr").len(), 10);
    assert_eq!(texts(&both, ".tile b"), ["4", "2", "4", "0"]);
    assert_eq!(texts(&both, "h1"), ["2 tenants"]);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let (one, two) = (small(), small());
    let first = html(&[one.as_searched("demo")], Limits::default());
    assert_eq!(first, html(&[one.as_searched("demo")], Limits::default()));
    assert_eq!(first, html(&[two.as_searched("demo")], Limits::default()));
}

#[test]
fn what_failed_is_said_in_summary_coverage_and_queries() {
    let world = World {
        planted: vec![],
        refuse: |_| Some(BackendError::Failed("the service is <unwell>".to_owned())),
    };
    let ran = hunt("list.txt", "evil.com\ngood.org\n", &world);
    let page = Html::parse_document(&html(&[ran.as_searched("demo")], Limits::default()));
    assert_eq!(texts(&page, ".tile b"), ["0", "0", "0", "2"]);
    let summary = texts(&page, "#summary").join(" ");
    assert!(
        summary.contains("1 query failed") && summary.contains("part of the search is missing")
    );
    let rows = texts(&page, "#coverage table.rows tbody tr");
    assert!(
        rows.iter()
            .all(|row| row.starts_with("failed") && row.contains("the service is <unwell>"))
    );
    assert!(
        texts(&page, "#queries tbody tr")
            .concat()
            .contains("failed")
    );
    assert_eq!(texts(&page, "#indicators .empty").len(), 1);
}

#[test]
fn each_section_says_what_it_left_out_and_where_it_is() {
    let ran = small();
    let limits = Limits {
        indicators: 1,
        sightings_per_indicator: 1,
        events_per_indicator: 2,
        events: 2,
        devices: 1,
        coverage_per_verdict: 1,
        queries: 1,
    };
    let page = Html::parse_document(&html(&[ran.as_searched("demo")], limits));
    assert_eq!(
        texts(&page, ".left"),
        [
            "Shown are 1 of 2 indicators that were seen, those seen last; coverage.csv has all.",
            "Shown are 1 of 2 devices, those with the last sightings; sightings.csv has all.",
            "Shown are 1 of 2 rows that are hit; coverage.csv has all.",
            "Shown are 1 of 2 rows that are not-searchable; coverage.csv has all.",
            "Shown are 1 of 2 queries, troubled ones first; run.json has all.",
        ]
    );
    assert_eq!(
        texts(&page, ".inner caption"),
        [
            "Sightings. Shown are 1 of 2 sightings, those with the most events; sightings.csv has all.",
            "Newest events. Shown are 2 of 4 fetched events, the newest; hits.csv has all.",
        ]
    );
    let times = texts(&page, ".inner:last-of-type tbody tr td:first-child");
    assert_eq!(
        times,
        ["2026-11-21 01:30:00", "2026-11-02 14:00:00"],
        "newest first, in Cairo"
    );
}

#[test]
fn a_sighting_without_a_device_is_no_device() {
    let world = World {
        planted: vec![Planted::domain("evil.com", "", &["2026-11-01T10:00:00Z"])],
        refuse: |_| None,
    };
    let ran = hunt("list.txt", "evil.com\n", &world);
    let page = Html::parse_document(&html(&[ran.as_searched("demo")], Limits::default()));
    // The scripted id of a nameless device is `id/`: what has an id is a device.
    assert_eq!(texts(&page, "#devices tbody th"), ["id/"]);
}

#[test]
fn what_feeds_say_of_an_indicator_stands_with_its_origin() {
    let world = World {
        planted: vec![Planted::domain(
            "evil.com",
            "desk-1",
            &["2026-11-01T10:00:00Z"],
        )],
        refuse: |_| None,
    };
    let told = Provenance {
        feed: "c2".to_owned(),
        object: Some("indicator--<1>".to_owned()),
        confidence: Some(80),
        tlp: Some("amber".to_owned()),
        labels: vec!["cobalt-strike".to_owned()],
        first_seen: "2026-10-01T00:00:00Z".parse().ok(),
        last_seen: None,
    };
    let ran = hunt_told("list.txt", "evil.com\n", &world, told);
    let page = Html::parse_document(&html(&[ran.as_searched("demo")], Limits::default()));
    let said = "list.txt:1, c2 (object indicator--<1>, first seen 2026-10-01, confidence 80, TLP:AMBER, cobalt-strike)";
    assert!(texts(&page, "#indicators summary").concat().contains(said));
    assert!(texts(&page, "#coverage td.input").concat().contains(said));
}
