use std::time::Duration;

use secrecy::SecretString;
use tesem_defender::{
    ApiRequest, ClientEvent, ClientOptions, Cloud, Credential, DefenderClient, DefenderError,
    Delivery, EndpointOverrides, Endpoints, HuntingProblem, PlainHttp, SettingsError,
    TenantSettings, TransportFailure,
};
use tesem_state::{ManualClock, MemoryLedger};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use url::Url;

use crate::service::{Bench, Reply, SECRET, START, Service, settings};

/// `{"schema":[{"name":"n","type":"Int64"}],"results":[{"n":7}]}`, compressed with gzip.
const GZIPPED: &[u8] = include_bytes!("rows.json.gz");

/// A million spaces, compressed with gzip to a thousand bytes.
const BOMB: &[u8] = include_bytes!("spaces.gz");

#[tokio::test]
async fn requests_carry_their_names_and_accept_compression() {
    let service = Service::answering(vec![
        Reply::new(200, GZIPPED).with("content-encoding", "gzip"),
    ])
    .await;
    let result = Bench::of(&service)
        .client
        .hunting()
        .run("T", None)
        .await
        .unwrap();
    assert_eq!(result.rows, [[7]]);
    let call = service.api_calls()[0].clone();
    assert_eq!(
        call.header("client-request-id"),
        "00000000-0000-0000-0000-000000000000"
    );
    assert!(call.header("user-agent").starts_with("tesem/"), "{call:?}");
    assert!(call.header("accept-encoding").contains("gzip"), "{call:?}");
    assert_eq!(
        call.header("content-type"),
        "application/json; charset=utf-8"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Service::answering(vec![Reply::rows()]).await;
    let to = other.base.to_string();
    for status in [301, 302, 307, 308] {
        let service =
            Service::answering(vec![Reply::new(status, "").with("location", to.clone())]).await;
        let error = Bench::of(&service)
            .client
            .hunting()
            .run("T", None)
            .await
            .unwrap_err();
        assert_eq!(error.refusal().unwrap().status, status);
        assert!(error.hint().unwrap().contains("redirect"), "{error}");
    }
    assert!(other.calls().is_empty());
}

#[tokio::test]
async fn an_answer_over_the_limit_is_dropped() {
    let compressed = Reply::new(200, BOMB).with("content-encoding", "gzip");
    for reply in [Reply::new(200, " ".repeat(150_000)), compressed] {
        let service = Service::answering(vec![reply]).await;
        let bench = Bench::with(settings(&service), |options| {
            options.answer_bytes_max = 100_000;
        });
        let error = bench.client.hunting().run("T", None).await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::Unreadable);
        assert_eq!(
            error.hunting_problem(),
            Some(HuntingProblem::ResultTooLarge)
        );
        assert_eq!(
            service.api_calls().len(),
            1,
            "the next answer would be as long"
        );
    }
}

#[tokio::test]
async fn nobody_listening_means_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let service = Service::answering(vec![Reply::rows()]).await;
    let mut settings = settings(&service);
    settings.endpoints.graph = nobody.clone();
    let bench = Bench::with(settings, |_| {});
    let error = bench.client.hunting().run("T", None).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent);
    let DefenderError::Transport {
        attempts,
        origin,
        source,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert!(matches!(source, TransportFailure::NotConnected { .. }));
    assert_eq!(
        (*attempts, origin.as_str()),
        (5, nobody.as_str().trim_end_matches('/'))
    );
    assert_eq!(bench.seconds(), 1 + 2 + 4 + 8);
    let used = bench.client.hunting().quota().await.unwrap();
    assert_eq!(used[0].used, 0, "what was never sent costs no quota");
}

/// A server that reads each request and writes raw bytes before it hangs up.
async fn rude_server(answers: Vec<&'static str>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4_096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    base
}

async fn bench_with_rude_graph(answers: Vec<&'static str>) -> Bench {
    let service = Service::answering(vec![Reply::rows()]).await;
    let mut settings = settings(&service);
    settings.endpoints.graph = rude_server(answers).await;
    Bench::with(settings, |_| {})
}

const GOOD: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 60\r\n\r\n\
                    {\"schema\":[{\"name\":\"n\",\"type\":\"Int64\"}],\"results\":[{\"n\":1}]}";

#[tokio::test]
async fn a_hunt_is_repeated_after_a_lost_or_broken_answer() {
    let cut_off = "HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n{\"schema\":";
    for first in ["", "HTTP/1.1 2", cut_off] {
        let bench = bench_with_rude_graph(vec![first, GOOD]).await;
        let result = bench.client.hunting().run("T", None).await.unwrap();
        assert_eq!(result.rows, [[1]], "{first}");
        let failed = bench
            .events
            .all()
            .into_iter()
            .filter(|event| matches!(event, ClientEvent::Failed { .. }));
        assert_eq!(failed.count(), 1, "{first}");
    }
}

#[tokio::test]
async fn answers_that_are_always_lost_say_what_may_have_happened() {
    let bench = bench_with_rude_graph(vec![""; 5]).await;
    let error = bench.client.hunting().run("T", None).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::MaybeSent, "{error}");
    assert_eq!(
        error.request_id(),
        Some("00000000-0000-0000-0000-000000000000")
    );
    let cut_off = "HTTP/1.1 200 OK\r\ncontent-length: 60\r\n\r\n{\"schema\":";
    let bench = bench_with_rude_graph(vec![cut_off; 5]).await;
    let error = bench.client.hunting().run("T", None).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::Unreadable, "{error}");
}

