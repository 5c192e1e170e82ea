//! Fields between delimiters.
//!
//! A record may have more or fewer fields than there are columns, as ingestion allows where no validation policy says otherwise. Empty
//! lines are no records. Source: RFC 4180; learn.microsoft.com/kusto/ingestion-supported-formats.

use csv::{ReaderBuilder, StringRecord};

use super::error::ExternalDataError;

/// The delimiter of the one format whose quoting is documented.
const COMMA: u8 = b',';

/// Hands out each record with its number, counted from 0.
pub(super) fn records(
    text: &str,
    delimiter: u8,
    mut handle: impl FnMut(usize, &StringRecord) -> Result<(), ExternalDataError>,
) -> Result<(), ExternalDataError> {
    check_quotes(text, delimiter)?;
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .quoting(delimiter == COMMA)
        .from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let mut index = 0;
    while read(&mut reader, &mut record, index)? {
        handle(index, &record)?;
        index += 1;
    }
    Ok(())
}

fn read(
    reader: &mut csv::Reader<&[u8]>,
    record: &mut StringRecord,
    index: usize,
) -> Result<bool, ExternalDataError> {
    reader
        .read_record(record)
        .map_err(|error| malformed(index, &error.to_string()))
}

fn malformed(index: usize, message: &str) -> ExternalDataError {
    ExternalDataError::Malformed {
        record: index + 1,
        message: message.to_owned(),
    }
}

/// Where a scan for quotes stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    FieldStart,
    Unquoted,
    Quoted,
    /// Behind a quote inside a quoted field: the end of it, or the first of two.
    Quote,
}

/// Refuses quotes whose meaning is not documented: a quoted field that does not end, or goes on behind its quote, and any quoted
/// field in a format other than `csv`.
fn check_quotes(text: &str, delimiter: u8) -> Result<(), ExternalDataError> {
    let (mut at, mut record) = (At::FieldStart, 0);
    for &byte in text.as_bytes() {
        let ends_field = byte == delimiter || matches!(byte, b'\n' | b'\r');
        let ends_record = byte == b'\n' && at != At::Quoted;
        at = match (at, byte) {
            (At::FieldStart, b'"') if delimiter == COMMA => At::Quoted,
            (At::FieldStart, b'"') => {
                return Err(malformed(
                    record,
                    "a field in quotes, which only csv is known to have",
                ));
            }
            (At::Quoted, b'"') => At::Quote,
            (At::Quote, b'"') => At::Quoted,
            (At::Quoted, _) => At::Quoted,
            (At::Quote, _) if !ends_field => {
                return Err(malformed(
                    record,
                    "a field goes on behind its closing quote",
                ));
            }
            _ if ends_field => At::FieldStart,
            _ => At::Unquoted,
        };
        record += usize::from(ends_record);
    }
    match at {
        At::Quoted => Err(malformed(record, "a field in quotes does not end")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str, delimiter: u8) -> Result<Vec<Vec<String>>, String> {
        let mut rows = Vec::new();
        records(text, delimiter, |_, record| {
            rows.push(record.iter().map(str::to_owned).collect());
            Ok(())
        })
        .map_err(|error| error.to_string())?;
        Ok(rows)
    }

    #[test]
    fn fields_are_told_apart() {
        let cases: [(&str, u8, &[&[&str]]); 6] = [
            ("a,b\r\nc\n\n", b',', &[&["a", "b"], &["c"]]),
            ("\"a,\"\"b\nc\",\" d\"\n", b',', &[&["a,\"b\nc", " d"]]),
            ("5\" disk,x", b',', &[&["5\" disk", "x"]]),
            (" a ,,b", b',', &[&[" a ", "", "b"]]),
            ("a,b\tc", b'\t', &[&["a,b", "c"]]),
            ("", b'|', &[]),
        ];
        for (text, delimiter, expected) in cases {
            assert_eq!(read_all(text, delimiter).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn quotes_of_unknown_meaning_are_refused() {
        let cases = [
            ("a\n\"b", b',', "record 2: a field in quotes does not end"),
            (
                "\"a\"b,c",
                b',',
                "record 1: a field goes on behind its closing quote",
            ),
            ("\"a\"\tb", b'\t', "only csv"),
        ];
        for (text, delimiter, expected) in cases {
            let error = read_all(text, delimiter).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
