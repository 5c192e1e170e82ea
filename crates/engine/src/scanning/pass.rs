//! One way over the rows.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, RecordBatchOptions,
};
use datafusion::arrow::compute::{concat, interleave};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::row::{OwnedRow, RowConverter, Rows, SortField};
use datafusion::common::{DataFusionError, exec_err};
use datafusion::execution::memory_pool::MemoryReservation;
use indexmap::IndexMap;

use super::state::{Active, Emission, EmittedRow};
use super::values::Values;
use super::{Emits, Scan};
use crate::sequence::{Pass, Setting};

/// How many bytes the steps of one key are taken to hold.
const BYTES_FOR_KEY: usize = 1 << 10;

/// The states of all steps, for the rows of one key.
type States = Vec<Option<Active>>;

pub(super) struct ScanPass {
    values: Values,
    emits: Vec<Emits>,
    locals: Vec<usize>,
    masks: Vec<Option<usize>>,
    keys: Vec<usize>,
    converter: Option<RowConverter>,
    states: IndexMap<Option<OwnedRow>, States>,
    matches: i64,
    emitted: usize,
    has_match_id: bool,
    output: SchemaRef,
    memory: MemoryReservation,
}

impl ScanPass {
    pub(super) fn new(scan: &Scan, setting: Setting) -> Result<Self, DataFusionError> {
        let mut places = setting.arguments.into_iter();
        let locals: Vec<usize> = places.by_ref().take(scan.locals.len()).collect();
        let masks = scan.masks.iter();
        let masks = masks.map(|is_computed| is_computed.then(|| places.next()).flatten());
        let masks = masks.collect();
        let keys: Vec<usize> = places.take(scan.keys).collect();
        let field = |place: &usize| setting.input.field(*place).clone();
        let sorts: Vec<SortField> = keys
            .iter()
            .map(|place| SortField::new(field(place).data_type().clone()))
            .collect();
        let converter = match sorts.is_empty() {
            true => None,
            false => Some(RowConverter::new(sorts)?),
        };
        Ok(Self {
            values: Values::new(scan, locals.iter().map(field).collect())?,
            emits: scan.steps.iter().map(|step| step.emits).collect(),
            locals,
            masks,
            keys,
            converter,
            states: IndexMap::new(),
            matches: 0,
            emitted: 0,
            has_match_id: scan.has_match_id,
            output: setting.output,
            memory: setting.memory,
        })
    }
}

impl Pass for ScanPass {
    fn rows(&mut self, batch: RecordBatch) -> Result<Vec<RecordBatch>, DataFusionError> {
        let masks = self.masks_of(&batch)?;
        let keys = self.keys_of(&batch)?;
        let mut emissions = Vec::new();
        for row in 0..batch.num_rows() {
            let key = keys.as_ref().map(|keys| keys.row(row).owned());
            let mut states = self.states_of(&key)?;
            self.scan_row(&batch, row, &masks, &mut states, &mut emissions)?;
            self.states.insert(key, states);
        }
        self.handed_out(&batch, &emissions)
    }

    fn finish(&mut self) -> Result<Vec<RecordBatch>, DataFusionError> {
        let states = std::mem::take(&mut self.states);
        let active = states.into_values().flatten().flatten();
        let pending: Vec<Emission> = active.filter_map(|active| active.pending).collect();
        let rows = pending.iter().filter_map(|emission| match &emission.row {
            EmittedRow::Kept(rows) => Some(rows.slice(0, 0)),
            EmittedRow::Current(_) => None,
        });
        match rows.into_iter().next() {
            Some(none) => self.handed_out(&none, &pending),
            None => Ok(Vec::new()),
        }
    }
}

impl ScanPass {
    fn masks_of(&self, batch: &RecordBatch) -> Result<Vec<Option<BooleanArray>>, DataFusionError> {
        let masks = self.masks.iter().map(|place| {
            let Some(place) = place else {
                return Ok(None);
            };
            match batch.column(*place).as_boolean_opt() {
                Some(mask) => Ok(Some(mask.clone())),
                None => exec_err!("a condition of `scan` is no bool"),
            }
        });
        masks.collect()
    }

    fn keys_of(&mut self, batch: &RecordBatch) -> Result<Option<Rows>, DataFusionError> {
        let keys: Vec<ArrayRef> = self
            .keys
            .iter()
            .map(|place| Arc::clone(batch.column(*place)))
            .collect();
        let converter = self.converter.as_mut();
        Ok(converter
            .map(|converter| converter.convert_columns(&keys))
            .transpose()?)
    }

    /// Takes the states of a key out; the caller puts them back.
    fn states_of(&mut self, key: &Option<OwnedRow>) -> Result<States, DataFusionError> {
        if let Some(states) = self.states.get_mut(key) {
            return Ok(std::mem::take(states));
        }
        self.memory.try_grow(BYTES_FOR_KEY)?;
        Ok(vec![None; self.emits.len()])
    }

