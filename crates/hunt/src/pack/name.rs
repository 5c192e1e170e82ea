//! Names of files made from names of queries.

use std::collections::BTreeSet;

/// Longest name that is made, without what tells equal ones apart.
const BYTES_MAX: usize = 80;

/// Names that Windows keeps for devices, whatever follows their first dot.
///
/// Source: <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];

/// `name` as the name of a file on any system: letters, digits, `_` and `-`, no folder, no reserved name, never empty.
pub(super) fn safe(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for character in name.chars() {
        let fits = character.is_ascii_alphanumeric() || character == '_';
        if fits {
            safe.push(character);
        } else if !safe.ends_with('-') {
            safe.push('-');
        }
    }
    safe.truncate(BYTES_MAX);
    let safe = safe.trim_matches('-');
    if safe.is_empty() || is_reserved(safe) {
        return format!("query-{safe}").trim_end_matches('-').to_owned();
    }
    safe.to_owned()
}

fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let numbered = ["com", "lpt"].iter().any(|port| {
        let number = name.strip_prefix(port);
        number.is_some_and(|number| number.len() == 1 && number.bytes().all(|b| b.is_ascii_digit()))
    });
    numbered || RESERVED.contains(&name.as_str())
}

/// A safe name that is none of `taken` in any letter case, which it joins.
pub(super) fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let base = safe(name);
    let mut candidate = base.clone();
    let mut number = 2_u64;
    while !taken.insert(candidate.to_ascii_lowercase()) {
        candidate = format!("{base}-{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_folder_or_is_reserved() {
        let cases = [
            ("cobalt-strike-jarm", "cobalt-strike-jarm"),
            ("Connections to C2 (0)", "Connections-to-C2-0"),
            ("../../etc/passwd", "etc-passwd"),
            ("C:\\Windows\\x", "C-Windows-x"),
            ("..", "query"),
            ("", "query"),
            ("con", "query-con"),
            ("NUL.json", "NUL-json"),
            ("LPT1", "query-LPT1"),
            ("com10", "com10"),
            ("a\0b\nc", "a-b-c"),
            ("ünïcode", "n-code"),
            ("~1", "1"),
            ("a.", "a"),
        ];
        for (name, expected) in cases {
            assert_eq!(safe(name), expected, "{name:?}");
        }
        assert!(safe(&"x".repeat(5_000)).len() <= BYTES_MAX);
    }

    #[test]
    fn names_that_fall_together_are_told_apart() {
        let mut taken = BTreeSet::new();
        let names = ["a b", "A/B", "a-b", "a-b-2"].map(|name| unique(name, &mut taken));
        assert_eq!(names, ["a-b", "A-B-2", "a-b-3", "a-b-2-2"]);
    }
}
