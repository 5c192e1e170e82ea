//! Text to text: case, parts, repetition, joining.

use datafusion::arrow::array::StringViewArray;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::push_text;
use crate::kernel::{self, Input};
use crate::kernels::cells::Cells;
use crate::kernels::rows;
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("tolower", 1..=1, ResultName::Default, to_lower),
    function("toupper", 1..=1, ResultName::Default, to_upper),
    function(
        "strlen",
        1..=1,
        ResultName::NameAndFirstArgument,
        string_length,
    ),
    function(
        "string_size",
        1..=1,
        ResultName::NameAndFirstArgument,
        string_size,
    ),
    function("substring", 2..=3, ResultName::Default, substring),
    function("strcat", 1..=64, ResultName::Default, concatenate),
    function(
        "strcat_delim",
        2..=64,
        ResultName::Default,
        concatenate_delimited,
    ),
    function(
        "strcat_array",
        2..=2,
        ResultName::Default,
        concatenate_array,
    ),
    function(
        "array_strcat",
        2..=2,
        ResultName::Default,
        concatenate_array,
    ),
    function("strcmp", 2..=2, ResultName::Default, compare_text),
    function("reverse", 1..=1, ResultName::Default, reverse),
    function("split", 2..=3, ResultName::FirstArgument, split),
];

/// The text of a row.
pub(super) fn text_at(array: &StringViewArray, row: usize) -> &str {
    rows::at(array, row).unwrap_or_default()
}

/// A function from one text to text.
pub(super) fn map_text(
    context: &CallContext<'_>,
    name: &'static str,
    argument: Bound,
    map: impl Fn(&str, &mut String) + Send + Sync + 'static,
) -> Bound {
    kernel::call(
        name,
        vec![argument],
        ScalarType::String,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            rows::texts(input.rows, |row, out| map(text_at(&texts, row), out))
        },
    )
}

/// A function from one text to a number.
pub(super) fn map_long(
    context: &CallContext<'_>,
    name: &'static str,
    argument: Bound,
    map: impl Fn(&str) -> Option<i64> + Send + Sync + 'static,
) -> Bound {
    kernel::call(
        name,
        vec![argument],
        ScalarType::Long,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            rows::longs(input.rows, |row| map(text_at(&texts, row)))
        },
    )
}

/// A function from one text to a truth value.
pub(super) fn map_bool(
    context: &CallContext<'_>,
    name: &'static str,
    argument: Bound,
    map: impl Fn(&str) -> Option<bool> + Send + Sync + 'static,
) -> Bound {
    kernel::call(
        name,
        vec![argument],
        ScalarType::Bool,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            rows::bools(input.rows, |row| map(text_at(&texts, row)))
        },
    )
}

/// `tolower(value)`.
///
/// Source: learn.microsoft.com/kusto/query/tolower-function.
fn to_lower(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let text = Arguments::new(context, arguments).text()?;
    Ok(map_text(context, "tolower", text, |text, out| {
        push_case(text, out, str::make_ascii_lowercase, char::to_lowercase);
    }))
}

/// `toupper(value)`.
///
/// Source: learn.microsoft.com/kusto/query/toupper-function.
fn to_upper(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let text = Arguments::new(context, arguments).text()?;
    Ok(map_text(context, "toupper", text, |text, out| {
        push_case(text, out, str::make_ascii_uppercase, char::to_uppercase);
    }))
}

/// Maps characters one by one: a character whose other case is several characters stays.
fn push_case<I: ExactSizeIterator<Item = char>>(
    text: &str,
    out: &mut String,
    ascii: impl Fn(&mut str),
    other: impl Fn(char) -> I,
) {
    if text.is_ascii() {
        out.push_str(text);
        ascii(out);
        return;
    }
    for character in text.chars() {
        let mapped = other(character);
        if mapped.len() == 1 {
            out.extend(mapped);
        } else {
            out.push(character);
        }
    }
}

