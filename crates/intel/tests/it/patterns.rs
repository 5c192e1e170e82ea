use proptest::prelude::*;
use tesem_intel::stix::pattern::{self, RefusedTest, observables, parse};

fn found(text: &str) -> Vec<String> {
    let parts = observables(&parse(text).unwrap());
    parts
        .found
        .iter()
        .map(|observable| format!("{observable:?}"))
        .collect()
}

fn refused(text: &str) -> Vec<String> {
    let parts = observables(&parse(text).unwrap());
    let why = |part: pattern::RefusedPart| match part.why {
        RefusedTest::Test(why) => format!("{}: {why}", part.text),
        RefusedTest::Value(refusal) => refusal.to_string(),
    };
    parts.refused.into_iter().map(why).collect()
}

#[test]
fn positive_tests_for_equality_are_observables() {
    let cases: [(&str, &[&str]); 16] = [
        ("[ipv4-addr:value = '1.2.3.4']", &["ipv4(1.2.3.4)"]),
        (
            "[ipv4-addr:value = '1.2.3.0/24']",
            &["ip-range(1.2.3.0/24)"],
        ),
        (
            "[ipv4-addr:value ISSUBSET '1.2.3.0/24']",
            &["ip-range(1.2.3.0/24)"],
        ),
        ("[ipv6-addr:value = '2001:db8::1']", &["ipv6(2001:db8::1)"]),
        (
            "[domain-name:value IN ('evil.com', 'bad.com')]",
            &["domain(evil.com)", "domain(bad.com)"],
        ),
        (
            "[domain-name:value LIKE '%.evil.com']",
            &["domain(evil.com)"],
        ),
        (
            "[url:value LIKE 'http://evil.com/x']",
            &["url(http://evil.com/x)"],
        ),
        (
            r"[url:value = 'http://evil.com/it\'s']",
            &["url(http://evil.com/it's)"],
        ),
        (
            "[email-message:from_ref.value = 'me@evil.com']",
            &["email(me@evil.com)"],
        ),
        ("[file:name = 'dropper.exe']", &["file-name(dropper.exe)"]),
        (
            "[file:hashes.MD5 = '44d88612fea8a8f36de82e1278abb02f' OR file:hashes.'SHA-1' = '3395856ce81f2b7382dee72602f798b642f14140']",
            &[
                "md5(44d88612fea8a8f36de82e1278abb02f)",
                "sha1(3395856ce81f2b7382dee72602f798b642f14140)",
            ],
        ),
        (
            "[x509-certificate:hashes.'SHA-1' = '3395856ce81f2b7382dee72602f798b642f14140']",
            &["certificate(3395856ce81f2b7382dee72602f798b642f14140)"],
        ),
        (
            "[network-traffic:dst_ref.value = '1.2.3.4']",
            &["ipv4(1.2.3.4)"],
        ),
        (
            "[ipv4-addr:value = '1.2.3.4'] AND [domain-name:value = 'evil.com'] FOLLOWEDBY [url:value = 'http://bad.com/']",
            &["ipv4(1.2.3.4)", "domain(evil.com)", "url(http://bad.com/)"],
        ),
        (
            "([ipv4-addr:value = '1.2.3.4'] OR [ipv4-addr:value = '1.2.3.5']) WITHIN 5 SECONDS REPEATS 3 TIMES START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'",
            &["ipv4(1.2.3.4)", "ipv4(1.2.3.5)"],
        ),
        (
            "[ /* a C2 */ (ipv4-addr:value = '1.2.3.4' AND (domain-name:value = 'evil.com')) ] // end",
            &["ipv4(1.2.3.4)", "domain(evil.com)"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(found(text), expected, "{text}");
        assert!(refused(text).is_empty(), "{text}: {:?}", refused(text));
    }
}

#[test]
fn what_is_no_observable_is_refused_by_its_name() {
    let cases = [
        (
            "[ipv4-addr:value != '1.2.3.4']",
            "!= asks for what is absent",
        ),
        (
            "[ipv4-addr:value NOT = '1.2.3.4']",
            "NOT = asks for what is absent",
        ),
        (
            "[domain-name:value NOT IN ('evil.com')]",
            "NOT IN asks for what is absent",
        ),
        (
            "[url:value MATCHES '^http']",
            "MATCHES is a regular expression",
        ),
        ("[url:value LIKE 'http://%.com/']", "LIKE with wildcards"),
        ("[url:value LIKE 'http://evi_.com/']", "LIKE with wildcards"),
        (
            "[ipv4-addr:value ISSUPERSET '1.2.3.0/24']",
            "ISSUPERSET names no single value",
        ),
        ("[ipv4-addr:value > '1.2.3.0']", "> names no single value"),
        ("[EXISTS ipv4-addr:value]", "EXISTS names no single value"),
        ("[file:size = 100]", "`file:size` is no observable"),
        (
            "[windows-registry-key:key = 'HKLM\\\\x']",
            "`windows-registry-key:key` is no observable",
        ),
        ("[file:hashes.'SHA-512' = 'ab']", "is no observable"),
        ("[domain-name:value = 7]", "the value is no text"),
        ("[ipv4-addr:value = '999.1.1.1']", "octet 999 is over 255"),
        (
            "[file:name = 'svchost.exe' AND file:size = 5]",
            "only one of several conditions",
        ),
    ];
    for (text, expected) in cases {
        assert!(found(text).is_empty(), "{text}");
        let refused = refused(text);
        assert!(
            refused.iter().any(|why| why.contains(expected)),
            "{text}: {refused:?}"
        );
    }
}

#[test]
fn an_observable_stays_beside_a_test_that_is_refused() {
    let text =
        "[ipv4-addr:value = '1.2.3.4' AND network-traffic:dst_port = 443 OR url:value MATCHES 'x']";
    assert_eq!(found(text), ["ipv4(1.2.3.4)"]);
    assert_eq!(refused(text).len(), 2);
}

#[test]
fn operators_bind_as_the_standard_says() {
    let cases = [
        (
            "[a:b = 1 OR a:c = 2 AND a:d = 3]",
            "[(a:b = 1 OR (a:c = 2 AND a:d = 3))]",
        ),
        (
            "[a:b = 1] FOLLOWEDBY [a:c = 2] OR [a:d = 3] AND [a:e = 4]",
            "([a:b = 1] FOLLOWEDBY ([a:c = 2] OR ([a:d = 3] AND [a:e = 4])))",
        ),
        (
            "[a:b = 1] OR [a:c = 2] REPEATS 2 TIMES",
            "([a:b = 1] OR [a:c = 2] REPEATS 2 TIMES)",
        ),
        (
            "[a:b[*].c[0].'x-y' in (true, h'00ff', b'AA==', -1.5)]",
            "[a:b[*].c[0].'x-y' IN (true, h'00ff', h'00', -1.5)]",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(parse(text).unwrap().to_string(), expected, "{text}");
    }
}

#[test]
fn what_is_no_pattern_says_where_and_why() {
    let deep = format!("[{}a:b = 1", "(".repeat(1_000_000));
    let cases = [
        ("", "at byte 0, an observation in `[…]` should be here"),
        ("[a:b = 'x", "at byte 7, the quote is not closed"),
        ("[a:b = 1", "at byte 8, `]` should be here"),
        ("[a:b 1]", "at byte 5, a comparison operator should be here"),
        ("[a = 1]", "at byte 3, `:` should be here"),
        (
            "[a:b = 1] [a:b = 2]",
            "at byte 10, an operator or the end should be here",
        ),
        ("[a:b = 1] REPEATS 0 TIMES", "REPEATS needs a number over 0"),
        ("[a:b = t'yesterday']", "is not what that letter announces"),
        ("[a:b = h'0']", "is not what that letter announces"),
        ("[a:b = 1] WITHIN -1 SECONDS", "WITHIN needs a number"),
        ("[a:b = §]", "'§' has no place in a pattern"),
        (deep.as_str(), "brackets are nested deeper than 64"),
    ];
    for (text, expected) in cases {
        let error = parse(text).unwrap_err().to_string();
        assert!(
            error.contains(expected),
            "{}: {error}",
            &text[..text.len().min(40)]
        );
    }
}

#[test]
fn a_pattern_with_many_values_is_read_and_a_longer_one_is_refused() {
    let tests: Vec<String> = (0..20_000)
        .map(|n| format!("ipv4-addr:value = '1.2.{}.{}'", n / 200, n % 200))
        .collect();
    assert_eq!(found(&format!("[{}]", tests.join(" OR "))).len(), 20_000);
    let error = parse(&"[".repeat(pattern::PATTERN_BYTES_MAX + 1)).unwrap_err();
    assert_eq!(error.at, pattern::PATTERN_BYTES_MAX);
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}"
            .prop_map(|text| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))),
        any::<i64>().prop_map(|number| number.to_string()),
        Just("true".to_owned()),
        Just("t'2026-01-01T00:00:00Z'".to_owned()),
        Just("h'00ff'".to_owned()),
    ]
}

