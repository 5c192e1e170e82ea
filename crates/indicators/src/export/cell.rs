//! Cells that no spreadsheet runs.

use std::borrow::Cow;
use std::io;

/// First characters that make a spreadsheet take a cell for a formula, or that hide one.
///
/// Source: <https://owasp.org/www-community/attacks/CSV_Injection>.
const FORMULA_STARTS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// A text as a cell: behind a quote mark where it would begin a formula.
pub(super) fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA_STARTS) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Writes a row of texts.
pub(super) fn write_row<W: io::Write, T: AsRef<str>>(
    csv: &mut ::csv::Writer<W>,
    cells: impl IntoIterator<Item = T>,
) -> io::Result<()> {
    for cell in cells {
        csv.write_field(guarded(cell.as_ref()).as_bytes())?;
    }
    Ok(csv.write_record(None::<&[u8]>)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_nothing_else() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("a=1", "a=1"),
            ("'=1", "'=1"),
            ("", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(guarded(text), expected, "{text:?}");
        }
    }
}
