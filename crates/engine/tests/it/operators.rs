//! The tabular operators, by small cases: a query, the names of its columns, its rows.

use serde_json::{Value as Json, json};
use tesem_engine::{Database, EngineError};

use crate::canonical::{check_answers, engine, run};

/// Rows that the cases read.
const ROWS: &str = "let T = datatable(Name:string, Count:long, When:datetime) [
    'a', 1, datetime(2024-01-01),
    'b', 2, datetime(2024-01-02),
    'b', 3, datetime(null),
    '', long(null), datetime(2024-01-03)];
let L = datatable(Key:string, Left:long) ['k', 1, 'k', 2, 'l', 3, '', 4];
let R = datatable(Key:string, Right:long, Left:string) ['k', 10, 'x', 'm', 20, 'y', '', 30, 'z'];
let D = datatable(Id:long, Items:dynamic, More:dynamic) [
    1, dynamic([1, 2.5, '3']), dynamic(['x', 'y']),
    2, dynamic(null), dynamic({'p': 1, 'q': [2]}),
    3, dynamic([]), dynamic('scalar'),
    4, dynamic([]), dynamic([])];
";

/// Asserts the column names and rows of queries.
fn check(cases: &[(&str, &str, Json)]) {
    check_answers(ROWS, cases);
}

/// Asserts what is wrong with queries: the message, its hint, and the service's words.
fn check_errors(cases: &[(&str, &str, &str, &str)]) {
    let engine = engine(Database::defender());
    for (query, message, hint, service) in cases {
        match run(&engine, query) {
            Err(EngineError::Semantic(findings)) => {
                let finding = &findings[0];
                assert_eq!(finding.diagnostic.message, *message, "{query}");
                assert_eq!(
                    finding.diagnostic.hint.as_deref().unwrap_or_default(),
                    *hint,
                    "{query}"
                );
                assert_eq!(
                    finding.service_message.as_deref().unwrap_or_default(),
                    *service,
                    "{query}"
                );
            }
            other => panic!("{query}: {other:?}"),
        }
    }
}

#[test]
fn where_keeps_what_is_true() {
    check(&[
        (
            "T | where Count > 1 | project Name, Count",
            "Name Count",
            json!([["b", 2], ["b", 3]]),
        ),
        ("T | where Count != 1 | count", "Count", json!([[3]])),
        ("T | where not(Count == 1) | count", "Count", json!([[3]])),
        (
            "T | where Count == long(null) | count",
            "Count",
            json!([[0]]),
        ),
        ("T | where Count in (1, 2) | count", "Count", json!([[2]])),
        ("T | where Count !in (1, 2) | count", "Count", json!([[2]])),
        (
            "T | where Name in~ ('A', 'B') and When < datetime(2024-01-02) | count",
            "Count",
            json!([[1]]),
        ),
        (
            "T | where Name in ((T | where Count == 1 | project Name)) | count",
            "Count",
            json!([[1]]),
        ),
        (
            "let keys = T | where Count == 2 | distinct Name; T | where Name in (keys) | count",
            "Count",
            json!([[2]]),
        ),
        (
            "T | where Count == toscalar(T | summarize max(Count)) | project Count",
            "Count",
            json!([[3]]),
        ),
        (
            "T | where When between (datetime(2024-01-01) .. 1d) | count",
            "Count",
            json!([[2]]),
        ),
        (
            "T | where Name == 'b' or Count == 1 | count",
            "Count",
            json!([[3]]),
        ),
    ]);
}

#[test]
fn columns_are_computed_and_chosen() {
    check(&[
        (
            "T | extend Count = -Count, Old = Count | where Old == 2",
            "Name Count When Old",
            json!([["b", -2, "2024-01-02T00:00:00Z", 2]]),
        ),
        (
            "T | take 1 | extend tostring(Count), Count + 1",
            "Name Count When Column1",
            json!([["a", "1", "2024-01-01T00:00:00Z", 2]]),
        ),
        (
            "T | take 1 | project tostring(Count), Count, strlen(Name)",
            "Count Count1 strlen_Name",
            json!([["1", 1, 1]]),
        ),
        ("T | take 1 | project-away C*, When", "Name", json!([["a"]])),
        (
            "T | take 1 | project-keep W*, Name",
            "Name When",
            json!([["a", "2024-01-01T00:00:00Z"]]),
        ),
        (
            "T | take 1 | project-rename N = Name",
            "N Count When",
            json!([["a", 1, "2024-01-01T00:00:00Z"]]),
        ),
        (
            "T | take 1 | project-reorder When, C*",
            "When Count Name",
            json!([["2024-01-01T00:00:00Z", 1, "a"]]),
        ),
        (
            "T | distinct Name | sort by Name asc",
            "Name",
            json!([[""], ["a"], ["b"]]),
        ),
        (
            "print 1, x = 'y', strcat('a', 1)",
            "print_0 x print_2",
            json!([[1, "y", "a1"]]),
        ),
        ("range n from 1 to 10 step 4", "n", json!([[1], [5], [9]])),
        (
            "range t from datetime(2024-01-01) to datetime(2024-01-02) step 12h | count",
            "Count",
            json!([[3]]),
        ),
        ("range n from 3 to 1 step -1", "n", json!([[3], [2], [1]])),
        (
            "T | getschema | project ColumnName, ColumnType",
            "ColumnName ColumnType",
            json!([["Name", "string"], ["Count", "long"], ["When", "datetime"]]),
        ),
        (
            "T | take 1 | project Name | render table",
            "Name",
            json!([["a"]]),
        ),
        (
            "T | as X | where Count == 1 | union X | count",
            "Count",
            json!([[5]]),
        ),
        (
            "T | take 1 | extend column_ifexists('Nope', Count), column_ifexists('Name', 'n')",
            "Name Count When Column1",
            json!([["a", 1, "2024-01-01T00:00:00Z", 1]]),
        ),
    ]);
}

