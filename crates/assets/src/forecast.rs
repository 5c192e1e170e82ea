//! What an import will take, before it begins.

use crate::collection::{EdgeKind, NodeKind};
use crate::graph::AssetGraph;
use crate::observed::Aspect;
use crate::save_point::Reach;

/// How many rows of hunting one call brings.
const ROWS: u64 = 50_000;

/// Machines on a page of the list; vulnerabilities on one of theirs.
const MACHINES: u64 = 10_000;
const VULNERABILITIES: u64 = 8_000;

/// Where nothing is known of a tenant yet: logons of a machine.
const LOGONS: u64 = 20;

/// What one part of an import will take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// The part.
    pub aspect: Aspect,
    /// How much of it is read.
    pub reach: Reach,
    /// Calls by what they do and the quota that they count for; about, because how many rows there are shows on the way.
    pub calls: Vec<(&'static str, u64)>,
}

/// What the parts will take, told from the graph before; `machines` where that knows none.
pub(crate) fn forecast(
    parts: impl Iterator<Item = (Aspect, Reach)>,
    earlier: &AssetGraph,
    machines: u64,
) -> Vec<Forecast> {
    let known = earlier.node_count(NodeKind::Asset) as u64;
    let machines = if known > 0 { known } else { machines };
    let logons = match earlier.edge_count(EdgeKind::AssetAccount) as u64 {
        0 => machines * LOGONS,
        known => known,
    };
    let of_part = |(aspect, reach): (Aspect, Reach)| {
        let calls = match (aspect, &reach) {
            (Aspect::Machines, Reach::Full(_)) => vec![
                ("list machines", pages(machines)),
                ("hunting query", counted(machines * 3, machines)),
            ],
            (Aspect::Machines, Reach::Since(_)) => {
                vec![("list machines", pages(machines)), ("hunting query", 1)]
            }
            (Aspect::Logons, Reach::Full(_)) => vec![("hunting query", counted(logons, machines))],
            (Aspect::Logons, Reach::Since(_)) => vec![("hunting query", 1)],
            (Aspect::Software, Reach::Full(_)) => vec![("export", 1)],
            (Aspect::Software, Reach::Since(_)) => vec![("hunting query", 1)],
            (Aspect::Vulnerabilities, Reach::Full(_)) => {
                let known = earlier.node_count(NodeKind::Vulnerability) as u64;
                let pages = known.div_ceil(VULNERABILITIES) + 1;
                vec![("export", 1), ("list vulnerabilities", pages)]
            }
            (Aspect::Vulnerabilities, Reach::Since(_)) => vec![
                ("export of changes", 1),
                ("hunting query", 1),
                ("list vulnerabilities", 1),
            ],
            (Aspect::Alerts, _) => vec![("list alerts", 1)],
        };
        Forecast {
            aspect,
            reach,
            calls,
        }
    };
    parts.map(of_part).collect()
}

/// The last page shows that it is the last by having few machines.
fn pages(machines: u64) -> u64 {
    machines / MACHINES + 1
}

/// Calls for so many rows; where there are many machines, one that counts them comes first.
fn counted(rows: u64, machines: u64) -> u64 {
    rows.div_ceil(ROWS).max(1) + u64::from(machines > 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::millis::Millis;
    use crate::save_point::FullBecause;

    #[test]
    fn what_is_read_in_full_takes_more_calls_the_more_machines_there_are() {
        let full = Reach::Full(FullBecause::NoSavePoint);
        let total = |machines| -> u64 {
            let parts = Aspect::ALL.map(|aspect| (aspect, full.clone()));
            let told = forecast(parts.into_iter(), &AssetGraph::default(), machines);
            told.iter()
                .flat_map(|part| &part.calls)
                .map(|(_, calls)| calls)
                .sum()
        };
        assert_eq!((total(100), total(10_000)), (7, 13));
        let since = Reach::Since(Millis::new(1));
        let told = forecast(
            [(Aspect::Logons, since)].into_iter(),
            &AssetGraph::default(),
            10_000,
        );
        assert_eq!(told[0].calls, [("hunting query", 1)]);
    }
}
