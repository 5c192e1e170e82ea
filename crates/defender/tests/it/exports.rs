//! Export assessments: pages, and files behind signed addresses.

use std::io::Write;
use std::sync::Mutex;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tesem_defender::endpoint::SoftwareRecord;
use tesem_defender::{DefenderError, TransportFailure};

use crate::service::{Bench, Call, Reply, Service, all};

fn record(number: usize) -> Value {
    json!({"deviceId": format!("d{number}"), "softwareName": "edge", "softwareFirstSeenTimestamp": "2020-12-30 11:07:15",
        "diskPaths": null, "numberOfWeaknesses": number, "new": "kept"})
}

fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers
        .map(|number| format!("{}\n", record(number)))
        .collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

const SIGNATURE: &str = "s1gnature+of/azure=";

/// A tenant whose export is the files that `file` answers for `/part-0` and `/part-1`.
async fn export(
    file: impl Fn(&Call) -> Reply + Send + Sync + 'static,
) -> (Vec<SoftwareRecord>, Option<DefenderError>, Service) {
    let service = Service::start(move |call| {
        if call.is_sign_in() {
            return Reply::token();
        }
        if call.path != "/api/machines/SoftwareInventoryExport" {
            return file(call);
        }
        let host = call.header("host");
        let signature: String =
            url::form_urlencoded::byte_serialize(SIGNATURE.as_bytes()).collect();
        let files: Vec<String> = (0..2)
            .map(|part| format!("http://{host}/part-{part}?sig={signature}"))
            .collect();
        Reply::new(
            200,
            json!({"exportFiles": files, "generatedTime": "2021-05-20T08:00:00Z"}).to_string(),
        )
    })
    .await;
    let files = Bench::of(&service)
        .client
        .reader()
        .exports()
        .software_files(None)
        .await
        .unwrap();
    assert_eq!((files.count(), files.generated().is_some()), (2, true));
    assert!(
        !format!("{files:?}").contains("s1gnature"),
        "addresses are secrets"
    );
    let (records, error) = all(files.records()).await;
    (records, error, service)
}

fn part(call: &Call) -> std::ops::Range<usize> {
    if call.path.ends_with('0') {
        0..3_000
    } else {
        3_000..5_000
    }
}

fn assert_all(records: &[SoftwareRecord], error: Option<&DefenderError>) {
    assert!(error.is_none(), "{error:?}");
    assert_eq!(records.len(), 5_000);
    assert!(
        records
            .iter()
            .enumerate()
            .all(|(number, record)| record.device_id.as_str() == format!("d{number}"))
    );
    assert_eq!(records[7].extra["new"], "kept");
}

#[tokio::test]
async fn records_of_all_files_come_in_order_and_without_a_token() {
    let (records, error, service) = export(|call| Reply::new(200, gzip(&lines(part(call))))).await;
    assert_all(&records, error.as_ref());
    for call in service
        .api_calls()
        .iter()
        .filter(|call| call.path.starts_with("/part"))
    {
        assert_eq!(
            call.header("authorization"),
            "",
            "signed addresses get no token"
        );
        assert_eq!(call.header("client-request-id"), "");
        assert_eq!(call.parameter("sig"), SIGNATURE);
    }
}

#[tokio::test]
async fn files_that_were_decompressed_on_the_way_are_read_too() {
    let (records, error, _) = export(|call| Reply::new(200, lines(part(call)))).await;
    assert_all(&records, error.as_ref());
    let compressed =
        |call: &Call| Reply::new(200, gzip(&lines(part(call)))).with("content-encoding", "gzip");
    let (records, error, _) = export(compressed).await;
    assert_all(&records, error.as_ref());
    let members = |call: &Call| {
        let part = part(call);
        let middle = part.start + 700;
        Reply::new(
            200,
            [
                gzip(&lines(part.start..middle)),
                gzip(&lines(middle..part.end)),
            ]
            .concat(),
        )
    };
    let (records, error, _) = export(members).await;
    assert_all(&records, error.as_ref());
}

