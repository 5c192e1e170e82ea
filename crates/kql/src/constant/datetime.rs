//! Points in time: ISO 8601, RFC 822, RFC 850, and the looser forms that the service takes.
//!
//! Source: "The datetime data type", learn.microsoft.com/kusto/query/scalar-data-types/datetime.

use super::timespan::{TICKS_PER_DAY, TICKS_PER_SECOND};

/// Reads a point in time as ticks of 100 ns since 0001-01-01T00:00Z; without a zone it is UTC.
///
/// Besides `2020-02-29T12:34:56.1234567Z` and its shorter forms, this takes any of `-`, `/`, `.`,
/// `,` and spaces between the parts of
/// the date, months by name (`Sat, 8 Nov 14 15:05:02 GMT`), dates in the order of the United States
/// (`12/31/2014`), `AM` and `PM`, and
/// zones as `+02:00`. A time without a date is refused, because it would mean a different point
/// every day.
#[must_use]
pub fn parse_datetime(text: &str) -> Option<i64> {
    parts(text)?.ticks()
}

/// As [`parse_datetime`]; a time without a date is that time of the day that starts at `midnight`,
/// in ticks.
#[must_use]
pub fn parse_datetime_on(text: &str, midnight: i64) -> Option<i64> {
    let parts = parts(text)?;
    if parts.has_date() {
        return parts.ticks();
    }
    parts.clock?;
    midnight
        .checked_add(parts.time_of_day()?)?
        .checked_sub(parts.zone.unwrap_or(0))
}

fn parts(text: &str) -> Option<Parts> {
    let mut reader = Reader {
        rest: unquote(text.trim()),
        after_clock: false,
    };
    let mut parts = Parts::default();
    while let Some(piece) = reader.next()? {
        parts.add(piece)?;
    }
    Some(parts)
}

fn unquote(text: &str) -> &str {
    let inner = |quote| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    };
    inner('"').or_else(|| inner('\'')).unwrap_or(text).trim()
}

/// A piece of the text.
#[derive(Clone, Copy)]
enum Piece {
    /// A number of the date.
    Number {
        digits: usize,
        value: i64,
    },
    /// `hh:mm[:ss[.fffffff]]` in ticks.
    Clock(i64),
    Month(i64),
    Afternoon(bool),
    /// Ticks east of UTC.
    Zone(i64),
    /// A weekday or a separator.
    Nothing,
}

struct Reader<'a> {
    rest: &'a str,
    /// Whether a clock time has been read: a `-` then starts a zone.
    after_clock: bool,
}

impl<'a> Reader<'a> {
    /// The next piece; `Some(None)` at the end, `None` where the text fits nothing.
    fn next(&mut self) -> Option<Option<Piece>> {
        let Some(first) = self.rest.chars().next() else {
            return Some(None);
        };
        let piece = match first {
            '0'..='9' => self.number_or_clock()?,
            'a'..='z' | 'A'..='Z' => word(self.take(|byte| byte.is_ascii_alphabetic()))?,
            '+' => self.zone()?,
            '-' if self.after_clock => self.zone()?,
            ' ' | '\t' | ',' | '-' | '/' | '.' => self.separator(),
            _ => return None,
        };
        Some(Some(piece))
    }

