//! An invented tenant: telemetry shaped like that of real endpoints, with planted intrusions.
//!
//! [`generate`] fills a database for the engine. The same [`GenerateOptions`] give the same bytes on every machine: each device's day is
//! drawn from random streams keyed with the seed, the device, the day and the topic, and nothing reads a clock. Days that two tenants of
//! the same seed share are the same in both, apart from the planted intrusions, which are dated back from the end of the data.
//!
//! Rows come in the order day (UTC), device, time; so the rows of one device are in the order of time within a day. Some people work
//! from home, patch days restart servers, programs get new versions in the course of the month.
//!
//! All names and addresses are fictitious or reserved: companies that Microsoft's documentation uses, `example.com` and its sisters
//! (RFC 2606), the documentation and benchmark networks (RFC 5737, RFC 3849, RFC 2544); only the web's best-known sites have their own
//! names, as harmless destinations.

mod batch;
mod calendar;
mod catalogue;
mod certificate;
mod day;
mod device;
mod digest;
mod entities;
mod export;
mod harvest;
mod mixed;
mod person;
mod process;
mod random;
mod rows;
mod site;
mod store;
mod story;
mod table;
mod tenant;
#[cfg(test)]
mod tests;
mod tool;
mod weakness;
mod web;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jiff::Timestamp;
use tesem_engine::Database;

use crate::data::Entities;

pub use mixed::{MixedIndicator, mixed_indicators};
pub use story::{Planted, PlantedKind, Story};

pub use export::{WriteObserver, WriteProgress};

pub(crate) use export::write_tables;

use calendar::Day;
use day::DeviceDay;
use rows::Rows;
use tenant::Tenant;

/// Most devices; more would not get addresses of their own in the private networks of the offices.
pub const DEVICES_MAX: u32 = 50_000;
/// Most days.
pub const DAYS_MAX: u32 = 3_660;
/// Most routine events of a workstation and day.
pub const ACTIVITY_MAX: u32 = 10_000;
/// Routine events of a workstation and day as endpoints in use report them: hundreds to thousands, most of them connections, files and
/// processes.
pub const ACTIVITY_REAL: u32 = 1_000;
/// Most devices whose day is made and stored at once. It bounds memory and gives batches of some thousand rows.
const DEVICES_AT_ONCE: usize = 150;
/// Routine events of a piece, about: with many of them a piece has fewer devices.
const ROUTINE_AT_ONCE: usize = 15_000;
/// Most threads that make rows; they add nothing beyond that.
const THREADS_MAX: usize = 8;

/// What tenant to invent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GenerateOptions {
    /// Chooses among all possible tenants. The planted indicators are the same for all seeds.
    pub seed: u64,
    /// How many devices there are, at most [`DEVICES_MAX`].
    pub devices: u32,
    /// How many days the data cover, from 1 to [`DAYS_MAX`].
    pub days: u32,
    /// The end of the data: the tenant's present.
    pub until: Timestamp,
    /// Routine events that a workstation reports on a day of work, at most [`ACTIVITY_MAX`], on top of the demonstration's own, which
    /// are about 70. Servers report more, devices whose owner is off hardly any. Without them (0) a tenant is quick to make and to
    /// search; [`ACTIVITY_REAL`] resembles endpoints in use.
    pub activity: u32,
}

impl GenerateOptions {
    /// The tenant of the demonstration: 300 devices and 30 days before `until`.
    #[must_use]
    pub fn demo(until: Timestamp) -> Self {
        Self {
            seed: 1,
            devices: 300,
            days: 30,
            until,
            activity: 0,
        }
    }
}

/// A generated tenant.
#[derive(Debug)]
pub struct Generated {
    /// All tables of the Defender schema, filled where the generator knows the table.
    pub tables: Database,
    /// What can be found.
    pub planted: Vec<Planted>,
    /// What the API shows beside tables.
    pub(crate) entities: Entities,
}

/// Why a tenant cannot be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Too many devices.
    #[error("a generated tenant has at most {DEVICES_MAX} devices, not {0}")]
    TooManyDevices(u32),
    /// No days, or too many.
    #[error("a generated tenant covers 1 to {DAYS_MAX} days, not {0}")]
    DaysOutOfRange(u32),
    /// Too many routine events.
    #[error("a device reports at most {ACTIVITY_MAX} routine events a day, not {0}")]
    TooActive(u32),
    /// The observer asked to stop.
    #[error("stopped before the tenant was complete")]
    Stopped,
    /// The list of indicators cannot be made.
    #[error(
        "a list of {count} indicators cannot hold {wanted} planted ones: {available} are planted"
    )]
    TooFewPlanted {
        /// Length of the list.
        count: usize,
        /// Planted indicators it should hold.
        wanted: usize,
        /// Planted indicators there are.
        available: usize,
    },
    /// The generator fills a column that the schema does not have in this type; a fault of this program.
    #[error("the schema of `{table}` has no column `{column}` for the generated values")]
    Schema {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The rows cannot be stored.
    #[error("the rows of `{table}` cannot be stored: {message}")]
    Store {
        /// The table.
        table: &'static str,
        /// What the engine says.
        message: String,
    },
}

