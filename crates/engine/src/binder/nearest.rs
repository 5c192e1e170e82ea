//! The nearest existing name to one that does not exist.

/// The candidate that differs least from `name`: but for case first, then by the fewest edits, if those are few.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(64).collect();
    let tolerance = wanted.len().div_ceil(3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&wanted, candidate, tolerance), candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The number of edits between two names, ignoring case; more than `tolerance` where they obviously differ.
fn distance(wanted: &[char], candidate: &str, tolerance: usize) -> usize {
    let candidate: Vec<char> = candidate.to_lowercase().chars().take(64).collect();
    if wanted.len().abs_diff(candidate.len()) > tolerance {
        return usize::MAX;
    }
    let mut previous: Vec<usize> = (0..=candidate.len()).collect();
    for (row, left) in wanted.iter().enumerate() {
        let mut current = vec![row + 1];
        let mut diagonals = previous.iter().zip(previous.iter().skip(1));
        for right in &candidate {
            let Some((diagonal, above)) = diagonals.next() else {
                break;
            };
            let beside = current.last().copied().unwrap_or(row) + 1;
            let replaced = diagonal + usize::from(left != right);
            current.push(replaced.min(above + 1).min(beside));
        }
        previous = current;
    }
    previous.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let names = ["DeviceName", "DeviceId", "FileName", "SHA256"];
        for (written, meant) in [
            ("devicename", Some("DeviceName")),
            ("DeviceNmae", Some("DeviceName")),
            ("Sha256", Some("SHA256")),
            ("Filname", Some("FileName")),
            ("Timestamp", None),
        ] {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
    }
}
