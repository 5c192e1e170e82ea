//! Lines of any encoding, one in memory at a time.

use std::borrow::Cow;
use std::io::{BufRead, BufReader};

use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;
use tesem_observable::{TextEncoding, decode};

use crate::Problem;
use crate::fetch::Input;

/// Longest line that is looked at, in bytes. The rest of a longer one is skipped.
pub(crate) const LINE_BYTES_MAX: usize = 1 << 20;

/// The text's bytes as UTF-8, or as lines that [`text`] decodes one by one.
///
/// A named encoding is taken at its word. Otherwise the beginning decides between UTF-16 and a superset of ASCII.
pub(crate) fn decoded(
    input: Input,
    encoding: Option<&str>,
    what: &str,
) -> Result<Box<dyn BufRead + Send>, Problem> {
    let named = encoding.map(|label| {
        Encoding::for_label(label.as_bytes()).ok_or_else(|| {
            Problem::setting(
                "encoding",
                format!("`{label}` is no encoding of the WHATWG standard"),
            )
        })
    });
    let guessed = || match complete(&input.sample).map(|decoded| decoded.encoding) {
        Ok(TextEncoding::Utf16LittleEndian) => Ok(Some(encoding_rs::UTF_16LE)),
        Ok(TextEncoding::Utf16BigEndian) => Ok(Some(encoding_rs::UTF_16BE)),
        Ok(_) => Ok(None),
        Err(error) => Err(Problem::NotTheData {
            what: what.into(),
            wanted: "text",
            why: error.to_string().into(),
        }),
    };
    let encoding = named
        .transpose()?
        .map_or_else(guessed, |encoding| Ok(Some(encoding)))?;
    Ok(match encoding {
        None => input.reader,
        Some(encoding) => {
            let transcoded = DecodeReaderBytesBuilder::new()
                .encoding(Some(encoding))
                .bom_override(true)
                .build(input.reader);
            Box::new(BufReader::with_capacity(64 << 10, transcoded))
        }
    })
}

fn complete(sample: &[u8]) -> Result<tesem_observable::Decoded<'_>, tesem_observable::DecodeError> {
    decode(sample)
}

/// A line's text: UTF-8, else Windows-1252.
pub(crate) fn text(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(line)
                .0
        }
    }
}

/// What [`next`] read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A line is in the buffer, without its end.
    Whole,
    /// The beginning of a line that is too long is in the buffer.
    TooLong,
    /// There are no more.
    End,
}

/// Reads the next line into `line`.
pub(crate) fn next(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<Line> {
    line.clear();
    let mut is_cut = false;
    let mut has_any = false;
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        has_any = true;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        let room = LINE_BYTES_MAX - line.len();
        is_cut |= taken.len() > room;
        line.extend_from_slice(taken.get(..taken.len().min(room)).unwrap_or_default());
        let used = taken.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    Ok(match (has_any, is_cut) {
        (false, _) => Line::End,
        (true, false) => Line::Whole,
        (true, true) => Line::TooLong,
    })
}