/// Generates a tenant.
///
/// Takes about a second for the demonstration's size on two cores. Uses up to eight threads; their
/// number changes nothing in the result.
///
/// # Errors
/// When the options are out of range.
pub fn generate(options: &GenerateOptions) -> Result<Generated, GenerateError> {
    check(options)?;
    let tenant = Tenant::new(options);
    let (tables, harvest) = store::fill(&tenant)?;
    Ok(Generated {
        tables,
        planted: story::planted(&tenant),
        entities: entities::entities(&tenant, &harvest, &tenant_of(options).tenant_id),
    })
}

/// What can be found in the tenant that [`generate`] makes of the same options.
///
/// # Errors
/// When the options are out of range.
pub fn planted(options: &GenerateOptions) -> Result<Vec<Planted>, GenerateError> {
    check(options)?;
    Ok(story::planted(&Tenant::new(options)))
}

/// The directory tenant around the generated data: ids, secret and apps, which depend on the seed alone.
pub(crate) fn tenant_of(options: &GenerateOptions) -> crate::tenant::Tenant {
    crate::tenant::Tenant::derived(&format!("seed {}", options.seed))
}

fn check(options: &GenerateOptions) -> Result<(), GenerateError> {
    if options.devices > DEVICES_MAX {
        return Err(GenerateError::TooManyDevices(options.devices));
    }
    if !(1..=DAYS_MAX).contains(&options.days) {
        return Err(GenerateError::DaysOutOfRange(options.days));
    }
    if options.activity > ACTIVITY_MAX {
        return Err(GenerateError::TooActive(options.activity));
    }
    Ok(())
}

/// A piece of the data: one day of some devices that follow each other.
#[derive(Debug, Clone, Copy)]
struct Piece {
    day: Day,
    first_device: usize,
    devices: usize,
}

impl Piece {
    /// How many devices it really has: the last piece of a day has fewer.
    fn devices_of(self, tenant: &Tenant) -> usize {
        self.devices.min(tenant.devices.len() - self.first_device)
    }
}

/// All pieces, in the order of the rows.
fn pieces(tenant: &Tenant) -> Vec<Piece> {
    let of_day = |day| pieces_of_day(tenant, day);
    tenant.window.days().flat_map(of_day).collect()
}

/// The pieces of a day, in the order of the rows.
fn pieces_of_day(tenant: &Tenant, day: Day) -> impl Iterator<Item = Piece> {
    let routine = ROUTINE_AT_ONCE / (tenant.activity as usize).max(1);
    let devices = routine.clamp(1, DEVICES_AT_ONCE);
    let firsts = (0..tenant.devices.len()).step_by(devices);
    firsts.map(move |first_device| Piece {
        day,
        first_device,
        devices,
    })
}

/// The rows of a piece, sorted by device and time.
fn rows_of(tenant: &Tenant, piece: Piece) -> Rows<'_> {
    let mut rows = Rows::default();
    let devices = tenant.devices[piece.first_device..]
        .iter()
        .take(piece.devices);
    for device in devices {
        DeviceDay::new(tenant, device, piece.day, &mut rows).write();
    }
    rows.sort();
    rows
}

/// What `make` makes of every piece, in the order of the pieces, on several threads.
fn of_pieces<T: Send>(
    pieces: &[Piece],
    make: impl Fn(Piece) -> Result<T, GenerateError> + Sync,
) -> Result<Vec<T>, GenerateError> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, T)>, GenerateError> {
        let mut made = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(place) else {
                return Ok(made);
            };
            made.push((place, make(*piece)?));
        }
    };
    let threads = threads().min(pieces.len());
    let made = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let results = workers.into_iter().map(|worker| match worker.join() {
            Ok(made) => made,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        results.collect::<Result<Vec<_>, _>>()
    })?;
    let mut made: Vec<(usize, T)> = made.into_iter().flatten().collect();
    made.sort_by_key(|(place, _)| *place);
    Ok(made.into_iter().map(|(_, made)| made).collect())
}

fn threads() -> usize {
    let available = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    available.min(THREADS_MAX)
}
