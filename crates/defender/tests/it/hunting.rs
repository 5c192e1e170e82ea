use std::time::Duration;

use serde_json::json;
use tesem_defender::{
    AnswerProblem, DefenderError, HuntingApi, HuntingResult, TenantSettings, Timespan,
};

use crate::service::{Bench, Reply, Service, settings};

/// The same two rows in the form of each API.
const GRAPH: &str = r##"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults","schema":[{"name":"Timestamp","type":"DateTime"},{"name":"DeviceName","type":"String"},{"name":"IsSigned","type":"SByte"},{"name":"ReportId","type":"Int64"},{"name":"Fields","type":"Object"}],"results":[{"Timestamp":"2026-10-01T08:00:00.1234567Z","DeviceName":"ws-1","IsSigned@odata.type":"#SByte","IsSigned":1,"ReportId":9007199254740993,"Fields":{"@odata.type":"#microsoft.graph.security.dynamicColumnValue","Tags@odata.type":"#Collection(String)","Tags":["a"],"Ok":true},"RiskScore":"outside of the schema"},{"Timestamp":{},"IsSigned":{},"ReportId":{},"Fields":{}}]}"##;
const OLD: &str = r#"{"Stats":{"ExecutionTime":0.03,"resource_usage":{"cache":{"memory":{"hits":1,"misses":0,"total":1},"disk":null},"cpu":{"user":"00:00:00","kernel":"00:00:00.0156250","total cpu":"00:00:00.0156250"},"memory":{"peak_per_node":1048576}},"dataset_statistics":[{"table_row_count":2,"table_size":64}]},"Schema":[{"Name":"Timestamp","Type":"DateTime"},{"Name":"DeviceName","Type":"String"},{"Name":"IsSigned","Type":"SByte"},{"Name":"ReportId","Type":"Int64"},{"Name":"Fields","Type":"Object"}],"Results":[{"Timestamp":"2026-10-01T08:00:00.1234567Z","DeviceName":"ws-1","IsSigned":1,"ReportId":9007199254740993,"Fields":"{\"Tags\":[\"a\"],\"Ok\":true}"},{"Timestamp":null,"DeviceName":"","IsSigned":null,"ReportId":null,"Fields":null}]}"#;

async fn hunt(api: HuntingApi, reply: Reply) -> (Service, Result<HuntingResult, DefenderError>) {
    let service = Service::answering(vec![reply]).await;
    let bench = Bench::with(
        TenantSettings {
            hunting: api,
            ..settings(&service)
        },
        |_| {},
    );
    let result = bench.client.hunting().run("T | take 2", None).await;
    (service, result)
}

#[tokio::test]
async fn the_three_apis_give_the_same_rows() {
    let wire = [
        (HuntingApi::Graph, GRAPH, "/v1.0/security/runHuntingQuery"),
        (HuntingApi::Defender, OLD, "/api/advancedqueries/run"),
        (HuntingApi::Xdr, OLD, "/api/advancedhunting/run"),
    ];
    for (api, body, path) in wire {
        let (service, result) = hunt(api, Reply::new(200, body).with("request-id", "r-1")).await;
        let result = result.unwrap();
        let columns: Vec<String> = result
            .columns
            .iter()
            .map(|column| format!("{}:{}", column.name, column.kind))
            .collect();
        let expected = [
            "Timestamp:datetime",
            "DeviceName:string",
            "IsSigned:bool",
            "ReportId:long",
            "Fields:dynamic",
        ];
        assert_eq!(columns, expected, "{api}");
        let rows = json!([
            ["2026-10-01T08:00:00.1234567Z", "ws-1", true, 9_007_199_254_740_993_i64, {"Tags": ["a"], "Ok": true}],
            [null, "", null, null, null],
        ]);
        assert_eq!(json!(result.rows), rows, "{api}");
        assert_eq!(result.request_id.as_deref(), Some("r-1"));
        let call = service.api_calls()[0].clone();
        assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", path));
        assert_eq!(call.body, r#"{"Query":"T | take 2"}"#);
    }
}

#[tokio::test]
async fn the_cost_of_a_query_is_kept_where_it_is_told() {
    let (_, result) = hunt(HuntingApi::Defender, Reply::new(200, OLD)).await;
    let stats = result.unwrap().stats.unwrap();
    assert_eq!(stats.execution_time, Some(Duration::from_millis(30)));
    assert_eq!(stats.cpu_time, Some(Duration::from_nanos(15_625_000)));
    assert_eq!(
        (stats.peak_memory_bytes, stats.rows, stats.result_bytes),
        (Some(1_048_576), Some(2), Some(64))
    );
    let (_, result) = hunt(HuntingApi::Graph, Reply::new(200, GRAPH)).await;
    assert_eq!(result.unwrap().stats, None);
}

#[tokio::test]
async fn a_timespan_goes_into_the_body() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let bench = Bench::of(&service);
    let week = Timespan::last(Duration::from_secs(7 * 86_400));
    bench.client.hunting().run("T", Some(&week)).await.unwrap();
    assert_eq!(
        service.api_calls()[0].body,
        r#"{"Query":"T","Timespan":"P7D"}"#
    );
}

#[tokio::test]
async fn query_texts_arrive_as_they_are() {
    let query = "let x = \"\\\"}\u{0}\u{7f}\u{e9}\u{1f43e}\"; // ', |\r\nT | where a has x";
    let service = Service::answering(vec![Reply::rows()]).await;
    Bench::of(&service)
        .client
        .hunting()
        .run(query, None)
        .await
        .unwrap();
    let body: serde_json::Value = serde_json::from_str(&service.api_calls()[0].body).unwrap();
    assert_eq!(body, json!({"Query": query}));
}

#[tokio::test]
async fn a_success_that_cannot_be_read_says_so() {
    let page = Reply::new(200, "<html>sign in</html>").with("content-type", "text/html");
    let (service, result) = hunt(HuntingApi::Graph, page.with("request-id", "r-2")).await;
    let error = result.unwrap_err();
    assert_eq!(service.api_calls().len(), 1);
    assert_eq!(error.request_id(), Some("r-2"));
    assert!(error.hint().unwrap().contains("proxy"), "{error}");
    let DefenderError::Unreadable { source, .. } = &error else {
        panic!("{error}")
    };
    assert!(matches!(source, AnswerProblem::Json { bytes: 20, .. }));
    insta::assert_snapshot!(format!("{error}: {source}"), @"the answer to run hunting query is unreadable (r-2): it is not the expected JSON (text/html, 20 bytes): expected value at line 1 column 1");
}
