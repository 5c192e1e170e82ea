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

fn failed(entry: Json) -> Outcome {
    Outcome::Failed(entry)
}

fn ends(outcome: Outcome) -> Ending {
    Ending { looks: 1, outcome }
}

/// What goes wrong, and the class by its number; 0 where nothing does.
struct Case {
    name: &'static str,
    setup: Box<dyn Fn(&FakeCar)>,
    code: u8,
}

fn case(name: &'static str, code: u8, setup: impl Fn(&FakeCar) + 'static) -> Case {
    let setup = Box::new(setup);
    Case { name, setup, code }
}

/// Calls whose line begins so fail: after how many of them, and how often.
fn call(
    name: &'static str,
    code: u8,
    (line, skip, times): (&'static str, usize, usize),
    fault: Fault,
) -> Case {
    case(name, code, move |car| {
        car.fail(line, skip, times, fault.clone());
    })
}

fn import_ends(name: &'static str, code: u8, outcome: Outcome) -> Case {
    case(name, code, move |car| {
        car.state().import_ending = ends(outcome.clone());
    })
}

const IMPORTS: &str = "POST /v2/imports";
const STATUS: &str = "GET /v2/importstatus";
const DATABASES: &str = "GET /v2/databases";
const BEGIN: &str = "POST /v2/source/";
const END: &str = "DELETE /v2/source/";
const SCHEMA: &str = "GET /v3/importSchema";
const SAVE_POINT: &str = "PATCH /v2/source";

fn imports() -> Vec<Case> {
    let no_id = || Fault::Status(202, json!({}));
    let (once, always) = ((IMPORTS, 2, 1), (IMPORTS, 2, ALWAYS));
    vec![
        call("400", 10, once, status(400)),
        call("503", 10, always, status(503)),
        call("lost", 10, always, Fault::Lost),
        call("422", 20, once, status(422)),
        call("429 for a while", 0, (IMPORTS, 2, 3), status(429)),
        call("429 for ever", 10, always, status(429)),
        call("502", 10, always, status(502)),
        call("no id", 20, once, no_id()),
        call("lost afterwards", 0, (IMPORTS, 1, 1), Fault::LostAfter),
        call("status 500", 10, (STATUS, 0, ALWAYS), status(500)),
        call("status 500 once", 0, (STATUS, 0, 1), status(500)),
        call("status 401", 10, (STATUS, 0, ALWAYS), status(401)),
        import_ends("failed 500", 10, failed(json!({"statusCode": 500}))),
        import_ends("failed 422", 20, failed(json!({"statusCode": 422}))),
        import_ends("failed", 20, failed(json!({"error": "bad"}))),
        import_ends("not found", 10, Outcome::NotFound),
        import_ends("never ends", 10, Outcome::Silent),
        case("takes long", 0, |car| {
            car.state().import_ending = Ending { looks: 30, ..DONE };
        }),
    ]
}

fn databases() -> Vec<Case> {
    let always = (DATABASES, 0, ALWAYS);
    let is = |name, code, database: Database| {
        case(name, code, move |car| {
            car.state().database = database.clone();
        })
    };
    let no_json = Fault::Status(200, json!("<html>"));
    vec![
        call("databases 500", 10, always, status(500)),
        call("databases 404", 20, always, status(404)),
        call("databases 302", 10, always, status(302)),
        call("databases not JSON", 10, (DATABASES, 0, 1), no_json),
        is("no database", 0, Database::Missing),
        is("no graph", 0, Database::NoGraph),
        is("no indexes", 0, Database::NoIndexes),
        is("never ready", 10, Database::Starting(ALWAYS)),
        case("cannot be made", 10, |car| {
            let mut state = car.state();
            state.database = Database::Missing;
            state.job_ending = ends(Outcome::Silent);
        }),
    ]
}

fn sessions() -> Vec<Case> {
    let (once, always) = ((BEGIN, 0, 1), (BEGIN, 0, ALWAYS));
    vec![
        call("session 500", 10, always, status(500)),
        call("session 422", 20, once, status(422)),
        call("session lost", 10, always, Fault::Lost),
        call("no job", 20, once, Fault::Status(202, json!({}))),
        call("begun and lost", 0, once, Fault::LostAfter),
        call(NOT_CLOSED, 10, (END, 0, ALWAYS), status(500)),
        call("ended and lost", 0, (END, 0, 1), Fault::LostAfter),
        case("the job fails", 10, |car| {
            car.state().job_ending = ends(Outcome::Silent);
        }),
        call("save point 500", 10, (SAVE_POINT, 0, ALWAYS), status(500)),
        call("save point 500 once", 0, (SAVE_POINT, 0, 1), status(500)),
    ]
}

fn schemas() -> Vec<Case> {
    let without = |name, code, collection: &'static str| {
        case(name, code, move |car| {
            let mut state = car.state();
            let collections = state.schema["properties"].as_object_mut().unwrap();
            collections.remove(collection);
        })
    };
    vec![
        call("schema 500", 10, (SCHEMA, 0, ALWAYS), status(500)),
        call("schema 404", 10, (SCHEMA, 0, ALWAYS), status(404)),
        without("no assets", 10, "asset"),
        without("no vulnerabilities of machines", 10, "asset_vulnerability"),
        without("no alerts of addresses", 0, "ipaddress_vulnerability"),
        case("an owner is required", 10, |car| {
            let mut state = car.state();
            state.schema["properties"]["asset"]["items"]["required"] = json!(["owner"]);
        }),
    ]
}

