//! Adding rows to a device's day. What lies outside the window is left out.

use std::borrow::Cow;

use super::DeviceDay;
use crate::generate::calendar::MILLISECOND;
use crate::generate::catalogue::{App, File};
use crate::generate::person::Account;
use crate::generate::process::{Process, ProcessRef, Start};
use crate::generate::rows::{
    CertificateRow, EventRow, FileRow, ImageRow, Item, LogonRow, ProcessRow, RegistryRow, Stamp,
    Text,
};

/// Report numbers that one device can use in one day.
const REPORTS_A_DAY: i64 = 100_000;

impl<'t> DeviceDay<'_, 't> {
    /// What a row at this time begins with; none outside the window.
    pub(in crate::generate) fn stamp(&mut self, time: i64) -> Option<Stamp<'t>> {
        if !self.tenant.window.contains(time) {
            return None;
        }
        self.last_report += 1;
        let report = self.day.0.rem_euclid(1_000) * REPORTS_A_DAY + self.last_report;
        Some(Stamp {
            time,
            device: self.device,
            report,
        })
    }

    /// A program in the version of this device and day.
    pub(in crate::generate) fn file(&self, app: App) -> &'t File {
        self.tenant.file(self.device, self.day, app)
    }

    pub(in crate::generate) fn process(&self, process: ProcessRef) -> &Process<'t> {
        self.rows.process(process)
    }

    /// Has a process run, without an event that tells of its start.
    pub(in crate::generate) fn run(&mut self, start: Start<'t>) -> ProcessRef {
        let step = if self.device.is_windows() { 4 } else { 1 };
        self.last_process += step * (1 + self.last_process % 13);
        self.run_as(start, self.last_process)
    }

    /// Has a process run that lasts for days, under the number `id`, which must not depend on the day.
    pub(super) fn run_on(&mut self, start: Start<'t>, id: i64) -> ProcessRef {
        let process = self.run(start);
        let running = &mut self.rows.processes[process.0];
        running.id = id;
        running.unique_id = unique_id(running.created, id);
        process
    }

    /// Has a process run under a given number.
    pub(super) fn run_as(&mut self, start: Start<'t>, id: i64) -> ProcessRef {
        let path = start.file.path(&start.account.name);
        let parent = start.parent.map(|parent| self.rows.process(parent));
        let process = Process {
            path_lower: path.to_lowercase(),
            path,
            id,
            unique_id: unique_id(start.at, id),
            command_line: start.command_line,
            created: start.at,
            account: start.account,
            integrity: start.integrity,
            session: i64::from(!start.account.upn.is_empty()),
            logon_id: logon_id(start.account, self.device.number),
            parent_name: parent.map_or("", |parent| parent.file.name.as_str()),
            parent_id: parent.map_or(0, |parent| parent.id),
            parent_created: parent.map_or(start.at, |parent| parent.created),
            file: start.file,
        };
        self.rows.processes.push(process);
        ProcessRef(self.rows.processes.len() - 1)
    }

    /// Starts a process and records it.
    pub(in crate::generate) fn create(&mut self, start: Start<'t>) -> ProcessRef {
        let (parent, at) = (start.parent, start.at);
        let process = self.run(start);
        if let (Some(parent), Some(stamp)) = (parent, self.stamp(at + 15 * MILLISECOND)) {
            self.rows.process.push(ProcessRow {
                stamp,
                process,
                parent,
            });
        }
        process
    }

    /// Records what a process did with a file.
    pub(in crate::generate) fn change_file(
        &mut self,
        process: ProcessRef,
        at: i64,
        action: &'static str,
        item: Item<'t>,
    ) -> Option<&mut FileRow<'t>> {
        let stamp = self.stamp(at)?;
        self.rows.file.push(FileRow {
            stamp,
            process,
            action,
            item,
            origin_url: Cow::Borrowed(""),
            origin_referrer: Cow::Borrowed(""),
            origin_ip: Cow::Borrowed(""),
            previous: None,
            request: None,
            label: "",
        });
        self.rows.file.last_mut()
    }

    /// Records that a process wrote a value into the registry.
    pub(in crate::generate) fn set_registry(
        &mut self,
        process: ProcessRef,
        at: i64,
        key: impl Into<Text<'t>>,
        name: impl Into<Text<'t>>,
        data: impl Into<Text<'t>>,
    ) -> Option<&mut RegistryRow<'t>> {
        let stamp = self.stamp(at)?;
        self.rows.registry.push(RegistryRow {
            stamp,
            process,
            action: "RegistryValueSet",
            key: key.into(),
            kind: "String",
            name: name.into(),
            data: data.into(),
            previous_data: Cow::Borrowed(""),
        });
        self.rows.registry.last_mut()
    }

    /// Records that a process loaded a library.
    pub(in crate::generate) fn load_image(&mut self, process: ProcessRef, at: i64, item: Item<'t>) {
        if let Some(stamp) = self.stamp(at) {
            self.rows.image.push(ImageRow {
                stamp,
                process,
                item,
            });
        }
    }

    /// Records who signed a file.
    pub(in crate::generate) fn inspect_signature(&mut self, at: i64, file: &'t File) {
        if let Some(stamp) = self.stamp(at) {
            let (sha1, certificate) = (file.digests.sha1.as_str(), file.certificate.as_ref());
            self.rows.certificate.push(CertificateRow {
                stamp,
                sha1,
                certificate,
            });
        }
    }

    /// Records something that has no table of its own.
    pub(in crate::generate) fn note(
        &mut self,
        process: ProcessRef,
        at: i64,
        action: &'static str,
    ) -> Option<&mut EventRow<'t>> {
        let stamp = self.stamp(at)?;
        self.rows.event.push(EventRow {
            stamp,
            process,
            action,
            item: None,
            target: None,
            account: None,
            remote_url: Cow::Borrowed(""),
            remote_ip: Cow::Borrowed(""),
            remote_port: None,
            origin_url: Cow::Borrowed(""),
            registry_key: Cow::Borrowed(""),
            additional: Cow::Borrowed(""),
        });
        self.rows.event.last_mut()
    }

    /// Records that an account logged on, or a local logon of it by default.
    pub(in crate::generate) fn log_on(
        &mut self,
        process: ProcessRef,
        at: i64,
        kind: &'static str,
        account: &'t Account,
    ) -> Option<&mut LogonRow<'t>> {
        let logon_id = logon_id(account, self.device.number);
        let stamp = self.stamp(at)?;
        self.rows.logon.push(LogonRow {
            stamp,
            process,
            action: "LogonSuccess",
            kind,
            account,
            protocol: "Negotiate",
            failure: "",
            is_local_admin: Some(false),
            logon_id,
            remote_device: Cow::Borrowed(""),
            remote_ip: Cow::Borrowed(""),
            remote_port: None,
        });
        self.rows.logon.last_mut()
    }
}

fn unique_id(created: i64, id: i64) -> String {
    (created / MILLISECOND * 100_000 + id % 100_000).to_string()
}

/// The accounts of the machine have fixed sessions; the session of another account is the same on one device.
fn logon_id(account: &Account, device: u32) -> i64 {
    match account.sid.as_str() {
        "S-1-5-18" => 999,
        "S-1-5-19" => 997,
        "S-1-5-20" => 996,
        sid => sid.bytes().fold(i64::from(device) + 200_000, |sum, byte| {
            (sum * 31 + i64::from(byte)) % 90_000_000
        }),
    }
}
