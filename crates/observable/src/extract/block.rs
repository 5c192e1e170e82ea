//! Where a long text may be cut without cutting an observable.

use memchr::memrchr;

/// Bytes of a block, unless one line is longer.
const BLOCK_BYTES: usize = 64 * 1024;

/// The end of the block that starts at `start`: behind a line, else behind a blank between two words
/// or a comma before a quote.
pub(super) fn end(bytes: &[u8], start: usize) -> usize {
    let target = start.saturating_add(BLOCK_BYTES);
    let Some(window) = bytes.get(start..target) else {
        return bytes.len();
    };
    match memrchr(b'\n', window) {
        Some(newline) => start + newline + 1,
        None => end_of_long_line(bytes, target),
    }
}

fn end_of_long_line(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from - 1..).unwrap_or_default();
    let cut = rest.windows(3).position(|window| match window {
        [_, b'\n', _] => true,
        [before, b' ', after] => before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric(),
        [_, b',', b'"'] => true,
        _ => false,
    });
    cut.map_or(bytes.len(), |cut| from + cut + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_where_nothing_is_cut() {
        let lines = "a line\n".repeat(20_000);
        assert_eq!(end(lines.as_bytes(), 0), BLOCK_BYTES / 7 * 7);
        let words = "word ".repeat(20_000);
        assert_eq!(end(words.as_bytes(), 0) % 5, 0);
        let solid = "x".repeat(200_000);
        assert_eq!(end(solid.as_bytes(), 0), solid.len());
        let cells = "\"cell\",".repeat(20_000);
        assert_eq!(end(cells.as_bytes(), 0) % 7, 0);
        assert_eq!(end(b"short", 0), 5);
    }
}
