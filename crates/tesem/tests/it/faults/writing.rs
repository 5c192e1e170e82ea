//! What the client says of each write is what the tenant holds, and nothing is sent twice that may have been done.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::time::Duration;

use tesem_defender::endpoint::{
    ActionRequest, ActionStatus, AlertQuery, AlertStatus, AlertUpdate, DeviceValue, ScanType,
    TagChange,
};
use tesem_defender::{
    AlertId, DefenderError, IndicatorId, InvestigationId, ListQuery, MachineActionId, MachineId,
};
use tesem_twin::{CallRecord, TwinLimits};

use super::bench::Bench;
use super::known::all;
use super::reading::RATE;
use super::{Told, behave, fail_at_random, indicator, told};

const ROUNDS: usize = 200;

/// Every call that writes.
pub(super) const WRITES: [&str; 12] = [
    "AlertWriter.update",
    "AlertWriter.update_all",
    "IndicatorWriter.delete",
    "IndicatorWriter.delete_all",
    "IndicatorWriter.import",
    "IndicatorWriter.submit",
    "MachineWriter.cancel",
    "MachineWriter.order",
    "MachineWriter.set_value",
    "MachineWriter.start_investigation",
    "MachineWriter.tag",
    "MachineWriter.tag_all",
];

/// Sends writes and compares what the client says of them with what the tenant saw.
struct Witness<'a> {
    bench: &'a Bench,
    /// The last request that was looked at.
    last: String,
    requests: usize,
    /// How often each call was made, and with which outcome.
    outcomes: BTreeMap<&'static str, Vec<Told>>,
}

impl<'a> Witness<'a> {
    fn new(bench: &'a Bench) -> Self {
        let last = bench.twin.calls().pop().unwrap().request_id;
        Self {
            bench,
            last,
            requests: 0,
            outcomes: BTreeMap::new(),
        }
    }

    async fn watch<T>(
        &mut self,
        name: &'static str,
        write: impl Future<Output = Result<T, DefenderError>>,
    ) -> (Told, Option<T>) {
        let outcome = write.await;
        let told = told(&outcome);
        let requests = self.new_requests();
        check(name, &requests, told);
        self.outcomes.entry(name).or_default().push(told);
        (told, outcome.ok())
    }

    /// What the tenant saw since the last look, without sign-ins.
    fn new_requests(&mut self) -> Vec<CallRecord> {
        let mut log = self.bench.twin.calls();
        let is_last = |call: &CallRecord| call.request_id == self.last;
        let seen = log.iter().rposition(is_last).unwrap();
        let mut new = log.split_off(seen + 1);
        self.requests += new.len();
        if let Some(last) = new.last() {
            self.last.clone_from(&last.request_id);
        }
        new.retain(|call| !call.path.contains("/oauth2/"));
        new
    }

    fn count(&self, told: Told) -> usize {
        let all = self.outcomes.values().flatten();
        all.filter(|own| **own == told).count()
    }
}

/// Only a request that was surely not carried out is followed by another, and the last one is what was told.
fn check(name: &str, requests: &[CallRecord], told: Told) {
    let Some((last, repeated)) = requests.split_last() else {
        assert_eq!(told, Told::NotDone, "{name} was not even sent");
        return;
    };
    for request in repeated {
        let is_refused = matches!(request.status, Some(401 | 429));
        assert!(is_refused, "{name}: {requests:?}");
        assert_eq!(request.path, last.path, "{name}: of one write");
    }
    let may_be = match last.status {
        Some(200..300) => [Told::Done, Told::MayBeDone].as_slice(),
        Some(400..500) => &[Told::NotDone],
        _ => &[Told::MayBeDone],
    };
    assert!(may_be.contains(&told), "{name}: {told:?} of {last:?}");
}

/// Something that was set again and again: what it may be now.
#[derive(Debug)]
struct Setting<T>(BTreeSet<T>);

impl<T: Ord> Setting<T> {
    fn set(&mut self, value: T, told: Told) {
        match told {
            Told::Done => self.0 = BTreeSet::from([value]),
            Told::MayBeDone => {
                self.0.insert(value);
            }
            Told::NotDone => {}
        }
    }
}

