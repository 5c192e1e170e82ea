//! Texts of services, made fit for errors and logs.

/// Longest text of a service that is kept, in characters.
const TEXT_MAX: usize = 2_000;

/// `text` on one line, without control characters (which could move a terminal's cursor), cut at 2,000 characters.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::new();
    let mut letters = 0;
    for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !clean.is_empty() {
            clean.push(' ');
        }
        let left = TEXT_MAX.saturating_sub(letters);
        clean.extend(word.chars().take(left));
        letters += word.chars().take(left).count() + 1;
        if letters > TEXT_MAX {
            clean.push('…');
            break;
        }
    }
    clean
}

/// [`clean`], with every occurrence of one of `secrets` replaced: a service or proxy may echo what it was sent.
pub(crate) fn clean_without(text: &str, secrets: &[&str]) -> String {
    let present = |secret: &&&str| !secret.is_empty() && text.contains(**secret);
    let replaced = secrets
        .iter()
        .filter(present)
        .fold(text.to_owned(), |text, secret| {
            text.replace(secret, "[secret]")
        });
    clean(&replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_one_harmless_line() {
        let cases = [
            ("", ""),
            ("  a\r\n b\t", "a b"),
            ("\u{1b}[2Jgone\u{7}", "[2Jgone"),
            ("caf\u{e9}", "caf\u{e9}"),
        ];
        for (text, expected) in cases {
            assert_eq!(clean(text), expected);
        }
        assert_eq!(clean(&"x".repeat(5_000)).chars().count(), TEXT_MAX + 1);
        assert!(clean(&"xy ".repeat(5_000)).chars().count() <= TEXT_MAX + 2);
    }

    #[test]
    fn an_echoed_secret_is_replaced() {
        assert_eq!(
            clean_without("bad secret s3cr3t!", &["s3cr3t"]),
            "bad secret [secret]!"
        );
        assert_eq!(clean_without("nothing", &[""]), "nothing");
    }
}
