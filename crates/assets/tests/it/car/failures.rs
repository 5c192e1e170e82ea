//! What each failure means for the next import, and that none leaves a session open or a save point that is wrong.

use serde_json::json;
use tesem_assets::AssetGraph;
use tesem_assets::sink::Sink;
use tesem_assets::sink::car::CarError;

use super::fake::{DONE, Database, Ending, FakeCar, Fault, Outcome};
use super::*;

const ALWAYS: usize = usize::MAX;

fn status(status: u16) -> Fault {
    Fault::Status(status, json!({"message": "no"}))
}

fn ends(outcome: Outcome) -> Ending {
    Ending { looks: 1, outcome }
}

type Setup = fn(&FakeCar);

/// What goes wrong, and the class by its number; 0 where nothing does.
fn cases() -> Vec<(&'static str, Setup, u8)> {
    vec![
        (
            "imports 400",
            |car| car.fail("POST /v2/imports", 2, 1, status(400)),
            10,
        ),
        (
            "imports 503",
            |car| car.fail("POST /v2/imports", 2, ALWAYS, status(503)),
            10,
        ),
        (
            "imports lost",
            |car| car.fail("POST /v2/imports", 2, ALWAYS, Fault::Lost),
            10,
        ),
        (
            "imports 422",
            |car| car.fail("POST /v2/imports", 2, 1, status(422)),
            20,
        ),
        (
            "imports 429 for a while",
            |car| car.fail("POST /v2/imports", 2, 3, status(429)),
            0,
        ),
        (
            "imports 429 for ever",
            |car| car.fail("POST /v2/imports", 2, ALWAYS, status(429)),
            10,
        ),
        (
            "imports 502",
            |car| car.fail("POST /v2/imports", 2, ALWAYS, status(502)),
            10,
        ),
        (
            "imports without id",
            |car| car.fail("POST /v2/imports", 2, 1, Fault::Status(202, json!({}))),
            20,
        ),
        (
            "an import fails with 500",
            |car| {
                car.state().import_ending =
                    ends(Outcome::Failed(json!({"error": "bad", "statusCode": 500})));
            },
            10,
        ),
        (
            "an import fails with 422",
            |car| {
                car.state().import_ending =
                    ends(Outcome::Failed(json!({"error": "bad", "statusCode": 422})));
            },
            20,
        ),
        (
            "an import fails without status",
            |car| {
                car.state().import_ending = ends(Outcome::Failed(json!({"error": "bad"})));
            },
            20,
        ),
        (
            "an import is not found",
            |car| car.state().import_ending = ends(Outcome::NotFound),
            10,
        ),
        (
            "an import never ends",
            |car| car.state().import_ending = ends(Outcome::Silent),
            10,
        ),
        (
            "an import takes long",
            |car| {
                car.state().import_ending = Ending {
                    looks: 30,
                    outcome: Outcome::Done,
                };
            },
            0,
        ),
        (
            "importstatus 500",
            |car| car.fail("GET /v2/importstatus", 0, ALWAYS, status(500)),
            10,
        ),
        (
            "importstatus 500 once",
            |car| car.fail("GET /v2/importstatus", 0, 1, status(500)),
            0,
        ),
        (
            "importstatus 401",
            |car| car.fail("GET /v2/importstatus", 0, ALWAYS, status(401)),
            10,
        ),
        (
            "databases 500",
            |car| car.fail("GET /v2/databases", 0, ALWAYS, status(500)),
            10,
        ),
        (
            "databases 404",
            |car| car.fail("GET /v2/databases", 0, ALWAYS, status(404)),
            20,
        ),
        (
            "databases 302",
            |car| car.fail("GET /v2/databases", 0, ALWAYS, status(302)),
            10,
        ),
        (
            "databases not JSON",
            |car| {
                car.fail(
                    "GET /v2/databases",
                    0,
                    1,
                    Fault::Status(200, json!("<html>")),
                )
            },
            10,
        ),
        (
            "no database",
            |car| car.state().database = Database::Missing,
            0,
        ),
        (
            "a database that cannot be made",
            |car| {
                let mut state = car.state();
                state.database = Database::Missing;
                state.job_ending = ends(Outcome::Silent);
            },
            10,
        ),
        (
            "no graph",
            |car| car.state().database = Database::NoGraph,
            0,
        ),
        (
            "no indexes",
            |car| car.state().database = Database::NoIndexes,
            0,
        ),
        (
            "never ready",
            |car| car.state().database = Database::Starting(ALWAYS),
            10,
        ),
        (
            "session 500",
            |car| car.fail("POST /v2/source/", 0, ALWAYS, status(500)),
            10,
        ),
        (
            "session 422",
            |car| car.fail("POST /v2/source/", 0, 1, status(422)),
            20,
        ),
        (
            "session lost",
            |car| car.fail("POST /v2/source/", 0, ALWAYS, Fault::Lost),
            10,
        ),
        (
            "session without a job",
            |car| car.fail("POST /v2/source/", 0, 1, Fault::Status(202, json!({}))),
            20,
        ),
        (
            "the session's job fails",
            |car| car.state().job_ending = ends(Outcome::Silent),
            10,
        ),
        (
            "the session is not closed",
            |car| car.fail("DELETE /v2/source/", 0, ALWAYS, status(500)),
            10,
        ),
        (
            "importSchema 500",
            |car| car.fail("GET /v3/importSchema", 0, ALWAYS, status(500)),
            10,
        ),
        (
            "importSchema 404",
            |car| car.fail("GET /v3/importSchema", 0, ALWAYS, status(404)),
            10,
        ),
        (
            "importSchema asks for more",
            |car| {
                car.state().schema["properties"]["asset"]["items"]["required"] = json!(["owner"]);
            },
            10,
        ),
        (
            "importSchema has no assets",
            |car| {
                car.state().schema["properties"]
                    .as_object_mut()
                    .unwrap()
                    .remove("asset");
            },
            10,
        ),
        (
            "importSchema lacks what may be lacking",
            |car| {
                car.state().schema["properties"]
                    .as_object_mut()
                    .unwrap()
                    .remove("ipaddress_vulnerability");
            },
            0,
        ),
        (
            "save point 500",
            |car| car.fail("PATCH /v2/source", 0, ALWAYS, status(500)),
            10,
        ),
        (
            "save point 500 once",
            |car| car.fail("PATCH /v2/source", 0, 1, status(500)),
            0,
        ),
        (
            "the answer to the session's beginning is lost",
            |car| car.fail("POST /v2/source/", 0, 1, Fault::LostAfter),
            0,
        ),
        (
            "the answer to the session's end is lost",
            |car| car.fail("DELETE /v2/source/", 0, 1, Fault::LostAfter),
            0,
        ),
        (
            "an answer that is lost",
            |car| car.fail("POST /v2/imports", 1, 1, Fault::LostAfter),
            0,
        ),
    ]
}

