//! Lists of a service that misbehaves as Microsoft's has been seen to.

use std::sync::Mutex;

use proptest::prelude::*;
use serde_json::{Value, json};
use tesem_defender::endpoint::Machine;
use tesem_defender::{DefenderError, Delivery, Filter, ListQuery};

use crate::service::{Bench, Call, Reply, Service, TOKEN, all};

/// How many machines the tenant has.
const MACHINES: usize = 25;

fn machine(number: usize) -> Value {
    json!({"id": format!("{number:040x}"), "computerDnsName": format!("pc-{number}")})
}

fn number(call: &Call, name: &str, otherwise: usize) -> usize {
    call.parameter(name).parse().unwrap_or(otherwise)
}

fn page(numbers: impl IntoIterator<Item = usize>, link: Option<String>) -> Reply {
    let machines: Vec<Value> = numbers.into_iter().map(machine).collect();
    let mut body = json!({"@odata.context": "https://h/api/$metadata#Machines", "value": machines});
    if let Some(link) = link {
        body["@odata.nextLink"] = Value::String(link);
    }
    Reply::new(200, body.to_string())
}

/// Serves machines with `answer` and lists them in pages of `size`.
async fn list(
    size: u32,
    answer: impl Fn(&Call) -> Reply + Send + Sync + 'static,
) -> (Vec<Machine>, Option<DefenderError>, Service) {
    let answer_all = move |call: &Call| {
        if call.is_sign_in() {
            Reply::token()
        } else {
            answer(call)
        }
    };
    let service = Service::start(answer_all).await;
    let bench = Bench::of(&service);
    let query = ListQuery {
        filter: Some(Filter::equal("riskScore", "High")),
        page_size: Some(size),
        limit: None,
    };
    let (machines, error) = all(bench.client.reader().machines().list(&query)).await;
    (machines, error, service)
}

/// What `$top` and `$skip` ask for.
fn asked(call: &Call) -> std::ops::Range<usize> {
    let skip = number(call, "$skip", 0).min(MACHINES);
    skip..(skip + number(call, "$top", MACHINES)).min(MACHINES)
}

fn assert_complete(machines: &[Machine], error: Option<&DefenderError>, what: &str) {
    assert!(error.is_none(), "{what}: {error:?}");
    let numbers: Vec<String> = (0..MACHINES)
        .map(|number| format!("{number:040x}"))
        .collect();
    let ids: Vec<&str> = machines.iter().map(|machine| machine.id.as_str()).collect();
    assert_eq!(ids, numbers, "{what}");
}

fn link(call: &Call, skip: usize, rest: &str) -> Option<String> {
    let host = "https://api.securitycenter.microsoft.com";
    (skip < MACHINES).then(|| format!("{host}{}?$skip={skip}{rest}", call.path))
}

#[tokio::test]
async fn every_machine_arrives_once_whatever_the_links_are_like() {
    type Answer = fn(&Call) -> Reply;
    let services: [(&str, Answer); 9] = [
        ("no link at all", |call| page(asked(call), None)),
        ("honest links", |call| {
            page(
                asked(call),
                link(call, asked(call).end, "&$filter=riskScore+eq+'High'"),
            )
        }),
        ("links without the filter", |call| {
            page(asked(call), link(call, asked(call).end, ""))
        }),
        ("links with stray parameters", |call| {
            page(asked(call), link(call, asked(call).end, "&=10000&$top=3"))
        }),
        ("items that come twice", |call| {
            let asked = asked(call);
            page(asked.clone().chain(asked.start..asked.start.max(1)), None)
        }),
        ("pages that overlap", |call| {
            let asked = asked(call);
            page(
                asked.start.saturating_sub(1)..asked.end,
                link(call, asked.end, ""),
            )
        }),
        ("few items, and no heed to positions", |call| {
            page(
                0..MACHINES,
                link(call, MACHINES, "").filter(|_| call.query.is_empty()),
            )
        }),
        ("short pages", |call| {
            let asked = asked(call);
            page(asked.start..asked.end.min(asked.start + 3), None)
        }),
        ("an empty page with a link", |call| {
            let asked = asked(call);
            match asked.start {
                10 => page(
                    [],
                    link(call, 11, "&again=1")
                        .map(|link| link.replace("$skip=11", "$skiptoken=ten")),
                ),
                _ if call.parameter("$skiptoken") == "ten" => page(10..MACHINES, None),
                _ => page(asked, None),
            }
        }),
    ];
    for (what, answer) in services {
        let size = if what.starts_with("few items") {
            100
        } else {
            10
        };
        let (machines, error, service) = list(size, answer).await;
        assert_complete(&machines, error.as_ref(), what);
        for call in service.api_calls() {
            assert_eq!(
                call.parameter("$filter"),
                "riskScore eq 'High'",
                "{what}: each page is filtered"
            );
        }
    }
}

