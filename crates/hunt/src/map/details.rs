//! The columns of the rows that are fetched for a hit.

/// A column of a detail row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DetailColumn {
    /// Its name, which is the same in every table.
    pub(crate) name: &'static str,
    /// Written through `tostring()`, because tables disagree on its type; a union would split it into two columns.
    pub(crate) as_text: bool,
}

const fn plain(name: &'static str) -> DetailColumn {
    DetailColumn {
        name,
        as_text: false,
    }
}

const fn text(name: &'static str) -> DetailColumn {
    DetailColumn {
        name,
        as_text: true,
    }
}

/// The columns that are fetched where a table has them, in the order of the output.
///
/// The first twelve are those of MDE Lazy Hunter's CSV, in its order.
pub(crate) const DETAIL_COLUMNS: &[DetailColumn] = &[
    plain("Timestamp"),
    plain("DeviceName"),
    plain("DeviceId"),
    plain("RemoteIP"),
    plain("RemoteUrl"),
    plain("FileName"),
    plain("FolderPath"),
    plain("FileSize"),
    plain("SHA256"),
    plain("SHA1"),
    plain("FileType"),
    plain("LocalIP"),
    plain("MD5"),
    plain("ActionType"),
    plain("RemotePort"),
    plain("LocalPort"),
    plain("Protocol"),
    plain("ProcessCommandLine"),
    plain("InitiatingProcessFileName"),
    plain("InitiatingProcessCommandLine"),
    plain("AccountName"),
    plain("AccountUpn"),
    plain("InitiatingProcessAccountName"),
    plain("IPAddress"),
    plain("Url"),
    text("NetworkMessageId"),
    plain("SenderFromAddress"),
    plain("SenderMailFromAddress"),
    plain("RecipientEmailAddress"),
    plain("Subject"),
    plain("DeliveryAction"),
    plain("AlertId"),
    plain("Title"),
    plain("Signer"),
    text("ReportId"),
];
