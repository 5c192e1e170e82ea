//! The query language from the command line.

use serde_json::{Value, json};

use crate::world::World;

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn queries_run_line_by_line_and_errors_have_a_place() {
    let world = World::new();
    let requests = [
        json!({"id": "sum", "query": "print a = 1 + 2, b = 'x'"}),
        json!({"id": 2, "query": "DeviceEvents | where NoSuchColumn == 1"}),
        json!({"id": "bad", "query": "DeviceEvents | | take 1"}),
    ];
    world.write(
        "queries.jsonl",
        requests.map(|request| request.to_string()).join("\n"),
    );
    let run = world
        .tesem(&["kql", "run", "--jsonl", "queries.jsonl"])
        .exits(3);
    let answers = lines(&run.stdout());
    assert_eq!(
        answers[0],
        json!({"id": "sum", "columns": [["a", "long"], ["b", "string"]], "rows": [[3, "x"]]})
    );
    assert_eq!(
        answers[1]["error"]["span"],
        json!({"start": 21, "end": 33}),
        "{}",
        answers[1]
    );
    assert!(
        answers[2]["error"]["code"]
            .as_str()
            .unwrap()
            .starts_with("KQL"),
        "{}",
        answers[2]
    );
}

#[test]
fn a_query_with_several_results_prints_them_all() {
    let world = World::new();
    let query = "print a = 1; range b from 1 to 2 step 1 | as Numbers";
    let others = json!([{"name": "Numbers", "columns": [["b", "long"]], "rows": [[1], [2]]}]);
    let first = json!({"columns": [["a", "long"]], "rows": [[1]], "others": others});
    let document = world.tesem(&["kql", "run", "--format", "json", query]);
    assert_eq!(lines(&document.exits(0).stdout()), vec![first.clone()]);
    world.write(
        "queries.jsonl",
        json!({"id": 7, "query": query}).to_string(),
    );
    let answers = world.tesem(&["kql", "run", "--jsonl", "queries.jsonl"]);
    let mut expected = first;
    expected["id"] = json!(7);
    assert_eq!(lines(&answers.exits(0).stdout()), [expected]);
    let table = world.tesem(&["kql", "run", query]).exits(0).stdout();
    assert!(table.contains("Numbers"), "{table}");
    let lists = world
        .tesem(&["kql", "run", "--format", "csv", query])
        .exits(0);
    assert_eq!(lists.stdout(), "a\n1\n");
    assert!(
        lists.stderr().contains("1 further result"),
        "{}",
        lists.stderr()
    );
}

#[test]
fn checking_needs_no_data() {
    let world = World::new();
    let requests = [
        json!({"id": 1, "query": "DeviceProcessEvents | where Timestamp > ago(1d) | project FileName"}),
        json!({"id": 2, "query": "DeviceProcessEvent | take 1"}),
    ];
    world.write(
        "queries.jsonl",
        requests.map(|request| request.to_string()).join("\n"),
    );
    let answers = lines(
        &world
            .tesem(&["kql", "check", "--jsonl", "queries.jsonl"])
            .exits(3)
            .stdout(),
    );
    assert_eq!(answers[0], json!({"id": 1, "ok": true}));
    assert!(
        answers[1]["error"]["message"]
            .as_str()
            .unwrap()
            .contains("DeviceProcessEvents"),
        "{}",
        answers[1]
    );
}

#[test]
fn a_finding_points_into_the_query() {
    let world = World::new();
    let run = world
        .tesem_with_input(
            &["kql", "check"],
            b"DeviceEvents\n| wher ActionType == 'x'\n",
        )
        .exits(3);
    assert!(
        run.stdout().contains("2 | | wher ActionType"),
        "{}",
        run.stdout()
    );
}

