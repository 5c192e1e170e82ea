//! What is found for the observables of a request, and in how many calls.

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tesem_defender::MachineId;
use tesem_kql::schema;
use tesem_relay::ctim::Vocabulary;
use tesem_relay::observe::{Deadlines, HUNTING_WINDOW_DEFAULT, Observed, Observing, observe};
use tesem_relay::reply::Compat;
use tesem_relay::request::{EntitiesLimit, ObservableType, SentObservable, Subject, observables};
use tesem_relay::sighting::{EventTable, HashBook, Hashes, Style};
use tesem_relay::upstream::{
    EventsWanted, Upstream, VALUES_PER_QUERY_MAX, adapters_query, hashes_query, triples,
};

use crate::combined::listed;
use crate::ctim::check_sighting;
use crate::service::{MD5, SHA1, SHA256, file_row, network_row, rows, with};
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
    observe(
        fake,
        sent,
        &observing(limit),
        now,
        Deadlines::all(end.shared()),
    )
    .await
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

/// The three hashes of a file, as rows and profiles have them.
pub(crate) fn hashes_of(file: usize) -> [String; 3] {
    [
        format!("{file:040x}"),
        format!("{file:064x}"),
        format!("{file:032x}"),
    ]
}

fn row_of(sha1: &str, sha256: &str, md5: &str) -> Value {
    json!({"SHA1": sha1, "SHA256": sha256, "MD5": md5})
}

fn number(hash: &str) -> usize {
    usize::from_str_radix(hash, 16).unwrap()
}

/// What hunting tells of the files that a query names.
fn hunted(query: &str, is_known: fn(usize) -> bool) -> Say {
    let named = listed(query, "| where SHA1 in~ (");
    let known = named.iter().map(|hash| number(hash));
    let row = |file| {
        let [sha1, sha256, md5] = hashes_of(file);
        row_of(&sha1, &sha256, &md5)
    };
    Say::These(known.filter(|file| is_known(*file)).map(row).collect())
}

fn hunted_all(query: &str) -> Say {
    hunted(query, |_| true)
}

fn hunted_even(query: &str) -> Say {
    hunted(query, |file| file % 2 == 0)
}

fn hunted_none(_: &str) -> Say {
    Say::These(Vec::new())
}

/// The profile of a file.
fn profile(call: &str) -> Say {
    let (_, hash) = call.split_once(' ').unwrap();
    let [sha1, sha256, md5] = hashes_of(number(hash));
    Say::These(vec![json!({"sha1": sha1, "sha256": sha256, "md5": md5})])
}

/// An alert with a piece of evidence for each of `files`, which has a name and these members.
pub(crate) fn alert_of_files(
    files: impl IntoIterator<Item = usize>,
    members: impl Fn(usize) -> Value,
) -> Value {
    let evidence: Vec<Value> = files
        .into_iter()
        .map(|file| {
            with(
                json!({"entityType": "File", "fileName": "f"}),
                members(file),
            )
        })
        .collect();
    with(
        alert("a", "2026-11-01T00:00:00Z"),
        json!({"evidence": evidence}),
    )
}

pub(crate) fn only_sha1(file: usize) -> Value {
    let [sha1, ..] = hashes_of(file);
    json!({"sha1": sha1})
}

/// A tenant with one alert of an address, which names these files.
pub(crate) fn tenant_of_files(files: std::ops::Range<usize>) -> Fake {
    Fake::default()
        .gives("alerts", vec![alert_of_files(files, only_sha1)])
        .says("hunt union", Say::By(hunted_all))
        .says("file", Say::By(profile))
}

/// How many hashes the sightings name; each file has three.
pub(crate) fn named(observed: &Observed) -> usize {
    let sightings = observed.sightings.iter();
    sightings.map(|sighting| sighting.relations.len()).sum()
}

async fn found_of_address(fake: &dyn Upstream) -> Observed {
    found(fake, &sent(&[("ip", "192.0.2.1")]), "1").await
}

