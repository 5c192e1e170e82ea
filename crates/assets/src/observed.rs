//! What an import has read of a tenant.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tesem_defender::endpoint::{
    Alert, Machine, SoftwareRecord, User, Vulnerability, VulnerabilityRecord,
};
use tesem_defender::{MachineId, VulnerabilityId};

use crate::collection::NodeKind;
use crate::graph::{AssetGraph, EdgeKey, NodeKey};
use crate::mapping::{self, AlertFacts, AlertState, Facts, MachineFacts, MappingOptions, Unmapped};
use crate::millis::Millis;
use crate::passed::Passed;
use crate::property::Properties;
use crate::text::{Interner, Text, clean};

/// A part of what is known of a machine, read from one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aspect {
    /// The machine itself, its name, addresses and system.
    Machines,
    /// Who signed in.
    Logons,
    /// Its software.
    Software,
    /// The vulnerabilities that it has through its software.
    Vulnerabilities,
    /// Its open alerts.
    Alerts,
}

impl Aspect {
    /// All, in order.
    pub const ALL: [Self; 5] = [
        Self::Machines,
        Self::Logons,
        Self::Software,
        Self::Vulnerabilities,
        Self::Alerts,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Machines => "machines",
            Self::Logons => "logons",
            Self::Software => "software",
            Self::Vulnerabilities => "vulnerabilities",
            Self::Alerts => "alerts",
        }
    }
}

/// Of which machines an aspect was read completely, so that what was not seen is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Coverage {
    Machines(BTreeSet<Text>),
    All,
}

impl Coverage {
    pub(crate) fn has(&self, machine: &str) -> bool {
        match self {
            Self::Machines(machines) => machines.contains(machine),
            Self::All => true,
        }
    }
}

/// Records that were read, mapped as they came: in whatever order, however often, through however many readers.
///
/// Facts about a machine of which nothing says that they are all there are only added; [`Observed::covers`] and [`Observed::covers_all`]
/// say it.
#[derive(Debug, Clone)]
pub struct Observed {
    options: MappingOptions,
    texts: Interner,
    pub(crate) machines: BTreeMap<Text, MachineFacts>,
    pub(crate) alerts: BTreeMap<Text, AlertFacts>,
    /// Logons, software and vulnerabilities of machines.
    pub(crate) facts: AssetGraph,
    /// What is known of vulnerabilities, whoever has them.
    pub(crate) known: BTreeMap<NodeKey, Properties>,
    pub(crate) covered: BTreeMap<Aspect, Coverage>,
    /// Whether what is known of when something was first seen stays where a record does not tell.
    pub(crate) keeps_first_seen: bool,
    unmapped: Unmapped,
}

impl Observed {
    /// Nothing yet.
    #[must_use]
    pub fn new(options: MappingOptions) -> Self {
        Self {
            options,
            texts: Interner::default(),
            machines: BTreeMap::new(),
            alerts: BTreeMap::new(),
            facts: AssetGraph::default(),
            known: BTreeMap::new(),
            covered: BTreeMap::new(),
            keeps_first_seen: false,
            unmapped: Unmapped::default(),
        }
    }

    /// Nothing yet; what is read then shares its texts and what they say with the graph before, so that both take little more room
    /// than one.
    #[must_use]
    pub fn starting_from(options: MappingOptions, earlier: &AssetGraph) -> Self {
        let mut observed = Self::new(options);
        observed.texts.meet(earlier);
        observed
    }

    /// Adds a machine. That covers [`Aspect::Machines`] of it.
    pub fn machine(&mut self, machine: &Machine) {
        let id = self.texts.text(&clean(machine.id.as_str()));
        let mut facts = mapping::machine(machine, &self.options);
        self.share(&mut facts.facts);
        latest(&mut self.machines, id, facts);
    }

    /// Adds a machine that was not seen anew since the graph learned of it: what the service thinks of it counts, and its names, addresses
    /// and system stay as they are.
    pub fn silent_machine(&mut self, machine: &Machine) {
        let id = self.texts.text(&clean(machine.id.as_str()));
        let mut facts = mapping::silent_machine(machine, &self.options);
        self.share(&mut facts.facts);
        latest(&mut self.machines, id, facts);
    }

