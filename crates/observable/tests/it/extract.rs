//! All observables of a text.

use tesem_observable::{extract, extract_unique, refang};

const MD5: &str = "44d88612fea8a8f36de82e1278abb02f";
const SHA1: &str = "3395856ce81f2b7382dee72602f798b642f14140";
const SHA256: &str = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";

/// Findings as `kind value`, with `:port`, refusals as `! text code`; each kind in the text's order.
fn shown(text: &str) -> Vec<String> {
    let extraction = extract(text);
    let found = extraction.found.iter().map(|found| {
        let port = found
            .port
            .map(|port| format!(" port {port}"))
            .unwrap_or_default();
        format!("{} {}{port}", found.observable.kind(), found.observable)
    });
    let refused = extraction
        .refused
        .iter()
        .map(|item| format!("! {} {}", item.text, item.reason.code()));
    found.chain(refused).collect()
}

#[track_caller]
fn check(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(shown(text), *expected, "{text:?}");
    }
}

#[test]
fn what_other_libraries_get_wrong() {
    let six = [MD5, SHA1, SHA256, MD5, SHA1, SHA256].join(",");
    assert_eq!(extract(&six).found.len(), 6);
    check(&[
        ("contact 1.2.3.4 now", &["ipv4 1.2.3.4"]),
        ("http://1.2.3.4/x", &["url http://1.2.3.4/x"]),
        (
            "bad 999.999.999.999 ip",
            &["! 999.999.999.999 octet-out-of-range"],
        ),
        ("1.2.3.4:8080", &["ipv4 1.2.3.4 port 8080"]),
        ("evil.exe dropped", &["! evil.exe file-name"]),
    ]);
}

#[test]
fn defanging_of_every_kind() {
    let cases = [
        "evil[.]com",
        "evil(.)com",
        "evil{.}com",
        "evil[dot]com",
        "evil(dot)com",
        "evil[DOT]com",
        "evil [.] com",
        "evil [dot] com",
        "evil[.com",
        "evil.]com",
        "evil(.com",
        "evil.)com",
        "evil.[com]",
        "evil\\.com",
        "evil[.] com",
        "evil<.>com",
        "evil[[.]]com",
        "evil[ . ]com",
        "evil\\[.\\]com",
        "evil\\[.]com",
        "evil[\\.]com",
        "evil\u{2024}com",
        "evil\u{ff0e}com",
        "evil[d0t]com",
        "evil\\\\.com",
    ];
    for text in cases {
        let extraction = extract(text);
        assert_eq!(shown(text), ["domain evil.com"], "{text}");
        assert!(extraction.found[0].defanged, "{text}");
    }
}

#[test]
fn half_a_pair_of_brackets_is_undone_inside_a_name_and_nowhere_else() {
    check(&[
        ("www.[evil].com", &["domain www.evil.com"]),
        ("www[.evil].com", &["domain www.evil.com"]),
        ("www[.my-evil).co.uk", &["domain www.my-evil.co.uk"]),
        ("www[.évil].com", &["domain www.xn--vil-9la.com"]),
        ("see [.evil.com].org", &["domain evil.com"]),
        ("\u{200b}[.evil.com).org", &["domain evil.com"]),
        ("www[.a.com/x/evil.com].org", &["url www.a.com/x/evil.com"]),
    ]);
}

#[test]
fn schemes_of_every_kind() {
    let schemes = [
        "hxxp://",
        "hXXp://",
        "HXXP://",
        "hxxxp://",
        "h**p://",
        "htxp://",
        "hxtp://",
        "h__p://",
        "h++p://",
        "hzzp://",
        "meow://",
        "ttp://",
        "http[:]//",
        "http[://]",
        "http[:/]/",
        "http[:][/][/]",
        "http:[//]",
        "hxxp[:]//",
        "hxxp[://]",
        "http:\\\\",
        "hxxp:\\/\\/",
        "hxxp(:)//",
        "http{:}//",
        "hxxp:[/][/]",
    ];
    for scheme in schemes {
        let text = format!("see {scheme}evil[.]com/a.");
        assert_eq!(shown(&text), ["url http://evil.com/a"], "{text}");
        assert!(extract(&text).found[0].defanged);
    }
    check(&[
        ("hxxps://evil.com/a", &["url https://evil.com/a"]),
        ("fxp://evil.com/a", &["url ftp://evil.com/a"]),
        ("ftp[:]//evil.com/a", &["url ftp://evil.com/a"]),
        (
            "http:\\\\evil.com\\a\\b.exe next\\one",
            &["url http://evil.com/a/b.exe"],
        ),
    ]);
}

