//! The offices of the tenant.

use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::calendar::{self, Day, HOUR, SECOND};

/// An office.
#[derive(Debug)]
pub(super) struct Site {
    /// Three letters that begin the names of its devices.
    pub(super) code: &'static str,
    pub(super) city: &'static str,
    /// ISO 3166 code.
    pub(super) country: &'static str,
    /// IANA name of its time zone.
    pub(super) zone: &'static str,
    /// Days off, Monday is 0.
    pub(super) weekend: [i64; 2],
    /// Second octet of its private network `10.x.0.0/16`.
    pub(super) network: u8,
    /// Its address on the Internet, of the benchmark range, which belongs to nobody.
    pub(super) public_ip: &'static str,
    /// Of 100 devices, how many stand here.
    pub(super) share: u32,
}

/// The offices; the first holds the data centre.
pub(super) const SITES: [Site; 4] = [
    Site {
        code: "zrh",
        city: "Zurich",
        country: "CH",
        zone: "Europe/Zurich",
        weekend: [5, 6],
        network: 1,
        public_ip: "198.18.255.1",
        share: 40,
    },
    Site {
        code: "cai",
        city: "Cairo",
        country: "EG",
        zone: "Africa/Cairo",
        weekend: [4, 5],
        network: 2,
        public_ip: "198.18.255.2",
        share: 25,
    },
    Site {
        code: "chi",
        city: "Chicago",
        country: "US",
        zone: "America/Chicago",
        weekend: [5, 6],
        network: 3,
        public_ip: "198.18.255.3",
        share: 20,
    },
    Site {
        code: "sin",
        city: "Singapore",
        country: "SG",
        zone: "Asia/Singapore",
        weekend: [5, 6],
        network: 4,
        public_ip: "198.18.255.4",
        share: 15,
    },
];

/// The time zones of [`SITES`], from the data in the program: a machine's own zone files could differ from the next machine's.
#[derive(Debug)]
pub(super) struct Zones([TimeZone; SITES.len()]);

impl Zones {
    pub(super) fn bundled() -> Self {
        let database = TimeZoneDatabase::bundled();
        Self(
            SITES
                .each_ref()
                .map(|site| database.get(site.zone).unwrap_or(TimeZone::UTC)),
        )
    }

    /// The tick of midnight, local time, at the start of `day` in office number `site`.
    pub(super) fn midnight(&self, site: usize, day: Day) -> i64 {
        let noon = calendar::timestamp(day.start() + 12 * HOUR);
        day.start() - i64::from(self.0[site].to_offset(noon).seconds()) * SECOND
    }
}

/// The address of the name server and domain controller of an office.
pub(super) fn name_server(site: &Site) -> String {
    format!("10.{}.0.10", site.network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_known_and_summer_time_is_kept() {
        let zones = Zones::bundled();
        for (number, site) in SITES.iter().enumerate() {
            assert!(
                TimeZoneDatabase::bundled().get(site.zone).is_ok(),
                "{}",
                site.zone
            );
            let day = Day(20_000);
            assert_ne!(zones.midnight(number, day), day.start(), "{}", site.zone);
        }
        let (winter, summer) = (Day(20_470), Day(20_640));
        assert_eq!(winter.start() - zones.midnight(0, winter), HOUR);
        assert_eq!(summer.start() - zones.midnight(0, summer), 2 * HOUR);
    }

    #[test]
    fn shares_add_up() {
        assert_eq!(SITES.iter().map(|site| site.share).sum::<u32>(), 100);
    }
}