#[test]
fn rows_are_sorted() {
    check(&[
        (
            "T | sort by Count | project Count",
            "Count",
            json!([[3], [2], [1], [null]]),
        ),
        (
            "T | sort by Count asc | project Count",
            "Count",
            json!([[null], [1], [2], [3]]),
        ),
        (
            "T | sort by Count asc nulls last | project Count",
            "Count",
            json!([[1], [2], [3], [null]]),
        ),
        (
            "T | sort by Name asc, Count desc | project Name, Count",
            "Name Count",
            json!([["", null], ["a", 1], ["b", 3], ["b", 2]]),
        ),
        (
            "T | top 2 by Count",
            "Name Count When",
            json!([["b", 3, null], ["b", 2, "2024-01-02T00:00:00Z"]]),
        ),
        (
            "T | sort by Count asc | where Count > 0 | extend x = Count * 2 | project x | take 2",
            "x",
            json!([[2], [4]]),
        ),
        (
            "T | sort by Count asc | summarize make_list(Count)",
            "list_Count",
            json!([[[1, 2, 3]]]),
        ),
    ]);
}

#[test]
fn groups_are_summarized() {
    check(&[
        (
            "T | summarize count(), sum(Count), max(When) by Name | sort by Name asc",
            "Name count_ sum_Count max_When",
            json!([
                ["", 1, 0, "2024-01-03T00:00:00Z"],
                ["a", 1, 1, "2024-01-01T00:00:00Z"],
                ["b", 2, 5, "2024-01-02T00:00:00Z"]
            ]),
        ),
        (
            "T | where false | summarize count(), sum(Count)",
            "count_ sum_Count",
            json!([[0, 0]]),
        ),
        (
            "T | where false | summarize count() by Name",
            "Name count_",
            json!([]),
        ),
        (
            "T | summarize by Name | sort by Name asc",
            "Name",
            json!([[""], ["a"], ["b"]]),
        ),
        (
            "T | summarize Share = round(100.0 * countif(Count > 1) / count(), 1)",
            "Share",
            json!([[50.0]]),
        ),
        (
            "T | summarize arg_max(Count, *) by Name | sort by Name asc | project-away When",
            "Name Count",
            json!([["", null], ["a", 1], ["b", 3]]),
        ),
        (
            "T | summarize (First, Name) = arg_min(Count, Name)",
            "First Name",
            json!([[1, "a"]]),
        ),
        (
            "T | summarize dcount(Name), dcount(Count) by bin(When, 1h) | count",
            "Count",
            json!([[4]]),
        ),
        (
            "T | summarize count() by Day = startofday(When), Big = Count > 1 | where Big | count",
            "Count",
            json!([[2]]),
        ),
        ("T | count", "Count", json!([[4]])),
    ]);
}

