//! URLs, paths, command lines and versions in parts.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::text::text_at;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::decimal::Decimal;
use crate::dynamic::{DynamicError, Writer};
use crate::kernel;
use crate::kernels::rows;

const DEFAULT: ResultName = ResultName::Default;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("parse_url", 1..=1, DEFAULT, parse_url),
    function("parseurl", 1..=1, DEFAULT, parse_url),
    function("parse_urlquery", 1..=1, DEFAULT, parse_url_query),
    function("parseurlquery", 1..=1, DEFAULT, parse_url_query),
    function("parse_path", 1..=1, DEFAULT, parse_path),
    function("parse_command_line", 2..=2, DEFAULT, parse_command_line),
    function("parse_version", 1..=1, DEFAULT, parse_version),
];

type Call = Result<Bound, CallError>;
type Written = Result<(), DynamicError>;

/// A function from one text to a dynamic.
fn map_dynamic(
    context: &CallContext<'_>,
    name: &'static str,
    argument: Bound,
    map: impl Fn(&str, &mut Writer) -> Written + Send + Sync + 'static,
) -> Bound {
    kernel::call(
        name,
        vec![argument],
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            rows::dynamics(input.rows, |row, writer| map(text_at(&texts, row), writer))
        },
    )
}

fn write_entry(writer: &mut Writer, key: &str, value: &str) {
    writer.key(key);
    writer.string(value);
}

/// `parse_url(url)`: its parts in a bag; parts that are missing are empty.
///
/// Source: learn.microsoft.com/kusto/query/parse-url-function.
fn parse_url(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let url = Arguments::new(context, arguments).string()?;
    Ok(map_dynamic(context, "parse_url", url, |url, writer| {
        let (rest, fragment) = url.split_once('#').unwrap_or((url, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (scheme, rest) = match rest.split_once("://") {
            Some((scheme, rest)) => (scheme, Some(rest)),
            None => ("", None),
        };
        let (authority, path) = match rest {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => ("", without_scheme(url)),
        };
        let (user, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        let (host, port) = split_port(place);
        writer.open_bag()?;
        for (key, value) in [
            ("Scheme", scheme),
            ("Host", host),
            ("Port", port),
            ("Path", path),
            ("Username", name),
            ("Password", password),
        ] {
            write_entry(writer, key, value);
        }
        writer.key("Query Parameters");
        write_query(query, writer)?;
        write_entry(writer, "Fragment", fragment);
        writer.close()
    }))
}

/// The path of a text that is no absolute URL.
fn without_scheme(url: &str) -> &str {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    url.get(..end).unwrap_or_default()
}

/// Host and port; an IPv6 address in brackets holds colons of its own.
fn split_port(place: &str) -> (&str, &str) {
    match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (place, ""),
    }
}

fn write_query(query: &str, writer: &mut Writer) -> Written {
    writer.open_bag()?;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        write_entry(writer, key, value);
    }
    writer.close()
}

/// `parse_urlquery(query)`: a bag with the bag `Query Parameters`.
///
/// Source: learn.microsoft.com/kusto/query/parse-url-query-function.
fn parse_url_query(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let query = Arguments::new(context, arguments).string()?;
    Ok(map_dynamic(
        context,
        "parse_urlquery",
        query,
        |query, writer| {
            writer.open_bag()?;
            writer.key("Query Parameters");
            write_query(query, writer)?;
            writer.close()
        },
    ))
}

/// `parse_path(path)`: of Windows and of Unix, with or without `file://`.
///
/// Source: learn.microsoft.com/kusto/query/parse-path-function.
fn parse_path(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let path = Arguments::new(context, arguments).string()?;
    Ok(map_dynamic(context, "parse_path", path, |path, writer| {
        let (scheme, rest) = path.split_once("://").unwrap_or(("", path));
        let root = root_path(rest);
        let name_at = rest.rfind(['/', '\\']);
        let (directory, name) = match name_at {
            Some(at) => (
                rest.get(..at).unwrap_or_default(),
                rest.get(at + 1..).unwrap_or_default(),
            ),
            None => ("", rest),
        };
        let (name, stream) = name.split_once(':').unwrap_or((name, ""));
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let directory_name = directory.rsplit(['/', '\\']).next().unwrap_or_default();
        writer.open_bag()?;
        for (key, value) in [
            ("Scheme", scheme),
            ("RootPath", root),
            ("DirectoryPath", directory),
            ("DirectoryName", directory_name),
            ("Filename", name),
            ("Extension", extension),
            ("AlternateDataStreamName", stream),
        ] {
            write_entry(writer, key, value);
        }
        writer.close()
    }))
}

/// The drive of a Windows path, as `C:\`.
fn root_path(path: &str) -> &str {
    match path.as_bytes() {
        [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic() => {
            path.get(..3).unwrap_or_default()
        }
        _ => "",
    }
}

/// `parse_command_line(text, "windows")`: the arguments as Windows programs see them.
///
/// Sources: learn.microsoft.com/kusto/query/parse-command-line-function,
/// learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments.
fn parse_command_line(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let mut arguments = Arguments::new(context, arguments);
    let (text, kind) = (arguments.text()?, arguments.known_string()?);
    if kind != "windows" {
        return Err(context.invalid(format!(
            "parse_command_line() knows the parser \"windows\", not \"{kind}\""
        )));
    }
    Ok(map_dynamic(
        context,
        "parse_command_line",
        text,
        |text, writer| {
            if text.trim().is_empty() {
                return Ok(());
            }
            writer.open_array()?;
            let mut rest = text.trim_start_matches([' ', '\t']);
            while !rest.is_empty() {
                let mut argument = String::new();
                rest = take_argument(rest, &mut argument).trim_start_matches([' ', '\t']);
                writer.string(&argument);
            }
            writer.close()
        },
    ))
}

/// Reads one argument and gives what follows it.
fn take_argument<'a>(text: &'a str, argument: &mut String) -> &'a str {
    let mut rest = text;
    let mut is_quoted = false;
    while let Some(next) = rest.chars().next() {
        match next {
            ' ' | '\t' if !is_quoted => return rest,
            '\\' => {
                let slashes = rest.len() - rest.trim_start_matches('\\').len();
                rest = rest.get(slashes..).unwrap_or_default();
                let before_quote = rest.starts_with('"');
                let kept = if before_quote { slashes / 2 } else { slashes };
                argument.extend(std::iter::repeat_n('\\', kept));
                if before_quote && slashes % 2 == 1 {
                    argument.push('"');
                    rest = rest.get(1..).unwrap_or_default();
                }
            }
            '"' => {
                rest = rest.get(1..).unwrap_or_default();
                if is_quoted && rest.starts_with('"') {
                    argument.push('"');
                    rest = rest.get(1..).unwrap_or_default();
                } else {
                    is_quoted = !is_quoted;
                }
            }
            other => {
                argument.push(other);
                rest = rest.get(other.len_utf8()..).unwrap_or_default();
            }
        }
    }
    rest
}

