//! The plugins of `evaluate`: a query, its columns with their types, its rows.

use serde_json::{Value as Json, json};
use tesem_engine::{Database, EngineError};

use crate::canonical::{engine, rows, run};

fn check(cases: &[(&str, &str, Json)]) {
    let engine = engine(Database::new());
    for (query, columns, expected) in cases {
        let result = run(&engine, query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let found: Vec<String> = result
            .columns
            .iter()
            .map(|column| format!("{}:{}", column.name, column.scalar_type))
            .collect();
        assert_eq!(found.join(" "), *columns, "{query}");
        let found: Json = rows(&result).into_iter().map(Json::from).collect();
        assert_eq!(found, *expected, "{query}");
    }
}

fn check_errors(cases: &[(&str, &str)]) {
    let engine = engine(Database::new());
    for (query, expected) in cases {
        let error = run(&engine, query).unwrap_err();
        assert!(error.to_string().contains(expected), "{query}: {error}");
    }
}

const BAGS: &str = "datatable(id:long, host:string, bag:dynamic) [
    1, 'a', dynamic({'port': 22, 'ok': true, 'host': 'x'}),
    2, 'b', dynamic({'port': 2.5, 'tags': [1], 'when': datetime(2024-01-02)}),
    3, 'c', dynamic(null),
    4, 'd', dynamic('no bag')]";

#[test]
fn members_of_bags_become_columns() {
    let replaced = format!("{BAGS} | evaluate bag_unpack(bag, columnsConflict='replace_source')");
    let kept = format!(
        "{BAGS} | evaluate bag_unpack(bag, '', 'keep_source', dynamic(['tags', 'ok', 'when']))"
    );
    let prefixed = format!(
        "{BAGS} | evaluate bag_unpack(bag, 'b_', ignoredProperties=dynamic(['tags', 'when'])) | where id < 3"
    );
    let declared = format!(
        "{BAGS} | evaluate bag_unpack(bag) : (*, ok:bool, absent:string, tags:dynamic) | where id != 4"
    );
    let chosen = format!("{BAGS} | evaluate bag_unpack(bag) : (when:datetime, id:long) | take 2");
    check(&[
        (
            &replaced,
            "id:long host:string ok:bool port:dynamic tags:dynamic when:datetime",
            json!([
                [1, "x", true, 22, null, null],
                [2, "", null, 2.5, [1], "2024-01-02T00:00:00Z"],
                [3, "", null, null, null, null],
                [4, "", null, null, null, null]
            ]),
        ),
        (
            &kept,
            "id:long host:string port:dynamic",
            json!([[1, "a", 22], [2, "b", 2.5], [3, "c", null], [4, "d", null]]),
        ),
        (
            &prefixed,
            "id:long host:string b_host:string b_ok:bool b_port:dynamic",
            json!([[1, "a", "x", true, 22], [2, "b", "", null, 2.5]]),
        ),
        (
            &declared,
            "id:long host:string ok:bool absent:string tags:dynamic",
            json!([
                [1, "a", true, "", null],
                [2, "b", null, "", [1]],
                [3, "c", null, "", null]
            ]),
        ),
        (
            &chosen,
            "when:datetime id:long",
            json!([[null, 1], ["2024-01-02T00:00:00Z", 2]]),
        ),
    ]);
    let conflict = format!("{BAGS} | evaluate bag_unpack(bag)");
    let other_type = format!("{BAGS} | evaluate bag_unpack(bag) : (port:long)");
    check_errors(&[
        (&conflict, "makes a column `host`, which is there already"),
        (&other_type, "another type than the declared one (`port`)"),
        (
            "print a = dynamic({'x': null}) | evaluate bag_unpack(a)",
            "always null (`x`)",
        ),
        ("print a = '' | evaluate bag_unpack(a)", "must be a dynamic"),
        (
            "print a = dynamic({}) | evaluate bag_unpack(a, columnsConflict='both')",
            "must be error",
        ),
    ]);
}

const VISITS: &str = "datatable(os:string, device:string, n:long) [
    'win', 'a', 1, 'mac', 'a', 2, 'win', 'b', 3, 'win', 'a', 4]";

#[test]
fn values_become_columns() {
    let cases = [
        (
            "pivot(os)",
            "device:string n:long win:long mac:long",
            json!([
                ["a", 1, 1, 0],
                ["a", 2, 0, 1],
                ["b", 3, 1, 0],
                ["a", 4, 1, 0]
            ]),
        ),
        (
            "pivot(os, sum(n))",
            "device:string win:long mac:long",
            json!([["a", 5, 2], ["b", 3, 0]]),
        ),
        (
            "pivot(os, max(n), device)",
            "device:string win:long mac:long",
            json!([["a", 4, 2], ["b", 3, null]]),
        ),
        (
            "pivot(device, any(os), n)",
            "n:long a:string b:string",
            json!([
                [1, "win", ""],
                [2, "mac", ""],
                [3, "", "win"],
                [4, "win", ""]
            ]),
        ),
        (
            "pivot(n, count(), device)",
            "device:string 1:long 2:long 3:long 4:long",
            json!([["a", 1, 1, 0, 1], ["b", 0, 0, 1, 0]]),
        ),
        (
            "pivot(os, count(), device) : (device:string, linux:long, mac:long)",
            "device:string linux:long mac:long",
            json!([["a", 0, 1], ["b", 0, 0]]),
        ),
    ];
    let queries: Vec<(String, &str, Json)> = cases
        .into_iter()
        .map(|(plugin, columns, expected)| {
            (format!("{VISITS} | evaluate {plugin}"), columns, expected)
        })
        .collect();
    let queries: Vec<(&str, &str, Json)> = queries
        .iter()
        .map(|(query, columns, expected)| (query.as_str(), *columns, expected.clone()))
        .collect();
    check(&queries);
    let dcount = format!("{VISITS} | evaluate pivot(os, dcount(n), device)");
    let wrong = format!("{VISITS} | evaluate pivot(os, percentile(n, 5))");
    let declared =
        format!("{VISITS} | evaluate pivot(os, count(), device) : (device:string, mac:string)");
    check_errors(&[
        (&dcount, "a combination that no row has"),
        (&wrong, "takes one of these here"),
        (&declared, "the declared column `mac` must be long"),
        (
            "print a = '', b = 1 | evaluate pivot(a)",
            "an empty value in the column",
        ),
        (
            "print a = 'b', b = 1 | evaluate pivot(a)",
            "the name of a column (`b`)",
        ),
    ]);
}