#[test]
fn tables_are_joined() {
    check(&[
        (
            "L | join R on Key | sort by Key asc",
            "Key Left Key1 Right Left1",
            json!([["", 4, "", 30, "z"], ["k", 1, "k", 10, "x"]]),
        ),
        (
            "L | join kind=inner R on Key | count",
            "Count",
            json!([[3]]),
        ),
        (
            "L | join kind=innerunique R on Key | count",
            "Count",
            json!([[2]]),
        ),
        (
            "L | join kind=leftouter R on Key | sort by Left asc | project Left, Key1, Right, Left1",
            "Left Key1 Right Left1",
            json!([
                [1, "k", 10, "x"],
                [2, "k", 10, "x"],
                [3, "", null, ""],
                [4, "", 30, "z"]
            ]),
        ),
        (
            "L | join kind=rightouter R on Key | where Right == 20",
            "Key Left Key1 Right Left1",
            json!([["", null, "m", 20, "y"]]),
        ),
        (
            "L | join kind=fullouter R on Key | count",
            "Count",
            json!([[5]]),
        ),
        (
            "L | join kind=leftsemi R on Key | sort by Left asc",
            "Key Left",
            json!([["k", 1], ["k", 2], ["", 4]]),
        ),
        (
            "L | join kind=leftanti R on Key",
            "Key Left",
            json!([["l", 3]]),
        ),
        (
            "L | join kind=rightsemi R on Key | count",
            "Count",
            json!([[2]]),
        ),
        (
            "L | join kind=rightanti R on Key",
            "Key Right Left",
            json!([["m", 20, "y"]]),
        ),
        (
            "L | join kind=inner (R | project K = Key) on $left.Key == $right.K | count",
            "Count",
            json!([[3]]),
        ),
        (
            "T | join kind=inner (T | project Count, When) on Count, $left.When == $right.When | count",
            "Count",
            json!([[4]]),
        ),
        (
            "L | lookup R on Key | where Left == 3",
            "Key Left Right Left1",
            json!([["l", 3, null, ""]]),
        ),
        (
            "L | lookup kind=inner (R | project Key, Right) on Key | count",
            "Count",
            json!([[3]]),
        ),
        (
            "L | join kind=inner L on Key | count",
            "Count",
            json!([[6]]),
        ),
    ]);
}

#[test]
fn tables_are_united() {
    check(&[
        (
            "union L, R | sort by Right asc nulls first, Left_long asc | take 1",
            "Key Left_long Left_string Right",
            json!([["k", 1, "", null]]),
        ),
        ("L | union (R | project Key) | count", "Count", json!([[7]])),
        ("union kind=inner L, R | count", "Count", json!([[7]])),
        (
            "union kind=inner L, R | getschema | project ColumnName",
            "ColumnName",
            json!([["Key"]]),
        ),
        (
            "union withsource=Source L, (R | where Right > 10) | summarize count() by Source | sort by Source asc",
            "Source count_",
            json!([["union_arg0", 4], ["union_arg1", 2]]),
        ),
        (
            "union isfuzzy=true L, NoSuchTable | count",
            "Count",
            json!([[4]]),
        ),
    ]);
}

#[test]
fn dynamics_are_expanded() {
    check(&[
        (
            "D | mv-expand Items | project Id, Items",
            "Id Items",
            json!([[1, 1], [1, 2.5], [1, "3"], [2, null]]),
        ),
        (
            "D | mv-expand Items to typeof(long) | where Id == 1 | project Items",
            "Items",
            json!([[1], [2], [null]]),
        ),
        (
            "D | mv-expand Items, More | project Id, Items, More",
            "Id Items More",
            json!([[1, 1, "x"], [1, 2.5, "y"], [1, "3", null], [2, null, {"p": 1}], [2, null, {"q": [2]}], [3, null, "scalar"]]),
        ),
        (
            "D | where Id == 2 | mv-expand kind=array More | project More",
            "More",
            json!([[["p", 1]], [["q", [2]]]]),
        ),
        (
            "D | where Id == 1 | mv-expand with_itemindex=i Item = Items to typeof(string) | project i, Item",
            "i Item",
            json!([[0, "1"], [1, "2.5"], [2, "3"]]),
        ),
        (
            "D | where Id == 1 | mv-expand Items limit 2 | count",
            "Count",
            json!([[2]]),
        ),
        (
            "print x = range(1, 200, 1) | mvexpand x | count",
            "Count",
            json!([[128]]),
        ),
    ]);
}

#[test]
fn texts_are_parsed() {
    let text = "datatable(s:string)['id=5, name=Ann; x', 'id=b, name=Bob; y', 'other']";
    for (operator, columns, expected) in [
        (
            "parse s with 'id=' id:long ', name=' name '; ' *",
            "id name",
            json!([[5, "Ann"], [null, ""], [null, ""]]),
        ),
        (
            "parse kind=relaxed s with 'id=' id:long ', name=' name '; ' *",
            "id name",
            json!([[5, "Ann"], [null, "Bob"], [null, ""]]),
        ),
        (
            "parse-where s with 'id=' id:long ', name=' name '; ' *",
            "id name",
            json!([[5, "Ann"]]),
        ),
        (
            "parse kind=regex s with '.*name=' name '; [xy]'",
            "name",
            json!([["Ann"], ["Bob"], [""]]),
        ),
        (
            "parse kind=regex flags=i s with 'ID=' id:long ','",
            "id",
            json!([[5], [null], [null]]),
        ),
    ] {
        let query = format!("{text} | {operator} | project-away s");
        check(&[(&query, columns, expected)]);
    }
}

