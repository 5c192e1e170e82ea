//! The options, environment and exit codes of IBM's connector, against a small service of Connected Assets and Risk.

use serde_json::json;
use tokio::runtime::Runtime;

use super::fake::{Database, FakeCar, Fault, Outcome};
use super::last_record;
use super::tenant::Tenant;
use crate::world::{Run, World};

/// A tenant, the service, and the connector's way of starting.
struct Connector {
    world: World,
    car: FakeCar,
    _runtime: Runtime,
}

const ENVIRONMENT_URL: &str = "CAR_SERVICE_URL";

impl Connector {
    fn new(tenant: &Tenant) -> Self {
        let runtime = Runtime::new().unwrap();
        let car = runtime.block_on(FakeCar::start());
        let world = tenant.world();
        // The connector knows no configuration but its options; the hosts are the twin's.
        let base = world.twin().base_url();
        world.write(
            "tesem.toml",
            format!("[endpoints]\nlogin = \"{base}\"\ngraph = \"{base}\"\ndefender = \"{base}\"\n"),
        );
        Self {
            world,
            car,
            _runtime: runtime,
        }
    }

    /// Another day of the tenant, for the same service.
    fn serve(&mut self, tenant: &Tenant) {
        let world = tenant.world();
        let base = world.twin().base_url();
        world.write(
            "tesem.toml",
            format!("[endpoints]\nlogin = \"{base}\"\ngraph = \"{base}\"\ndefender = \"{base}\"\n"),
        );
        self.world = world;
    }

    /// As its container starts it: all from the environment.
    fn run(&self, arguments: &[&str]) -> Run {
        let twin = self.world.twin().tenant();
        let (secret, url) = (self.world.secret(), self.car.url.to_string());
        let environment = [
            ("CONFIGURATION_AUTH_TENANT", &*twin.tenant_id),
            ("CONFIGURATION_AUTH_CLIENTID", &*twin.apps[0].client_id),
            ("CONFIGURATION_AUTH_CLIENTSECRET", &*secret),
            (ENVIRONMENT_URL, &*url),
            ("CAR_SERVICE_KEY", "k"),
            ("CAR_SERVICE_PASSWORD", "hunter2"),
            ("CONNECTION_NAME", "conn-1"),
        ];
        self.world
            .tesem_in(&[&["assets", "import"], arguments].concat(), &environment)
    }
}

#[test]
fn its_environment_is_enough_and_its_options_are_taken() {
    let tenant = Tenant::new(6);
    let connector = Connector::new(&tenant);
    connector.run(&[]).exits(0);
    assert!(
        connector
            .car
            .save_point()
            .is_some_and(|text| text.parse::<i64>().is_ok())
    );
    let nodes = connector.car.state().nodes.len();
    assert_eq!(last_record(&connector.world)["graph"]["nodes"], nodes);
    assert!(!connector.car.state().source.as_ref().unwrap().is_in_session);
    connector.run(&[]).exits(0);
    assert_eq!(last_record(&connector.world)["mode"], "incremental");

    let twin = connector.world.twin().tenant().clone();
    let (secret, url) = (connector.world.secret(), connector.car.url.to_string());
    let options = [
        "assets",
        "import",
        "-tenantID",
        &twin.tenant_id,
        "-clientID",
        &twin.apps[0].client_id,
        "-clientSecret",
        &secret,
        "-car-service-url-for-token",
        &url,
        "-car-service-token",
        "hunter2",
        "-source",
        "conn-2",
        "-vuln",
        "True",
        "-export-data-page-size",
        "2",
        "-name",
        "x",
        "-version",
        "1.0.1",
        "-subscriptionID",
        "s",
        "-d",
    ];
    connector.world.tesem(&options).exits(0);
    let parts = last_record(&connector.world);
    assert_eq!(parts["source"], "conn-2");
    let vulnerable = connector.car.state().calls.iter().any(|call| {
        call.authorization == "car-token hunter2"
            && call.line == "POST /v2/imports"
            && call
                .body
                .get("asset_vulnerability")
                .is_some_and(|edges| edges.to_string().contains("CVE-"))
    });
    assert!(!vulnerable, "vulnerabilities were left out");
}

