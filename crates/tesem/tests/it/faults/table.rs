//! Every call of the client that reads.

use std::future::Future;

use futures::TryStreamExt;
use futures::future::{FutureExt, LocalBoxFuture};
use jiff::ToSpan;
use serde::Serialize;
use serde_json::{Value, json};
use tesem_defender::endpoint::{AlertQuery, ExportFiles, ItemStream, TagMatch};
use tesem_defender::graph::IncidentQuery;
use tesem_defender::{
    DefenderClient, DefenderError, DefenderReader, Entity, HuntingApi, ListQuery,
};

use super::known::{Known, TAG};

/// What a call answers: its items as the service writes them; for a thing that is not there none.
pub(super) type Answer = Result<Vec<Value>, DefenderError>;

/// A call that reads.
pub(super) struct Call<'a> {
    pub(super) name: &'static str,
    /// Whether pages come one after the other.
    pub(super) is_list: bool,
    run: Box<dyn Fn() -> LocalBoxFuture<'a, Answer> + 'a>,
}

impl Call<'_> {
    pub(super) async fn run(&self) -> Answer {
        (self.run)().await
    }
}

/// All of them. A page of a list has `page` items where the client can ask for that.
pub(super) fn calls<'a>(
    client: &'a DefenderClient,
    reader: &'a DefenderReader,
    known: &'a Known,
    page: u32,
) -> Vec<Call<'a>> {
    [
        hunting(client),
        machines(reader, known, page),
        machine_actions(reader, known, page),
        alerts(reader, known, page),
        observables(reader, known),
        weaknesses(reader, known, page),
        exports(reader, known, page),
        graph(reader, known, page),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn paged(page: u32) -> ListQuery {
    ListQuery {
        page_size: Some(page),
        ..ListQuery::default()
    }
}

/// As the service writes it, without the time of a score, which is that of the call.
fn value(thing: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(thing).unwrap();
    if let Some(object) = value.as_object_mut() {
        object.shift_remove("time");
    }
    value
}

fn list<'a, T: Serialize + 'a>(
    name: &'static str,
    start: impl Fn() -> ItemStream<T> + 'a,
) -> Call<'a> {
    let run = move || {
        let items = start().map_ok(|item| value(&item));
        items.try_collect::<Vec<Value>>().boxed_local()
    };
    Call {
        name,
        is_list: true,
        run: Box::new(run),
    }
}

fn one<'a, T, F>(name: &'static str, start: impl Fn() -> F + 'a) -> Call<'a>
where
    T: Serialize,
    F: Future<Output = Result<T, DefenderError>> + 'a,
{
    let run = move || {
        let thing = start();
        let answer = async move {
            let thing = Some(value(&thing.await?)).filter(|thing| !thing.is_null());
            Ok::<_, DefenderError>(thing.into_iter().collect::<Vec<Value>>())
        };
        answer.boxed_local()
    };
    Call {
        name,
        is_list: false,
        run: Box::new(run),
    }
}

fn files<'a, T, F>(name: &'static str, start: impl Fn() -> F + 'a) -> Call<'a>
where
    T: Entity + Serialize + 'static,
    F: Future<Output = Result<ExportFiles<T>, DefenderError>> + 'a,
{
    let run = move || {
        let files = start();
        let answer = async move {
            let files = files.await?;
            let mut values: Vec<Value> = Vec::new();
            for file in 0..files.count() {
                let records = files.records_of(file).map_ok(|record| value(&record));
                values.extend(records.try_collect::<Vec<Value>>().await?);
            }
            Ok(values)
        };
        answer.boxed_local()
    };
    Call {
        name,
        is_list: false,
        run: Box::new(run),
    }
}

