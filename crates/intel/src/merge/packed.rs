//! Statements as bytes: a merged feed keeps each in as much memory as its text takes.
//!
//! A statement is its length and its body: the source, the number within it, then what is said, each part after a tag. Only what was
//! written here is read, so that the end of the bytes is the only end that readers meet.

use std::sync::Arc;

use indexmap::IndexSet;
use jiff::Timestamp;

use crate::{Confidence, Details, Place, Provenance, Source, Tlp};

/// What many statements share, each once.
#[derive(Debug, Default)]
pub(super) struct Shared {
    sources: IndexSet<Arc<Source>>,
    texts: IndexSet<Box<str>>,
}

/// One source's statement, read where it lies.
#[derive(Debug, Clone)]
pub(super) struct Statement<'m> {
    pub(super) source: &'m Arc<Source>,
    number: u64,
    /// What is said; labels and references in their order.
    pub(super) parts: Parts<'m>,
}

/// One thing that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'m> {
    Text(TextField, &'m str),
    Time(TimeField, Timestamp),
    Confidence(Confidence),
    Tlp(Tlp),
}

/// The fields of [`Details`] that are texts, or lists of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextField {
    ObjectId,
    Label,
    Comment,
    Reference,
}

/// The fields of [`Details`] that are times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeField {
    FirstSeen,
    LastSeen,
    ValidFrom,
    ValidUntil,
}

const TEXT_FIELDS: [TextField; 4] = [
    TextField::ObjectId,
    TextField::Label,
    TextField::Comment,
    TextField::Reference,
];
const TIME_FIELDS: [TimeField; 4] = [
    TimeField::FirstSeen,
    TimeField::LastSeen,
    TimeField::ValidFrom,
    TimeField::ValidUntil,
];
const TLPS: [Tlp; 5] = [
    Tlp::Clear,
    Tlp::Green,
    Tlp::Amber,
    Tlp::AmberStrict,
    Tlp::Red,
];

/// What follows a tag; the tag's lower half is the field, where there are several.
const TEXT: u8 = 0x00;
const SHARED_TEXT: u8 = 0x10;
const TIME: u8 = 0x20;
const CONFIDENCE: u8 = 0x30;
const TLP: u8 = 0x40;
const FIELD: u8 = 0x0f;

/// Longer texts, such as addresses of reports and descriptions, are often those of many observables: they are shared.
const OWN_TEXT_BYTES_MAX: usize = 64;

impl Shared {
    /// A statement as bytes. Equal statements are equal bytes.
    pub(super) fn pack(&mut self, provenance: Provenance) -> Vec<u8> {
        let Provenance { place, details } = provenance;
        let (source, _) = self.sources.insert_full(place.source);
        let mut body = Vec::new();
        write_number(source as u64, &mut body);
        write_number(place.number, &mut body);
        for part in details.iter().flat_map(|details| parts_of(details)) {
            self.write(part, &mut body);
        }
        let mut length = Vec::new();
        write_number(body.len() as u64, &mut length);
        [length, body].concat()
    }

    fn write(&mut self, part: Part<'_>, out: &mut Vec<u8>) {
        match part {
            Part::Text(field, text) if text.len() > OWN_TEXT_BYTES_MAX => {
                out.push(SHARED_TEXT | field as u8);
                write_number(self.share(text) as u64, out);
            }
            Part::Text(field, text) => {
                out.push(TEXT | field as u8);
                write_number(text.len() as u64, out);
                out.extend_from_slice(text.as_bytes());
            }
            Part::Time(field, time) => {
                out.push(TIME | field as u8);
                write_signed(time.as_second(), out);
                write_signed(time.subsec_nanosecond().into(), out);
            }
            Part::Confidence(confidence) => out.extend([CONFIDENCE, confidence.get()]),
            Part::Tlp(tlp) => out.extend([TLP, tlp as u8]),
        }
    }

    fn share(&mut self, text: &str) -> usize {
        match self.texts.get_index_of(text) {
            Some(known) => known,
            None => self.texts.insert_full(text.into()).0,
        }
    }

    /// The statements that were packed one after the other.
    pub(super) fn statements<'m>(&'m self, bytes: &'m [u8]) -> impl Iterator<Item = Statement<'m>> {
        split(bytes).map_while(|statement| {
            let mut rest = statement.body;
            Some(Statement {
                source: self.sources.get_index(read_index(&mut rest)?)?,
                number: read_number(&mut rest)?,
                parts: Parts { rest, shared: self },
            })
        })
    }
}

/// A statement's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed<'m> {
    /// All of it.
    pub(super) whole: &'m [u8],
    body: &'m [u8],
}

/// Statements that were packed one after the other, unread.
pub(super) fn split(mut bytes: &[u8]) -> impl Iterator<Item = Packed<'_>> {
    std::iter::from_fn(move || {
        let mut rest = bytes;
        let length = read_index(&mut rest)?;
        let (body, after) = rest.split_at_checked(length)?;
        let whole = bytes.get(..bytes.len() - after.len())?;
        bytes = after;
        Some(Packed { whole, body })
    })
}

