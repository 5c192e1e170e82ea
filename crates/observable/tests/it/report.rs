//! A threat report as people publish them: everything found, and everything refused.

use std::fmt::Write as _;

use tesem_observable::{Extracted, Extractor};

const REPORT: &str = include_str!("data/report.txt");

fn shown(item: &Extracted<'_>) -> String {
    match item {
        Extracted::Found(found) => {
            let port = found
                .port
                .map(|port| format!(" (port {port})"))
                .unwrap_or_default();
            let defanged = if found.defanged { ", defanged" } else { "" };
            let kind = found.observable.kind();
            format!(
                "{:>3} {kind:<11} {}{port}  <- {}{defanged}",
                found.line, found.observable, found.text
            )
        }
        Extracted::Refused(item) => {
            format!("{:>3} refused     {} {}", item.line, item.text, item.reason)
        }
    }
}

#[test]
fn a_report_gives_its_indicators_and_says_what_it_refused() {
    let mut listing = String::new();
    for item in Extractor::new(REPORT) {
        writeln!(listing, "{}", shown(&item)).unwrap();
    }
    insta::assert_snapshot!(listing);
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing() {
    let values = |text: &str| -> Vec<_> {
        tesem_observable::extract(text)
            .found
            .into_iter()
            .map(|found| (found.observable, found.line))
            .collect()
    };
    let windows = format!("\u{feff}{}", REPORT.replace('\n', "\r\n"));
    assert_eq!(values(&windows), values(REPORT));
}
