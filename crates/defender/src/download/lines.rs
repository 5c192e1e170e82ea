//! Whole lines out of a growing text.

/// Longest line, in bytes.
pub(super) const LINE_BYTES_MAX: usize = 16 << 20;

/// Whole lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lines(Vec<u8>);

impl Lines {
    /// Takes what ends with a line break out of `text`.
    pub(super) fn take(text: &mut Vec<u8>) -> Self {
        let Some(last) = text.iter().rposition(|byte| *byte == b'\n') else {
            return Self::default();
        };
        let rest = text.split_off(last + 1);
        Self(std::mem::replace(text, rest))
    }

    /// The end of a text, whose last line may lack its break.
    pub(super) fn last(text: Vec<u8>) -> Self {
        Self(text)
    }

    /// The lines that hold something.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii)
            .filter(|line| !line.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole() {
        let mut text = b"one\r\n\ntwo\nthr".to_vec();
        let lines = Lines::take(&mut text);
        assert_eq!(lines.iter().collect::<Vec<_>>(), [&b"one"[..], b"two"]);
        assert_eq!(text, b"thr");
        assert_eq!(Lines::take(&mut text).iter().count(), 0);
        text.extend_from_slice(b"ee");
        assert_eq!(Lines::last(text).iter().collect::<Vec<_>>(), [b"three"]);
    }
}
