//! An import from its beginning to its end: what the sink holds, what is read, what is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use tesem_defender::DefenderClient;

use crate::collect::{CollectError, CollectOptions, Collector, Listed, Watcher};
use crate::collection::NodeKind;
use crate::forecast::{Forecast, forecast};
use crate::graph::AssetGraph;
use crate::import::{Import, Source};
use crate::mapping::{MappingOptions, Unmapped};
use crate::millis::Millis;
use crate::observed::{Aspect, Observed};
use crate::save_point::{ImportScope, Mode, NEVER, NotIncremental, Part, Reach, SavePoint, reach};
use crate::sink::car::{CarError, Failure};
use crate::sink::{Sink, SinkError, Written};

/// What an import is made of.
pub struct Importer<'a> {
    /// The tenant.
    pub client: &'a DefenderClient,
    /// Where it goes.
    pub sink: &'a dyn Sink,
    /// Under which name.
    pub source: Source,
    /// How much is read.
    pub mode: Mode,
    /// Which parts; machines always are.
    pub aspects: BTreeSet<Aspect>,
    /// How they are read.
    pub collect: CollectOptions,
    /// How they are mapped; its `now` is the time at which the import begins.
    pub mapping: MappingOptions,
    /// Who is told.
    pub watcher: &'a dyn Watcher,
    /// What the import that began then was about, for a sink that keeps the time alone.
    pub last_scope: Option<(Millis, ImportScope)>,
    /// Whether to stop before the next part is read.
    pub is_stopped: &'a (dyn Fn() -> bool + Sync),
}

impl fmt::Debug for Importer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Importer")
            .field("sink", &self.sink)
            .field("source", &self.source)
            .field("mode", &self.mode)
            .field("aspects", &self.aspects)
            .finish_non_exhaustive()
    }
}

/// How an import went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// When it began.
    pub at: Millis,
    /// How much of each part was read.
    pub reaches: BTreeMap<Aspect, Reach>,
    /// What changed.
    pub written: Written,
    /// What could not be mapped.
    pub unmapped: Unmapped,
    /// Nodes and edges that the graph has now.
    pub nodes: usize,
    /// Its edges.
    pub edges: usize,
}

/// Why an import failed. The sink's save point is as it was, or says which parts are written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The tenant could not be read.
    #[error(transparent)]
    Collect(#[from] CollectError),
    /// The sink could not be read or written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// An incremental import was asked for that cannot be.
    #[error(transparent)]
    NotIncremental(#[from] NotIncremental),
    /// The service lists far fewer machines than the sink holds, which would all be taken for gone.
    #[error(
        "the tenant lists {listed} machines, and there were {} before; if that is so indeed, import once with --mode full",
        .held.map_or_else(|| "some".to_owned(), |held| held.to_string())
    )]
    FewMachines {
        /// How many it lists.
        listed: usize,
        /// How many the sink holds, where that is known.
        held: Option<usize>,
    },
    /// It was stopped between two parts; those before are written.
    #[error("the import was stopped; the next one goes on from what is written")]
    Stopped,
}

impl ImportError {
    /// What it means for the next import, where IBM's platform has a class for it.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Collect(error) => Some(Failure::from(&error.source)),
            Self::Sink(error) => CarError::of(error).map(CarError::failure),
            Self::NotIncremental(_) | Self::Stopped => None,
            Self::FewMachines { .. } => Some(Failure::DataSource(
                crate::sink::car::DataSource::Processing,
            )),
        }
    }
}

/// What an import starts from.
struct Start {
    graph: Arc<AssetGraph>,
    save_point: Option<SavePoint>,
    reaches: BTreeMap<Aspect, Reach>,
}

