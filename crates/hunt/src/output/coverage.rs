//! `coverage.csv`: one row per indicator and per refused item, in the order of the input, so that every input line is in one row.

use std::path::Path;

use jiff::Timestamp;

use super::cell::guarded;
use super::time::local;
use super::{OutputError, Subject, write_file};
use crate::indicator::{Indicator, Origin, Provenance};
use crate::intake::{RefusedItem, SourceSummary};
use crate::verdict::{Status, Verdict};

const HEADER: [&str; 23] = [
    "Indicator",
    "IndicatorKind",
    "Verdict",
    "Reason",
    "Events",
    "Devices",
    "Users",
    "FirstSeen",
    "LastSeen",
    "UtcOffset",
    "Tables",
    "WindowStart",
    "WindowEnd",
    "Calls",
    "Input",
    "Tenant",
    "Feeds",
    "Confidence",
    "Tlp",
    "Labels",
    "FeedObjects",
    "FeedFirstSeen",
    "FeedLastSeen",
];

type Row = [String; HEADER.len()];

pub(super) fn write(subjects: &[Subject<'_>], path: &Path) -> Result<(), OutputError> {
    write_file(path, |file| {
        let mut csv = csv::Writer::from_writer(file);
        csv.write_record(HEADER)?;
        for subject in subjects {
            let mut refused = subject.plan.intake.refused.iter().peekable();
            for verdict in &subject.report.verdicts {
                let Some(indicator) = subject.plan.intake.get(verdict.indicator) else {
                    continue;
                };
                let origin = indicator.origins.first().copied();
                while let Some(item) = refused.next_if(|item| Some(item.origin) < origin) {
                    csv.write_record(refused_row(subject, item))?;
                }
                csv.write_record(verdict_row(subject, indicator, verdict))?;
            }
            for item in refused {
                csv.write_record(refused_row(subject, item))?;
            }
        }
        csv.flush()?;
        Ok(())
    })
}

fn verdict_row(subject: &Subject<'_>, indicator: &Indicator, verdict: &Verdict) -> Row {
    let zone = &subject.options.time_zone;
    let confidence = indicator.confidence();
    let first = verdict.first_seen().map(|instant| local(instant, zone));
    let last = verdict.last_seen().map(|instant| local(instant, zone));
    let (last_seen, offset) = last
        .map(|last| (last.time, last.offset))
        .unwrap_or_default();
    [
        guarded(&indicator.observable.to_string()).into_owned(),
        indicator.kind().as_str().to_owned(),
        verdict.status.as_str().to_owned(),
        guarded(&verdict.reason).into_owned(),
        verdict.events().to_string(),
        verdict.devices().to_string(),
        users(subject, verdict),
        first.map(|first| first.time).unwrap_or_default(),
        last_seen,
        offset,
        verdict.tables.join(" "),
        verdict.window.start.to_string(),
        verdict.window.end.to_string(),
        verdict.calls.to_string(),
        origins(&indicator.origins, &subject.plan.intake.sources),
        guarded(&subject.options.tenant).into_owned(),
        guarded(&indicator.feeds().join(" ")).into_owned(),
        confidence.map(|one| one.to_string()).unwrap_or_default(),
        guarded(&said(indicator, |one| one.tlp.as_slice())).into_owned(),
        guarded(&said(indicator, |one| &one.labels)).into_owned(),
        guarded(&said(indicator, |one| one.object.as_slice())).into_owned(),
        utc(indicator.first_seen()),
        utc(indicator.last_seen()),
    ]
}

fn utc(instant: Option<Timestamp>) -> String {
    instant
        .map(|instant| instant.to_string())
        .unwrap_or_default()
}

/// What feeds say, each thing once, in order.
fn said(indicator: &Indicator, of: impl Fn(&Provenance) -> &[String]) -> String {
    let mut all: Vec<&str> = Vec::new();
    for text in indicator.provenance.iter().flat_map(of) {
        if !all.contains(&text.as_str()) {
            all.push(text);
        }
    }
    all.join(" ")
}

/// How many people's accounts saw it; empty where users were not counted.
fn users(subject: &Subject<'_>, verdict: &Verdict) -> String {
    if subject.plan.options.prevalence {
        verdict.users.len().to_string()
    } else {
        String::new()
    }
}

fn refused_row(subject: &Subject<'_>, item: &RefusedItem) -> Row {
    let mut row = Row::default();
    let filled = [
        (0, guarded(&item.text).into_owned()),
        (2, Status::NotSearchable.as_str().to_owned()),
        (3, guarded(&item.reason).into_owned()),
        (4, "0".to_owned()),
        (5, "0".to_owned()),
        (13, "0".to_owned()),
        (14, origins(&[item.origin], &subject.plan.intake.sources)),
        (15, guarded(&subject.options.tenant).into_owned()),
    ];
    for (index, text) in filled {
        if let Some(cell) = row.get_mut(index) {
            *cell = text;
        }
    }
    row
}

/// `list.txt:3 list.txt:9`; a source as a whole without line.
fn origins(origins: &[Origin], sources: &[SourceSummary]) -> String {
    let one = |origin: &Origin| {
        let source = sources.get(origin.source as usize);
        let name = source.map_or("", |source| source.name.as_str());
        match origin.line {
            0 => name.to_owned(),
            line => format!("{name}:{line}"),
        }
    };
    let all: Vec<String> = origins.iter().map(one).collect();
    guarded(&all.join(" ")).into_owned()
}