#[tokio::test]
async fn a_request_that_gets_no_answer_times_out_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let service = Service::answering(vec![Reply::rows()]).await;
    let mut settings = settings(&service);
    settings.endpoints.graph = silent;
    let bench = Bench::with(settings, |options| {
        options.request_timeout = Duration::from_millis(200);
    });
    let error = bench.client.hunting().run("T", None).await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::MaybeSent);
    assert_eq!(error.hunting_problem(), Some(HuntingProblem::TimedOut));
    assert!(
        matches!(error, DefenderError::Transport { attempts: 2, .. }),
        "{error}"
    );
    drop(listener);
}

fn client(
    settings: TenantSettings,
    plain_http: PlainHttp,
) -> Result<DefenderClient, DefenderError> {
    let options = ClientOptions {
        plain_http,
        ..ClientOptions::default()
    };
    let clock = std::sync::Arc::new(ManualClock::new(START));
    DefenderClient::new(
        settings,
        clock,
        std::sync::Arc::new(MemoryLedger::new()),
        options,
    )
}

fn tenant_at(url: &str) -> TenantSettings {
    let overrides = EndpointOverrides {
        graph: Some(url.parse().unwrap()),
        ..Default::default()
    };
    TenantSettings {
        name: "test".to_owned(),
        tenant_id: "contoso.example".to_owned(),
        client_id: "app".to_owned(),
        credential: Credential::ClientSecret(SecretString::from(SECRET)),
        endpoints: Endpoints::new(Cloud::Public, &overrides),
        hunting: tesem_defender::HuntingApi::Graph,
        cloud: Cloud::Public,
    }
}

#[tokio::test]
async fn plain_http_is_for_this_computer() {
    use PlainHttp::{Anywhere, Loopback, Refused};
    let cases = [
        ("http://127.0.0.1:1/", Loopback, true),
        ("http://localhost:1/", Loopback, true),
        ("http://[::1]:1/", Loopback, true),
        ("http://127.0.0.1:1/", Refused, false),
        ("http://twin.example/", Loopback, false),
        ("http://10.0.0.7/", Loopback, false),
        ("http://twin.example/", Anywhere, true),
    ];
    for (url, rule, is_allowed) in cases {
        let checked = tenant_at(url).check(rule);
        assert_eq!(checked.is_ok(), is_allowed, "{url} {rule:?}");
        if let Err(error) = checked {
            assert!(
                matches!(
                    error,
                    SettingsError::Unencrypted {
                        endpoint: "graph",
                        ..
                    }
                ),
                "{error}"
            );
            assert!(matches!(
                client(tenant_at(url), rule),
                Err(DefenderError::Settings(_))
            ));
        }
    }
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let base = || tenant_at("https://graph.example/");
    let secret = |text: &str| Credential::ClientSecret(SecretString::from(text));
    let token = |text: &str| Credential::Token(SecretString::from(text));
    let cases = [
        (
            TenantSettings {
                tenant_id: "../x".to_owned(),
                ..base()
            },
            "the tenant id `../x` of tenant `test`",
        ),
        (
            TenantSettings {
                tenant_id: String::new(),
                ..base()
            },
            "the tenant id",
        ),
        (
            TenantSettings {
                client_id: "a b".to_owned(),
                ..base()
            },
            "the client id `a b`",
        ),
        (
            TenantSettings {
                credential: secret("  "),
                ..base()
            },
            "the client secret of tenant `test` is empty",
        ),
        (
            TenantSettings {
                credential: token("a\nb"),
                ..base()
            },
            "the token of tenant `test`",
        ),
        (
            tenant_at("https://user:pw@graph.example/?a#b"),
            "the graph endpoint `https://graph.example/`",
        ),
        (tenant_at("ftp://graph.example/"), "is not a base address"),
    ];
    for (settings, expected) in cases {
        let error = settings
            .check(PlainHttp::default())
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("pw@"), "{error}");
    }
    base().check(PlainHttp::default()).unwrap();
}

#[test]
fn requests_show_no_bodies() {
    let request = ApiRequest {
        method: "POST".parse().unwrap(),
        url: "https://login.example/x".parse().unwrap(),
        content_type: "text/plain",
        body: SECRET.into(),
    };
    assert_eq!(
        format!("{request:?}"),
        "POST https://login.example/x (26 bytes of text/plain)"
    );
}