impl Importer<'_> {
    /// Imports.
    ///
    /// Dropping the future while it reads loses what was read since the last part was written, and nothing else. While it writes
    /// ([`Watcher::writing`]) a sink may be left with work to undo: let it come to its end.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn run(&self) -> Result<ImportReport, ImportError> {
        let at = Millis::from(self.mapping.now);
        let Start {
            graph,
            save_point,
            reaches,
        } = self.start(at).await?;
        let mut report = ImportReport {
            at,
            reaches,
            written: Written::default(),
            unmapped: Unmapped::default(),
            nodes: 0,
            edges: 0,
        };
        let mut state = State {
            graph,
            listed: Listed::default(),
            is_known: save_point.as_ref().is_some_and(|last| last.at != NEVER),
            save_point: self.begun(save_point, &report.reaches),
        };
        let steps = self.steps(&report.reaches);
        let last = steps.len().saturating_sub(1);
        for (number, aspects) in steps.iter().enumerate() {
            if (self.is_stopped)() {
                return Err(ImportError::Stopped);
            }
            self.step(&mut state, aspects, number == last, &mut report)
                .await?;
        }
        (report.nodes, report.edges) = state.graph.size();
        Ok(report)
    }

    /// What an import that begins now will take. Reads the sink and nothing of the tenant; where the sink knows no machines there are taken
    /// to be as many as `machines`.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn forecast(&self, machines: u64) -> Result<Vec<Forecast>, ImportError> {
        let start = self.start(Millis::from(self.mapping.now)).await?;
        let reaches = start.reaches.into_iter();
        let parts = reaches.filter(|(aspect, _)| self.aspects.contains(aspect));
        Ok(forecast(parts, &start.graph, machines))
    }

    /// What it is about.
    #[must_use]
    pub fn scope(&self) -> ImportScope {
        ImportScope {
            aspects: self.aspects.clone(),
            accounts: self.mapping.accounts,
        }
    }

    /// What the sink holds, and what is to be read because of that.
    async fn start(&self, at: Millis) -> Result<Start, ImportError> {
        let nothing = Arc::new(AssetGraph::default());
        if self.sink.starts_over() {
            let save_point = self.sink.save_point(&self.source).await?;
            let save_point = save_point.map(|last| self.with_scope(last));
            let reaches = self.reaches(save_point.as_ref(), at)?;
            if reaches
                .values()
                .any(|reach| matches!(reach, Reach::Full(_)))
            {
                let reaches = self.all_full(reaches);
                return Ok(Start {
                    graph: nothing,
                    save_point,
                    reaches,
                });
            }
        }
        let earlier = self.sink.earlier(&self.source).await?;
        let (graph, save_point) = match earlier {
            Some(earlier) => {
                let save_point = earlier.save_point.map(|last| self.with_scope(last));
                (Arc::new(earlier.graph), save_point)
            }
            None => (nothing, None),
        };
        let reaches = self.reaches(save_point.as_ref(), at)?;
        Ok(Start {
            graph,
            save_point,
            reaches,
        })
    }

    fn reaches(
        &self,
        last: Option<&SavePoint>,
        at: Millis,
    ) -> Result<BTreeMap<Aspect, Reach>, NotIncremental> {
        let scope = self.scope();
        let of = |aspect: Aspect| Ok((aspect, reach(self.mode, last, aspect, &scope, at)?));
        self.aspects.iter().copied().map(of).collect()
    }

    /// The save point with what is known of its import from elsewhere.
    fn with_scope(&self, last: SavePoint) -> SavePoint {
        let known = self.last_scope.as_ref().filter(|(at, _)| *at == last.at);
        let known = known.map(|(_, scope)| scope.clone());
        SavePoint {
            scope: last.scope.or(known),
            ..last
        }
    }

    /// Where one part has to be read in full, all are: the sink starts over.
    fn all_full(&self, reaches: BTreeMap<Aspect, Reach>) -> BTreeMap<Aspect, Reach> {
        let full = reaches
            .values()
            .find(|reach| matches!(reach, Reach::Full(_)))
            .cloned();
        match full {
            Some(full) => reaches
                .into_keys()
                .map(|aspect| (aspect, full.clone()))
                .collect(),
            None => reaches,
        }
    }

    /// Which parts are read and written together. What is read since a save point is read with the machines, because it hangs on which of
    /// them were seen anew; a part that is read in full stands for itself.
    fn steps(&self, reaches: &BTreeMap<Aspect, Reach>) -> Vec<BTreeSet<Aspect>> {
        if !self.sink.takes_parts() {
            return vec![self.aspects.clone()];
        }
        let is_full = |aspect: &Aspect| matches!(reaches.get(aspect), Some(Reach::Full(_)));
        let (alone, first): (BTreeSet<Aspect>, BTreeSet<Aspect>) = self
            .aspects
            .iter()
            .partition(|aspect| **aspect != Aspect::Machines && is_full(aspect));
        let alone = alone.into_iter().map(|aspect| BTreeSet::from([aspect]));
        std::iter::once(first).chain(alone).collect()
    }

    /// The save point of an import that has begun. Where a part is read in full, what the others know is kept by part: the whole no longer
    /// stands for one time.
    fn begun(&self, last: Option<SavePoint>, reaches: &BTreeMap<Aspect, Reach>) -> SavePoint {
        let scope = Some(self.scope());
        let is_full = |reach: &Reach| matches!(reach, Reach::Full(_));
        let Some(last) = last else {
            return SavePoint {
                scope,
                ..SavePoint::at(NEVER)
            };
        };
        if !reaches.values().any(is_full) {
            return SavePoint { scope, ..last };
        }
        let kept = reaches.iter().filter(|(_, reach)| !is_full(reach));
        let part = |aspect: Aspect| last.parts.get(&aspect).map_or(last.at, |part| part.at);
        SavePoint {
            at: NEVER,
            scope,
            parts: kept
                .map(|(aspect, _)| (*aspect, Part { at: part(*aspect) }))
                .collect(),
        }
    }

    async fn step(
        &self,
        state: &mut State,
        aspects: &BTreeSet<Aspect>,
        is_last: bool,
        report: &mut ImportReport,
    ) -> Result<(), ImportError> {
        let observed = self.collect(state, aspects, report).await?;
        self.check_machines(state, &report.reaches)?;
        self.mark(state, report).await?;
        let next = observed.next(&state.graph);
        let passed = match report.reaches.get(&Aspect::Alerts) {
            Some(Reach::Since(since)) => observed.passed(*since, &state.graph, &next.graph),
            _ => Vec::new(),
        };
        drop(observed);
        report.unmapped.merge(&next.unmapped);
        state.save_point.done(aspects, report.at, is_last);
        let next = Arc::new(next.graph);
        let import = Import {
            source: self.source.clone(),
            at: report.at,
            earlier: std::mem::replace(&mut state.graph, Arc::clone(&next)),
            next,
            passed,
            save_point: state.save_point.clone(),
        };
        self.watcher.writing();
        report.written += self.sink.write(Arc::new(import)).await?;
        Ok(())
    }

    /// Refuses a list that is far shorter than what is known: machines do not go by halves, lists and rights do.
    fn check_machines(
        &self,
        state: &State,
        reaches: &BTreeMap<Aspect, Reach>,
    ) -> Result<(), ImportError> {
        let listed = state.listed.count;
        let held = state.graph.node_count(NodeKind::Asset);
        let is_far_less = held > MACHINES_LOST_MAX && listed < held / 2 || listed == 0 && held > 0;
        // Of what a sink holds that starts over nothing is known here but that there was an import.
        let is_full = reaches
            .values()
            .any(|reach| matches!(reach, Reach::Full(_)));
        let is_unknown = self.sink.starts_over() && is_full && state.is_known && listed == 0;
        if self.mode == Mode::Full || !(is_far_less || is_unknown) {
            return Ok(());
        }
        Err(ImportError::FewMachines {
            listed,
            held: (!is_unknown).then_some(held),
        })
    }

    /// Before machines are written that the graph did not know: should the write break off, they are in the sink without all that they had
    /// before, and no later import would take them for new. So the sink is told that all but the machines is still to be read.
    async fn mark(&self, state: &State, report: &ImportReport) -> Result<(), ImportError> {
        let is_new = !state.listed.new.is_empty() && !state.graph.is_empty();
        if !is_new || !self.sink.takes_parts() || state.save_point.at == NEVER {
            return Ok(());
        }
        let machines = Part {
            at: state.save_point.at,
        };
        let import = Import {
            source: self.source.clone(),
            at: report.at,
            earlier: Arc::clone(&state.graph),
            next: Arc::clone(&state.graph),
            passed: Vec::new(),
            save_point: SavePoint {
                at: NEVER,
                scope: state.save_point.scope.clone(),
                parts: [(Aspect::Machines, machines)].into(),
            },
        };
        self.sink.write(Arc::new(import)).await?;
        Ok(())
    }

    async fn collect(
        &self,
        state: &mut State,
        aspects: &BTreeSet<Aspect>,
        report: &ImportReport,
    ) -> Result<Observed, ImportError> {
        let at: Timestamp = self.mapping.now;
        let mut collector = Collector {
            client: self.client,
            options: &self.collect,
            watcher: self.watcher,
            at,
            reaches: report.reaches.clone(),
            earlier: &state.graph,
            listed: std::mem::take(&mut state.listed),
            observed: Observed::starting_from(self.mapping.clone(), &state.graph),
        };
        collector.read(aspects).await?;
        let mut observed = collector.observed;
        state.listed = collector.listed;
        // What is left out of imports is not in the graph either.
        for aspect in Aspect::ALL {
            if !self.aspects.contains(&aspect) {
                observed.covers_all(aspect);
            }
        }
        Ok(observed)
    }
}

/// How many machines may go at once without being asked about.
const MACHINES_LOST_MAX: usize = 50;

/// How far an import is.
struct State {
    graph: Arc<AssetGraph>,
    listed: Listed,
    /// Whether there was an import before.
    is_known: bool,
    save_point: SavePoint,
}

impl SavePoint {
    /// Some parts are done; with the last of them the import is.
    fn done(&mut self, aspects: &BTreeSet<Aspect>, at: Millis, is_last: bool) {
        if is_last {
            self.at = at;
            self.parts.clear();
        } else {
            let parts = aspects.iter().map(|aspect| (*aspect, Part { at }));
            self.parts.extend(parts);
        }
    }
}
