//! Aligned columns, and text that is safe to print.

use std::borrow::Cow;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// A table without borders, wrapped to the terminal's width where there is one.
pub(crate) fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(|title| title.to_uppercase()));
    table
}

/// Aligns the columns with these numbers to the right.
pub(crate) fn align_right(table: &mut Table, columns: &[usize]) {
    for &column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// The table's lines without trailing blanks.
pub(crate) fn lines(table: &Table) -> String {
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// `text` with control characters shown as escapes, so that a name cannot move the cursor or change colours.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| {
        if is_harmful(c) {
            c.escape_unicode().to_string()
        } else {
            c.to_string()
        }
    };
    Cow::Owned(text.chars().map(shown).collect())
}

/// `text` so that no spreadsheet takes it for a formula: a quote goes before `=`, `+`, `-`, `@`, tab and carriage return, unless
/// the whole is a number.
pub(crate) fn formula_guarded(text: &str) -> Cow<'_, str> {
    let is_suspicious = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_suspicious && text.parse::<f64>().is_err() {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

/// Control characters and those that reorder text.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `count` with its noun: `1 device`, `2 devices`; thousands are separated.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(count))
}

/// `1500` as `1,500`.
pub(crate) fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let head = digits.len() % 3;
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index != 0 && index % 3 == head {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (12_345, "12,345"),
            (1_234_567, "1,234,567"),
        ];
        for (count, expected) in cases {
            assert_eq!(thousands(count), expected);
        }
    }

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        let cases = [
            ("=1+1", "'=1+1"),
            ("-5", "-5"),
            ("-x", "'-x"),
            ("a=b", "a=b"),
            ("@x", "'@x"),
        ];
        for (text, expected) in cases {
            assert_eq!(formula_guarded(text), expected);
        }
    }

    #[test]
    fn names_cannot_control_the_terminal() {
        assert_eq!(printable("ws-1"), "ws-1");
        assert_eq!(printable("a\u{1b}[31mb\u{202e}"), "a\\u{1b}[31mb\\u{202e}");
    }
}