#[test]
fn escapes_are_undone_but_are_not_defanging() {
    let cases = [
        ("http:\\/\\/evil.com\\/x", "url http://evil.com/x"),
        ("http://evil&#46;com/x", "url http://evil.com/x"),
        (
            "http:&#x2F;&#x2f;evil&period;com&sol;x",
            "url http://evil.com/x",
        ),
        (
            "http://evil.com/x?a=1&amp;b=2",
            "url http://evil.com/x?a=1&b=2",
        ),
        (
            "\"http://evil.com/x?a=1\\u0026b=2\"",
            "url http://evil.com/x?a=1&b=2",
        ),
        ("e\u{200b}vil.\u{ad}com", "domain evil.com"),
        ("1.2.\u{feff}3.4", "ipv4 1.2.3.4"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), [expected], "{text}");
        assert!(!extract(text).found[0].defanged, "{text}");
    }
}

#[test]
fn where_urls_end() {
    check(&[
        ("(http://evil.com/a)", &["url http://evil.com/a"]),
        ("http://evil.com/a_(b) x", &["url http://evil.com/a_(b)"]),
        (
            "(see http://evil.com/a_(b))",
            &["url http://evil.com/a_(b)"],
        ),
        ("[text](http://evil.com/a)", &["url http://evil.com/a"]),
        ("[http://evil.com/a]", &["url http://evil.com/a"]),
        (
            "<a href=\"http://evil.com/a\">x</a>",
            &["url http://evil.com/a"],
        ),
        (
            "<a href='http://evil.com/a'>x</a>",
            &["url http://evil.com/a"],
        ),
        ("<http://evil.com/a>", &["url http://evil.com/a"]),
        ("http://evil.com/a.", &["url http://evil.com/a"]),
        ("http://evil.com/a, and", &["url http://evil.com/a"]),
        ("was http://evil.com/a!?", &["url http://evil.com/a"]),
        ("“http://evil.com/a”", &["url http://evil.com/a"]),
        ("http://evil.com/a…", &["url http://evil.com/a"]),
        ("**http://evil.com/a**", &["url http://evil.com/a"]),
        ("| http://evil.com/a|x |", &["url http://evil.com/a"]),
        (
            "{\"u\":\"http://evil.com/a\\nb\"}",
            &["url http://evil.com/a"],
        ),
        (
            "x http://a.com/x,http://b.com/y",
            &["url http://a.com/x", "url http://b.com/y"],
        ),
        (
            "x http://a.com/x;http://b.com/y",
            &["url http://a.com/x", "url http://b.com/y"],
        ),
        ("x http://a.com/x,y z", &["url http://a.com/x,y"]),
        ("http://a.com/x,2024-01-01,malware", &["url http://a.com/x"]),
        ("1,http://a.com/x,malware", &["url http://a.com/x"]),
        ("下载http://evil.com/a下载", &["url http://evil.com/a"]),
        (
            "http://evil.com/a，http://b.com/c。",
            &["url http://evil.com/a", "url http://b.com/c"],
        ),
        ("http://例え.com/x", &["url http://xn--r8jz45g.com/x"]),
        (
            "http://web.archive.org/web/2024/http://evil.com/a",
            &["url http://web.archive.org/web/2024/http://evil.com/a"],
        ),
        ("line\\nhttp://evil.com/a", &["url http://evil.com/a"]),
        ("http://[2001:db8::1]:80/a", &["url http://[2001:db8::1]/a"]),
        ("http://", &[]),
        ("http:// evil", &[]),
        (
            "http://localhost:8080/x",
            &["! http://localhost:8080/x single-label"],
        ),
        (
            "hxxp://evil[.]cmo/x",
            &["! hxxp://evil[.]cmo/x unknown-top-level"],
        ),
    ]);
}

