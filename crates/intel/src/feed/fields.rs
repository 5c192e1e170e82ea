//! What an entry says beside its values, where a map tells what stands where.

use crate::output::Output;
use crate::{Confidence, Details, Tlp};

use super::time;

/// What may be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Confidence,
    FirstSeen,
    LastSeen,
    ValidUntil,
    Comment,
    Labels,
    Id,
    Tlp,
    Reference,
}

/// The details of an entry; `texts` gives what is filled.
pub(super) fn details(texts: impl Fn(Field) -> Vec<String>, output: &mut Output) -> Details {
    let text = |field| texts(field).into_iter().next();
    Details {
        object_id: text(Field::Id).map(Into::into),
        first_seen: read("first_seen", text(Field::FirstSeen), time::read, output),
        last_seen: read("last_seen", text(Field::LastSeen), time::read, output),
        valid_from: None,
        valid_until: read("valid_until", text(Field::ValidUntil), time::read, output),
        confidence: read("confidence", text(Field::Confidence), confidence, output),
        tlp: read(
            "tlp",
            text(Field::Tlp),
            |text| text.parse::<Tlp>().ok(),
            output,
        ),
        labels: labels(&texts(Field::Labels)),
        comment: text(Field::Comment).map(Into::into),
        references: texts(Field::Reference)
            .into_iter()
            .map(Into::into)
            .collect(),
    }
}

fn read<T>(
    field: &str,
    text: Option<String>,
    read: impl FnOnce(&str) -> Option<T>,
    output: &mut Output,
) -> Option<T> {
    let value = read(&text?);
    if value.is_none() {
        output.unread_field(field);
    }
    value
}

fn confidence(text: &str) -> Option<Confidence> {
    let number = text.trim_end_matches('%').trim();
    let number = number.strip_suffix(".0").unwrap_or(number);
    Confidence::new(number.parse().ok()?)
}

/// A text may hold several.
fn labels(texts: &[String]) -> Vec<Box<str>> {
    let parts = texts.iter().flat_map(|text| text.split([',', ';', '|']));
    let labels = parts.map(str::trim).filter(|label| !label.is_empty());
    labels.map(Into::into).collect()
}
