//! The shapes of real telemetry, as laws of a small tenant with routine events.

use std::collections::{BTreeMap, BTreeSet};

use super::super::calendar::HOUR;
use super::super::device::{Device, Role};
use super::super::process::{Process, ProcessRef};
use super::*;

/// Programs that start with the machine, before the sensor can tell of it.
const ROOTS: [&str; 19] = [
    "smss.exe",
    "wininit.exe",
    "services.exe",
    "lsass.exe",
    "winlogon.exe",
    "svchost.exe",
    "MsMpEng.exe",
    "MsSense.exe",
    "dns.exe",
    "sqlservr.exe",
    "SQLAGENT.EXE",
    "w3wp.exe",
    "systemd",
    "cron",
    "sshd",
    "nginx",
    "launchd",
    "userinit.exe",
    "explorer.exe",
];

fn busy(devices: u32, days: u32) -> Tenant {
    Tenant::new(&GenerateOptions {
        activity: 400,
        ..options(devices, days)
    })
}

/// The process of every event, with the time of the event.
fn initiators(rows: &Rows<'_>) -> Vec<(u32, i64, ProcessRef)> {
    fn of<'a, T>(
        rows: &'a [T],
        get: impl Fn(&T) -> (&rows::Stamp<'_>, ProcessRef) + 'a,
    ) -> impl Iterator<Item = (u32, i64, ProcessRef)> + 'a {
        rows.iter().map(move |row| {
            let (stamp, process) = get(row);
            (stamp.device.number, stamp.time, process)
        })
    }
    of(&rows.process, |row| (&row.stamp, row.parent))
        .chain(of(&rows.network, |row| (&row.stamp, row.process)))
        .chain(of(&rows.file, |row| (&row.stamp, row.process)))
        .chain(of(&rows.logon, |row| (&row.stamp, row.process)))
        .chain(of(&rows.registry, |row| (&row.stamp, row.process)))
        .chain(of(&rows.image, |row| (&row.stamp, row.process)))
        .chain(of(&rows.event, |row| (&row.stamp, row.process)))
        .collect()
}

/// Events of the seven tables that sensors fill, by device.
fn events_by_device(tenant: &Tenant) -> BTreeMap<u32, usize> {
    let mut counts = BTreeMap::new();
    for piece in pieces(tenant) {
        for (device, _, _) in initiators(&rows_of(tenant, piece)) {
            *counts.entry(device).or_default() += 1;
        }
    }
    counts
}

/// The slope of log frequency over log rank between two ranks, counted from 1.
fn slope(counts: impl IntoIterator<Item = usize>, first: usize, last: usize) -> f64 {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|one, other| other.cmp(one));
    assert!(counts.len() >= last, "{} ranks", counts.len());
    let log = |number: usize| f64::from(u32::try_from(number).unwrap()).ln();
    (log(counts[last - 1]) - log(counts[first - 1])) / (log(last) - log(first))
}

#[test]
fn every_initiating_process_was_seen_to_start_or_runs_from_the_machines_start() {
    let tenant = busy(24, 3);
    let (mut seen, mut roots) = (0, 0);
    for piece in pieces(&tenant) {
        let rows = rows_of(&tenant, piece);
        let key = |device: u32, process: &Process<'_>| (device, process.unique_id.clone());
        let started: BTreeSet<_> = rows
            .process
            .iter()
            .map(|row| key(row.stamp.device.number, rows.process(row.process)))
            .collect();
        for (device, time, process) in initiators(&rows) {
            let process = rows.process(process);
            assert!(
                process.created <= time,
                "{} acts before it starts, by {} s, on device {device}",
                process.path,
                (process.created - time) / calendar::SECOND
            );
            if started.contains(&key(device, process)) {
                seen += 1;
            } else if process.created < tenant.window.start {
                roots += 1;
            } else {
                roots += 1;
                assert!(
                    ROOTS.contains(&process.file.name.as_str()),
                    "{}",
                    process.path
                );
            }
        }
    }
    assert!(seen > 2 * roots && roots > 100, "{seen} {roots}");
}

