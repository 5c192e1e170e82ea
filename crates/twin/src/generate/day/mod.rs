//! One device on one day.
//!
//! A day is drawn from streams of its own, so days can be made in any order and on any thread. What lasts longer than a day (a server's
//! system processes, for instance) is drawn from the stream of the day on which it began.

mod background;
mod browsing;
mod cloud;
mod linux;
mod logon;
mod mac;
mod mail;
mod network;
mod office;
mod record;
mod routine;
mod sensor;
mod server;
mod snapshot;
mod toolbox;
mod windows;
mod workday;
mod workstation;

pub(super) use mail::Message;
pub(super) use network::Connection;
pub(super) use windows::WindowsTree;

use super::calendar::Day;
use super::device::{Device, Role};
use super::random::{Stream, Topic};
use super::rows::Rows;
use super::story;
use super::tenant::Tenant;
use workday::Workday;

/// The record of one device's day, while it is written.
#[derive(Debug)]
pub(super) struct DeviceDay<'r, 't> {
    pub(super) tenant: &'t Tenant,
    pub(super) device: &'t Device,
    pub(super) day: Day,
    pub(super) rows: &'r mut Rows<'t>,
    /// The address that the device has on this day.
    pub(super) local_ip: &'t str,
    last_report: i64,
    last_process: i64,
}

impl<'r, 't> DeviceDay<'r, 't> {
    pub(super) fn new(
        tenant: &'t Tenant,
        device: &'t Device,
        day: Day,
        rows: &'r mut Rows<'t>,
    ) -> Self {
        let mut stream = tenant.stream(device, day, Topic::Order);
        let first_process = 2_000 + stream.between(0, 1_500) * 4;
        Self {
            tenant,
            device,
            day,
            rows,
            local_ip: &device.ip,
            last_report: 0,
            last_process: first_process,
        }
    }

    /// Writes everything that happens on the device on this day.
    pub(super) fn write(mut self) {
        let workday = Workday::of(&self);
        if let Some(Workday { at_home: true, .. }) = workday {
            self.local_ip = &self.device.home_ip;
        }
        snapshot::write(&mut self, workday.as_ref());
        match self.device.role {
            Role::Workstation => workstation::write(&mut self, workday.as_ref()),
            Role::Mac => mac::write(&mut self, workday.as_ref()),
            Role::LinuxServer => linux::write(&mut self),
            _ => server::write(&mut self),
        }
        mail::write(&mut self, workday.as_ref());
        cloud::write(&mut self, workday.as_ref());
        story::write(&mut self);
    }

    /// The stream of a topic for this device and day.
    pub(super) fn stream(&self, topic: Topic) -> Stream {
        self.tenant.stream(self.device, self.day, topic)
    }

    /// The tick of a time of day at the device's office.
    pub(super) fn local(&self, hour: i64, minute: i64) -> i64 {
        let midnight = self
            .tenant
            .zones
            .midnight(self.device.site_number, self.day);
        midnight + hour * super::calendar::HOUR + minute * super::calendar::MINUTE
    }
}