/// What the client said, by what it was said of.
struct Said {
    submitted: BTreeMap<String, Told>,
    deleted: BTreeMap<String, Told>,
    /// Indicators that are there to be deleted.
    single: Vec<(IndicatorId, String)>,
    batch: Vec<(IndicatorId, String)>,
    tagged: BTreeMap<String, Told>,
    untagged: BTreeMap<String, Told>,
    value: Setting<&'static str>,
    ordered: BTreeMap<String, Told>,
    cancelled: BTreeMap<MachineActionId, Told>,
    investigations: Vec<(Told, Option<InvestigationId>)>,
    commented: BTreeMap<String, Told>,
    batch_commented: BTreeMap<String, Told>,
    status: Setting<&'static str>,
    batch_status: Setting<&'static str>,
}

impl Said {
    fn new() -> Self {
        Self {
            submitted: BTreeMap::new(),
            deleted: BTreeMap::new(),
            single: Vec::new(),
            batch: Vec::new(),
            tagged: BTreeMap::new(),
            untagged: BTreeMap::new(),
            value: Setting(BTreeSet::new()),
            ordered: BTreeMap::new(),
            cancelled: BTreeMap::new(),
            investigations: Vec::new(),
            commented: BTreeMap::new(),
            batch_commented: BTreeMap::new(),
            status: Setting(BTreeSet::new()),
            batch_status: Setting(BTreeSet::new()),
        }
    }
}

/// What is written to.
struct Targets {
    machine: MachineId,
    /// One to update alone, two to update together.
    alerts: [AlertId; 3],
}

async fn targets(bench: &Bench) -> Targets {
    let reader = bench.client.reader();
    let machines = all(reader.machines().list(&ListQuery::default())).await;
    let alerts = all(reader.alerts().list(&AlertQuery::default())).await;
    let [one, two, three, ..] = alerts.as_slice() else {
        panic!("{} alerts are too few", alerts.len());
    };
    Targets {
        machine: machines[0].id.clone(),
        alerts: [one.id.clone(), two.id.clone(), three.id.clone()],
    }
}

async fn write_indicators(witness: &mut Witness<'_>, said: &mut Said, round: usize) {
    let writer = witness.bench.client.writer().indicators();
    let [alone, together @ ..] = [0, 1, 2, 3].map(|place| indicator(round * 4 + place));
    let (told, done) = witness
        .watch("IndicatorWriter.submit", writer.submit(&alone))
        .await;
    said.single
        .extend(done.map(|new| (new.id, alone.value.clone())));
    said.submitted.insert(alone.value, told);

    let (told, done) = witness
        .watch("IndicatorWriter.import", writer.import(&together))
        .await;
    for result in done.into_iter().flatten() {
        assert_ne!(result.is_failed, Some(true), "{result:?}");
        said.batch
            .push((result.id.unwrap(), result.indicator.unwrap()));
    }
    let values = together.into_iter().map(|new| (new.value, told));
    said.submitted.extend(values);

    if round % 2 == 1
        && let Some((id, value)) = said.single.pop()
    {
        let (told, _) = witness
            .watch("IndicatorWriter.delete", writer.delete(&id))
            .await;
        said.deleted.insert(value, told);
    }
    let leaving = said.batch.split_off(said.batch.len().saturating_sub(2));
    let (ids, values): (Vec<_>, Vec<_>) = leaving.into_iter().unzip();
    if !ids.is_empty() {
        let (told, _) = witness
            .watch("IndicatorWriter.delete_all", writer.delete_all(&ids))
            .await;
        said.deleted
            .extend(values.into_iter().map(|value| (value, told)));
    }
}