#[test]
fn hosts_with_a_path_but_no_scheme() {
    check(&[
        ("evil.com/gate.php", &["url evil.com/gate.php"]),
        ("evil[.]com/gate.php?id=1", &["url evil.com/gate.php?id=1"]),
        ("evil.com:8080/x", &["url evil.com:8080/x"]),
        ("1.2.3.4/gate.php", &["url 1.2.3.4/gate.php"]),
        ("1.2.3.4:81/x", &["url 1.2.3.4:81/x"]),
        ("evil.com/ and", &["domain evil.com"]),
        ("1.2.3.4/tcp", &["ipv4 1.2.3.4"]),
        ("evil.com/1.2.3.4", &["domain evil.com", "ipv4 1.2.3.4"]),
        ("a.com/b.com", &["domain a.com", "domain b.com"]),
        ("1.2.3.4/5.6.7.8", &["ipv4 1.2.3.4", "ipv4 5.6.7.8"]),
        ("ldap://evil.com:1389/a", &["domain evil.com port 1389"]),
        ("src=\"//evil.com/x.js\"", &["url evil.com/x.js"]),
        ("tcp://1.2.3.4:4444", &["ipv4 1.2.3.4 port 4444"]),
    ]);
}

#[test]
fn addresses_in_text() {
    check(&[
        ("1.2.3.4.", &["ipv4 1.2.3.4"]),
        ("(1.2.3.4)", &["ipv4 1.2.3.4"]),
        ("ip:1.2.3.4", &["ipv4 1.2.3.4"]),
        ("src=1.2.3.4;dst=5.6.7.8", &["ipv4 1.2.3.4", "ipv4 5.6.7.8"]),
        ("1.2.3.4,5.6.7.8", &["ipv4 1.2.3.4", "ipv4 5.6.7.8"]),
        ("root@1.2.3.4", &["ipv4 1.2.3.4"]),
        ("/1.2.3.4:5000", &["ipv4 1.2.3.4 port 5000"]),
        ("\\nfrom\\n1.2.3.4", &["ipv4 1.2.3.4"]),
        ("10.0.0.0/8", &["ip-range 10.0.0.0/8"]),
        ("10.0.0.0/8.", &["ip-range 10.0.0.0/8"]),
        ("Is it 10.0.0.0/8?", &["ip-range 10.0.0.0/8"]),
        ("Is it 2001:db8::/32?", &["ip-range 2001:db8::/32"]),
        ("10.0.0.0/24.5", &["! 10.0.0.0/24.5 prefix-length"]),
        ("10.0.0.0/8?x=1", &["url 10.0.0.0/8?x=1"]),
        ("1.2.3.4/443", &["ipv4 1.2.3.4 port 443"]),
        ("10.0.0.1-10.0.0.9", &["ip-range 10.0.0.1-10.0.0.9"]),
        ("10.0.0.1-9", &["! 10.0.0.1-9 range-abbreviated"]),
        ("1[.]2[.]3[.]4", &["ipv4 1.2.3.4"]),
        ("1.2.3[.]4", &["ipv4 1.2.3.4"]),
        ("192.168.001.1", &["! 192.168.001.1 octet-leading-zero"]),
        ("2001:db8::1", &["ipv6 2001:db8::1"]),
        ("ip:2001:db8::1.", &["ipv6 2001:db8::1"]),
        ("[2001:db8::1]:443", &["ipv6 2001:db8::1 port 443"]),
        ("2001:db8::/32", &["ip-range 2001:db8::/32"]),
        ("2001[:]db8[::]1", &["ipv6 2001:db8::1"]),
        ("fe80::1%eth0", &["ipv6 fe80::1"]),
        ("::ffff:1.2.3.4", &["ipv4 1.2.3.4"]),
        ("std::vector<T::x> at 12:34:56", &[]),
        ("dead::beef", &["! dead::beef joined-words"]),
        (
            "AA:BB:CC:DD:EE:FF",
            &["! AA:BB:CC:DD:EE:FF hardware-address"],
        ),
        (
            "00:11:22:33:44:55:66:77",
            &["! 00:11:22:33:44:55:66:77 hardware-address"],
        ),
        ("2024-01-02T10:20:30.123Z", &[]),
        ("on 2024.01.02 and 02.01.2024", &[]),
        ("pi is 3.14, or 1.2.3", &[]),
    ]);
}

