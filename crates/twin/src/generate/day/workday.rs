//! When a person works.

use super::DeviceDay;
use crate::generate::calendar::MINUTE;
use crate::generate::person::Person;
use crate::generate::random::{Stream, Topic};

/// Minutes after local midnight by which the people of the stories work: the stories begin after eight.
pub(super) const STORY_BEGINS: i64 = 7 * 60 + 40;

/// A person's work on one day. Ticks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Workday<'t> {
    pub(super) person: &'t Person,
    pub(super) begins: i64,
    pub(super) ends: i64,
    pub(super) at_home: bool,
}

impl<'t> Workday<'t> {
    /// The work of the device's owner; none on days off, on holidays and for devices without an owner.
    pub(super) fn of(day: &DeviceDay<'_, 't>) -> Option<Self> {
        let person = day.tenant.owner(day.device)?;
        let mut stream = day.stream(Topic::Session);
        let is_weekend = day.device.site().weekend.contains(&day.day.weekday());
        let works = if is_weekend {
            stream.chance(30)
        } else {
            stream.chance(920)
        };
        if !works {
            return None;
        }
        let minutes = |minutes: i64| day.local(0, minutes);
        let begins = person.begins + stream.between(-20, 21);
        let latest = match day.tenant.cast.is_in_story(day.device.number) {
            true => STORY_BEGINS,
            false => begins,
        };
        Some(Self {
            person,
            begins: minutes(begins.min(latest)),
            ends: minutes(person.ends + stream.between(-30, 31)),
            at_home: stream.chance(200),
        })
    }

    /// When the machine is switched on.
    pub(super) fn booted(&self) -> i64 {
        self.begins - 3 * MINUTE
    }

    /// A moment of work; there are fewer around noon.
    pub(super) fn moment(&self, stream: &mut Stream) -> i64 {
        let noon = self.begins + (self.ends - self.begins) * 45 / 100;
        let drawn = stream.between(self.begins + 5 * MINUTE, self.ends);
        let is_lunch = (noon..noon + 45 * MINUTE).contains(&drawn);
        if is_lunch {
            stream.between(self.begins + 5 * MINUTE, self.ends)
        } else {
            drawn
        }
    }
}