async fn write_machine(
    witness: &mut Witness<'_>,
    said: &mut Said,
    machine: &MachineId,
    round: usize,
) {
    let writer = witness.bench.client.writer().machines();
    let tag = format!("round {round}");
    let added = writer.tag(machine, &tag, TagChange::Add);
    let (told, _) = witness.watch("MachineWriter.tag", added).await;
    said.tagged.insert(tag.clone(), told);
    if told == Told::Done && round % 2 == 1 {
        let alone = std::slice::from_ref(machine);
        let removed = writer.tag_all(alone, &tag, TagChange::Remove);
        let (told, _) = witness.watch("MachineWriter.tag_all", removed).await;
        said.untagged.insert(tag.clone(), told);
    }
    let (name, value) = [
        ("Low", DeviceValue::Low),
        ("Normal", DeviceValue::Normal),
        ("High", DeviceValue::High),
    ][round % 3]
        .clone();
    let set = writer.set_value(machine, &value);
    let (told, _) = witness.watch("MachineWriter.set_value", set).await;
    said.value.set(name, told);

    let scan = ActionRequest::RunAntiVirusScan(ScanType::Quick);
    let order = writer.order(machine, &scan, &tag);
    let (told, ordered) = witness.watch("MachineWriter.order", order).await;
    said.ordered.insert(tag.clone(), told);
    if let Some(action) = ordered.filter(|_| round.is_multiple_of(2)) {
        let cancel = writer.cancel(&action.id, &tag);
        let (told, _) = witness.watch("MachineWriter.cancel", cancel).await;
        said.cancelled.insert(action.id, told);
    }
    let started = writer.start_investigation(machine, &tag);
    let (told, begun) = witness
        .watch("MachineWriter.start_investigation", started)
        .await;
    said.investigations.push((told, begun.map(|own| own.id)));
}

async fn write_alerts(
    witness: &mut Witness<'_>,
    said: &mut Said,
    alerts: &[AlertId; 3],
    round: usize,
) {
    let writer = witness.bench.client.writer().alerts();
    let (name, status) = [
        ("New", AlertStatus::New),
        ("InProgress", AlertStatus::InProgress),
        ("Resolved", AlertStatus::Resolved),
    ][round % 3]
        .clone();
    let comment = format!("round {round}");
    let update = AlertUpdate {
        status: Some(status),
        comment: Some(comment.clone()),
        ..AlertUpdate::default()
    };
    let [alone, together @ ..] = alerts;
    let updated = writer.update(alone, &update);
    let (told, _) = witness.watch("AlertWriter.update", updated).await;
    said.commented.insert(comment.clone(), told);
    said.status.set(name, told);
    let updated = writer.update_all(together, &update);
    let (told, _) = witness.watch("AlertWriter.update_all", updated).await;
    said.batch_commented.insert(comment, told);
    said.batch_status.set(name, told);
}

/// Whether something that was told is there as often as it should be.
fn agrees(told: Told, count: usize) -> bool {
    match told {
        Told::Done => count == 1,
        Told::MayBeDone => count <= 1,
        Told::NotDone => count == 0,
    }
}

/// Whether something that was added, and perhaps removed, is there as often as it should be.
fn agrees_after(added: Told, removed: Option<Told>, count: usize) -> bool {
    match removed {
        None | Some(Told::NotDone) => agrees(added, count),
        Some(Told::Done) => count == 0,
        Some(Told::MayBeDone) => count <= 1,
    }
}

fn counts<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    counts
}

/// Compares what is there with all that was told of it.
fn compare<'a>(
    what: &str,
    added: &BTreeMap<String, Told>,
    removed: &BTreeMap<String, Told>,
    there: impl Iterator<Item = &'a str>,
) {
    let counts = counts(there);
    for (name, told) in added {
        let count = counts.get(name.as_str()).copied().unwrap_or(0);
        let removal = removed.get(name).copied();
        let is_true = agrees_after(*told, removal, count);
        assert!(
            is_true,
            "{what} {name}: {told:?}, {removal:?}, {count} there"
        );
    }
}

async fn compare_indicators(bench: &Bench, said: &Said) {
    let reader = bench.client.reader();
    let held = all(reader.indicators().list(&ListQuery::default())).await;
    let values = held.iter().filter_map(|own| own.value.as_deref());
    compare("indicator", &said.submitted, &said.deleted, values);
}

