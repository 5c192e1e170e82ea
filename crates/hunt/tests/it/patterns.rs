//! The patterns in the queries, run by the engine whose dialect Kusto's `extract` has.

use std::collections::BTreeMap;

use regex::Regex;

use crate::support::plan_of;

/// The patterns of a query by the column that they make.
fn patterns() -> BTreeMap<String, Regex> {
    let list = "a.b.evil.com\nhttps://evil.com:81\nhttps://evil.com/x\nhttps://evil.com/x/y\nhttps://evil.com/?q";
    let text = plan_of(list).queries().next().unwrap().text;
    let lines = text.lines().filter(|line| line.starts_with("| extend "));
    let mut patterns = BTreeMap::new();
    for assignment in lines.flat_map(|line| line.trim_start_matches("| extend ").split("), ")) {
        let name = assignment.split(" = ").next().unwrap();
        if let Some(pattern) = assignment.split("@\"").nth(1) {
            let pattern = pattern.split('"').next().unwrap();
            patterns
                .entry(name.to_owned())
                .or_insert_with(|| Regex::new(pattern).unwrap());
        }
    }
    patterns
}

fn extract(pattern: &Regex, text: &str) -> String {
    pattern
        .captures(text)
        .map_or(String::new(), |found| found[1].to_owned())
}

#[test]
fn hosts_are_cut_out_of_whatever_telemetry_writes() {
    let patterns = patterns();
    // Text, last two labels, host, host and port.
    let cases = [
        ("evil.com", "evil.com", "evil.com", "evil.com"),
        ("www.evil.com", "evil.com", "www.evil.com", "www.evil.com"),
        (
            "https://www.evil.com/x",
            "evil.com",
            "www.evil.com",
            "www.evil.com",
        ),
        (
            "HTTPS://www.evil.com:443/x",
            "evil.com",
            "www.evil.com",
            "www.evil.com",
        ),
        ("evil.com:8080", "evil.com", "evil.com", "evil.com:8080"),
        ("http://evil.com:80", "evil.com", "evil.com", "evil.com"),
        ("//evil.com/x", "evil.com", "evil.com", "evil.com"),
        (
            "http://user:pass@evil.com/x",
            "evil.com",
            "evil.com",
            "evil.com",
        ),
        (
            "http://good.org@evil.com/",
            "evil.com",
            "evil.com",
            "evil.com",
        ),
        ("evil.com.", "evil.com", "evil.com", "evil.com"),
        ("evil.com.:80/x", "evil.com", "evil.com", "evil.com"),
        ("evil.com?x=good.org", "evil.com", "evil.com", "evil.com"),
        ("evil.com#good.org", "evil.com", "evil.com", "evil.com"),
        (
            "http://good.org/evil.com",
            "good.org",
            "good.org",
            "good.org",
        ),
        (
            "http://good.org/?u=http://evil.com/",
            "good.org",
            "good.org",
            "good.org",
        ),
        ("notevil.com", "notevil.com", "notevil.com", "notevil.com"),
        (
            "evil.com.other.net",
            "other.net",
            "evil.com.other.net",
            "evil.com.other.net",
        ),
        ("http://192.0.2.1/x", "2.1", "192.0.2.1", "192.0.2.1"),
        ("localhost", "localhost", "localhost", "localhost"),
        ("", "", "", ""),
    ];
    for (text, tail, host, site) in cases {
        assert_eq!(extract(&patterns["HostTail"], text), tail, "tail of {text}");
        assert_eq!(extract(&patterns["Host"], text), host, "host of {text}");
        assert_eq!(extract(&patterns["Site"], text), site, "site of {text}");
    }
}

#[test]
fn paths_are_cut_out_by_whole_segments() {
    let patterns = patterns();
    // Text, what follows the host, its first segment, its first two.
    let cases = [
        ("https://evil.com/a/b/c?q#f", "/a/b/c?q", "/a", "/a/b"),
        ("evil.com/a/", "/a", "/a", ""),
        ("evil.com:8080/a/b/", "/a/b", "/a", "/a/b"),
        ("evil.com", "", "", ""),
        ("evil.com/", "", "", ""),
        ("evil.com/?q=/a/b", "/?q=/a/b", "", ""),
        ("evil.com?q=/a/b", "?q=/a/b", "", ""),
        ("https://evil.com/ab/cd", "/ab/cd", "/ab", "/ab/cd"),
    ];
    for (text, rest, one, two) in cases {
        let found = extract(&patterns["Rest"], text);
        assert_eq!(found, rest, "rest of {text}");
        assert_eq!(
            extract(&patterns["Path1"], &found),
            one,
            "first segment of {text}"
        );
        assert_eq!(
            extract(&patterns["Path2"], &found),
            two,
            "first two segments of {text}"
        );
    }
}

