//! Calls that change something: what they send, and that they never do it twice.

use serde_json::json;
use tesem_defender::endpoint::{
    ActionRequest, AlertSeverity, AlertStatus, AlertUpdate, DeviceValue, INDICATORS_PER_BATCH_MAX,
    IndicatorAction, IndicatorType, IsolationType, LiveResponseCommand, MACHINES_PER_TAGGING_MAX,
    NewAlert, NewIndicator, ScanType, TagChange,
};
use tesem_defender::{
    AlertId, DefenderError, DefenderWriter, Delivery, IndicatorId, MachineActionId, MachineId,
};

use crate::service::{Bench, Reply, Service};

pub(crate) fn indicator(value: &str) -> NewIndicator {
    NewIndicator {
        value: value.to_owned(),
        kind: IndicatorType::IpAddress,
        action: IndicatorAction::Audit,
        title: "t".to_owned(),
        description: "d".to_owned(),
        application: None,
        expires: Some("2026-12-01T10:00:00.5Z".parse().unwrap()),
        severity: None,
        recommended_actions: None,
        rbac_group_names: vec![],
        educate_url: None,
        generate_alert: Some(true),
    }
}

async fn everything(writer: &DefenderWriter) -> Result<(), DefenderError> {
    let machine = MachineId::new("m");
    let indicators = writer.indicators();
    indicators.submit(&indicator("203.0.113.7")).await?;
    indicators.delete(&IndicatorId::new("41")).await?;
    indicators
        .delete_all(&[IndicatorId::new("1"), IndicatorId::new("5")])
        .await?;
    let machines = writer.machines();
    machines.tag(&machine, "red", TagChange::Add).await?;
    let pair = [MachineId::new("m"), MachineId::new("n")];
    machines.tag_all(&pair, "red", TagChange::Remove).await?;
    machines.set_value(&machine, &DeviceValue::High).await?;
    let script = LiveResponseCommand::RunScript {
        script_name: "s.ps1".into(),
        arguments: Some("-x".into()),
    };
    let orders = [
        ActionRequest::Isolate(IsolationType::UnmanagedDevice),
        ActionRequest::Unisolate,
        ActionRequest::RestrictCodeExecution,
        ActionRequest::UnrestrictCodeExecution,
        ActionRequest::RunAntiVirusScan(ScanType::Quick),
        ActionRequest::CollectInvestigationPackage,
        ActionRequest::StopAndQuarantineFile { sha1: "aa".into() },
        ActionRequest::Offboard,
        ActionRequest::LiveResponse(vec![
            script,
            LiveResponseCommand::PutFile {
                file_name: "f".into(),
            },
            LiveResponseCommand::GetFile {
                path: r"C:\x".into(),
            },
        ]),
    ];
    for order in &orders {
        machines.order(&machine, order, "because").await?;
    }
    machines.start_investigation(&machine, "because").await?;
    machines.cancel(&MachineActionId::new("a1"), "no").await?;
    let alert = NewAlert {
        machine_id: machine.clone(),
        severity: AlertSeverity::High,
        title: "t".into(),
        description: "d".into(),
        recommended_action: "r".into(),
        event_time: "2026-10-01T08:00:00.1234567Z".parse().unwrap(),
        report_id: "20776".into(),
        category: "CommandAndControl".into(),
    };
    writer.alerts().create(&alert).await?;
    let update = AlertUpdate {
        status: Some(AlertStatus::Resolved),
        comment: Some("c".into()),
        ..AlertUpdate::default()
    };
    writer
        .alerts()
        .update(&AlertId::new("da1_2"), &update)
        .await?;
    writer
        .alerts()
        .update_all(&[AlertId::new("a"), AlertId::new("b")], &update)
        .await
}

#[tokio::test]
async fn every_writing_call_sends_the_documented_body() {
    let service = Service::answering(vec![Reply::new(200, json!({"id": "x"}).to_string())]).await;
    everything(&Bench::of(&service).client.writer())
        .await
        .unwrap();
    let mut lines = String::new();
    for call in service.api_calls() {
        lines.push_str(&format!(
            "{} {}\n    {}\n",
            call.method, call.path, call.body
        ));
    }
    insta::assert_snapshot!(lines);
}

