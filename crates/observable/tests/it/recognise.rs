//! One item at a time.

use tesem_observable::{ITEM_BYTES_MAX, Observable, ObservableKind, recognise, recognise_as};

const MD5: &str = "44d88612fea8a8f36de82e1278abb02f";
const SHA1: &str = "3395856ce81f2b7382dee72602f798b642f14140";
const SHA256: &str = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";

/// `kind value`, or `! code`.
fn shown(text: &str) -> String {
    match recognise(text) {
        Ok(observable) => format!("{} {observable}", observable.kind()),
        Err(refusal) => format!("! {}", refusal.reason().code()),
    }
}

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(shown(text), *expected, "{text:?}");
    }
}

#[test]
fn the_six_lines_of_a_hunters_list() {
    check(&[
        (SHA1, &format!("sha1 {SHA1}")),
        (SHA256, &format!("sha256 {SHA256}")),
        (MD5, &format!("md5 {MD5}")),
        ("192.168.1.1", "ipv4 192.168.1.1"),
        ("google.com", "domain google.com"),
        ("https://bing.com", "url https://bing.com/"),
    ]);
}

#[test]
fn hashes() {
    let upper = SHA256.to_uppercase();
    let long = "a1".repeat(64);
    let thumbprint: Vec<String> = SHA1
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).to_uppercase())
        .collect();
    let fingerprint = ["ab"; 32].join(":");
    check(&[
        (&upper, &format!("sha256 {SHA256}")),
        (&format!("  \"{MD5}\",\r\n"), &format!("md5 {MD5}")),
        (&format!("md5:{MD5}"), &format!("md5 {MD5}")),
        (&format!("SHA256 = {upper}"), &format!("sha256 {SHA256}")),
        (&thumbprint.join(":"), &format!("certificate {SHA1}")),
        (&thumbprint.join(" "), &format!("certificate {SHA1}")),
        (&MD5[1..], "! hash-length"),
        (&format!("{SHA256}0"), "! hash-length"),
        (&long, "! unsupported-hash"),
        (&fingerprint, "! unsupported-hash"),
        (&MD5.replace('4', "g"), "! not-hex"),
        ("AA:BB:CC:DD:EE:FF", "! hardware-address"),
        ("aa-bb-cc-dd-ee-ff", "! hardware-address"),
    ]);
}

#[test]
fn addresses_and_ranges() {
    check(&[
        ("1.2.3.4", "ipv4 1.2.3.4"),
        ("1[.]2[.]3[.]4", "ipv4 1.2.3.4"),
        ("1.2.3.4:8080", "ipv4 1.2.3.4"),
        ("1.2.3.4/", "ipv4 1.2.3.4"),
        ("[1.2.3.4]", "ipv4 1.2.3.4"),
        ("1.2.3.4/32", "ipv4 1.2.3.4"),
        ("10.1.2.3/8", "ip-range 10.0.0.0/8"),
        ("10[.]1[.]2[.]3[/]8", "ip-range 10.0.0.0/8"),
        ("10.0.0.1-10.0.0.9", "ip-range 10.0.0.1-10.0.0.9"),
        ("10.0.0.1 - 10.0.0.9", "ip-range 10.0.0.1-10.0.0.9"),
        ("10.0.0.0-255", "ip-range 10.0.0.0/24"),
        ("2001:DB8::1", "ipv6 2001:db8::1"),
        ("2001[:]db8[::]1", "ipv6 2001:db8::1"),
        ("2001:db8::1/", "ipv6 2001:db8::1"),
        ("[2001:db8::1]", "ipv6 2001:db8::1"),
        ("[2001:db8::1]:443", "ipv6 2001:db8::1"),
        ("fe80::1%eth0", "ipv6 fe80::1"),
        ("::ffff:1.2.3.4", "ipv4 1.2.3.4"),
        ("2001:db8::/32", "ip-range 2001:db8::/32"),
        (
            "2001:db8::1-2001:db8::9",
            "ip-range 2001:db8::1-2001:db8::9",
        ),
        ("999.999.999.999", "! octet-out-of-range"),
        ("1.2.3.256", "! octet-out-of-range"),
        ("010.1.2.3", "! octet-leading-zero"),
        ("1.2.3", "! octet-count"),
        ("1.2.3.4.5", "! octet-count"),
        ("1.2.3.4/33", "! prefix-length"),
        ("10.0.0.9-10.0.0.1", "! range-order"),
        ("2001:db8::/129", "! prefix-length"),
        ("12:34:56", "! ipv6-syntax"),
    ]);
}

