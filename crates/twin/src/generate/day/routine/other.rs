//! Devices that do not run Windows.

use super::super::linux::{self, child};
use super::super::workday::Workday;
use super::{budget, deeds, soon};
use crate::generate::calendar::{DAY, MINUTE};
use crate::generate::catalogue::App;
use crate::generate::day::DeviceDay;
use crate::generate::process::ProcessRef;
use crate::generate::random::{Stream, Topic};

/// What runs on a Linux server, most often first.
const SERVER_JOBS: [(App, &str); 4] = [
    (App::Dash, "/bin/sh -c /usr/lib/update-notifier/apt-check"),
    (App::Bash, "bash /usr/local/bin/health-check"),
    (App::Python3, "python3 /opt/reports/collect.py"),
    (
        App::Curl,
        "curl -fsS https://status.proseware.com/v2/summary",
    ),
];
/// What runs on a Mac, most often first.
const MAC_PROGRAMS: [(App, &str); 5] = [
    (App::Mdworker, "mdworker_shared -s mdworker"),
    (App::SafariNetworking, ""),
    (App::MacChrome, ""),
    (App::MacWord, ""),
    (App::Zsh, "-zsh"),
];

/// Writes a Linux server's day, around the clock: requests, and jobs of the scheduler.
pub(in super::super) fn at_linux_server(
    day: &mut DeviceDay<'_, '_>,
    cron: ProcessRef,
    nginx: ProcessRef,
) {
    let mut stream = day.stream(Topic::Routine);
    let mut left = budget(day, 120, &mut stream);
    while left > 0 {
        let at = stream.between(day.day.start(), day.day.start() + DAY);
        left -= match stream.below(100) {
            0..35 => {
                linux::web_request(day, nginx, at, &mut stream);
                1
            }
            _ => episode(day, cron, &SERVER_JOBS, at, &mut stream),
        };
    }
}

/// Writes a Mac's day of work.
pub(in super::super) fn at_mac(
    day: &mut DeviceDay<'_, '_>,
    workday: &Workday<'_>,
    launchd: ProcessRef,
) {
    let mut stream = day.stream(Topic::Routine);
    let mut left = budget(day, 70, &mut stream);
    while left > 0 {
        let at = workday.moment(&mut stream).max(workday.begins + MINUTE);
        left -= episode(day, launchd, &MAC_PROGRAMS, at, &mut stream);
    }
}

fn episode(
    day: &mut DeviceDay<'_, '_>,
    parent: ProcessRef,
    programs: &[(App, &'static str)],
    started: i64,
    stream: &mut Stream,
) -> i64 {
    let (app, command_line) = programs[super::ranked(stream, programs.len())];
    let process = child(day, parent, app, command_line, started);
    let (count, mut at) = (stream.rank(3), started);
    for _ in 0..count {
        at = soon(at, stream);
        match stream.below(100) {
            0..45 => deeds::connection(day, process, at, stream),
            _ => deeds::file(day, process, at, stream),
        }
    }
    1 + i64::from(count)
}