#[tokio::test]
async fn the_hashes_of_many_files_take_one_hunting_call_and_calls_for_the_rest() {
    type Told = fn(&str) -> Say;
    let cases: [(usize, Told, usize, usize); 8] = [
        (1, hunted_all, 0, 1),
        (8, hunted_all, 0, 8),
        (9, hunted_all, 1, 0),
        (20, hunted_even, 1, 10),
        (20, hunted_none, 1, 20),
        (300, hunted_all, 1, 0),
        (300, hunted_even, 1, 60),
        (300, hunted_none, 1, 60),
    ];
    for (files, told, hunts, calls) in cases {
        let fake = tenant_of_files(0..files).says("hunt union", Say::By(told));
        let observed = found_of_address(&fake).await;
        let counts = (fake.count("hunt union"), fake.count("file"));
        assert_eq!(counts, (hunts, calls), "{files} files");
        let by_hunting = match told(&hunted_query(files)) {
            Say::These(rows) if hunts > 0 => rows.len(),
            _ => 0,
        };
        let whole = by_hunting + calls;
        assert_eq!(named(&observed), files + 2 * whole, "{files} files");
        assert!(observed.failures.is_empty());
    }
}

/// As the tenant is asked for these many files.
fn hunted_query(files: usize) -> String {
    let all: Vec<Subject> = (0..files)
        .map(|file| Subject::of(ObservableType::Sha1, &hashes_of(file)[0]).unwrap())
        .collect();
    hashes_query(&all, HUNTING_WINDOW_DEFAULT)
}

#[tokio::test]
async fn one_hunting_call_names_no_more_files_than_fit() {
    let fake = tenant_of_files(0..VALUES_PER_QUERY_MAX + 70);
    let observed = found_of_address(&fake).await;
    assert_eq!((fake.count("hunt union"), fake.count("file")), (1, 60));
    let whole = VALUES_PER_QUERY_MAX + 60;
    assert_eq!(named(&observed), 3 * whole + 10);
    assert!(
        fake.last_of("hunt union")
            .contains("Timestamp > ago(timespan(30.00:00:00.0000000))")
    );
}

#[tokio::test]
async fn only_incomplete_files_with_hashes_to_ask_by_are_hunted_for() {
    let members = |file| {
        let [sha1, sha256, md5] = hashes_of(file);
        match file % 4 {
            0 => json!({"sha1": sha1, "md5": md5}),
            1 => json!({"sha1": sha1, "sha256": sha256}),
            2 => json!({"sha1": sha1, "sha256": sha256, "md5": md5}),
            _ => json!({"md5": md5}),
        }
    };
    let fake = Fake::default()
        .gives("alerts", vec![alert_of_files(0..40, members)])
        .says("hunt union", Say::By(hunted_all));
    let observed = found_of_address(&fake).await;
    assert_eq!((fake.count("hunt union"), fake.count("file")), (1, 0));
    assert_eq!(named(&observed), 3 * 30 + 10);
    let named = listed(&fake.last_of("hunt union"), "SHA1 in~ (");
    assert!(named.iter().all(|hash| number(hash) % 4 < 2), "{named:?}");
}

#[tokio::test]
async fn a_hunting_call_for_hashes_that_fails_is_noted_and_files_are_called_for() {
    let cases = [
        (
            429,
            "Slow.",
            Some("Advanced Hunting API rate limit has been exceeded. Slow."),
        ),
        (
            400,
            "'union' operator: Failed to resolve table expression named 'DeviceFileEvents'",
            Some(
                "Invalid request to Microsoft Defender for Endpoint. \
                 'union' operator: Failed to resolve table expression named 'DeviceFileEvents'",
            ),
        ),
        (
            403,
            "No.",
            Some("Invalid request to Microsoft Defender for Endpoint. No."),
        ),
        (
            503,
            "x",
            Some("Microsoft Defender for Endpoint internal error."),
        ),
        (404, "None.", None),
    ];
    for (status, message, expected) in cases {
        let fake = tenant_of_files(0..70).says("hunt union", Say::Status(status, message));
        let observed = found_of_address(&fake).await;
        assert_eq!((fake.count("hunt union"), fake.count("file")), (1, 60));
        assert_eq!(named(&observed), 3 * 60 + 10, "{status}");
        let expected: Vec<&str> = expected.into_iter().collect();
        assert_eq!(failures(&observed), expected, "{status}");
    }
}

