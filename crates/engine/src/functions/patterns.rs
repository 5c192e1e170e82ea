//! Regular expressions and places in text.

use regex::Regex;
use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::text::{byte_of, map_text, text_at};
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{DynamicError, DynamicValue, Writer};
use crate::kernel;
use crate::kernels::cells::Cells;
use crate::kernels::strings::{Needle, needles_of, pattern, terms::Edges};
use crate::kernels::{convert, rows};
use crate::value::Value;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("extract", 3..=4, ResultName::Default, extract),
    function("extract_all", 2..=3, ResultName::Default, extract_all),
    function("extractall", 2..=3, ResultName::Default, extract_all),
    function("replace_regex", 3..=3, ResultName::Default, replace_regex),
    function("replace", 3..=3, ResultName::Default, replace),
    function("trim", 2..=2, ResultName::Default, trim),
    function("trim_start", 2..=2, ResultName::Default, trim_start),
    function("trim_end", 2..=2, ResultName::Default, trim_end),
    function("countof", 2..=3, ResultName::Default, count_of),
    function("indexof", 2..=5, ResultName::Default, index_of),
    function("indexof_regex", 2..=5, ResultName::Default, index_of_regex),
    function("has_any_index", 2..=2, ResultName::Default, has_any_index),
    function("regex_quote", 1..=1, ResultName::Default, regex_quote),
];

/// The next argument, compiled.
fn known_pattern(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<Regex, CallError> {
    compile(context, &arguments.known_string()?)
}

fn compile(context: &CallContext<'_>, text: &str) -> Result<Regex, CallError> {
    pattern::compile(text).map_err(|error| context.invalid(error.to_string()))
}

/// `extract(regex, group, text [, typeof(type)])`: the text of a capture group, 0 for all of the
/// match; empty where nothing matches, or null where a type is asked for.
///
/// Source: learn.microsoft.com/kusto/query/extract-function.
fn extract(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let regex = known_pattern(context, &mut arguments)?;
    let (group, text) = (arguments.integer()?, arguments.string()?);
    let target = if arguments.has_more() {
        arguments.type_literal()?
    } else {
        ScalarType::String
    };
    let inputs = vec![group, text];
    let found = kernel::call(
        "extract",
        inputs,
        ScalarType::String,
        context.span,
        move |input| {
            let (groups, texts) = (input.longs(0)?, input.strings(1)?);
            let mut locations = regex.capture_locations();
            rows::slices(input.rows, |row| {
                let text = text_at(&texts, row);
                let group = rows::at(&groups, row).and_then(|group| usize::try_from(group).ok());
                group
                    .and_then(|group| capture(&regex, &mut locations, text, group))
                    .unwrap_or_default()
            })
        },
    );
    convert::to(context, found, target)
}

fn capture<'t>(
    regex: &Regex,
    locations: &mut regex::CaptureLocations,
    text: &'t str,
    group: usize,
) -> Option<&'t str> {
    if group == 0 {
        return regex.find(text).map(|found| found.as_str());
    }
    regex.captures_read(locations, text)?;
    let (from, to) = locations.get(group)?;
    text.get(from..to)
}

/// `extract_all(regex, [groups,] text)`: all matches; of one group a list of texts, of several a
/// list of lists; null where nothing matches.
///
/// Source: learn.microsoft.com/kusto/query/extract-all-function.
fn extract_all(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let has_groups = arguments.len() == 3;
    let mut arguments = Arguments::new(context, arguments);
    let regex = known_pattern(context, &mut arguments)?;
    let count = regex.captures_len() - 1;
    if !(1..=16).contains(&count) {
        return Err(
            context.invalid("extract_all() expects an expression with 1 to 16 capture groups")
        );
    }
    let groups = match has_groups {
        true => chosen_groups(context, &regex, &arguments.known_dynamic()?)?,
        false => (1..=count).collect(),
    };
    let inputs = vec![arguments.string()?];
    Ok(kernel::call(
        "extract_all",
        inputs,
        ScalarType::Dynamic,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            let mut locations = regex.capture_locations();
            rows::dynamics(input.rows, |row, writer| {
                write_matches(
                    &regex,
                    &mut locations,
                    &groups,
                    text_at(&texts, row),
                    writer,
                )
            })
        },
    ))
}

