//! Case-insensitive comparison.
//!
//! Letters are the same when their Unicode simple case foldings are: `É` is `é`, but `ß` is not
//! `SS`. ASCII letters fold among themselves only.

use std::cmp::Ordering;

/// The character that stands for all case variants of `character`.
#[must_use]
pub fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let folded = single(single(character, char::to_uppercase), char::to_lowercase);
    // Dotless ı, long ſ and the Kelvin sign have ASCII counterparts that fold among themselves.
    if folded.is_ascii() { character } else { folded }
}

/// The case mapping of a character where it is a single character, else the character itself.
fn single<I: Iterator<Item = char>>(character: char, mapping: impl Fn(char) -> I) -> char {
    let mut mapped = mapping(character);
    match (mapped.next(), mapped.next()) {
        (Some(first), None) => first,
        _ => character,
    }
}

/// Whether two texts are the same but for case.
#[must_use]
pub fn equals(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    left.chars().map(fold).eq(right.chars().map(fold))
}

/// Whether `text` starts with `prefix`, case aside.
#[must_use]
pub fn starts_with(text: &str, prefix: &str) -> bool {
    if prefix.is_ascii() {
        let head = text.as_bytes().get(..prefix.len());
        return head.is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()));
    }
    let mut folded = text.chars().map(fold);
    prefix
        .chars()
        .map(fold)
        .all(|wanted| folded.next() == Some(wanted))
}

/// Whether `text` ends with `suffix`, case aside.
#[must_use]
pub fn ends_with(text: &str, suffix: &str) -> bool {
    if suffix.is_ascii() {
        let tail = text
            .len()
            .checked_sub(suffix.len())
            .and_then(|at| text.as_bytes().get(at..));
        return tail.is_some_and(|tail| tail.eq_ignore_ascii_case(suffix.as_bytes()));
    }
    let mut folded = text.chars().rev().map(fold);
    suffix
        .chars()
        .rev()
        .map(fold)
        .all(|wanted| folded.next() == Some(wanted))
}

/// Appends the folded text.
pub fn push_folded(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        if let Some(copy) = out.get_mut(start..) {
            copy.make_ascii_lowercase();
        }
    } else {
        out.extend(text.chars().map(fold));
    }
}

/// The folded text.
#[must_use]
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_folded(text, &mut out);
    out
}

/// Orders two texts by their code points, as `<` and `sort` do.
#[must_use]
pub fn ordinal(left: &str, right: &str) -> Ordering {
    left.as_bytes().cmp(right.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_variants_are_equal() {
        let same = [
            ("", ""),
            ("Cmd.EXE", "cMD.exe"),
            ("CAFÉ", "café"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("МОСКВА", "москва"),
        ];
        for (left, right) in same {
            assert!(equals(left, right), "{left} {right}");
            assert_eq!(folded(left), folded(right));
        }
        let different = [
            ("STRASSE", "straße"),
            ("I", "ı"),
            ("k", "\u{212a}"),
            ("a", "ab"),
            ("é", "e"),
        ];
        for (left, right) in different {
            assert!(!equals(left, right), "{left} {right}");
        }
    }

    #[test]
    fn ends() {
        assert!(starts_with("Žlutý kůň", "žLU"));
        assert!(!starts_with("Ž", "žL"));
        assert!(ends_with("Žlutý KŮŇ", "kůň"));
        assert!(ends_with("abc", "BC") && !ends_with("c", "bc"));
        assert!(starts_with("é", "") && ends_with("", ""));
    }
}
