//! One hunt in several tenants.

use crate::world::World;

const LIST: &str = "google.com\nevil.example.org\n";

/// A world whose configuration also knows the tenant of `other`, and one that cannot be signed in to.
fn world_with(other: &World) -> World {
    let world = World::new();
    let base = other.twin().base_url();
    let endpoints = format!("{{ login = \"{base}\", graph = \"{base}\", defender = \"{base}\" }}");
    let tenant = other.twin().tenant();
    let section = |name: &str, secret: &str| {
        format!(
            "\n[tenants.{name}]\ntenant_id = \"{}\"\nclient_id = \"{}\"\nclient_secret = {{ env = \"{secret}\" }}\nendpoints = {endpoints}\n",
            tenant.tenant_id, tenant.apps[0].client_id,
        )
    };
    world.configure(&(section("other", "OTHER_SECRET") + &section("broken", "BROKEN_SECRET")));
    world.write("list.txt", LIST);
    world
}

fn environment(other: &World) -> [(&'static str, String); 2] {
    [
        ("OTHER_SECRET", other.secret()),
        ("BROKEN_SECRET", "wrong".to_owned()),
    ]
}

fn run(world: &World, other: &World, args: &[&str]) -> crate::world::Run {
    let environment = environment(other);
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(k, v)| (*k, v.as_str())).collect();
    world.tesem_in(&[&["hunt", "list.txt"], args].concat(), &environment)
}

#[test]
fn two_tenants_make_one_run_with_merged_files() {
    let other = World::new();
    let world = world_with(&other);
    let args = ["--tenant", "twin", "--tenant", "other", "--format", "csv"];
    let printed = run(&world, &other, &args).exits(0);
    let hits = world.csv("hits.csv");
    let tenants: std::collections::BTreeSet<&str> =
        hits.iter().map(|row| row["Tenant"].as_str()).collect();
    assert_eq!(tenants.into_iter().collect::<Vec<_>>(), ["other", "twin"]);
    assert_eq!(printed.stdout().lines().count(), hits.len() + 1);
    let coverage = world.csv("coverage.csv");
    let rows: Vec<(&str, &str, &str)> = coverage
        .iter()
        .map(|row| {
            (
                row["Tenant"].as_str(),
                row["Indicator"].as_str(),
                row["Verdict"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("twin", "google.com", "hit"),
            ("twin", "evil.example.org", "clear"),
            ("other", "google.com", "hit"),
            ("other", "evil.example.org", "clear"),
        ]
    );
    let folder = world.run_folder();
    for tenant in ["tenant-twin", "tenant-other"] {
        assert!(
            folder
                .join("tenants")
                .join(tenant)
                .join("hits.csv")
                .is_file()
        );
    }
    let text = std::fs::read_to_string(folder.join("run.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["tenants"][1]["tenant"], "other");
    assert_eq!(json["hits"], hits.len());
}

#[test]
fn a_tenant_that_cannot_be_asked_does_not_stop_the_others_and_is_resumed() {
    let other = World::new();
    let world = world_with(&other);
    let first = run(&world, &other, &["--all-tenants", "--format", "json"]).exits(3);
    assert!(
        first.stderr().contains("tenant broken:"),
        "{}",
        first.stderr()
    );
    assert_eq!(first.json().as_array().unwrap().len(), 3);
    let verdicts = |world: &World| -> Vec<String> {
        let coverage = world.csv("coverage.csv");
        coverage
            .iter()
            .map(|row| format!("{} {}", row["Tenant"], row["Verdict"]))
            .collect()
    };
    assert!(
        verdicts(&world).contains(&"broken failed".to_owned()),
        "{:?}",
        verdicts(&world)
    );
    let calls = world.hunting_calls();
    let folder = world.run_folder();
    let name = folder.file_name().unwrap().to_str().unwrap();
    let right = [
        ("OTHER_SECRET", other.secret()),
        ("BROKEN_SECRET", other.secret()),
    ];
    let right: Vec<(&str, &str)> = right.iter().map(|(k, v)| (*k, v.as_str())).collect();
    world.tesem_in(&["hunt", "--resume", name], &right).exits(0);
    assert_eq!(
        world.hunting_calls(),
        calls,
        "what was answered is not asked again"
    );
    assert_eq!(verdicts(&world).len(), 6);
    assert!(
        verdicts(&world)
            .iter()
            .all(|verdict| !verdict.contains("failed"))
    );
}

#[test]
fn a_schedule_over_several_tenants_finishes_a_stopped_run_as_a_whole() {
    let other = World::new();
    let world = world_with(&other);
    let tenants = ["--tenant", "twin,other", "--new-only", "--format", "jsonl"];
    let stopped = run(
        &world,
        &other,
        &[&tenants[..], &["--max-calls", "1"]].concat(),
    )
    .exits(3);
    assert_eq!(stopped.stdout().lines().count(), 0);
    let finished = run(&world, &other, &tenants).exits(0);
    let both = finished.stdout().lines().count();
    assert!(both > 0);
    let again = run(&world, &other, &tenants).exits(0);
    assert_eq!(again.stdout().lines().count(), 0);
}
