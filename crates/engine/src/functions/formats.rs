//! Points in time, timespans and sizes as text of a given form.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::kernel;
use crate::kernels::calendar::Date;
use crate::kernels::rows;
use crate::ticks::{PER_DAY, PER_HOUR, PER_MINUTE, PER_SECOND};

const FIRST: ResultName = ResultName::FirstArgument;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    function("format_datetime", 2..=2, FIRST, format_datetime),
    function("format_timespan", 2..=2, FIRST, format_timespan),
    function("format_bytes", 1..=3, FIRST, format_bytes),
];

/// A piece of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A character that stands for itself.
    Delimiter(char),
    /// So many of a letter.
    Field(char, usize),
    /// `AM` or `PM`.
    Half,
}

/// Reads a form; the error is the piece that is not known.
fn pieces(form: &str, is_field: impl Fn(char, usize) -> bool) -> Result<Vec<Piece>, String> {
    const DELIMITERS: &str = " /-:,._[]";
    let mut pieces = Vec::new();
    let mut characters = form.chars().peekable();
    while let Some(character) = characters.next() {
        if DELIMITERS.contains(character) {
            pieces.push(Piece::Delimiter(character));
            continue;
        }
        let mut count = 1;
        while characters.next_if_eq(&character).is_some() {
            count += 1;
        }
        match (character, count) {
            ('t', 2) if is_field('t', 2) => pieces.push(Piece::Half),
            _ if is_field(character, count) => pieces.push(Piece::Field(character, count)),
            _ => return Err(std::iter::repeat_n(character, count).collect()),
        }
    }
    Ok(pieces)
}

fn known_form(
    context: &CallContext<'_>,
    form: &str,
    is_field: impl Fn(char, usize) -> bool,
) -> Result<Vec<Piece>, CallError> {
    pieces(form, is_field).map_err(|unknown| {
        context.invalid(format!(
            "{}() does not know `{unknown}` in the form `{form}`",
            context.function
        ))
    })
}

/// `format_datetime(date, form)`.
///
/// Source: learn.microsoft.com/kusto/query/format-datetime-function.
fn format_datetime(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.datetime()?;
    let form = known_form(
        context,
        &arguments.known_string()?,
        |letter, count| match letter {
            'y' => matches!(count, 1 | 2 | 4),
            'd' | 'M' | 'h' | 'H' | 'm' | 's' => count <= 2,
            't' => count == 2,
            'f' | 'F' => count <= 7,
            _ => false,
        },
    )?;
    Ok(kernel::call(
        "format_datetime",
        vec![value],
        ScalarType::String,
        context.span,
        move |input| {
            let values = input.longs(0)?;
            rows::texts(input.rows, |row, out| {
                if let Some(ticks) = rows::at(&values, row) {
                    form.iter()
                        .for_each(|piece| push_date_piece(piece, ticks, out));
                }
            })
        },
    ))
}

fn push_date_piece(piece: &Piece, ticks: i64, out: &mut String) {
    let hour = ticks.rem_euclid(PER_DAY) / PER_HOUR;
    let (letter, count) = match piece {
        Piece::Delimiter(character) => return out.push(*character),
        Piece::Half => return out.push_str(if hour < 12 { "AM" } else { "PM" }),
        Piece::Field(letter, count) => (*letter, *count),
    };
    match letter {
        'y' if count < 4 => push_number(Date::of(ticks).year % 100, count, out),
        'y' => push_number(Date::of(ticks).year, count, out),
        'M' => push_number(Date::of(ticks).month, count, out),
        'd' => push_number(Date::of(ticks).day, count, out),
        'h' => push_number((hour + 11) % 12 + 1, count, out),
        'H' => push_number(hour, count, out),
        'm' => push_number(ticks.rem_euclid(PER_HOUR) / PER_MINUTE, count, out),
        's' => push_number(ticks.rem_euclid(PER_MINUTE) / PER_SECOND, count, out),
        _ => push_fraction(ticks.rem_euclid(PER_SECOND), letter, count, out),
    }
}

fn push_number(number: i64, digits: usize, out: &mut String) {
    out.push_str(&format!("{number:0>digits$}"));
}

/// The first digits of a fraction of a second; `F` leaves zeros at the end away.
fn push_fraction(ticks: i64, letter: char, digits: usize, out: &mut String) {
    let all = format!("{ticks:07}");
    let shown = all.get(..digits).unwrap_or(&all);
    out.push_str(if letter == 'F' {
        shown.trim_end_matches('0')
    } else {
        shown
    });
}

/// `format_timespan(timespan, form)`: the sign is not shown.
///
/// Source: learn.microsoft.com/kusto/query/format-timespan-function.
fn format_timespan(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let value = arguments.timespan()?;
    let form = known_form(
        context,
        &arguments.known_string()?,
        |letter, count| match letter {
            'd' => count <= 8,
            'h' | 'H' | 'm' | 's' => count <= 2,
            'f' | 'F' => count <= 7,
            _ => false,
        },
    )?;
    Ok(kernel::call(
        "format_timespan",
        vec![value],
        ScalarType::String,
        context.span,
        move |input| {
            let values = input.longs(0)?;
            rows::texts(input.rows, |row, out| {
                if let Some(ticks) = rows::at(&values, row) {
                    let ticks = ticks.checked_abs().unwrap_or(i64::MAX);
                    form.iter()
                        .for_each(|piece| push_span_piece(piece, ticks, out));
                }
            })
        },
    ))
}