#[test]
fn detections_are_unit_tested() {
    let world = World::new();
    let case = |id: &str, expected: i64| {
        json!({
            "id": id,
            "query": "T | where a > 1 | summarize n = count()",
            "tables": {"T": [{"a": 1}, {"a": 2}, {"a": 3}]},
            "expected": {"columns": [["n", "long"]], "rows": [[expected]]},
        })
    };
    world.write(
        "cases.jsonl",
        format!("{}\n{}\n", case("right", 2), case("wrong", 7)),
    );
    let run = world.tesem(&["kql", "test", "cases.jsonl"]).exits(3);
    assert!(
        run.stdout().starts_with("FAILED wrong: "),
        "{}",
        run.stdout()
    );
    assert!(
        run.stdout().ends_with("1 passed, 1 failed\n"),
        "{}",
        run.stdout()
    );
}

#[test]
fn formatting_is_stable_and_keeps_comments() {
    let world = World::new();
    let once = world
        .tesem_with_input(&["kql", "fmt"], b"T|where a==1 // why\n|take 5")
        .exits(0)
        .stdout();
    assert!(once.contains("// why"), "{once}");
    assert_eq!(
        world
            .tesem_with_input(&["kql", "fmt"], once.as_bytes())
            .exits(0)
            .stdout(),
        once
    );
}

#[test]
fn the_schema_names_the_nearest_table() {
    let world = World::new();
    assert!(
        world
            .tesem(&["kql", "schema", "DeviceInfo"])
            .exits(0)
            .stdout()
            .contains("OSPlatform")
    );
    assert!(
        world
            .tesem(&["kql", "schema", "DeviceInf"])
            .exits(2)
            .stderr()
            .contains("did you mean `DeviceInfo`?")
    );
}

#[test]
fn what_costs_quota_or_hides_hits_is_warned_about() {
    let world = World::new();
    let query = b"DeviceEvents | join DeviceInfo on DeviceId | where SHA1 == 'ABC'";
    let codes = |arguments: &[&str], exit: i32| {
        let run = world.tesem_with_input(arguments, query).exits(exit);
        let code = |line: &str| line.strip_prefix("warning[")?.get(..7).map(str::to_owned);
        run.stdout().lines().filter_map(code).collect::<Vec<_>>()
    };
    let all = ["KQL0202", "KQL0204", "KQL0202", "KQL0205"];
    assert_eq!(codes(&["kql", "check"], 0), all);
    assert_eq!(codes(&["kql", "check", "--deny-warnings"], 3), all);
    let allowed = [
        "kql",
        "check",
        "--allow",
        "KQL0202",
        "--allow",
        "join-without-kind",
    ];
    assert_eq!(codes(&allowed, 0), ["KQL0205"]);
    world
        .tesem(&["kql", "check", "--allow", "KQL9999"])
        .exits(2);
    let rules = world.tesem(&["kql", "check", "--rules"]).exits(0).stdout();
    assert!(all.iter().all(|code| rules.contains(code)), "{rules}");
}

#[test]
fn warnings_come_with_the_answers() {
    let world = World::new();
    let request = json!({"id": 1, "query": "DeviceEvents | take 1"});
    let run = world.tesem_with_input(
        &["kql", "check", "--jsonl", "-"],
        request.to_string().as_bytes(),
    );
    let answers = lines(&run.exits(0).stdout());
    assert_eq!(answers[0]["ok"], true);
    assert_eq!(answers[0]["warnings"][0]["code"], "KQL0202");
    assert_eq!(
        answers[0]["warnings"][0]["span"],
        json!({"start": 0, "end": 12})
    );
}

#[test]
fn a_tenant_answers_queries() {
    let world = World::new();
    let query = "DeviceInfo | summarize n = dcount(DeviceId)";
    let arguments = ["kql", "run", "--tenant", "twin", "--format", "json"];
    let ask = |query: &str| world.tesem(&[&arguments[..], &[query]].concat());
    let answer = ask(query).exits(0).json();
    assert_eq!(answer["columns"], json!([["n", "long"]]));
    assert!(answer["rows"][0][0].as_i64().unwrap() > 0, "{answer}");
    assert_eq!(world.hunting_calls(), 1);

    let run = ask("DeviceInfo | | take 1").exits(2);
    assert!(run.stderr().contains("query:1:14"), "{}", run.stderr());
    assert_eq!(
        world.hunting_calls(),
        1,
        "what cannot be read costs no call"
    );
    let run = ask("DeviceInf | take 1").exits(1);
    assert!(run.stderr().contains("'DeviceInf'"), "{}", run.stderr());
}