#[tokio::test]
async fn only_well_formed_hashes_enter_the_hunting_query() {
    let hostile = [
        "\") | union Secrets //",
        "')",
        "",
        "p1",
        &"a".repeat(39),
        &"a".repeat(41),
        &"g".repeat(40),
        &"\u{ff11}".repeat(40),
        SHA256,
        MD5,
        "0x1111111111111111111111111111111111111",
    ];
    let evidence = |file: usize| json!({"sha1": hostile[file]});
    let fake = Fake::default().gives("alerts", vec![alert_of_files(0..hostile.len(), evidence)]);
    found_of_address(&fake).await;
    assert_eq!(fake.count("hunt union"), 0);

    let upper = |file: usize| {
        let [sha1, sha256, _] = hashes_of(0xabc_def0 + file);
        match file % 2 {
            0 => json!({"sha1": sha1.to_uppercase()}),
            _ => json!({"sha1": "", "sha256": sha256.to_uppercase()}),
        }
    };
    let all = |file: usize| match file.checked_sub(10) {
        Some(file) => evidence(file),
        None => upper(file),
    };
    let files = alert_of_files(0..10 + hostile.len(), all);
    let fake = Fake::default().gives("alerts", vec![files]);
    found_of_address(&fake).await;
    let query = fake.last_of("hunt union");
    let of = |place: usize| -> Vec<String> {
        let files = (0xabc_def0..0xabc_defa).map(hashes_of);
        let odd = files.skip(place).step_by(2);
        odd.map(|hashes| hashes[place].clone()).collect()
    };
    assert_eq!(listed(&query, "SHA1 in~ ("), of(0));
    assert_eq!(listed(&query, "SHA256 in~ ("), of(1));
    assert!(!query.contains("MD5 in~"), "{query}");
}