    fn take(&mut self, fits: impl Fn(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().take_while(|&byte| fits(byte)).count();
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    fn separator(&mut self) -> Piece {
        self.rest = self.rest.get(1..).unwrap_or_default();
        Piece::Nothing
    }

    fn number_or_clock(&mut self) -> Option<Piece> {
        let digits = self.take(|byte| byte.is_ascii_digit());
        let value = parse(digits)?;
        if !self.rest.starts_with(':') {
            return Some(Piece::Number {
                digits: digits.len(),
                value,
            });
        }
        self.clock(value)
    }

    /// What follows the hours of a clock time, and the zone if it follows at once.
    fn clock(&mut self, hours: i64) -> Option<Piece> {
        let minutes = self.after_colon()?;
        let seconds = if self.rest.starts_with(':') {
            self.after_colon()?
        } else {
            0
        };
        let fraction = if self.rest.starts_with('.') {
            self.fraction()?
        } else {
            0
        };
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        self.after_clock = true;
        Some(Piece::Clock(
            (hours * 3600 + minutes * 60 + seconds) * TICKS_PER_SECOND + fraction,
        ))
    }

    fn after_colon(&mut self) -> Option<i64> {
        self.rest = self.rest.get(1..)?;
        parse(self.take(|byte| byte.is_ascii_digit()))
    }

    /// `.fffffff` in ticks; further digits are cut off.
    fn fraction(&mut self) -> Option<i64> {
        self.rest = self.rest.get(1..)?;
        let digits = self.take(|byte| byte.is_ascii_digit());
        let padded = format!("{digits:0<7}");
        parse(padded.get(..7)?).filter(|_| !digits.is_empty())
    }

    /// `+hh`, `+hhmm`, `+hh:mm`.
    fn zone(&mut self) -> Option<Piece> {
        let west = self.rest.starts_with('-');
        self.rest = self.rest.get(1..)?;
        let digits = self.take(|byte| byte.is_ascii_digit());
        let (hours, minutes) = match digits.len() {
            1 | 2 if self.rest.starts_with(':') => (parse(digits)?, self.after_colon()?),
            1 | 2 => (parse(digits)?, 0),
            4 => (parse(digits.get(..2)?)?, parse(digits.get(2..)?)?),
            _ => return None,
        };
        if hours > 14 || minutes > 59 {
            return None;
        }
        let ticks = (hours * 3600 + minutes * 60) * TICKS_PER_SECOND;
        Some(Piece::Zone(if west { -ticks } else { ticks }))
    }
}

fn parse(digits: &str) -> Option<i64> {
    (digits.len() <= 9).then(|| digits.parse().ok()).flatten()
}

fn word(word: &str) -> Option<Piece> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    const WEEKDAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let word = word.to_ascii_lowercase();
    let is_name = |name: &&str| **name == word || (word.len() == 3 && name.starts_with(&word));
    if let Some(month) = (1..)
        .zip(MONTHS)
        .find_map(|(number, name)| is_name(&name).then_some(number))
    {
        return Some(Piece::Month(month));
    }
    Some(match word.as_str() {
        "t" => Piece::Nothing,
        "z" | "gmt" | "utc" => Piece::Zone(0),
        "am" => Piece::Afternoon(false),
        "pm" => Piece::Afternoon(true),
        _ if WEEKDAYS.iter().any(is_name) => Piece::Nothing,
        _ => return None,
    })
}

/// The pieces in the order in which they came.
#[derive(Default)]
struct Parts {
    numbers: Vec<(usize, i64)>,
    month: Option<i64>,
    clock: Option<i64>,
    afternoon: Option<bool>,
    zone: Option<i64>,
}

impl Parts {
    /// Takes in one piece; nothing may come twice.
    fn add(&mut self, piece: Piece) -> Option<()> {
        match piece {
            Piece::Number { digits, value } if self.numbers.len() < 3 => {
                self.numbers.push((digits, value));
            }
            Piece::Number { .. } => return None,
            Piece::Clock(ticks) => set(&mut self.clock, ticks)?,
            Piece::Month(month) => set(&mut self.month, month)?,
            Piece::Afternoon(afternoon) => set(&mut self.afternoon, afternoon)?,
            Piece::Zone(ticks) => set(&mut self.zone, ticks)?,
            Piece::Nothing => {}
        }
        Some(())
    }

    const fn has_date(&self) -> bool {
        !self.numbers.is_empty() || self.month.is_some()
    }

    fn ticks(&self) -> Option<i64> {
        let (year, month, day) = self.date()?;
        let days = days_since_year_one(year, month, day)?;
        let ticks = days * TICKS_PER_DAY + self.time_of_day()? - self.zone.unwrap_or(0);
        (0..10_000 * 366 * TICKS_PER_DAY)
            .contains(&ticks)
            .then_some(ticks)
    }

    fn time_of_day(&self) -> Option<i64> {
        const HALF_DAY: i64 = TICKS_PER_DAY / 2;
        let clock = self.clock.unwrap_or(0);
        match self.afternoon {
            None => Some(clock),
            Some(_) if self.clock.is_none() || clock >= 13 * TICKS_PER_DAY / 24 => None,
            Some(afternoon) => Some(clock % HALF_DAY + if afternoon { HALF_DAY } else { 0 }),
        }
    }

