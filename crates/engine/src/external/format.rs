//! The formats of external data.

/// How a file holds its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Fields between delimiters; RFC 4180 for `csv`.
    Delimited(u8),
    /// One record for each line that is not empty.
    Text,
    /// One record: the whole file.
    Raw,
    /// A JSON object on each line.
    JsonLines,
    /// JSON objects one after the other, or an array of them.
    MultiJson,
    /// One JSON object.
    SingleJson,
    /// Parquet.
    Parquet,
}

/// Formats that Kusto has and this engine has not.
const ABSENT: &[&str] = &[
    "apacheavro",
    "avro",
    "orc",
    "tsve",
    "w3clogfile",
    "azmonstream",
    "sstream",
];

impl Format {
    /// The format of a name, as `with (format = …)` gives it; an error says that the name is known, but not supported.
    pub(crate) fn of_name(name: &str) -> Option<Result<Self, String>> {
        let name = name.to_ascii_lowercase();
        Some(Ok(match name.as_str() {
            "csv" => Self::Delimited(b','),
            "tsv" => Self::Delimited(b'\t'),
            "psv" => Self::Delimited(b'|'),
            "scsv" => Self::Delimited(b';'),
            "sohsv" => Self::Delimited(1),
            "txt" => Self::Text,
            "raw" => Self::Raw,
            "json" | "jsonl" => Self::JsonLines,
            "multijson" => Self::MultiJson,
            "singlejson" => Self::SingleJson,
            "parquet" => Self::Parquet,
            other if ABSENT.contains(&other) => return Some(Err(name)),
            _ => return None,
        }))
    }

    /// The format of a file that the query does not name one for: by its extension, or else `csv`.
    pub(crate) fn of_extension(extension: &str) -> Result<Self, String> {
        Self::of_name(extension).unwrap_or(Ok(Self::Delimited(b',')))
    }

    /// Whether records hold JSON.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::JsonLines | Self::MultiJson | Self::SingleJson)
    }

    /// Whether a record is a line or a row of fields, so that the first one may hold the names of the columns.
    pub(crate) fn has_header(self) -> bool {
        matches!(self, Self::Delimited(_) | Self::Text)
    }
}