/// `parse_version(text)`: up to four parts of up to eight digits as one number, for comparison.
///
/// Source: learn.microsoft.com/kusto/query/parse-version-function.
fn parse_version(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let version = Arguments::new(context, arguments).string()?;
    Ok(kernel::call(
        "parse_version",
        vec![version],
        ScalarType::Decimal,
        context.span,
        |input| {
            let texts = input.strings(0)?;
            rows::decimals(input.rows, |row| {
                Decimal::from_integer(version_number(text_at(&texts, row))?)
            })
        },
    ))
}

fn version_number(text: &str) -> Option<i128> {
    let mut number = 0_i128;
    let mut parts = text.split('.');
    for place in 0..4 {
        let part = match (parts.next(), place) {
            (None, 0) => return None,
            (None, _) => "0",
            (Some(part), _) => part,
        };
        let is_number =
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        number = number * 100_000_000 + part.parse::<i128>().ok().filter(|_| is_number)?;
    }
    parts.next().is_none().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{eval, json, text};
    use super::*;

    #[test]
    fn urls() {
        assert_eq!(
            json(
                "parse_url",
                &[text(
                    "scheme://username:password@host:1234/this/is/a/path?k1=v1&k2=v2#fragment"
                )]
            ),
            r#"{"Scheme":"scheme","Host":"host","Port":"1234","Path":"/this/is/a/path","Username":"username","Password":"password","Query Parameters":{"k1":"v1","k2":"v2"},"Fragment":"fragment"}"#
        );
        assert_eq!(
            json("parse_url", &[text("https://[::1]/")]),
            r#"{"Scheme":"https","Host":"[::1]","Port":"","Path":"/","Username":"","Password":"","Query Parameters":{},"Fragment":""}"#
        );
        assert_eq!(
            json("parse_urlquery", &[text("k1=v1&k2=v2&k3")]),
            r#"{"Query Parameters":{"k1":"v1","k2":"v2","k3":""}}"#
        );
    }

    #[test]
    fn paths() {
        let path = |path: &str| {
            let parts = json("parse_path", &[text(path)]);
            let parts: serde_json::Value = serde_json::from_str(&parts).unwrap();
            parts
                .as_object()
                .unwrap()
                .values()
                .map(|part| part.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            path(r"C:\temp\file.txt"),
            ["", r"C:\", r"C:\temp", "temp", "file.txt", "txt", ""]
        );
        assert_eq!(
            path(r"temp\file.txt"),
            ["", "", "temp", "temp", "file.txt", "txt", ""]
        );
        assert_eq!(
            path("file://C:/temp/file.txt:some.exe"),
            [
                "file", "C:/", "C:/temp", "temp", "file.txt", "txt", "some.exe"
            ]
        );
        assert_eq!(
            path(r"\\shared\users\temp\file.txt.gz"),
            [
                "",
                "",
                r"\\shared\users\temp",
                "temp",
                "file.txt.gz",
                "gz",
                ""
            ]
        );
        assert_eq!(
            path("/usr/lib/temp/file.txt"),
            ["", "", "/usr/lib/temp", "temp", "file.txt", "txt", ""]
        );
    }

    #[test]
    fn command_lines() {
        for (line, expected) in [
            (r#"echo "hello world!""#, r#"["echo","hello world!"]"#),
            (r#"a\\b d"e f"g h"#, r#"["a\\\\b","de fg","h"]"#),
            (r#"a\\\"b c d"#, r#"["a\\\"b","c","d"]"#),
            (r#"a\\\\"b c" d"#, r#"["a\\\\b c","d"]"#),
            (r#""say ""hi""" x"#, r#"["say \"hi\"","x"]"#),
            (r#"x """#, r#"["x",""]"#),
            ("  ", "null"),
        ] {
            assert_eq!(
                json("parse_command_line", &[text(line), text("windows")]),
                expected,
                "{line}"
            );
        }
        assert!(eval("parse_command_line", &[text("a"), text("unix")]).is_err());
    }

    #[test]
    fn versions() {
        assert_eq!(version_number("0.0.0.5"), Some(5));
        assert_eq!(version_number("0.2"), Some(20_000_000_000_000_000));
        assert_eq!(
            version_number("1.2.3.4"),
            Some(1_000_000_020_000_000_300_000_004)
        );
        assert_eq!(version_number("1"), Some(1_000_000_000_000_000_000_000_000));
        for text in ["", "1.2.3.4.5", "1.x", "123456789", "1..2", "-1"] {
            assert_eq!(version_number(text), None, "{text}");
        }
    }
}
