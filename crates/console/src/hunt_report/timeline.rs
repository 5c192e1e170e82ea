//! The timeline: events per span of time by kind of indicator, drawn when the report is written.

use std::collections::BTreeMap;
use std::io::{self, Write};

use askama::Template;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan, Unit, ZonedRound};
use tesem_observable::ObservableKind;

use super::searched::Searches;
use super::text::{counted, thousands};

/// Most bars; the span of a bar is chosen so that there are no more.
const BARS_MAX: usize = 100;

/// What the drawing measures, in its own units.
const WIDTH: f64 = 1_000.0;
const HEIGHT: f64 = 180.0;
const TOP: f64 = 14.0;
/// A bar that holds anything is at least so high.
const BAR_HEIGHT_MIN: f64 = 2.0;

/// Kinds of indicators that share a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    File,
    Address,
    Name,
    Other,
}

impl Group {
    const ALL: [Self; 4] = [Self::File, Self::Address, Self::Name, Self::Other];

    fn of(kind: ObservableKind) -> Self {
        match kind {
            ObservableKind::Sha256
            | ObservableKind::Sha1
            | ObservableKind::Md5
            | ObservableKind::FileName
            | ObservableKind::CertificateThumbprint => Self::File,
            ObservableKind::Ipv4 | ObservableKind::Ipv6 | ObservableKind::IpRange => Self::Address,
            ObservableKind::Domain | ObservableKind::Url => Self::Name,
            _ => Self::Other,
        }
    }

    fn says(self) -> &'static str {
        match self {
            Self::File => "hashes, file names, certificates",
            Self::Address => "IP addresses",
            Self::Name => "domains, URLs",
            Self::Other => "mail addresses, devices",
        }
    }
}

/// Events by span of time.
pub(super) struct Timeline {
    spans: Spans,
    counts: BTreeMap<(usize, Group), usize>,
    outside: usize,
}

/// Adjacent spans of time, as long as the calendar of the zone makes them.
struct Spans {
    /// The first instant of each, and the end of the last.
    edges: Vec<Timestamp>,
    /// What one is called: `hour`, `day`, …
    called: &'static str,
    /// How its beginning is written.
    format: &'static str,
}

impl Timeline {
    pub(super) fn new(all: &Searches<'_>) -> Self {
        let windows = all.each.iter().map(|one| one.report.window);
        let start = windows.clone().map(|window| window.start).min();
        let end = windows.map(|window| window.end).max();
        Self {
            spans: Spans::between(start, end, all.zone),
            counts: BTreeMap::new(),
            outside: 0,
        }
    }

    pub(super) fn add(&mut self, kind: ObservableKind, time: Option<Timestamp>) {
        match time.and_then(|time| self.spans.find(time)) {
            Some(span) => *self.counts.entry((span, Group::of(kind))).or_default() += 1,
            None => self.outside += 1,
        }
    }

    fn count(&self, span: usize, group: Group) -> usize {
        self.counts.get(&(span, group)).copied().unwrap_or_default()
    }

    fn total(&self, span: usize) -> usize {
        Group::ALL
            .iter()
            .map(|group| self.count(span, *group))
            .sum()
    }
}

impl Spans {
    /// The shortest spans of which at most [`BARS_MAX`] cover the time.
    fn between(start: Option<Timestamp>, end: Option<Timestamp>, zone: &TimeZone) -> Self {
        let ladder: [(Span, Unit, &str, &str); 5] = [
            (1.hour(), Unit::Hour, "hour", "%Y-%m-%d %H:%M"),
            (1.day(), Unit::Day, "day", "%Y-%m-%d"),
            (7.days(), Unit::Day, "week", "%Y-%m-%d"),
            (1.month(), Unit::Day, "month", "%Y-%m-%d"),
            (1.year(), Unit::Day, "year", "%Y-%m-%d"),
        ];
        let mut spans = Self {
            edges: Vec::new(),
            called: "span",
            format: "%Y-%m-%d",
        };
        let (Some(start), Some(end)) = (start, end) else {
            return spans;
        };
        for (step, unit, called, format) in ladder {
            let edges = edges(start, end, zone, step, unit);
            spans = Self {
                edges,
                called,
                format,
            };
            if spans.len() <= BARS_MAX {
                break;
            }
        }
        spans
    }

    fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    fn find(&self, time: Timestamp) -> Option<usize> {
        let after = self.edges.partition_point(|edge| *edge <= time);
        (after > 0 && after < self.edges.len()).then(|| after - 1)
    }
}

/// From the beginning of the calendar unit that holds `start` in steps up to `end`, or until there are too many.
fn edges(
    start: Timestamp,
    end: Timestamp,
    zone: &TimeZone,
    step: Span,
    unit: Unit,
) -> Vec<Timestamp> {
    let down = ZonedRound::new()
        .smallest(unit)
        .mode(jiff::RoundMode::Trunc);
    let zoned = start.to_zoned(zone.clone());
    let first = zoned.round(down).unwrap_or(zoned);
    let mut edges = vec![first.timestamp()];
    for index in 1..=(BARS_MAX as i64 + 1) {
        let next = step
            .checked_mul(index)
            .and_then(|span| first.checked_add(span));
        let next = next.map_or(Timestamp::MAX, |next| next.timestamp());
        edges.push(next);
        if next >= end {
            break;
        }
    }
    edges
}