const NETWORKS: &str = "let N = datatable(net:string, zone:string, site:string) [
    '10.0.0.0/8', 'corp', 's1', '10.1.0.0/16', 'lab', 's2', 'garbage', 'x', '', '192.0.2.7', 'one', 's1'];
    let T = datatable(ip:string, site:string) ['10.1.2.3', 's2', '192.0.2.7', 's2', 'none', 's1'];";

#[test]
fn addresses_meet_the_networks_they_lie_in() {
    let query = |rest: &str| format!("{NETWORKS} T | evaluate {rest}");
    let all = query("ipv4_lookup(N, ip, net)");
    let outer = query("ipv4_lookup(N, ip, net, return_unmatched = true) | project ip, zone");
    let keyed = query("ipv4_lookup((N | where zone != 'x'), ip, net, site)");
    check(&[
        (
            &all,
            "ip:string site:string net:string zone:string site1:string",
            json!([
                ["10.1.2.3", "s2", "10.0.0.0/8", "corp", "s1"],
                ["10.1.2.3", "s2", "10.1.0.0/16", "lab", "s2"],
                ["192.0.2.7", "s2", "192.0.2.7", "one", "s1"]
            ]),
        ),
        (
            &outer,
            "ip:string zone:string",
            json!([
                ["10.1.2.3", "corp"],
                ["10.1.2.3", "lab"],
                ["192.0.2.7", "one"],
                ["none", ""]
            ]),
        ),
        (
            &keyed,
            "ip:string site:string net:string zone:string",
            json!([["10.1.2.3", "s2", "10.1.0.0/16", "lab"]]),
        ),
        (
            "let N = datatable(net:string, n:long) ['2001:db8::/32', 1, '::/0', 2];
             print ip = '2001:db8::1' | evaluate ipv6_lookup(N, ip, net, true)",
            "net:string n:long ip:string",
            json!([
                ["2001:db8::/32", 1, "2001:db8::1"],
                ["::/0", 2, "2001:db8::1"]
            ]),
        ),
    ]);
}

#[test]
fn neighbours_of_rows_are_kept() {
    let numbers = "range n from 1 to 9 step 1 | sort by n asc | evaluate rows_near";
    let both = format!("{numbers}(n == 4, 1)");
    let after = format!("{numbers}(n in (2, 8), 0, 2)");
    check(&[
        (&both, "n:long", json!([[3], [4], [5]])),
        (&after, "n:long", json!([[2], [3], [4], [8], [9]])),
    ]);
    check_errors(&[(
        "range n from 1 to 9 step 1 | evaluate rows_near(n == 4, 1)",
        "rows in no order",
    )]);
}

#[test]
fn tables_are_rotated_and_schemas_merged() {
    check(&[
        (
            "datatable(a:string, b:long) ['x', 1, 'y', 2] | evaluate narrow()",
            "Row:long Column:string Value:string",
            json!([[0, "a", "x"], [0, "b", "1"], [1, "a", "y"], [1, "b", "2"]]),
        ),
        (
            "union (datatable(a:string, b:int)[] | getschema), (datatable(a:string, b:int, c:long)[] | getschema)
             | evaluate schema_merge()",
            "ColumnName:string ColumnOrdinal:long DataType:string ColumnType:string",
            json!([["a", 0, "System.String", "string"], ["b", 1, "System.Int32", "int"], ["c", 2, "System.Int64", "long"]]),
        ),
    ]);
    check_errors(&[(
        "union (datatable(a:string)[] | getschema), (datatable(a:long)[] | getschema) | evaluate schema_merge()",
        "two types of the column `a`",
    )]);
}

#[test]
fn columns_that_only_rows_tell_are_taken_on_trust_when_checking() {
    let engine = engine(Database::defender());
    let query = "DeviceEvents | evaluate bag_unpack(AdditionalFields)
        | where Signer startswith 'x' and Size > 5 | summarize max(tolong(Size)) by Signer, DeviceName | sort by Signer";
    let columns = engine.check(query).unwrap();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["Signer", "DeviceName", "max_Size"]);
    let wrong = engine.check("DeviceEvents | where Signer == 'x'");
    assert!(matches!(wrong, Err(EngineError::Semantic(_))), "{wrong:?}");
}

#[test]
fn other_plugins_are_refused_by_name() {
    check_errors(&[
        (
            "print a = 1 | evaluate autocluster()",
            "the plugin `autocluster` is not supported",
        ),
        (
            "evaluate http_request('https://h.example')",
            "the plugin `http_request` is not supported",
        ),
        (
            "print a = 1 | evaluate nosuch()",
            "there is no plugin `nosuch`",
        ),
        ("evaluate narrow()", "needs rows before it"),
    ]);
}
