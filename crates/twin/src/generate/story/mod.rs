//! Planted intrusions.
//!
//! Five stories, each told by several tables on a few devices, dated back from the end of the data. Their indicators are the same for
//! every seed. All addresses are documentation addresses (RFC 5737, RFC 3849), all names lie under `example.com`, `example.net` and
//! `example.org` (RFC 2606).

mod cast;
mod indicator;
mod installer;
mod miner;
pub(super) mod near_misses;
mod payload;
mod phishing;
mod supply_chain;
mod usb_worm;

use std::borrow::Cow;

pub(super) use cast::Cast;
pub(super) use indicator::planted;
pub use indicator::{Planted, PlantedKind, Story};

use super::day::DeviceDay;
use super::rows::{AlertRow, Evidence, EvidenceRow};

/// Writes what the stories leave on this device and day.
pub(super) fn write(day: &mut DeviceDay<'_, '_>) {
    let days_back = day.tenant.window.last_day().0 - day.day.0;
    let cast = &day.tenant.cast;
    for story in Story::ALL {
        let part = cast
            .of(story)
            .iter()
            .position(|number| *number == day.device.number);
        let Some(part) = part else { continue };
        match story {
            Story::InvoiceMacro => phishing::write(day, part, days_back),
            Story::TrojanisedInstaller => installer::write(day, part, days_back),
            Story::SupplyChain => supply_chain::write(day, part, days_back),
            Story::UsbWorm => usb_worm::write(day, part, days_back),
            Story::Cryptominer => miner::write(day, part, days_back),
        }
    }
    near_misses::write(day, days_back);
}

impl<'t> DeviceDay<'_, 't> {
    /// Raises the alert of a story, with what it points at besides the device.
    fn raise(&mut self, story: Story, at: i64, evidence: Vec<Evidence<'t>>) {
        let alert = self.tenant.cast.alert(story);
        let Some(stamp) = self.stamp(at) else { return };
        self.rows.alert.push(AlertRow { stamp, alert });
        for evidence in std::iter::once(Evidence::Machine).chain(evidence) {
            self.rows.evidence.push(EvidenceRow {
                stamp,
                alert,
                evidence,
            });
        }
    }
}

/// A random-looking but fixed label for the subdomains that a story's malware asks for.
fn beacon_label(device: u32, beat: i64) -> Cow<'static, str> {
    let mixed = (u64::from(device) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ beat.cast_unsigned().wrapping_mul(0xd6e8_feb8_6659_fd93);
    Cow::Owned(format!("{:010x}", mixed >> 24))
}
