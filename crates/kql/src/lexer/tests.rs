use super::*;

fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
    let Tokens { tokens, .. } = tokenize(text);
    tokens
        .iter()
        .map(|token| (token.kind, token.span().text(text)))
        .filter(|(kind, _)| *kind != TokenKind::End)
        .collect()
}

fn literals(text: &str) -> Vec<LiteralKind> {
    kinds(text)
        .into_iter()
        .filter_map(|(kind, _)| match kind {
            TokenKind::Literal(kind) => Some(kind),
            _ => None,
        })
        .collect()
}

#[test]
fn reads_the_forms_of_strings() {
    for text in [
        r#""a\"b""#,
        r"'a\'b'",
        r#"@"a""b\""#,
        "@'a''b'",
        "```a\n`b```",
        "~~~a\nb~~~",
        r#"h"a""#,
        "H@'a'",
        "@```a```",
        "h```a```",
    ] {
        assert_eq!(
            kinds(text),
            [(TokenKind::Literal(LiteralKind::String), text)],
            "{text}"
        );
        assert_eq!(tokenize(text).diagnostics, []);
    }
}

#[test]
fn decodes_strings() {
    let cases = [
        (r#""a\tb\\c\"d\u0041\x42\103\U0001F600""#, "a\tb\\c\"dABC😀"),
        (r#""\ud83d\ude00""#, "😀"),
        (r#""\0\377\477""#, "\0\u{ff}\u{27}7"),
        (r#"@"C:\a""b""#, r#"C:\a"b"#),
        ("```a\\n`\n```", "a\\n`\n"),
        ("~~~x~~~", "x"),
        ("h'it''s", "it''s"),
        ("H@'it''s'", "it's"),
    ];
    for (literal, value) in cases {
        assert_eq!(decode_string(literal), value, "{literal}");
    }
}

#[test]
fn complains_about_unknown_escapes_and_goes_on() {
    let text = r#""a\qb\." x"#;
    let found = tokenize(text);
    assert_eq!(found.tokens.len(), 3);
    let spans: Vec<_> = found
        .diagnostics
        .iter()
        .map(|it| (it.code, it.span.text(text)))
        .collect();
    assert_eq!(
        spans,
        [
            (codes::INVALID_ESCAPE, r"\q"),
            (codes::INVALID_ESCAPE, r"\.")
        ]
    );
}

#[test]
fn an_unclosed_string_ends_with_its_line() {
    let text = "\"abc\n| take 1";
    let found = tokenize(text);
    assert_eq!(found.diagnostics[0].code, codes::UNTERMINATED_STRING);
    assert_eq!(found.diagnostics[0].span.text(text), "\"abc");
    assert_eq!(
        found.tokens[1].kind,
        TokenKind::Punctuation(Punctuation::Bar)
    );
}

#[test]
fn reads_numbers_and_timespans() {
    use LiteralKind::{Long, Real, TimeSpan};
    assert_eq!(literals("1 0xfF 12345"), [Long; 3]);
    assert_eq!(literals("1.5 1. 1e5 1.5E-3 1.e3"), [Real; 5]);
    assert_eq!(
        literals("1d 2.5h 10ms 1tick 3microsecond 1minute 1minutes 1sec 1hour 1day 1days"),
        [TimeSpan; 11]
    );
    assert_eq!(literals("1..2"), [Long, Long]);
}

#[test]
fn reads_names_that_start_with_digits() {
    for text in ["7days_ago", "2d4h", "1e", "0x", "1_000", "3Dchart"] {
        assert_eq!(kinds(text), [(TokenKind::Identifier, text)], "{text}");
    }
}

#[test]
fn reads_typed_literals_as_one_token() {
    use LiteralKind::{Bool, DateTime, Decimal, Guid, Int, Long, Real, TimeSpan};
    let text = "datetime(2020-01-01 10:00) date(2020) timespan(1d) time(1.00:00:00) guid(x) long(1) int(null) real(nan) double(1) \
                decimal(1.5) bool(1) true False";
    let expected = [
        DateTime, DateTime, TimeSpan, TimeSpan, Guid, Long, Int, Real, Real, Decimal, Bool, Bool,
        Bool,
    ];
    assert_eq!(literals(text), expected);
    assert_eq!(
        literals("datetime (2020)"),
        [Long],
        "a space before the bracket makes it a keyword"
    );
}

#[test]
fn an_unclosed_typed_literal_is_reported() {
    let found = tokenize("datetime(2020\n");
    assert_eq!(found.diagnostics[0].code, codes::UNCLOSED_BRACKET);
}

#[test]
fn reads_operators_and_words() {
    let text =
        "a !in~ (1) and b !has_cs 'x' or c matches regex 'y' $left.d =~ e != f !~ g <> h => i";
    let words: Vec<_> = kinds(text).into_iter().map(|(_, text)| text).collect();
    assert_eq!(
        words.join(" "),
        "a !in~ ( 1 ) and b !has_cs 'x' or c matches regex 'y' $left . d =~ e != f !~ g <> h => i"
    );
    assert!(kinds(text).contains(&(TokenKind::Keyword(Keyword::MatchesRegex), "matches regex")));
}

#[test]
fn keeps_comments_and_their_places() {
    let text = "// first\nT // second\n| take 1 //third";
    let tokens = tokenize(text).tokens;
    let found: Vec<_> = comments(text, &tokens)
        .iter()
        .map(|it| (it.span.text(text), it.before, it.trailing))
        .collect();
    assert_eq!(
        found,
        [
            ("// first", 0, false),
            ("// second", 1, true),
            ("//third", 4, true)
        ]
    );
}

#[test]
fn reports_characters_that_are_not_of_the_language() {
    let text = "print “a”";
    let found = tokenize(text);
    assert_eq!(found.diagnostics.len(), 2);
    assert_eq!(found.diagnostics[0].span.text(text), "“");
    assert_eq!(
        found.diagnostics[0].hint.as_deref(),
        Some("use straight quotes: \" or '")
    );
}

#[test]
fn skips_wide_spaces_and_the_byte_order_mark() {
    assert_eq!(kinds("\u{feff}T\u{a0}|\u{3000}take 1").len(), 4);
}
