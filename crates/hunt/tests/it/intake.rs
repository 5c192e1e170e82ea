//! Input as it comes.

use tesem_hunt::{InputForm, Intake};

use crate::support::{intake_of, read};

fn values(intake: &Intake) -> Vec<String> {
    intake
        .indicators
        .iter()
        .map(|indicator| indicator.observable.to_string())
        .collect()
}

/// The lines that an intake accounts for, by whether they are searched for.
fn lines(intake: &Intake) -> (Vec<u64>, Vec<u64>) {
    let mut searched: Vec<u64> = intake
        .indicators
        .iter()
        .flat_map(|indicator| &indicator.origins)
        .map(|origin| origin.line)
        .collect();
    searched.sort_unstable();
    let refused = intake.refused.iter().map(|item| item.origin.line).collect();
    (searched, refused)
}

/// The sample input of MDE Lazy Hunter's README.
const LAZY_HUNTER: &str = "\
3395856ce81f2b7382dee72602f798b642f14140
275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f
44d88612fea8a8f36de82e1278abb02f
192.168.1.1
google.com
https://bing.com
";

#[test]
fn the_sample_of_lazy_hunter_is_searched_line_by_line() {
    let intake = intake_of(LAZY_HUNTER);
    assert_eq!(lines(&intake), ((1..=6).collect(), vec![]));
    let kinds: Vec<&str> = intake
        .indicators
        .iter()
        .map(|one| one.kind().as_str())
        .collect();
    assert_eq!(kinds, ["sha1", "sha256", "md5", "ipv4", "domain", "url"]);
}

#[test]
fn hostile_input_is_accounted_for() {
    let utf16: Vec<u8> = "\u{feff}evil.com\r\n8.8.8.8\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let cases: [(&str, &[u8], &[&str], usize); 10] = [
        ("empty", b"", &[], 0),
        ("blank lines and comments", b"\n\n# a\n  // b\n", &[], 0),
        ("binary", b"\x00\x01\x02\xff\xfe\x00\x00evil.com", &[], 1),
        (
            "CRLF",
            b"evil.com\r\n8.8.8.8\r\n",
            &["evil.com", "8.8.8.8"],
            0,
        ),
        ("UTF-16", &utf16, &["evil.com", "8.8.8.8"], 0),
        (
            "UTF-8 with mark",
            b"\xef\xbb\xbfevil.com\n",
            &["evil.com"],
            0,
        ),
        ("no line end", b"evil.com", &["evil.com"], 0),
        (
            "other case and defanged",
            b"EVIL.com\nevil[.]com\nhxxp://Evil.com/A\nhttp://evil.com/A\n",
            &["evil.com", "http://evil.com/A"],
            0,
        ),
        (
            "quotes and pipes",
            b"evil.com\" | take 1 //\n\"; drop\n",
            &[],
            2,
        ),
        (
            "injection into a path",
            b"http://evil.com/\"|take\n",
            &["http://evil.com/%22|take"],
            0,
        ),
    ];
    for (name, bytes, expected, refused) in cases {
        let intake = read("list.txt", bytes, InputForm::List);
        assert_eq!(values(&intake), expected, "{name}");
        assert_eq!(
            intake.refused.len(),
            refused,
            "{name}: {:?}",
            intake.refused
        );
        assert!(
            intake.refused.iter().all(|item| !item.reason.is_empty()),
            "{name}"
        );
    }
}

#[test]
fn a_huge_line_is_one_refused_item_in_a_list_and_read_as_text_otherwise() {
    let mut bytes = vec![b'a'; 4 << 20];
    let list = read("list.txt", &bytes, InputForm::Auto);
    assert_eq!((list.indicators.len(), list.refused.len()), (0, 1));
    assert!(list.refused[0].text.len() < 1_000);
    bytes.extend_from_slice(b" and then evil[.]com");
    let text = read("report.txt", &bytes, InputForm::Text);
    assert_eq!(values(&text), ["evil.com"]);
}

#[test]
fn a_report_is_searched_for_what_it_names() {
    let report = "The loader (SHA-256 275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f)\n\
                  calls hxxps://evil[.]com/gate.php and 198.51.100[.]23.\n\nIt mails phisher[@]evil.com.";
    let intake = read("report.txt", report.as_bytes(), InputForm::Auto);
    assert_eq!(intake.sources[0].form, InputForm::Text);
    let found = values(&intake);
    for value in [
        "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f",
        "https://evil.com/gate.php",
        "198.51.100.23",
        "phisher@evil.com",
    ] {
        assert!(found.iter().any(|one| one == value), "{value} in {found:?}");
    }
}

#[test]
fn accounts_of_internal_domains_are_searched_from_a_list_and_not_from_a_log() {
    let list =
        intake_of("Ada@Contoso.Local\nada@contoso\nbob@ad.contoso.lan,Bob\neve@contoso.priv\n");
    assert_eq!(lines(&list), ((1..=4).collect(), vec![]));
    assert!(
        list.indicators
            .iter()
            .all(|one| one.kind().as_str() == "email")
    );
    assert_eq!(
        values(&list),
        [
            "ada@contoso.local",
            "ada@contoso",
            "bob@ad.contoso.lan",
            "eve@contoso.priv"
        ]
    );
    let log = "sshd[7]: Accepted publickey for ada@db01 from 198.51.100.23 port 22\n\
               sshd[8]: session of root@db01.local closed, ada@contoso stays\n";
    let log = read("auth.log", log.as_bytes(), InputForm::Auto);
    assert_eq!(log.sources[0].form, InputForm::Text);
    assert_eq!(values(&log), ["198.51.100.23"]);
}

#[test]
fn several_sources_share_their_indicators() {
    let mut intake = intake_of("evil.com\n");
    intake.read_source(tesem_hunt::InputSource {
        name: "b.txt",
        bytes: b"x.org\nevil.com\n",
        form: InputForm::List,
    });
    let observable = tesem_observable::recognise("8.8.8.8").unwrap();
    let id = intake.add("feed", 7, observable.clone());
    assert_eq!(intake.add("feed", 9, observable), id);
    assert_eq!(values(&intake), ["evil.com", "x.org", "8.8.8.8"]);
    let origins: Vec<(u32, u64)> = intake
        .indicators
        .iter()
        .flat_map(|one| &one.origins)
        .map(|o| (o.source, o.line))
        .collect();
    assert_eq!(origins, [(0, 1), (1, 2), (1, 1), (2, 7), (2, 9)]);
    assert_eq!(intake.sources.len(), 3);
}
