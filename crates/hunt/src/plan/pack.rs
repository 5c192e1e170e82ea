//! Packing indicators into batches whose queries fit the byte budget.

use std::collections::{BTreeSet, HashMap};

use super::{Batch, PlanOptions};
use crate::indicator::IndicatorId;
use crate::intake::Intake;
use crate::query::{self, Lists, Missing, Part, TimeWindow};
use crate::term::{List, NotSearchable, Term};

/// The order of packing: kind by kind, so that most queries look into the tables of one kind only.
pub(super) fn order(intake: &Intake) -> Vec<IndicatorId> {
    let mut ids: Vec<_> = intake
        .with_ids()
        .map(|(id, indicator)| (indicator.kind(), id))
        .collect();
    ids.sort_unstable();
    ids.into_iter().map(|(_, id)| id).collect()
}

/// Fills one batch after the other.
pub(super) struct Packer<'a> {
    options: &'a PlanOptions,
    window: TimeWindow,
    fixed: HashMap<Vec<List>, usize>,
    batches: Vec<Batch>,
    open: Open,
}

/// The batch that is being filled.
#[derive(Default)]
struct Open {
    indicators: Vec<IndicatorId>,
    lists: Lists,
    kinds: BTreeSet<List>,
    /// Bytes of the query before its first value.
    fixed: usize,
}

impl<'a> Packer<'a> {
    pub(super) fn new(options: &'a PlanOptions, window: TimeWindow) -> Self {
        Self {
            options,
            window,
            fixed: HashMap::new(),
            batches: Vec::new(),
            open: Open::default(),
        }
    }

    /// Puts an indicator into the open batch, or into a new one where it does not fit.
    pub(super) fn add(&mut self, id: IndicatorId, terms: Vec<Term>) -> Result<(), NotSearchable> {
        let budget = self.options.query_bytes_max;
        let mut bytes = self.bytes_with(&terms);
        if bytes > budget && !self.open.indicators.is_empty() {
            self.close();
            bytes = self.bytes_with(&terms);
        }
        if bytes > budget {
            return Err(NotSearchable::OverBudget { bytes, budget });
        }
        self.take(id, terms);
        Ok(())
    }

    /// Bytes of the open batch's query with `terms` added.
    fn bytes_with(&mut self, terms: &[Term]) -> usize {
        let fixed = if terms
            .iter()
            .all(|term| self.open.kinds.contains(&term.list))
        {
            self.open.fixed
        } else {
            let new = terms.iter().map(|term| term.list);
            let kinds: BTreeSet<List> = self.open.kinds.iter().copied().chain(new).collect();
            self.fixed(kinds.into_iter().collect())
        };
        fixed + self.open.lists.bytes() + self.open.lists.added_bytes(terms)
    }

    fn take(&mut self, id: IndicatorId, terms: Vec<Term>) {
        let before = self.open.kinds.len();
        self.open.kinds.extend(terms.iter().map(|term| term.list));
        if self.open.kinds.len() > before {
            self.open.fixed = self.fixed(self.open.kinds.iter().copied().collect());
        }
        self.open.lists.add(terms);
        self.open.indicators.push(id);
    }

    /// Bytes of a query over `kinds` of lists that are all empty; few distinct sets of kinds occur.
    fn fixed(&mut self, kinds: Vec<List>) -> usize {
        let options = self.options;
        *self
            .fixed
            .entry(kinds)
            .or_insert_with_key(|kinds| fixed_bytes(options, kinds))
    }

    fn close(&mut self) {
        let full = std::mem::take(&mut self.open);
        if !full.indicators.is_empty() {
            self.batches.push(Batch {
                indicators: full.indicators,
                window: self.window,
            });
        }
    }

    pub(super) fn finish(mut self) -> Vec<Batch> {
        self.close();
        self.batches
    }
}

fn fixed_bytes(options: &PlanOptions, kinds: &[List]) -> usize {
    let part = Part {
        lists: Lists::empty(kinds.iter().copied()),
        places: options.places(),
        newest: None,
    };
    let missing = Missing::default();
    let text = query::write(&[part], options.window, options.counting(), &missing);
    text.map_or(0, |text| text.len())
}