#[test]
fn a_process_is_the_same_wherever_it_is_named() {
    let tenant = busy(24, 9);
    let mut known: BTreeMap<(u32, String), (i64, String, i64, String)> = BTreeMap::new();
    let mut numbers: BTreeMap<(u32, String, i64), BTreeSet<i64>> = BTreeMap::new();
    for piece in pieces(&tenant) {
        let rows = rows_of(&tenant, piece);
        for (device, _, process) in initiators(&rows) {
            let process = rows.process(process);
            let facts = (
                process.created,
                process.path.clone(),
                process.parent_id,
                process.account.sid.clone(),
            );
            let before = known
                .entry((device, process.unique_id.clone()))
                .or_insert_with(|| facts.clone());
            assert_eq!(*before, facts, "device {device}");
            // Of one path at one instant there is one process; several service hosts never share theirs.
            if ROOTS[8..17].contains(&process.file.name.as_str()) {
                let key = (device, process.path.clone(), process.created);
                numbers.entry(key).or_default().insert(process.id);
            }
        }
    }
    assert!(numbers.len() > 5, "{numbers:?}");
    let changing: Vec<_> = numbers.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(changing.is_empty(), "{changing:?}");
}

#[test]
fn the_stories_start_their_programs_from_the_desktop_of_the_day() {
    let tenant = Tenant::new(&options(24, 30));
    let mut desktops: BTreeMap<(u32, i64), BTreeSet<i64>> = BTreeMap::new();
    for piece in pieces(&tenant) {
        let rows = rows_of(&tenant, piece);
        for (device, _, process) in initiators(&rows) {
            let process = rows.process(process);
            if process.file.name == "explorer.exe" {
                let key = (device, piece.day.0);
                desktops.entry(key).or_default().insert(process.created);
            }
        }
    }
    let on_days_of_work = desktops.iter().filter(|((device, day), _)| {
        let device = &tenant.devices[*device as usize];
        !device.site().weekend.contains(&Day(*day).weekday())
    });
    let (once, twice): (Vec<_>, Vec<_>) =
        on_days_of_work.partition(|(_, starts)| starts.len() == 1);
    assert!(
        once.len() > 20 * twice.len() && once.len() > 100,
        "{twice:?}"
    );
}

#[test]
fn activity_is_what_a_workstation_reports_on_a_day_of_work() {
    let (days, activity) = (7, 400);
    let (quiet, busy) = (Tenant::new(&options(60, days)), busy(60, days));
    let (quiet, counts) = (events_by_device(&quiet), events_by_device(&busy));
    let more = |wanted: fn(&Device) -> bool| -> usize {
        let devices: Vec<_> = busy
            .devices
            .iter()
            .filter(|device| wanted(device))
            .collect();
        let of = |counts: &BTreeMap<u32, usize>, device: &Device| {
            counts.get(&device.number).copied().unwrap_or(0)
        };
        let all: usize = devices
            .iter()
            .map(|device| of(&counts, device) - of(&quiet, device))
            .sum();
        all / devices.len() / days as usize
    };
    // Five of seven days are days of work, and nine of ten people are at work.
    let workstation = more(|device| device.role == Role::Workstation);
    let expected = activity * 5 / 7;
    assert!(
        (expected * 7 / 10..expected * 13 / 10).contains(&workstation),
        "{workstation} of {expected}"
    );
    let server = more(|device| !device.role.is_personal());
    assert!(server > workstation, "{server} {workstation}");
    assert!(more(|device| device.role == Role::Mac) < workstation);
}

