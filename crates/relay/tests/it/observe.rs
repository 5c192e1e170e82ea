//! What is found for the observables of a request, and in how many calls.

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tesem_defender::MachineId;
use tesem_kql::schema;
use tesem_relay::ctim::Vocabulary;
use tesem_relay::observe::{HUNTING_WINDOW_DEFAULT, Observed, Observing, observe};
use tesem_relay::reply::Compat;
use tesem_relay::request::{EntitiesLimit, ObservableType, SentObservable, Subject, observables};
use tesem_relay::sighting::{EventTable, Style};
use tesem_relay::upstream::{EventsWanted, Upstream, adapters_query};

use crate::ctim::check_sighting;
use crate::service::{MD5, SHA1, SHA256, file_row, network_row, with};
use crate::tenant::{Fake, Say};

pub(crate) fn observing(limit: &str) -> Observing {
    Observing {
        limit: EntitiesLimit::from_setting(Some(limit)),
        style: Style {
            vocabulary: Vocabulary::Legacy,
            portal: "https://security.example.com".parse().unwrap(),
            count_each: false,
        },
        window: HUNTING_WINDOW_DEFAULT,
        compat: Compat::V0,
    }
}

pub(crate) fn never() -> BoxFuture<'static, ()> {
    std::future::pending().boxed()
}

pub(crate) fn sent(pairs: &[(&str, &str)]) -> Vec<SentObservable> {
    let list: Vec<Value> = pairs
        .iter()
        .map(|(kind, value)| json!({"type": kind, "value": value}))
        .collect();
    observables(Value::Array(list).to_string().as_bytes()).unwrap()
}

async fn until(
    fake: &dyn Upstream,
    sent: &[SentObservable],
    limit: &str,
    end: BoxFuture<'static, ()>,
) -> Observed {
    let now = "2026-11-20T10:00:00Z".parse().unwrap();
    observe(fake, sent, &observing(limit), now, end).await
}

pub(crate) async fn found(fake: &dyn Upstream, sent: &[SentObservable], limit: &str) -> Observed {
    until(fake, sent, limit, never()).await
}

/// `value count what`, of each sighting; what is a title or an action.
pub(crate) fn told(observed: &Observed) -> Vec<String> {
    let one = |sighting| {
        let sighting = serde_json::to_value(sighting).unwrap();
        check_sighting(&sighting);
        let what = sighting
            .get("title")
            .unwrap_or(&sighting["data"]["rows"][0][0]);
        format!(
            "{} {} {}",
            sighting["observables"][0]["value"].as_str().unwrap(),
            sighting["count"],
            what.as_str().unwrap()
        )
    };
    observed.sightings.iter().map(one).collect()
}

fn failures(observed: &Observed) -> Vec<&str> {
    observed
        .failures
        .iter()
        .map(|failure| failure.message.as_str())
        .collect()
}

pub(crate) fn alert(title: &str, time: &str) -> Value {
    json!({
        "id": title, "title": title, "alertCreationTime": time, "firstEventTime": time,
        "lastUpdateTime": time, "machineId": "m1", "computerDnsName": "pc1",
    })
}

fn three_alerts() -> Vec<Value> {
    vec![
        alert("old", "2026-11-01T00:00:00Z"),
        alert("new", "2026-11-03T00:00:00Z"),
        alert("mid", "2026-11-02T00:00:00Z"),
    ]
}

fn event(asked: &str, action: &str, time: &str) -> Value {
    file_row(json!({"Asked": asked, "ActionType": action, "Timestamp": time}))
}

