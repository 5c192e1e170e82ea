//! Fifty clients at once, over a service that fails now and then.

use futures::future::join_all;
use serde_json::{Value, json};
use tesem_twin::QuotaSetting;

use super::tenant::{DOMAIN, IP, IPV6, SHA1, SHA256};
use super::{RELAY, Relay, docs, world_within};

const CLIENTS: usize = 50;
const ROUNDS: usize = 20;

fn questions() -> Vec<Value> {
    let ask = |list: &[(&str, &str)]| -> Value {
        list.iter()
            .map(|(kind, value)| json!({"type": kind, "value": value}))
            .collect()
    };
    vec![
        ask(&[("domain", DOMAIN)]),
        ask(&[("ip", IP), ("sha1", SHA1)]),
        ask(&[("sha256", SHA256), ("ipv6", IPV6), ("domain", DOMAIN)]),
        ask(&[("ip", "198.51.100.12")]),
        ask(&[("domain", "nowhere.example.com")]),
    ]
}

/// The sightings without what says in which answer they came.
fn seen(answer: &Value) -> Vec<Value> {
    docs(answer).to_vec()
}

/// All answers to questions that fifty clients ask at the same time, each with its question's number.
fn rush(relay: &Relay, rounds: usize) -> Vec<(usize, u16, Value)> {
    let token = format!("Bearer {}", relay.token().signed());
    let questions = questions();
    let one = |client: usize, round: usize| {
        let number = (client + round) % questions.len();
        let url = format!("{}/observe/observables", relay.origin);
        let request = relay.client.post(url).header("Authorization", &token);
        let request = request.body(questions[number].to_string());
        async move {
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            (number, status, answer.json::<Value>().await.unwrap())
        }
    };
    let all = (0..CLIENTS).map(|client| async move {
        let mut answers = Vec::new();
        for round in 0..rounds {
            answers.push(one(client, round).await);
        }
        answers
    });
    relay
        .runtime
        .block_on(join_all(all))
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn five_faults_in_a_hundred_lose_no_sighting() {
    let relay = Relay::new();
    let undisturbed: Vec<Vec<Value>> = questions()
        .iter()
        .map(|question| seen(&relay.answer("/observe/observables", question)))
        .collect();
    assert!(undisturbed[2].len() > 5);
    // The files and machines that it keeps by now would spare calls that can fail.
    let relay = Relay::over(super::world(), "", &[]);
    let kinds = [
        json!({"status": 429, "headers": {"Retry-After": "1"}}),
        json!({"status": 500}),
        json!({"status": 502, "when": "after"}),
        json!({"status": 503, "headers": {"Retry-After": "1"}}),
        json!({"status": 504, "when": "after"}),
        json!({"drop": "before"}),
        json!({"drop": "after"}),
        json!({"drop": "during"}),
        json!({"truncate": true}),
        // One token: those who are told so twice in a row are told by the relay, too.
        json!({"revoke": true, "calls": 1}),
    ];
    for (seed, mut rule) in kinds.into_iter().enumerate() {
        rule["path"] = json!("/*");
        rule["rate"] = json!(0.005);
        rule["seed"] = json!(seed);
        relay.world.fault(&rule);
    }
    let answers = rush(&relay, ROUNDS);
    assert_eq!(answers.len(), CLIENTS * ROUNDS);
    let mut notes: Vec<String> = Vec::new();
    for (number, status, answer) in &answers {
        assert_eq!(*status, 200);
        match answer.get("errors") {
            None => assert_eq!(
                without_portal(&seen(answer)),
                without_portal(&undisturbed[*number]),
                "question {number}"
            ),
            Some(errors) => notes.push(errors.to_string()),
        }
    }
    let calls = relay.world.twin().calls();
    let is_failed = |status: Option<u16>| status.is_none_or(|status| status >= 400);
    let failed = calls.iter().filter(|call| is_failed(call.status)).count();
    println!(
        "{} answers, {} calls, {failed} failed, {notes:?}",
        answers.len(),
        calls.len()
    );
    assert!(
        failed * 100 > calls.len() * 2,
        "{failed} of {} calls failed",
        calls.len()
    );
    assert!(
        notes.is_empty(),
        "{} answers were not whole: {notes:?}",
        notes.len()
    );
}

/// Two twins have two addresses, and two tenants of the same story.
fn without_portal(sightings: &[Value]) -> Vec<Value> {
    let strip = |sighting: &Value| {
        let mut sighting = sighting.clone();
        let members = sighting.as_object_mut().unwrap();
        for name in ["source_uri", "timestamp", "observed_time", "id"] {
            members.shift_remove(name);
        }
        for target in members["targets"].as_array_mut().unwrap() {
            target
                .as_object_mut()
                .unwrap()
                .shift_remove("observed_time");
        }
        sighting
    };
    sightings.iter().map(strip).collect()
}

#[test]
fn fifty_clients_keep_to_the_documented_quota_and_all_are_answered() {
    let world = world_within(QuotaSetting::Documented);
    world.configure(&RELAY.replace("quota = \"off\"\n", ""));
    let relay = Relay::started(world, &[], &[]);
    // Hashes have no alerts calls in their way here: those have a quota of their own.
    let answers = rush(&relay, 1);
    let hunting = relay.world.hunting_calls();
    assert!(
        hunting <= 45,
        "{hunting} calls for {} answers",
        answers.len()
    );
    let throttled = relay.world.twin().calls();
    let throttled = throttled
        .iter()
        .filter(|call| call.status == Some(429) && call.path.contains("unting"));
    assert_eq!(throttled.count(), 0);
    for (number, status, answer) in answers {
        assert_eq!(status, 200);
        assert!(
            answer.get("errors").is_none(),
            "question {number}: {answer}"
        );
    }
}
