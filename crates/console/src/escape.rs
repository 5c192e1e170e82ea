//! The one way of a value into a page.

use std::fmt::{self, Write};

/// Escapes what HTML gives a meaning, and shows control characters and those that reorder text as `\u{202e}`.
///
/// `askama.toml` names it as the escaper of every template.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Visible;

impl askama::filters::Escaper for Visible {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        let mut clean_from = 0;
        for (at, c) in text.char_indices() {
            if !is_special(c) {
                continue;
            }
            dest.write_str(text.get(clean_from..at).unwrap_or_default())?;
            match c {
                '&' => dest.write_str("&amp;")?,
                '<' => dest.write_str("&lt;")?,
                '>' => dest.write_str("&gt;")?,
                '"' => dest.write_str("&quot;")?,
                '\'' => dest.write_str("&#39;")?,
                other => write!(dest, "{}", other.escape_unicode())?,
            }
            clean_from = at + c.len_utf8();
        }
        dest.write_str(text.get(clean_from..).unwrap_or_default())
    }
}

fn is_special(c: char) -> bool {
    matches!(c, '&' | '<' | '>' | '"' | '\'') || (c.is_control() && c != '\n') || reorders(c)
}

/// Marks, embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX #9), and characters without width.
fn reorders(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use askama::filters::Escaper;

    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        Visible.write_escaped_str(&mut out, text).unwrap();
        out
    }

    #[test]
    fn markup_and_invisible_characters_are_shown_as_text() {
        let cases = [
            ("", ""),
            ("evil.com", "evil.com"),
            ("<b>&amp;</b>", "&lt;b&gt;&amp;amp;&lt;/b&gt;"),
            ("\" onload='x'", "&quot; onload=&#39;x&#39;"),
            ("a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
            ("\0\u{1b}[31m\u{7f}", "\\u{0}\\u{1b}[31m\\u{7f}"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("two\nlines", "two\nlines"),
            (
                "\u{442}\u{435}\u{441}\u{442}",
                "\u{442}\u{435}\u{441}\u{442}",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected, "{text:?}");
        }
    }
}
