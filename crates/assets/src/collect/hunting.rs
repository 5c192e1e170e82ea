//! Hunting queries whose answers are too long for one call.

use tesem_defender::hunting::HUNTING_ROWS_MAX;
use tesem_defender::{DefenderClient, DefenderError, HuntingProblem, MachineId};

use super::row::Rows;

/// How many rows one answer is to have: few enough to be held beside the graph, and far from where the service cuts off.
const ROWS_WANTED: usize = 50_000;

/// Into how many parts a query is divided at most.
const PARTS_MAX: usize = 4_096;

/// Into how many it is where counting the rows is too much.
const PARTS_OF_UNCOUNTED: usize = 32;

/// How many machines one query names.
const MACHINES_PER_QUERY: usize = 2_000;

/// A query over a table with a column `DeviceId`.
#[derive(Debug, Clone)]
pub(super) struct DeviceQuery {
    /// The table, and conditions on its rows.
    pub(super) source: String,
    /// What is made of the rows.
    pub(super) rest: String,
}

/// Of which machines a query asks.
#[derive(Debug, Clone)]
enum Part {
    /// Of all.
    All,
    /// Of those of one hash in so many.
    Hash { part: usize, parts: usize },
    /// Of those.
    Named(String),
}

impl DeviceQuery {
    fn text(&self, part: &Part) -> String {
        let condition = match part {
            Part::All => String::new(),
            Part::Hash { part, parts } => format!("| where hash(DeviceId, {parts}) == {part}\n"),
            Part::Named(list) => format!("| where DeviceId in ({list})\n"),
        };
        format!("{}\n{condition}{}", self.source, self.rest)
    }

    fn counted(&self) -> String {
        format!("{}\n{}\n| count", self.source, self.rest)
    }
}

/// Of which machines is asked.
#[derive(Debug)]
pub(super) enum Whose {
    /// Of all; large where they are so many that the rows are worth being counted first.
    All { is_large: bool },
    /// Of those.
    Named(Vec<MachineId>),
}

/// Runs `query` over the machines, and gives the rows of one part at a time to `each`.
pub(super) async fn ask(
    client: &DefenderClient,
    query: &DeviceQuery,
    whose: &Whose,
    each: &mut (dyn FnMut(&Rows) -> Result<(), DefenderError> + Send),
) -> Result<(), DefenderError> {
    match whose {
        Whose::All { is_large } => of_all(client, query, *is_large, each).await,
        Whose::Named(machines) => of_machines(client, query, machines, each).await,
    }
}

/// Runs `query` over all machines, in as many parts as its rows need, and gives the rows of one part at a time to `each`.
///
/// `is_large` asks first how many rows there are; else that shows when the service cuts the answer off.
pub(super) async fn of_all(
    client: &DefenderClient,
    query: &DeviceQuery,
    is_large: bool,
    each: &mut (dyn FnMut(&Rows) -> Result<(), DefenderError> + Send),
) -> Result<(), DefenderError> {
    let parts = match is_large {
        true => parts(client, query).await?,
        false => 1,
    };
    let part = |part| match parts {
        1 => Part::All,
        _ => Part::Hash { part, parts },
    };
    let open = (0..parts).rev().map(part).collect();
    run(client, query, open, each).await
}

/// Runs `query` over some machines.
pub(super) async fn of_machines(
    client: &DefenderClient,
    query: &DeviceQuery,
    machines: &[MachineId],
    each: &mut (dyn FnMut(&Rows) -> Result<(), DefenderError> + Send),
) -> Result<(), DefenderError> {
    let named = machines.chunks(MACHINES_PER_QUERY).rev();
    let open = named.map(|some| Part::Named(list(some))).collect();
    run(client, query, open, each).await
}

/// Into how many parts a large query is divided, told from how many rows it has.
async fn parts(client: &DefenderClient, query: &DeviceQuery) -> Result<usize, DefenderError> {
    match count(client, query).await {
        Ok(rows) => Ok(rows.div_ceil(ROWS_WANTED).max(1)),
        Err(error) if is_too_much(&error) => Ok(PARTS_OF_UNCOUNTED),
        Err(error) => Err(error),
    }
}

