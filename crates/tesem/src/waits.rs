//! The observer of commands without a progress bar.

use std::sync::Arc;

use tesem_defender::{ClientEvent, ClientObserver, ClientOptions};

use crate::terminal::Terminal;
use crate::view::waiting::{Told, told};

/// Says what a client waits for.
#[derive(Debug)]
pub(crate) struct Waits(Terminal);

impl Waits {
    /// The usual client, which tells `terminal` what it waits for.
    pub(crate) fn options(terminal: &Terminal) -> ClientOptions {
        ClientOptions {
            observer: Arc::new(Self(terminal.clone())),
            ..ClientOptions::default()
        }
    }
}

impl ClientObserver for Waits {
    fn observe(&self, event: &ClientEvent) {
        match told(event) {
            Some(Told::Note(text)) => self.0.say(&text),
            Some(Told::Request(text)) => self.0.request(&text),
            None => {}
        }
    }
}