#[tokio::test]
async fn each_failure_of_a_full_import_has_its_class() {
    for (name, setup, code) in cases() {
        let car = FakeCar::start().await;
        setup(&car);
        let graph = graph(&records());
        let outcome = sink(&car)
            .write(import(day(2), &AssetGraph::default(), &graph, vec![]))
            .await;
        let found = outcome
            .as_ref()
            .err()
            .map_or(0, |error| car_error(error).failure().code());
        assert_eq!(found, code, "{name}: {outcome:?}");
        let save_point = car.save_point().unwrap_or_default();
        let expected = if code == 0 {
            day(2).get().to_string()
        } else {
            String::new()
        };
        assert_eq!(save_point, expected, "{name}");
        if name != "the session is not closed" {
            let state = car.state();
            let is_open = state
                .source
                .as_ref()
                .is_some_and(|source| source.is_in_session);
            assert!(!is_open, "{name}");
        }
    }
}

#[tokio::test]
async fn after_any_failure_the_next_import_comes_to_the_same_graph() {
    for (name, setup, code) in cases().into_iter().filter(|(_, _, code)| *code != 0) {
        let car = FakeCar::start().await;
        imported(&car).await;
        let whole = car.state().edges.keys().cloned().collect::<Vec<_>>();
        setup(&car);
        let graph = graph(&records());
        let failing = import(day(3), &AssetGraph::default(), &graph, vec![]);
        let outcome = sink(&car).in_full().write(failing).await;
        let found = outcome
            .err()
            .map_or(0, |error| car_error(&error).failure().code());
        assert_eq!(found, code, "{name}");
        let mended = FakeCar::start().await;
        {
            let (mut from, mut to) = (car.state(), mended.state());
            std::mem::swap(&mut from.source, &mut to.source);
            std::mem::swap(&mut from.nodes, &mut to.nodes);
            std::mem::swap(&mut from.edges, &mut to.edges);
        }
        let held = sink(&mended).earlier(&contoso()).await.unwrap();
        let held = held.map_or_else(AssetGraph::default, |earlier| earlier.graph);
        let next = full(&records()).next(&held).graph;
        sink(&mended)
            .write(import(day(4), &held, &next, vec![]))
            .await
            .unwrap();
        let now = mended.state().edges.keys().cloned().collect::<Vec<_>>();
        assert_eq!(now, whole, "{name}");
    }
}