/// The numbers of groups that are given by number or name.
fn chosen_groups(
    context: &CallContext<'_>,
    regex: &Regex,
    chosen: &DynamicValue,
) -> Result<Vec<usize>, CallError> {
    let DynamicValue::Array(chosen) = chosen else {
        return Err(context.invalid("extract_all() expects an array of capture groups"));
    };
    let number = |group: &DynamicValue| match group {
        DynamicValue::Long(number) => usize::try_from(*number)
            .ok()
            .filter(|&number| number < regex.captures_len()),
        DynamicValue::String(name) => regex
            .capture_names()
            .position(|found| found == Some(name.as_str())),
        _ => None,
    };
    let groups: Option<Vec<usize>> = chosen.iter().map(number).collect();
    groups
        .filter(|groups| !groups.is_empty())
        .ok_or_else(|| context.invalid("extract_all(): the expression has no such capture group"))
}

fn write_matches(
    regex: &Regex,
    locations: &mut regex::CaptureLocations,
    groups: &[usize],
    text: &str,
    writer: &mut Writer,
) -> Result<(), DynamicError> {
    let mut from = 0;
    while let Some(found) = regex.captures_read_at(locations, text, from) {
        if writer.depth() == 0 {
            writer.open_array()?;
        }
        let group_text = |group: usize| {
            locations
                .get(group)
                .and_then(|(from, to)| text.get(from..to))
                .unwrap_or_default()
        };
        match groups {
            [only] => writer.string(group_text(*only)),
            several => {
                writer.open_array()?;
                several
                    .iter()
                    .for_each(|&group| writer.string(group_text(group)));
                writer.close()?;
            }
        }
        // An empty match must not be found again.
        from = if found.end() > found.start() {
            found.end()
        } else {
            next_character(text, found.end())
        };
        if from > text.len() {
            break;
        }
    }
    if writer.depth() == 0 {
        Ok(())
    } else {
        writer.close()
    }
}

fn next_character(text: &str, at: usize) -> usize {
    let character = text.get(at..).and_then(|rest| rest.chars().next());
    at + character.map_or(1, char::len_utf8)
}

/// `replace_regex(text, regex, rewrite)`: `\1` stands for a capture group, `\0` for all of the
/// match.
///
/// Source: learn.microsoft.com/kusto/query/replace-regex-function.
fn replace_regex(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let text = arguments.string()?;
    let regex = known_pattern(context, &mut arguments)?;
    let rewrite = Rewrite::new(&arguments.known_string()?);
    Ok(replaced(context, regex, rewrite, text))
}

/// `replace(regex, rewrite, text)`: the older form of `replace_regex`.
///
/// Source: learn.microsoft.com/kusto/query/replace-regex-function.
fn replace(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let regex = known_pattern(context, &mut arguments)?;
    let rewrite = Rewrite::new(&arguments.known_string()?);
    let text = arguments.string()?;
    Ok(replaced(context, regex, rewrite, text))
}

fn replaced(context: &CallContext<'_>, regex: Regex, rewrite: Rewrite, text: Bound) -> Bound {
    map_text(context, "replace_regex", text, move |text, out| {
        let mut copied = 0;
        for found in regex.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            out.push_str(text.get(copied..whole.start()).unwrap_or_default());
            rewrite.push(&found, out);
            copied = whole.end();
        }
        out.push_str(text.get(copied..).unwrap_or_default());
    })
}

/// What a match is replaced by: texts and capture groups.
struct Rewrite(Vec<RewritePart>);

enum RewritePart {
    Text(String),
    Group(usize),
}

impl Rewrite {
    fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let group = characters.peek().and_then(|next| next.to_digit(10));
            match (character, group) {
                ('\\', Some(group)) => {
                    characters.next();
                    parts.push(RewritePart::Text(std::mem::take(&mut plain)));
                    parts.push(RewritePart::Group(group as usize));
                }
                ('\\', None) if characters.peek() == Some(&'\\') => {
                    characters.next();
                    plain.push('\\');
                }
                _ => plain.push(character),
            }
        }
        parts.push(RewritePart::Text(plain));
        Self(parts)
    }

    fn push(&self, found: &regex::Captures<'_>, out: &mut String) {
        for part in &self.0 {
            out.push_str(match part {
                RewritePart::Text(text) => text,
                RewritePart::Group(group) => found.get(*group).map_or("", |group| group.as_str()),
            });
        }
    }
}

/// `trim(regex, text)`: removes one match at the start and one at the end.
///
/// Source: learn.microsoft.com/kusto/query/trim-function.
fn trim(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    trimmed(context, arguments, true, true)
}

/// `trim_start(regex, text)`: removes one match at the start.
///
/// Source: learn.microsoft.com/kusto/query/trim-start-function.
fn trim_start(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    trimmed(context, arguments, true, false)
}

