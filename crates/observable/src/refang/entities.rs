//! HTML entities of the punctuation that observables hold: `&#46;`, `&amp;`, `&period;`.

use super::escapes::punctuation;
use super::{Place, Replacement};

/// Longest entity that is known, from `&` to `;`.
const ENTITY_BYTES_MAX: usize = 17;

/// Named entities, after the HTML standard's table of named character references.
const NAMED: [(&str, &str); 28] = [
    ("amp", "&"),
    ("lt", "<"),
    ("gt", ">"),
    ("quot", "\""),
    ("apos", "'"),
    ("nbsp", " "),
    ("period", "."),
    ("colon", ":"),
    ("sol", "/"),
    ("bsol", "\\"),
    ("commat", "@"),
    ("lowbar", "_"),
    ("dash", "-"),
    ("hyphen", "-"),
    ("comma", ","),
    ("quest", "?"),
    ("equals", "="),
    ("num", "#"),
    ("percnt", "%"),
    ("lsqb", "["),
    ("rsqb", "]"),
    ("lpar", "("),
    ("rpar", ")"),
    ("shy", ""),
    ("zwnj", ""),
    ("zwj", ""),
    ("ZeroWidthSpace", ""),
    ("NoBreak", ""),
];

/// The rule for an ampersand.
pub(super) fn entity(place: &Place<'_>) -> Option<Replacement> {
    let rest = place.bytes.get(place.at + 1..)?;
    let length = rest
        .iter()
        .take(ENTITY_BYTES_MAX)
        .position(|byte| *byte == b';')?;
    let name = place.text.get(place.at + 1..place.at + 1 + length)?;
    let source = place.at..place.at + length + 2;
    match name.strip_prefix('#') {
        Some(code) => numeric(code).and_then(|plain| Replacement::encoding(source, plain)),
        None => {
            let (_, plain) = NAMED.iter().find(|(known, _)| *known == name)?;
            Replacement::encoding(source, plain)
        }
    }
}

/// The text of `46` or `x2e`. Letters are left as they are: nobody hides them in reports.
fn numeric(code: &str) -> Option<&'static str> {
    let code = match code.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => code.parse().ok()?,
    };
    match code {
        0xa0 | 0x20 => Some(" "),
        0xad | 0x200b..=0x200f | 0x2060 | 0xfeff => Some(""),
        _ => punctuation(code),
    }
}