#[tokio::test]
async fn an_incremental_import_that_fails_leaves_the_save_point_unless_there_may_be_a_gap() {
    let cases: [(&str, Setup, u8); 6] = [
        (
            "edge 500",
            |car| car.fail("PATCH /v2/asset_", 0, ALWAYS, status(500)),
            10,
        ),
        (
            "edge 404",
            |car| car.fail("PATCH /v2/asset_", 0, ALWAYS, status(404)),
            20,
        ),
        (
            "deletion 403",
            |car| car.fail("DELETE /v2/source", 0, ALWAYS, status(403)),
            10,
        ),
        (
            "imports 400",
            |car| car.fail("POST /v2/imports", 0, 1, status(400)),
            10,
        ),
        (
            "imports 422",
            |car| car.fail("POST /v2/imports", 0, 1, status(422)),
            20,
        ),
        (
            "an import fails",
            |car| {
                car.state().import_ending = ends(Outcome::Failed(json!({"statusCode": 503})));
            },
            10,
        ),
    ];
    for (name, setup, code) in cases {
        let car = FakeCar::start().await;
        let first = imported(&car).await;
        let other = json!({"ipAddresses": [{"ipAddress": "10.0.0.6"}]});
        let next = graph(&[machine("m1", other)]);
        setup(&car);
        let error = sink(&car)
            .write(import(day(3), &first, &next, vec![]))
            .await
            .unwrap_err();
        assert_eq!(
            car_error(&error).failure().code(),
            code,
            "{name}: {error:?}"
        );
        let kept = if code == 10 {
            day(2).get().to_string()
        } else {
            String::new()
        };
        assert_eq!(car.save_point().unwrap(), kept, "{name}");
        car.state().import_ending = DONE;
    }
}

#[tokio::test]
async fn reading_that_fails_has_its_class_too() {
    let cases: [(&str, Setup, u8); 5] = [
        (
            "query 500",
            |car| car.fail("POST /v3/query", 5, ALWAYS, status(500)),
            10,
        ),
        (
            "query 403",
            |car| car.fail("POST /v3/query", 5, ALWAYS, status(403)),
            10,
        ),
        (
            "query 422",
            |car| car.fail("POST /v3/query", 5, ALWAYS, status(422)),
            20,
        ),
        (
            "query without rows",
            |car| {
                car.fail(
                    "POST /v3/query",
                    5,
                    ALWAYS,
                    Fault::Status(200, json!({"data": {}})),
                );
            },
            10,
        ),
        (
            "databases 404",
            |car| car.fail("GET /v2/databases", 0, ALWAYS, status(404)),
            20,
        ),
    ];
    for (name, setup, code) in cases {
        let car = FakeCar::start().await;
        imported(&car).await;
        setup(&car);
        let error = sink(&car).earlier(&contoso()).await.unwrap_err();
        assert_eq!(
            car_error(&error).failure().code(),
            code,
            "{name}: {error:?}"
        );
        assert_eq!(car.save_point().unwrap().is_empty(), code == 20, "{name}");
    }
}

#[tokio::test]
async fn an_import_with_bad_objects_names_them() {
    let car = FakeCar::start().await;
    let body = json!({"errors": [{"path": "asset[1].name", "message": "must be string"}]});
    car.fail("POST /v2/imports", 1, 1, Fault::Status(400, body));
    let graph = graph(&records());
    let outcome = sink(&car)
        .write(import(day(2), &AssetGraph::default(), &graph, vec![]))
        .await;
    let error = outcome.unwrap_err();
    let CarError::Import {
        collection,
        objects,
        message,
        ..
    } = car_error(&error)
    else {
        panic!("{error:?}");
    };
    assert_eq!(
        (*collection, &objects[..]),
        ("asset", &["m2".to_owned()][..])
    );
    assert!(message.contains("must be string"), "{message}");
}

#[tokio::test]
async fn an_answer_without_end_is_refused() {
    let car = FakeCar::start().await;
    let sink = sink_with(&car, key(), |settings| settings.answer_bytes_max = 10);
    let error = sink.earlier(&contoso()).await.unwrap_err();
    assert!(
        matches!(car_error(&error), CarError::TooLarge { limit: 10, .. }),
        "{error:?}"
    );
    let gone = car.url.clone();
    drop(car);
    let mut settings = tesem_assets::sink::car::CarSettings::new(gone, key());
    settings.url.set_port(Some(1)).unwrap();
    let clock = std::sync::Arc::new(tesem_state::ManualClock::new(now()));
    let nobody = tesem_assets::sink::car::CarSink::new(settings, clock).unwrap();
    let error = nobody.earlier(&contoso()).await.unwrap_err();
    assert!(
        matches!(car_error(&error), CarError::Unreachable { .. }),
        "{error:?}"
    );
    assert_eq!(car_error(&error).failure().code(), 10);
}
