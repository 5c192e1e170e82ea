//! From the graph that was and what was read to the graph that is.
//!
//! A full import and an incremental one go the same way: they differ in what was read completely.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::collection::{EdgeKind, NodeKind};
use crate::derive::derive;
use crate::edges::Fan;
use crate::graph::{AssetGraph, EdgeKey, NodeKey, Nodes};
use crate::mapping::{AlertFacts, AlertState, Facts, Reason, RecordKind, Unmapped};
use crate::observed::{Aspect, Coverage, Observed};
use crate::property::{ALERT, CATEGORY, Draft, FIRST_SEEN, IS_OS, Properties};
use crate::text::Text;

/// What an import makes of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Next {
    /// The graph that is.
    pub graph: AssetGraph,
    /// What could not be mapped, and facts of machines that are not in the graph.
    pub unmapped: Unmapped,
}

impl Observed {
    /// The graph after this import, from the one before it; an empty one where there is none.
    ///
    /// - A machine goes when the service calls it inactive and it has been silent for long, or when all machines were read and it was
    ///   not among them. Its edges go with it.
    /// - An edge goes when what it says was read completely and was not there any more. That an adapter has an address goes only when
    ///   the adapter shows another address.
    /// - Everything but a machine is in the graph for as long as an edge speaks of it.
    #[must_use]
    pub fn next(&self, earlier: &AssetGraph) -> Next {
        let mut step = Step {
            observed: self,
            earlier,
            systems: keys(earlier, NodeKind::Application, |said| said.is(IS_OS)),
            alerts: keys(earlier, NodeKind::Vulnerability, is_alert),
            graph: AssetGraph::default(),
            said: AssetGraph::default(),
            unmapped: self.unmapped(),
        };
        step.machines();
        step.facts();
        step.alerts();
        for kind in EdgeKind::ALL {
            step.graph.share_edges(kind, earlier);
        }
        derive(&mut step.graph, earlier);
        step.nodes();
        Next {
            graph: step.graph,
            unmapped: step.unmapped,
        }
    }
}

fn is_alert(said: &Properties) -> bool {
    said.get(CATEGORY).as_deref() == Some(ALERT)
}

fn keys(
    graph: &AssetGraph,
    kind: NodeKind,
    is_wanted: impl Fn(&Properties) -> bool,
) -> HashSet<&Text> {
    let wanted = graph.nodes(kind).filter(|(_, said)| is_wanted(said));
    wanted.map(|(key, _)| key).collect()
}

/// The graph in the making.
struct Step<'a> {
    observed: &'a Observed,
    earlier: &'a AssetGraph,
    /// Which applications of the earlier graph are operating systems.
    systems: HashSet<&'a Text>,
    /// Which of its vulnerabilities are alerts.
    alerts: HashSet<&'a Text>,
    graph: AssetGraph,
    /// Nodes as this import saw them, those that nobody has included.
    said: AssetGraph,
    unmapped: Unmapped,
}

impl<'a> Step<'a> {
    fn has_machine(&self, id: &str) -> bool {
        self.graph.node(NodeKind::Asset, id).is_some()
    }

    /// Whether an edge from a machine, of an aspect that says so, stays as it was.
    fn stays(&self, aspect: Aspect, machine: &str) -> bool {
        self.has_machine(machine) && !self.observed.is_covered(aspect, machine)
    }

    /// Takes the edges over that stay as far as an aspect of their machine does.
    fn keep(&mut self, kind: EdgeKind, aspect: Aspect) {
        for (machine, fan) in self.earlier.fans(kind) {
            if self.stays(aspect, machine) {
                self.graph.edges_mut(kind).join_fan(machine, fan);
            }
        }
    }

    /// The same where some edges are of another aspect: nothing for one that goes whatever was read of its machine.
    fn keep_each(&mut self, kind: EdgeKind, aspect_of: impl Fn(&Self, &Text) -> Option<Aspect>) {
        for (machine, fan) in self.earlier.fans(kind) {
            let staying = Aspect::ALL.into_iter();
            let staying: Vec<Aspect> = staying
                .filter(|aspect| self.stays(*aspect, machine))
                .collect();
            if staying.is_empty() {
                continue;
            }
            let stays =
                |to: &Text| aspect_of(self, to).is_some_and(|aspect| staying.contains(&aspect));
            if let Some(kept) = fan.kept(stays) {
                self.graph.edges_mut(kind).join_fan(machine, &kept);
            }
        }
    }

    fn put(&mut self, facts: &Facts) {
        for (node, said) in &facts.nodes {
            self.said.join_node(node.clone(), said);
        }
        for (edge, said) in &facts.edges {
            self.graph.join_edge(edge.clone(), said);
        }
    }

    fn machines(&mut self) {
        let is_all_read = self.observed.covered.get(&Aspect::Machines) == Some(&Coverage::All);
        for (id, said) in self.earlier.nodes(NodeKind::Asset) {
            if !is_all_read && !self.observed.machines.contains_key(id) {
                let node = NodeKey::new(NodeKind::Asset, id.clone());
                self.graph.put_node(node, said.clone());
            }
        }
        for (id, machine) in &self.observed.machines {
            if machine.is_gone {
                self.unmapped.add(RecordKind::Machine, Reason::Inactive, id);
                continue;
            }
            let node = NodeKey::new(NodeKind::Asset, id.clone());
            let said = machine.facts.nodes.get(&node).cloned().unwrap_or_default();
            self.graph.put_node(node, said);
        }
    }

