//! Imports at the size of a large tenant: 10,000 machines with 50 logons and 200 vulnerabilities each.
//!
//! `TESEM_BENCH_MACHINES` sets another number of machines.

mod tenant;

use std::sync::Arc;

use divan::{AllocProfiler, Bencher};
use tesem_assets::sink::{Sink, SinkError, SqliteSink};
use tesem_assets::{AssetGraph, Delta, Import, Millis, SavePoint, Source};

use tenant::observed;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn machines() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "set by hand for a smaller run")]
    let asked = std::env::var("TESEM_BENCH_MACHINES").ok();
    asked
        .and_then(|number| number.parse().ok())
        .unwrap_or(10_000)
}

/// Reading the records of a whole tenant and mapping them; making the JSON that they come from is part of it.
#[divan::bench(sample_count = 1)]
fn records_are_mapped(bencher: Bencher<'_, '_>) {
    let nothing = AssetGraph::default();
    bencher.bench_local(|| observed(machines(), 0, &nothing));
}

/// From what a full import read to the graph.
#[divan::bench(sample_count = 3)]
fn the_next_graph(bencher: Bencher<'_, '_>) {
    let earlier = observed(machines(), 0, &AssetGraph::default())
        .next(&AssetGraph::default())
        .graph;
    let read = observed(machines(), 1, &earlier);
    bencher.bench_local(|| read.next(&earlier));
}

/// What changed from one day to the other.
#[divan::bench(sample_count = 5)]
fn the_delta_of_a_day(bencher: Bencher<'_, '_>) {
    let earlier = observed(machines(), 0, &AssetGraph::default())
        .next(&AssetGraph::default())
        .graph;
    let next = observed(machines(), 1, &earlier).next(&earlier).graph;
    bencher.bench_local(|| Delta::new(&earlier, &next).changes().count());
}

fn import(at: i64, earlier: &Arc<AssetGraph>, next: &Arc<AssetGraph>) -> Option<Arc<Import>> {
    let at = Millis::new(at);
    Some(Arc::new(Import {
        source: Source::new("conn-1", "Contoso").ok()?,
        at,
        earlier: Arc::clone(earlier),
        next: Arc::clone(next),
        passed: Vec::new(),
        save_point: SavePoint { at, scope: None },
    }))
}

fn wait<T>(work: impl Future<Output = Result<T, SinkError>>) -> Option<T> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().ok()?.block_on(work).ok()
}

/// A database in a folder, with what is written into it first.
fn database(first: &[Arc<Import>]) -> Option<(tempfile::TempDir, SqliteSink)> {
    let folder = tempfile::TempDir::new().ok()?;
    let sink = wait(SqliteSink::open(&folder.path().join("assets.db")))?;
    for import in first {
        wait(sink.write(Arc::clone(import)))?;
    }
    Some((folder, sink))
}

/// A full import and the one of the day after.
fn two_days() -> Option<[Arc<Import>; 2]> {
    let nothing = Arc::new(AssetGraph::default());
    let first = Arc::new(observed(machines(), 0, &nothing).next(&nothing).graph);
    let next = Arc::new(observed(machines(), 1, &first).next(&first).graph);
    Some([import(1, &nothing, &first)?, import(2, &first, &next)?])
}

/// A full import into an empty database.
#[divan::bench(sample_count = 1)]
fn sqlite_full_import(bencher: Bencher<'_, '_>) {
    let (Some([first, _]), Some((_folder, sink))) = (two_days(), database(&[])) else {
        return;
    };
    bencher.bench_local(|| wait(sink.write(Arc::clone(&first))));
}

/// The import of the day after.
#[divan::bench(sample_count = 1)]
fn sqlite_import_of_a_day(bencher: Bencher<'_, '_>) {
    let Some([first, second]) = two_days() else {
        return;
    };
    let Some((_folder, sink)) = database(&[first]) else {
        return;
    };
    bencher.bench_local(|| wait(sink.write(Arc::clone(&second))));
}

/// Reading the graph back, from which the next import starts.
#[divan::bench(sample_count = 1)]
fn sqlite_graph_read_back(bencher: Bencher<'_, '_>) {
    let Some([first, _]) = two_days() else {
        return;
    };
    let source = first.source.clone();
    let Some((_folder, sink)) = database(&[first]) else {
        return;
    };
    bencher.bench_local(|| wait(sink.earlier(&source)));
}