fn pattern_text() -> impl Strategy<Value = String> {
    let path = "[a-z]{1,6}(-[a-z]{1,4})?:[a-z_]{1,6}(\\[\\*\\]|\\[3\\])?(\\.'[A-Z -]{1,6}'|\\.[a-z]{1,5})?";
    let operator = prop_oneof![
        Just("="),
        Just("!="),
        Just("NOT LIKE"),
        Just("MATCHES"),
        Just("ISSUBSET"),
        Just("<=")
    ];
    let test = (path, operator, literal())
        .prop_map(|(path, operator, value)| format!("{path} {operator} {value}"));
    let comparison = test.prop_recursive(3, 12, 3, |inner| {
        (proptest::collection::vec(inner, 2..4), any::<bool>()).prop_map(|(parts, and)| {
            format!("({})", parts.join(if and { " AND " } else { " OR " }))
        })
    });
    let single = comparison.prop_map(|inner| format!("[{inner}]"));
    single.prop_recursive(3, 8, 3, |inner| {
        (
            proptest::collection::vec(inner, 2..4),
            0..3_usize,
            any::<bool>(),
        )
            .prop_map(|(parts, which, within)| {
                let operator = [" AND ", " OR ", " FOLLOWEDBY "][which];
                let qualifier = if within { " WITHIN 5 SECONDS" } else { "" };
                format!("({}){qualifier}", parts.join(operator))
            })
    })
}

proptest! {
    #[test]
    fn any_text_is_a_pattern_or_an_error(text in "\\PC{0,80}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_words_of_patterns_are_a_pattern_or_an_error(
        words in proptest::collection::vec(prop_oneof![
            Just("["), Just("]"), Just("("), Just(")"), Just("a:b"), Just("="), Just("'x'"), Just("AND"), Just("OR"), Just("NOT"),
            Just("IN"), Just("FOLLOWEDBY"), Just("WITHIN"), Just("5"), Just("SECONDS"), Just("START"), Just("t'x'"), Just("EXISTS"),
            Just("."), Just(":"), Just("*"), Just(","),
        ], 0..30)
    ) {
        if let Ok(tree) = parse(&words.join(" ")) {
            let _ = observables(&tree);
        }
    }

    #[test]
    fn a_pattern_that_is_written_out_means_the_same(text in pattern_text()) {
        let tree = parse(&text).unwrap();
        prop_assert_eq!(parse(&tree.to_string()).unwrap(), tree);
    }
}
