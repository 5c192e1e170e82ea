//! Imports at the size of a large tenant: 10,000 machines with 50 logons and 200 vulnerabilities each.
//!
//! `TESEM_BENCH_MACHINES` sets another number of machines. `TESEM_BENCH_POSTGRES` gives the address of a PostgreSQL server, e.g.
//! `postgres://tesem@localhost/bench`, whose schema `tesem_assets` is emptied; without it that server is left out.

mod tenant;

use std::sync::Arc;

use divan::{AllocProfiler, Bencher};
use tempfile::TempDir;
use tesem_assets::around::{Bounds, Neighbourhood, Question};
use tesem_assets::sink::{
    JsonSink, Lookup, ParquetSink, PostgresSink, Sink, SinkError, SqliteSink,
};
use tesem_assets::{AssetGraph, Delta, Import, Millis, SavePoint, Source};
use tesem_state::store::StateUrl;

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
        save_point: SavePoint::at(at),
    }))
}

fn wait<T>(work: impl Future<Output = Result<T, SinkError>>) -> Option<T> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().ok()?.block_on(work).ok()
}

/// The sinks that are timed.
#[derive(Debug, Clone, Copy)]
enum Kind {
    JsonLines,
    Parquet,
    Sqlite,
    Postgres,
}

const DATABASES: [Kind; 2] = [Kind::Sqlite, Kind::Postgres];
const ALL: [Kind; 4] = [Kind::JsonLines, Kind::Parquet, Kind::Sqlite, Kind::Postgres];

/// An empty sink of a kind; nothing where there is no server.
fn sink(kind: Kind) -> Option<(TempDir, Box<dyn Sink>)> {
    let folder = TempDir::new().ok()?;
    let place = folder.path();
    let sink: Box<dyn Sink> = match kind {
        Kind::JsonLines => Box::new(JsonSink::new(place)),
        Kind::Parquet => Box::new(ParquetSink::new(place)),
        Kind::Sqlite => Box::new(wait(SqliteSink::open(&place.join("assets.db")))?),
        Kind::Postgres => Box::new(postgres()?),
    };
    Some((folder, sink))
}

#[expect(
    clippy::disallowed_methods,
    reason = "set by hand where there is a server"
)]
fn postgres() -> Option<PostgresSink> {
    let url = std::env::var("TESEM_BENCH_POSTGRES").ok()?;
    let StateUrl::Postgres(address) = url.parse().ok()? else {
        return None;
    };
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let emptied = runtime.enable_all().build().ok()?.block_on(async {
        let client = address.connect().await.ok()?;
        let empty = "DROP SCHEMA IF EXISTS tesem_assets CASCADE";
        client.batch_execute(empty).await.ok()
    });
    emptied?;
    wait(PostgresSink::open(&address))
}

/// A full import and the one of the day after.
fn two_days() -> Option<[Arc<Import>; 2]> {
    let nothing = Arc::new(AssetGraph::default());
    let first = Arc::new(observed(machines(), 0, &nothing).next(&nothing).graph);
    let next = Arc::new(observed(machines(), 1, &first).next(&first).graph);
    Some([import(1, &nothing, &first)?, import(2, &first, &next)?])
}

/// A full import into an empty sink.
#[divan::bench(sample_count = 1, sample_size = 1, args = ALL)]
fn full_import(bencher: Bencher<'_, '_>, kind: Kind) {
    let (Some([first, _]), Some((_folder, sink))) = (two_days(), sink(kind)) else {
        return;
    };
    bencher.bench_local(|| wait(sink.write(Arc::clone(&first))));
}

/// A sink that holds the first day, and the import of the second.
fn first_day(kind: Kind) -> Option<(TempDir, Box<dyn Sink>, Arc<Import>)> {
    let (folder, sink) = sink(kind)?;
    let [first, second] = two_days()?;
    wait(sink.write(first))?;
    Some((folder, sink, second))
}

/// The import of the day after.
#[divan::bench(sample_count = 1, sample_size = 1, args = ALL)]
fn import_of_a_day(bencher: Bencher<'_, '_>, kind: Kind) {
    if let Some((_folder, sink, second)) = first_day(kind) {
        bencher.bench_local(|| wait(sink.write(Arc::clone(&second))));
    }
}

/// Reading the graph back, from which the next import starts.
#[divan::bench(sample_count = 1, sample_size = 1, args = ALL)]
fn graph_read_back(bencher: Bencher<'_, '_>, kind: Kind) {
    if let Some((_folder, sink, second)) = first_day(kind) {
        bencher.bench_local(|| wait(sink.earlier(&second.source)));
    }
}

/// A database that holds the first day.
fn database(kind: Kind) -> Option<(TempDir, Box<dyn Lookup>)> {
    let [first, _] = two_days()?;
    let folder = TempDir::new().ok()?;
    let lookup: Box<dyn Lookup> = match kind {
        Kind::Postgres => {
            let sink = postgres()?;
            wait(sink.write(first))?;
            Box::new(sink)
        }
        _ => {
            let sink = wait(SqliteSink::open(&folder.path().join("assets.db")))?;
            wait(sink.write(first))?;
            Box::new(sink)
        }
    };
    Some((folder, lookup))
}

async fn show(lookup: &dyn Lookup, text: &str) -> Result<Option<Neighbourhood>, SinkError> {
    let found = lookup.find(&Question::new(text)).await?;
    let Some(one) = found.candidates.first() else {
        return Ok(None);
    };
    lookup
        .around(&one.source, &one.node, Bounds::default())
        .await
}

/// A machine by its name, with its accounts, its software and what that is vulnerable to.
#[divan::bench(sample_count = 20, sample_size = 1, args = DATABASES)]
fn machine_with_neighbours(bencher: Bencher<'_, '_>, kind: Kind) {
    if let Some((_folder, lookup)) = database(kind) {
        bencher.bench_local(|| wait(show(&*lookup, "PC-7")));
    }
}

/// The system that every machine runs.
#[divan::bench(sample_count = 5, sample_size = 1, args = DATABASES)]
fn system_with_neighbours(bencher: Bencher<'_, '_>, kind: Kind) {
    if let Some((_folder, lookup)) = database(kind) {
        bencher.bench_local(|| wait(show(&*lookup, "windows11")));
    }
}
