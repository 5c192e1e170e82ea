//! Reading running text: items are picked out wherever they stand.

use tesem_observable::{Extracted, Extractor, Refusal};

use super::Reading;

/// Reads what looks like an observable, in the order of the text.
pub(super) fn read(text: &str, reading: &mut Reading<'_>) {
    for extracted in Extractor::new(text) {
        match extracted {
            Extracted::Found(found) => reading.accept(found.line as u64, found.observable),
            Extracted::Refused(item) => {
                let refusal = Refusal::new(item.text, item.reason);
                reading.refuse_item(item.line as u64, &refusal);
            }
        }
    }
}
