//! Where each indicator was seen: a line per device, the ones seen last first.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tesem_hunt::Sighting;

use super::table::{counted, printable, thousands};

/// Most indicators that are listed with their devices.
const INDICATORS_MAX: usize = 20;

/// Most devices listed for an indicator.
const DEVICES_MAX: usize = 5;

/// Longest name of a device, so that a line stays within 80 columns.
const NAME_MAX: usize = 30;

/// An indicator that was seen, and where.
pub(super) struct Seen<'a> {
    pub(super) indicator: String,
    pub(super) sightings: &'a [Sighting],
}

/// An indicator on one device.
struct Device<'a> {
    name: &'a str,
    events: u64,
    first_seen: Timestamp,
    last_seen: Timestamp,
}

/// The section; nothing without hits.
pub(super) fn section(hits: &[Seen<'_>], zone: &TimeZone) -> Option<String> {
    if hits.is_empty() {
        return None;
    }
    let mut text = format!(
        "{:<width$} {:>9}  {:16}  LAST SEEN\n",
        " SEEN ON",
        "EVENTS",
        "FIRST SEEN",
        width = NAME_MAX + 3,
    );
    for seen in hits.iter().take(INDICATORS_MAX) {
        add_indicator(&mut text, seen, zone);
    }
    let more = hits.len().saturating_sub(INDICATORS_MAX) as u64;
    if more > 0 {
        let _ = writeln!(
            text,
            " and {} in sightings.csv",
            counted_more(more, "indicator")
        );
    }
    Some(text.trim_end().to_owned())
}

fn add_indicator(text: &mut String, seen: &Seen<'_>, zone: &TimeZone) {
    let _ = writeln!(text, " {}", printable(&seen.indicator));
    let _ = writeln!(text, "   in {}", printable(&places(seen.sightings)));
    let devices = devices(seen.sightings);
    for device in devices.iter().take(DEVICES_MAX) {
        let _ = writeln!(
            text,
            "   {:<NAME_MAX$} {:>10}  {}  {}",
            shortened(device.name),
            thousands(device.events),
            local(device.first_seen, zone),
            local(device.last_seen, zone),
        );
    }
    let more = devices.len().saturating_sub(DEVICES_MAX) as u64;
    if more > 0 {
        let _ = writeln!(text, "   and {}", counted_more(more, "device"));
    }
}

/// The devices, the one seen last first; what no device is named for stands as `(no device)`.
fn devices(sightings: &[Sighting]) -> Vec<Device<'_>> {
    let mut devices: BTreeMap<&str, Device<'_>> = BTreeMap::new();
    for sighting in sightings {
        let name = name(sighting);
        let device = devices.entry(name).or_insert_with(|| Device {
            name,
            events: 0,
            first_seen: sighting.first_seen,
            last_seen: sighting.last_seen,
        });
        device.events = device.events.saturating_add(sighting.events);
        device.first_seen = device.first_seen.min(sighting.first_seen);
        device.last_seen = device.last_seen.max(sighting.last_seen);
    }
    let mut devices: Vec<Device<'_>> = devices.into_values().collect();
    devices.sort_by_key(|device| (std::cmp::Reverse(device.last_seen), device.name));
    devices
}

fn name(sighting: &Sighting) -> &str {
    let names = [&sighting.device_name, &sighting.device_id];
    let name = names.into_iter().find(|name| !name.is_empty());
    name.map_or("(no device)", String::as_str)
}

/// `DeviceNetworkEvents.RemoteUrl and 2 more columns`.
fn places(sightings: &[Sighting]) -> String {
    let places: BTreeSet<String> = sightings
        .iter()
        .map(|sighting| format!("{}.{}", sighting.table, sighting.column))
        .collect();
    let first = places.first().cloned().unwrap_or_default();
    match places.len().saturating_sub(1) as u64 {
        0 => first,
        more => format!("{first} and {}", counted_more(more, "column")),
    }
}

/// `2 more devices`.
fn counted_more(count: u64, noun: &str) -> String {
    counted(count, &format!("more {noun}"))
}

fn shortened(name: &str) -> String {
    let name = printable(name);
    if name.chars().count() <= NAME_MAX {
        return name.into_owned();
    }
    let mut start: String = name.chars().take(NAME_MAX - 1).collect();
    start.push('…');
    start
}

fn local(instant: Timestamp, zone: &TimeZone) -> String {
    let zoned = instant.to_zoned(zone.clone());
    zoned.strftime("%Y-%m-%d %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn now() -> Timestamp {
        "2026-11-21T04:00:00Z".parse().unwrap()
    }

    fn sighting(device: &str, column: &str, hours_ago: i64) -> Sighting {
        Sighting {
            table: "DeviceNetworkEvents".to_owned(),
            column: column.to_owned(),
            device_id: String::new(),
            device_name: device.to_owned(),
            events: 1_234,
            first_seen: now() - SignedDuration::from_hours(hours_ago + 5),
            last_seen: now() - SignedDuration::from_hours(hours_ago),
        }
    }

    #[test]
    fn devices_are_listed_per_indicator_within_bounds() {
        let mut first: Vec<Sighting> = (1..=7)
            .map(|n| sighting(&format!("ws-{n:04}.corp.contoso.example"), "RemoteUrl", n))
            .collect();
        first.push(sighting("ws-0001.corp.contoso.example", "RemoteIP", 0));
        let others = [
            vec![sighting(
                "a-device-whose-name-is-much-too-long.corp",
                "RemoteUrl",
                1,
            )],
            vec![sighting("", "RemoteUrl", 2)],
        ];
        let mut all: Vec<Vec<Sighting>> = std::iter::once(first).chain(others).collect();
        all.resize(25, vec![sighting("ws-1", "RemoteUrl", 3)]);
        let seen = |(number, sightings)| Seen {
            indicator: format!("c2-{number}.evil.com"),
            sightings,
        };
        let hits: Vec<Seen<'_>> = all
            .iter()
            .map(Vec::as_slice)
            .enumerate()
            .map(seen)
            .collect();
        let text = section(&hits, &TimeZone::UTC).unwrap();
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        let head: Vec<&str> = text.lines().take(16).collect();
        insta::assert_snapshot!("seen_on", head.join("\n"));
        assert!(
            text.ends_with(" and 5 more indicators in sightings.csv"),
            "{text}"
        );
    }

    #[test]
    fn without_hits_there_is_no_section() {
        assert_eq!(section(&[], &TimeZone::UTC), None);
    }
}
