//! Coverage: one row per indicator and refused item, so that it can be proved what was searched and was clear.

use std::collections::BTreeMap;
use std::io::{self, Write};

use askama::Template;
use tesem_hunt::{RefusedItem, Status, Verdict};

use super::searched::Searches;
use super::text::{cut, left_out, thousands};

/// The verdicts in the order of the table: what wants attention first.
const ORDER: [Status; 4] = [
    Status::Hit,
    Status::Failed,
    Status::NotSearchable,
    Status::Clear,
];

/// Tables that were searched for the same indicators, by number from 1.
#[derive(Default)]
struct Scopes<'a>(BTreeMap<&'a [&'static str], (usize, usize)>);

impl<'a> Scopes<'a> {
    fn of(all: &Searches<'a>) -> Self {
        let mut scopes = Self::default();
        for (_, verdict) in all
            .verdicts()
            .filter(|(_, verdict)| !verdict.tables.is_empty())
        {
            let next = scopes.0.len() + 1;
            let scope = scopes.0.entry(&verdict.tables).or_insert((next, 0));
            scope.1 += 1;
        }
        scopes
    }

    fn number(&self, tables: &[&'static str]) -> Option<usize> {
        self.0.get(tables).map(|(number, _)| *number)
    }

    fn rows(&self) -> Vec<ScopeRow> {
        let mut rows: Vec<ScopeRow> = self
            .0
            .iter()
            .map(|(tables, (number, count))| ScopeRow {
                number: *number,
                tables: tables.join(", "),
                table_count: tables.len(),
                indicators: thousands(*count),
            })
            .collect();
        rows.sort_by_key(|row| row.number);
        rows
    }
}

struct ScopeRow {
    number: usize,
    tables: String,
    table_count: usize,
    indicators: String,
}

#[derive(Template)]
#[template(path = "hunt_report/coverage.html")]
struct Section<'a> {
    count: usize,
    left_out: Vec<String>,
    several: bool,
    scopes: Vec<ScopeRow>,
    rows: Rows<'a>,
}

/// Makes one row at a time.
struct Rows<'a> {
    all: &'a Searches<'a>,
    by_number: Scopes<'a>,
}

/// An indicator or refused item.
struct Row<'a> {
    tenant: &'a str,
    tenant_number: usize,
    value: String,
    kind: &'static str,
    verdict: &'static str,
    reason: &'a str,
    /// The scope's number and how many tables it has.
    scope: Option<(usize, usize)>,
    calls: u32,
    input: String,
}

pub(super) fn write(out: &mut dyn Write, all: &Searches<'_>) -> io::Result<()> {
    let counts = counts(all);
    let limit = all.limits.coverage_per_verdict;
    let missing = ORDER.iter().filter_map(|status| {
        let count = counts.get(status).copied().unwrap_or_default();
        let what = format!("rows that are {}", status.as_str());
        left_out(count.min(limit), count, &what, "coverage.csv")
    });
    let by_number = Scopes::of(all);
    Section {
        count: counts.values().sum(),
        left_out: missing.collect(),
        several: all.several(),
        scopes: by_number.rows(),
        rows: Rows { all, by_number },
    }
    .write_into(out)
}

/// How many indicators and refused items have each verdict.
pub(super) fn counts(all: &Searches<'_>) -> BTreeMap<Status, usize> {
    let mut counts = BTreeMap::new();
    for (_, verdict) in all.verdicts() {
        *counts.entry(verdict.status).or_default() += 1;
    }
    let refused: usize = all
        .each
        .iter()
        .map(|one| one.plan.intake.refused.len())
        .sum();
    if refused > 0 {
        *counts.entry(Status::NotSearchable).or_default() += refused;
    }
    counts
}

impl<'a> Rows<'a> {
    /// By verdict, then tenant, then in the order of the input; refused items behind the indicators of their verdict.
    fn iter(&self) -> impl Iterator<Item = Row<'a>> {
        let limit = self.all.limits.coverage_per_verdict;
        ORDER
            .into_iter()
            .flat_map(move |status| self.of(status).take(limit))
    }

    fn of(&self, status: Status) -> impl Iterator<Item = Row<'a>> {
        let all = self.all;
        let verdicts = all
            .verdicts()
            .filter(move |(_, verdict)| verdict.status == status);
        let judged = verdicts.map(|(number, verdict)| self.judged(number, verdict));
        let with_refused = (status == Status::NotSearchable).then_some(all.each);
        let numbered = (0..).zip(with_refused.unwrap_or_default());
        let refused = numbered.flat_map(move |(number, one)| {
            one.plan
                .intake
                .refused
                .iter()
                .map(move |item| refused(all, number, item))
        });
        judged.chain(refused)
    }

    fn judged(&self, number: usize, verdict: &'a Verdict) -> Row<'a> {
        let all = self.all;
        let indicator = all.indicator(number, verdict.indicator);
        let scope = self.by_number.number(&verdict.tables);
        Row {
            tenant: all.tenant(number),
            tenant_number: number + 1,
            value: all.value(number, verdict.indicator),
            kind: indicator.map_or("", |indicator| indicator.kind().as_str()),
            verdict: verdict.status.as_str(),
            reason: &verdict.reason,
            scope: scope.map(|scope| (scope, verdict.tables.len())),
            calls: verdict.calls,
            input: indicator
                .map(|one| all.provenance(number, one))
                .unwrap_or_default(),
        }
    }
}

fn refused<'a>(all: &'a Searches<'a>, number: usize, item: &'a RefusedItem) -> Row<'a> {
    Row {
        tenant: all.tenant(number),
        tenant_number: number + 1,
        value: cut(&item.text).into_owned(),
        kind: "",
        verdict: Status::NotSearchable.as_str(),
        reason: &item.reason,
        scope: None,
        calls: 0,
        input: all.origin(number, item.origin),
    }
}