const NOT_CLOSED: &str = "the session is not closed";

fn cases() -> impl Iterator<Item = Case> {
    [imports(), databases(), sessions(), schemas()]
        .into_iter()
        .flatten()
}

#[tokio::test]
async fn each_failure_of_a_full_import_has_its_class() {
    for Case { name, setup, code } in cases() {
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
        if name != NOT_CLOSED {
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
    for Case { name, setup, code } in cases().filter(|case| case.code != 0) {
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
    let (edges, asset) = (
        ("PATCH /v2/asset_", 0, ALWAYS),
        ("DELETE /v2/source", 0, ALWAYS),
    );
    let cases = [
        call("edge 500", 10, edges, status(500)),
        call("edge 404", 20, edges, status(404)),
        call("deletion 403", 10, asset, status(403)),
        call("imports 400", 10, (IMPORTS, 0, 1), status(400)),
        call("imports 422", 20, (IMPORTS, 0, 1), status(422)),
        import_ends("an import fails", 10, failed(json!({"statusCode": 503}))),
    ];
    for Case { name, setup, code } in cases {
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
    let query = ("POST /v3/query", 5, ALWAYS);
    let no_rows = Fault::Status(200, json!({"data": {}}));
    let cases = [
        call("query 500", 10, query, status(500)),
        call("query 403", 10, query, status(403)),
        call("query 422", 20, query, status(422)),
        call("query without rows", 10, query, no_rows),
        call("databases 404", 20, (DATABASES, 0, ALWAYS), status(404)),
    ];
    for Case { name, setup, code } in cases {
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
    let mut settings = CarSettings::new(gone, key());
    settings.url.set_port(Some(1)).unwrap();
    let clock = Arc::new(ManualClock::new(now()));
    let nobody = CarSink::new(settings, clock).unwrap();
    let error = nobody.earlier(&contoso()).await.unwrap_err();
    assert!(
        matches!(car_error(&error), CarError::Unreachable { .. }),
        "{error:?}"
    );
    assert_eq!(car_error(&error).failure().code(), 10);
}

#[tokio::test]
async fn a_job_that_failed_is_not_waited_for() {
    let car = FakeCar::start().await;
    car.state().job_ending = ends(Outcome::Silent);
    car.state().database = Database::Missing;
    let error = sink(&car).earlier(&contoso()).await.unwrap_err();
    let error = car_error(&error);
    assert!(matches!(error, CarError::JobFailed { .. }), "{error:?}");
    assert_eq!(car.lines().len(), 4);
}