#[test]
fn a_domain_is_compared_label_by_label() {
    let pattern = &patterns()["Domain4"];
    let cases = [
        ("a.b.evil.com", "a.b.evil.com"),
        ("www.a.b.evil.com", "a.b.evil.com"),
        ("xa.b.evil.com", "xa.b.evil.com"),
        ("b.evil.com", ""),
    ];
    for (host, expected) in cases {
        assert_eq!(extract(pattern, host), expected, "{host}");
    }
}

/// The pattern of the function that cuts the address out of a URL.
fn host_address() -> Regex {
    let text = plan_of("198.51.100.0/24").queries().next().unwrap().text;
    let function = text.split("let host_address").nth(1).unwrap();
    Regex::new(function.split('"').nth(1).unwrap()).unwrap()
}

#[test]
fn hosts_that_are_addresses_are_cut_out_whole() {
    let pattern = host_address();
    let cases = [
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.7:443", "198.51.100.7"),
        ("198.51.100.7.", "198.51.100.7"),
        ("http://198.51.100.7/x", "198.51.100.7"),
        ("https://user:pass@198.51.100.7:8080?x", "198.51.100.7"),
        ("http://[2001:DB8:5::99]:8080/x", "2001:DB8:5::99"),
        ("http://user@[2001:db8:5:0::99]", "2001:db8:5:0::99"),
        ("[::ffff:c633:6407]:443", "::ffff:c633:6407"),
        ("[::ffff:198.51.100.7]", "::ffff:198.51.100.7"),
        ("http://[fe80::1%25eth0]/", "fe80::1"),
        ("2001:db8:5::99", "2001:db8:5::99"),
        ("198.51.100.7.evil.com", ""),
        ("evil.com/198.51.100.7", ""),
        ("https://evil.com/?u=http://198.51.100.7/", ""),
        ("http://good.org/@198.51.100.7", ""),
        ("evil.com:8080", ""),
        ("1.198.51.100.7", ""),
        ("198.51.100", ""),
        ("", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(extract(&pattern, text), expected, "{text}");
    }
}

/// What `let` lists a plan's queries have, by name.
fn lists(input: &str) -> Vec<String> {
    let text = plan_of(input).queries().next().unwrap().text;
    let lists = text.lines().filter(|line| line.starts_with("let wanted_"));
    lists.map(str::to_owned).collect()
}

#[test]
fn the_host_of_an_ipv6_url_is_compared_with_all_its_digits() {
    let expected = [
        r#"let wanted_ipv6_groups_remote = dynamic(["2001"]);"#,
        r#"let wanted_paths1 = dynamic(["[2001:0db8:0005:0000:0000:0000:0000:0099]:8080/x"]);"#,
        r#"let wanted_url_hosts6 = dynamic(["2001:0db8:0005:0000:0000:0000:0000:0099"]);"#,
    ];
    for url in [
        "http://[2001:db8:5::99]:8080/x",
        "http://[2001:DB8:5:0::99]:8080/x",
    ] {
        assert_eq!(lists(url), expected, "{url}");
    }
}

#[test]
fn addresses_are_looked_for_in_hosts_of_urls_whatever_their_spelling() {
    let cases = [
        ("198.51.100.77", "HostAddress in (wanted_addresses_remote)"),
        ("198.51.100.0/24", "HostOctets3 in (wanted_octets3_remote)"),
        ("198.51.0.0/16", "HostOctets2 in (wanted_octets2_remote)"),
        ("198.0.0.0/8", "HostOctets1 in (wanted_octets1_remote)"),
        ("2001:db8:5::99", "HostDigits in (wanted_ipv6_remote)"),
        ("2001:db8:5::/124", "HostDigits in (wanted_ipv6_remote)"),
        (
            "::ffff:c633:644d",
            "HostAddress in (wanted_addresses_remote)",
        ),
    ];
    for (indicator, condition) in cases {
        let text = plan_of(indicator).queries().next().unwrap().text;
        let compared = text.matches(condition).count();
        assert_eq!(
            compared, 2,
            "{indicator} rules rows out and says what was found"
        );
    }
    let text = plan_of("192.168.1.1").queries().next().unwrap().text;
    assert!(
        !text.contains("link_rows"),
        "a private address is no remote side"
    );
}
