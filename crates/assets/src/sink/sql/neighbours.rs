//! What a node is joined to. Every query begins at one id and goes over an index of edges.

use super::Dialect;
use crate::around::{Bounds, Category, Direction, Group, Neighbour, other_end};
use crate::collection::{EdgeKind, NodeKind};
use crate::property::ALERT;

/// Edges of one collection that begin or end at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sink) struct Side {
    pub(in crate::sink) edge: EdgeKind,
    direction: Direction,
    category: Option<Category>,
    is_past: bool,
}

/// One query: the edges of a side at the node of an id.
#[derive(Debug, Clone, Copy)]
pub(in crate::sink) struct Ask {
    pub(in crate::sink) side: Side,
    pub(in crate::sink) id: i64,
    limit: u32,
}

/// A row of an answer. Its columns: id, total, key, since, until, because, then the properties of the node and of the edge.
pub(in crate::sink) struct Row {
    pub(in crate::sink) id: i64,
    pub(in crate::sink) total: i64,
    pub(in crate::sink) neighbour: Neighbour,
}

/// The column of a [`Row`] where properties begin.
pub(in crate::sink) const FIRST_PROPERTY: usize = 6;

/// The statement that finds a node: id, when it came and went, its source's name, its properties. Parameters: key of the source, key.
pub(in crate::sink) fn node(dialect: Dialect, kind: NodeKind) -> String {
    format!(
        "SELECT n.id, n.created_at, n.removed_at, s.name{said} FROM {nodes} n JOIN {source} s ON s.id = n.source \
        WHERE s.key = {one} AND n.key = {two}",
        said = dialect.read(kind.properties(), "n"),
        nodes = dialect.table(kind.name()),
        source = dialect.table("source"),
        one = dialect.parameter(1),
        two = dialect.parameter(2),
    )
}

/// What to ask about a node itself.
pub(in crate::sink) fn asks(kind: NodeKind, id: i64, bounds: Bounds) -> Vec<Ask> {
    let now = sides(kind);
    let past = now.iter().map(|side| Side {
        is_past: true,
        ..*side
    });
    let past: Vec<Side> = past.filter(|_| bounds.past).collect();
    let limit = bounds.neighbours;
    let ask = |side| Ask { side, id, limit };
    now.into_iter().chain(past).map(ask).collect()
}

/// Both sides of each collection of edges, as far as the node can stand there.
fn sides(kind: NodeKind) -> Vec<Side> {
    let mut all = Vec::new();
    for edge in EdgeKind::ALL {
        let (from, to) = edge.ends();
        if from == kind {
            all.extend(Side::all(edge, Direction::Out));
        }
        if to == kind {
            all.extend(Side::all(edge, Direction::In));
        }
    }
    all
}

/// What to ask about each neighbour of a side, where that helps: nothing about those that were.
fn below(side: Side) -> Vec<Side> {
    use Direction::{In, Out};
    use EdgeKind::{
        AccountVulnerability, ApplicationVulnerability, AssetAccount, AssetApplication,
        AssetHostname, AssetIpAddress, UserAccount,
    };
    let next: &[(EdgeKind, Direction)] = match (side.edge, side.direction) {
        (AssetApplication, Out) => &[(ApplicationVulnerability, Out)],
        (ApplicationVulnerability, In) => &[(AssetApplication, In)],
        (UserAccount, Out) => &[(AssetAccount, In), (AccountVulnerability, Out)],
        (AssetHostname, In) => &[(AssetIpAddress, Out), (AssetAccount, Out)],
        (AssetIpAddress, In) => &[(AssetAccount, Out)],
        _ => &[],
    };
    let next = next.iter().filter(|_| !side.is_past);
    next.flat_map(|(edge, direction)| Side::all(*edge, *direction))
        .collect()
}

impl Side {
    /// A machine has vulnerabilities and alerts by edges of one collection; a person asks for either.
    fn all(edge: EdgeKind, direction: Direction) -> Vec<Self> {
        let categories: &[Option<Category>] = match (edge, direction) {
            (EdgeKind::AssetVulnerability, Direction::Out) => {
                &[Some(Category::Cve), Some(Category::Alert)]
            }
            _ => &[None],
        };
        let side = |category: &Option<Category>| Self {
            edge,
            direction,
            category: *category,
            is_past: false,
        };
        categories.iter().map(side).collect()
    }