/// `strlen(text)`: in Unicode code points.
///
/// Source: learn.microsoft.com/kusto/query/strlen-function.
fn string_length(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let text = Arguments::new(context, arguments).string_or_dynamic()?;
    Ok(map_long(context, "strlen", text, |text| {
        i64::try_from(text.chars().count()).ok()
    }))
}

/// `string_size(text)`: in bytes of UTF-8.
///
/// Source: learn.microsoft.com/kusto/query/string-size-function.
fn string_size(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let text = Arguments::new(context, arguments).string_or_dynamic()?;
    Ok(map_long(context, "string_size", text, |text| {
        i64::try_from(text.len()).ok()
    }))
}

/// `substring(text, start [, length])`: from 0, or from the end when negative; what lies outside
/// the text is left out.
///
/// Source: learn.microsoft.com/kusto/query/substring-function.
fn substring(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let (text, start) = (arguments.text()?, arguments.integer()?);
    let length = arguments.or(Value::Long(i64::MAX), Arguments::integer)?;
    let arguments = vec![text, start, length];
    Ok(kernel::call(
        "substring",
        arguments,
        ScalarType::String,
        context.span,
        |input| {
            let (texts, starts, lengths) = (input.strings(0)?, input.longs(1)?, input.longs(2)?);
            rows::slices(input.rows, |row| {
                let place = rows::at(&starts, row).zip(rows::at(&lengths, row));
                place.map_or("", |(start, length)| {
                    part(text_at(&texts, row), start, length)
                })
            })
        },
    ))
}

/// The characters of a text from `start` on.
fn part(text: &str, start: i64, length: i64) -> &str {
    let is_ascii = text.is_ascii();
    let characters = if is_ascii || start >= 0 {
        text.len()
    } else {
        text.chars().count()
    };
    let start = match usize::try_from(start) {
        Ok(start) => start,
        Err(_) => {
            characters.saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX))
        }
    };
    let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
    if is_ascii {
        let to = start.saturating_add(length).min(text.len());
        return text.get(start..to).unwrap_or_default();
    }
    let rest = text.get(byte_of(text, start)..).unwrap_or_default();
    rest.get(..byte_of(rest, length)).unwrap_or_default()
}

/// Where the character of that number starts; the end of the text when there are fewer.
pub(super) fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices()
        .nth(character)
        .map_or(text.len(), |(byte, _)| byte)
}

/// `strcat(values…)`.
///
/// Source: learn.microsoft.com/kusto/query/strcat-function.
fn concatenate(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    Ok(kernel::call(
        "strcat",
        arguments,
        ScalarType::String,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::texts(input.rows, |row, out| {
                cells.iter().for_each(|cells| cells.push_text(row, out));
            })
        },
    ))
}

/// `strcat_delim(delimiter, values…)`.
///
/// Source: learn.microsoft.com/kusto/query/strcat-delim-function.
fn concatenate_delimited(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
) -> Result<Bound, CallError> {
    let types: Vec<ScalarType> = arguments.iter().map(|value| value.scalar_type).collect();
    Ok(kernel::call(
        "strcat_delim",
        arguments,
        ScalarType::String,
        context.span,
        move |input| {
            let cells = all_cells(input, 0, &types)?;
            rows::texts(input.rows, |row, out| {
                let Some((delimiter, values)) = cells.split_first() else {
                    return;
                };
                for (position, cells) in values.iter().enumerate() {
                    if position > 0 {
                        delimiter.push_text(row, out);
                    }
                    cells.push_text(row, out);
                }
            })
        },
    ))
}

/// The arguments from `first` on, whose types are given for all arguments.
pub(super) fn all_cells(
    input: &Input<'_>,
    first: usize,
    types: &[ScalarType],
) -> Result<Vec<Cells>, datafusion::common::DataFusionError> {
    let from_first = types.iter().enumerate().skip(first);
    from_first
        .map(|(index, &scalar_type)| Cells::of(input, index, scalar_type))
        .collect()
}