    /// Whether a machine has been silent for so long that it counts as gone.
    pub(crate) fn is_gone(&self, machine: &Machine) -> bool {
        mapping::is_gone(machine, &self.options)
    }

    /// Says that records of software and vulnerabilities came from where it is not told when something was first seen: what is known of
    /// that stays.
    pub fn tells_no_first_seen(&mut self) {
        self.keeps_first_seen = true;
    }

    /// Adds a user whom a machine saw.
    pub fn logon(&mut self, machine: &MachineId, user: &User) {
        self.add(&mapping::logon(machine, user, self.options.accounts));
    }

    /// Adds a product on a machine.
    pub fn software(&mut self, record: &SoftwareRecord) {
        self.add(&mapping::software(record));
    }

    /// Adds a vulnerability of a product on a machine.
    pub fn machine_vulnerability(&mut self, record: &VulnerabilityRecord) {
        self.add(&mapping::machine_vulnerability(record));
    }

    /// Adds what is known of a vulnerability. One that no machine has gets no node.
    pub fn vulnerability(&mut self, vulnerability: &Vulnerability) {
        let facts = mapping::vulnerability(vulnerability);
        for (node, said) in facts.nodes {
            let known = self.known.entry(node).or_default();
            *known = known.joined(&said);
        }
        refused(&mut self.unmapped, &facts.refused);
    }

    /// Adds an alert, whatever its status. What is known of it from before no longer counts.
    pub fn alert(&mut self, alert: &Alert) {
        let id = self.texts.text(&clean(alert.id.as_str()));
        let mut facts = mapping::alert(alert, self.options.accounts);
        self.share(&mut facts.facts);
        latest(&mut self.alerts, id, facts);
    }

    /// Says that an aspect of a machine was read completely.
    pub fn covers(&mut self, aspect: Aspect, machine: &MachineId) {
        let machine = self.texts.text(&clean(machine.as_str()));
        let none = || Coverage::Machines(BTreeSet::new());
        if let Coverage::Machines(machines) = self.covered.entry(aspect).or_insert_with(none) {
            machines.insert(machine);
        }
    }

    /// Says that an aspect of all machines was read completely: a full import.
    pub fn covers_all(&mut self, aspect: Aspect) {
        self.covered.insert(aspect, Coverage::All);
    }

    /// Adds what another reader has read under the same options.
    pub fn merge(&mut self, other: Self) {
        for (id, facts) in other.machines {
            latest(&mut self.machines, id, facts);
        }
        for (id, facts) in other.alerts {
            latest(&mut self.alerts, id, facts);
        }
        for kind in NodeKind::ALL {
            for (key, said) in other.facts.nodes(kind) {
                self.node(&NodeKey::new(kind, key.clone()), said);
            }
        }
        for kind in crate::collection::EdgeKind::ALL {
            for (ends, said) in other.facts.edges(kind) {
                let ends = ends.into();
                self.edge(&EdgeKey { kind, ends }, said);
            }
        }
        for (node, said) in other.known {
            let known = self.known.entry(node).or_default();
            *known = known.joined(&said);
        }
        for (aspect, coverage) in other.covered {
            self.cover(aspect, coverage);
        }
        self.keeps_first_seen |= other.keeps_first_seen;
        self.unmapped.merge(&other.unmapped);
    }

    /// Machines that the graph does not know yet and of which one of `aspects` was not read: they are to be read before [`Observed::next`],
    /// because what they had before they came back is in no later answer.
    #[must_use]
    pub fn unread(&self, earlier: &AssetGraph, aspects: &[Aspect]) -> Vec<(MachineId, Aspect)> {
        let is_new = |id: &str| earlier.node(NodeKind::Asset, id).is_none();
        let new = self
            .machines
            .iter()
            .filter(|(id, facts)| !facts.is_gone && is_new(id));
        let lacking = |(id, _): (&Text, &MachineFacts)| -> Vec<(MachineId, Aspect)> {
            let unread = |aspect: &&Aspect| !self.is_covered(**aspect, id);
            let unread = aspects.iter().filter(unread);
            unread
                .map(|aspect| (MachineId::new(&**id), *aspect))
                .collect()
        };
        new.flat_map(lacking).collect()
    }

