//! Alerts, with the addresses and accounts that their evidence names.

use tesem_defender::endpoint::{
    Alert, AlertSeverity, AlertStatus, Classification, Determination, Evidence, EvidenceKind,
};

use super::account::{Account, AccountWords};
use super::logon::put_account;
use super::machine::address_node;
use super::{AccountIds, Facts, Reason, RecordKind, normal};
use crate::collection::{EdgeKind, NodeKind};
use crate::graph::{EdgeKey, NodeKey};
use crate::millis::Millis;
use crate::property::{
    ALERT, ALERT_CATEGORY, ASSIGNED_TO, BASE_SCORE, CATEGORY, CLASSIFICATION, DESCRIPTION,
    DETECTION_SOURCE, DETERMINATION, DISCLOSED_ON, Draft, FIRST_SEEN, INCIDENT, LAST_MODIFIED,
    NAME, PUBLISHED_ON, Properties, SEVERITY, STATUS, TECHNIQUES, THREAT_NAME, texts,
};
use crate::text::{Text, clean};

/// Whether an alert still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AlertState {
    /// New or in progress.
    Open,
    /// Resolved, where known when.
    Resolved(Option<Millis>),
    /// Nobody knows: it does not count as open.
    Unknown,
}

/// What a record of an alert says. Of several records of one alert the latest counts, and of those of one instant the greatest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AlertFacts {
    last_update: Option<Millis>,
    /// Whether it still stands.
    pub(crate) state: AlertState,
    /// When it was raised.
    pub(crate) created: Option<Millis>,
    /// The machine that it is about.
    pub(crate) machine: Option<Text>,
    /// All that it says; the alert itself is among the nodes.
    pub(crate) facts: Facts,
}

/// Maps an alert.
pub(crate) fn alert(alert: &Alert, ids: AccountIds) -> AlertFacts {
    let mut facts = Facts::default();
    let machine = alert
        .machine_id
        .as_ref()
        .map(|id| Text::from(clean(id.as_str())));
    let node = NodeKey::new(NodeKind::Vulnerability, alert.id.as_str());
    match &machine {
        Some(machine) => {
            let said = Draft::default()
                .with(LAST_MODIFIED, alert.last_event.map(Millis::from))
                .done();
            let edge = EdgeKey::new(
                EdgeKind::AssetVulnerability,
                machine.clone(),
                node.key.clone(),
            );
            facts.edge(edge, &said);
            for item in &alert.evidence {
                evidence(&node.key, item, ids, &mut facts);
            }
        }
        None => facts.refuse(RecordKind::Alert, Reason::NoMachine, alert.id.as_str()),
    }
    facts.node(node, &said(alert));
    let state = state(alert);
    if state == AlertState::Unknown {
        facts.refuse(RecordKind::Alert, Reason::UnknownStatus, alert.id.as_str());
    }
    AlertFacts {
        last_update: alert.last_update.map(Millis::from),
        state,
        created: alert.created.map(Millis::from),
        machine,
        facts,
    }
}

fn state(alert: &Alert) -> AlertState {
    match alert.status {
        Some(AlertStatus::New | AlertStatus::InProgress) => AlertState::Open,
        Some(AlertStatus::Resolved) => AlertState::Resolved(alert.resolved.map(Millis::from)),
        _ => AlertState::Unknown,
    }
}

fn said(alert: &Alert) -> Properties {
    let word = |word: Option<&str>| word.map(Text::from);
    Draft::default()
        .text(NAME, alert.title.as_deref().or(Some(alert.id.as_str())))
        .text(DESCRIPTION, alert.description.as_deref())
        .text(CATEGORY, Some(ALERT))
        .with(
            SEVERITY,
            word(alert.severity.as_ref().map(AlertSeverity::as_str)),
        )
        .with(BASE_SCORE, Some(score(alert.severity.as_ref())))
        .with(DISCLOSED_ON, alert.first_event.map(Millis::from))
        .with(PUBLISHED_ON, alert.created.map(Millis::from))
        .with(STATUS, word(alert.status.as_ref().map(AlertStatus::as_str)))
        .text(DETECTION_SOURCE, alert.detection_source.as_deref())
        .text(ALERT_CATEGORY, alert.category.as_deref())
        .text(THREAT_NAME, alert.threat_name.as_deref())
        .text(INCIDENT, alert.incident_id.as_ref().map(AsRef::as_ref))
        .with(
            TECHNIQUES,
            texts(alert.mitre_techniques.iter().map(|id| id.trim().into())),
        )
        .text(ASSIGNED_TO, alert.assigned_to.as_deref())
        .with(
            CLASSIFICATION,
            word(alert.classification.as_ref().map(Classification::as_str)),
        )
        .with(
            DETERMINATION,
            word(alert.determination.as_ref().map(Determination::as_str)),
        )
        .done()
}

/// How bad an alert is on the scale of vulnerabilities, as IBM's connector has it.
fn score(severity: Option<&AlertSeverity>) -> i64 {
    match severity {
        Some(AlertSeverity::High) => 8,
        Some(AlertSeverity::Medium) => 5,
        Some(AlertSeverity::Low) => 2,
        _ => 0,
    }
}

/// Addresses and accounts that the alert names. For files, processes, links and keys of the registry the graph has no collection.
fn evidence(alert: &Text, item: &Evidence, ids: AccountIds, facts: &mut Facts) {
    let put = match item.kind {
        Some(EvidenceKind::Ip) => put_address(alert, item, facts),
        Some(EvidenceKind::User) => put_user(alert, item, ids, facts),
        _ => Err(Reason::NoCollection),
    };
    if let Err(reason) = put {
        let kind = item.kind.as_ref().map_or("unknown", EvidenceKind::as_str);
        facts.refuse(RecordKind::Evidence, reason, format!("{alert} {kind}"));
    }
}

fn put_address(alert: &Text, item: &Evidence, facts: &mut Facts) -> Result<(), Reason> {
    let address = normal::address(item.ip_address.as_deref().unwrap_or_default())?;
    let node = address_node(address, facts);
    let edge = EdgeKey::new(EdgeKind::IpAddressVulnerability, node, alert.clone());
    facts.edge(edge, &seen(item));
    Ok(())
}

fn put_user(
    alert: &Text,
    item: &Evidence,
    ids: AccountIds,
    facts: &mut Facts,
) -> Result<(), Reason> {
    let words = AccountWords {
        name: item.account_name.as_deref(),
        domain: item.domain_name.as_deref(),
        id: item.user_principal_name.as_deref(),
        sid: item.user_sid.as_deref(),
    };
    let account = Account::of(words, ids)?;
    put_account(&account, facts);
    let edge = EdgeKey::new(EdgeKind::AccountVulnerability, &*account.key, alert.clone());
    facts.edge(edge, &seen(item));
    Ok(())
}

fn seen(item: &Evidence) -> Properties {
    Draft::default()
        .with(FIRST_SEEN, item.created.map(Millis::from))
        .done()
}