    /// The collection of the neighbours.
    pub(in crate::sink) fn kind(self) -> NodeKind {
        other_end(self.edge, self.direction)
    }

    fn group(self, rows: Vec<Row>) -> Option<Group> {
        let total = rows.first()?.total;
        Some(Group {
            edge: self.edge,
            direction: self.direction,
            category: self.category,
            is_past: self.is_past,
            total: u64::try_from(total).unwrap_or_default(),
            neighbours: rows.into_iter().map(|row| row.neighbour).collect(),
        })
    }
}

impl Ask {
    /// The statement. Parameter: the id.
    pub(in crate::sink) fn statement(&self, dialect: Dialect) -> String {
        let (side, kind) = (self.side, self.side.kind());
        let (here, there) = match side.direction {
            Direction::Out => ("from_id", "to_id"),
            Direction::In => ("to_id", "from_id"),
        };
        let rows = format!(
            "FROM {edges} e JOIN {nodes} n ON n.id = e.{there} WHERE e.{here} = {id} AND e.valid_to IS {not}NULL{category}",
            edges = dialect.table(side.edge.name()),
            nodes = dialect.table(kind.name()),
            id = dialect.parameter(1),
            not = if side.is_past { "NOT " } else { "" },
            category = category(side.category),
        );
        format!(
            "SELECT n.id, (SELECT count(*) {rows}), n.key, e.valid_from, e.valid_to, e.because{said}{edge_said} {rows} \
            ORDER BY {first}{by_key}, e.valid_from LIMIT {limit}",
            said = dialect.read(kind.properties(), "n"),
            edge_said = dialect.read(side.edge.properties(), "e"),
            first = first_order(side),
            by_key = dialect.ordered("n.key"),
            limit = self.limit.max(1),
        )
    }
}

/// What is neither is a vulnerability.
fn category(category: Option<Category>) -> String {
    let comparison = match category {
        Some(Category::Alert) => "=",
        Some(Category::Cve) => "<>",
        None => return String::new(),
    };
    format!(" AND coalesce(n.category, '') {comparison} '{ALERT}'")
}

fn first_order(side: Side) -> &'static str {
    match side.kind() {
        _ if side.is_past => "e.valid_to DESC, ",
        NodeKind::Vulnerability => "coalesce(n.cvss_score, n.base_score, -1) DESC, ",
        _ => "",
    }
}

/// What to ask about the neighbours in the answers to `asks`, with the place of each: which answer, which row.
pub(in crate::sink) fn asks_below(
    asks: &[Ask],
    answers: &[Vec<Row>],
    bounds: Bounds,
) -> Vec<((usize, usize), Ask)> {
    let mut all = Vec::new();
    for (answer, (ask, rows)) in asks.iter().zip(answers).enumerate() {
        for (row, Row { id, .. }) in rows.iter().enumerate() {
            let (id, limit) = (*id, bounds.below);
            let next = below(ask.side)
                .into_iter()
                .map(|side| Ask { side, id, limit });
            all.extend(next.map(|next| ((answer, row), next)));
        }
    }
    all
}

/// Puts the answers about neighbours where they belong.
pub(in crate::sink) fn put_below(
    answers: &mut [Vec<Row>],
    place: (usize, usize),
    ask: Ask,
    rows: Vec<Row>,
) {
    let row = answers
        .get_mut(place.0)
        .and_then(|rows| rows.get_mut(place.1));
    if let (Some(row), Some(group)) = (row, ask.side.group(rows)) {
        row.neighbour.groups.push(group);
    }
}

/// The groups that have anything.
pub(in crate::sink) fn groups(asks: &[Ask], answers: Vec<Vec<Row>>) -> Vec<Group> {
    let groups = asks.iter().zip(answers);
    groups
        .filter_map(|(ask, rows)| ask.side.group(rows))
        .collect()
}