#[test]
fn what_is_missing_is_told_in_its_words() {
    let world = Tenant::new(2).world();
    let cases: [(&[&str], &str); 5] = [
        (
            &["-car-service-url", "u"],
            "Either -car-service-token or -car-service-key and -car-service-password arguments are required.",
        ),
        (
            &["-car-service-token", "t"],
            "Either -car-service-url or -car-service-url-for-token is required.",
        ),
        (
            &["-car-service-url", "u", "-car-service-token", "t"],
            "If -car-service-url is provided then -car-service-key and -car-service-password arguments are required.",
        ),
        (
            &[
                "-car-service-url-for-token",
                "u",
                "-car-service-key",
                "k",
                "-car-service-password",
                "p",
            ],
            "If -car-service-url-for-token is provided then -car-service-token argument is required.",
        ),
        (
            &[
                "-car-service-url",
                "u",
                "-car-service-key",
                "k",
                "-car-service-password",
                "p",
            ],
            "Missing required -source argument.",
        ),
    ];
    for (options, told) in cases {
        let run = world
            .tesem(&[&["assets", "import"], options].concat())
            .exits(2);
        assert!(run.stderr().contains(told), "{}", run.stderr());
    }
}

#[test]
fn the_connection_is_tried_without_an_import() {
    let connector = Connector::new(&Tenant::new(2));
    connector.run(&["-connection-test"]).exits(0);
    assert!(connector.car.state().calls.is_empty());
    connector.world.fault(&json!({"path": "/*/oauth2/v2.0/token", "status": 401, "body": {"error": "invalid_client"}, "calls": 9}));
    connector.run(&["-connection-test"]).exits(52);
}

/// Which exit code each failure of the service has, and whether the save point is taken back.
#[test]
fn each_failure_of_the_service_has_its_class() {
    let none = || json!({});
    let cases = [
        (
            "POST /v2/imports",
            0,
            Fault::Status(400, json!({"message": "bad"})),
            10,
            false,
        ),
        ("POST /v2/imports", 0, Fault::Status(422, none()), 20, true),
        (
            "GET /v2/databases",
            0,
            Fault::Status(500, none()),
            10,
            false,
        ),
        ("GET /v2/databases", 0, Fault::Status(404, none()), 20, true),
        (
            "GET /v2/importstatus",
            0,
            Fault::Status(401, none()),
            10,
            false,
        ),
        (
            "GET /v3/importSchema",
            0,
            Fault::Status(401, none()),
            10,
            false,
        ),
        (
            "POST /v2/source/conn-1/full-import-in-progress",
            0,
            Fault::Status(422, none()),
            20,
            true,
        ),
        ("PATCH /v2/source", 1, Fault::Status(401, none()), 10, false),
    ];
    for (line, skip, fault, code, is_taken_back) in cases {
        let connector = Connector::new(&Tenant::new(2));
        connector.run(&[]).exits(0);
        connector.car.fail(line, skip, 99, fault.clone());
        let run = connector.run(&["--mode", "full"]);
        assert_eq!(run.code(), code, "{line} {fault:?}: {}", run.stderr());
        assert!(!run.stderr().contains("hunter2"), "{}", run.stderr());
        assert!(
            !connector.car.state().source.as_ref().unwrap().is_in_session,
            "{line}"
        );
        let save_point = connector.car.save_point().unwrap_or_default();
        if is_taken_back {
            assert_eq!(save_point, "", "{line}");
        }
    }
}

