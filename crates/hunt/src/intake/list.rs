//! Reading lists: one item a line.

use tesem_observable::{Observable, Refusal, recognise};

use super::Reading;

/// A line of a list.
pub(super) struct Line<'a> {
    /// What it says, without comment; empty for a line that is blank or only a comment.
    pub(super) item: &'a str,
}

impl<'a> Line<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        let line = line.trim();
        if line.starts_with('#') || line.starts_with("//") {
            return Self { item: "" };
        }
        Self {
            item: line.get(..comment_start(line)).unwrap_or(line).trim_end(),
        }
    }
}

/// Where a comment behind an item begins: at `#` or `//` behind a blank, since URLs hold both.
fn comment_start(line: &str) -> usize {
    line.match_indices([' ', '\t'])
        .map(|(blank, _)| blank)
        .find(|blank| {
            let rest = line.get(blank + 1..).unwrap_or_default();
            rest.starts_with('#') || rest.starts_with("//")
        })
        .unwrap_or(line.len())
}

/// Reads the items of a list.
pub(super) fn read(text: &str, reading: &mut Reading<'_>) {
    for (number, line) in (1..).zip(text.lines()) {
        let line = Line::of(line);
        if line.item.is_empty() {
            continue;
        }
        match items(line.item) {
            Ok(found) => found
                .into_iter()
                .for_each(|item| reading.accept(number, item)),
            Err(refusal) => reading.refuse_item(number, &refusal),
        }
    }
}

/// The items of a line: itself, or those of its cells.
pub(super) fn items(line: &str) -> Result<Vec<Observable>, Refusal> {
    let refusal = match recognise(line) {
        Ok(item) => return Ok(vec![item]),
        Err(refusal) => refusal,
    };
    let found: Vec<Observable> = cells(line)
        .filter_map(|cell| recognise(cell).ok())
        .collect();
    if found.is_empty() {
        Err(refusal)
    } else {
        Ok(found)
    }
}

/// The cells of a line with separators in it, without quotes; none for a line without separator.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    let separated = line.contains(SEPARATORS);
    line.split(SEPARATORS)
        .filter(move |_| separated)
        .map(|cell| cell.trim().trim_matches(['"', '\'']).trim())
        .filter(|cell| !cell.is_empty())
}

const SEPARATORS: [char; 3] = [',', ';', '\t'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_cut_and_urls_are_not() {
        let cases = [
            ("evil.com", "evil.com"),
            ("  evil.com \t# C2", "evil.com"),
            ("evil.com // C2", "evil.com"),
            ("http://evil.com/a#b", "http://evil.com/a#b"),
            ("# evil.com", ""),
            ("// evil.com", ""),
            ("   ", ""),
        ];
        for (line, item) in cases {
            assert_eq!(Line::of(line).item, item, "{line}");
        }
    }

    #[test]
    fn a_row_gives_the_items_of_its_cells() {
        let row = "2026-11-01;\"evil.com\";domain;8.8.8.8";
        let found: Vec<String> = items(row)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["evil.com", "8.8.8.8"]);
        assert!(items("no,such,thing").is_err());
    }
}