#[tokio::test]
async fn alerts_come_first_newest_first_and_the_limit_leaves_room_for_events() {
    let events = vec![
        event(SHA1, "b", "2026-11-02T00:00:00.0000000Z"),
        event(SHA1, "c", "2026-11-01T00:00:00.0000000Z"),
        event(SHA1, "a", "2026-11-03T00:00:00.0000000Z"),
        event("another", "x", "2026-11-03T00:00:00.0000000Z"),
    ];
    let fake = || {
        Fake::default()
            .gives(&format!("alerts {SHA1}"), three_alerts())
            .gives("hunt DeviceFileEvents", events.clone())
    };
    let upper = SHA1.to_uppercase();
    let sent = sent(&[("SHA1", &upper)]);
    let cases: [(&str, Vec<&str>, usize); 4] = [
        ("2", vec!["3 new", "3 mid"], 0),
        ("3", vec!["3 new", "3 mid", "3 old"], 0),
        ("5", vec!["5 new", "5 mid", "5 old", "5 a", "5 b"], 1),
        (
            "100",
            vec!["6 new", "6 mid", "6 old", "6 a", "6 b", "6 c"],
            1,
        ),
    ];
    for (limit, expected, hunts) in cases {
        let fake = fake();
        let observed = found(&fake, &sent, limit).await;
        let expected: Vec<String> = expected
            .iter()
            .map(|one| format!("{upper} {one}"))
            .collect();
        assert_eq!(told(&observed), expected, "limit {limit}");
        assert_eq!(fake.count("hunt DeviceFileEvents"), hunts, "limit {limit}");
        assert!(observed.failures.is_empty());
    }
}

#[tokio::test]
async fn many_observables_take_few_calls() {
    for count in [1, 10, 100] {
        let pairs: Vec<(String, String)> = (0..count)
            .flat_map(|n| {
                [
                    ("sha1", format!("{n:040x}")),
                    ("ip", format!("192.0.2.{n}")),
                ]
            })
            .map(|(kind, value)| (kind.to_owned(), value))
            .collect();
        let pairs: Vec<(&str, &str)> = pairs
            .iter()
            .map(|(kind, value)| (&**kind, &**value))
            .collect();
        let fake = Fake::default()
            .gives(
                "hunt DeviceFileEvents",
                vec![event(&format!("{:040x}", 0), "f", "2026-11-01T00:00:00Z")],
            )
            .gives(
                "hunt DeviceNetworkEvents",
                vec![network_row(json!({"Asked": "192.0.2.0", "DeviceId": "m2"}))],
            );
        let observed = found(&fake, &sent(&pairs), "100").await;
        assert_eq!(observed.sightings.len(), 2);
        assert_eq!(fake.count("alerts"), 2 * count);
        assert_eq!(fake.count("hunt DeviceFileEvents"), 1);
        assert_eq!(fake.count("hunt DeviceNetworkEvents"), 1);
        assert_eq!(fake.count("hunt DeviceNetworkInfo"), 1);
        assert_eq!(fake.count("machines m1,m2"), 1);
        assert_eq!(fake.count("file"), 0);
        assert_eq!(fake.calls().len(), 2 * count + 4);
    }
}

#[tokio::test]
async fn the_same_thing_in_two_spellings_is_looked_up_once_and_answered_twice() {
    let fake = Fake::default().gives(
        "alerts evil.example.com",
        vec![alert("a", "2026-11-01T00:00:00Z")],
    );
    let sent = sent(&[
        ("domain", "evil.example.com"),
        ("domain", "EVIL.example.com"),
        ("domain", "x y"),
    ]);
    let observed = found(&fake, &sent, "100").await;
    assert_eq!(
        told(&observed),
        ["evil.example.com 1 a", "EVIL.example.com 1 a"]
    );
    assert_eq!(fake.count("alerts"), 1);
    assert_ne!(observed.sightings[0].id, observed.sightings[1].id);
}