#[test]
fn version_numbers_are_not_addresses() {
    check(&[
        ("version 1.2.3.4", &["! 1.2.3.4 version-number"]),
        ("v1.2.3.4", &["! 1.2.3.4 version-number"]),
        ("Version: 1.2.3.4", &["! 1.2.3.4 version-number"]),
        (
            "\"fileVersion\": \"1.2.3.4\"",
            &["! 1.2.3.4 version-number"],
        ),
        ("build 10.0.19041.1", &["! 10.0.19041.1 version-number"]),
        (
            "Windows 10.0.19041.1",
            &["! 10.0.19041.1 octet-out-of-range"],
        ),
        ("Chrome/96.0.46.11", &["! 96.0.46.11 version-number"]),
        (
            "versions 1.2.3.4, 1.2.3.5 and 1.2.3.6",
            &[
                "! 1.2.3.4 version-number",
                "! 1.2.3.5 version-number",
                "! 1.2.3.6 version-number",
            ],
        ),
        ("see section 4.1.2.3", &["! 4.1.2.3 version-number"]),
        ("§ 4.1.2.3", &["! 4.1.2.3 version-number"]),
        ("agent-1.2.3.4", &["! 1.2.3.4 version-number"]),
        (".1.3.6.1", &["! 1.3.6.1 version-number"]),
        ("1.3.6.1.4.1.311", &[]),
        ("version 1[.]2.3.4", &["ipv4 1.2.3.4"]),
        ("version\n1.2.3.4", &["ipv4 1.2.3.4"]),
        ("the conversion 1.2.3.4", &["ipv4 1.2.3.4"]),
        ("relevant 1.2.3.4", &["ipv4 1.2.3.4"]),
    ]);
}

#[test]
fn names_in_text() {
    check(&[
        ("evil.com.", &["domain evil.com"]),
        ("*.evil.com", &["domain evil.com"]),
        ("@evil.com", &["domain evil.com"]),
        ("evil.com:8443", &["domain evil.com port 8443"]),
        ("domain:evil.com", &["domain evil.com"]),
        ("C2=evil.com:443:x", &["domain evil.com port 443"]),
        ("_evil.com_", &["domain evil.com"]),
        ("**evil.com**", &["domain evil.com"]),
        ("münchen.de", &["domain xn--mnchen-3ya.de"]),
        ("访问evil.com获取", &["domain evil.com"]),
        ("例え.テスト.com", &["domain xn--r8jz45g.xn--zckzah.com"]),
        ("evil.com。", &["domain evil.com"]),
        ("сайт evil.com, домен", &["domain evil.com"]),
        ("%20evil.com%2Fx", &["domain evil.com"]),
        ("a\\nevil.com\\tb.org", &["domain evil.com", "domain b.org"]),
        ("CONTOSO.COM\\user", &["domain contoso.com"]),
        ("dc01.corp.local", &["device dc01.corp.local"]),
        ("settings.local", &[]),
        ("co.uk", &["! co.uk public-suffix"]),
        ("e.g. i.e. Ph.D. U.S. a.m.", &[]),
        ("Node.js", &["! Node.js file-name"]),
        (
            "System.Net and end.In short",
            &["! System.Net joined-words", "! end.In joined-words"],
        ),
        ("ASP.NET", &["! ASP.NET joined-words"]),
        ("doc.is() x", &["! doc.is joined-words"]),
        ("my_obj.id", &["! my_obj.id joined-words"]),
        ("c2.evil.bazar", &["! c2.evil.bazar unknown-top-level"]),
        ("foo.bar.baz", &[]),
        ("evil[.]cmo", &["! evil[.]cmo unknown-top-level"]),
    ]);
}