    fn scan_row(
        &mut self,
        batch: &RecordBatch,
        row: usize,
        masks: &[Option<BooleanArray>],
        states: &mut States,
        emissions: &mut Vec<Emission>,
    ) -> Result<(), DataFusionError> {
        let mut locals: Option<Vec<ArrayRef>> = None;
        for step in (0..self.emits.len()).rev() {
            let mask = masks.get(step).and_then(Option::as_ref);
            if mask.is_some_and(|mask| mask.is_null(row) || !mask.value(row)) {
                continue;
            }
            let locals = locals.get_or_insert_with(|| self.locals_of(batch, row));
            if let Some(active) = self.matched(step, locals, states, emissions)? {
                self.take(step, (batch, row), locals, active, states, emissions)?;
            }
        }
        Ok(())
    }

    fn locals_of(&self, batch: &RecordBatch, row: usize) -> Vec<ArrayRef> {
        let columns = self.locals.iter();
        columns
            .map(|place| batch.column(*place).slice(row, 1))
            .collect()
    }

    /// The match that a row goes on with at a step, taken out of its state; nothing where it does not match.
    fn matched(
        &mut self,
        step: usize,
        locals: &[ArrayRef],
        states: &mut States,
        emissions: &mut Vec<Emission>,
    ) -> Result<Option<Active>, DataFusionError> {
        let before = step
            .checked_sub(1)
            .and_then(|before| states.get_mut(before));
        if let Some(state) = before
            && state.is_some()
            && self.values.holds(step, locals, state.as_ref())?
        {
            let promoted = state.take();
            let replaced = states.get_mut(step).and_then(Option::take);
            emissions.extend(replaced.and_then(|replaced| replaced.pending));
            return Ok(promoted.map(|mut promoted| {
                emissions.extend(promoted.pending.take());
                promoted
            }));
        }
        let Some(state) = states.get_mut(step) else {
            return Ok(None);
        };
        if step > 0 && state.is_none() || !self.values.holds(step, locals, state.as_ref())? {
            return Ok(None);
        }
        Ok(Some(state.take().unwrap_or_else(|| {
            let active = Active::begin(self.matches, self.emits.len());
            self.matches += 1;
            active
        })))
    }

    /// Makes a row the newest one of a step.
    fn take(
        &self,
        step: usize,
        (batch, row): (&RecordBatch, usize),
        locals: &[ArrayRef],
        mut active: Active,
        states: &mut States,
        emissions: &mut Vec<Emission>,
    ) -> Result<(), DataFusionError> {
        let declared = self.values.assigned(step, locals, Some(&active))?;
        active.remember(step, self.values.record(step, locals, &declared)?);
        let emission = |row| Emission {
            row,
            declared: Arc::new(declared),
            match_id: active.match_id,
        };
        match self.emits.get(step) {
            Some(Emits::All) => emissions.push(emission(EmittedRow::Current(row))),
            Some(Emits::Last) => {
                let kept = EmittedRow::Kept(batch.slice(row, 1));
                active.pending = Some(emission(kept));
            }
            Some(Emits::None) | None => {}
        }
        if let Some(state) = states.get_mut(step) {
            *state = Some(active);
        }
        Ok(())
    }

    /// The rows that are handed out; those that are being read are `current`.
    fn handed_out(
        &mut self,
        current: &RecordBatch,
        emissions: &[Emission],
    ) -> Result<Vec<RecordBatch>, DataFusionError> {
        if emissions.is_empty() {
            return Ok(Vec::new());
        }
        let (sources, places) = sources(current, emissions);
        let mut arrays = Vec::with_capacity(self.output.fields().len());
        for column in 0..current.num_columns() {
            let columns: Vec<&dyn Array> = sources
                .iter()
                .map(|source| source.column(column).as_ref())
                .collect();
            arrays.push(interleave(&columns, &places)?);
        }
        let first = i64::try_from(self.emitted).unwrap_or(i64::MAX);
        let numbers = (first..).take(emissions.len());
        arrays.push(Arc::new(Int64Array::from_iter_values(numbers)));
        self.emitted += emissions.len();
        arrays.extend(declared(emissions)?);
        if self.has_match_id {
            let ids = emissions.iter().map(|emission| emission.match_id);
            arrays.push(Arc::new(Int64Array::from_iter_values(ids)));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(emissions.len()));
        let output = Arc::clone(&self.output);
        let batch = RecordBatch::try_new_with_options(output, arrays, &options)?;
        Ok(vec![batch])
    }
}

/// Where the rows stand that are handed out: the batches, and for each row its batch and its place in it.
fn sources<'a>(
    current: &'a RecordBatch,
    emissions: &'a [Emission],
) -> (Vec<&'a RecordBatch>, Vec<(usize, usize)>) {
    let mut sources = vec![current];
    let mut places = Vec::with_capacity(emissions.len());
    for emission in emissions {
        match &emission.row {
            EmittedRow::Current(row) => places.push((0, *row)),
            EmittedRow::Kept(rows) => {
                places.push((sources.len(), 0));
                sources.push(rows);
            }
        }
    }
    (sources, places)
}

fn declared(emissions: &[Emission]) -> Result<Vec<ArrayRef>, DataFusionError> {
    let count = emissions.first().map_or(0, |first| first.declared.len());
    let columns = (0..count).map(|column| {
        let values: Vec<&dyn Array> = emissions
            .iter()
            .filter_map(|emission| emission.declared.get(column))
            .map(AsRef::as_ref)
            .collect();
        Ok(concat(&values)?)
    });
    columns.collect()
}