/// `trim_end(regex, text)`: removes one match at the end.
///
/// Source: learn.microsoft.com/kusto/query/trim-end-function.
fn trim_end(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    trimmed(context, arguments, false, true)
}

fn trimmed(
    context: &CallContext<'_>,
    arguments: Vec<Bound>,
    at_start: bool,
    at_end: bool,
) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let text = arguments.known_string()?;
    compile(context, &text)?;
    let start = compile(context, &format!(r"\A(?:{text})"))?;
    let end = compile(context, &format!(r"(?:{text})\z"))?;
    let subject = arguments.string()?;
    Ok(kernel::call(
        "trim",
        vec![subject],
        ScalarType::String,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            rows::slices(input.rows, |row| {
                let mut text = text_at(&texts, row);
                if let Some(found) = start.find(text).filter(|_| at_start) {
                    text = text.get(found.end()..).unwrap_or_default();
                }
                if let Some(found) = end.find(text).filter(|_| at_end) {
                    text = text.get(..found.start()).unwrap_or_default();
                }
                text
            })
        },
    ))
}

/// `countof(text, search [, kind])`: occurrences, which overlap for the kind `normal` and do not
/// for the kind `regex`.
///
/// Source: learn.microsoft.com/kusto/query/countof-function.
fn count_of(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let (text, search) = (arguments.string()?, arguments.string()?);
    let kind = if arguments.has_more() {
        arguments.known_string()?
    } else {
        "normal".to_owned()
    };
    match kind.as_str() {
        "normal" => Ok(count_overlapping(context, text, search)),
        "regex" => {
            let Some(pattern) = search.constant_str() else {
                return Err(context.invalid_argument(&search, "expects a constant string here"));
            };
            let regex = compile(context, pattern)?;
            Ok(super::text::map_long(
                context,
                "countof",
                text,
                move |text| i64::try_from(regex.find_iter(text).count()).ok(),
            ))
        }
        _ => Err(context.invalid("countof() knows the kinds \"normal\" and \"regex\"")),
    }
}

fn count_overlapping(context: &CallContext<'_>, text: Bound, search: Bound) -> Bound {
    let inputs = vec![text, search];
    kernel::call("countof", inputs, ScalarType::Long, context.span, |input| {
        let (texts, searches) = (input.strings(0)?, input.strings(1)?);
        rows::longs(input.rows, |row| {
            let (text, search) = (text_at(&texts, row), text_at(&searches, row));
            let (mut count, mut from) = (0, 0);
            while let Some(at) = text.get(from..).and_then(|rest| rest.find(search)) {
                if search.is_empty() {
                    break;
                }
                count += 1;
                from = next_character(text, from + at);
            }
            Some(count)
        })
    })
}

/// Where a search starts, how long it goes on, and which occurrence counts.
fn search_range(
    context: &CallContext<'_>,
    arguments: &mut Arguments<'_, '_>,
) -> Result<[Bound; 3], CallError> {
    let start = arguments.or(Value::Long(0), Arguments::integer)?;
    let length = arguments.or(Value::Long(-1), Arguments::integer)?;
    let occurrence = arguments.or(Value::Long(1), Arguments::integer)?;
    if occurrence
        .constant_long()
        .is_none_or(|occurrence| occurrence < 1)
    {
        return Err(
            context.invalid_argument(&occurrence, "expects a positive constant as occurrence")
        );
    }
    Ok([start, length, occurrence])
}

/// `indexof(text, search [, start [, length [, occurrence]]])`: the place counted from 0, -1 where
/// there is none. A match must begin, not end, within the length.
///
/// Source: learn.microsoft.com/kusto/query/indexof-function.
fn index_of(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let (text, search) = (arguments.text()?, arguments.text()?);
    let [start, length, occurrence] = search_range(context, &mut arguments)?;
    let inputs = vec![text, search, start, length, occurrence];
    Ok(kernel::call(
        "indexof",
        inputs,
        ScalarType::Long,
        context.span,
        |input| {
            let (texts, searches) = (input.strings(0)?, input.strings(1)?);
            let (starts, lengths, nths) = (input.longs(2)?, input.longs(3)?, input.longs(4)?);
            rows::longs(input.rows, |row| {
                let (text, search) = (text_at(&texts, row), text_at(&searches, row));
                let range = Range::new(text, rows::at(&starts, row)?, rows::at(&lengths, row)?)?;
                let nth = rows::at(&nths, row)?;
                range.nth(text, nth, |from| {
                    let at = from + text.get(from..)?.find(search)?;
                    Some((at, next_character(text, at)))
                })
            })
        },
    ))
}