#[test]
fn files_are_not_domains() {
    check(&[
        ("evil.exe", &["! evil.exe file-name"]),
        ("update.zip", &["! update.zip file-name"]),
        ("run.sh", &["! run.sh file-name"]),
        ("script.pl", &["! script.pl file-name"]),
        ("README.md", &["! README.md file-name"]),
        ("invoice.pdf.zip", &["! invoice.pdf.zip file-name"]),
        ("update[.]zip", &["domain update.zip"]),
        ("hxxp://update.zip/x", &["url http://update.zip/x"]),
        ("eve@update.zip", &["email eve@update.zip"]),
        ("www.evil.sh", &["domain www.evil.sh"]),
        (r"C:\Users\x\report.com", &["! report.com file-path"]),
        (r"C:\new.com", &["! new.com file-path"]),
        (r"C:\\Users\\x\\report.com", &["! report.com file-path"]),
        ("/usr/lib/evil.com", &["! evil.com file-path"]),
        ("./evil.com", &["! evil.com file-path"]),
        ("C:/x/evil.com", &["! evil.com file-path"]),
        (r"run \evil.com now", &["! evil.com file-path"]),
        (r"\\evil.com\share", &["domain evil.com"]),
        (r"\\1.2.3.4\c$", &["ipv4 1.2.3.4"]),
        (r"\\\\evil.com\\share", &["domain evil.com"]),
        (&format!("C:\\q\\{MD5}.bin"), &[&format!("md5 {MD5}")]),
    ]);
}

#[test]
fn email_addresses_in_text() {
    check(&[
        ("Eve.X+y@Evil.com.", &["email eve.x+y@evil.com"]),
        ("mailto:eve@evil.com", &["email eve@evil.com"]),
        ("\"Eve\" <eve@evil.com>", &["email eve@evil.com"]),
        ("eve[@]evil[.]com", &["email eve@evil.com"]),
        ("eve(at)evil(dot)com", &["email eve@evil.com"]),
        ("eve [at] evil [dot] com", &["email eve@evil.com"]),
        ("eve@evil.com:hunter2", &["email eve@evil.com"]),
        (
            "eve@evil.com:1.2.3.4",
            &["email eve@evil.com", "ipv4 1.2.3.4"],
        ),
        (
            "evil.com (at) 1.2.3.4",
            &["domain evil.com", "ipv4 1.2.3.4"],
        ),
        (
            "a@b.com,c@d.com;e@f.com",
            &["email a@b.com", "email c@d.com", "email e@f.com"],
        ),
        (
            "Message-ID: <abc.123@mail.evil.com>",
            &["! abc.123@mail.evil.com message-id"],
        ),
        ("eve@evil.cmo", &["! eve@evil.cmo unknown-top-level"]),
        ("a@b@evil.com", &["domain evil.com"]),
        ("@handle and user@host", &[]),
    ]);
}

#[test]
fn accounts_of_internal_domains_are_not_found_in_text() {
    check(&[
        ("root@web01:~# ssh ada@db01", &[]),
        (
            "sshd[812]: Accepted publickey for ada@contoso from 198.51.100.7",
            &["ipv4 198.51.100.7"],
        ),
        (
            "Remote: git@code.lan:team/tool",
            &["! git@code.lan internal-name"],
        ),
        (
            "UPN ada@contoso.local",
            &["! ada@contoso.local internal-name"],
        ),
        (
            "user[@]contoso[.]priv",
            &["! user[@]contoso[.]priv unknown-top-level"],
        ),
        ("npm install lodash@latest react@18", &[]),
    ]);
}

