//! What holds for every text.

use proptest::prelude::*;
use tesem_observable::{
    Extracted, Extractor, Observable, ObservableKind, decode, extract, recognise, recognise_as,
    refang,
};

/// Pieces that scanners trip over.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "http://",
        "hxxp[:]//",
        "[.]",
        "(dot)",
        " [at] ",
        "evil.com",
        "1.2.3.4",
        "::",
        ":",
        "//",
        "\\",
        "\\n",
        "\\/",
        "@",
        ".",
        "..",
        "/",
        "%2F",
        "&#46;",
        "&amp;",
        "\u{200b}",
        "\u{feff}",
        "例え",
        "。",
        "é",
        "\u{202e}",
        "(",
        ")",
        "[",
        "]",
        "{",
        "\"",
        "'",
        ",",
        ";",
        "<",
        ">",
        "|",
        "\n",
        "\r\n",
        " ",
        "\t",
        "\0",
        "44d88612fea8a8f36de82e1278abb02f",
        "2001:db8::1",
        "/24",
        "-",
        "_",
        "v",
        "version ",
        "C:\\",
        "\\\\",
        ".exe",
        ".zip",
        "xn--",
        "co.uk",
        "999",
        "\u{2024}",
        "https",
        "meow",
        ":\\\\",
        "[.",
        ".]",
    ]);
    prop_oneof![4 => fixed.prop_map(str::to_owned), 1 => any::<String>(), 1 => "[a-zA-Z0-9.:/@-]{0,12}"]
}

fn nasty_text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

fn label() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{0,8}"
}

fn domain() -> impl Strategy<Value = String> {
    let suffix = prop::sample::select(vec!["com", "org", "co.uk", "ru", "xn--p1ai"]);
    (label(), label(), suffix)
        .prop_map(|(first, second, suffix)| format!("{first}.{second}.{suffix}"))
}

/// A canonical observable that running text leaves no doubt about.
fn plain_observable() -> impl Strategy<Value = String> {
    let address = any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}"));
    let url =
        (domain(), "(/[a-z0-9]{1,6}){0,3}(\\?[a-z]=[a-z0-9]{1,4})?").prop_map(|(host, path)| {
            if path.starts_with('/') {
                format!("http://{host}{path}")
            } else {
                format!("https://{host}/")
            }
        });
    prop_oneof![
        domain(),
        address,
        url,
        (label(), domain()).prop_map(|(local, domain)| format!("{local}@{domain}")),
        // A letter and a digit first, so that it is neither a filler nor a number.
        "a1[0-9a-f]{30}",
        "b2[0-9a-f]{38}",
        "c3[0-9a-f]{62}",
    ]
}

/// How dots, at signs, scheme and colon are disguised.
#[derive(Debug, Clone)]
struct Defanging {
    dot: &'static str,
    at: &'static str,
    scheme: &'static str,
    colon: &'static str,
    only_first_dot: bool,
}

fn defanging() -> impl Strategy<Value = Defanging> {
    let dots = vec![
        ".", "[.]", "(.)", "{.}", "[dot]", "(dot)", "[DOT]", " [.] ", " (dot) ", "[.", "\\.",
        "[\\.]", "&#46;", "\u{2024}", "[[.]]",
    ];
    let ats = vec![
        "@", "[@]", "(at)", "[at]", " [at] ", "{AT}", "\u{ff20}", "&commat;",
    ];
    let schemes = vec!["http", "hxxp", "hXXp", "h**p", "HTTP", "htxp"];
    let colons = vec!["://", "[:]//", "[://]", ":\\/\\/", "[:][/][/]", ":[//]"];
    (
        prop::sample::select(dots),
        prop::sample::select(ats),
        prop::sample::select(schemes),
        prop::sample::select(colons),
        any::<bool>(),
    )
        .prop_map(|(dot, at, scheme, colon, only_first_dot)| Defanging {
            dot,
            at,
            scheme,
            colon,
            only_first_dot,
        })
}

impl Defanging {
    fn apply(&self, plain: &str) -> String {
        let (scheme, rest) = match plain.split_once("://") {
            Some((scheme, rest)) => (
                format!("{}{}{}", self.scheme, &scheme["http".len()..], self.colon),
                rest,
            ),
            None => (String::new(), plain),
        };
        let count = if self.only_first_dot { 1 } else { usize::MAX };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        scheme + &host.replacen('.', self.dot, count).replace('@', self.at) + path
    }
}

/// Prose that ends with something after which a new item begins.
fn before() -> impl Strategy<Value = String> {
    let border = prop::sample::select(vec![
        " ", "\n", "\t", "(", "\"", "<", ", ", "=\"", "| ", "「", "“", "\r\n",
    ]);
    (prop::collection::vec(piece(), 0..6), border).prop_map(|(pieces, border)| {
        // A word that makes versions, an open quote of a share or a URL would be context, not noise.
        let prose = pieces.concat();
        let harmless: String = prose.chars().filter(|c| !"/\\:vn".contains(*c)).collect();
        format!("{harmless} and{border}")
    })
}

fn after() -> impl Strategy<Value = String> {
    let border = prop::sample::select(vec![
        "", " ", "\n", ". ", ", ", ")", "\"", ">", "!\n", "」", "”", "…", "\r\n",
    ]);
    (border, nasty_text()).prop_map(|(border, text)| match border {
        "" => String::new(),
        // A bracketed separator at the start of what follows would belong to the item.
        border => format!("{border}x {text}"),
    })
}

