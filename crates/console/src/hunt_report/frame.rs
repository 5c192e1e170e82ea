//! What stands around the sections: head, style, tools, and the page's end with its script.

use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::searched::Searches;
use super::text::{Moment, offset};

const STYLE: &str = include_str!("../../templates/hunt_report/style.css");
const SCRIPT: &str = include_str!("../../templates/hunt_report/script.js");

#[derive(Template)]
#[template(path = "hunt_report/head.html")]
struct Head<'a> {
    /// Nothing may load, run or be sent but what has one of these digests.
    policy: String,
    style: &'static str,
    runs: Vec<Run<'a>>,
    several: bool,
    zone: &'a str,
    offsets: String,
}

/// A run as the head tells it.
struct Run<'a> {
    tenant: &'a str,
    run: &'a str,
    finished: Moment,
}

#[derive(Template)]
#[template(path = "hunt_report/end.html")]
struct End {
    script: &'static str,
    version: &'static str,
    events_per_indicator: usize,
}

pub(super) fn write_head(out: &mut dyn Write, all: &Searches<'_>) -> io::Result<()> {
    let runs = all.each.iter().map(|one| Run {
        tenant: one.tenant,
        run: one.report.run.as_str(),
        finished: all.moment(one.report.finished),
    });
    Head {
        policy: policy(),
        style: STYLE,
        runs: runs.collect(),
        several: all.several(),
        zone: all.zone.iana_name().unwrap_or("a zone without name"),
        offsets: offsets(all),
    }
    .write_into(out)
}

pub(super) fn write_end(out: &mut dyn Write, all: &Searches<'_>) -> io::Result<()> {
    End {
        script: SCRIPT,
        version: env!("CARGO_PKG_VERSION"),
        events_per_indicator: all.limits.events_per_indicator,
    }
    .write_into(out)
}

/// The content security policy of the page.
///
/// Source: <https://www.w3.org/TR/CSP3/>, digests of inline elements: § 2.3.1.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

fn digest(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// `UTC+02:00`, or the offsets at both ends of what was searched where they differ.
fn offsets(all: &Searches<'_>) -> String {
    let windows = all.each.iter().map(|one| one.report.window);
    let start = windows.clone().map(|window| window.start).min();
    let end = windows.map(|window| window.end).max();
    let at = |instant: Option<_>| instant.map(|i| offset(i, all.zone)).unwrap_or_default();
    let (first, last) = (at(start), at(end));
    if first == last {
        last
    } else {
        format!("{first} when the window begins, {last} when it ends")
    }
}