async fn compare_machine(bench: &Bench, said: &Said, id: &MachineId) {
    let reader = bench.client.reader();
    let none = BTreeMap::new();
    let machine = reader.machines().get(id.as_str()).await.unwrap().unwrap();
    let tags = machine.machine_tags.iter().map(String::as_str);
    compare("tag", &said.tagged, &said.untagged, tags);
    let value = machine.device_value.unwrap().to_string();
    assert!(said.value.0.contains(value.as_str()), "{value}");

    let actions = all(reader.machine_actions().list(&ListQuery::default())).await;
    let comments = actions
        .iter()
        .filter_map(|own| own.requestor_comment.as_deref());
    compare("action", &said.ordered, &none, comments);
    for (id, told) in &said.cancelled {
        let action = actions.iter().find(|own| own.id == *id).unwrap();
        let is_cancelled = action.status == Some(ActionStatus::Cancelled);
        assert!(agrees(*told, is_cancelled.into()), "{told:?}: {action:?}");
    }
}

async fn compare_alerts(bench: &Bench, said: &Said, alerts: &[AlertId; 3]) {
    let reader = bench.client.reader();
    let none = BTreeMap::new();
    let [alone, together @ ..] = alerts;
    let of_one = [(alone, &said.commented, &said.status)];
    let of_batch = together
        .iter()
        .map(|id| (id, &said.batch_commented, &said.batch_status));
    for (id, commented, status) in of_one.into_iter().chain(of_batch) {
        let alert = reader.alerts().get(id).await.unwrap().unwrap();
        let comments = alert.comments.iter();
        let comments = comments.filter_map(|own| own.comment.as_deref());
        compare("comment", commented, &none, comments);
        let own = alert.status.unwrap().to_string();
        assert!(status.0.contains(own.as_str()), "{own}: {status:?}");
    }
}

async fn compare_investigations(bench: &Bench, said: &Said, before: usize) {
    let reader = bench.client.reader();
    let there = all(reader.investigations().list(&ListQuery::default())).await;
    let count = |told| {
        said.investigations
            .iter()
            .filter(|own| own.0 == told)
            .count()
    };
    let (done, may_be) = (count(Told::Done), count(Told::MayBeDone));
    let new = there.len() - before;
    assert!((done..=done + may_be).contains(&new), "{new}, {done} told");
    let ids: BTreeSet<_> = there.into_iter().map(|own| own.id).collect();
    for id in said.investigations.iter().filter_map(|own| own.1.as_ref()) {
        assert!(ids.contains(id), "{id}");
    }
}

#[tokio::test]
async fn what_the_client_says_of_a_write_is_true_and_none_is_sent_twice_that_may_be_done() {
    // Each look at the log copies it.
    let bench = Bench::new(TwinLimits {
        logged_calls_max: 100,
        ..TwinLimits::default()
    })
    .await;
    let targets = targets(&bench).await;
    let investigations = bench.client.reader().investigations();
    let investigations = all(investigations.list(&ListQuery::default())).await.len();
    let mut witness = Witness::new(&bench);
    let mut said = Said::new();

    fail_at_random(&bench.twin, "*", RATE).await;
    for round in 0..ROUNDS {
        write_indicators(&mut witness, &mut said, round).await;
        write_machine(&mut witness, &mut said, &targets.machine, round).await;
        write_alerts(&mut witness, &mut said, &targets.alerts, round).await;
        // The scan ends before the next.
        bench.clock.advance(Duration::from_secs(120));
    }
    behave(&bench.twin).await;

    let (done, may_be, not_done) = (
        witness.count(Told::Done),
        witness.count(Told::MayBeDone),
        witness.count(Told::NotDone),
    );
    let told = format!("{done} done, {may_be} perhaps, {not_done} not");
    assert!(witness.requests > done, "some were repeated: {told}");
    assert!(done > (may_be + not_done) * 9, "{told}");
    assert!(may_be > 0, "{told}");
    let made: Vec<_> = witness.outcomes.keys().copied().collect();
    assert_eq!(made, WRITES);

    compare_indicators(&bench, &said).await;
    compare_machine(&bench, &said, &targets.machine).await;
    compare_investigations(&bench, &said, investigations).await;
    compare_alerts(&bench, &said, &targets.alerts).await;
    bench.twin.shutdown().await;
}
