//! Where an indicator can occur: which column of which hunting table holds which kind of value.
//!
//! The map is data ([`tables`]); adding a table or a column is one line there.

mod details;
mod tables;

pub(crate) use details::{DETAIL_COLUMNS, DetailColumn};
pub use tables::TABLES;

use serde::{Deserialize, Serialize};

/// The end of a connection that a column or an address indicator stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The other end: public addresses are searched here.
    Remote,
    /// The device's own end: private addresses are searched here.
    Local,
    /// Either end, or one that the table does not tell apart.
    Either,
}

impl Side {
    /// Whether a column of this side is searched for an address of `wanted` side.
    #[must_use]
    pub fn meets(self, wanted: Self) -> bool {
        self == wanted || self == Self::Either || wanted == Self::Either
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// SHA-256 of a file, hex.
    Sha256,
    /// SHA-1 of a file, hex.
    Sha1,
    /// MD5 of a file, hex.
    Md5,
    /// Thumbprint of a certificate, hex.
    Certificate,
    /// One IP address as text.
    Address(Side),
    /// A URL with or without scheme, or only a host, with or without port.
    Link,
    /// A host or domain name.
    Host,
    /// A mail address or user principal name.
    Mailbox,
    /// A device name, short or with its domain.
    DeviceName,
    /// The name of a file, without its folder.
    FileName,
}

/// How the values of a column stand in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The text is the value.
    Whole,
    /// The text is a JSON list of values, or one value.
    List,
    /// The text is a JSON list of objects, whose property of that name is the value.
    Property(&'static str),
    /// The text is a JSON object that holds the value in rows of some actions only.
    Fields(&'static [Field]),
}

/// Where the value stands in a JSON object of rows of one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The row's `ActionType`.
    pub action: &'static str,
    /// The property that is the host.
    pub host: &'static str,
    /// The property that is the path behind it, if there is one.
    pub path: Option<&'static str>,
}

/// How the rows of a table name the device they come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceIdentity {
    /// Columns `DeviceId` and `DeviceName`.
    IdAndName,
    /// Column `DeviceName` only.
    NameOnly,
    /// Not at all: mail and sign-in rows.
    None,
}

/// A searched column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchColumn {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// How.
    pub reading: Reading,
}

/// A searched table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchTable {
    /// Its name.
    pub name: &'static str,
    /// How its rows name their device.
    pub device: DeviceIdentity,
    /// The columns that name the user of a row, the best one first; the first that says something counts. None for tables without.
    pub users: &'static [&'static str],
    /// The columns that are searched.
    pub columns: &'static [SearchColumn],
}

impl SearchTable {
    /// Whether the hunting API of Defender for Endpoint reaches the table: it serves the `Device*` tables only.
    ///
    /// Source: <https://learn.microsoft.com/defender-endpoint/api/run-advanced-query-api>.
    #[must_use]
    pub fn is_endpoint_table(&self) -> bool {
        self.name.starts_with("Device")
    }
}

/// Which tables a hunting API serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableReach {
    /// All of them: Microsoft Graph, Defender XDR, a lake.
    #[default]
    All,
    /// Only `Device*`: the API of Defender for Endpoint.
    EndpointOnly,
}

impl TableReach {
    /// Whether `table` can be asked for.
    #[must_use]
    pub fn reaches(self, table: &SearchTable) -> bool {
        self == Self::All || table.is_endpoint_table()
    }
}

/// One place where an indicator can occur. Ordered and compared by its two names.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The table.
    pub table: &'static SearchTable,
    /// One of its columns.
    pub column: &'static SearchColumn,
}

impl Place {
    /// Table and column name, which tell places apart.
    #[must_use]
    pub fn key(&self) -> (&'static str, &'static str) {
        (self.table.name, self.column.name)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// Every place of the map, table by table.
pub fn places() -> impl Iterator<Item = Place> {
    TABLES.iter().flat_map(|table| {
        table
            .columns
            .iter()
            .map(move |column| Place { table, column })
    })
}

/// The place with these names.
#[must_use]
pub fn place(table: &str, column: &str) -> Option<Place> {
    places().find(|place| place.key() == (table, column))
}