#[test]
fn names() {
    check(&[
        ("Evil.COM", "domain evil.com"),
        ("evil[.]com", "domain evil.com"),
        ("evil(dot)com", "domain evil.com"),
        ("evil [.] com", "domain evil.com"),
        ("*.evil.com", "domain evil.com"),
        (".evil.com", "domain evil.com"),
        ("@evil.com", "domain evil.com"),
        ("evil.com.", "domain evil.com"),
        ("evil.com/", "domain evil.com"),
        ("evil.com:443", "domain evil.com"),
        ("münchen.de", "domain xn--mnchen-3ya.de"),
        ("evil。com", "domain evil.com"),
        ("update.zip", "domain update.zip"),
        ("github.io", "domain github.io"),
        ("co.uk", "! public-suffix"),
        ("*.com", "! public-suffix"),
        ("evil.cmo", "! unknown-top-level"),
        ("evil..com", "! label-empty"),
        ("-evil.com", "! label-hyphen"),
        ("server1", "! single-label"),
        ("dc01.corp.local", "device dc01.corp.local"),
        ("printer.lan", "device printer.lan"),
        (".local", "! internal-name"),
        ("evil.exe", "file-name evil.exe"),
        ("Evil[.]DLL", "file-name evil.dll"),
        (r"C:\Users\x\report.com", "! file-path"),
        ("/tmp/x.sh", "! file-path"),
        (r"\\evil.com\share", "! file-path"),
        ("c:/x/y", "! file-path"),
        ("evil.com malware", "! several-words"),
        ("evil.com\tmalware", "! several-words"),
        ("evil.com\nevil.org", "! several-words"),
    ]);
}

#[test]
fn urls() {
    check(&[
        ("http://evil.com", "url http://evil.com/"),
        ("hXXps[:]//Evil[.]com/A?b=c", "url https://evil.com/A?b=c"),
        ("h**p://evil.com/x", "url http://evil.com/x"),
        ("meow://evil.com/x", "url http://evil.com/x"),
        ("fxp://evil.com/x", "url ftp://evil.com/x"),
        ("hxxp:\\\\evil.com\\a\\b", "url http://evil.com/a/b"),
        ("http:\\/\\/evil.com\\/x", "url http://evil.com/x"),
        ("<http://evil.com/x>", "url http://evil.com/x"),
        ("http://1.2.3.4/x", "url http://1.2.3.4/x"),
        ("http://1.2.3.4", "url http://1.2.3.4/"),
        ("evil.com/gate.php", "url evil.com/gate.php"),
        ("evil.com:8080/x", "url evil.com:8080/x"),
        ("evil.com?x=1", "url evil.com/?x=1"),
        ("1.2.3.4/gate.php", "url 1.2.3.4/gate.php"),
        ("1.2.3.4/?::", "url 1.2.3.4/?::"),
        ("0?::", "! single-label"),
        (":%3Aevil.com@a.bd/http://", "url :%3Aevil.com@a.bd/http://"),
        ("1.2.3.4:81/x", "url 1.2.3.4:81/x"),
        ("http://[2001:db8::1]/x", "url http://[2001:db8::1]/x"),
        ("http://evil.com/a b", "! several-words"),
        ("gopher://evil.com/", "! scheme"),
        ("http://localhost/", "! single-label"),
        ("http://999.1.1.1/", "! url-syntax"),
        ("http://co.uk/x", "! public-suffix"),
        ("and/or", "! single-label"),
    ]);
}

#[test]
fn email_addresses() {
    check(&[
        ("Eve@Evil.com", "email eve@evil.com"),
        ("mailto:eve@evil.com", "email eve@evil.com"),
        ("eve[@]evil[.]com", "email eve@evil.com"),
        ("eve(at)evil(dot)com", "email eve@evil.com"),
        ("eve [at] evil [dot] com", "email eve@evil.com"),
        ("<eve@evil.com>;", "email eve@evil.com"),
        ("a..b@evil.com", "! local-part"),
        ("eve@co.uk", "! public-suffix"),
        ("lodash@4.17.21", "! unknown-top-level"),
        ("icon@2x.png", "! unknown-top-level"),
    ]);
}

#[test]
fn accounts_of_internal_domains_are_recognised_and_their_domains_stay_what_they_are() {
    check(&[
        ("Ada@Contoso.Local", "email ada@contoso.local"),
        ("ada@contoso.lan", "email ada@contoso.lan"),
        ("ada@contoso.internal", "email ada@contoso.internal"),
        ("ada@corp.contoso.corp", "email ada@corp.contoso.corp"),
        ("ada@contoso", "email ada@contoso"),
        ("ada@contoso.priv", "email ada@contoso.priv"),
        ("mailto:ada@contoso.local", "email ada@contoso.local"),
        ("<ada@contoso.local>,", "email ada@contoso.local"),
        ("ada[@]contoso[.]local", "email ada@contoso.local"),
        ("contoso.local", "device contoso.local"),
        ("@contoso.local", "! internal-name"),
        ("@contoso", "! single-label"),
        ("contoso", "! single-label"),
        ("contoso.priv", "! unknown-top-level"),
        ("evil.cmo", "! unknown-top-level"),
    ]);
}

