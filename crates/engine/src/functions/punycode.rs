//! Punycode (RFC 3492) of texts and of domain names, without the checks and mappings of IDNA.

use idna::punycode;

use super::arguments::Arguments;
use super::rowwise::{self, Cell, Unsupported};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};

const DEFAULT: ResultName = ResultName::Default;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("punycode_from_string", 1..=1, DEFAULT, from_string),
    function("punycode_to_string", 1..=1, DEFAULT, to_string),
    function(
        "punycode_domain_from_string",
        1..=1,
        DEFAULT,
        domain_from_string,
    ),
    function(
        "punycode_domain_to_string",
        1..=1,
        DEFAULT,
        domain_to_string,
    ),
];

type Call = Result<Bound, CallError>;

/// Longest text in bytes: the time grows with the square of the length.
const BYTES_MAX: usize = 16 << 10;

/// What marks a label in Punycode.
const PREFIX: &str = "xn--";

/// The characters that separate labels (RFC 3490, section 3.1).
const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

fn map(
    context: &CallContext<'_>,
    name: &'static str,
    arguments: Vec<Bound>,
    map: fn(&str) -> Result<String, Unsupported>,
) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(rowwise::text(
        context,
        name,
        inputs,
        move |row| -> Cell<String> {
            match row.text(0) {
                text if text.len() > BYTES_MAX => Err(Unsupported::new("so long a text")),
                text => map(text).map(Some),
            }
        },
    ))
}

fn encoded(text: &str) -> Result<String, Unsupported> {
    punycode::encode_str(text).ok_or_else(|| Unsupported::new("a text that cannot be encoded"))
}

fn decoded(text: &str) -> Result<String, Unsupported> {
    punycode::decode_to_string(text).ok_or_else(|| Unsupported::new("a text that is no Punycode"))
}

/// `punycode_from_string(text)`: the text in Punycode.
///
/// Source: learn.microsoft.com/kusto/query/punycode-from-string-function.
fn from_string(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map(
        context,
        "punycode_from_string",
        arguments,
        |text| match text.is_ascii() {
            true => Err(Unsupported::new("a text that needs no encoding")),
            false => encoded(text),
        },
    )
}

/// `punycode_to_string(text)`: the text that the Punycode stands for.
///
/// Source: learn.microsoft.com/kusto/query/punycode-to-string-function.
fn to_string(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map(context, "punycode_to_string", arguments, decoded)
}

/// `punycode_domain_from_string(domain)`: the domain with its `xn--` labels decoded.
///
/// Source: learn.microsoft.com/kusto/query/punycode-domain-from-string-function.
fn domain_from_string(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map(
        context,
        "punycode_domain_from_string",
        arguments,
        |domain| {
            labels(domain, |label| match label.strip_prefix(PREFIX) {
                Some(encoded) => decoded(encoded),
                None if label.to_ascii_lowercase().starts_with(PREFIX) => {
                    Err(Unsupported::new("a prefix in capital letters"))
                }
                None => Ok(label.to_owned()),
            })
        },
    )
}

/// `punycode_domain_to_string(domain)`: the domain with the labels that are not ASCII as `xn--` labels, whatever dots separate them.
///
/// Source: learn.microsoft.com/kusto/query/punycode-domain-to-string-function.
fn domain_to_string(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    map(context, "punycode_domain_to_string", arguments, |domain| {
        labels(domain, |label| match label.is_ascii() {
            true => Ok(label.to_owned()),
            false => Ok(format!("{PREFIX}{}", encoded(label)?)),
        })
    })
}

fn labels(
    domain: &str,
    map: fn(&str) -> Result<String, Unsupported>,
) -> Result<String, Unsupported> {
    let labels: Result<Vec<String>, Unsupported> = domain.split(DOTS).map(map).collect();
    Ok(labels?.join("."))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, text};

    #[test]
    fn texts_and_domains_go_both_ways() {
        for (name, argument, expected) in [
            ("punycode_from_string", "bücher", "bcher-kva"),
            ("punycode_to_string", "bcher-kva", "bücher"),
            (
                "punycode_domain_from_string",
                "www.xn--bcher-kva.example",
                "www.bücher.example",
            ),
            (
                "punycode_domain_to_string",
                "www。bücher.example",
                "www.xn--bcher-kva.example",
            ),
            ("punycode_domain_to_string", "example.com", "example.com"),
        ] {
            check(name, &[(&[text(argument)], text(expected))]);
        }
    }
}