#[tokio::test]
async fn a_list_that_goes_in_circles_ends_with_an_error() {
    type Answer = fn(&Call) -> Reply;
    let services: [(&str, Answer); 3] = [
        ("a link to the same page", |call| {
            page(0..10, Some(format!("https://h{}?$skiptoken=x", call.path)))
        }),
        ("positions that are not heeded", |_| page(0..10, None)),
        ("an empty page that links to the one before", |call| {
            if call.parameter("$skiptoken") == "b" {
                page([], Some(format!("https://h{}?$skiptoken=a", call.path)))
            } else {
                page(
                    if call.parameter("$skiptoken") == "a" {
                        5..5
                    } else {
                        0..5
                    },
                    Some(format!(
                        "https://h{}?$skiptoken={}",
                        call.path,
                        if call.parameter("$skiptoken").is_empty() {
                            "a"
                        } else {
                            "b"
                        }
                    )),
                )
            }
        }),
    ];
    for (what, answer) in services {
        let (machines, error, service) = list(10, answer).await;
        let error = error.unwrap_or_else(|| panic!("{what}"));
        assert!(error.to_string().contains("unreadable"), "{what}: {error}");
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("must not be taken for a whole one"),
            "{what}: {hint}"
        );
        assert!(
            machines.len() <= 10 && service.api_calls().len() <= 4,
            "{what}"
        );
    }
}

#[tokio::test]
async fn a_page_that_fails_ends_the_list_with_an_error() {
    let refuse = Reply::new(
        400,
        r#"{"error":{"code":"BadRequest","message":"no","target":"|1d25001e-48e8e09dbddde4f4."}}"#,
    )
    .with("mise-correlation-id", "m-1");
    let (machines, error, _) = list(10, move |call| {
        if asked(call).start < 20 {
            page(asked(call), None)
        } else {
            refuse.clone()
        }
    })
    .await;
    assert_eq!(machines.len(), 20);
    let error = error.unwrap();
    assert_eq!(
        (error.delivery(), error.request_id()),
        (Delivery::Refused, Some("m-1"))
    );
}