#[test]
fn people_start_programs_in_their_hours_and_not_on_days_off() {
    let tenant = busy(24, 14);
    let (mut all, mut in_hours, mut off) = (0, 0, 0);
    for piece in pieces(&tenant) {
        let rows = rows_of(&tenant, piece);
        for row in &rows.process {
            let device = row.stamp.device;
            if rows.process(row.parent).file.name != "explorer.exe" {
                continue;
            }
            let midnight = tenant.zones.midnight(device.site_number, piece.day);
            all += 1;
            in_hours += i32::from((7 * HOUR..20 * HOUR).contains(&(row.stamp.time - midnight)));
            off += i32::from(device.site().weekend.contains(&piece.day.weekday()));
        }
    }
    assert!(all > 5_000, "{all}");
    assert!(in_hours * 100 > all * 97, "{in_hours} of {all}");
    assert!(off * 100 < all * 4, "{off} of {all}");
}

#[test]
fn programs_have_a_few_everywhere_and_many_on_one_device() {
    let tenant = busy(120, 5);
    let mut devices: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
    let mut runs: BTreeMap<String, usize> = BTreeMap::new();
    for piece in pieces(&tenant) {
        let rows = rows_of(&tenant, piece);
        for row in &rows.process {
            let process = rows.process(row.process);
            let sha1 = process.file.digests.sha1.clone();
            *runs.entry(process.file.name.clone()).or_default() += 1;
            devices
                .entry(sha1)
                .or_default()
                .insert(row.stamp.device.number);
        }
    }
    let single = devices.values().filter(|on| on.len() == 1).count();
    let share = single * 100 / devices.len();
    assert!((25..75).contains(&share), "{single} of {}", devices.len());
    let everywhere = devices.values().filter(|on| on.len() > 30).count();
    assert!(
        everywhere > 5 && everywhere * 10 < devices.len(),
        "{everywhere}"
    );
    let slope = slope(runs.into_values(), 1, 150);
    assert!((-2.2..-0.8).contains(&slope), "{slope}");
}

#[test]
fn hosts_and_files_have_heavy_tails() {
    let tenant = busy(60, 5);
    let (mut hosts, mut files): (BTreeMap<String, usize>, BTreeMap<String, usize>) =
        Default::default();
    for piece in pieces(&tenant) {
        let rows = rows_of(&tenant, piece);
        for row in rows.network.iter().filter(|row| !row.remote_url.is_empty()) {
            *hosts.entry(host(&row.remote_url).to_owned()).or_default() += 1;
        }
        for digests in rows.file.iter().filter_map(|row| row.item.digests.as_ref()) {
            *files.entry(digests.sha1.clone()).or_default() += 1;
        }
    }
    for (what, counts, bounds) in [("hosts", hosts, 35..90), ("files", files, 55..97)] {
        let once = counts.values().filter(|count| **count == 1).count();
        let share = once * 100 / counts.len();
        assert!(
            bounds.contains(&share),
            "{what}: {once} of {}",
            counts.len()
        );
        let slope = slope(counts.into_values(), 2, 500);
        assert!((-1.4..-0.6).contains(&slope), "{what}: {slope}");
    }
}

#[test]
fn devices_of_other_systems_have_no_windows() {
    let tenant = busy(40, 2);
    for piece in pieces(&tenant) {
        let rows = rows_of(&tenant, piece);
        for (device, _, process) in initiators(&rows) {
            let is_windows = tenant.devices[device as usize].is_windows();
            let path = &rows.process(process).path;
            assert_eq!(path.contains('\\'), is_windows, "{path}");
        }
        assert!(
            rows.registry
                .iter()
                .all(|row| row.stamp.device.is_windows())
        );
    }
}

#[test]
fn pieces_cover_each_device_once_a_day_and_have_bounded_rows() {
    for activity in [0, 1_000, ACTIVITY_MAX] {
        let tenant = Tenant::new(&GenerateOptions {
            activity,
            ..options(320, 1)
        });
        let day = tenant.window.last_day();
        let pieces: Vec<Piece> = pieces_of_day(&tenant, day).collect();
        let covered: usize = pieces.iter().map(|piece| piece.devices_of(&tenant)).sum();
        assert_eq!(covered, 320);
        let most = pieces.iter().map(|piece| piece.devices_of(&tenant)).max();
        assert!(most.unwrap() * activity as usize <= ROUTINE_AT_ONCE);
    }
}