#[test]
fn hashes_in_text() {
    let pairs: Vec<&str> = (0..20).map(|at| &SHA1[2 * at..2 * at + 2]).collect();
    check(&[
        (&format!("MD5: {MD5}."), &[&format!("md5 {MD5}")]),
        (
            &format!("{MD5}:{SHA1}"),
            &[&format!("md5 {MD5}"), &format!("sha1 {SHA1}")],
        ),
        (&format!("{MD5}.exe"), &[&format!("md5 {MD5}")]),
        (&format!("{MD5}.zip"), &[&format!("md5 {MD5}")]),
        (
            &format!("{MD5}.evil.com"),
            &[&format!("domain {MD5}.evil.com")],
        ),
        (&format!("sample_{MD5}"), &[&format!("md5 {MD5}")]),
        (&format!("x{MD5}"), &[]),
        (&format!("0x{SHA1}"), &[]),
        (&format!("{SHA256}{SHA256}{MD5}"), &[]),
        (
            &format!("{SHA256}{SHA256}"),
            &[&format!("! {SHA256}{SHA256} unsupported-hash")],
        ),
        (&format!("{MD5}0"), &[&format!("! {MD5}0 hash-length")]),
        (&format!("\\n{MD5}"), &[&format!("md5 {MD5}")]),
        (
            &"0".repeat(32),
            &[&format!("! {} filler-hash", "0".repeat(32))],
        ),
        (
            &format!("Thumbprint: {SHA1}"),
            &[&format!("certificate {SHA1}")],
        ),
        (&pairs.join(":"), &[&format!("certificate {SHA1}")]),
        (
            &format!("thumbprint {}.", pairs.join(":")),
            &[&format!("certificate {SHA1}")],
        ),
        (&format!("获取{MD5}样本"), &[&format!("md5 {MD5}")]),
    ]);
}

#[test]
fn places_are_given() {
    let text = "ü first\r\nthen hxxp[:]//evil[.]com/a, and\nеще 1[.]2[.]3[.]4\n";
    let places: Vec<(usize, &str, &str)> = extract(text)
        .found
        .into_iter()
        .map(|found| (found.line, &text[found.span], found.text))
        .collect();
    assert_eq!(
        places,
        [
            (2, "hxxp[:]//evil[.]com/a", "hxxp[:]//evil[.]com/a"),
            (3, "1[.]2[.]3[.]4", "1[.]2[.]3[.]4"),
        ]
    );
}

#[test]
fn lines_of_a_list_in_any_form() {
    let text = "\u{feff}indicator,type\r\n\"evil.com\",domain\r\nevil.com,domain\r\n 1.2.3.4 ;ip\r\nEVIL.COM\r\n";
    let unique: Vec<String> = extract_unique(text)
        .iter()
        .map(|found| found.observable.to_string())
        .collect();
    assert_eq!(unique, ["evil.com", "1.2.3.4"]);
    assert_eq!(extract(text).found.len(), 4);
}

#[test]
fn backslashes_are_slashes_only_in_a_url_that_began_with_them() {
    assert_eq!(
        refang(r"http:\\evil.com\update DOMAIN\name"),
        r"http://evil.com/update DOMAIN\name"
    );
}

#[test]
fn nothing_is_cut_where_blocks_end() {
    let cases = [
        ("then evil [.] com, ", "domain evil.com"),
        ("on 10.0.0.1-10.0.0.9 ", "ip-range 10.0.0.1-10.0.0.9"),
        (
            "{\"a\":\"hxxp://evil[.]com/a,b\"},",
            "url http://evil.com/a,b",
        ),
        ("eve (at) evil (dot) com\n", "email eve@evil.com"),
    ];
    for (unit, expected) in cases {
        let text = unit.repeat(20_000);
        let values = shown(&text);
        assert_eq!(values.len(), 20_000, "{unit}");
        assert!(values.iter().all(|value| value == expected), "{unit}");
    }
}

#[test]
fn one_giant_token_is_no_observable() {
    let cases = [
        ("a.", true),
        ("a@", true),
        ("1.2.3.4.", true),
        ("a.com/", true),
        ("http://", true),
        ("a:", false),
        ("x", false),
        ("[.", false),
    ];
    for (word, is_reported) in cases {
        let text = word.repeat(300_000 / word.len());
        let extraction = extract(&text);
        assert!(extraction.found.is_empty(), "{word}");
        assert_eq!(!extraction.refused.is_empty(), is_reported, "{word}");
        assert!(
            extraction
                .refused
                .iter()
                .all(|item| item.reason.code() == "too-long"),
            "{word}"
        );
    }
}