#[tokio::test]
async fn nothing_is_called_for_what_cannot_be_looked_up() {
    let fake = Fake::default();
    let sent = sent(&[
        ("url", "http://x"),
        ("ms_machine_id", "m"),
        ("sha1", "' or 1==1"),
        ("ip", "1.2.3"),
    ]);
    let observed = found(&fake, &sent, "100").await;
    assert!(observed.sightings.is_empty() && observed.failures.is_empty());
    assert_eq!(fake.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn alerts_of_other_hashes_go_by_sha1() {
    let profile = json!({"sha1": SHA1, "sha256": SHA256, "md5": MD5});
    let alerts = || vec![alert("a", "2026-11-01T00:00:00Z")];
    for (kind, value) in [("sha256", SHA256), ("md5", MD5)] {
        let fake = Fake::default()
            .gives(&format!("file {value}"), vec![profile.clone()])
            .gives(&format!("alerts {SHA1}"), alerts());
        let observed = found(&fake, &sent(&[(kind, value)]), "100").await;
        assert_eq!(told(&observed), [format!("{value} 1 a")]);
    }
    // The service does not know the file, but an event tells its SHA-1.
    let row = file_row(json!({"Asked": MD5, "SHA1": SHA1, "ActionType": "e"}));
    for say in [
        Say::These(Vec::new()),
        Say::Status(400, "x"),
        Say::Status(404, "x"),
    ] {
        let fake = Fake::default()
            .says(&format!("file {MD5}"), say)
            .gives("hunt DeviceFileEvents", vec![row.clone()])
            .gives(&format!("alerts {SHA1}"), alerts());
        let observed = found(&fake, &sent(&[("md5", MD5)]), "100").await;
        assert_eq!(
            told(&observed),
            [format!("{MD5} 2 a"), format!("{MD5} 2 e")]
        );
        assert!(observed.failures.is_empty());
    }
    let unknown = Fake::default();
    assert!(
        found(&unknown, &sent(&[("md5", MD5)]), "100")
            .await
            .sightings
            .is_empty()
    );
    assert_eq!(unknown.count("alerts"), 0);
}

#[tokio::test]
async fn what_fails_is_noted_once_and_the_rest_is_answered() {
    let sent = sent(&[
        ("ip", "192.0.2.1"),
        ("ip", "192.0.2.2"),
        ("domain", "a.example.com"),
    ]);
    let fake = Fake::default()
        .says("alerts 192.0.2", Say::Status(500, "x"))
        .gives(
            "alerts a.example.com",
            vec![alert("a", "2026-11-01T00:00:00Z")],
        )
        .says("hunt DeviceNetworkEvents", Say::Status(429, "Slow."))
        .says("hunt DeviceNetworkInfo", Say::Status(403, "No."))
        .says("machines", Say::Status(404, "None."));
    let observed = found(&fake, &sent, "100").await;
    assert_eq!(told(&observed), ["a.example.com 1 a"]);
    assert_eq!(
        failures(&observed),
        [
            "Microsoft Defender for Endpoint internal error.",
            "Advanced Hunting API rate limit has been exceeded. Slow.",
            "Invalid request to Microsoft Defender for Endpoint. No.",
        ]
    );
}

#[tokio::test]
async fn alerts_that_are_not_there_are_no_failure_and_a_missing_permission_is() {
    for (status, expected) in [(400, 0), (404, 0), (401, 1), (403, 1), (429, 1), (503, 1)] {
        let fake = Fake::default().says("alerts", Say::Status(status, "x"));
        let observed = found(&fake, &sent(&[("ip", "192.0.2.1")]), "100").await;
        assert_eq!(observed.failures.len(), expected, "{status}");
    }
}

#[tokio::test]
async fn what_was_found_by_the_deadline_is_answered() {
    let sent = sent(&[("ip", "192.0.2.1"), ("domain", "a.example.com")]);
    let hanging = [
        "alerts 192.0.2.1",
        "hunt DeviceNetworkEvents",
        "hunt DeviceNetworkInfo",
        "machines",
    ];
    for call in hanging {
        let fake = Fake::default()
            .gives(
                "alerts a.example.com",
                vec![alert("a", "2026-11-01T00:00:00Z")],
            )
            .says(call, Say::Silence);
        let (end, ends) = tokio::sync::oneshot::channel::<()>();
        let looking = until(&fake, &sent, "100", ends.map(drop).boxed());
        let waiting = async {
            while fake.count(call) == 0 {
                tokio::task::yield_now().await;
            }
            // The calls beside it come to their end.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            drop(end);
        };
        let (observed, ()) = futures::join!(looking, waiting);
        assert_eq!(told(&observed), ["a.example.com 1 a"], "{call}");
        assert_eq!(observed.failures.len(), 1, "{call}");
        assert!(failures(&observed)[0].contains("time for this request is over"));
    }
}

#[tokio::test]
async fn machines_adapters_and_hashes_are_looked_up_once_and_enter_the_sightings() {
    let evidence = json!([
        {"entityType": "File", "sha1": SHA1, "fileName": "a.exe"},
        {"entityType": "File", "sha1": SHA1.to_uppercase(), "fileName": "b.exe"},
        {"entityType": "User", "sha1": "u"},
    ]);
    let with_evidence = |title| {
        with(
            alert(title, "2026-11-01T00:00:00Z"),
            json!({"evidence": evidence}),
        )
    };
    let fake = Fake::default()
        .gives("alerts", vec![with_evidence("a"), with_evidence("b")])
        .gives(&format!("file {SHA1}"), vec![json!({"sha1": SHA1, "sha256": SHA256, "md5": MD5})])
        .gives("machines", vec![json!({"id": "m1", "osPlatform": "Linux"})])
        .gives(
            "hunt DeviceNetworkInfo",
            vec![json!({"DeviceId": "m1", "MacAddress": "AA", "IPAddresses": "[{\"IPAddress\":\"10.0.0.9\"}]"})],
        );
    let observed = found(&fake, &sent(&[("ip", "192.0.2.1")]), "100").await;
    assert_eq!(fake.count("file"), 1);
    assert_eq!(fake.count("machines m1"), 1);
    for sighting in &observed.sightings {
        assert_eq!(sighting.targets[0].os.as_deref(), Some("Linux"));
        assert_eq!(sighting.targets[0].observables[3].value, "10.0.0.9");
        let names: Vec<&str> = sighting
            .relations
            .iter()
            .map(|one| one.related.value.as_str())
            .collect();
        assert!(names.contains(&SHA256) && names.contains(&MD5));
    }
}

#[tokio::test]
async fn files_of_the_newest_alerts_are_looked_up_where_there_are_too_many() {
    let hash = |day: usize| format!("{day:040x}");
    let alert_of = |day: usize| {
        let time: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let time = time + SignedDuration::from_hours(24) * i32::try_from(day).unwrap();
        let evidence = json!([{"entityType": "File", "sha1": hash(day)}]);
        with(alert("a", &time.to_string()), json!({"evidence": evidence}))
    };
    let fake = Fake::default()
        .gives("alerts 192.0.2.1", (0..40).map(alert_of).collect())
        .gives("alerts 192.0.2.2", (40..80).map(alert_of).collect());
    found(
        &fake,
        &sent(&[("ip", "192.0.2.1"), ("ip", "192.0.2.2")]),
        "100",
    )
    .await;
    let asked: Vec<bool> = (0..80)
        .map(|day| fake.count(&format!("file {}", hash(day))) > 0)
        .collect();
    assert_eq!(asked, [[false; 20].as_slice(), &[true; 60]].concat());
}

fn subjects(pairs: &[(ObservableType, &str)]) -> Vec<Subject> {
    pairs
        .iter()
        .map(|(kind, value)| Subject::of(*kind, value).unwrap())
        .collect()
}

#[test]
fn queries_are_kql_over_columns_that_exist() {
    use ObservableType as T;
    let files = subjects(&[(T::Sha1, SHA1), (T::Sha256, SHA256), (T::Md5, MD5)]);
    let others = subjects(&[
        (T::Ip, "192.0.2.1"),
        (T::Ipv6, "2001:db8::1"),
        (T::Domain, "a.example.com"),
    ]);
    let window = SignedDuration::from_hours(24);
    let of = |table, subjects: &[Subject]| {
        let wanted = EventsWanted {
            table,
            window,
            limit: 7,
        };
        wanted.query(subjects)
    };
    let queries = [
        of(EventTable::File, &files),
        of(EventTable::File, &files[..1]),
        of(EventTable::Network, &others),
        of(EventTable::Network, &others[2..]),
        adapters_query(&["m1", "a\" | take 1"].map(MachineId::new), window),
    ];
    let ours = ["Asked", "RemoteHost", "RemoteAddress", "Place"];
    for query in &queries {
        let parsed = tesem_kql::parse(query);
        assert!(
            parsed.diagnostics.is_empty(),
            "{query}\n{:?}",
            parsed.diagnostics
        );
        let table = schema::defender()
            .table(query.lines().next().unwrap())
            .unwrap();
        let projection = query
            .lines()
            .find(|line| line.starts_with("| project "))
            .unwrap();
        for column in projection.trim_start_matches("| project ").split(", ") {
            assert!(
                ours.contains(&column) || table.column(column).is_some(),
                "{column}"
            );
        }
    }
    insta::assert_snapshot!(queries.join("\n\n"));
}

#[tokio::test]
async fn rows_that_do_not_say_what_they_are_for_are_told_by_their_values() {
    let network = |url: &str, ip: &str, action: &str| {
        network_row(json!({"RemoteUrl": url, "RemoteIP": ip, "ActionType": action}))
    };
    let fake = Fake::default()
        .gives(
            "hunt DeviceNetworkEvents",
            vec![
                network("https://u@A.example.com:8443/x?y", "::ffff:192.0.2.1", "1"),
                network("a.example.com", "", "2"),
                network("b.a.example.com", "2001:DB8:0::1", "3"),
                network("", "198.51.100.9", "4"),
            ],
        )
        .gives(
            "hunt DeviceFileEvents",
            vec![file_row(
                json!({"SHA1": SHA1.to_uppercase(), "ActionType": "5"}),
            )],
        );
    let sent = sent(&[
        ("domain", "a.example.com"),
        ("ip", "192.0.2.1"),
        ("ipv6", "2001:db8::1"),
        ("sha1", SHA1),
    ]);
    let observed = found(&fake, &sent, "100").await;
    assert_eq!(
        told(&observed),
        [
            "a.example.com 2 1".to_owned(),
            "a.example.com 2 2".to_owned(),
            "192.0.2.1 1 1".to_owned(),
            "2001:db8::1 1 3".to_owned(),
            format!("{SHA1} 1 5"),
        ]
    );
}

#[tokio::test]
async fn alerts_that_come_without_evidence_get_it_in_one_call() {
    let whole = |title: &str| {
        let evidence = json!([{"entityType": "Ip", "ipAddress": "192.0.2.1"}, {"entityType": "File", "sha1": SHA1}]);
        with(
            alert(title, "2026-11-01T00:00:00Z"),
            json!({"evidence": evidence}),
        )
    };
    let bare = |title: &str| alert(title, "2026-11-01T00:00:00Z");
    let fake = Fake::default()
        .gives("alerts 192.0.2.1", vec![bare("a"), whole("b"), bare("c")])
        .gives("alerts 192.0.2.2", vec![bare("a")])
        .gives("evidence a,c", vec![whole("a")]);
    let sent = sent(&[("ip", "192.0.2.1"), ("ip", "192.0.2.2")]);
    let observed = found(&fake, &sent, "100").await;
    let relations: Vec<usize> = observed
        .sightings
        .iter()
        .map(|one| one.relations.len())
        .collect();
    assert_eq!(relations, [1, 1, 0, 1]);
    assert_eq!(
        (fake.count("evidence"), fake.count(&format!("file {SHA1}"))),
        (1, 1)
    );
    let failing = Fake::default()
        .gives("alerts", vec![bare("a")])
        .says("evidence", Say::Status(403, "No."));
    let observed = found(&failing, &sent, "1").await;
    assert_eq!((observed.sightings.len(), observed.failures.len()), (2, 1));
    let full = Fake::default().gives("alerts", vec![whole("a")]);
    found(&full, &sent, "100").await;
    assert_eq!(full.count("evidence"), 0);
}
