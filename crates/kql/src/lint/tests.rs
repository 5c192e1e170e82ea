use super::*;

/// The codes and texts of what is warned about.
fn found(query: &str) -> Vec<(&'static str, String)> {
    let parsed = crate::parse(query);
    assert!(!parsed.has_errors(), "{query}: {:?}", parsed.diagnostics);
    lint(query, &parsed.query)
        .into_iter()
        .map(|warning| (warning.code, warning.span.text(query).to_owned()))
        .collect()
}

/// What `RECENT` stands for in queries.
const RECENT: &str = "DeviceEvents | where Timestamp > ago(1d)";

/// Queries that each rule speaks of: its code, the query, and what it points at.
const CASES: &[(&str, &str, &str)] = &[
    (
        "KQL0201",
        "RECENT | where FileName contains 'mimi'",
        "FileName contains 'mimi'",
    ),
    (
        "KQL0202",
        "DeviceEvents | where FileName == 'a'",
        "DeviceEvents",
    ),
    (
        "KQL0203",
        "ProcessCreationEvents | where Timestamp > ago(1d)",
        "ProcessCreationEvents",
    ),
    (
        "KQL0203",
        "AADSignInEventsBeta | where Timestamp > ago(1d)",
        "AADSignInEventsBeta",
    ),
    (
        "KQL0204",
        "RECENT | join (print DeviceId = '') on DeviceId",
        "join",
    ),
    ("KQL0205", "RECENT | where SHA1 == 'ABC'", "'ABC'"),
    (
        "KQL0205",
        "RECENT | where InitiatingProcessSHA256 in ('abc', 'DEF')",
        "'DEF'",
    ),
    (
        "KQL0205",
        "RECENT | where 'Cmd.exe' == tolower(FileName)",
        "'Cmd.exe'",
    ),
    (
        "KQL0206",
        "RECENT | where FileName matches regex 'cmd'",
        "'cmd'",
    ),
    ("KQL0207", "RECENT | where FileName has '.'", "'.'"),
    ("KQL0208", "union * | where Timestamp > ago(1d)", "*"),
    ("KQL0208", "search 'mimikatz'", "search"),
    (
        "KQL0209",
        "DeviceEvents | where Timestamp > ago(90d)",
        "ago(90d)",
    ),
    (
        "KQL0210",
        "RECENT | where FileName has_any ('a.exe' 'b.exe', 'c')",
        "'a.exe' 'b.exe'",
    ),
];

#[test]
fn every_rule_points_at_its_cause() {
    for (code, query, place) in CASES {
        let query = query.replace("RECENT", RECENT);
        assert_eq!(found(&query), [(*code, (*place).to_owned())], "{query}");
    }
    for rule in RULES {
        let has_case = CASES.iter().any(|(code, ..)| *code == rule.code);
        assert!(has_case, "{} has no case", rule.name);
    }
}

#[test]
fn good_queries_are_left_alone() {
    let queries = [
        "DeviceEvents | where Timestamp > ago(1d) | where FileName has 'cmd'",
        "DeviceEvents | where Timestamp > ago(30d) and FileName contains 'a.b'",
        "DeviceEvents | where TimeGenerated between (datetime(2024-01-01) .. 1d) | count",
        "union (DeviceEvents), DeviceFileEvents | where Timestamp > ago(1d)",
        "let T = DeviceEvents | project Timestamp, DeviceId; T | where Timestamp > ago(1d)",
        "let f = () { DeviceEvents }; f() | where Timestamp > ago(1d)",
        "let T = DeviceEvents; let U = T | where Timestamp > ago(1d); U",
        "DeviceTvmSoftwareInventory | take 1",
        "DeviceEvents | where Timestamp > ago(1d) | join kind=inner (print DeviceId = '') on DeviceId",
        "DeviceEvents | where Timestamp > ago(1d) | search 'x'",
        "DeviceEvents | where Timestamp > ago(1d) | where SHA1 =~ 'ABC' or SHA1 == 'abc'",
        "print 'a', 'b'",
        "let unused = DeviceEvents; print 1",
    ];
    for query in queries {
        assert_eq!(found(query), [], "{query}");
    }
}

#[test]
fn every_place_that_reads_a_table_needs_its_own_filter() {
    let cases = [
        (
            "DeviceEvents | where Timestamp > ago(1d) | join kind=inner DeviceInfo on DeviceId",
            "DeviceInfo",
        ),
        (
            "DeviceEvents | where Timestamp > ago(1d) and DeviceId in ((DeviceInfo | project DeviceId))",
            "DeviceInfo",
        ),
        (
            "let T = DeviceInfo | project DeviceId; T | where DeviceId == 'a'",
            "DeviceInfo",
        ),
        (
            "let T = DeviceInfo; union (T | where Timestamp > ago(1d)), T",
            "DeviceInfo",
        ),
        ("print toscalar(DeviceInfo | count)", "DeviceInfo"),
    ];
    for (query, table) in cases {
        assert_eq!(found(query), [("KQL0202", table.to_owned())], "{query}");
    }
}

#[test]
fn rules_have_codes_of_their_own_in_order() {
    let codes: Vec<_> = RULES.iter().map(|rule| rule.code).collect();
    assert!(codes.is_sorted_by(|one, next| one < next), "{codes:?}");
}