#[tokio::test]
async fn a_file_that_breaks_off_goes_on_where_it_broke_off() {
    let troubles = Mutex::new(vec![5_000_usize, 9_000, 0]);
    let (records, error, service) = export(move |call| {
        let whole = gzip(&lines(part(call)));
        match troubles
            .lock()
            .unwrap()
            .pop()
            .filter(|_| call.path.ends_with('0'))
        {
            Some(0) => Reply::new(503, ""),
            Some(bytes) => Reply::new(200, whole[..bytes.min(whole.len() - 10)].to_vec()),
            None => Reply::new(200, whole),
        }
    })
    .await;
    assert_all(&records, error.as_ref());
    assert_eq!(
        service
            .api_calls()
            .iter()
            .filter(|call| call.path == "/part-0")
            .count(),
        4
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_had_ends_the_export_with_an_error() {
    let expired = format!(
        "<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>sig {SIGNATURE} has expired</AuthenticationErrorDetail></Error>"
    );
    let cases: [(&str, Reply, &str); 4] = [
        ("expired", Reply::new(403, expired), "HTTP 403"),
        (
            "empty",
            Reply::new(200, ""),
            "the exported file breaks off before its end",
        ),
        (
            "a page",
            Reply::new(200, "<html>"),
            "has no JSON object in line 1",
        ),
        (
            "another record",
            Reply::new(200, r#"{"device":"x"}"#),
            "`deviceId` is null",
        ),
    ];
    for (what, reply, expected) in cases {
        let (records, error, _) = export(move |call| {
            if call.path.ends_with('0') {
                reply.clone()
            } else {
                Reply::new(200, gzip(&lines(part(call))))
            }
        })
        .await;
        let error = error.unwrap_or_else(|| panic!("{what}"));
        let source = std::error::Error::source(&error)
            .map(ToString::to_string)
            .unwrap_or_default();
        let shown = format!("{error} {source} {error:?}");
        assert!(shown.contains(expected), "{what}: {shown}");
        assert!(!shown.contains("s1gnature"), "{what}: {shown}");
        assert!(
            records.is_empty(),
            "{what}: the second file is not read as if the first had been"
        );
    }
}

#[tokio::test]
async fn files_elsewhere_are_not_fetched() {
    let foreign = [
        "http://169.254.169.254/latest",
        "https://evil.example/x",
        "https://blob.core.windows.net.evil.example/x",
        "file:///etc/passwd",
    ];
    for address in foreign {
        let body = json!({"exportFiles": [address]}).to_string();
        let service = Service::answering(vec![Reply::new(200, body)]).await;
        let files = Bench::of(&service)
            .client
            .reader()
            .exports()
            .software_files(None)
            .await
            .unwrap();
        let (_, error) = all(files.records()).await;
        let is_refused = matches!(
            &error,
            Some(DefenderError::Transport {
                source: TransportFailure::ForeignOrigin { .. },
                ..
            })
        );
        assert!(is_refused, "{address}: {error:?}");
    }
}

#[tokio::test]
async fn pages_of_an_export_follow_their_tokens() {
    let service = Service::start(|call| {
        if call.is_sign_in() {
            return Reply::token();
        }
        let begin: usize = call.parameter("$skiptoken").parse().unwrap_or(0);
        let records: Vec<Value> = (begin..begin + 2).map(record).collect();
        let mut body = json!({"value": records});
        if begin < 8 {
            let link = format!(
                "https://api.securitycenter.microsoft.com{}?pagesize=2&$skiptoken={}",
                call.path,
                begin + 2
            );
            body["@odata.nextLink"] = Value::String(link);
        }
        Reply::new(200, body.to_string())
    })
    .await;
    let bench = Bench::of(&service);
    let (records, error) = all(bench.client.reader().exports().software(Some(2))).await;
    assert!(error.is_none() && records.len() == 10, "{error:?}");
    assert!(
        service
            .api_calls()
            .iter()
            .all(|call| call.parameter("pageSize") == "2")
    );
}

#[tokio::test]
async fn file_exports_keep_to_five_a_minute() {
    let service = Service::answering(vec![Reply::new(200, r#"{"exportFiles":[]}"#)]).await;
    let bench = Bench::of(&service);
    for _ in 0..6 {
        bench
            .client
            .reader()
            .exports()
            .software_files(None)
            .await
            .unwrap();
    }
    assert_eq!(bench.seconds(), 60);
}