fn hunting(client: &DefenderClient) -> Vec<Call<'_>> {
    let query = "DeviceInfo | distinct DeviceId, DeviceName | sort by DeviceId asc";
    let through = |name, api| {
        one(name, move || async move {
            let hunting = client.hunting_through(api);
            let result = hunting.run(query, None).await;
            result.map(|result| json!(result.rows))
        })
    };
    vec![
        through("Hunting.run through graph", HuntingApi::Graph),
        through("Hunting.run through defender", HuntingApi::Defender),
        through("Hunting.run through xdr", HuntingApi::Xdr),
    ]
}

fn machines<'a>(r: &'a DefenderReader, k: &'a Known, page: u32) -> Vec<Call<'a>> {
    vec![
        list("Machines.list", move || r.machines().list(&paged(page))),
        one("Machines.get", move || async move {
            r.machines().get(k.machine.as_str()).await
        }),
        list("Machines.by_ip", move || {
            r.machines().by_ip(k.address, k.seen)
        }),
        list("Machines.by_tag", move || {
            r.machines().by_tag(TAG, TagMatch::Whole)
        }),
        list("Machines.logon_users", move || {
            r.machines().logon_users(&k.machine)
        }),
        list("Machines.alerts", move || r.machines().alerts(&k.machine)),
        list("Machines.software", move || {
            r.machines().software(&k.machine)
        }),
        list("Machines.vulnerabilities", move || {
            r.machines().vulnerabilities(&k.machine)
        }),
        list("Machines.recommendations", move || {
            r.machines().recommendations(&k.machine)
        }),
        list("Machines.missing_updates", move || {
            r.machines().missing_updates(&k.outdated)
        }),
    ]
}

fn machine_actions<'a>(r: &'a DefenderReader, k: &'a Known, page: u32) -> Vec<Call<'a>> {
    vec![
        list("MachineActions.list", move || {
            r.machine_actions().list(&paged(page))
        }),
        one("MachineActions.get", move || async move {
            r.machine_actions().get(&k.package).await
        }),
        list("MachineActions.available", move || {
            r.machine_actions().available(&k.machine)
        }),
        // Addresses are signed anew each time; their paths stay.
        one("MachineActions.package_address", move || async move {
            let address = r.machine_actions().package_address(&k.package).await;
            address.map(|url| url.path().to_owned())
        }),
        one("MachineActions.live_response_result", move || async move {
            let actions = r.machine_actions();
            let address = actions.live_response_result(&k.session, 0).await;
            address.map(|url| url.path().to_owned())
        }),
    ]
}

fn alerts<'a>(r: &'a DefenderReader, k: &'a Known, page: u32) -> Vec<Call<'a>> {
    let with = move |with_evidence| AlertQuery {
        list: paged(page),
        with_evidence,
    };
    vec![
        list("Alerts.list", move || r.alerts().list(&with(false))),
        list("Alerts.list with evidence", move || {
            r.alerts().list(&with(true))
        }),
        one("Alerts.get", move || async move {
            r.alerts().get(&k.alert).await
        }),
        one("Alerts.machine", move || async move {
            r.alerts().machine(&k.alert).await
        }),
        one("Alerts.user", move || async move {
            r.alerts().user(&k.alert).await
        }),
        list("Alerts.files", move || r.alerts().files(&k.alert)),
        list("Alerts.ips", move || r.alerts().ips(&k.alert)),
        list("Alerts.domains", move || r.alerts().domains(&k.alert)),
        list("Investigations.list", move || {
            r.investigations().list(&paged(page))
        }),
        one("Investigations.get", move || async move {
            r.investigations().get(&k.investigation).await
        }),
        list("Indicators.list", move || r.indicators().list(&paged(page))),
    ]
}

