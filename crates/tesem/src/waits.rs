//! The observer of commands without a progress bar.

use tesem_defender::{ClientEvent, ClientObserver};

use crate::terminal::Terminal;
use crate::view::waiting::{Told, told};

/// Says what a client waits for.
#[derive(Debug)]
pub(crate) struct Waits(pub(crate) Terminal);

impl ClientObserver for Waits {
    fn observe(&self, event: &ClientEvent) {
        match told(event) {
            Some(Told::Note(text)) => self.0.say(&text),
            Some(Told::Request(text)) => self.0.request(&text),
            None => {}
        }
    }
}
