//! Asking every text of a column the same question.
//!
//! Two shortcuts keep the answer and save the work: equal views of a column (which is how
//! dictionary-encoded Parquet pages arrive) are asked once, and where a needle is rare the buffers
//! behind a column are searched as one text before any row is looked at.

use std::ops::Range;

use datafusion::arrow::array::{Array, BooleanArray, ByteView, StringViewArray};
use datafusion::arrow::buffer::BooleanBuffer;

/// Texts up to this length live inside their view.
const INLINE_MAX: u32 = 12;
/// Answers that are remembered, a power of two.
const REMEMBERED: usize = 256;
/// After so many rows it is judged whether remembering pays.
const TRIAL_ROWS: usize = 1024;
/// Fewer rows than this are not worth a search of the buffers.
const BUFFER_ROWS_MIN: usize = 256;

/// Asks every text; nulls count as empty texts.
pub(super) fn scan(array: &StringViewArray, mut test: impl FnMut(&str) -> bool) -> BooleanArray {
    let mut memory = Memory::new(array);
    let answers = BooleanBuffer::collect_bool(array.len(), |row| memory.ask(array, row, &mut test));
    BooleanArray::new(answers, None)
}

/// Searches the buffers first. `find` appends where in the bytes a text that passes the test may
/// begin to match, in order, and returns `false` when that is more often than `most`. `may_begin`
/// says of a text whether it may match at its very start, where `find` cannot see that it starts.
pub(super) fn scan_buffers(
    array: &StringViewArray,
    mut find: impl FnMut(&[u8], usize, &mut Vec<usize>) -> bool,
    may_begin: impl Fn(&str) -> bool,
    mut test: impl FnMut(&str) -> bool,
) -> BooleanArray {
    let Some(hits) = buffer_hits(array, &mut find) else {
        return scan(array, test);
    };
    let answers = BooleanBuffer::collect_bool(array.len(), |row| {
        let view = array.views().get(row).copied().map(ByteView::from);
        let text = text_at(array, row);
        (view.is_some_and(|view| may_match(view, &hits)) || may_begin(text)) && test(text)
    });
    BooleanArray::new(answers, None)
}

fn buffer_hits(
    array: &StringViewArray,
    find: &mut impl FnMut(&[u8], usize, &mut Vec<usize>) -> bool,
) -> Option<Vec<Vec<usize>>> {
    let (shown, used) = shown(array);
    let searched: usize = shown.iter().map(ExactSizeIterator::len).sum();
    // Rows may be few among others in their pages, or repeat: searching what no row shows would be waste.
    if array.len() < BUFFER_ROWS_MIN || searched > used.saturating_mul(2) {
        return None;
    }
    // Where every sixteenth row matches, looking at each row costs less.
    let most = array.len() / 16;
    let mut hits = Vec::with_capacity(array.data_buffers().len());
    for (buffer, shown) in array.data_buffers().iter().zip(shown) {
        let mut places = Vec::new();
        let start = shown.start;
        if !find(buffer.get(shown).unwrap_or_default(), most, &mut places) {
            return None;
        }
        places.iter_mut().for_each(|place| *place += start);
        hits.push(places);
    }
    Some(hits)
}

/// The part of each buffer that rows show, and how many bytes all their texts have.
fn shown(array: &StringViewArray) -> (Vec<Range<usize>>, usize) {
    let mut shown = vec![(usize::MAX, 0); array.data_buffers().len()];
    let mut used = 0;
    for view in array.views().iter().copied().map(ByteView::from) {
        if view.length <= INLINE_MAX {
            continue;
        }
        if let Some((start, end)) = shown.get_mut(view.buffer_index as usize) {
            let (from, length) = (view.offset as usize, view.length as usize);
            *start = from.min(*start);
            *end = (from + length).max(*end);
            used += length;
        }
    }
    let ranges = shown.into_iter().map(|(start, end)| start.min(end)..end);
    (ranges.collect(), used)
}

fn may_match(view: ByteView, hits: &[Vec<usize>]) -> bool {
    if view.length <= INLINE_MAX {
        return true;
    }
    let from = view.offset as usize;
    let to = from + view.length as usize;
    hits.get(view.buffer_index as usize).is_none_or(|places| {
        let next = places.partition_point(|&place| place < from);
        places.get(next).is_some_and(|&place| place < to)
    })
}

fn text_at(array: &StringViewArray, row: usize) -> &str {
    if array.is_null(row) {
        ""
    } else {
        array.value(row)
    }
}

/// The answers for views that were seen.
struct Memory {
    answers: Vec<(u128, bool)>,
    hits: usize,
    asked: usize,
}

impl Memory {
    fn new(array: &StringViewArray) -> Self {
        let answers = if array.data_buffers().is_empty() {
            0
        } else {
            REMEMBERED
        };
        // The view 0 is the empty text, which is inline and never looked up.
        Self {
            answers: vec![(0, false); answers],
            hits: 0,
            asked: 0,
        }
    }

    fn ask(
        &mut self,
        array: &StringViewArray,
        row: usize,
        test: &mut impl FnMut(&str) -> bool,
    ) -> bool {
        let view = array.views().get(row).copied().unwrap_or_default();
        if self.answers.is_empty()
            || ByteView::from(view).length <= INLINE_MAX
            || array.is_null(row)
        {
            return test(text_at(array, row));
        }
        self.asked += 1;
        if self.asked == TRIAL_ROWS && self.hits < TRIAL_ROWS / 4 {
            self.answers = Vec::new();
            return test(text_at(array, row));
        }
        let offset = ByteView::from(view).offset as usize;
        let place = (offset ^ (offset >> 8) ^ (offset >> 16)) % REMEMBERED;
        let Some(remembered) = self.answers.get_mut(place) else {
            return test(text_at(array, row));
        };
        if remembered.0 == view {
            self.hits += 1;
        } else {
            *remembered = (view, test(text_at(array, row)));
        }
        remembered.1
    }
}
