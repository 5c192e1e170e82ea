//! `report.html`: the report of a hunt in one or several tenants.
//!
//! Sections, in order: summary, timeline, indicators that were seen, devices, coverage, queries, how to read it. Each is one file here
//! and one template; it is written before the next one is made. All of them are readable without JavaScript.
//!
//! Nothing grows without bound: [`Limits`] says how much a report shows, and each section says what it left out and which file has
//! all of it. The bytes depend on nothing but the arguments.

mod coverage;
mod devices;
mod events;
mod frame;
mod indicators;
mod queries;
mod searched;
mod summary;
mod text;
mod timeline;

use std::io::{self, Write};

use jiff::tz::TimeZone;
use tesem_hunt::{FolderError, HuntReport, Plan, RunFolder};

use searched::Searches;

/// A tenant that was searched.
#[derive(Debug, Clone, Copy)]
pub struct Searched<'a> {
    /// What the tenant is called in the configuration.
    pub tenant: &'a str,
    /// The run's folder, which holds the events.
    pub folder: &'a RunFolder,
    /// What was searched for.
    pub plan: &'a Plan,
    /// What came of it.
    pub report: &'a HuntReport,
    /// The base of the tenant's Defender portal, such as `https://security.microsoft.com`: devices link to their page there. No links
    /// without it.
    ///
    /// Source of the path: <https://learn.microsoft.com/defender-endpoint/investigate-machines>.
    pub portal: Option<&'a str>,
}

/// How much of each kind a report shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Indicators that were seen, those seen last.
    pub indicators: usize,
    /// Sightings of one indicator, those with the most events.
    pub sightings_per_indicator: usize,
    /// Events of one indicator, the newest.
    pub events_per_indicator: usize,
    /// Events of all indicators; those of the indicators seen last come first.
    pub events: usize,
    /// Devices, those seen last.
    pub devices: usize,
    /// Rows of the coverage table for each verdict.
    pub coverage_per_verdict: usize,
    /// Queries: those that were not simply answered, then the first ones.
    pub queries: usize,
}

impl Default for Limits {
    /// A few thousand rows per table.
    fn default() -> Self {
        Self {
            indicators: 1_000,
            sightings_per_indicator: 20,
            events_per_indicator: 20,
            events: 5_000,
            devices: 1_000,
            coverage_per_verdict: 5_000,
            queries: 1_000,
        }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// An answer in a run's folder cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A portal address that is none.
    #[error(
        "`{given}` is no address of a Defender portal; give one such as https://security.microsoft.com"
    )]
    Portal {
        /// What was given.
        given: String,
    },
    /// The report could not be written.
    #[error("the report could not be written")]
    Write(#[from] io::Error),
}

/// Writes the report of a hunt in `searched` as one HTML file, local times in `time_zone`, with the default [`Limits`].
///
/// # Errors
/// [`ReportError`]; what was written before is then no whole report.
pub fn write(
    out: &mut dyn Write,
    searched: &[Searched<'_>],
    time_zone: &TimeZone,
) -> Result<(), ReportError> {
    write_within(out, searched, time_zone, Limits::default())
}

/// [`write()`] with limits of one's own.
///
/// # Errors
/// As [`write()`].
pub fn write_within(
    out: &mut dyn Write,
    searched: &[Searched<'_>],
    time_zone: &TimeZone,
    limits: Limits,
) -> Result<(), ReportError> {
    let all = Searches::new(searched, time_zone, limits)?;
    let seen = indicators::Seen::of(&all);
    let events = events::read(&all, &seen)?;
    frame::write_head(out, &all)?;
    summary::write(out, &all)?;
    timeline::write(out, &all, &events.timeline)?;
    indicators::write(out, &all, &seen, &events.newest)?;
    devices::write(out, &all)?;
    coverage::write(out, &all)?;
    queries::write(out, &all)?;
    frame::write_end(out, &all)?;
    Ok(())
}