#[tokio::test]
async fn an_empty_answer_to_a_deletion_is_success() {
    let service = Service::answering(vec![Reply::new(204, ""), Reply::new(200, "")]).await;
    let indicators = Bench::of(&service).client.writer().indicators();
    for _ in 0..2 {
        indicators.delete(&IndicatorId::new("1")).await.unwrap();
        indicators
            .delete_all(&[IndicatorId::new("1")])
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_never_sent_again() {
    for status in [500, 502, 503, 504, 408] {
        let service = Service::answering(vec![Reply::new(status, "")]).await;
        let error = Bench::of(&service)
            .client
            .writer()
            .indicators()
            .submit(&indicator("203.0.113.7"))
            .await
            .unwrap_err();
        assert_eq!(service.api_calls().len(), 1, "{status}");
        assert!(error.may_have_been_done(), "{status}: {error}");
    }
    let service = Service::answering(vec![Reply::new(200, r#"{"id":"4"#)]).await;
    let error = Bench::of(&service)
        .client
        .writer()
        .indicators()
        .submit(&indicator("203.0.113.7"))
        .await
        .unwrap_err();
    assert_eq!(
        (service.api_calls().len(), error.delivery()),
        (1, Delivery::Unreadable)
    );
    assert!(error.may_have_been_done());
}

#[tokio::test]
async fn what_was_certainly_not_done_is_sent_again_or_is_certain() {
    let done = Reply::new(200, json!({"id": "41"}).to_string());
    let service = Service::answering(vec![Reply::throttled(8), Reply::new(401, ""), done]).await;
    let submitted = Bench::of(&service)
        .client
        .writer()
        .indicators()
        .submit(&indicator("203.0.113.7"))
        .await
        .unwrap();
    assert_eq!(
        (submitted.id.as_str(), service.api_calls().len()),
        ("41", 3)
    );
    let inactive = r#"{"error":{"code":"BadRequest","message":"Indicator 203.0.113.7 is inactive. (Expiration time should be set to a future date time)","target":"|1."}}"#;
    let service = Service::answering(vec![Reply::new(400, inactive)]).await;
    let error = Bench::of(&service)
        .client
        .writer()
        .indicators()
        .submit(&indicator("203.0.113.7"))
        .await
        .unwrap_err();
    assert!(
        !error.may_have_been_done() && error.to_string().contains("is inactive"),
        "{error}"
    );
}

#[tokio::test]
async fn an_import_tells_of_every_indicator() {
    let full = "Max capacity exceeded. Current Total: 15000, Limit: 15000 (Parameter 'Capacity: 15000/15000')";
    let answer = json!({"value": [
        {"id": "41", "indicator": "203.0.113.7", "isFailed": false, "failureReason": null},
        {"id": null, "indicator": "203.0.113.8", "isFailed": true, "failureReason": full},
    ]});
    let service = Service::answering(vec![Reply::new(200, answer.to_string())]).await;
    let indicators = Bench::of(&service).client.writer().indicators();
    let batch = [indicator("203.0.113.7"), indicator("203.0.113.8")];
    let results = indicators.import(&batch).await.unwrap();
    assert_eq!(results[0].id, Some(IndicatorId::new("41")));
    assert_eq!(
        (results[1].id.clone(), results[1].failure_reason.as_deref()),
        (None, Some(full))
    );
    let error = indicators.import(&batch[..1]).await.unwrap_err();
    assert!(
        error.may_have_been_done(),
        "an answer that tells of others: {error}"
    );
}

#[tokio::test]
async fn batches_have_the_documented_sizes() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let indicators = Bench::of(&service).client.writer().indicators();
    for size in [0, INDICATORS_PER_BATCH_MAX + 1] {
        let ids: Vec<IndicatorId> = (0..size)
            .map(|id| IndicatorId::new(id.to_string()))
            .collect();
        let error = indicators.delete_all(&ids).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("1 to 500 indicators, not {size}")),
            "{error}"
        );
    }
    assert!(indicators.import(&[]).await.is_err());
    let machines = Bench::of(&service).client.writer().machines();
    for size in [0, MACHINES_PER_TAGGING_MAX + 1] {
        let ids = vec![MachineId::new("m"); size];
        let error = machines
            .tag_all(&ids, "red", TagChange::Add)
            .await
            .unwrap_err();
        let expected = format!("1 to 500 machines can be tagged at once, not {size}");
        assert!(error.to_string().contains(&expected), "{error}");
    }
    assert_eq!(service.calls().len(), 0);
}

#[tokio::test]
async fn imports_keep_to_thirty_a_minute_and_share_nothing_with_others() {
    let one = json!({"value": [{"id": "1", "indicator": "203.0.113.7", "isFailed": false}]});
    let service = Service::answering(vec![Reply::new(200, one.to_string())]).await;
    let bench = Bench::of(&service);
    let indicators = bench.client.writer().indicators();
    for _ in 0..30 {
        indicators
            .import(&[indicator("203.0.113.7")])
            .await
            .unwrap();
    }
    indicators
        .delete_all(&[IndicatorId::new("1")])
        .await
        .unwrap();
    assert_eq!(bench.seconds(), 0);
    indicators
        .import(&[indicator("203.0.113.7")])
        .await
        .unwrap();
    assert_eq!(bench.seconds(), 60);
}
