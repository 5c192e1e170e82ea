//! An import from its beginning to its end: what the sink holds, what is read, what is written.

use std::collections::{BTreeMap, BTreeSet};
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
#[derive(Debug)]
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
    /// The service lists no machine at all, and the sink holds some.
    #[error(
        "the tenant lists no machines, and the sink holds {held}; if the tenant is empty indeed, import once in full"
    )]
    NoMachines {
        /// How many.
        held: usize,
    },
}

impl ImportError {
    /// What it means for the next import, where IBM's platform has a class for it.
    #[must_use]
    pub fn failure(&self) -> Option<Failure> {
        match self {
            Self::Collect(error) => Some(Failure::from(&error.source)),
            Self::Sink(error) => CarError::of(error).map(CarError::failure),
            Self::NotIncremental(_) => None,
            Self::NoMachines { .. } => Some(Failure::DataSource(
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
            save_point: self.begun(save_point),
        };
        let steps = self.steps(&report.reaches);
        let last = steps.len().saturating_sub(1);
        for (number, aspects) in steps.iter().enumerate() {
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

    fn scope(&self) -> ImportScope {
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
            Some(earlier) => (Arc::new(earlier.graph), earlier.save_point),
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
        Aspect::ALL.into_iter().map(of).collect()
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

    /// The save point of an import that has begun.
    fn begun(&self, last: Option<SavePoint>) -> SavePoint {
        let scope = self.scope();
        match last {
            Some(last) if last.scope.as_ref().is_none_or(|known| *known == scope) => SavePoint {
                scope: Some(scope),
                ..last
            },
            _ => SavePoint {
                at: NEVER,
                scope: Some(scope),
                parts: BTreeMap::new(),
            },
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
        let held = state.graph.node_count(NodeKind::Asset);
        if collector.listed.count == 0 && held > 0 && self.mode != Mode::Full {
            return Err(ImportError::NoMachines { held });
        }
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

/// How far an import is.
struct State {
    graph: Arc<AssetGraph>,
    listed: Listed,
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
