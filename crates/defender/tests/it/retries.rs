use std::time::Duration;

use tesem_defender::{ClientEvent, DefenderError, HuntingProblem, WaitReason};

use crate::service::{Bench, Reply, Service, settings};

const UNKNOWN_ERROR: &str = r#"{"error":{"code":"UnknownError","message":"","innerError":{"date":"2026-11-21T08:00:00","request-id":"r-9","client-request-id":"c-9"}}}"#;

fn waits(bench: &Bench) -> Vec<(WaitReason, u64)> {
    let waits = bench
        .events
        .all()
        .into_iter()
        .filter_map(|event| match event {
            ClientEvent::Waiting { reason, wait, .. } => Some((reason, wait.as_secs())),
            _ => None,
        });
    waits.collect()
}

#[tokio::test]
async fn a_sick_service_is_asked_again_after_growing_pauses() {
    let answers = [500, 502, 503].map(|status| Reply::new(status, UNKNOWN_ERROR));
    let service = Service::answering([answers.to_vec(), vec![Reply::rows()]].concat()).await;
    let bench = Bench::of(&service);
    bench.client.hunting().run("T", None).await.unwrap();
    assert_eq!(
        waits(&bench),
        [
            (WaitReason::Retry, 1),
            (WaitReason::Retry, 2),
            (WaitReason::Retry, 4)
        ]
    );
    assert_eq!((bench.seconds(), service.api_calls().len()), (7, 4));
}

#[tokio::test]
async fn a_query_that_times_out_at_the_gateway_is_tried_twice() {
    let service = Service::answering(vec![Reply::new(504, UNKNOWN_ERROR)]).await;
    let error = Bench::of(&service)
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    assert_eq!(service.api_calls().len(), 2);
    assert_eq!(error.hunting_problem(), Some(HuntingProblem::TimedOut));
    insta::assert_snapshot!(error, @"the service refused run hunting query: UnknownError (HTTP 504, request r-9), without a message");
}

#[tokio::test]
async fn a_throttle_is_waited_out_as_the_service_says() {
    let soon = Reply::throttled(8);
    let in_header = Reply::throttled(8).with("retry-after", "17");
    let only_header = Reply::new(
        429,
        r#"{"error":{"code":"TooManyRequests","message":"Too many."}}"#,
    )
    .with("retry-after", "Thu, 01 Jan 1970 00:01:30 GMT");
    let silent = Reply::new(429, "");
    for (reply, expected) in [(soon, 8), (in_header, 17), (only_header, 90), (silent, 30)] {
        let service = Service::answering(vec![reply, Reply::rows()]).await;
        let bench = Bench::of(&service);
        bench.client.hunting().run("T", None).await.unwrap();
        assert_eq!((bench.seconds(), service.api_calls().len()), (expected, 2));
        assert_eq!(waits(&bench)[0].0, WaitReason::Throttled);
    }
}

#[tokio::test]
async fn a_throttle_holds_up_the_other_callers_too() {
    let service = Service::answering(vec![Reply::throttled(20), Reply::rows()]).await;
    let bench = Bench::of(&service);
    let hunting = bench.client.hunting();
    let (first, second) = tokio::join!(hunting.run("A", None), async {
        // Begins once the first call has been throttled.
        while waits(&bench).is_empty() {
            tokio::task::yield_now().await;
        }
        hunting.run("B", None).await
    });
    first.unwrap();
    second.unwrap();
    assert_eq!((bench.seconds(), service.api_calls().len()), (20, 3));
}

#[tokio::test]
async fn a_wait_beyond_the_budget_ends_the_call_at_once() {
    let service = Service::answering(vec![Reply::throttled(7_201)]).await;
    let bench = Bench::of(&service);
    let error = bench.client.hunting().run("T", None).await.unwrap_err();
    assert!(error.to_string().contains("429 (HTTP 429"), "{error}");
    assert_eq!((bench.seconds(), service.api_calls().len()), (0, 1));
}

#[tokio::test]
async fn a_quota_beyond_the_budget_is_refused_before_it_is_sent() {
    let service = Service::answering(vec![Reply::rows()]).await;
    let bench = Bench::with(settings(&service), |options| {
        options.hunting_windows = vec![tesem_state::Window {
            limit: 1,
            length: Duration::from_secs(3_600 * 24),
        }];
    });
    bench.client.hunting().run("T", None).await.unwrap();
    let error = bench.client.hunting().run("T", None).await.unwrap_err();
    assert!(matches!(error, DefenderError::QuotaWait { .. }), "{error}");
    assert_eq!((bench.seconds(), service.api_calls().len()), (0, 1));
}

#[tokio::test]
async fn what_the_service_refuses_is_not_asked_again() {
    for status in [400, 403, 404, 405, 409, 413, 501] {
        let service = Service::answering(vec![Reply::new(status, "")]).await;
        let bench = Bench::of(&service);
        let error = bench.client.hunting().run("T", None).await.unwrap_err();
        assert_eq!(error.refusal().unwrap().status, status);
        assert_eq!(
            (bench.seconds(), service.api_calls().len()),
            (0, 1),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_service_that_never_recovers_is_given_up() {
    let service = Service::answering(vec![Reply::new(503, "<html>sick</html>")]).await;
    let error = Bench::of(&service)
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap_err();
    assert_eq!(service.api_calls().len(), 5);
    insta::assert_snapshot!(error, @"the service refused run hunting query: Service Unavailable (HTTP 503, request 00000000-0000-0000-0000-000000000000): <html>sick</html>");
}