#[test]
fn databases_and_imports_in_every_state() {
    for (database, code) in [
        (Database::Missing, 0),
        (Database::NoGraph, 0),
        (Database::NoIndexes, 0),
        (Database::Ready, 0),
    ] {
        let connector = Connector::new(&Tenant::new(2));
        connector.car.state().database = database.clone();
        assert_eq!(connector.run(&[]).code(), code, "{database:?}");
    }
    for (outcome, code) in [
        (
            Outcome::Failed(json!({"statusCode": 500, "error": "e"})),
            10,
        ),
        (Outcome::Failed(json!({"error": "e"})), 20),
        (Outcome::NotFound, 10),
    ] {
        let connector = Connector::new(&Tenant::new(2));
        connector.car.state().import_ending.outcome = outcome.clone();
        let run = connector.run(&[]);
        assert_eq!(run.code(), code, "{outcome:?}: {}", run.stderr());
    }
}

/// The order of the connector's calls: a session around all imports, and the save point last.
#[test]
fn a_full_import_is_a_session() {
    let connector = Connector::new(&Tenant::new(3));
    connector.run(&[]).exits(0);
    let lines = connector.car.lines();
    let place = |line: &str| lines.iter().position(|known| known == line);
    let session = "/v2/source/conn-1/full-import-in-progress";
    let (begun, ended) = (
        place(&format!("POST {session}")).unwrap(),
        place(&format!("DELETE {session}")).unwrap(),
    );
    let imports: Vec<usize> = (0..lines.len())
        .filter(|place| lines[*place] == "POST /v2/imports")
        .collect();
    assert!(
        imports.iter().all(|import| (begun..ended).contains(import)),
        "{lines:#?}"
    );
    assert_eq!(lines.last().unwrap(), "PATCH /v2/source");
}

/// The service keeps no more of an import than its time.
#[test]
fn a_part_that_was_left_out_comes_back_whole() {
    let connector = Connector::new(&Tenant::new(6));
    connector.run(&["--without", "alerts"]).exits(0);
    connector.run(&["--without", "alerts"]).exits(0);
    assert_eq!(last_record(&connector.world)["mode"], "incremental");
    connector.run(&[]).exits(0);
    let record = last_record(&connector.world);
    assert_eq!(record["mode"], "full", "{record:#}");
    let alerts = connector
        .car
        .state()
        .edges
        .keys()
        .filter(|(kind, _, to)| kind == "asset_vulnerability" && to.contains("da0"))
        .count();
    assert_eq!(alerts, 5);
}

#[test]
fn a_tenant_that_is_described_in_part_is_no_other_tenant() {
    let world = Tenant::new(2).world();
    let run = world
        .tesem(&[
            "assets",
            "import",
            "--to",
            "json:graph",
            "-tenantID",
            "t",
            "-clientID",
            "c",
        ])
        .exits(2);
    assert!(
        run.stderr().contains("-clientSecret is missing"),
        "{}",
        run.stderr()
    );
    let explained = Connector::new(&Tenant::new(2));
    explained.run(&["--explain"]).exits(2);
    assert!(explained.car.state().calls.is_empty());
}

/// After an import of what changed the service holds what a full one would have given it.
#[test]
fn what_changed_comes_to_the_same_in_the_service() {
    let tenant = Tenant::new(8);
    let later = tenant.later();
    let held = |mode: &str| {
        let mut connector = Connector::new(&tenant);
        connector.run(&[]).exits(0);
        connector.serve(&later);
        connector.run(&["--mode", mode]).exits(0);
        assert_eq!(last_record(&connector.world)["mode"], mode);
        let state = connector.car.state();
        let nodes: Vec<_> = state.nodes.keys().cloned().collect();
        let edges: Vec<_> = state.edges.keys().cloned().collect();
        (nodes, edges)
    };
    let (changed, whole) = (held("incremental"), held("full"));
    let only = |one: &[(String, String, String)], other: &[(String, String, String)]| -> Vec<_> {
        one.iter()
            .filter(|edge| !other.contains(edge))
            .cloned()
            .collect()
    };
    let is_kept = |edge: &(String, String, String)| edge.0 == "ipaddress_macaddress";
    let left: Vec<_> = only(&changed.1, &whole.1)
        .into_iter()
        .filter(|edge| !is_kept(edge))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    assert_eq!(only(&whole.1, &changed.1), []);
}