    /// Year, month, day.
    fn date(&self) -> Option<(i64, i64, i64)> {
        let year_first = self.numbers.first().is_some_and(|&(digits, _)| digits >= 3);
        match (self.month, self.numbers.as_slice()) {
            (None, &[(8, compact)]) => Some((compact / 10_000, compact / 100 % 100, compact % 100)),
            (None, &[(4, year)]) => Some((year, 1, 1)),
            (None, &[(4, year), (_, month)]) => Some((year, month, 1)),
            (None, &[(_, year), (_, month), (_, day)]) if year_first => Some((year, month, day)),
            (None, &[(_, month), (_, day), year]) => Some((full_year(year), month, day)),
            (Some(month), &[(_, year), (_, day)]) if year_first => Some((year, month, day)),
            (Some(month), &[(_, day), year]) => Some((full_year(year), month, day)),
            _ => None,
        }
    }
}

fn set<T>(slot: &mut Option<T>, value: T) -> Option<()> {
    slot.replace(value).is_none().then_some(())
}

/// Two digits mean 1950 to 2049.
fn full_year((digits, year): (usize, i64)) -> i64 {
    match (digits, year) {
        (1 | 2, 0..=49) => 2000 + year,
        (1 | 2, _) => 1900 + year,
        _ => year,
    }
}

fn days_since_year_one(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = i16::try_from(year)
        .ok()
        .filter(|year| (1..=9999).contains(year))?;
    let date =
        jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let year_one = jiff::civil::Date::constant(1, 1, 1);
    Some(i64::from(year_one.until(date).ok()?.get_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks(year: i64, month: i64, day: i64, seconds: i64, ticks: i64) -> Option<i64> {
        Some(
            days_since_year_one(year, month, day)? * TICKS_PER_DAY
                + seconds * TICKS_PER_SECOND
                + ticks,
        )
    }

    #[test]
    fn the_calendar_starts_with_year_one() {
        assert_eq!(parse_datetime("0001-01-01"), Some(0));
        assert_eq!(parse_datetime("1970-01-01"), Some(621_355_968_000_000_000));
        assert_eq!(
            parse_datetime("9999-12-31 23:59:59.9999999"),
            Some(3_155_378_975_999_999_999)
        );
    }

    #[test]
    fn reads_iso_forms() {
        assert_eq!(parse_datetime("2020"), ticks(2020, 1, 1, 0, 0));
        assert_eq!(parse_datetime("2020-02"), ticks(2020, 2, 1, 0, 0));
        assert_eq!(parse_datetime("20200229"), ticks(2020, 2, 29, 0, 0));
        assert_eq!(
            parse_datetime("2020-02-29T12:34:56.1234567Z"),
            ticks(2020, 2, 29, 45_296, 1_234_567)
        );
        assert_eq!(
            parse_datetime("2020-02-29 12:34"),
            ticks(2020, 2, 29, 45_240, 0)
        );
        assert_eq!(
            parse_datetime("2020-02-29T01:00:00+02:00"),
            ticks(2020, 2, 28, 82_800, 0)
        );
        assert_eq!(parse_datetime("'2020-2-9'"), ticks(2020, 2, 9, 0, 0));
    }

    #[test]
    fn reads_looser_forms() {
        assert_eq!(parse_datetime("2017 - 08 - 01"), ticks(2017, 8, 1, 0, 0));
        assert_eq!(parse_datetime("2025, 6, 14"), ticks(2025, 6, 14, 0, 0));
        assert_eq!(
            parse_datetime("12/31/2014 11:59:59 PM"),
            ticks(2014, 12, 31, 86_399, 0)
        );
        assert_eq!(
            parse_datetime("Sat, 8 Nov 14 15:05:02 GMT"),
            ticks(2014, 11, 8, 54_302, 0)
        );
        assert_eq!(
            parse_datetime("Saturday, 08-Nov-14 15:05:02 GMT"),
            ticks(2014, 11, 8, 54_302, 0)
        );
        assert_eq!(
            parse_datetime("Nov 8, 2014 12:05 AM"),
            ticks(2014, 11, 8, 300, 0)
        );
    }

    #[test]
    fn a_time_alone_needs_a_day() {
        let day = ticks(2020, 2, 29, 0, 0).unwrap();
        assert_eq!(parse_datetime("8:05"), None);
        assert_eq!(
            parse_datetime_on("8:05", day),
            ticks(2020, 2, 29, 29_100, 0)
        );
        assert_eq!(
            parse_datetime_on("'5:00:00 PM'", day),
            ticks(2020, 2, 29, 61_200, 0)
        );
        assert_eq!(
            parse_datetime_on("2021-01-01", day),
            parse_datetime("2021-01-01")
        );
        assert_eq!(parse_datetime_on("PM", day), None);
        assert_eq!(parse_datetime_on("", day), None);
    }

    #[test]
    fn refuses_what_is_no_point_in_time() {
        for text in [
            "",
            "garbage",
            "Insert date",
            "2020-13-45",
            "2021-02-29",
            "8:00",
            "2020-01-01 25:00",
            "2020-01-01 10:00 10:00",
            "12345678901",
            "0000-01-01",
            "2020-01-01T1:2:3.",
            "é",
            "0001-01-01T00:00+01:00",
            "2020-01-01 13:30 PM",
        ] {
            assert_eq!(parse_datetime(text), None, "{text}");
        }
    }
}