#[tokio::test]
async fn a_page_that_is_ill_is_asked_for_again() {
    let troubles = Mutex::new(vec![
        Reply::new(503, ""),
        Reply::new(200, r#"{"value":[{"id":"0000"#),
        Reply::new(500, "<html>oops</html>"),
        Reply::throttled(8),
    ]);
    let (machines, error, service) = list(10, move |call| {
        let is_second = asked(call).start == 10;
        let trouble = is_second.then(|| troubles.lock().unwrap().pop()).flatten();
        trouble.unwrap_or_else(|| page(asked(call), None))
    })
    .await;
    assert_complete(&machines, error.as_ref(), "after trouble");
    assert_eq!(
        service.api_calls().len(),
        4 + 4,
        "three pages, the empty one, and four troubles"
    );
}

#[tokio::test]
async fn a_link_to_somewhere_else_gets_no_token() {
    let foreign = Service::start(|_| Reply::new(200, r#"{"value":[]}"#)).await;
    let base = foreign.base.clone();
    let (machines, error, service) = list(10, move |call| {
        let asked = asked(call);
        page(
            asked.clone(),
            Some(format!("{base}api/machines?$skip={}", asked.end))
                .filter(|_| asked.end < MACHINES),
        )
    })
    .await;
    assert_complete(
        &machines,
        error.as_ref(),
        "the path is followed, the host is not",
    );
    assert_eq!(foreign.calls().len(), 0);
    assert!(
        service
            .api_calls()
            .iter()
            .all(|call| call.header("authorization") == format!("Bearer {TOKEN}"))
    );
    let (_, error, _) = list(10, |_| {
        page(0..10, Some("https://evil.example/steal?$skip=1".to_owned()))
    })
    .await;
    assert!(
        matches!(error, Some(DefenderError::Unreadable { .. })),
        "another path is no page of this list"
    );
}

#[tokio::test]
async fn bodies_that_are_no_pages_are_named() {
    let bodies = [
        (r#"{"items":[]}"#, "it has no `value`"),
        (r#"{"value":[1]}"#, "`value[0]` is no object"),
        (
            r#"{"value":[{"computerDnsName":"x"}]}"#,
            "`value[0].id` is null, a text was expected",
        ),
        (
            r#"{"value":[{"id":"x","ipAddresses":[{"type":[]}]}]}"#,
            "`value[0].ipAddresses[0].type` is a list, a text was expected",
        ),
        ("[]", "it is not the expected JSON"),
    ];
    for (body, expected) in bodies {
        let (machines, error, service) = list(10, move |_| Reply::new(200, body)).await;
        let Some(DefenderError::Unreadable { source, .. }) = error else {
            panic!("{body}")
        };
        assert!(source.to_string().contains(expected), "{source}");
        assert_eq!((machines.len(), service.api_calls().len()), (0, 1));
    }
}

#[tokio::test]
async fn a_limit_asks_for_no_more_than_it_needs() {
    let service = Service::start(|call| {
        if call.is_sign_in() {
            Reply::token()
        } else {
            page(asked(call), None)
        }
    })
    .await;
    let machines = Bench::of(&service).client.reader().machines();
    for (limit, tops) in [(0, vec![]), (7, vec!["7"]), (14, vec!["10", "10"])] {
        let before = service.api_calls().len();
        let query = ListQuery {
            limit: Some(limit),
            page_size: Some(10),
            ..ListQuery::default()
        };
        let (items, error) = all(machines.list(&query)).await;
        assert!(error.is_none() && items.len() == usize::try_from(limit).unwrap());
        let calls = service.api_calls().split_off(before);
        assert_eq!(
            calls
                .iter()
                .map(|call| call.parameter("$top"))
                .collect::<Vec<_>>(),
            tops
        );
    }
}

/// One way in which a page goes wrong, or not.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    None,
    Ill,
    CutOff,
    Throttled,
    LinkLost,
    LinkWithoutQuestion,
    ShortPage,
    Overlap,
    Refused,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        8 => Just(Trouble::None),
        1 => Just(Trouble::Ill),
        1 => Just(Trouble::CutOff),
        1 => Just(Trouble::Throttled),
        2 => Just(Trouble::LinkLost),
        2 => Just(Trouble::LinkWithoutQuestion),
        2 => Just(Trouble::ShortPage),
        1 => Just(Trouble::Overlap),
        1 => Just(Trouble::Refused),
    ]
}

fn troubled(call: &Call, trouble: Trouble) -> Reply {
    let asked = asked(call);
    let honest = link(call, asked.end, "&$filter=riskScore+eq+'High'");
    match trouble {
        Trouble::None => page(asked, honest),
        Trouble::Ill => Reply::new(503, ""),
        Trouble::CutOff => Reply::new(200, r#"{"value":[{"id":"00"#),
        Trouble::Throttled => Reply::throttled(3),
        Trouble::LinkLost => page(asked, None),
        Trouble::LinkWithoutQuestion => page(asked.clone(), link(call, asked.end, "&=1")),
        Trouble::ShortPage => page(asked.start..asked.end.min(asked.start + 1), None),
        Trouble::Overlap => {
            let twice = asked
                .clone()
                .chain(asked.start..asked.end.min(asked.start + 1));
            page(twice, honest)
        }
        Trouble::Refused => Reply::new(400, r#"{"error":{"code":"BadRequest","message":"no"}}"#),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_list_without_an_error_is_whole(
        troubles in prop::collection::vec(trouble(), 0..30),
        size in 1..12_u32,
    ) {
        let next = Mutex::new(troubles.into_iter());
        let answer = move |call: &Call| troubled(call, next.lock().unwrap().next().unwrap_or(Trouble::None));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (machines, error, _service) = runtime.block_on(list(size, answer));
        let mut ids: Vec<&str> = machines.iter().map(|machine| machine.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), machines.len(), "each once");
        prop_assert!(error.is_some() || machines.len() == MACHINES, "{} of {MACHINES}", machines.len());
    }
}
