//! Laws of imports into the service.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tesem_assets::{EdgeKind, NodeKind};

use super::fake::{Ending, FakeCar, Fault, Outcome};
use super::*;
use crate::world::{Event, World, events};

fn run<T>(work: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(work)
}

/// Edges of a graph that the service has, of the collections that it holds exactly.
fn edges(graph: &AssetGraph) -> BTreeSet<(String, String, String)> {
    let signed_in: BTreeSet<&str> = graph
        .edges(EdgeKind::AssetAccount)
        .map(|(ends, _)| &**ends.to)
        .collect();
    let mut found = BTreeSet::new();
    for kind in EdgeKind::ALL
        .into_iter()
        .filter(|kind| is_exact(kind.name()))
    {
        for (ends, _) in graph.edges(kind) {
            if kind != EdgeKind::UserAccount || signed_in.contains(&**ends.to) {
                found.insert((
                    kind.name().to_owned(),
                    ends.from.to_string(),
                    ends.to.to_string(),
                ));
            }
        }
    }
    found
}

/// The service does not say through what a machine has a vulnerability or an address; where machines differ in that for one product or
/// adapter, the edges of the product or adapter are those of either.
fn is_exact(collection: &str) -> bool {
    ![
        "account_vulnerability",
        "application_vulnerability",
        "ipaddress_macaddress",
    ]
    .contains(&collection)
}

fn held(car: &FakeCar) -> BTreeSet<(String, String, String)> {
    let state = car.state();
    state
        .edges
        .keys()
        .filter(|(collection, _, _)| is_exact(collection))
        .cloned()
        .collect()
}

/// Whatever the sizes of pages and however long the service takes, each object arrives once.
#[test]
fn each_object_arrives_once_in_pages_of_any_size() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
    let strategy = (
        0_usize..60,
        1_usize..9,
        0_usize..4,
        prop::collection::vec(events(), 1..3),
    );
    let law = runner.run(&strategy, |(machines, size, looks, steps)| {
        run(arrives(machines, size, looks, &steps))
    });
    law.unwrap();
}

async fn arrives(
    machines: usize,
    size: usize,
    looks: usize,
    steps: &[Vec<Event>],
) -> Result<(), TestCaseError> {
    let car = FakeCar::start().await;
    let outcome = Outcome::Done;
    car.state().import_ending = Ending { looks, outcome };
    let world = (1..)
        .zip(steps)
        .fold(World::default(), |world, (minute, step)| {
            world.after(step, minute)
        });
    let mut records = world.records();
    records.extend((0..machines).map(|id| machine(&format!("x{id}"), serde_json::json!({}))));
    let graph = full(&records).next(&AssetGraph::default()).graph;
    let sink = sink_with(&car, key(), |settings| settings.page_objects = size);
    let written = sink
        .write(import(day(2), &AssetGraph::default(), &graph, vec![]))
        .await
        .unwrap();
    let state = car.state();
    prop_assert!(state.arrivals.values().all(|count| *count == 1));
    prop_assert_eq!(
        state.arrivals.len() as u64,
        written.nodes_created + written.edges_created
    );
    prop_assert!(state.outstanding_max <= 20);
    prop_assert_eq!(
        state
            .nodes
            .keys()
            .filter(|(kind, _)| kind == "asset")
            .count(),
        graph.node_count(NodeKind::Asset)
    );
    for call in &state.calls {
        let lists = call
            .body
            .as_object()
            .into_iter()
            .flat_map(|body| body.values());
        prop_assert!(
            lists
                .filter_map(|list| list.as_array())
                .all(|list| list.len() <= size)
        );
    }
    drop(state);
    prop_assert_eq!(held(&car), edges(&graph));
    Ok(())
}

/// However full and incremental imports follow each other, and whatever answers are lost on the way, the service holds what there is.
#[test]
fn the_service_holds_what_there_is_after_imports_of_either_kind() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(40));
    let strategy = (
        prop::collection::vec(events(), 1..5),
        any::<u64>(),
        1_usize..6,
        0_usize..30,
    );
    let law = runner.run(&strategy, |(steps, kinds, size, lost)| {
        run(holds(&steps, kinds, size, lost))
    });
    law.unwrap();
}

async fn holds(
    steps: &[Vec<Event>],
    kinds: u64,
    size: usize,
    lost: usize,
) -> Result<(), TestCaseError> {
    let car = FakeCar::start().await;
    car.fail("POST /v2/imports", lost, 1, Fault::LostAfter);
    car.fail("GET /v2/importstatus", lost, 1, Fault::Lost);
    for line in ["PATCH /v2/", "DELETE /v2/", "POST /v2/source"] {
        car.fail(line, lost % 4, 1, Fault::LostAfter);
    }
    let (mut world, mut truth) = (World::default(), AssetGraph::default());
    for (minute, step) in (1_u32..).zip(steps) {
        let before = world.clone();
        world = world.after(step, minute);
        truth = world.full().next(&truth).graph;
        let is_full = kinds >> minute & 1 == 1;
        let sink = sink_with(&car, key(), |settings| {
            settings.page_objects = size;
            settings.read_rows = size;
        });
        let sink = if is_full { sink.in_full() } else { sink };
        let earlier = sink.earlier(&contoso()).await.unwrap();
        let known = earlier.map_or_else(AssetGraph::default, |earlier| earlier.graph);
        let read = if is_full || known.is_empty() {
            world.full()
        } else {
            world.since(&before, &known)
        };
        let next = read.next(&known).graph;
        sink.write(import(day(i64::from(minute)), &known, &next, vec![]))
            .await
            .unwrap();
        prop_assert_eq!(held(&car), edges(&truth), "{} {}", minute, is_full);
        for (ends, _) in truth.edges(EdgeKind::ApplicationVulnerability) {
            let kind = EdgeKind::ApplicationVulnerability.name().to_owned();
            let id = (kind, ends.from.to_string(), ends.to.to_string());
            prop_assert!(car.state().edges.contains_key(&id), "{:?} is missing", id);
        }
        let assets: BTreeSet<String> = {
            let state = car.state();
            let keys = state.nodes.keys().filter(|(kind, _)| kind == "asset");
            keys.map(|(_, key)| key.clone()).collect()
        };
        let expected: BTreeSet<String> = truth
            .nodes(NodeKind::Asset)
            .map(|(key, _)| key.to_string())
            .collect();
        prop_assert_eq!(assets, expected);
    }
    Ok(())
}