#[derive(Template)]
#[template(path = "hunt_report/timeline.html")]
struct Section {
    says: String,
    width: f64,
    height: f64,
    bars: Vec<Bar>,
    legend: Vec<(usize, &'static str)>,
    most: String,
    top: f64,
    first: String,
    last: String,
    table: Vec<TableRow>,
    groups: Vec<&'static str>,
    called: &'static str,
}

/// A piece of a bar.
struct Bar {
    group: usize,
    x: String,
    y: String,
    width: String,
    height: String,
    says: String,
}

/// The same as numbers.
struct TableRow {
    time: String,
    counts: Vec<String>,
    total: String,
}

pub(super) fn write(
    out: &mut dyn Write,
    all: &Searches<'_>,
    timeline: &Timeline,
) -> io::Result<()> {
    let spans = &timeline.spans;
    let label = |span: usize| label(spans, span, all.zone);
    let used: Vec<Group> = Group::ALL
        .into_iter()
        .filter(|group| timeline.counts.keys().any(|(_, of)| of == group))
        .collect();
    let filled = (0..spans.len()).filter(|span| timeline.total(*span) > 0);
    let most = (0..spans.len())
        .map(|span| timeline.total(span))
        .max()
        .unwrap_or_default();
    Section {
        says: says(timeline),
        width: WIDTH,
        height: HEIGHT,
        bars: bars(timeline, &used, most, all.zone),
        legend: used
            .iter()
            .map(|group| (*group as usize, group.says()))
            .collect(),
        most: thousands(most),
        top: TOP,
        first: label(0),
        last: label(spans.len().saturating_sub(1)),
        table: filled
            .map(|span| TableRow {
                time: label(span),
                counts: used
                    .iter()
                    .map(|group| thousands(timeline.count(span, *group)))
                    .collect(),
                total: thousands(timeline.total(span)),
            })
            .collect(),
        groups: used.iter().map(|group| group.says()).collect(),
        called: spans.called,
    }
    .write_into(out)
}

fn says(timeline: &Timeline) -> String {
    let events: usize = timeline.counts.values().sum();
    let mut text = format!(
        "{} by {}",
        counted(events, "fetched event"),
        timeline.spans.called
    );
    if timeline.outside > 0 {
        text += &format!(
            "; {} more without a time in the window",
            thousands(timeline.outside)
        );
    }
    text
}

fn label(spans: &Spans, span: usize, zone: &TimeZone) -> String {
    let edge = spans.edges.get(span).copied().unwrap_or_default();
    edge.to_zoned(zone.clone())
        .strftime(spans.format)
        .to_string()
}

/// The pieces, from the ground up in each span.
#[expect(clippy::cast_precision_loss, reason = "a drawing to a tenth of a unit")]
fn bars(timeline: &Timeline, used: &[Group], most: usize, zone: &TimeZone) -> Vec<Bar> {
    let slot = WIDTH / timeline.spans.len().max(1) as f64;
    let scale = (HEIGHT - TOP) / most.max(1) as f64;
    let mut bars = Vec::new();
    for span in 0..timeline.spans.len() {
        let mut ground = HEIGHT;
        for group in used {
            let count = timeline.count(span, *group);
            if count == 0 {
                continue;
            }
            let height = (count as f64 * scale).max(BAR_HEIGHT_MIN);
            ground -= height;
            let when = label(&timeline.spans, span, zone);
            bars.push(Bar {
                group: *group as usize,
                x: format!("{:.1}", span as f64 * slot),
                y: format!("{ground:.1}"),
                width: format!("{:.1}", (slot * 0.86).max(1.0)),
                height: format!("{height:.1}"),
                says: format!("{when}: {}, {}", counted(count, "event"), group.says()),
            });
        }
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(start: &str, end: &str, zone: &str) -> Spans {
        let zone = TimeZone::get(zone).unwrap();
        Spans::between(start.parse().ok(), end.parse().ok(), &zone)
    }

    #[test]
    fn spans_are_as_short_as_the_number_of_bars_allows() {
        let cases = [
            ("2026-11-20T04:10:00Z", "2026-11-21T04:00:00Z", "hour", 24),
            ("2026-10-22T04:00:00Z", "2026-11-21T04:00:00Z", "day", 31),
            ("2026-01-01T00:00:00Z", "2026-11-21T04:00:00Z", "week", 47),
            ("2020-01-01T00:00:00Z", "2026-11-21T04:00:00Z", "month", 83),
            ("1990-01-01T00:00:00Z", "2026-11-21T04:00:00Z", "year", 37),
        ];
        for (start, end, called, count) in cases {
            let spans = spans(start, end, "UTC");
            assert_eq!((spans.called, spans.len()), (called, count), "{start}");
        }
    }

    #[test]
    fn a_day_is_the_zones_day_also_when_the_clocks_change() {
        // On 2026-10-25 Berlin has 25 hours.
        let spans = spans(
            "2026-10-24T12:00:00Z",
            "2026-10-31T00:00:00Z",
            "Europe/Berlin",
        );
        let day = |time: &str| spans.find(time.parse().unwrap());
        assert_eq!(spans.called, "day");
        assert_eq!(day("2026-10-24T21:59:59Z"), Some(0));
        assert_eq!(day("2026-10-24T22:00:00Z"), Some(1));
        assert_eq!(day("2026-10-25T22:59:59Z"), Some(1));
        assert_eq!(day("2026-10-25T23:00:00Z"), Some(2));
        assert_eq!(day("2026-10-23T00:00:00Z"), None);
        assert_eq!(day("2027-01-01T00:00:00Z"), None);
    }
}
