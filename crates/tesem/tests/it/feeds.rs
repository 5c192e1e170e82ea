//! `tesem feeds list` and `pull` over files.

use crate::world::World;

const FEEDS: &str = r#"
[feeds.table]
kind = "csv"
url = "table.csv"
columns = { value = "ioc", type = "type", confidence = "confidence", comment = "note" }
tlp = "amber"

[feeds.plain]
kind = "text"
url = ["plain.txt"]
labels = ["c2"]

[feeds.gone]
kind = "stix"
url = "gone.json"

[lists]
allow = ["allow.txt"]
"#;

fn world() -> World {
    let world = World::new();
    world.configure(FEEDS);
    world.write(
        "table.csv",
        "ioc,type,confidence,note\nevil.com,domain,80,=cmd\n1.2.3.4,ip,,\nnonsense,domain,,\n",
    );
    world.write(
        "plain.txt",
        "# list\nevil[.]com\n192.168.1.1\nours.example.org\n5.6.7.8\n",
    );
    world.write("allow.txt", "5.6.7.0/24\n");
    world
}

fn pull<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["feeds", "pull", "--cache", "cache"], more].concat()
}

#[test]
fn configured_feeds_are_listed() {
    let listed = world()
        .tesem(&["feeds", "list", "--format", "csv"])
        .exits(0);
    assert_eq!(
        listed.stdout(),
        "name,kind,places\ngone,stix,gone.json\nplain,text,plain.txt\ntable,csv,table.csv\n"
    );
}

#[test]
fn an_observable_of_two_feeds_keeps_both_sources() {
    let pulled = world()
        .tesem(&pull(&["table", "plain", "--format", "json"]))
        .exits(0);
    let json = pulled.json();
    assert_eq!(json.as_array().unwrap().len(), 2, "{json}");
    let evil = &json[0];
    assert_eq!(evil["value"], "evil.com");
    let places: Vec<_> = evil["provenance"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["place"].clone())
        .collect();
    assert_eq!(places, ["table.csv:2", "plain.txt:2"]);
    assert_eq!(evil["provenance"][0]["confidence"], 80);
    assert_eq!(evil["provenance"][0]["tlp"], "amber");
    assert_eq!(evil["provenance"][1]["labels"][0], "c2");
    let told = pulled.stderr();
    assert!(
        told.contains("table: 2 indicators, 1 refused (single-label 1)"),
        "{told}"
    );
    assert!(told.contains("plain: 1 indicator, 3 dropped"), "{told}");
}

#[test]
fn lists_and_tables_are_printed_and_formulas_guarded() {
    let world = world();
    let list = world
        .tesem(&pull(&["table", "plain", "--format", "list"]))
        .exits(0);
    assert_eq!(list.stdout(), "evil.com\n1.2.3.4\n");
    let csv = world
        .tesem(&pull(&["table", "--format", "csv"]))
        .exits(0)
        .stdout();
    assert!(
        csv.contains("domain,evil.com,table,80,amber,,,,,'=cmd,table.csv:2\n"),
        "{csv}"
    );
    let table = world.tesem(&pull(&["table"])).exits(0).stdout();
    assert!(table.trim_start().starts_with("KIND"), "{table}");
}

