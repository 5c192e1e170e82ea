//! What every reading call sends.

use futures::StreamExt;
use serde_json::json;
use tesem_defender::endpoint::{AlertQuery, ItemStream, TagMatch};
use tesem_defender::graph::IncidentQuery;
use tesem_defender::{
    AlertId, Comparison, DefenderError, DefenderReader, Filter, InvestigationId, ListQuery,
    MachineActionId, MachineId, RecommendationId, RemediationTaskId, SoftwareId, VulnerabilityId,
};

use crate::service::{Bench, Reply, Service};

/// Takes what comes of a list.
async fn drain<T>(mut stream: ItemStream<T>) -> Result<(), DefenderError> {
    while let Some(item) = stream.next().await {
        item?;
    }
    Ok(())
}

async fn lists(reader: &DefenderReader) -> Result<(), DefenderError> {
    let query = ListQuery::default();
    let since = "2019-11-22T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
    let filtered = ListQuery::filtered(Filter::compare("lastUpdateTime", Comparison::Ge, since));
    let machine = MachineId::new("1e5bc9d7e413ddd7902c2932e418702b84d0cc07");
    let machines = reader.machines();
    drain(machines.list(&query)).await?;
    drain(machines.by_ip("10.0.0.1".parse().unwrap(), since)).await?;
    drain(machines.by_tag("red & blue", TagMatch::Whole)).await?;
    drain(machines.by_tag("r", TagMatch::Beginning)).await?;
    drain(machines.logon_users(&machine)).await?;
    drain(machines.alerts(&machine)).await?;
    drain(machines.software(&machine)).await?;
    drain(machines.vulnerabilities(&machine)).await?;
    drain(machines.recommendations(&machine)).await?;
    drain(machines.missing_updates(&machine)).await?;
    drain(reader.machine_actions().list(&query)).await?;
    drain(reader.machine_actions().available(&machine)).await?;
    drain(reader.alerts().list(&AlertQuery {
        list: filtered,
        with_evidence: true,
    }))
    .await?;
    drain(reader.alerts().files(&AlertId::new("da1_2"))).await?;
    drain(reader.alerts().ips(&AlertId::new("da1_2"))).await?;
    drain(reader.alerts().domains(&AlertId::new("da1_2"))).await?;
    drain(reader.indicators().list(&query)).await?;
    drain(reader.investigations().list(&query)).await?;
    drain(reader.files().alerts("aa")).await?;
    drain(reader.files().machines("aa")).await?;
    drain(reader.ips().alerts("2001:db8::1".parse().unwrap())).await?;
    drain(reader.domains().alerts("evil.example")).await?;
    drain(reader.domains().machines("evil.example")).await?;
    drain(reader.users().alerts("o'hara/..\\x?y#z")).await?;
    drain(reader.users().machines("..")).await
}

async fn more_lists(reader: &DefenderReader) -> Result<(), DefenderError> {
    let query = ListQuery::default();
    drain(reader.vulnerabilities().list(&query)).await?;
    drain(
        reader
            .vulnerabilities()
            .machines(&VulnerabilityId::new("CVE-2026-1")),
    )
    .await?;
    drain(reader.vulnerabilities().by_machine(&query)).await?;
    drain(reader.software().list(&query)).await?;
    drain(
        reader
            .software()
            .machines(&SoftwareId::new("microsoft-_-edge")),
    )
    .await?;
    drain(
        reader
            .software()
            .vulnerabilities(&SoftwareId::new("microsoft-_-edge")),
    )
    .await?;
    drain(reader.recommendations().list(&query)).await?;
    drain(
        reader
            .recommendations()
            .machines(&RecommendationId::new("va-_-microsoft-_-edge")),
    )
    .await?;
    drain(
        reader
            .software()
            .distributions(&SoftwareId::new("microsoft-_-edge")),
    )
    .await?;
    drain(
        reader
            .recommendations()
            .vulnerabilities(&RecommendationId::new("va-_-microsoft-_-edge")),
    )
    .await?;
    let tasks = reader.remediation_tasks();
    drain(tasks.list(&query)).await?;
    drain(tasks.machines(&RemediationTaskId::new("t1"))).await?;
    drain(reader.scores().exposure_by_group()).await?;
    drain(reader.exports().software(Some(5))).await?;
    drain(reader.exports().vulnerabilities(None)).await?;
    drain(reader.exports().configurations(Some(999_999))).await?;
    let since = jiff::Timestamp::UNIX_EPOCH;
    drain(reader.exports().vulnerability_changes(since, None)?).await?;
    drain(reader.graph_alerts().list(&query)).await?;
    drain(reader.graph_incidents().list(&IncidentQuery {
        with_alerts: true,
        ..IncidentQuery::default()
    }))
    .await
}