fn push_span_piece(piece: &Piece, ticks: i64, out: &mut String) {
    match *piece {
        Piece::Delimiter(character) => out.push(character),
        Piece::Half => {}
        Piece::Field('d', count) => push_number(ticks / PER_DAY, count, out),
        Piece::Field('h' | 'H', count) => push_number(ticks % PER_DAY / PER_HOUR, count, out),
        Piece::Field('m', count) => push_number(ticks % PER_HOUR / PER_MINUTE, count, out),
        Piece::Field('s', count) => push_number(ticks % PER_MINUTE / PER_SECOND, count, out),
        Piece::Field(letter, count) => push_fraction(ticks % PER_SECOND, letter, count, out),
    }
}

const UNITS: [&str; 9] = ["Bytes", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

/// `format_bytes(size [, digits [, unit]])`: in the largest unit that leaves at least one.
///
/// Source: learn.microsoft.com/kusto/query/format-bytes-function.
fn format_bytes(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let mut arguments = Arguments::new(context, arguments);
    let size = arguments.real()?;
    let digits = if arguments.has_more() {
        arguments.known_integer()?
    } else {
        0
    };
    let unit = if arguments.has_more() {
        Some(arguments.known_string()?)
    } else {
        None
    };
    let unit = match &unit {
        None => None,
        Some(name) => Some(UNITS.iter().position(|unit| unit == name).ok_or_else(|| {
            context.invalid(format!(
                "format_bytes() does not know the unit `{name}`; it knows {}",
                UNITS.join(", ")
            ))
        })?),
    };
    let digits = usize::try_from(digits.clamp(0, 15)).unwrap_or(0);
    Ok(kernel::call(
        "format_bytes",
        vec![size],
        ScalarType::String,
        context.span,
        move |input| {
            let sizes = input.reals(0)?;
            rows::texts(input.rows, |row, out| {
                if let Some(size) = rows::at(&sizes, row) {
                    push_size(size, digits, unit, out);
                }
            })
        },
    ))
}

fn push_size(size: f64, digits: usize, unit: Option<usize>, out: &mut String) {
    let (mut scaled, mut place) = (size, 0);
    let is_reached = |place: usize, scaled: f64| match unit {
        Some(unit) => place == unit,
        None => scaled.abs() < 1024.0 || place + 1 == UNITS.len(),
    };
    while !is_reached(place, scaled) {
        scaled /= 1024.0;
        place += 1;
    }
    let factor = (0..digits).fold(1.0, |factor, _| factor * 10.0);
    let rounded = (scaled * factor).round() / factor;
    out.push_str(&format!(
        "{rounded} {}",
        UNITS.get(place).copied().unwrap_or_default()
    ));
}

#[cfg(test)]
mod tests {
    use tesem_kql::constant::{parse_datetime, parse_timespan};

    use super::super::testing::{check, eval, text};
    use crate::Value::{self, DateTime, Long, TimeSpan};

    fn at(text: &str) -> Value {
        DateTime(parse_datetime(text).unwrap())
    }

    #[test]
    fn datetimes() {
        let morning = || at("2017-01-29 09:00:05");
        check(
            "format_datetime",
            &[
                (
                    &[morning(), text("yy-MM-dd [HH:mm:ss]")],
                    text("17-01-29 [09:00:05]"),
                ),
                (
                    &[morning(), text("yyyy-M-dd [H:mm:ss]")],
                    text("2017-1-29 [9:00:05]"),
                ),
                (
                    &[morning(), text("yy-MM-dd [hh:mm:ss tt]")],
                    text("17-01-29 [09:00:05 AM]"),
                ),
                (
                    &[
                        at("2020-12-31 00:30:00.1230000"),
                        text("h:m.fff FFFFFFF tt"),
                    ],
                    text("12:30.123 123 AM"),
                ),
                (&[at("2020-12-31 13:30"), text("hh FF")], text("01 ")),
            ],
        );
        assert!(
            eval("format_datetime", &[morning(), text("yyyy-MMM")])
                .unwrap_err()
                .contains("`MMM`")
        );
        assert!(eval("format_datetime", &[morning(), text("x")]).is_err());
    }

    #[test]
    fn timespans() {
        let span = || TimeSpan(parse_timespan("29.09:00:05.12345").unwrap());
        check(
            "format_timespan",
            &[
                (&[span(), text("dd.hh:mm:ss:FF")], text("29.09:00:05:12")),
                (
                    &[span(), text("ddd.h:mm:ss [fffffff]")],
                    text("029.9:00:05 [1234500]"),
                ),
            ],
        );
    }

    #[test]
    fn sizes() {
        check(
            "format_bytes",
            &[
                (&[Long(564)], text("564 Bytes")),
                (&[Long(10_332), Long(1)], text("10.1 KB")),
                (&[Long(20_010_332)], text("19 MB")),
                (&[Long(20_010_332), Long(2)], text("19.08 MB")),
                (&[Long(20_010_332), Long(0), text("KB")], text("19541 KB")),
            ],
        );
        assert!(
            eval("format_bytes", &[Long(1), Long(0), text("kilo")])
                .unwrap_err()
                .contains("Bytes, KB")
        );
    }
}
