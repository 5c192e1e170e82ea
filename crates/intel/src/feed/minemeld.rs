//! Output feeds of MineMeld: text, JSON, JSON sequences.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::value::RawValue;
use tesem_observable::recognise;

use super::{kinds, lines, text, time};
use crate::fetch::Input;
use crate::output::Output;
use crate::stix::read_objects;
use crate::{Confidence, Details, Problem, RefusedBecause, Tlp};

/// An output feed of MineMeld. Its form is found out: `v=json` (a list), `v=json-seq` (an object a line), or a value a line with
/// ranges as `a-b` or networks.
///
/// Source: the feed handler of PaloAltoNetworks/minemeld-core.
#[derive(Debug, Clone, Default)]
pub struct MineMeldFeed {}

/// An entry of the JSON forms.
#[derive(Debug, Deserialize)]
struct Entry {
    indicator: String,
    #[serde(default)]
    value: Attributes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(rename = "type")]
    kind: Option<String>,
    confidence: Option<f64>,
    first_seen: Option<i64>,
    last_seen: Option<i64>,
    share_level: Option<String>,
    sources: Vec<String>,
}

impl MineMeldFeed {
    pub(super) fn read(input: Input, output: &mut Output) -> Result<(), Problem> {
        let what = output.document().to_owned();
        input.refuse_html(&what, "a feed of MineMeld")?;
        let first = input.sample.iter().find(|byte| !byte.is_ascii_whitespace());
        match first {
            Some(b'[') => {
                read_objects(input.reader, output, &mut |raw, number, output| {
                    entry(raw.get(), number, output)
                })?;
                Ok(())
            }
            Some(b'{' | 0x1e) => sequence(input, output),
            _ => plain(input, output),
        }
    }
}

/// RFC 7464, or JSON Lines.
fn sequence(input: Input, output: &mut Output) -> Result<(), Problem> {
    let mut reader = input.reader;
    text::each_line(&mut *reader, output, |number, line, output| {
        let line = line.trim_start_matches('\u{1e}').trim();
        match line.is_empty() {
            true => {
                output.context("empty line");
                Ok(())
            }
            false => entry(line, number, output),
        }
    })
}

fn plain(input: Input, output: &mut Output) -> Result<(), Problem> {
    let what = output.document().to_owned();
    let mut reader: Box<dyn BufRead + Send> = lines::decoded(input, None, &what)?;
    text::each_line(&mut *reader, output, |number, line, output| {
        let value = line.trim();
        match value.is_empty() || value.starts_with('#') {
            true => {
                output.context(if value.is_empty() {
                    "empty line"
                } else {
                    "comment"
                });
                Ok(())
            }
            false => output.value(number, recognise(value), None),
        }
    })
}

fn entry(json: &str, number: u64, output: &mut Output) -> Result<(), Problem> {
    let entry: Entry = match serde_json::from_str::<&RawValue>(json)
        .and_then(|raw| serde_json::from_str(raw.get()))
    {
        Ok(entry) => entry,
        Err(error) => {
            let why = format!("is no entry of MineMeld: {error}");
            return output.refused(number, json, RefusedBecause::Form(why.into()));
        }
    };
    let kind = entry.value.kind.as_deref();
    match kinds::read(kind, &entry.indicator) {
        Ok(read) => {
            let details = entry.value.details(output).shared();
            output.value(number, read, details)
        }
        Err(reason) => output.refused(number, &entry.indicator, reason),
    }
}

impl Attributes {
    fn details(&self, output: &mut Output) -> Details {
        let confidence = self.confidence.and_then(percent);
        if self.confidence.is_some() && confidence.is_none() {
            output.unread_field("confidence");
        }
        Details {
            first_seen: self.first_seen.and_then(time::of_number),
            last_seen: self.last_seen.and_then(time::of_number),
            confidence,
            tlp: self.share_level.as_deref().and_then(share_level),
            labels: self
                .sources
                .iter()
                .map(|source| source.as_str().into())
                .collect(),
            ..Details::NOTHING
        }
    }
}

/// MineMeld shares by colour: its yellow is the protocol's amber.
fn share_level(level: &str) -> Option<Tlp> {
    match level {
        "yellow" => Some(Tlp::Amber),
        other => other.parse().ok(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked before"
)]
fn percent(number: f64) -> Option<Confidence> {
    let is_percent = (0.0..=100.0).contains(&number);
    is_percent.then_some(number as u8).and_then(Confidence::new)
}
