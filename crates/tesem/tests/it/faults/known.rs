//! What the calls of the table ask about: things that the tenant has.

use std::net::IpAddr;

use futures::TryStreamExt;
use jiff::Timestamp;
use tesem_defender::endpoint::{
    ActionRequest, Alert, AlertQuery, Evidence, ItemStream, LiveResponseCommand, Machine, TagChange,
};
use tesem_defender::{
    AlertId, DefenderReader, IncidentId, InvestigationId, ListQuery, MachineActionId, MachineId,
    RecommendationId, SoftwareId, VulnerabilityId,
};

use super::bench::Bench;
use super::indicator;

pub(super) struct Known {
    pub(super) machine: MachineId,
    pub(super) outdated: MachineId,
    pub(super) address: IpAddr,
    pub(super) seen: Timestamp,
    pub(super) alert: AlertId,
    pub(super) hash: String,
    pub(super) remote: IpAddr,
    pub(super) domain: String,
    pub(super) account: String,
    pub(super) package: MachineActionId,
    pub(super) session: MachineActionId,
    pub(super) investigation: InvestigationId,
    pub(super) vulnerability: VulnerabilityId,
    pub(super) software: SoftwareId,
    pub(super) recommendation: RecommendationId,
    pub(super) graph_alert: AlertId,
    pub(super) incident: IncidentId,
}

impl Known {
    /// Looks around in a tenant that behaves, after adding what a new one has none of.
    pub(super) async fn find(bench: &Bench) -> Self {
        let reader = bench.client.reader();
        let machines = all(reader.machines().list(&ListQuery::default())).await;
        let alerts = AlertQuery {
            with_evidence: true,
            ..AlertQuery::default()
        };
        let alerts = all(reader.alerts().list(&alerts)).await;
        let alert = with_files(&reader, &alerts).await;
        let machine = machine_of(&machines, alert);
        let (package, session) = acted_on(bench, &machine.id).await;
        let listing = ListQuery::default();
        Self {
            outdated: outdated(&reader, &machines).await,
            address: machine.last_ip_address.as_ref().unwrap().parse().unwrap(),
            seen: machine.last_seen.unwrap(),
            hash: evident(&alerts, |evidence| evidence.sha1.clone()),
            remote: evident(&alerts, |evidence| evidence.ip_address.clone())
                .parse()
                .unwrap(),
            domain: evident(&alerts, |evidence| evidence.url.as_deref().map(host)),
            account: evident(&alerts, |evidence| evidence.account_name.clone()),
            package,
            session,
            investigation: first(reader.investigations().list(&listing)).await.id,
            vulnerability: first(reader.machines().vulnerabilities(&machine.id))
                .await
                .id,
            software: first(reader.machines().software(&machine.id)).await.id,
            recommendation: first(reader.recommendations().list(&listing)).await.id,
            graph_alert: first(reader.graph_alerts().list(&listing)).await.id,
            incident: first(reader.graph_incidents().list(&Default::default()))
                .await
                .id,
            machine: machine.id.clone(),
            alert: alert.id.clone(),
        }
    }
}

/// A tag of one machine.
pub(super) const TAG: &str = "known";

/// A list of a tenant that behaves.
pub(super) async fn all<T>(list: ItemStream<T>) -> Vec<T> {
    list.try_collect().await.unwrap()
}

async fn first<T>(list: ItemStream<T>) -> T {
    all(list).await.into_iter().next().unwrap()
}

async fn with_files<'a>(reader: &DefenderReader, alerts: &'a [Alert]) -> &'a Alert {
    for alert in alerts {
        let has_user = reader.alerts().user(&alert.id).await.unwrap().is_some();
        if has_user && !all(reader.alerts().files(&alert.id)).await.is_empty() {
            return alert;
        }
    }
    panic!("no alert has a user and files");
}

fn machine_of<'a>(machines: &'a [Machine], alert: &Alert) -> &'a Machine {
    let is_it = |machine: &&Machine| Some(&machine.id) == alert.machine_id.as_ref();
    machines.iter().find(is_it).unwrap()
}

async fn outdated(reader: &DefenderReader, machines: &[Machine]) -> MachineId {
    for machine in machines {
        let missing = all(reader.machines().missing_updates(&machine.id)).await;
        if !missing.is_empty() {
            return machine.id.clone();
        }
    }
    panic!("no machine lacks an update");
}

fn evident<T>(alerts: &[Alert], part: impl Fn(&Evidence) -> Option<T>) -> T {
    let mut evidence = alerts.iter().flat_map(|alert| &alert.evidence);
    evidence.find_map(part).unwrap()
}

fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

/// Some indicators, and a package and a session of a machine.
async fn acted_on(bench: &Bench, machine: &MachineId) -> (MachineActionId, MachineActionId) {
    let writer = bench.client.writer();
    let tagged = writer.machines().tag(machine, TAG, TagChange::Add).await;
    tagged.unwrap();
    for number in 0..7 {
        let submitted = writer.indicators().submit(&indicator(number)).await;
        submitted.unwrap();
    }
    let command = LiveResponseCommand::GetFile {
        path: r"C:\Windows\notepad.exe".to_owned(),
    };
    let mut ids = Vec::new();
    for action in [
        ActionRequest::CollectInvestigationPackage,
        ActionRequest::LiveResponse(vec![command]),
    ] {
        let ordered = writer.machines().order(machine, &action, "comment").await;
        ids.push(ordered.unwrap().id);
    }
    bench.clock.advance(std::time::Duration::from_secs(3_600));
    (ids.remove(0), ids.remove(0))
}