/// `strcat_array(array, delimiter)`: null where there is no array, which as text is empty.
///
/// Source: learn.microsoft.com/kusto/query/strcat-array-function.
fn concatenate_array(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let arguments = vec![arguments.dynamic()?, arguments.text()?];
    Ok(kernel::call(
        "strcat_array",
        arguments,
        ScalarType::String,
        context.span,
        |input| {
            let (arrays, delimiters) =
                (Cells::of(input, 0, ScalarType::Dynamic)?, input.strings(1)?);
            rows::texts(input.rows, |row, out| {
                let Some(array) = arrays.dynamic(row).as_array() else {
                    return;
                };
                for (position, item) in array.iter().enumerate() {
                    if position > 0 {
                        out.push_str(text_at(&delimiters, row));
                    }
                    push_text(item, out);
                }
            })
        },
    ))
}

/// `strcmp(first, second)`: -1, 0 or 1 by the order of code points.
///
/// Source: learn.microsoft.com/kusto/query/strcmp-function.
fn compare_text(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let arguments = vec![arguments.text()?, arguments.text()?];
    Ok(kernel::call(
        "strcmp",
        arguments,
        ScalarType::Long,
        context.span,
        |input| {
            let (first, second) = (input.strings(0)?, input.strings(1)?);
            rows::longs(input.rows, |row| {
                Some(text_at(&first, row).cmp(text_at(&second, row)) as i64)
            })
        },
    ))
}

/// `reverse(value)`: the text with its code points in the opposite order.
///
/// Source: learn.microsoft.com/kusto/query/reverse-function.
fn reverse(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let text = Arguments::new(context, arguments).text()?;
    Ok(map_text(context, "reverse", text, |text, out| {
        out.extend(text.chars().rev());
    }))
}

/// `split(text, delimiter [, index])`: the parts as an array, or an array of the part at `index`.
///
/// Source: learn.microsoft.com/kusto/query/split-function.
fn split(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let (text, delimiter) = (arguments.text()?, arguments.string()?);
    let arguments = match arguments.optional(Arguments::integer)? {
        Some(index) => vec![text, delimiter, index],
        None => vec![text, delimiter],
    };
    Ok(kernel::call(
        "split",
        arguments,
        ScalarType::Dynamic,
        context.span,
        |input| {
            let (texts, delimiters) = (input.strings(0)?, input.strings(1)?);
            let indexes = if input.values.len() > 2 {
                Some(input.longs(2)?)
            } else {
                None
            };
            rows::dynamics(input.rows, |row, writer| {
                let (text, delimiter) = (text_at(&texts, row), text_at(&delimiters, row));
                writer.open_array()?;
                match &indexes {
                    None => parts(text, delimiter).for_each(|part| writer.string(part)),
                    Some(indexes) => {
                        let index =
                            rows::at(indexes, row).and_then(|index| usize::try_from(index).ok());
                        let part = index.and_then(|index| parts(text, delimiter).nth(index));
                        if let Some(part) = part {
                            writer.string(part);
                        }
                    }
                }
                writer.close()
            })
        },
    ))
}

