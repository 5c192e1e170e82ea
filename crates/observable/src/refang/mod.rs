//! Undoing what was done to a text so that nobody clicks on it, or so that it survives HTML or JSON.
//!
//! One pass over the text looks at each byte that can begin a disguise and asks the rule for that
//! byte whether there is one. Each rule looks at a bounded stretch, so that the pass is linear. What
//! was changed is recorded, so that a place in the new text can be traced to the old one.

mod brackets;
mod entities;
mod escapes;
mod invisible;
mod scheme;

use std::borrow::Cow;
use std::ops::Range;

use crate::script::is_unspaced;

/// Undoes every common defanging in a text: `hxxp[:]//evil[.]com` gives `http://evil.com`.
///
/// Known are brackets of any kind around or beside `.` `:` `/` `@` `-` `://` `dot` `at`
/// (`evil[.]com`, `evil(dot)com`, `evil [.] com`, `evil[.com`, `evil.]com`), bent schemes (`hxxp`,
/// `h**p`, `meow`, `fxp`), backslashes (`evil\.com`, `http:\\evil.com`, JSON's `http:\/\/`),
/// entities (`&#46;`), JSON's `\u002e`, dots of other scripts and invisible characters. A bare ` dot `
/// between words is left alone, because prose has it.
///
/// Runs in linear time; text without any disguise is borrowed.
#[must_use]
pub fn refang(text: &str) -> Cow<'_, str> {
    Refanged::new(text).text
}

/// A text with its disguises undone, and what was changed.
pub(crate) struct Refanged<'t> {
    pub(crate) text: Cow<'t, str>,
    edits: Vec<Edit>,
}

/// One replacement. Edits are in order and do not overlap.
struct Edit {
    /// Where the replacement stands in the new text.
    written: Range<usize>,
    /// What it replaced in the old text.
    source: Range<usize>,
    disguise: Disguise,
}

/// Why a text was not written plainly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disguise {
    /// So that nobody clicks on it.
    Defanging,
    /// Because HTML, JSON or Markdown wanted it, or by invisible characters.
    Encoding,
}

/// A replacement that a rule asks for.
struct Replacement {
    /// Bytes of the old text that go.
    source: Range<usize>,
    /// What comes instead: two pieces, because a bent scheme and its colon change together.
    with: [&'static str; 2],
    disguise: Disguise,
}

impl Replacement {
    fn defanging(source: Range<usize>, with: &'static str) -> Option<Self> {
        Some(Self {
            source,
            with: [with, ""],
            disguise: Disguise::Defanging,
        })
    }

    fn encoding(source: Range<usize>, with: &'static str) -> Option<Self> {
        Some(Self {
            source,
            with: [with, ""],
            disguise: Disguise::Encoding,
        })
    }
}

/// What a rule sees: the whole text, where it may start to change, and what was changed last.
#[derive(Clone, Copy)]
struct Place<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// The byte that called the rule.
    at: usize,
    /// Everything before this was dealt with already.
    floor: usize,
    /// The last change removed an opening bracket without its partner, inside the name that goes on up to here.
    is_bracket_open: bool,
    /// The scheme of the URL right before was followed by backslashes.
    has_backslash_scheme: bool,
}

impl Place<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b' ')
    }

    /// The byte before `at`, if it was not dealt with already; a letter of another script counts as
    /// one, since all its bytes are over 127.
    fn byte_before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(b' ', |before| self.byte(before))
    }
}

/// A letter or digit of any script, seen from one of its bytes.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Bytes that can begin a disguise (or, for closing brackets and colons, betray one).
const TRIGGERS: [bool; 256] = {
    let mut triggers = [false; 256];
    let listed = b"[({<])}\\&:\xc2\xe1\xe2\xef";
    let mut index = 0;
    while index < listed.len() {
        triggers[listed[index] as usize] = true;
        index += 1;
    }
    triggers
};

impl<'t> Refanged<'t> {
    /// Undoes the disguises in `text`.
    pub(crate) fn new(text: &'t str) -> Self {
        let mut rewriter = Rewriter::new(text);
        rewriter.run();
        rewriter.finish()
    }

    /// The range of the old text that a range of the new one came from.
    pub(crate) fn source_span(&self, span: &Range<usize>) -> Range<usize> {
        match self.edits.is_empty() {
            true => span.clone(),
            false => self.source_start(span.start)..self.source_end(span.end),
        }
    }

    fn source_start(&self, start: usize) -> usize {
        let after = self.edits.partition_point(|edit| edit.written.end <= start);
        let inside = self
            .edits
            .get(after)
            .filter(|edit| edit.written.start <= start && !edit.written.is_empty());
        inside.map_or_else(|| self.shifted(after, start), |edit| edit.source.start)
    }

    fn source_end(&self, end: usize) -> usize {
        let Some(last) = end.checked_sub(1) else {
            return 0;
        };
        let after = self.edits.partition_point(|edit| edit.written.end <= last);
        let inside = self
            .edits
            .get(after)
            .filter(|edit| edit.written.start <= last);
        inside.map_or_else(|| self.shifted(after, last) + 1, |edit| edit.source.end)
    }

