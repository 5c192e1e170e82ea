//! From input to indicators: every line is searched for, refused with a reason, or a comment.

mod form;
mod list;
mod text;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tesem_observable::{Observable, Refusal, decode};

use crate::indicator::{Indicator, IndicatorId, Origin, Provenance};

/// How a source is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputForm {
    /// By its looks: as a [`List`](InputForm::List) when at least half of its first 200 lines that say something
    /// are one item each, or hold one in a comma-separated cell; else as [`Text`](InputForm::Text).
    #[default]
    Auto,
    /// One item a line. `#` and `//` begin a comment, at the start of a line or behind a blank. A line that is no item may hold items
    /// in cells separated by comma, semicolon or tab. A line without an item is refused.
    List,
    /// Running text, such as a report, a mail, JSON or HTML: items are picked out wherever they stand.
    Text,
}

/// Something to take indicators from.
#[derive(Debug, Clone, Copy)]
pub struct InputSource<'a> {
    /// What it is called in reports: a file name, `-`, a feed.
    pub name: &'a str,
    /// Its content, in any encoding that [`decode`] knows.
    pub bytes: &'a [u8],
    /// How it is read.
    pub form: InputForm,
}

/// What was read from one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSummary {
    /// Its name.
    pub name: String,
    /// How it was read; never [`InputForm::Auto`] unless nothing could be read.
    pub form: InputForm,
    /// Lines, also empty ones.
    pub lines: u64,
    /// Items recognised, counting repetitions.
    pub items: u64,
    /// Items refused.
    pub refused: u64,
}

/// A line or item that is not searched for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedItem {
    /// Where it stands.
    pub origin: Origin,
    /// What it is, cut to a length that a report can show, control characters escaped.
    pub text: String,
    /// Why it is refused.
    pub reason: String,
}

/// The input of a hunt.
#[derive(Debug, Clone, Default)]
pub struct Intake {
    /// The sources, in the order of reading.
    pub sources: Vec<SourceSummary>,
    /// The indicators, in the order of their first appearance; an [`IndicatorId`] is an index into this.
    pub indicators: Vec<Indicator>,
    /// What was refused, in the order of appearance.
    pub refused: Vec<RefusedItem>,
    known: HashMap<Observable, IndicatorId>,
}