#[test]
fn names_are_declared() {
    check(&[
        (
            "let limit = 2; let Big = T | where Count >= limit; Big | count",
            "Count",
            json!([[2]]),
        ),
        (
            "let f = (x:long, y:long = 10) { x * y }; print f(2), f(2, 3), f(y = 4, x = 5)",
            "print_0 print_1 print_2",
            json!([[20, 6, 20]]),
        ),
        (
            "let g = (t:(Count:long), least:long) { t | where Count >= least }; g(T, 3) | count",
            "Count",
            json!([[1]]),
        ),
        (
            "let g = (t:(*), n:long) { t | take n }; T | invoke g(2) | count",
            "Count",
            json!([[2]]),
        ),
        (
            "let h = () { let inner = 7; T | extend Inner = inner | take 1 | project Inner }; h",
            "Inner",
            json!([[7]]),
        ),
        (
            "let Count = 100; T | where Count == 3 | count",
            "Count",
            json!([[1]]),
        ),
        (
            "let M = materialize(T | summarize n = count()); M | union M | summarize sum(n)",
            "sum_n",
            json!([[8]]),
        ),
        (
            "let x = 1; let f = () { x }; let x = 2; print f(), x",
            "print_0 print_1",
            json!([[1, 2]]),
        ),
        (
            "declare query_parameters(p:long = 3); print p + 1",
            "print_0",
            json!([[4]]),
        ),
        ("print now() - ago(1h)", "print_0", json!([["01:00:00"]])),
    ]);
}

#[test]
fn mistakes_are_explained() {
    check_errors(&[
        (
            "DeviceProcessEvents | project FileNam",
            "there is no column or variable `FileNam`",
            "did you mean `FileName`?",
            "'project' operator: Failed to resolve scalar expression named 'FileNam'",
        ),
        (
            "DeviceProcessEvents | project MachineId",
            "there is no column or variable `MachineId`",
            "it is called `DeviceId` now",
            "'project' operator: Failed to resolve scalar expression named 'MachineId'",
        ),
        (
            "DeviceProcesEvents | where true",
            "there is no table `DeviceProcesEvents`",
            "did you mean `DeviceProcessEvents`?",
            "'where' operator: Failed to resolve table or column expression named 'DeviceProcesEvents'",
        ),
        (
            "print strlne('x')",
            "there is no function `strlne`",
            "did you mean `strlen`?",
            "Unknown function: 'strlne'",
        ),
        (
            "DeviceInfo | summarize by DeviceId | project DeviceId, DeviceId",
            "`project` names two columns `DeviceId`",
            "give one of them another name",
            "'project' operator: column named 'DeviceId' already exists",
        ),
        (
            "DeviceInfo | where DeviceName > 5",
            "values of types string and long cannot be compared",
            "convert one of them, as with tolong()",
            "Cannot compare values of types string and long. Try adding explicit casts",
        ),
        (
            "DeviceInfo | sort by parse_json(AdditionalFields)",
            "rows cannot be sorted, grouped or joined by a dynamic",
            "convert it, as with tostring()",
            "",
        ),
        (
            "DeviceInfo | where count() > 1",
            "count() is an aggregate and can stand only in `summarize`",
            "",
            "Function 'count' cannot be invoked in current context.",
        ),
        (
            "let x = 1;",
            "the query returns nothing: it ends with a declaration",
            "",
            "",
        ),
    ]);
}

#[test]
fn json_text_stands_wherever_a_text_may() {
    let engine = engine(Database::defender());
    for query in [
        "DeviceEvents | distinct DeviceName, AdditionalFields",
        "DeviceEvents | summarize count() by AdditionalFields | sort by AdditionalFields",
        "DeviceEvents | extend x = extractjson('$.a', AdditionalFields), y = AdditionalFields.b",
    ] {
        run(&engine, query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    let other = "DeviceEvents | extend x = parse_json(FileName) | distinct x";
    assert!(matches!(run(&engine, other), Err(EngineError::Semantic(_))));
}

#[test]
fn what_is_missing_is_named() {
    let engine = engine(Database::defender());
    for (query, missing) in [
        ("DeviceInfo | evaluate basket()", "the plugin `basket`"),
        ("DeviceInfo | reduce by DeviceName", "the operator `reduce`"),
        (
            "set query_now = datetime(2020-01-01); print now()",
            "`set query_now`",
        ),
        (
            "print geo_info_from_ip_address('192.0.2.1')",
            "geo_info_from_ip_address()",
        ),
        (
            "database('x').DeviceInfo",
            "a table or function of another database",
        ),
    ] {
        match run(&engine, query) {
            Err(EngineError::NotSupported { what, .. }) => assert_eq!(what, missing, "{query}"),
            other => panic!("{query}: {other:?}"),
        }
    }
}
