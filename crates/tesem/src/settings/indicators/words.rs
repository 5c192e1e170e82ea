//! How values of `[indicators]` and of its flags are written.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use jiff::SignedDuration;
use tesem_defender::endpoint::{IndicatorAction, IndicatorSeverity};
use tesem_indicators::{CAPACITY, Expiry, Template, action_named, severity_named};
use url::Url;

use crate::settings::span::span;

/// What happens on a match, in any letter case; names of older indicators too.
pub(crate) fn action(text: &str) -> Result<IndicatorAction, String> {
    action_named(text).map_err(|error| error.to_string())
}

/// How bad a match is, in any letter case.
pub(crate) fn severity(text: &str) -> Result<IndicatorSeverity, String> {
    severity_named(text).map_err(|error| error.to_string())
}

/// A text with places. The service takes no indicator without title or description.
pub(crate) fn template(text: &str) -> Result<Template, String> {
    if text.trim().is_empty() {
        return Err("it is empty, and the service takes no indicator without it".to_owned());
    }
    parsed(text)
}

/// How long an indicator lives.
pub(crate) fn expiry(text: &str) -> Result<Expiry, String> {
    if text.trim().eq_ignore_ascii_case("never") {
        return Ok(Expiry::Never);
    }
    match span(text) {
        Ok(life) if life > SignedDuration::ZERO => Ok(Expiry::After(life)),
        _ => Err(format!(
            "`{text}` is no life of an indicator; write a span such as `365d` or `12h`, or `never`"
        )),
    }
}

/// An address of the web; an empty text is none.
pub(crate) fn page(text: &str) -> Result<String, String> {
    let is_page = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    if text.is_empty() || Url::parse(text).is_ok_and(is_page) {
        return Ok(text.to_owned());
    }
    Err(format!("`{text}` is no http(s) address"))
}

/// The name of a device group.
pub(crate) fn group(text: &str) -> Result<String, String> {
    named(text, "the name of a device group")
}

/// The label that tells ours from others'.
pub(crate) fn application(text: &str) -> Result<String, String> {
    named(text, "a label that tells ours from others'")
}

fn named(text: &str, what: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err(format!("it is empty; it is {what}")),
        name => Ok(name.to_owned()),
    }
}

/// A number of indicators that are made: one at least, as many as a tenant takes at most.
pub(crate) fn count(text: &str) -> Result<usize, String> {
    number(text, 1..=CAPACITY)
}

/// A number of places in the tenant.
pub(crate) fn places(text: &str) -> Result<usize, String> {
    number(text, 0..=CAPACITY)
}

/// A number of devices.
pub(crate) fn devices(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no number of devices"))
}

fn number(text: &str, range: RangeInclusive<usize>) -> Result<usize, String> {
    let number: Option<usize> = text.parse().ok();
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| {
            format!(
                "`{text}` is no number from {} to {}",
                range.start(),
                range.end()
            )
        })
}

/// What the indicators' own types read.
pub(crate) fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_does_not_matter_and_new_words_are_refused() {
        let actions = [
            ("audit", Some(IndicatorAction::Audit)),
            ("BLOCK", Some(IndicatorAction::Block)),
            (
                "blockandremediate",
                Some(IndicatorAction::BlockAndRemediate),
            ),
            ("alertandblock", Some(IndicatorAction::AlertAndBlock)),
            (" Warn ", Some(IndicatorAction::Warn)),
            ("Blok", None),
            ("", None),
        ];
        for (text, expected) in actions {
            assert_eq!(action(text).ok(), expected, "{text}");
        }
        assert_eq!(severity("HIGH"), Ok(IndicatorSeverity::High));
        assert!(severity("grave").unwrap_err().contains("`grave`"));
    }

    #[test]
    fn an_indicator_lives_for_a_while_or_for_ever() {
        let days = |count: i64| Some(Expiry::After(SignedDuration::from_hours(24 * count)));
        let cases = [
            ("365d", days(365)),
            ("Never", Some(Expiry::Never)),
            ("0d", None),
            ("-1d", None),
            ("soon", None),
        ];
        for (text, expected) in cases {
            assert_eq!(expiry(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn numbers_and_pages_are_checked() {
        let counts = [
            ("1", Some(1)),
            ("15000", Some(15_000)),
            ("0", None),
            ("15001", None),
            ("x", None),
        ];
        for (text, expected) in counts {
            assert_eq!(count(text).ok(), expected, "{text}");
        }
        assert_eq!(places("0"), Ok(0));
        assert!(devices("-1").is_err());
        for (text, is_page) in [
            ("https://intranet.example/why", true),
            ("", true),
            ("ftp://x", false),
            ("intranet", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(page(text).is_ok(), is_page, "{text}");
        }
    }
}