impl Intake {
    /// Reads `sources`.
    ///
    /// Never fails: what cannot be read is among the refused, a source that is no text as its line 0. Takes time linear in the input.
    #[must_use]
    pub fn read(sources: &[InputSource<'_>]) -> Self {
        let mut intake = Self::default();
        for source in sources {
            intake.read_source(*source);
        }
        intake
    }

    /// Reads one more source.
    pub fn read_source(&mut self, source: InputSource<'_>) {
        let mut reading = self.begin(source.name, source.form);
        match decode(source.bytes) {
            Ok(decoded) => reading.read_text(&decoded.text),
            Err(error) => reading.refuse(0, source.name, error.to_string()),
        }
        reading.end();
    }

    /// Adds an observable that was not read from a text, such as an entry of a feed, as `line` of a source of that name.
    pub fn add(&mut self, source: &str, line: u64, observable: Observable) -> IndicatorId {
        let origin = self.place(source, line);
        if let Some(summary) = self.sources.last_mut() {
            summary.items += 1;
        }
        self.indicator(observable, origin)
    }

    /// Adds what a feed says about an indicator.
    pub fn tell(&mut self, id: IndicatorId, provenance: Provenance) {
        if let Some(indicator) = self.indicators.get_mut(id.index()) {
            indicator.provenance.push(provenance);
        }
    }

    /// Adds an item that is not searched for, at `line` of a source of that name.
    pub fn refuse(&mut self, source: &str, line: u64, text: String, reason: String) {
        let origin = self.place(source, line);
        if let Some(summary) = self.sources.last_mut() {
            summary.refused += 1;
        }
        self.refused.push(RefusedItem {
            origin,
            text,
            reason,
        });
    }

    /// Takes out the indicators for which `stop` gives a reason; they count as refused at the first place that named them.
    pub fn stop(&mut self, stop: impl Fn(&Observable) -> Option<String>) {
        let all = std::mem::take(&mut self.indicators);
        self.known.clear();
        for indicator in all {
            match stop(&indicator.observable) {
                None => {
                    let next = IndicatorId(index(self.indicators.len()));
                    self.known.insert(indicator.observable.clone(), next);
                    self.indicators.push(indicator);
                }
                Some(reason) => self.refuse_indicator(&indicator, reason),
            }
        }
        self.refused.sort_by_key(|item| item.origin);
    }

    fn refuse_indicator(&mut self, indicator: &Indicator, reason: String) {
        let Some(origin) = indicator.origins.first().copied() else {
            return;
        };
        self.refused.push(RefusedItem {
            origin,
            text: indicator.observable.to_string(),
            reason,
        });
    }

    /// A place in a source of that name, which is begun where it is not the last one.
    fn place(&mut self, source: &str, line: u64) -> Origin {
        let last = self.sources.last();
        if last.is_none_or(|last| last.name != source) {
            self.begin(source, InputForm::List).end();
        }
        if let Some(summary) = self.sources.last_mut() {
            summary.lines = summary.lines.max(line);
        }
        Origin {
            source: index(self.sources.len().saturating_sub(1)),
            line,
        }
    }

    /// An intake as it was before it was saved.
    pub(crate) fn restored(
        sources: Vec<SourceSummary>,
        indicators: Vec<Indicator>,
        refused: Vec<RefusedItem>,
    ) -> Self {
        let known = indicators
            .iter()
            .map(|indicator| indicator.observable.clone());
        let known = known.zip((0..).map(IndicatorId)).collect();
        Self {
            sources,
            indicators,
            refused,
            known,
        }
    }

    /// The indicator with that id.
    #[must_use]
    pub fn get(&self, id: IndicatorId) -> Option<&Indicator> {
        self.indicators.get(id.index())
    }

    /// All indicators with their ids, in order.
    pub fn with_ids(&self) -> impl Iterator<Item = (IndicatorId, &Indicator)> {
        (0..).map(IndicatorId).zip(&self.indicators)
    }

    fn begin(&mut self, name: &str, form: InputForm) -> Reading<'_> {
        Reading {
            number: index(self.sources.len()),
            summary: SourceSummary {
                name: name.to_owned(),
                form,
                lines: 0,
                items: 0,
                refused: 0,
            },
            intake: self,
        }
    }

    fn indicator(&mut self, observable: Observable, origin: Origin) -> IndicatorId {
        let next = IndicatorId(index(self.indicators.len()));
        let id = *self.known.entry(observable.clone()).or_insert(next);
        match self.indicators.get_mut(id.index()) {
            Some(known) if known.origins.last() == Some(&origin) => {}
            Some(known) => known.origins.push(origin),
            None => self.indicators.push(Indicator {
                observable,
                origins: vec![origin],
                provenance: Vec::new(),
            }),
        }
        id
    }
}

/// Counts beyond four thousand million do not fit into memory.
fn index(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// A source being read.
struct Reading<'a> {
    intake: &'a mut Intake,
    number: u32,
    summary: SourceSummary,
}

impl Reading<'_> {
    fn read_text(&mut self, text: &str) {
        self.summary.lines = text.lines().count() as u64;
        self.summary.form = match self.summary.form {
            InputForm::Auto => form::guess(text),
            forced => forced,
        };
        match self.summary.form {
            InputForm::List => list::read(text, self),
            _ => text::read(text, self),
        }
    }

    fn accept(&mut self, line: u64, observable: Observable) {
        self.summary.items += 1;
        let origin = self.origin(line);
        self.intake.indicator(observable, origin);
    }

    fn refuse_item(&mut self, line: u64, refusal: &Refusal) {
        self.refuse(line, refusal.excerpt(), refusal.reason().to_string());
    }

    fn refuse(&mut self, line: u64, text: &str, reason: String) {
        self.summary.refused += 1;
        let origin = self.origin(line);
        self.intake.refused.push(RefusedItem {
            origin,
            text: text.to_owned(),
            reason,
        });
    }

    fn origin(&self, line: u64) -> Origin {
        Origin {
            source: self.number,
            line,
        }
    }

    fn end(self) {
        self.intake.sources.push(self.summary);
    }
}