#[test]
fn hostile_items() {
    check(&[
        ("", "! empty"),
        (" \t\r\n ", "! empty"),
        ("\u{feff}", "! empty"),
        ("\"\"", "! empty"),
        (",;,;", "! empty"),
        ("\u{feff}evil.com", "domain evil.com"),
        ("e\u{200b}vil.com", "domain evil.com"),
        ("evil\u{ad}.com", "domain evil.com"),
        ("evil.com\0", "! control-character"),
        ("evil\u{7}.com", "! control-character"),
        ("evil.com' or 1==1 | take 5 //", "! several-words"),
        ("evil.com'|take(5)//", "! name-character"),
        ("evil.com\"|take", "! name-character"),
        ("[", "! name-character"),
        ("((((((", "! name-character"),
        ("@", "! label-empty"),
        ("://", "! url-syntax"),
        ("/", "! file-path"),
        (":", "! name-character"),
        ("٣.٣.٣.٣", "! internationalised"),
    ]);
}

#[test]
fn a_very_long_item_is_refused_by_its_length() {
    let long = "a".repeat(ITEM_BYTES_MAX + 1);
    let refusal = recognise(&long).unwrap_err();
    assert_eq!(refusal.reason().code(), "too-long");
    assert!(refusal.to_string().len() < 400, "{refusal}");
}

#[test]
fn the_kind_can_be_said() {
    use ObservableKind as Kind;
    let cases: [(Kind, &str, Result<&str, &str>); 17] = [
        (Kind::CertificateThumbprint, SHA1, Ok(SHA1)),
        (Kind::Sha1, SHA1, Ok(SHA1)),
        (Kind::Sha1, MD5, Err("hash-length")),
        (Kind::DeviceName, "DESKTOP-7F3K2", Ok("desktop-7f3k2")),
        (Kind::DeviceName, "web.contoso.com", Ok("web.contoso.com")),
        (Kind::DeviceName, "a b", Err("name-character")),
        (Kind::FileName, "update.zip", Ok("update.zip")),
        (Kind::FileName, "My Evil.EXE", Ok("my evil.exe")),
        (Kind::Domain, "update.zip", Ok("update.zip")),
        (Kind::Domain, "evil.exe", Err("wrong-kind")),
        (Kind::Ipv4, "2001:db8::1", Err("wrong-kind")),
        (Kind::Ipv6, "2001:db8::1", Ok("2001:db8::1")),
        (Kind::Url, "evil.com", Ok("evil.com/")),
        (Kind::Email, "@evil.com", Err("wrong-kind")),
        (Kind::Email, "Ada@Contoso.Local", Ok("ada@contoso.local")),
        (Kind::Email, "ada@contoso", Ok("ada@contoso")),
        (Kind::Email, "contoso.local", Err("local-part")),
    ];
    for (kind, text, expected) in cases {
        let result = recognise_as(kind, text);
        let value = result.as_ref().map(ToString::to_string);
        let shown = value.as_deref().map_err(|refusal| refusal.reason().code());
        assert_eq!(shown, expected, "{kind} {text}");
        assert!(result.is_err() || result.is_ok_and(|observable| observable.kind() == kind));
    }
}

#[test]
fn refusals_read_as_sentences() {
    let sentences: Vec<String> = [
        "999.999.999.999",
        &MD5[1..],
        &"a1".repeat(64),
        "co.uk",
        "evil.cmo",
        "a\u{1b}b",
        "gopher://x.com/",
    ]
    .iter()
    .map(|text| recognise(text).unwrap_err().to_string())
    .collect();
    insta::assert_snapshot!(sentences.join("\n"));
}

#[test]
fn observables_are_stored_with_their_kind() {
    let observable = recognise("hxxp://Evil[.]com/A").unwrap();
    let json = serde_json::to_string(&observable).unwrap();
    assert_eq!(json, r#"{"kind":"url","value":"http://evil.com/A"}"#);
    assert_eq!(
        serde_json::from_str::<Observable>(&json).unwrap(),
        observable
    );
    let forged = r#"{"kind":"ipv4","value":"1.2.3.4' or true"}"#;
    assert!(serde_json::from_str::<Observable>(forged).is_err());
}

#[test]
fn spellings_of_one_thing_are_one_value() {
    let same = |texts: &[&str]| {
        let values: std::collections::BTreeSet<Observable> =
            texts.iter().map(|text| recognise(text).unwrap()).collect();
        assert_eq!(values.len(), 1, "{texts:?} gave {values:?}");
    };
    same(&["Evil.com", "evil.com.", "evil[.]COM", "*.evil.com"]);
    same(&[MD5, &MD5.to_uppercase()]);
    same(&["HTTP://evil.com:80", "http://EVIL.com/"]);
    same(&["10.0.0.0/8", "10.9.9.9/8", "10.0.0.0-10.255.255.255"]);
    same(&["EVE@evil.com", "eve@EVIL.com"]);
    same(&["ADA@contoso.LOCAL.", "ada@Contoso.local"]);
    same(&["2001:db8:0::1", "2001:DB8::1"]);
}
