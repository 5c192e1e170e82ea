//! What there is in the tenant on a day, made from numbers alone.

use std::collections::BTreeSet;

use super::AssetTenantArgs;

/// The latest day: a machine that went silent on the first day is then inactive, one that reports is not.
pub(super) const DAYS_MAX: u32 = 14;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// People of the tenant.
const ACCOUNTS: u32 = 20_000;
/// Groups of machines with the same programs.
const GROUPS: u32 = 50;
/// How far apart the programs of two groups begin, in vulnerabilities: they share some.
const GROUP_STEP: u32 = 100;
/// Vulnerabilities of a program.
pub(super) const PROGRAM_VULNERABILITIES: u32 = 10;
/// Machines and alerts that change on a day beside one machine in a hundred.
const SILENT_A_DAY: u32 = 2;
const JOINED_A_DAY: u32 = 2;
const ALERTS_A_DAY: u32 = 3;
/// How long a machine is silent before it counts as gone.
const SILENT_DAYS: i64 = 15;

/// A number that looks random and hangs on two others alone (splitmix64).
pub(super) fn mixed(number: u32, salt: u64) -> u64 {
    let mut state = u64::from(number).wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ (state >> 31)
}

/// Such a number below `limit`.
fn below(number: u32, salt: u64, limit: i64) -> i64 {
    let limit = u64::try_from(limit).unwrap_or(1).max(1);
    i64::try_from(mixed(number, salt) % limit).unwrap_or(0)
}

/// The tenant on one day.
#[derive(Debug)]
pub(super) struct Plan {
    machines: u32,
    logons: u32,
    vulnerabilities: u32,
    alerts: u32,
    day: u32,
    /// Day 0.
    start: i64,
}

/// What becomes of a machine, and on which day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Steady,
    /// It reports again, changed.
    Changed(u32),
    /// It has been silent for more than 15 days.
    Silent(u32),
    Joined(u32),
}

/// A machine on the day.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) number: u32,
    fate: Fate,
    pub(super) first_seen: i64,
    /// As it was before it changed.
    pub(super) seen_before: i64,
    pub(super) last_seen: i64,
    /// The day of the change, when that has come.
    pub(super) changed: Option<u32>,
}

/// A user on a machine.
#[derive(Debug)]
pub(super) struct Logon {
    pub(super) account: u32,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) kind: &'static str,
}

/// A vulnerability of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weakness {
    pub(super) program: u32,
    pub(super) cve: Cve,
}

/// Known for long, or published on a day; the machines that change on it have the same programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cve {
    Known(u32),
    Fresh(u32),
}

/// An alert on the day.
#[derive(Debug)]
pub(super) struct Alert {
    pub(super) number: u32,
    /// The number of the machine.
    pub(super) machine: u32,
    pub(super) raised: i64,
    pub(super) resolved: Option<i64>,
}

impl Plan {
    pub(super) fn new(args: &AssetTenantArgs) -> Self {
        Self {
            machines: args.machines,
            logons: args.logons,
            vulnerabilities: args.vulnerabilities,
            alerts: args.alerts,
            day: args.day,
            start: args.now.as_second(),
        }
    }

    /// The end of a day; day 0 ends where the tenant begins.
    pub(super) fn end_of(&self, day: u32) -> i64 {
        self.start + i64::from(day) * DAY
    }

    /// What time it is.
    pub(super) fn now(&self) -> i64 {
        self.end_of(self.day)
    }

    fn fate(&self, number: u32) -> Fate {
        let Some(from_end) = self.machines.checked_sub(number + 1) else {
            return Fate::Joined((number - self.machines) / JOINED_A_DAY + 1);
        };
        let goes = from_end / SILENT_A_DAY + 1;
        match number % 100 {
            _ if goes <= DAYS_MAX && number >= self.machines / 2 => Fate::Silent(goes),
            day @ 1..=DAYS_MAX => Fate::Changed(day),
            _ => Fate::Steady,
        }
    }

    pub(super) fn machines(&self) -> impl Iterator<Item = Machine> {
        let all = self.machines + self.day * JOINED_A_DAY;
        (0..all).map(|number| self.machine(number))
    }

    pub(super) fn machine(&self, number: u32) -> Machine {
        let fate = self.fate(number);
        let back = 1 + below(number, 1, DAY - 1);
        let seen_before = match fate {
            Fate::Steady | Fate::Changed(_) => self.start - back,
            Fate::Silent(day) => self.end_of(day) - SILENT_DAYS * DAY - 3_600,
            Fate::Joined(day) => self.end_of(day) - back,
        };
        let changed = match fate {
            Fate::Changed(day) if day <= self.day => Some(day),
            _ => None,
        };
        let first_seen = match fate {
            Fate::Joined(day) => self.end_of(day - 1) + (DAY - back) / 2,
            _ => self.start - (100 + below(number, 2, 300)) * DAY,
        };
        Machine {
            number,
            fate,
            first_seen,
            seen_before,
            last_seen: changed.map_or(seen_before, |day| self.end_of(day) - back),
            changed,
        }
    }

    pub(super) fn alerts(&self) -> impl Iterator<Item = Alert> {
        let later = if self.alerts > 0 {
            self.day * ALERTS_A_DAY
        } else {
            0
        };
        (0..self.alerts + later).map(|number| self.alert(number))
    }