fn observables<'a>(r: &'a DefenderReader, k: &'a Known) -> Vec<Call<'a>> {
    vec![
        one(
            "Files.get",
            move || async move { r.files().get(&k.hash).await },
        ),
        one("Files.stats", move || async move {
            r.files().stats(&k.hash, Some(720)).await
        }),
        list("Files.alerts", move || r.files().alerts(&k.hash)),
        list("Files.machines", move || r.files().machines(&k.hash)),
        one(
            "Ips.stats",
            move || async move { r.ips().stats(k.remote).await },
        ),
        list("Ips.alerts", move || r.ips().alerts(k.remote)),
        one("Domains.stats", move || async move {
            r.domains().stats(&k.domain).await
        }),
        list("Domains.alerts", move || r.domains().alerts(&k.domain)),
        list("Domains.machines", move || r.domains().machines(&k.domain)),
        list("Users.alerts", move || r.users().alerts(&k.account)),
        list("Users.machines", move || r.users().machines(&k.account)),
    ]
}

fn weaknesses<'a>(r: &'a DefenderReader, k: &'a Known, page: u32) -> Vec<Call<'a>> {
    vec![
        list("Vulnerabilities.list", move || {
            r.vulnerabilities().list(&paged(page * 20))
        }),
        one("Vulnerabilities.get", move || async move {
            r.vulnerabilities().get(&k.vulnerability).await
        }),
        list("Vulnerabilities.machines", move || {
            r.vulnerabilities().machines(&k.vulnerability)
        }),
        list("Vulnerabilities.by_machine", move || {
            r.vulnerabilities().by_machine(&paged(page * 400))
        }),
        list("SoftwareInventory.list", move || {
            r.software().list(&paged(page * 4))
        }),
        list("SoftwareInventory.machines", move || {
            r.software().machines(&k.software)
        }),
        list("SoftwareInventory.vulnerabilities", move || {
            r.software().vulnerabilities(&k.software)
        }),
        list("SoftwareInventory.distributions", move || {
            r.software().distributions(&k.software)
        }),
        list("Recommendations.list", move || {
            r.recommendations().list(&paged(page * 4))
        }),
        one("Recommendations.get", move || async move {
            r.recommendations().get(&k.recommendation).await
        }),
        list("Recommendations.machines", move || {
            r.recommendations().machines(&k.recommendation)
        }),
        list("Recommendations.vulnerabilities", move || {
            r.recommendations().vulnerabilities(&k.recommendation)
        }),
        one("Scores.exposure", move || async move {
            r.scores().exposure().await
        }),
        one("Scores.configuration", move || async move {
            r.scores().configuration().await
        }),
        list("Scores.exposure_by_group", move || {
            r.scores().exposure_by_group()
        }),
    ]
}

fn exports<'a>(r: &'a DefenderReader, k: &'a Known, page: u32) -> Vec<Call<'a>> {
    let size = Some(page * 400);
    let since = k.seen - (24 * 10).hours();
    let changes = move || r.exports().vulnerability_changes(since, size).unwrap();
    vec![
        list("Exports.software", move || r.exports().software(size)),
        list("Exports.vulnerabilities", move || {
            r.exports().vulnerabilities(size)
        }),
        list("Exports.configurations", move || {
            r.exports().configurations(size)
        }),
        list("Exports.vulnerability_changes", changes),
        files("Exports.software_files", move || async move {
            r.exports().software_files(None).await
        }),
        files("Exports.vulnerability_files", move || async move {
            r.exports().vulnerability_files(None).await
        }),
        files("Exports.configuration_files", move || async move {
            r.exports().configuration_files(None).await
        }),
    ]
}

fn graph<'a>(r: &'a DefenderReader, k: &'a Known, page: u32) -> Vec<Call<'a>> {
    let incidents = move || {
        r.graph_incidents().list(&IncidentQuery {
            list: paged(page),
            with_alerts: true,
        })
    };
    vec![
        list("GraphAlerts.list", move || {
            r.graph_alerts().list(&paged(page))
        }),
        one("GraphAlerts.get", move || async move {
            r.graph_alerts().get(&k.graph_alert).await
        }),
        list("GraphIncidents.list", incidents),
        one("GraphIncidents.get", move || async move {
            r.graph_incidents().get(&k.incident).await
        }),
    ]
}
