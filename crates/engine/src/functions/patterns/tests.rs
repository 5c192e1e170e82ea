//! Answers of the functions of the family.

use super::super::testing::{check, dynamic, eval, json, text};
use crate::Value::{Long, Null};
use tesem_kql::types::ScalarType;

#[test]
fn captures() {
    check(
        "extract",
        &[
            (
                &[text("User: ([^,]+)"), Long(1), text("User: James, Age: 29")],
                text("James"),
            ),
            (
                &[text(r"Email: (\S+),"), Long(1), text("User: David")],
                text(""),
            ),
            (&[text(r"\d+"), Long(0), text("Age: 35")], text("35")),
            (&[text(r"(\d+)"), Long(2), text("35")], text("")),
        ],
    );
    let id = || text("82b8be2d-dfa7-4bd1-8f63-24ad26d31449");
    assert_eq!(
        json(
            "extract_all",
            &[text(r"(\d+)"), text("numbers: 123, 567 and 789")]
        ),
        r#"["123","567","789"]"#
    );
    assert_eq!(
        json(
            "extract_all",
            &[text(r"(\w)(\w+)(\w)"), dynamic("[1,3]"), id()]
        ),
        r#"[["8","d"],["d","7"],["4","1"],["8","3"],["2","9"]]"#
    );
    assert_eq!(
        json(
            "extract_all",
            &[
                text(r"(?P<first>\w)(?P<middle>\w+)(?P<last>\w)"),
                dynamic(r#"["last"]"#),
                id()
            ]
        ),
        r#"["d","7","1","3","9"]"#
    );
    assert_eq!(json("extract_all", &[text("(x)"), text("abc")]), "null");
    assert_eq!(
        json("extract_all", &[text("(x*)"), text("aé")]),
        r#"["","",""]"#
    );
    assert!(eval("extract_all", &[text("x"), text("abc")]).is_err());
    assert!(
        eval("extract", &[text("("), Long(0), text("")])
            .unwrap_err()
            .contains("unclosed group")
    );
}

#[test]
fn rewriting() {
    check(
        "replace_regex",
        &[
            (
                &[text("Number is 1"), text(r"is (\d+)"), text(r"was: \1")],
                text("Number was: 1"),
            ),
            (&[text("ab"), text("b"), text(r"[\0\\]")], text(r"a[b\]")),
        ],
    );
    check(
        "replace",
        &[(&[text("a+"), text("x"), text("caaat")], text("cxt"))],
    );
    check(
        "trim",
        &[
            (
                &[text("--"), text("--https://bing.com--")],
                text("https://bing.com"),
            ),
            (&[text(r"[^\w]+"), text("-  Te st1// $")], text("Te st1")),
            (&[text("x"), text("xxabcxx")], text("xabcx")),
            (&[text("a|ab"), text("abc")], text("bc")),
        ],
    );
    check(
        "trim_start",
        &[(
            &[text("https://"), text("https://bing.com")],
            text("bing.com"),
        )],
    );
    check(
        "trim_end",
        &[(&[text(".com"), text("bing.com")], text("bing"))],
    );
    check(
        "regex_quote",
        &[(&[text("(so$me.Te^xt)")], text(r"\(so\$me\.Te\^xt\)"))],
    );
}

#[test]
fn places_of_text() {
    let abc = || text("abcdefg");
    check(
        "indexof",
        &[
            (&[abc(), text("cde")], Long(2)),
            (&[abc(), text("cde"), Long(1), Long(4)], Long(2)),
            (&[abc(), text("cde"), Long(1), Long(2)], Long(2)),
            (&[abc(), text("cde"), Long(3), Long(4)], Long(-1)),
            (&[abc(), text("cde"), Long(-5)], Long(2)),
            (&[Long(1_234_567), Long(5), Long(1), Long(4)], Long(4)),
            (&[abc(), text("cde"), Long(2), Long(-1)], Long(2)),
            (
                &[
                    text("abcdefgabcdefg"),
                    text("cde"),
                    Long(1),
                    Long(10),
                    Long(2),
                ],
                Long(9),
            ),
            (
                &[
                    text("abcdefgabcdefg"),
                    text("cde"),
                    Long(1),
                    Long(-1),
                    Long(3),
                ],
                Long(-1),
            ),
            (&[text("éab"), text("b")], Long(2)),
        ],
    );
}

#[test]
fn places_of_matches() {
    check(
        "indexof_regex",
        &[
            (&[text("abcabc"), text("a.c")], Long(0)),
            (
                &[text("abcabcdefg"), text("a.c"), Long(0), Long(9), Long(2)],
                Long(3),
            ),
            (
                &[text("abcabc"), text("a.c"), Long(1), Long(-1), Long(2)],
                Long(-1),
            ),
            (
                &[text("ababaa"), text("a.a"), Long(0), Long(-1), Long(2)],
                Long(-1),
            ),
            (
                &[text("abcabc"), text("a|ab"), Long(-1)],
                Null(ScalarType::Long),
            ),
        ],
    );
    check(
        "countof",
        &[
            (&[text("aaaa"), text("aa")], Long(3)),
            (&[text("aaaa"), text("aa"), text("regex")], Long(2)),
            (&[text("The cat sat on the mat"), text("at")], Long(3)),
        ],
    );
    check(
        "has_any_index",
        &[
            (
                &[text("this is an example"), dynamic(r#"["not","example"]"#)],
                Long(1),
            ),
            (&[text("Example number 2"), dynamic("[1,2,3]")], Long(1)),
            (&[text("this is an example"), dynamic("[]")], Long(-1)),
        ],
    );
}