/// What is found in the text and is something else when its own text is recognised, if there is any.
fn read_otherwise_alone(text: &str) -> Option<String> {
    extract(text).found.into_iter().find_map(|found| {
        let kind = found.observable.kind();
        let again = Observable::from_canonical(kind, &found.observable.to_string());
        let of_raw = recognise(found.text).map(|observable| observable.kind());
        let is_thumbprint = kind == ObservableKind::CertificateThumbprint;
        let agrees =
            again.as_ref() == Ok(&found.observable) && (is_thumbprint || of_raw == Ok(kind));
        (!agrees).then(|| format!("{found:?} gave {again:?} and {of_raw:?}"))
    })
}

#[test]
fn what_stands_around_a_finding_changes_nothing_about_it() {
    let cases = [
        // A bracket that was opened outside of the name.
        "\u{200b}[.vevil.comé).ziphttp://",
        "-\u{200b}[.vevil.com).zip",
        "a..user[@evil.com].zip",
        "a[.b+evil.com].zip",
        "a[.b:evil.com].zip",
        "a[.b/evil.com].zip",
        "a[.例evil.com].zip",
        // Backslashes behind a URL that began with them.
        "https:\\\\|evil.com\\\\a",
        "https:\\\\x,evil.com\\a",
        "https:\\\\x(evil.com\\a",
        "https:\\\\例evil.com\\a",
        "https:\\\\x&quot;evil.com\\a",
        "xftp:\\\\evil.com\\a",
        "éftp:\\\\evil.com\\a",
        // Colons in brackets at the ends of an address.
        "C:\\(:/]",
        "\\n{::]999:",
        "\\n[:]:999 x",
        // A sign behind the URL that is bracketed only because something follows it.
        "evil.com//A [at] (က",
        "http://evil.com/A [at] “x",
        // A question, not a query.
        "1.2.3.4/24?\\Σ",
        "1.2.3.4/24.5",
        "1.2.3.4/24.",
        "1.2.3.4/24-",
        "1.2.3.4/24_",
        "1.2.3.4/24?.",
        "1.2.3.4/24?x",
        "1.2.3.4:80/24?",
        "1.2.3.4/24/?",
        "2001:db8::1/24?x",
        "1.2.3.4/24.5-6",
        "1.2.3.4/-1",
        "1.2.3.4-x/24",
        "1.2.3.4/.",
        "1.2.3.4/.1",
    ];
    for text in cases {
        assert_eq!(read_otherwise_alone(text), None, "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn extraction_accounts_for_its_places(text in nasty_text()) {
        let mut last = 0;
        for item in Extractor::new(&text) {
            let (span, line, raw) = match &item {
                Extracted::Found(found) => (&found.span, found.line, found.text),
                Extracted::Refused(refused) => (&refused.span, refused.line, refused.text),
            };
            prop_assert_eq!(text.get(span.clone()), Some(raw));
            prop_assert!(!raw.is_empty());
            prop_assert!(last <= span.start, "out of order or overlapping: {:?}", item);
            prop_assert_eq!(line, 1 + text[..span.start].matches('\n').count());
            last = span.end;
        }
    }

    #[test]
    fn what_is_found_is_recognised_from_its_own_text(text in nasty_text()) {
        prop_assert_eq!(read_otherwise_alone(&text), None);
    }

    #[test]
    fn recognising_never_panics_and_is_stable(text in nasty_text()) {
        let Ok(observable) = recognise(&text) else { return Ok(()) };
        let value = observable.to_string();
        prop_assert_eq!(Observable::from_canonical(observable.kind(), &value), Ok(observable.clone()));
        // A path may hold what looks like defanging, and digits alone do not tell a thumbprint.
        let is_plain = refang(&value) == value && observable.kind() != ObservableKind::CertificateThumbprint;
        if is_plain {
            prop_assert_eq!(recognise(&value), Ok(observable));
        }
    }

    #[test]
    fn any_kind_may_be_claimed_of_any_text(text in nasty_text()) {
        for kind in ObservableKind::ALL {
            if let Ok(observable) = recognise_as(kind, &text) {
                let value = observable.to_string();
                prop_assert_eq!(Observable::from_canonical(observable.kind(), &value), Ok(observable));
            }
        }
    }

    #[test]
    fn decoding_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(decoded) = decode(&bytes) {
            prop_assert!(!decoded.text.as_bytes().contains(&0));
            prop_assert!(extract(&decoded.text).found.len() <= decoded.text.len());
        }
    }

    #[test]
    fn a_planted_observable_is_found(
        plain in plain_observable(),
        defanging in defanging(),
        before in before(),
        after in after(),
    ) {
        let planted = defanging.apply(&plain);
        let text = format!("{before}{planted}{after}");
        let expected: Observable = recognise(&plain).unwrap();
        let found = extract(&text).found;
        let is_found = found.iter().any(|found| found.observable == expected && found.span.start == before.len());
        prop_assert!(is_found, "{planted:?} was not found in {text:?}: {found:#?}");
    }

    #[test]
    fn refanging_a_defanged_observable_gives_it_back_for_good(plain in plain_observable(), defanging in defanging()) {
        let once = refang(&defanging.apply(&plain)).into_owned();
        prop_assert_eq!(refang(&once), once.as_str());
        prop_assert_eq!(recognise(&once), recognise(&plain));
        prop_assert_eq!(recognise(&defanging.apply(&plain)), recognise(&plain));
    }

    #[test]
    fn text_without_disguise_is_borrowed(text in "[a-z0-9 .,/@-]{0,60}") {
        prop_assert!(matches!(refang(&text), std::borrow::Cow::Borrowed(_)));
    }
}