async fn count(client: &DefenderClient, query: &DeviceQuery) -> Result<usize, DefenderError> {
    let result = client.hunting().run(&query.counted(), None).await?;
    let cell = result.rows.first().and_then(|row| row.first());
    let count = cell.and_then(serde_json::Value::as_u64).unwrap_or_default();
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Asks one part after the other. A part of which the service says less than all is asked in two halves.
async fn run(
    client: &DefenderClient,
    query: &DeviceQuery,
    mut open: Vec<Part>,
    each: &mut (dyn FnMut(&Rows) -> Result<(), DefenderError> + Send),
) -> Result<(), DefenderError> {
    while let Some(part) = open.pop() {
        let halves = halves(&part);
        match client.hunting().run(&query.text(&part), None).await {
            Ok(result) if result.rows.len() < HUNTING_ROWS_MAX => each(&Rows::new(result))?,
            Ok(_) if halves.is_empty() => return Err(indivisible()),
            Ok(_) => open.extend(halves),
            Err(error) if is_too_much(&error) && !halves.is_empty() => open.extend(halves),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The service cut an answer off that cannot be divided any further.
fn indivisible() -> DefenderError {
    DefenderError::Unfit {
        operation: "run hunting query",
        reason: format!(
            "a single machine has {HUNTING_ROWS_MAX} rows or more, of which the service tells no more"
        ),
    }
}

/// A number that leaves `part` when divided by `parts` leaves `part` or `part + parts` when divided by twice as many.
fn halves(part: &Part) -> Vec<Part> {
    let (part, parts) = match part {
        Part::All => (0, 1),
        Part::Hash { part, parts } => (*part, *parts),
        Part::Named(list) => return halves_of(list),
    };
    let twice = parts.saturating_mul(2);
    if twice > PARTS_MAX {
        return Vec::new();
    }
    let half = |part| Part::Hash { part, parts: twice };
    vec![half(part + parts), half(part)]
}

fn halves_of(list: &str) -> Vec<Part> {
    let names: Vec<&str> = list.split(',').collect();
    let (first, second) = names.split_at(names.len() / 2);
    if first.is_empty() {
        return Vec::new();
    }
    let named = |names: &[&str]| Part::Named(names.join(","));
    vec![named(second), named(first)]
}

fn is_too_much(error: &DefenderError) -> bool {
    use HuntingProblem::{QueryTooLong, ResultTooLarge, TimedOut, TooExpensive};
    let problem = error.hunting_problem();
    matches!(
        problem,
        Some(ResultTooLarge | TooExpensive | TimedOut | QueryTooLong)
    )
}

/// Machines' ids as literals.
fn list(machines: &[MachineId]) -> String {
    let quoted: Vec<String> = machines
        .iter()
        .map(|id| format!("\"{}\"", id.as_str()))
        .collect();
    quoted.join(",")
}

/// Whether an id can stand between quotes as it is. Ids of machines are 40 hexadecimal digits; what else the service may come to write is
/// taken where it is harmless.
pub(super) fn can_be_named(id: &MachineId) -> bool {
    let is_harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=128).contains(&id.as_str().len()) && id.as_str().bytes().all(is_harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_part_hold_each_of_its_numbers_once() {
        for (part, parts) in [(0, 1), (2, 3), (4, 7), (5, 1_024)] {
            let halves = halves(&Part::Hash { part, parts });
            for number in (0..100_000).filter(|number| number % parts == part) {
                let holds = |half: &&Part| matches!(half, Part::Hash { part, parts } if number % parts == *part);
                assert_eq!(halves.iter().filter(holds).count(), 1, "{number}");
            }
        }
        assert!(
            halves(&Part::Hash {
                part: 0,
                parts: 4_096
            })
            .is_empty()
        );
        assert!(halves(&Part::Named("\"a\"".to_owned())).is_empty());
        assert_eq!(
            halves(&Part::Named("\"a\",\"b\",\"c\"".to_owned())).len(),
            2
        );
    }

    #[test]
    fn only_harmless_ids_stand_in_queries() {
        let long = "a".repeat(129);
        for (id, expected) in [
            ("1e5bc9d7e413ddd7902c2932e418702b84d0cc07", true),
            ("x_y-z.1", true),
            ("", false),
            (&*long, false),
            ("a\" or true or \"", false),
            ("a\\", false),
            ("ä", false),
        ] {
            assert_eq!(can_be_named(&MachineId::new(id)), expected, "{id}");
        }
    }
}
