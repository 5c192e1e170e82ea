//! The nearest of some names, for hints.

/// The candidate that differs least from `name`, if it is near enough to be what was meant.
///
/// Upper and lower case count as equal first, so that `Where` finds `where`. Ties go to the
/// candidate that comes first.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const MAX_NAME: usize = 80;
    if name.is_empty() || name.len() > MAX_NAME {
        return None;
    }
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let allowed = name.len().div_ceil(3).min(4);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= allowed)
        .map(|candidate| (distance(&name, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many characters must be inserted, removed, replaced or swapped with their neighbour (optimal
/// string alignment).
fn distance(name: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate.to_lowercase().chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, &left) in name.iter().enumerate() {
        let mut current = Vec::with_capacity(last.len());
        current.push(row + 1);
        for (column, &right) in other.iter().enumerate() {
            let replaced = cell(&last, column) + usize::from(left != right);
            let best = replaced
                .min(cell(&last, column + 1) + 1)
                .min(cell(&current, column) + 1);
            let swapped = row > 0
                && column > 0
                && name.get(row - 1) == Some(&right)
                && other.get(column - 1) == Some(&left);
            current.push(if swapped {
                best.min(cell(&before_last, column - 1) + 1)
            } else {
                best
            });
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

fn cell(row: &[usize], at: usize) -> usize {
    row.get(at).copied().unwrap_or(usize::MAX / 2)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_slips_and_swaps() {
        let words = ["where", "project", "project-away", "summarize", "sort"];
        assert_eq!(nearest("Where", words), Some("where"));
        assert_eq!(nearest("wheer", words), Some("where"));
        assert_eq!(nearest("summarise", words), Some("summarize"));
        assert_eq!(nearest("projectaway", words), Some("project-away"));
    }

    #[test]
    fn does_not_guess_wildly() {
        assert_eq!(nearest("select", ["where", "project"]), None);
        assert_eq!(nearest("", ["a"]), None);
    }
}
