//! Base64, percent encoding, CSV lines, digests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::text::{map_text, text_at};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::View;
use crate::kernel;
use crate::kernels::rows;

const DEFAULT: ResultName = ResultName::Default;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("base64_encode_tostring", 1..=1, DEFAULT, base64_encode),
    function("base64_encodestring", 1..=1, DEFAULT, base64_encode),
    function("base64_decode_tostring", 1..=1, DEFAULT, base64_decode),
    function("base64_decodestring", 1..=1, DEFAULT, base64_decode),
    function("base64_decode_toarray", 1..=1, DEFAULT, base64_to_array),
    function("base64_encode_fromarray", 1..=1, DEFAULT, base64_from_array),
    function("base64_decode_toguid", 1..=1, DEFAULT, base64_to_guid),
    function("base64_encode_fromguid", 1..=1, DEFAULT, base64_from_guid),
    function("url_encode", 1..=1, DEFAULT, url_encode),
    function("url_encode_component", 1..=1, DEFAULT, url_encode_component),
    function("url_decode", 1..=1, DEFAULT, url_decode),
    function("parse_csv", 1..=1, ResultName::FirstArgument, parse_csv),
    function("hash_sha256", 1..=1, DEFAULT, hash_sha256),
    function("hash_md5", 1..=1, DEFAULT, hash_md5),
    function("hash_sha1", 1..=1, DEFAULT, hash_sha1),
];

type Call = Result<Bound, CallError>;

fn decoded(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// `base64_encode_tostring(text)`.
///
/// Source: learn.microsoft.com/kusto/query/base64-encode-tostring-function.
fn base64_encode(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let text = Arguments::new(context, arguments).string()?;
    Ok(map_text(
        context,
        "base64_encode_tostring",
        text,
        |text, out| STANDARD.encode_string(text, out),
    ))
}

/// `base64_decode_tostring(text)`: empty where it is no Base64 or the bytes are not UTF-8.
///
/// Source: learn.microsoft.com/kusto/query/base64-decode-tostring-function.
fn base64_decode(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let text = Arguments::new(context, arguments).string()?;
    Ok(map_text(
        context,
        "base64_decode_tostring",
        text,
        |text, out| {
            let bytes = decoded(text).unwrap_or_default();
            out.push_str(std::str::from_utf8(&bytes).unwrap_or_default());
        },
    ))
}

/// `base64_decode_toarray(text)`: the bytes as numbers; null where it is no Base64.
///
/// Source: learn.microsoft.com/kusto/query/base64-decode-toarray-function.
fn base64_to_array(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernel::call(
        "base64_decode_toarray",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let texts = input.strings(0)?;
            rows::dynamics(input.rows, |row, writer| {
                let Some(bytes) = decoded(text_at(&texts, row)) else {
                    return Ok(());
                };
                writer.open_array()?;
                bytes
                    .into_iter()
                    .for_each(|byte| writer.long(i64::from(byte)));
                writer.close()
            })
        },
    ))
}

/// `base64_encode_fromarray(bytes)`: empty where a value is no byte.
///
/// Source: learn.microsoft.com/kusto/query/base64-encode-fromarray-function.
fn base64_from_array(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).dynamic()?];
    Ok(kernel::call(
        "base64_encode_fromarray",
        inputs,
        ScalarType::String,
        context.span,
        |input| {
            let arrays = first(input)?;
            rows::texts(input.rows, |row, out| {
                let Some(array) = arrays.dynamic(row).as_array() else {
                    return;
                };
                let byte = |view: View<'_>| match view {
                    View::Long(number) => u8::try_from(number).ok(),
                    _ => None,
                };
                let bytes: Option<Vec<u8>> =
                    array.iter().map(|item| byte(item.view_or_null())).collect();
                STANDARD.encode_string(bytes.unwrap_or_default(), out);
            })
        },
    ))
}

/// A guid's bytes as Windows keeps them: its first three groups are little endian.
fn guid_bytes(guid: u128) -> [u8; 16] {
    uuid::Uuid::from_u128(guid).to_bytes_le()
}

