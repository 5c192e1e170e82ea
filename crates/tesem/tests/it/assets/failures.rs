//! What a failed import says, and its exit code: case by case.

use serde_json::{Value, json};

use super::tenant::Tenant;
use super::{assert_same, graph, last_record, twice, without_first_seen};
use crate::world::World;

/// The classes of IBM's connectors: the tenant could not be reached, signed in to, allowed, understood.
#[test]
fn each_failure_of_the_tenant_has_its_class() {
    let body = |code: &str| json!({"error": {"code": code, "message": "no"}});
    let cases: [(&str, Value, i32); 8] = [
        (
            "/api/machines",
            json!({"status": 401, "body": body("Unauthorized"), "calls": 9}),
            52,
        ),
        (
            "/api/machines",
            json!({"status": 403, "body": body("Forbidden")}),
            53,
        ),
        (
            "/api/machines",
            json!({"status": 400, "body": body("BadRequest")}),
            54,
        ),
        (
            "/api/machines",
            json!({"status": 404, "body": body("NotFound")}),
            50,
        ),
        (
            "/api/machines",
            json!({"status": 200, "body": "<html>"}),
            55,
        ),
        (
            "/api/alerts",
            json!({"status": 400, "body": body("BadRequest")}),
            54,
        ),
        (
            "/*/oauth2/v2.0/token",
            json!({"status": 401, "body": {"error": "invalid_client"}, "calls": 9}),
            52,
        ),
        ("/api/machines", json!({"drop": "before", "calls": 99}), 51),
    ];
    for (path, mut fault, code) in cases {
        let world = Tenant::new(3).world();
        fault["path"] = json!(path);
        world.fault(&fault);
        let run = world.tesem(&["assets", "import", "--to", "json:graph"]);
        assert_eq!(run.code(), code, "{fault}: {}", run.stderr());
        assert!(run.stderr().contains("error: "), "{}", run.stderr());
        let record = last_record(&world);
        assert_eq!(
            (&record["exit"], record["error"].is_string()),
            (&json!(code), true),
            "{record:#}"
        );
        assert!(!world.folder.path().join("graph").exists(), "{fault}");
    }
}

#[test]
fn wrong_usage_is_told() {
    let world = Tenant::new(2).world();
    world.write("text.db", "not a database");
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--to", "nowhere"], 2, "there is no sink `nowhere`"),
        (&["--to", "sqlite:"], 2, "there is no sink `sqlite:`"),
        (&["--to", "mysql:x"], 2, "`mysql:x` is no sink"),
        (
            &["--to", "json:g", "--mode", "incremental"],
            2,
            "there is no save point",
        ),
        (
            &["--to", "json:g", "--source", "a b"],
            2,
            "cannot be the key of a source",
        ),
        (
            &["--to", "json:g", "--tenant", "a", "--tenant", "b"],
            2,
            "one tenant at a time",
        ),
        (
            &["--to", "json:g", "--without", "everything"],
            2,
            "invalid value",
        ),
    ];
    for (arguments, code, told) in cases {
        let run = world.tesem(&[&["assets", "import"], arguments].concat());
        assert_eq!(run.code(), code, "{arguments:?}: {}", run.stderr());
        assert!(
            run.stderr().contains(told),
            "{arguments:?}: {}",
            run.stderr()
        );
    }
    let foreign = world.tesem(&["assets", "import", "--to", "sqlite:text.db"]);
    assert_eq!(foreign.code(), 10, "{}", foreign.stderr());
    assert_eq!(
        std::fs::read_to_string(world.folder.path().join("text.db")).unwrap(),
        "not a database"
    );
}

#[test]
fn sinks_of_others_are_left_alone() {
    let world = Tenant::new(2).world();
    world
        .tesem(&["assets", "import", "--to", "json:graph", "--source", "one"])
        .exits(0);
    let before = graph(&world.folder.path().join("graph"));
    let run = world
        .tesem(&["assets", "import", "--to", "json:graph", "--source", "two"])
        .exits(2);
    assert!(
        run.stderr().contains("holds the source `one`"),
        "{}",
        run.stderr()
    );
    assert_same(&graph(&world.folder.path().join("graph")), &before);
}

/// A failure in the middle leaves what was there, and the next import goes on.
#[test]
fn a_failure_in_any_call_loses_nothing() {
    let tenant = Tenant::new(8);
    let later = tenant.later();
    let whole = without_first_seen(&twice(&tenant, &later, "full"));
    let calls = [
        "/api/machines",
        "/*/security/runHuntingQuery",
        "/api/vulnerabilities",
        "/api/alerts",
    ];
    for path in calls {
        let first = tenant.world();
        first
            .tesem(&["assets", "import", "--to", "json:graph", "--source", "s"])
            .exits(0);
        let folder = first.folder.path().join("graph");
        let before = graph(&folder);
        let second: World = later.world();
        let to = format!("json:{}", folder.display());
        let import = ["assets", "import", "--to", &to, "--source", "s"];
        second.fault(&json!({"path": path, "status": 400, "body": {"error": {"code": "BadRequest", "message": "no"}}}));
        second.tesem(&import).exits(54);
        assert_same(&graph(&folder), &before);
        second.tesem(&import).exits(0);
        assert_same(&without_first_seen(&graph(&folder)), &whole);
    }
}
