//! All observables of any text.

mod address;
mod block;
mod context;
mod email;
mod file_hash;
mod name;
mod scan;
mod script;
mod token;
mod web_address;

use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use memchr::memchr_iter;

use crate::refang::Refanged;
use crate::{Observable, Reason};
use scan::{Hit, Scanner};

/// An observable and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<'t> {
    /// What was found.
    pub observable: Observable,
    /// Where it stands in the text that was given, in bytes; lies on character boundaries.
    pub span: Range<usize>,
    /// The line that the span starts in; the first is 1.
    pub line: usize,
    /// The text of the span, as it was written.
    pub text: &'t str,
    /// Whether it was defanged (`evil[.]com`, `hxxp`). Escapes of HTML and JSON do not count.
    pub defanged: bool,
    /// The port that was written behind an address or a domain. A URL keeps its own.
    pub port: Option<u16>,
}

/// Something that has the looks of an observable but is none, or not for sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedItem<'t> {
    /// Where it stands in the text that was given, in bytes; lies on character boundaries.
    pub span: Range<usize>,
    /// The line that the span starts in; the first is 1.
    pub line: usize,
    /// The text of the span, as it was written.
    pub text: &'t str,
    /// Why it was refused.
    pub reason: Reason,
}

/// One step of an [`Extractor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extracted<'t> {
    /// An observable.
    Found(Found<'t>),
    /// Something that looked like one.
    Refused(RefusedItem<'t>),
}

/// Everything that [`extract`] got out of a text, in the order of the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extraction<'t> {
    /// The observables.
    pub found: Vec<Found<'t>>,
    /// What looked like observables.
    pub refused: Vec<RefusedItem<'t>>,
}

/// Extracts all observables from any text: reports, CSV, JSON, HTML, e-mail.
///
/// Undoes defanging as [`refang`](crate::refang) does, and works in linear time. Running text is
/// ambiguous, so it is read with these rules, stricter than those of
/// [`recognise`](crate::recognise):
///
/// - A URL is one observable; its host is not found a second time. A host with a path but no scheme is
///   a URL too, unless what follows the slash is another host. A URL ends at white space, quotes, `<`,
///   `>`, `|`, `\`, and at a closing bracket that it did not open; punctuation at its end is dropped. In
///   a field of a CSV line (at its start or after a comma) it also ends at a comma.
/// - A dotted quad after `version`, `v`, `build`, `section` and the like, or in `Product/1.2.3.4`, is
///   refused as a version number. A port behind an address or a domain is kept apart.
/// - A name whose last label is also the extension of a file (`.zip`, `.sh`, `.py`, `.md`) is refused
///   as a file name if it has two labels or another file-like part; parts of file paths are refused.
///   Defanging, a scheme or an `@` shows that a name is meant, and lifts this.
/// - A name whose top-level domain is capitalised (`end.In`, `System.Net`) is two words.
/// - A name of three or more labels in an internal zone (`dc01.corp.local`) is a device.
/// - An e-mail address is at a public domain: `user@host` and `root@db01.local` are what prompts and logs hold.
/// - A hash is a whole run of letters and digits: nothing is cut out of longer ones. 40 digits after
///   the word `thumbprint`, or twenty pairs with colons, are the thumbprint of a certificate.
/// - File names and bare device names are never found; pass them to [`recognise_as`](crate::recognise_as).
///
/// ```
/// let extraction = tesem_observable::extract("C2: hxxps[:]//evil[.]com/gate.php, 999.1.1.1");
/// assert_eq!(extraction.found[0].observable.to_string(), "https://evil.com/gate.php");
/// assert_eq!(extraction.refused[0].reason.code(), "octet-out-of-range");
/// ```
///
/// Duplicates are kept; see [`extract_unique`]. For texts larger than what comfortably fits memory as a
/// list of findings, [`Extractor`] gives them one by one.
#[must_use]
pub fn extract(text: &str) -> Extraction<'_> {
    let mut extraction = Extraction::default();
    for item in Extractor::new(text) {
        match item {
            Extracted::Found(found) => extraction.found.push(found),
            Extracted::Refused(refused) => extraction.refused.push(refused),
        }
    }
    extraction
}

/// Extracts each observable of a text once, at its first place, in the order of the text.
#[must_use]
pub fn extract_unique(text: &str) -> Vec<Found<'_>> {
    let mut seen = HashSet::new();
    let found = Extractor::new(text).filter_map(|item| match item {
        Extracted::Found(found) => Some(found),
        Extracted::Refused(_) => None,
    });
    found
        .filter(|found| seen.insert(found.observable.clone()))
        .collect()
}

/// Extracts observables one by one, as [`extract`] does.
///
/// Works through the text in blocks of some 64 KiB that end with a line, or within a long line between
/// two words, so that it needs little memory beside the text whatever its length. Only a line without
/// any blank or comma is taken as a whole.
#[derive(Debug)]
pub struct Extractor<'t> {
    text: &'t str,
    /// Where the next block starts.
    next_block: usize,
    /// What the last block gave and was not asked for yet.
    pending: VecDeque<Extracted<'t>>,
    /// The number of the line that `counted_to` lies in.
    line: usize,
    counted_to: usize,
}

impl<'t> Extractor<'t> {
    /// An extractor at the start of `text`.
    #[must_use]
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            next_block: 0,
            pending: VecDeque::new(),
            line: 1,
            counted_to: 0,
        }
    }

    fn read_block(&mut self) {
        let start = self.next_block;
        let end = block::end(self.text.as_bytes(), start);
        self.next_block = end;
        let refanged = Refanged::new(self.text.get(start..end).unwrap_or_default());
        let mut hits = Scanner::new(&refanged).hits();
        hits.sort_by_key(|hit| hit.span.start);
        for hit in hits {
            let item = self.located(hit, &refanged, start);
            self.pending.push_back(item);
        }
    }

    fn located(&mut self, hit: Hit, refanged: &Refanged<'_>, block_start: usize) -> Extracted<'t> {
        let inner = refanged.source_span(&hit.span);
        let span = inner.start + block_start..inner.end + block_start;
        let text = self.text.get(span.clone()).unwrap_or_default();
        let line = self.line_of(span.start);
        match hit.outcome {
            Ok(observable) => {
                let defanged = refanged.is_defanged(&hit.span);
                Extracted::Found(Found {
                    observable,
                    span,
                    line,
                    text,
                    defanged,
                    port: hit.port,
                })
            }
            Err(reason) => Extracted::Refused(RefusedItem {
                span,
                line,
                text,
                reason,
            }),
        }
    }

    /// The line of a place; places come in ascending order.
    fn line_of(&mut self, place: usize) -> usize {
        let between = self
            .text
            .as_bytes()
            .get(self.counted_to..place)
            .unwrap_or_default();
        self.line += memchr_iter(b'\n', between).count();
        self.counted_to = self.counted_to.max(place);
        self.line
    }
}

impl<'t> Iterator for Extractor<'t> {
    type Item = Extracted<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.pending.is_empty() && self.next_block < self.text.len() {
            self.read_block();
        }
        self.pending.pop_front()
    }
}
