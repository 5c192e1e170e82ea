//! Laws of imports.

use proptest::prelude::*;
use tesem_assets::{AssetGraph, Change, Delta, EdgeKind, NodeKind, Property};

use crate::records::observed;
use crate::world::{Event, World, events};

/// Worlds, each after the one before.
fn history(steps: &[Vec<Event>]) -> Vec<World> {
    let mut worlds = vec![World::default()];
    for (minute, step) in (1..).zip(steps) {
        let next = worlds.last().unwrap().after(step, minute);
        worlds.push(next);
    }
    worlds
}

fn steps() -> impl Strategy<Value = Vec<Vec<Event>>> {
    prop::collection::vec(events(), 1..6)
}

/// What holds of every graph.
fn check(graph: &AssetGraph) -> Result<(), TestCaseError> {
    prop_assert_eq!(graph.dangling().collect::<Vec<_>>(), []);
    for kind in NodeKind::ALL {
        for (key, said) in graph.nodes(kind) {
            let known = kind.properties();
            let strange: Vec<Property> = said.iter().map(|(property, _)| property).collect();
            let is_known = strange.iter().all(|property| known.contains(property));
            prop_assert!(is_known, "{kind} {key}: {strange:?}");
            let is_spoken_of = EdgeKind::ALL.iter().any(|edge| {
                let (from, to) = edge.ends();
                graph.edges(*edge).any(|(ends, _)| {
                    (from == kind && ends.from == key) || (to == kind && ends.to == key)
                })
            });
            prop_assert!(
                kind == NodeKind::Asset || is_spoken_of,
                "{kind} {key} is alone"
            );
        }
    }
    for kind in EdgeKind::ALL {
        for (ends, said) in graph.edges(kind) {
            let known = kind.properties();
            let is_known = said.iter().all(|(property, value)| {
                known.contains(&property) && value.value_type() == property.value_type()
            });
            prop_assert!(is_known, "{kind} {ends:?}: {said:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Records give the same graph in any order, any number of times and through any number of readers.
    #[test]
    fn the_order_and_number_of_readings_do_not_matter(
        steps in steps(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        halves in any::<u64>(),
    ) {
        let world = history(&steps).pop().unwrap();
        let records = world.records();
        let once = world.full().next(&AssetGraph::default()).graph;
        let mut shuffled: Vec<_> = order.iter().map(|index| index.get(&records)).collect();
        shuffled.extend(records.iter().rev());
        let (first, second): (Vec<_>, Vec<_>) = shuffled
            .iter()
            .enumerate()
            .partition(|(index, _)| halves >> (index % 64) & 1 == 1);
        let mut reader = observed(first.into_iter().map(|(_, record)| *record));
        reader.merge(observed(second.into_iter().map(|(_, record)| *record)));
        prop_assert_eq!(&reader.next(&AssetGraph::default()).graph, &once);
        reader.merge(reader.clone());
        prop_assert_eq!(&reader.next(&AssetGraph::default()).graph, &once);
        check(&once)?;
    }

    /// A full import and an incremental one come to the same graph, from whatever graph earlier imports of either kind had left.
    #[test]
    fn a_full_import_and_an_incremental_one_give_the_same_graph(steps in steps(), kinds in any::<u64>()) {
        let worlds = history(&steps);
        let mut graph = AssetGraph::default();
        for (index, pair) in worlds.windows(2).enumerate() {
            let full = pair[1].full().next(&graph).graph;
            let incremental = pair[1].since(&pair[0], &graph).next(&graph).graph;
            prop_assert_eq!(&full, &incremental);
            check(&full)?;
            graph = if kinds >> index & 1 == 1 { full } else { incremental };
        }
    }

    /// The same import once more changes nothing.
    #[test]
    fn an_import_is_done_when_it_is_done(steps in steps()) {
        let worlds = history(&steps);
        let [before, world] = &worlds[worlds.len() - 2..] else { unreachable!() };
        let earlier = before.full().next(&AssetGraph::default()).graph;
        for read in [world.full(), world.since(before, &earlier)] {
            let graph = read.next(&earlier).graph;
            prop_assert_eq!(&read.next(&graph).graph, &graph);
        }
    }

    /// The steps from one graph to another lead there, and on the way no edge lacks an end; back they lead back.
    #[test]
    fn a_delta_leads_from_one_graph_to_the_other(one in steps(), other in steps()) {
        let graph = |steps: &[Vec<Event>]| {
            let worlds = history(steps);
            worlds.last().unwrap().full().next(&AssetGraph::default()).graph
        };
        for (from, to) in [(graph(&one), graph(&other)), (graph(&other), AssetGraph::default())] {
            let mut walked = from.clone();
            for change in Delta::new(&from, &to).changes() {
                prop_assert!(does_something(&change), "{change:?}");
                walked.apply(change);
                prop_assert_eq!(walked.dangling().count(), 0);
            }
            prop_assert_eq!(&walked, &to);
            prop_assert_eq!(Delta::new(&walked, &to).changes().count(), 0);
        }
    }
}

fn does_something(change: &Change) -> bool {
    match change {
        Change::NodeUpdated { patch, .. } | Change::EdgeUpdated { patch, .. } => !patch.is_empty(),
        _ => true,
    }
}