#[test]
fn rows_that_contradict_each_other_or_are_not_whole_tell_nothing() {
    use ObservableType as T;
    type Case<'a> = (&'a str, Vec<Value>, &'a [&'a [String; 3]]);
    let [one, two, three] = [1, 2, 3].map(hashes_of);
    let whole = |file: &[String; 3]| row_of(&file[0], &file[1], &file[2]);
    let cases: [Case<'_>; 8] = [
        ("nothing", vec![], &[]),
        ("two files", vec![whole(&one), whole(&two)], &[&one, &two]),
        (
            "the same in other letters",
            vec![
                whole(&one),
                row_of(&one[0].to_uppercase(), &one[1], &one[2]),
            ],
            &[&one],
        ),
        (
            "two SHA-256 of one SHA-1",
            vec![
                whole(&one),
                row_of(&one[0], &two[1], &two[2]),
                whole(&three),
            ],
            &[&three],
        ),
        (
            "two SHA-1 of one SHA-256",
            vec![whole(&one), row_of(&two[0], &one[1], &one[2])],
            &[],
        ),
        (
            "one MD5 of two files",
            vec![whole(&one), row_of(&two[0], &two[1], &one[2])],
            &[],
        ),
        (
            "less than three",
            vec![
                row_of(&one[0], "", &one[2]),
                row_of("", &two[1], &two[2]),
                json!({"SHA1": three[0], "SHA256": three[1], "MD5": null}),
            ],
            &[],
        ),
        (
            "malformed",
            vec![
                row_of("x", &one[1], &one[2]),
                row_of(&two[0], "\"", &two[2]),
                row_of(&three[0], &three[1], &three[1]),
            ],
            &[],
        ),
    ];
    for (name, told, expected) in cases {
        let triples = triples(&rows(&told));
        assert_eq!(triples.len(), 3 * expected.len(), "{name}");
        for [sha1, sha256, md5] in expected.iter().copied() {
            let hashes = Hashes::of(Some(sha1), Some(sha256), Some(md5));
            for by in subjects(&[(T::Sha1, sha1), (T::Sha256, sha256), (T::Md5, md5)]) {
                assert_eq!(triples.get(&by), Some(&hashes), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn of_a_file_that_hunting_contradicts_nothing_is_taken_from_it() {
    // Hunting says that the SHA-1 of the first file has two SHA-256.
    fn torn(query: &str) -> Say {
        let Say::These(mut rows) = hunted_all(query) else {
            return Say::Silence;
        };
        let [other, sha256, md5] = hashes_of(500);
        let [sha1, ..] = hashes_of(0);
        rows.extend([row_of(&sha1, &sha256, &md5), row_of(&other, &sha256, &md5)]);
        Say::These(rows)
    }
    let fake = tenant_of_files(0..20).says("hunt union", Say::By(torn));
    let observed = found_of_address(&fake).await;
    let called = format!("file {}", hashes_of(0)[0]);
    assert_eq!((fake.count("file"), fake.count(&called)), (1, 1));
    assert_eq!(named(&observed), 3 * 20);

    // Evidence knows another SHA-256 than hunting.
    let [_, own, _] = hashes_of(700);
    let members = |file| match file {
        0 => with(only_sha1(0), json!({"sha256": own})),
        _ => only_sha1(file),
    };
    let fake = Fake::default()
        .gives("alerts", vec![alert_of_files(0..20, members)])
        .says("hunt union", Say::By(hunted_all));
    let observed = found_of_address(&fake).await;
    let relations = &observed.sightings[0].relations;
    let of_first: Vec<&str> = relations[..2]
        .iter()
        .map(|relation| relation.related.value.as_str())
        .collect();
    assert_eq!(of_first, [hashes_of(0)[0].as_str(), own.as_str()]);
    assert_eq!(relations.len(), 2 + 3 * 19);
    let strangers = &hashes_of(0)[1..];
    let is_stranger = |value: &String| strangers.contains(value);
    assert!(!relations.iter().any(|one| is_stranger(&one.related.value)));
}

#[test]
fn what_is_known_of_a_hash_stays_when_something_else_is_said_of_it() {
    let of = |texts: [&str; 3]| Hashes::of(Some(texts[0]), Some(texts[1]), Some(texts[2]));
    let mut book = HashBook::default();
    book.note(&Hashes::of(Some("a"), Some("b"), None));
    book.note(&of(["A", "c", "m"]));
    let complete = |texts| {
        let hashes = book.complete(of(texts));
        let texts = [hashes.sha1, hashes.sha256, hashes.md5];
        texts.map(Option::unwrap_or_default).concat()
    };
    let cases = [
        (["a", "", ""], "ab"),
        (["", "b", ""], "ab"),
        (["a", "b", "n"], "abn"),
        (["a", "x", ""], "ax"),
        (["", "C", ""], "ACm"),
        (["", "", "m"], "Acm"),
        (["a", "c", ""], "acm"),
    ];
    for (texts, expected) in cases {
        assert_eq!(complete(texts), expected);
    }
}

#[tokio::test]
async fn files_are_called_for_until_the_deadline_only() {
    let fake = tenant_of_files(0..20).says("hunt union", Say::Silence);
    let (end, ends) = tokio::sync::oneshot::channel::<()>();
    let sent = sent(&[("ip", "192.0.2.1")]);
    let looking = until(&fake, &sent, "1", ends.map(drop).boxed());
    let waiting = async {
        while fake.count("hunt union") == 0 {
            tokio::task::yield_now().await;
        }
        drop(end);
    };
    let (observed, ()) = futures::join!(looking, waiting);
    assert_eq!((named(&observed), fake.count("file")), (20, 0));
    assert_eq!(observed.failures.len(), 1);
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
    let union = [
        hashes_query(&files, window),
        hashes_query(&files[1..2], window),
    ];
    for query in &union {
        assert!(tesem_kql::parse(query).diagnostics.is_empty(), "{query}");
    }
    for table in ["File", "Process", "ImageLoad"] {
        let table = schema::defender().table(&format!("Device{table}Events"));
        for column in ["Timestamp", "SHA1", "SHA256", "MD5"] {
            assert!(table.unwrap().column(column).is_some(), "{column}");
        }
    }
    let processes = schema::defender().table("DeviceProcessEvents").unwrap();
    for column in ["SHA1", "SHA256", "MD5"] {
        let column = format!("InitiatingProcess{column}");
        assert!(processes.column(&column).is_some(), "{column}");
    }
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
    insta::assert_snapshot!([&queries[..], &union].concat().join("\n\n"));
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
