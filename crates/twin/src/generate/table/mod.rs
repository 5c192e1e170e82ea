//! Rows laid out in columns, table by table.
//!
//! A table names only the columns that can hold something; the schema knows the others, which stay empty.

mod alert;
mod device;
mod event;
mod file;
mod image;
mod initiating;
mod logon;
mod mail;
mod network;
mod process;
mod registry;
mod sign_in;
mod weakness;

use super::rows::{Dated, Rows};

/// The cells of a column, one for each row.
#[derive(Debug)]
pub(super) enum Cells<'a> {
    Text(Vec<&'a str>),
    /// JSON documents.
    Dynamic(Vec<&'a str>),
    Long(Vec<Option<i64>>),
    Int(Vec<Option<i32>>),
    Real(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    /// Ticks of 100 ns since 0001-01-01.
    Moment(Vec<Option<i64>>),
}

/// The columns of one table.
#[derive(Debug)]
pub(super) struct Table<'a> {
    pub(super) name: &'static str,
    pub(super) rows: usize,
    pub(super) columns: Vec<(&'static str, Cells<'a>)>,
}

impl<'a> Table<'a> {
    fn new(name: &'static str, rows: usize) -> Self {
        Self {
            name,
            rows,
            columns: Vec::with_capacity(64),
        }
    }

    /// A table of a device's events, with the columns that all of them have.
    fn of_device<'t: 'a, T: Dated<'t>>(name: &'static str, rows: &'a [T]) -> Self {
        let mut table = Self::dated(name, rows);
        table.text(
            "DeviceId",
            rows.iter().map(|row| row.stamp().device.id.as_str()),
        );
        table.text(
            "DeviceName",
            rows.iter().map(|row| row.stamp().device.name.as_str()),
        );
        table.long("ReportId", rows.iter().map(|row| Some(row.stamp().report)));
        table
    }

    /// A table of events that tell when they happened.
    fn dated<'t: 'a, T: Dated<'t>>(name: &'static str, rows: &'a [T]) -> Self {
        let mut table = Self::new(name, rows.len());
        table.moment("Timestamp", rows.iter().map(|row| Some(row.stamp().time)));
        table
    }

    /// The cells of a column, if the table names it.
    pub(super) fn column(&self, name: &str) -> Option<&Cells<'a>> {
        self.columns
            .iter()
            .find(|(column, _)| *column == name)
            .map(|(_, cells)| cells)
    }

    fn text(&mut self, column: &'static str, cells: impl Iterator<Item = &'a str>) {
        self.columns.push((column, Cells::Text(cells.collect())));
    }

    fn dynamic(&mut self, column: &'static str, cells: impl Iterator<Item = &'a str>) {
        self.columns.push((column, Cells::Dynamic(cells.collect())));
    }

    fn long(&mut self, column: &'static str, cells: impl Iterator<Item = Option<i64>>) {
        self.columns.push((column, Cells::Long(cells.collect())));
    }

    fn int(&mut self, column: &'static str, cells: impl Iterator<Item = Option<i32>>) {
        self.columns.push((column, Cells::Int(cells.collect())));
    }

    fn real(&mut self, column: &'static str, cells: impl Iterator<Item = Option<f64>>) {
        self.columns.push((column, Cells::Real(cells.collect())));
    }

    fn bool(&mut self, column: &'static str, cells: impl Iterator<Item = Option<bool>>) {
        self.columns.push((column, Cells::Bool(cells.collect())));
    }

    fn moment(&mut self, column: &'static str, cells: impl Iterator<Item = Option<i64>>) {
        self.columns.push((column, Cells::Moment(cells.collect())));
    }
}

/// Every table of some rows, in a fixed order; empty ones too.
pub(super) fn tables<'a>(rows: &'a Rows<'_>) -> [Table<'a>; 23] {
    [
        alert::info(rows),
        alert::evidence(rows),
        sign_in::cloud(rows),
        event::table(rows),
        file::certificates(rows),
        file::table(rows),
        image::table(rows),
        device::info(rows),
        logon::table(rows),
        network::table(rows),
        device::adapters(rows),
        process::table(rows),
        registry::table(rows),
        device::software(rows),
        weakness::weaknesses(rows),
        weakness::knowledge(rows),
        weakness::assessments(rows),
        weakness::settings(rows),
        mail::attachments(rows),
        mail::table(rows),
        mail::urls(rows),
        sign_in::table(rows),
        mail::clicks(rows),
    ]
}

/// Which kind of address an IP is, as `RemoteIPType` and `LocalIPType` say it.
fn ip_type(ip: &str) -> &'static str {
    const PRIVATE: [&str; 4] = ["10.", "192.168.", "fd", "fe80:"];
    match ip {
        "" => "",
        mapped if mapped.starts_with("::ffff:") => "FourToSixMapping",
        "::1" | "127.0.0.1" => "Loopback",
        private if PRIVATE.iter().any(|prefix| private.starts_with(prefix)) => "Private",
        _ => "Public",
    }
}