impl<'m> Statement<'m> {
    /// A time.
    pub(super) fn time(&self, field: TimeField) -> Option<Timestamp> {
        let mut parts = self.parts.clone();
        parts.find_map(|part| match part {
            Part::Time(found, time) if found == field => Some(time),
            _ => None,
        })
    }

    /// The statement with memory of its own.
    pub(super) fn unpacked(self) -> Provenance {
        let place = Place {
            source: Arc::clone(self.source),
            number: self.number,
        };
        Provenance {
            place,
            details: details_of(self.parts).shared(),
        }
    }
}

fn parts_of(details: &Details) -> impl Iterator<Item = Part<'_>> {
    let text = |field| move |text| Part::Text(field, text);
    let time = |field, time: Option<Timestamp>| time.map(|time| Part::Time(field, time));
    let object_id = details.object_id.as_deref().map(text(TextField::ObjectId));
    let comment = details.comment.as_deref().map(text(TextField::Comment));
    let labels = details.labels.iter().map(|label| &**label);
    let references = details.references.iter().map(|reference| &**reference);
    let ones = [
        object_id,
        time(TimeField::FirstSeen, details.first_seen),
        time(TimeField::LastSeen, details.last_seen),
        time(TimeField::ValidFrom, details.valid_from),
        time(TimeField::ValidUntil, details.valid_until),
        details.confidence.map(Part::Confidence),
        details.tlp.map(Part::Tlp),
        comment,
    ];
    ones.into_iter()
        .flatten()
        .chain(labels.map(text(TextField::Label)))
        .chain(references.map(text(TextField::Reference)))
}

fn details_of(parts: Parts<'_>) -> Details {
    let mut details = Details::NOTHING;
    for part in parts {
        match part {
            Part::Text(TextField::ObjectId, text) => details.object_id = Some(text.into()),
            Part::Text(TextField::Label, text) => details.labels.push(text.into()),
            Part::Text(TextField::Comment, text) => details.comment = Some(text.into()),
            Part::Text(TextField::Reference, text) => details.references.push(text.into()),
            Part::Time(TimeField::FirstSeen, time) => details.first_seen = Some(time),
            Part::Time(TimeField::LastSeen, time) => details.last_seen = Some(time),
            Part::Time(TimeField::ValidFrom, time) => details.valid_from = Some(time),
            Part::Time(TimeField::ValidUntil, time) => details.valid_until = Some(time),
            Part::Confidence(confidence) => details.confidence = Some(confidence),
            Part::Tlp(tlp) => details.tlp = Some(tlp),
        }
    }
    details
}

/// What a statement says.
#[derive(Debug, Clone)]
pub(super) struct Parts<'m> {
    rest: &'m [u8],
    shared: &'m Shared,
}

impl<'m> Iterator for Parts<'m> {
    type Item = Part<'m>;

    fn next(&mut self) -> Option<Part<'m>> {
        let tag = read_byte(&mut self.rest)?;
        let field = usize::from(tag & FIELD);
        Some(match tag & !FIELD {
            TEXT => Part::Text(*TEXT_FIELDS.get(field)?, self.own_text()?),
            SHARED_TEXT => Part::Text(*TEXT_FIELDS.get(field)?, self.shared_text()?),
            TIME => Part::Time(*TIME_FIELDS.get(field)?, self.time()?),
            CONFIDENCE => Part::Confidence(Confidence::new(read_byte(&mut self.rest)?)?),
            TLP => Part::Tlp(*TLPS.get(usize::from(read_byte(&mut self.rest)?))?),
            _ => return None,
        })
    }
}

impl<'m> Parts<'m> {
    fn own_text(&mut self) -> Option<&'m str> {
        let length = read_index(&mut self.rest)?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        std::str::from_utf8(text).ok()
    }

    fn shared_text(&mut self) -> Option<&'m str> {
        let index = read_index(&mut self.rest)?;
        Some(self.shared.texts.get_index(index)?)
    }

    fn time(&mut self) -> Option<Timestamp> {
        let seconds = read_signed(&mut self.rest)?;
        let nanoseconds = read_signed(&mut self.rest)?.try_into().ok()?;
        Timestamp::new(seconds, nanoseconds).ok()
    }
}

/// LEB128: seven bits a byte, the lowest first; all but the last have the highest bit set.
fn write_number(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

/// Small numbers of both signs become small numbers.
fn write_signed(number: i64, out: &mut Vec<u8>) {
    write_number(((number << 1) ^ (number >> 63)).cast_unsigned(), out);
}

fn read_byte(bytes: &mut &[u8]) -> Option<u8> {
    bytes.split_off_first().copied()
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = read_byte(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn read_index(bytes: &mut &[u8]) -> Option<usize> {
    read_number(bytes)?.try_into().ok()
}

fn read_signed(bytes: &mut &[u8]) -> Option<i64> {
    let number = read_number(bytes)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}