/// `base64_decode_toguid(text)`: null where it is not 16 bytes.
///
/// Source: learn.microsoft.com/kusto/query/base64-decode-toguid-function.
fn base64_to_guid(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string()?];
    Ok(kernel::call(
        "base64_decode_toguid",
        inputs,
        ScalarType::Guid,
        context.span,
        |input| {
            let texts = input.strings(0)?;
            rows::guids(input.rows, |row| {
                let bytes: [u8; 16] = decoded(text_at(&texts, row))?.try_into().ok()?;
                Some(uuid::Uuid::from_bytes_le(bytes).as_u128())
            })
        },
    ))
}

/// `base64_encode_fromguid(guid)`.
///
/// Source: learn.microsoft.com/kusto/query/base64-encode-fromguid-function.
fn base64_from_guid(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).guid()?];
    Ok(kernel::call(
        "base64_encode_fromguid",
        inputs,
        ScalarType::String,
        context.span,
        |input| {
            let guids = crate::kernels::cells::Cells::of(input, 0, ScalarType::Guid)?;
            rows::texts(input.rows, |row, out| {
                if let View::Guid(guid) = guids.view(row) {
                    STANDARD.encode_string(guid_bytes(guid), out);
                }
            })
        },
    ))
}

/// `url_encode(text)`: blanks become `+`.
///
/// Source: learn.microsoft.com/kusto/query/url-encode-function.
fn url_encode(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let text = Arguments::new(context, arguments).string()?;
    Ok(map_text(context, "url_encode", text, |text, out| {
        push_percent_encoded(text, "+", out);
    }))
}

/// `url_encode_component(text)`: blanks become `%20`.
///
/// Source: learn.microsoft.com/kusto/query/url-encode-component-function.
fn url_encode_component(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let text = Arguments::new(context, arguments).string()?;
    Ok(map_text(
        context,
        "url_encode_component",
        text,
        |text, out| push_percent_encoded(text, "%20", out),
    ))
}

fn push_percent_encoded(text: &str, blank: &str, out: &mut String) {
    const PLAIN: &[u8] = b"-_.!*()";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
            out.push(char::from(byte));
        } else if byte == b' ' {
            out.push_str(blank);
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
}

/// `url_decode(text)`: `+` becomes a blank; bytes that are not UTF-8 become replacement characters.
///
/// Source: learn.microsoft.com/kusto/query/url-decode-function.
fn url_decode(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let text = Arguments::new(context, arguments).string()?;
    Ok(map_text(context, "url_decode", text, |text, out| {
        out.push_str(&String::from_utf8_lossy(&percent_decoded(text, true)));
    }))
}

/// The bytes behind percent signs; a sign without two hex digits stands for itself.
pub(super) fn percent_decoded(text: &str, plus_is_blank: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = |place: usize| {
            after
                .get(place)
                .and_then(|&digit| char::from(digit).to_digit(16))
        };
        rest = after;
        match (byte, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', ..) if plus_is_blank => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    bytes
}

/// `parse_csv(text)`: the fields of the first record.
///
/// Source: learn.microsoft.com/kusto/query/parse-csv-function.
fn parse_csv(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    let inputs = vec![Arguments::new(context, arguments).string_or_dynamic()?];
    Ok(kernel::call(
        "parse_csv",
        inputs,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let texts = input.strings(0)?;
            rows::dynamics(input.rows, |row, writer| {
                writer.open_array()?;
                csv_fields(text_at(&texts, row), |field| writer.string(field));
                writer.close()
            })
        },
    ))
}

/// The fields of the first record: quoted ones may hold commas, line ends and doubled quotes.
fn csv_fields(text: &str, mut each: impl FnMut(&str)) {
    let mut field = String::new();
    let mut characters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if is_quoted || field.is_empty() => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                each(&field);
                field.clear();
            }
            '\n' if !is_quoted => break,
            '\r' if !is_quoted && characters.peek() == Some(&'\n') => break,
            _ => field.push(character),
        }
    }
    each(&field);
}

/// A digest of the text of a value; the empty text has none.
fn digest(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    name: &'static str,
    digest: impl Fn(&[u8], &mut String) + Send + Sync + 'static,
) -> Call {
    Arguments::new(context, arguments.clone()).not_dynamic()?;
    let text = Arguments::new(context, arguments).text()?;
    Ok(map_text(context, name, text, move |text, out| {
        if !text.is_empty() {
            digest(text.as_bytes(), out);
        }
    }))
}

fn push_hex(bytes: &[u8], out: &mut String) {
    bytes
        .iter()
        .for_each(|byte| out.push_str(&format!("{byte:02x}")));
}