async fn single(reader: &DefenderReader) -> Result<(), DefenderError> {
    reader.machines().get("pc.contoso.example").await?;
    reader
        .machine_actions()
        .get(&MachineActionId::new("a1"))
        .await?;
    reader
        .machine_actions()
        .package_address(&MachineActionId::new("a1"))
        .await?;
    reader
        .machine_actions()
        .live_response_result(&MachineActionId::new("a1"), 2)
        .await?;
    reader.alerts().get(&AlertId::new("da1_2")).await?;
    reader.alerts().machine(&AlertId::new("da1_2")).await?;
    reader.alerts().user(&AlertId::new("da1_2")).await?;
    reader.files().get("aa").await?;
    reader.files().stats("aa", Some(720)).await?;
    reader.ips().stats("203.0.113.7".parse().unwrap()).await?;
    reader.domains().stats("evil.example").await?;
    reader
        .investigations()
        .get(&InvestigationId::new("7"))
        .await?;
    reader
        .vulnerabilities()
        .get(&VulnerabilityId::new("CVE-2026-1"))
        .await?;
    reader
        .recommendations()
        .get(&RecommendationId::new("r"))
        .await?;
    reader
        .remediation_tasks()
        .get(&RemediationTaskId::new("t1"))
        .await?;
    reader.scores().exposure().await?;
    reader.scores().configuration().await?;
    reader.exports().software_files(None).await?;
    reader.exports().vulnerability_files(Some(6)).await?;
    reader.exports().configuration_files(Some(99)).await?;
    reader.graph_alerts().get(&AlertId::new("da1_2")).await?;
    reader
        .graph_incidents()
        .get(&tesem_defender::IncidentId::new("9"))
        .await
        .map(drop)
}

/// Each call on a line, with its parameters decoded.
fn shown(service: &Service) -> String {
    let mut lines = String::new();
    for call in service.api_calls() {
        assert_eq!(call.body, "", "reading sends no body");
        let query: Vec<String> = call
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        lines.push_str(&format!(
            "{} {} {}\n",
            call.method,
            call.path,
            query.join(" & ")
        ));
    }
    lines
}

#[tokio::test]
async fn every_reading_call_is_a_get_of_the_documented_route() {
    let entity = json!({"id": "x", "action": "a", "value": "https://example.blob.core.windows.net/x", "exportFiles": []});
    let list = Service::answering(vec![Reply::new(200, r#"{"value":[]}"#)]).await;
    let bench = Bench::of(&list);
    lists(&bench.client.reader()).await.unwrap();
    insta::assert_snapshot!("lists", shown(&list));
    let list = Service::answering(vec![Reply::new(200, r#"{"value":[]}"#)]).await;
    more_lists(&Bench::of(&list).client.reader()).await.unwrap();
    insta::assert_snapshot!("more_lists", shown(&list));
    let one = Service::answering(vec![Reply::new(200, entity.to_string())]).await;
    single(&Bench::of(&one).client.reader()).await.unwrap();
    insta::assert_snapshot!("single", shown(&one));
}

#[tokio::test]
async fn what_is_not_there_is_nothing_and_what_nobody_serves_is_an_error() {
    let missing = r#"{"error":{"code":"ResourceNotFound","message":"Machine 1 was not found","target":"|cd9f5106-4aa2341c0de87fd0.1.2."}}"#;
    let service = Service::answering(vec![Reply::new(404, missing), Reply::new(404, "")]).await;
    let machines = Bench::of(&service).client.reader().machines();
    assert_eq!(machines.get("1").await.unwrap(), None);
    let error = machines.get("1").await.unwrap_err();
    assert!(
        !error.is_not_found() && error.hint().unwrap().contains("does not know this route"),
        "{error}"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_not_sent() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let bench = Bench::of(&service);
    bench
        .clock
        .advance(std::time::Duration::from_secs(15 * 86_400));
    let reader = bench.client.reader();
    let error = reader
        .exports()
        .vulnerability_changes(jiff::Timestamp::UNIX_EPOCH, None)
        .err()
        .unwrap();
    assert!(error.to_string().contains("make a full export"), "{error}");
    let error = reader.files().stats("aa", Some(721)).await.unwrap_err();
    assert!(
        error.to_string().contains("1 to 720 hours, not 721"),
        "{error}"
    );
    assert_eq!(error.delivery(), tesem_defender::Delivery::NotSent);
    assert_eq!(service.calls().len(), 0);
}