#[test]
fn a_tenant_answers_line_by_line() {
    let world = World::new();
    let requests = [
        json!({"id": "a", "query": "print x = 1"}),
        json!({"id": "b", "query": "print x = nothing"}),
    ];
    let input = requests.map(|request| request.to_string()).join("\n");
    let arguments = ["kql", "run", "--tenant", "twin", "--jsonl", "-"];
    let run = world.tesem_with_input(&arguments, input.as_bytes());
    let answers = lines(&run.exits(3).stdout());
    assert_eq!(answers[0]["rows"], json!([[1]]));
    assert_eq!(answers[1]["error"]["code"], "refused", "{}", answers[1]);
}

#[test]
fn a_query_has_limits() {
    let world = World::new();
    let cases = [
        (
            vec!["--rows-max", "5"],
            "range x from 1 to 6 step 1",
            "more than 5 rows",
        ),
        (
            vec!["--seconds-max", "0"],
            "range x from 1 to 1000000000 step 1 | summarize sum(x)",
            "longer than 0 s",
        ),
    ];
    for (options, query, told) in cases {
        let arguments = [&["kql", "run"][..], &options, &[query]].concat();
        let run = world.tesem(&arguments).exits(1);
        assert!(run.stderr().contains(told), "{}", run.stderr());
    }
}

#[test]
fn external_data_is_read_where_it_is_allowed() {
    let world = World::new();
    std::fs::create_dir(world.folder.path().join("lists")).unwrap();
    world.write("lists/hosts.csv", "host,n\na.example,1\n");
    let query = "externaldata(host:string, n:long)['hosts.csv'] with (ignoreFirstRecord=true)";
    let run = world
        .tesem(&[
            "kql",
            "run",
            "--external",
            "lists",
            "--format",
            "jsonl",
            query,
        ])
        .exits(0);
    assert_eq!(lines(&run.stdout()), [json!({"host": "a.example", "n": 1})]);
    let run = world.tesem(&["kql", "run", query]).exits(2);
    assert!(
        run.stderr().contains("allow the directory"),
        "{}",
        run.stderr()
    );
}

#[test]
fn streamed_telemetry_and_csv_are_queried() {
    let world = World::new();
    let hour = "stream/tenantId=t/y=2026/m=05/d=01/h=07/m=00";
    std::fs::create_dir_all(world.folder.path().join(hour)).unwrap();
    let record = json!({"time": "2026-05-01T08:00:00Z", "category": "AdvancedHunting-DeviceEvents", "properties": {"DeviceName": "a"}});
    world.write(&format!("{hour}/PT1H.json"), record.to_string());
    std::fs::create_dir(world.folder.path().join("lists")).unwrap();
    world.write("lists/Own.csv", "DeviceName,n\na,5\n");
    let run = world
        .tesem(&[
            "kql",
            "run",
            "--streamed",
            "stream",
            "--data",
            "lists",
            "--format",
            "jsonl",
            "DeviceEvents | join kind=inner Own on DeviceName | project DeviceName, n",
        ])
        .exits(0);
    assert_eq!(lines(&run.stdout()), [json!({"DeviceName": "a", "n": 5})]);
}

#[test]
fn many_queries_are_checked_in_their_order_up_to_a_line_that_cannot_be_read() {
    let world = World::new();
    let line = |id: usize| json!({"id": id, "query": format!("print x = {id}")}).to_string();
    let mut lines: Vec<String> = (0..2_500).map(line).collect();
    lines.push("no JSON".to_owned());
    lines.push(line(2_501));
    let arguments = ["kql", "check", "--jsonl", "-"];
    let run = world.tesem_with_input(&arguments, lines.join("\n").as_bytes());
    let run = run.exits(1);
    let ids: Vec<u64> = self::lines(&run.stdout())
        .iter()
        .map(|answer| answer["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, (0..2_500).collect::<Vec<u64>>());
    assert!(run.stderr().contains("line 2501"), "{}", run.stderr());
}