#[test]
fn what_was_left_out_is_shown_with_its_reason() {
    let world = world();
    world
        .tesem(&pull(&[
            "table",
            "plain",
            "--dropped",
            "--format",
            "csv",
            "--out",
            "left.csv",
        ]))
        .exits(0);
    let text = std::fs::read_to_string(world.folder.path().join("left.csv")).unwrap();
    for expected in [
        "outcome,code,value,reason,feed,place\n",
        "refused,single-label,nonsense,",
        "dropped,not-public-addresses,192.168.1.1,private,plain,plain.txt:3\n",
        "dropped,well-known-services,ours.example.org,example.org,plain,plain.txt:4\n",
        "dropped,allow.txt,5.6.7.8,5.6.7.0/24,plain,plain.txt:5\n",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_feed_that_fails_is_named_and_the_others_are_printed() {
    let world = world();
    let some = world.tesem(&pull(&["--format", "list"])).exits(3);
    assert_eq!(some.stdout(), "evil.com\n1.2.3.4\n");
    assert!(
        some.stderr()
            .contains("the feed `gone` failed: gone.json cannot be read"),
        "{}",
        some.stderr()
    );
    world.tesem(&pull(&["gone"])).exits(1);
}

#[test]
fn mistakes_are_told() {
    let world = world();
    let unknown = world.tesem(&pull(&["nobody"])).exits(2).stderr();
    assert!(
        unknown.contains("there is no feed `nobody`") && unknown.contains("gone, plain, table"),
        "{unknown}"
    );
    world.configure("[feeds.x]\nkind = \"shodan\"\nkey = { env = \"TESEM_NO_SUCH_NAME\" }\nqueries = { a = \"b\" }\n");
    let missing = world.tesem(&pull(&[])).exits(2).stderr();
    assert!(missing.contains("TESEM_NO_SUCH_NAME"), "{missing}");
    world.configure("");
    assert!(
        world
            .tesem(&pull(&[]))
            .exits(2)
            .stderr()
            .contains("no feed is configured")
    );
}

#[test]
fn a_hunt_takes_feeds_and_says_where_indicators_come_from() {
    let world = world();
    let hunt = world.tesem(&[
        "hunt", "--feed", "table", "--feed", "plain", "--cache", "cache",
    ]);
    hunt.exits(0);
    let coverage = world.csv("coverage.csv");
    let row = |value: &str| {
        coverage
            .iter()
            .find(|row| row["Indicator"] == value)
            .unwrap_or_else(|| panic!("{value} is not in coverage.csv"))
    };
    let evil = row("evil.com");
    assert_eq!(evil["Verdict"], "clear");
    assert_eq!(evil["Feeds"], "table plain");
    assert_eq!(
        (evil["Confidence"].as_str(), evil["Tlp"].as_str()),
        ("80", "amber")
    );
    assert_eq!(
        (evil["Labels"].as_str(), evil["Input"].as_str()),
        ("c2", "table:2 plain:2")
    );
    for (value, reason) in [
        ("5.6.7.8", "is on the list allow.txt: 5.6.7.0/24"),
        ("192.168.1.1", "is on the list"),
        ("nonsense", ""),
    ] {
        let stopped = row(value);
        assert_eq!(stopped["Verdict"], "not-searchable", "{value}");
        assert!(stopped["Reason"].contains(reason), "{stopped:?}");
    }
    assert_eq!(coverage.len(), 6);
}

#[test]
fn a_feed_that_fails_does_not_stop_the_hunt_but_is_told() {
    let world = world();
    let args = ["hunt", "--feed", "table,gone", "--cache", "cache"];
    let hunt = world.tesem(&args).exits(3);
    assert!(hunt.stderr().contains("gone.json"), "{}", hunt.stderr());
    assert_eq!(world.csv("coverage.csv").len(), 3);
    world.tesem(&["hunt", "--feed", "gone"]).exits(1);
    let unknown = world.tesem(&["hunt", "--feed", "nosuch"]).exits(2);
    assert!(
        unknown.stderr().contains("gone, plain, table"),
        "{}",
        unknown.stderr()
    );
}

#[test]
fn the_lists_of_the_configuration_stop_inputs_too_unless_told_otherwise() {
    let world = world();
    let input = b"5.6.7.8\n192.168.1.1\n";
    let args = ["hunt", "-", "--format", "json"];
    let json = world.tesem_with_input(&args, input).exits(0).json();
    assert_eq!(
        json["indicators"].as_array().unwrap().len(),
        1,
        "private addresses are searched"
    );
    assert_eq!(json["refused"][0]["text"], "5.6.7.8");
    let args = [&args[..], &["--no-lists"]].concat();
    let json = world.tesem_with_input(&args, input).exits(0).json();
    assert_eq!(json["indicators"].as_array().unwrap().len(), 2);
}