    /// Vulnerabilities that machines have, that the graph does not know yet and of which nothing more was read: what is known of them is to
    /// be read before [`Observed::next`].
    #[must_use]
    pub fn undescribed(&self, earlier: &AssetGraph) -> Vec<VulnerabilityId> {
        let kind = NodeKind::Vulnerability;
        let seen = self.facts.nodes(kind).map(|(key, _)| key);
        let is_new = |key: &&Text| {
            let node = NodeKey::new(kind, Text::clone(key));
            earlier.node(kind, key).is_none() && !self.known.contains_key(&node)
        };
        seen.filter(is_new)
            .map(|key| VulnerabilityId::new(&**key))
            .collect()
    }

    /// Alerts of machines of `next` that were raised and resolved since `since` and that `earlier` does not know: they are in no graph, and
    /// yet were.
    #[must_use]
    pub fn passed(&self, since: Millis, earlier: &AssetGraph, next: &AssetGraph) -> Vec<Passed> {
        let passed = |(id, alert): (&Text, &AlertFacts)| {
            let created = alert.created.filter(|created| *created >= since)?;
            let AlertState::Resolved(Some(resolved)) = alert.state else {
                return None;
            };
            let machine = alert.machine.clone()?;
            next.node(NodeKind::Asset, &machine)?;
            if earlier.node(NodeKind::Vulnerability, id).is_some() {
                return None;
            }
            Passed::new(id, &machine, &alert.facts, created, resolved)
        };
        self.alerts.iter().filter_map(passed).collect()
    }

    /// What could not be mapped so far.
    #[must_use]
    pub fn unmapped(&self) -> Unmapped {
        let mut all = self.unmapped.clone();
        for facts in self.machines.values() {
            refused(&mut all, &facts.facts.refused);
        }
        for facts in self.alerts.values() {
            refused(&mut all, &facts.facts.refused);
        }
        all
    }

    pub(crate) fn is_covered(&self, aspect: Aspect, machine: &str) -> bool {
        let record = self.machines.get(machine);
        if let (Aspect::Machines, Some(record)) = (aspect, record) {
            return !record.is_silent;
        }
        let coverage = self.covered.get(&aspect);
        coverage.is_some_and(|coverage| coverage.has(machine))
    }

    fn cover(&mut self, aspect: Aspect, more: Coverage) {
        let none = || Coverage::Machines(BTreeSet::new());
        match (self.covered.entry(aspect).or_insert_with(none), more) {
            (Coverage::All, _) => {}
            (known, Coverage::All) => *known = Coverage::All,
            (Coverage::Machines(known), Coverage::Machines(more)) => known.extend(more),
        }
    }

    fn add(&mut self, facts: &Facts) {
        for (node, said) in &facts.nodes {
            self.node(node, said);
        }
        for (edge, said) in &facts.edges {
            self.edge(edge, said);
        }
        refused(&mut self.unmapped, &facts.refused);
    }

    fn node(&mut self, node: &NodeKey, said: &Properties) {
        let said = self.texts.properties(said);
        self.facts.join_node(self.texts.node(node), &said);
    }

    fn edge(&mut self, edge: &EdgeKey, said: &Properties) {
        let EdgeKey { kind, ends } = self.texts.edge(edge);
        let said = self.texts.properties(said);
        let edges = self.facts.edges_mut(kind);
        edges.join(ends, &said, |both| self.texts.properties(&both));
    }

    /// Makes facts that are kept as they are share what they say with all others.
    fn share(&mut self, facts: &mut Facts) {
        let texts = &mut self.texts;
        let nodes = facts.nodes.iter();
        facts.nodes = nodes
            .map(|(node, said)| (texts.node(node), texts.properties(said)))
            .collect();
        let edges = facts.edges.iter();
        facts.edges = edges
            .map(|(edge, said)| (texts.edge(edge), texts.properties(said)))
            .collect();
    }
}

/// Keeps the greater of what is known and what came.
fn latest<T: Ord>(known: &mut BTreeMap<Text, T>, id: Text, facts: T) {
    match known.get_mut(&id) {
        Some(known) if *known < facts => *known = facts,
        Some(_) => {}
        None => {
            known.insert(id, facts);
        }
    }
}

fn refused(unmapped: &mut Unmapped, refused: &[(mapping::RecordKind, mapping::Reason, String)]) {
    for (kind, reason, what) in refused {
        unmapped.add(*kind, *reason, what);
    }
}
