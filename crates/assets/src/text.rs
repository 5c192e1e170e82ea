//! Texts that many facts share.

use std::collections::HashSet;
use std::sync::Arc;

/// A text that is kept once, however many facts name it.
pub type Text = Arc<str>;

/// The texts that were met, each once: a machine's id stands in hundreds of edges.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interner(HashSet<Text>);

impl Interner {
    pub(crate) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new = Text::from(text);
        self.0.insert(Arc::clone(&new));
        new
    }

    /// The one text that equals `text`.
    pub(crate) fn shared(&mut self, text: &Text) -> Text {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        self.0.insert(Arc::clone(text));
        Arc::clone(text)
    }
}