/// `indexof_regex(text, regex [, start [, length [, occurrence]]])`.
///
/// Source: learn.microsoft.com/kusto/query/indexof-regex-function.
fn index_of_regex(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let text = arguments.text()?;
    let regex = known_pattern(context, &mut arguments)?;
    let [start, length, occurrence] = search_range(context, &mut arguments)?;
    if [&start, &length]
        .iter()
        .any(|value| value.constant_long().is_none())
    {
        return Err(
            context.not_supported("indexof_regex() with a start or length that is not constant")
        );
    }
    let inputs = vec![text, start, length, occurrence];
    Ok(kernel::call(
        "indexof_regex",
        inputs,
        ScalarType::Long,
        context.span,
        move |input| {
            let texts = input.strings(0)?;
            let (starts, lengths, nths) = (input.longs(1)?, input.longs(2)?, input.longs(3)?);
            rows::longs(input.rows, |row| {
                let text = text_at(&texts, row);
                let (start, length) = (rows::at(&starts, row)?, rows::at(&lengths, row)?);
                if start < 0 || length < -1 {
                    return None;
                }
                let range = Range::new(text, start, length)?;
                range.nth(text, rows::at(&nths, row)?, |from| {
                    let found = regex
                        .find_at(text, from)
                        .filter(|found| found.end() <= range.to)?;
                    Some((
                        found.start(),
                        found.end().max(next_character(text, found.start())),
                    ))
                })
            })
        },
    ))
}

/// The bytes of a text in which a match may begin.
struct Range {
    from: usize,
    to: usize,
}

impl Range {
    fn new(text: &str, start: i64, length: i64) -> Option<Self> {
        let characters = i64::try_from(text.chars().count()).ok()?;
        let start = if start < 0 {
            (characters + start).max(0)
        } else {
            start
        };
        let end = if length < 0 {
            characters
        } else {
            start.saturating_add(length)
        };
        let from = byte_of(text, usize::try_from(start).ok()?);
        Some(Self {
            from,
            to: byte_of(text, usize::try_from(end).ok()?),
        })
    }

    /// The character where the `nth` match begins; `find` gives the start of a match and where to
    /// look for the next one.
    fn nth(
        &self,
        text: &str,
        nth: i64,
        find: impl Fn(usize) -> Option<(usize, usize)>,
    ) -> Option<i64> {
        let mut from = self.from;
        for count in 1..=nth {
            let Some((at, next)) =
                find(from).filter(|&(at, _)| at < self.to || (at == self.to && at == text.len()))
            else {
                return Some(-1);
            };
            if count == nth {
                return i64::try_from(text.get(..at)?.chars().count()).ok();
            }
            from = next;
        }
        Some(-1)
    }
}

/// `has_any_index(text, values)`: the place of the first value that the text has as a term, -1
/// where there is none.
///
/// Source: learn.microsoft.com/kusto/query/has-any-index-function.
fn has_any_index(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let inputs = vec![arguments.string_or_dynamic()?, arguments.dynamic()?];
    Ok(kernel::call(
        "has_any_index",
        inputs,
        ScalarType::Long,
        context.span,
        |input| {
            let (texts, arrays) = (input.strings(0)?, Cells::of(input, 1, ScalarType::Dynamic)?);
            let mut last: Option<(Vec<u8>, Vec<Needle>)> = None;
            rows::longs(input.rows, |row| {
                let array = arrays.dynamic(row);
                if last
                    .as_ref()
                    .is_none_or(|(bytes, _)| bytes != array.bytes())
                {
                    let needles = needles_of(array);
                    let needles = needles
                        .iter()
                        .map(|text| Needle::new(text, false, Edges::of_term(text)));
                    last = Some((array.bytes().to_vec(), needles.collect()));
                }
                let (_, needles) = last.as_ref()?;
                let found = needles
                    .iter()
                    .position(|needle| needle.is_in(text_at(&texts, row)));
                Some(
                    found
                        .and_then(|place| i64::try_from(place).ok())
                        .unwrap_or(-1),
                )
            })
        },
    ))
}

/// `regex_quote(text)`: the text as an expression that matches just this text.
///
/// Source: learn.microsoft.com/kusto/query/regex-quote-function.
fn regex_quote(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let text = Arguments::new(context, arguments).text()?;
    Ok(map_text(context, "regex_quote", text, |text, out| {
        out.push_str(&regex::escape(text));
    }))
}

#[cfg(test)]
mod tests;
