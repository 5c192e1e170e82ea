//! The processes that every Windows machine runs from its start.

use super::DeviceDay;
use super::workday::{STORY_BEGINS, Workday};
use crate::generate::calendar::{DAY, Day, MINUTE, SECOND};
use crate::generate::catalogue::App;
use crate::generate::person::Account;
use crate::generate::process::{Integrity, ProcessRef, Start};
use crate::generate::random::{Stream, Topic};

/// The trunk of the process tree.
#[derive(Debug, Clone, Copy)]
pub(in crate::generate) struct WindowsTree<'t> {
    pub(in crate::generate) booted: i64,
    pub(in crate::generate) services: ProcessRef,
    pub(in crate::generate) lsass: ProcessRef,
    /// The service host of the scheduler and of Windows Update.
    pub(in crate::generate) netsvcs: ProcessRef,
    pub(in crate::generate) network_service: ProcessRef,
    pub(in crate::generate) local_service: ProcessRef,
    pub(in crate::generate) antimalware: ProcessRef,
    pub(in crate::generate) sense: ProcessRef,
    pub(in crate::generate) winlogon: ProcessRef,
    pub(in crate::generate) userinit: ProcessRef,
    /// The desktop of the account at the screen.
    pub(in crate::generate) explorer: ProcessRef,
    pub(in crate::generate) account: &'t Account,
}

/// Plants the trunk: parents before children, with the process numbers of this start of the machine.
struct Planter<'d, 'r, 't> {
    day: &'d mut DeviceDay<'r, 't>,
    stream: Stream,
    at: i64,
    grown: i64,
}

impl<'t> Planter<'_, '_, 't> {
    fn grow(
        &mut self,
        app: App,
        parent: Option<ProcessRef>,
        command_line: &'static str,
    ) -> ProcessRef {
        let system = &self.day.tenant.accounts.system;
        self.grow_as(app, parent, command_line, system, Integrity::System)
    }

    fn grow_as(
        &mut self,
        app: App,
        parent: Option<ProcessRef>,
        command_line: &'static str,
        account: &'t Account,
        integrity: Integrity,
    ) -> ProcessRef {
        self.at += self.stream.between(SECOND / 10, 3 * SECOND);
        // Each has a range of its own, so that no two have the same number.
        let id = 400 + 4 * (32 * self.grown + self.stream.between(0, 32));
        self.grown += 1;
        let file = self.day.file(app);
        let start = Start {
            file,
            parent,
            account,
            command_line: command_line.into(),
            integrity,
            at: self.at,
        };
        self.day.run_as(start, id)
    }
}

impl<'t> WindowsTree<'t> {
    /// The trunk of a machine that started at `booted`, with `account` at its screen.
    pub(in crate::generate) fn grow(
        day: &mut DeviceDay<'_, 't>,
        booted: i64,
        account: &'t Account,
    ) -> Self {
        let stream = day.tenant.stream(day.device, Day::of(booted), Topic::Boot);
        let accounts = &day.tenant.accounts;
        let mut planter = Planter {
            day,
            stream,
            at: booted,
            grown: 0,
        };
        let smss = planter.grow(App::Smss, None, r"\SystemRoot\System32\smss.exe");
        let wininit = planter.grow(App::Wininit, Some(smss), "wininit.exe");
        let services = planter.grow(App::Services, Some(wininit), "services.exe");
        let lsass = planter.grow(App::Lsass, Some(wininit), "lsass.exe");
        let winlogon = planter.grow(App::Winlogon, Some(smss), "winlogon.exe");
        let netsvcs = planter.grow(App::Svchost, Some(services), "svchost.exe -k netsvcs -p");
        let network_service = planter.grow_as(
            App::Svchost,
            Some(services),
            "svchost.exe -k NetworkService -p",
            &accounts.network_service,
            Integrity::System,
        );
        let local_service = planter.grow_as(
            App::Svchost,
            Some(services),
            "svchost.exe -k LocalServiceNetworkRestricted -p",
            &accounts.local_service,
            Integrity::System,
        );
        let antimalware = planter.grow(App::MsMpEng, Some(services), "\"MsMpEng.exe\"");
        let sense = planter.grow(App::MsSense, Some(services), "\"MsSense.exe\"");
        let userinit = planter.grow_as(
            App::Userinit,
            Some(winlogon),
            "userinit.exe",
            account,
            Integrity::Medium,
        );
        let explorer = planter.grow_as(
            App::Explorer,
            Some(userinit),
            r"C:\Windows\Explorer.EXE",
            account,
            Integrity::Medium,
        );
        Self {
            booted,
            services,
            lsass,
            netsvcs,
            network_service,
            local_service,
            antimalware,
            sense,
            winlogon,
            userinit,
            explorer,
            account,
        }
    }

    /// The trunk of the device on this day, as a story needs it: the owner's desktop, or the server's.
    pub(in crate::generate) fn of_today(day: &mut DeviceDay<'_, 't>) -> Self {
        match day.tenant.owner(day.device) {
            Some(owner) => {
                let booted = match Workday::of(day) {
                    Some(workday) => workday.booted(),
                    None => day.local(0, STORY_BEGINS),
                };
                Self::grow(day, booted, &owner.account)
            }
            None => Self::of_server(day),
        }
    }

    /// The trunk of a server, which runs from its weekly restart at three in the morning.
    pub(in crate::generate) fn of_server(day: &mut DeviceDay<'_, 't>) -> Self {
        // On the day of the restart the machine is shown as it ran before: from the restart a week ago.
        let since = match (day.day.weekday() - day.device.restart_weekday).rem_euclid(7) {
            0 => 7,
            since => since,
        };
        let booted = day.local(3, 0) - since * DAY;
        Self::grow(day, booted + MINUTE, &day.tenant.accounts.administrator)
    }

    /// Starts a program under the account at the screen, from its desktop.
    pub(in crate::generate) fn open(
        &self,
        day: &mut DeviceDay<'_, 't>,
        app: App,
        at: i64,
        command_line: impl Into<std::borrow::Cow<'t, str>>,
    ) -> ProcessRef {
        day.create(Start {
            file: day.file(app),
            parent: Some(self.explorer),
            account: self.account,
            command_line: command_line.into(),
            integrity: Integrity::Medium,
            at,
        })
    }

    /// Starts a child of a process, under the same account and with the same rights.
    pub(in crate::generate) fn child(
        day: &mut DeviceDay<'_, 't>,
        parent: ProcessRef,
        app: App,
        at: i64,
        command_line: impl Into<std::borrow::Cow<'t, str>>,
    ) -> ProcessRef {
        let (account, integrity) = (day.process(parent).account, day.process(parent).integrity);
        let file = day.file(app);
        day.create(Start {
            file,
            parent: Some(parent),
            account,
            command_line: command_line.into(),
            integrity,
            at,
        })
    }
}