    /// Everything that machines have but alerts.
    fn facts(&mut self) {
        for kind in [
            EdgeKind::AssetHostname,
            EdgeKind::AssetIpAddress,
            EdgeKind::AssetMacAddress,
        ] {
            self.keep(kind, Aspect::Machines);
        }
        self.keep(EdgeKind::AssetAccount, Aspect::Logons);
        self.keep_each(EdgeKind::AssetApplication, |step, to| {
            let is_system = step.systems.contains(to);
            Some(if is_system {
                Aspect::Machines
            } else {
                Aspect::Software
            })
        });
        self.keep_each(EdgeKind::AssetVulnerability, |step, to| {
            match (
                step.alerts.contains(to),
                step.observed.alerts.contains_key(to),
            ) {
                (false, _) => Some(Aspect::Vulnerabilities),
                (true, false) => Some(Aspect::Alerts),
                (true, true) => None,
            }
        });
        let observed = self.observed;
        for machine in observed.machines.values().filter(|facts| !facts.is_gone) {
            self.put(&machine.facts);
        }
        self.read_facts(EdgeKind::AssetAccount, RecordKind::Logon);
        self.read_facts(EdgeKind::AssetApplication, RecordKind::Software);
        self.read_facts(
            EdgeKind::AssetVulnerability,
            RecordKind::MachineVulnerability,
        );
    }

    fn read_facts(&mut self, kind: EdgeKind, record: RecordKind) {
        let observed = self.observed;
        for (machine, fan) in observed.facts.fans(kind) {
            if self.has_machine(machine) {
                self.put_fan(kind, machine, fan);
                continue;
            }
            for (to, _) in fan.iter() {
                let what = format!("{machine} {to}");
                self.unmapped.add(record, Reason::MachineNotThere, &what);
            }
        }
    }

    fn put_fan(&mut self, kind: EdgeKind, machine: &Text, fan: &Fan) {
        if !self.observed.keeps_first_seen {
            self.graph.edges_mut(kind).join_fan(machine, fan);
            return;
        }
        for (to, said) in fan.iter() {
            let edge = EdgeKey::new(kind, machine.clone(), to.clone());
            let said = self.with_first_seen(&edge, said);
            self.graph.join_edge(edge, &said);
        }
    }

    /// What an edge says, and when it was first seen where only the graph knows that.
    fn with_first_seen<'s>(&self, edge: &EdgeKey, said: &'s Properties) -> Cow<'s, Properties> {
        if said.get(FIRST_SEEN).is_some() {
            return Cow::Borrowed(said);
        }
        let known = self.earlier.edge(edge.kind, &edge.ends);
        match known.and_then(|known| known.get(FIRST_SEEN)) {
            Some(first) => {
                let known = Draft::default().with(FIRST_SEEN, Some(first)).done();
                Cow::Owned(known.overlaid(said))
            }
            None => Cow::Borrowed(said),
        }
    }

    fn alerts(&mut self) {
        let observed = self.observed;
        for (id, alert) in &observed.alerts {
            self.alert(id, alert);
        }
        self.evidence();
    }

    fn alert(&mut self, id: &Text, alert: &AlertFacts) {
        let (AlertState::Open, Some(machine)) = (alert.state, &alert.machine) else {
            return;
        };
        if self.has_machine(machine) {
            self.put(&alert.facts);
        } else {
            let reason = Reason::MachineNotThere;
            self.unmapped.add(RecordKind::Alert, reason, id);
        }
    }

    /// What an alert names stays for as long as the alert does and nobody read it anew.
    fn evidence(&mut self) {
        let vulnerabilities = self.graph.edges(EdgeKind::AssetVulnerability);
        let open: HashSet<Text> = vulnerabilities
            .filter(|(ends, _)| self.alerts.contains(ends.to))
            .map(|(ends, _)| ends.to.clone())
            .collect();
        for kind in [
            EdgeKind::IpAddressVulnerability,
            EdgeKind::AccountVulnerability,
        ] {
            for (ends, said) in self.earlier.edges(kind) {
                if open.contains(ends.to) && !self.observed.alerts.contains_key(ends.to) {
                    let ends = ends.into();
                    self.graph.join_edge(EdgeKey { kind, ends }, said);
                }
            }
        }
    }

    /// The nodes that edges speak of. Machines are there already.
    fn nodes(&mut self) {
        for kind in NodeKind::ALL {
            if kind == NodeKind::Asset {
                continue;
            }
            let keys = spoken_of(&self.graph, kind);
            let nodes = keys.into_iter().map(|key| {
                let said = self.said_of(kind, key);
                (key.clone(), said)
            });
            let nodes: Nodes = nodes.collect();
            *self.graph.nodes_mut(kind) = nodes;
        }
    }

    /// What a node says: what this import saw over what was known. An alert says what its last record does.
    fn said_of(&self, kind: NodeKind, key: &Text) -> Properties {
        let read = self.said.node(kind, key);
        if let Some(alert) = read.filter(|said| is_alert(said)) {
            return alert.clone();
        }
        let node = NodeKey::new(kind, key.clone());
        let layers = [
            self.earlier.node(kind, key),
            read,
            self.observed.facts.node(kind, key),
            self.observed.known.get(&node),
        ];
        let layers = layers.into_iter().flatten();
        layers.fold(Properties::default(), |said, newer| said.overlaid(newer))
    }
}

/// The nodes of a collection at which an edge begins or ends.
fn spoken_of(graph: &AssetGraph, kind: NodeKind) -> HashSet<&Text> {
    let mut keys = HashSet::new();
    for edge in EdgeKind::ALL {
        let (from, to) = edge.ends();
        if from == kind {
            keys.extend(graph.edges(edge).map(|(ends, _)| ends.from));
        }
        if to == kind {
            keys.extend(graph.edges(edge).map(|(ends, _)| ends.to));
        }
    }
    keys
}
