//! Links into the portal.

use serde_json::{Value, json};
use tesem_relay::refer::links;
use tesem_relay::request::observables;

fn linked(body: Value) -> Vec<Value> {
    let sent = observables(body.to_string().as_bytes()).unwrap();
    links(&sent, &"https://security.example.com".parse().unwrap())
}

#[test]
fn each_type_has_its_link() {
    let cases = [
        ("sha1", "files", "SHA1"),
        ("sha256", "files", "SHA256"),
        ("md5", "files", "MD5"),
        ("ip", "ips", "IP"),
        ("ipv6", "ips", "IPV6"),
        ("domain", "urls", "Domain"),
    ];
    for (kind, segment, label) in cases {
        let expected = json!({
            "id": format!("ref-md-search-{kind}-V1"),
            "title": format!("Search for this {label}"),
            "description": format!("Lookup this {label} on Microsoft Defender for Endpoint"),
            "url": format!("https://security.example.com/{segment}/V1"),
            "categories": ["Search", "Microsoft Defender for Endpoint"],
        });
        let upper = kind.to_uppercase();
        assert_eq!(linked(json!([{"type": upper, "value": "V1"}])), [expected]);
    }
}

#[test]
fn others_have_none_and_values_stay_within_their_part_of_the_path() {
    let found = linked(json!([
        {"type": "ms_machine_id", "value": "m"},
        {"type": "url", "value": "http://x"},
        {"type": "domain", "value": "a/../b?c#d é"},
        {"type": "domain", "value": "a/../b?c#d é"},
    ]));
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0]["url"],
        "https://security.example.com/urls/a%2F..%2Fb%3Fc%23d%20%C3%A9"
    );
    assert_eq!(found[0]["id"], "ref-md-search-domain-a/../b?c#d é");
}
