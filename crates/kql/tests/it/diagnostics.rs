//! What people read when something is wrong.

use std::fmt::Write;

use tesem_kql::{Position, parse};

/// Queries with slips; each is refused, and the place and the advice are what the snapshot shows.
const REFUSED: &[&str] = &[
    "",
    "// only a comment",
    "T |",
    "T | | take 1",
    "T | wheer a == 1 | projectt b",
    "T | Where a == 1",
    "T | select a",
    "T | count()",
    "T | where a = = 1",
    "T | where a == 1 == 2",
    "T | where not a",
    "T | where a not in (1)",
    "T | where a in (1, 2 | take 1",
    "T | where (a == 1 | take 1",
    "T | where a == \"x | take 1",
    "T | where a == \"C:\\Program Files\\x\"",
    "T | where a == “x”",
    "T | where CommandLine == \"reg query \"HKCU\\Software\"\"",
    "T | where a ?? b",
    "T | extend a = 1, | take 1",
    "T | extend | where",
    "T | project a b, c | wher d",
    "T | where project == 1",
    "T | extend union = 1",
    "T | top 5",
    "T | sort a",
    "T | sort by a nulls",
    "T | lookup U",
    "T | join kind=inner U on",
    "T | summarize count() by",
    "T | mv-expand a to long",
    "T | parse a 'x' b",
    "T | render timechart with (titel='x')",
    "T | render",
    "T | make-series count() on t from a to b",
    "T | evaluate bag_unpack",
    "T | invoke f",
    "T | graph-match where a",
    "T | scan with (step s: a)",
    "let = 5; print 1",
    "let x 5; print 1",
    "Let x = 5; print x",
    "let x = 5\nprint x",
    "let f = (a) { a }; f(1)",
    "let f = (a: strnig) { a }; f(1)",
    "declare query_parameters (); print 1",
    "print 1; ; print 2",
    "print datetime(2020-01-01",
    "print datetime(garbage), long(abc), 99999999999999999999",
    "print dynamic({a: 1})",
    "print dynamic([1, 2,])",
    "print dynamic(abc)",
    "print 74be27de-1e4e-49d9-b579-fe0b331d3642",
    "print [1, 2]",
    "print f(a, )",
    "print a.",
    "print )",
    "datatable (a: string) ['x', y]",
    "datatable (a) ['x']",
    "find in (T) 'x'",
    "T | where a = 5",
    ".show tables",
];

/// A finding as it would be pointed at on a terminal.
fn report(query: &str) -> String {
    let mut report = format!("{query:?}\n");
    for finding in parse(query).diagnostics {
        let Position { line, column } = finding.position(query);
        let shown = finding.span.text(query);
        let _ = writeln!(
            report,
            "  {} {line}:{column} {shown:?} {}: {}",
            finding.code, finding.severity, finding.message
        );
        if let Some(hint) = finding.hint {
            let _ = writeln!(report, "    {hint}");
        }
    }
    report
}

#[test]
fn findings_point_at_the_slip_and_say_what_to_do() {
    insta::assert_snapshot!(
        REFUSED
            .iter()
            .map(|query| report(query))
            .collect::<String>()
    );
}

#[test]
fn several_slips_are_found_in_one_query() {
    let query = "T | wher a == 1\n| extend b = \n| project c d\n| take";
    let codes: Vec<_> = parse(query)
        .diagnostics
        .iter()
        .map(|finding| finding.code)
        .collect();
    assert_eq!(codes, ["KQL0009", "KQL0007", "KQL0006", "KQL0007"]);
}

#[test]
fn findings_serialize_for_machines() {
    let finding = &parse("T |").diagnostics[0];
    insta::assert_snapshot!(serde_json::to_string(finding).unwrap(), @r#"{"code":"KQL0008","severity":"error","message":"expected an operator after `|`, found the end of the query","span":{"start":3,"end":3}}"#);
}