    /// Maps a place outside all edits, `after` being how many lie before it.
    fn shifted(&self, after: usize, place: usize) -> usize {
        let previous = after.checked_sub(1).and_then(|index| self.edits.get(index));
        previous.map_or(place, |edit| edit.source.end + (place - edit.written.end))
    }

    /// Whether any defanging was undone inside a range of the new text.
    pub(crate) fn is_defanged(&self, span: &Range<usize>) -> bool {
        let first = self
            .edits
            .partition_point(|edit| edit.written.end <= span.start);
        let inside = self
            .edits
            .iter()
            .skip(first)
            .take_while(|edit| edit.written.start < span.end);
        inside
            .into_iter()
            .any(|edit| edit.disguise == Disguise::Defanging)
    }
}

struct Rewriter<'t> {
    text: &'t str,
    written: String,
    edits: Vec<Edit>,
    /// Everything before this in the old text is in `written`.
    floor: usize,
    is_bracket_open: bool,
    has_backslash_scheme: bool,
    /// How far the text was searched for what ends the two states above.
    watched_to: usize,
}

impl<'t> Rewriter<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            written: String::new(),
            edits: Vec::new(),
            floor: 0,
            is_bracket_open: false,
            has_backslash_scheme: false,
            watched_to: 0,
        }
    }

    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        while let Some(found) = next_trigger(bytes, at) {
            let place = self.place(found);
            match replacement_at(&place) {
                Some(replacement) => {
                    at = replacement.source.end;
                    self.apply(replacement);
                }
                None => at = found + 1,
            }
        }
    }

    fn place(&mut self, at: usize) -> Place<'t> {
        let bytes = self.text.as_bytes();
        if self.is_bracket_open || self.has_backslash_scheme {
            let from = self.floor.max(self.watched_to);
            let between = self.text.get(from..at).unwrap_or_default();
            self.watched_to = at;
            self.is_bracket_open &= between.chars().all(continues_name);
            self.has_backslash_scheme &= between.chars().all(continues_url);
        }
        Place {
            text: self.text,
            bytes,
            at,
            floor: self.floor,
            is_bracket_open: self.is_bracket_open,
            has_backslash_scheme: self.has_backslash_scheme,
        }
    }

    fn apply(&mut self, replacement: Replacement) {
        let Replacement {
            source,
            with,
            disguise,
        } = replacement;
        let taken = self.text.get(source.clone()).unwrap_or_default();
        let is_in_url = with.iter().all(|piece| piece.chars().all(continues_url));
        self.has_backslash_scheme &= is_in_url;
        self.has_backslash_scheme |= taken.ends_with(":\\\\");
        self.written
            .push_str(self.text.get(self.floor..source.start).unwrap_or_default());
        self.is_bracket_open = matches!(taken, "[" | "(" | "{") && self.ends_in_name();
        let start = self.written.len();
        with.iter().for_each(|piece| self.written.push_str(piece));
        self.floor = source.end;
        self.edits.push(Edit {
            written: start..self.written.len(),
            source,
            disguise,
        });
    }

    /// Whether what was written ends in a name, perhaps with the dot behind its label.
    fn ends_in_name(&self) -> bool {
        let name = self.written.strip_suffix('.').unwrap_or(&self.written);
        name.ends_with(is_spaced_letter)
    }

    fn finish(mut self) -> Refanged<'t> {
        if self.edits.is_empty() {
            return Refanged {
                text: Cow::Borrowed(self.text),
                edits: self.edits,
            };
        }
        self.written
            .push_str(self.text.get(self.floor..).unwrap_or_default());
        Refanged {
            text: Cow::Owned(self.written),
            edits: self.edits,
        }
    }
}

/// Whether every reader of a text takes the character for a part of the name before it. So a bracket that is open in a name is open too
/// for whoever reads nothing but the name.
fn continues_name(character: char) -> bool {
    is_spaced_letter(character) || matches!(character, '.' | '-' | '_')
}

/// Whether every reader of a text takes the character for a part of the URL before it.
fn continues_url(character: char) -> bool {
    is_spaced_letter(character) || ".-_~:/?#@!$&*+=%".contains(character)
}

/// A letter or digit that no border of scripts can lie beside.
fn is_spaced_letter(character: char) -> bool {
    character.is_alphanumeric() && !is_unspaced(character)
}

fn next_trigger(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let is_trigger = |byte: &u8| TRIGGERS.get(usize::from(*byte)).copied().unwrap_or(false);
    rest.iter().position(is_trigger).map(|offset| from + offset)
}

fn replacement_at(place: &Place<'_>) -> Option<Replacement> {
    match place.byte(place.at) {
        b'[' | b'(' | b'{' | b'<' => brackets::opening(place, place.at),
        b']' | b')' | b'}' => brackets::closing(place),
        b':' => scheme::at_colon(place),
        b'\\' => escapes::backslash(place),
        b'&' => entities::entity(place),
        _ => invisible::character(place),
    }
}