    fn alert(&self, number: u32) -> Alert {
        let raised = match number.checked_sub(self.alerts) {
            None => self.start - DAY - below(number, 3, 25 * DAY),
            Some(later) => self.end_of(later / ALERTS_A_DAY) + 1 + below(number, 3, DAY - 1),
        };
        let day = number / ALERTS_A_DAY + 1;
        let is_resolved = day <= self.day && number < self.alerts;
        Alert {
            number,
            machine: number.wrapping_mul(37) % self.machines,
            raised,
            resolved: is_resolved.then(|| self.end_of(day) - 1 - below(number, 4, DAY - 1)),
        }
    }

    /// The numbers of the machines with an alert that is not resolved.
    pub(super) fn at_risk(&self) -> BTreeSet<u32> {
        let open = self.alerts().filter(|alert| alert.resolved.is_none());
        open.map(|alert| alert.machine).collect()
    }

    /// Every vulnerability that the tenant knows, on a machine or not, in order.
    pub(super) fn vulnerabilities(&self) -> impl Iterator<Item = Cve> {
        let (known, days) = match self.vulnerabilities {
            0 => (0, 0),
            each => ((GROUPS - 1) * GROUP_STEP + each, self.day),
        };
        (0..known).map(Cve::Known).chain((1..=days).map(Cve::Fresh))
    }
}

impl Machine {
    pub(super) fn id(&self) -> String {
        let all = [11, 12, 13].map(|salt| format!("{:016x}", mixed(self.number, salt)));
        all.concat().chars().take(40).collect()
    }

    /// Which kind of system it has, as a place in a list of `kinds`.
    pub(super) fn kind(&self, kinds: usize) -> usize {
        usize::try_from(mixed(self.number, 14)).unwrap_or(0) % kinds.max(1)
    }

    /// Its address, before or after the change.
    pub(super) fn address(&self, is_changed: bool) -> String {
        let third = self.number / 250;
        let second = third / 250 % 100 + if is_changed { 100 } else { 0 };
        format!("10.{second}.{}.{}", third % 250, self.number % 250 + 1)
    }

    /// The users of the day: a change takes the first away and adds one at the end.
    pub(super) fn logons(&self, plan: &Plan) -> impl Iterator<Item = Logon> {
        let shift = u32::from(self.changed.is_some()).min(plan.logons);
        let last_slot = plan.logons;
        (shift..plan.logons + shift).map(move |slot| self.logon(slot, slot == last_slot))
    }

    fn logon(&self, slot: u32, is_new: bool) -> Logon {
        let account = (self.number.wrapping_mul(7)).wrapping_add(slot * 31) % ACCOUNTS;
        let salt = 1_000 + u64::from(slot);
        let reach = match self.fate {
            Fate::Steady | Fate::Changed(_) => 14 * DAY,
            Fate::Silent(_) => DAY,
            Fate::Joined(_) => self.last_seen - self.first_seen,
        };
        let last = match is_new {
            true => self.last_seen,
            false => self.seen_before - below(self.number, salt, reach),
        };
        let known_for = below(self.number, salt + 1_000, 90 * DAY);
        let first = if is_new {
            last
        } else {
            (last - known_for).max(self.first_seen)
        };
        let kinds = ["Interactive", "Network", "RemoteInteractive", "Batch"];
        let kind = usize::try_from(mixed(self.number, salt + 2_000) % 4).unwrap_or(0);
        Logon {
            account,
            first,
            last,
            kind: kinds.get(kind).copied().unwrap_or("Network"),
        }
    }

    pub(super) fn group(&self) -> u32 {
        self.number % GROUPS
    }

    /// The programs, by number.
    pub(super) fn programs(&self, plan: &Plan) -> impl Iterator<Item = u32> {
        let first = self.group() * GROUP_STEP / PROGRAM_VULNERABILITIES;
        first..first + plan.vulnerabilities.div_ceil(PROGRAM_VULNERABILITIES)
    }

    /// The vulnerabilities of the day: a change closes the first and brings a new one of the last program.
    pub(super) fn weaknesses(&self, plan: &Plan) -> impl Iterator<Item = Weakness> {
        let first = self.group() * GROUP_STEP;
        let shift = u32::from(self.changed.is_some()).min(plan.vulnerabilities);
        let kept = (first + shift..first + plan.vulnerabilities).map(known);
        let day = self.changed.filter(|_| plan.vulnerabilities > 0);
        let last = (first + plan.vulnerabilities).saturating_sub(1) / PROGRAM_VULNERABILITIES;
        let fresh = day.map(|day| Weakness {
            program: last,
            cve: Cve::Fresh(day),
        });
        kept.chain(fresh)
    }

    /// The vulnerability that the change closed.
    pub(super) fn closed(&self, plan: &Plan) -> Option<Weakness> {
        let is_closed = self.changed.is_some() && plan.vulnerabilities > 0;
        is_closed.then(|| known(self.group() * GROUP_STEP))
    }
}

fn known(row: u32) -> Weakness {
    Weakness {
        program: row / PROGRAM_VULNERABILITIES,
        cve: Cve::Known(row),
    }
}

impl Cve {
    pub(super) fn id(self) -> String {
        match self {
            Self::Known(row) => format!("CVE-2025-{:05}", 10_000 + row),
            Self::Fresh(day) => format!("CVE-2026-{:05}", 60_000 + day),
        }
    }

    /// When it was published; the known ones long before the tenant begins.
    pub(super) fn published(self, plan: &Plan) -> i64 {
        match self {
            Self::Known(row) => plan.start - (60 + i64::from(row % 300)) * DAY,
            Self::Fresh(day) => plan.end_of(day - 1) + 3_600,
        }
    }

    pub(super) fn number(self) -> u32 {
        match self {
            Self::Known(row) => row,
            Self::Fresh(day) => 1_000_000 + day,
        }
    }
}