/// `hash_sha256(value)`: of the value's text, in lower-case hex digits.
///
/// Source: learn.microsoft.com/kusto/query/hash-sha256-function.
fn hash_sha256(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    digest(context, arguments, "hash_sha256", |bytes, out| {
        push_hex(&Sha256::digest(bytes), out);
    })
}

/// `hash_md5(value)`.
///
/// Source: learn.microsoft.com/kusto/query/hash-md5-function.
fn hash_md5(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    digest(context, arguments, "hash_md5", |bytes, out| {
        push_hex(&super::digests::md5(bytes), out);
    })
}

/// `hash_sha1(value)`.
///
/// Source: learn.microsoft.com/kusto/query/hash-sha1-function.
fn hash_sha1(context: &CallContext<'_>, arguments: Vec<Bound>) -> Call {
    digest(context, arguments, "hash_sha1", |bytes, out| {
        push_hex(&super::digests::sha1(bytes), out);
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, dynamic, eval, json, text};
    use crate::Value::{Guid, Long, Null};
    use tesem_kql::types::ScalarType;

    #[test]
    fn base64() {
        check(
            "base64_encode_tostring",
            &[(&[text("Kusto")], text("S3VzdG8="))],
        );
        check(
            "base64_decode_tostring",
            &[
                (&[text("S3VzdG8=")], text("Kusto")),
                (&[text("S3VzdG8")], text("")),
                (&[text("U3RyaW5n0KHR0tGA0L7Rh9C60LA=")], text("")),
                (&[text("not base64!")], text("")),
            ],
        );
        assert_eq!(
            json("base64_decode_toarray", &[text("S3VzdG8=")]),
            "[75,117,115,116,111]"
        );
        check(
            "base64_encode_fromarray",
            &[
                (&[dynamic("[75,117,115,116,111]")], text("S3VzdG8=")),
                (&[dynamic("[300]")], text("")),
            ],
        );
        check(
            "base64_decode_toguid",
            &[
                (
                    &[text("JpbpECu8dUy7Pv5gbeJXAA==")],
                    Guid(0x10e9_9626_bc2b_4c75_bb3e_fe60_6de2_5700),
                ),
                (&[text("abcd1231")], Null(ScalarType::Guid)),
            ],
        );
        check(
            "base64_encode_fromguid",
            &[(
                &[Guid(0xae31_33f2_6e22_49ae_b06a_16e6_a9b2_12eb)],
                text("8jMxriJurkmwahbmqbIS6w=="),
            )],
        );
    }

    #[test]
    fn urls() {
        check(
            "url_encode",
            &[(
                &[text("https://www.bing.com/hello world")],
                text("https%3a%2f%2fwww.bing.com%2fhello+world"),
            )],
        );
        check(
            "url_encode_component",
            &[(&[text("a b/é")], text("a%20b%2f%c3%a9"))],
        );
        check(
            "url_decode",
            &[
                (
                    &[text("https%3a%2f%2fwww.bing.com%2f")],
                    text("https://www.bing.com/"),
                ),
                (&[text("100%+%4")], text("100% %4")),
            ],
        );
    }

    #[test]
    fn csv() {
        assert_eq!(
            json(
                "parse_csv",
                &[text(
                    "aa,\"b,b,b\",cc,\"Escaping quotes: \"\"Title\"\"\",\"line1\nline2\""
                )]
            ),
            r#"["aa","b,b,b","cc","Escaping quotes: \"Title\"","line1\nline2"]"#
        );
        assert_eq!(
            json("parse_csv", &[text("record1,a,b,c\nrecord2,x,y,z")]),
            r#"["record1","a","b","c"]"#
        );
    }

    #[test]
    fn digests() {
        check(
            "hash_md5",
            &[
                (&[text("World")], text("f5a7924e621e84c9280a9a27e1bcb7f6")),
                (&[text("")], text("")),
            ],
        );
        check(
            "hash_sha1",
            &[(
                &[text("World")],
                text("70c07ec18ef89c5309bbb0937f3a6342411e1fdd"),
            )],
        );
        check(
            "hash_sha256",
            &[(
                &[text("World")],
                text("78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524"),
            )],
        );
        assert!(eval("hash_md5", &[dynamic("1")]).is_err());
        assert!(eval("hash_md5", &[Long(1)]).is_ok());
    }
}