/// The parts between delimiters; an empty delimiter splits nothing.
fn parts<'a>(text: &'a str, delimiter: &'a str) -> impl Iterator<Item = &'a str> {
    let whole = delimiter.is_empty().then_some(text);
    let split = (!delimiter.is_empty()).then(|| text.split(delimiter));
    whole.into_iter().chain(split.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, dynamic, eval, json, text};
    use crate::Value::{Long, Real, TimeSpan};

    #[test]
    fn case_and_length() {
        check(
            "tolower",
            &[(&[text("ÀBC")], text("àbc")), (&[Long(5)], text("5"))],
        );
        check(
            "toupper",
            &[
                (&[text("straße")], text("STRAßE")),
                (&[dynamic("\"a\"")], text("A")),
            ],
        );
        check(
            "strlen",
            &[
                (&[text("⒦⒰⒮⒯⒪")], Long(5)),
                (&[text("👨\u{200d}👩\u{200d}👧")], Long(5)),
                (&[text("")], Long(0)),
            ],
        );
        check("string_size", &[(&[text("⒦⒰⒮⒯⒪")], Long(15))]);
        assert!(eval("strlen", &[Long(5)]).is_err());
    }

    #[test]
    fn parts_of_text() {
        check(
            "substring",
            &[
                (&[text("abcdefg"), Long(1)], text("bcdefg")),
                (&[text("123456"), Long(2), Long(2)], text("34")),
                (&[text("ABCD"), Long(0), Long(2)], text("AB")),
                (&[text("ABCD"), Long(-2)], text("CD")),
                (&[text("ABCD"), Long(-2), Long(1)], text("C")),
                (&[text("ABCD"), Long(9)], text("")),
                (&[text("ABCD"), Long(1), Long(-1)], text("")),
                (&[text("日本語"), Long(1), Long(1)], text("本")),
                (&[text("日本語"), Long(-1)], text("語")),
            ],
        );
        assert_eq!(json("split", &[text("a__b"), text("_")]), r#"["a","","b"]"#);
        assert_eq!(json("split", &[text(""), text("_")]), r#"[""]"#);
        assert_eq!(
            json("split", &[text("aaa_bbb_ccc"), text("_"), Long(1)]),
            r#"["bbb"]"#
        );
        assert_eq!(
            json("split", &[text("aabbcc"), text("bb")]),
            r#"["aa","cc"]"#
        );
    }

    #[test]
    fn joining() {
        check(
            "strcat",
            &[(
                &[text("a"), Long(1), Real(2.0), TimeSpan(10_000_000)],
                text("a12.000:00:01"),
            )],
        );
        check(
            "strcat_delim",
            &[(
                &[
                    text("-"),
                    Long(1),
                    text("2"),
                    text("A"),
                    TimeSpan(10_000_000),
                ],
                text("1-2-A-00:00:01"),
            )],
        );
        check(
            "strcat_array",
            &[
                (&[dynamic("[1,2,3]"), text("->")], text("1->2->3")),
                (&[dynamic("{}"), text("->")], text("")),
            ],
        );
        check(
            "strrep",
            &[
                (&[text("ABC"), Long(2)], text("ABCABC")),
                (&[Long(123), Long(3), text(".")], text("123.123.123")),
            ],
        );
        assert!(eval("strrep", &[text("0123456789"), Long(i64::MAX)]).is_ok());
    }

    #[test]
    fn replacing_and_comparing() {
        check(
            "replace_string",
            &[
                (&[text("A cat"), text("cat"), text("dog")], text("A dog")),
                (&[text("a"), text(""), text("x")], text("a")),
            ],
        );
        let message = text("This is an example of using replace_strings()");
        check(
            "replace_strings",
            &[
                (
                    &[
                        message.clone(),
                        dynamic(r#"["This","is"]"#),
                        dynamic(r#"["This","was"]"#),
                    ],
                    text("This was an example of using replace_strings()"),
                ),
                (
                    &[
                        message,
                        dynamic(r#"["is","This"]"#),
                        dynamic(r#"["was","This"]"#),
                    ],
                    text("Thwas was an example of using replace_strings()"),
                ),
            ],
        );
        check(
            "strcmp",
            &[
                (&[text("abc"), text("ABC")], Long(1)),
                (&[text("ABC"), text("abc")], Long(-1)),
                (&[text("a"), text("a")], Long(0)),
            ],
        );
        check(
            "translate",
            &[
                (&[text("abc"), text("x"), text("abc")], text("xxx")),
                (
                    &[text("krasp"), text("otsku"), text("spark")],
                    text("kusto"),
                ),
            ],
        );
        check("reverse", &[(&[Real(123.45)], text("54.321"))]);
    }

    #[test]
    fn code_points() {
        assert_eq!(
            json("unicode_codepoints_from_string", &[text("aé")]),
            "[97,233]"
        );
        check(
            "unicode_codepoints_to_string",
            &[(
                &[dynamic("[75,117,115]"), Long(116), Long(111)],
                text("Kusto"),
            )],
        );
    }
}
