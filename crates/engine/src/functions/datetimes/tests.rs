use tesem_kql::constant::parse_datetime;
use tesem_kql::types::ScalarType;

use super::super::testing::{check, eval, text};
use crate::Value::{self, DateTime, Long, Null, Real, TimeSpan};
use crate::ticks::PER_DAY;

fn at(text: &str) -> Value {
    DateTime(parse_datetime(text).unwrap())
}

const NONE: Value = Null(ScalarType::DateTime);

#[test]
fn starts_and_ends() {
    let now = || at("2017-01-01 10:10:17");
    check(
        "startofday",
        &[
            (&[now(), Long(-1)], at("2016-12-31")),
            (&[now()], at("2017-01-01")),
        ],
    );
    check(
        "startofweek",
        &[
            (&[now(), Long(-1)], at("2016-12-25")),
            (&[at("2025-06-14")], at("2025-06-08")),
        ],
    );
    check("startofmonth", &[(&[now(), Long(1)], at("2017-02-01"))]);
    check("startofyear", &[(&[now(), Long(-1)], at("2016-01-01"))]);
    check("endofday", &[(&[now()], at("2017-01-01 23:59:59.9999999"))]);
    check(
        "endofweek",
        &[(&[now()], at("2017-01-07 23:59:59.9999999"))],
    );
    check(
        "endofmonth",
        &[(&[now(), Long(1)], at("2017-02-28 23:59:59.9999999"))],
    );
    check(
        "endofyear",
        &[
            (&[now(), Long(-1)], at("2016-12-31 23:59:59.9999999")),
            (&[NONE], NONE),
        ],
    );
    check(
        "startofday",
        &[
            (&[DateTime(0), Long(-1)], NONE),
            (&[now(), Long(i64::MAX)], NONE),
        ],
    );
}

#[test]
fn parts() {
    let point = || at("2017-10-30 01:02:03.7654321");
    for (part, expected) in [
        ("year", 2017),
        ("quarter", 4),
        ("month", 10),
        ("week_of_year", 44),
        ("day", 30),
        ("dayOfYear", 303),
        ("hour", 1),
        ("minute", 2),
        ("second", 3),
        ("millisecond", 765),
        ("microsecond", 765_432),
        ("nanosecond", 765_432_100),
    ] {
        assert_eq!(
            eval("datetime_part", &[text(part), point()]),
            Ok(Long(expected)),
            "{part}"
        );
    }
    check(
        "dayofweek",
        &[
            (&[at("1947-11-30 10:00:05")], TimeSpan(0)),
            (&[at("1970-05-11")], TimeSpan(PER_DAY)),
        ],
    );
    check("hourofday", &[(&[at("2015-12-14 18:54")], Long(18))]);
    assert!(
        eval("hourofday", &[text("x")])
            .unwrap_err()
            .contains("datetime")
    );
    assert!(eval("datetime_part", &[text("eon"), point()]).is_err());
}

#[test]
fn arithmetic() {
    let day = || at("2017-01-01");
    check(
        "datetime_add",
        &[
            (&[text("year"), Long(-5), day()], at("2012-01-01")),
            (&[text("quarter"), Long(12), day()], at("2020-01-01")),
            (&[text("month"), Long(-15), day()], at("2015-10-01")),
            (&[text("week"), Long(100), day()], at("2018-12-02")),
            (&[text("second"), Long(1), day()], at("2017-01-01 00:00:01")),
            (&[text("year"), Long(1), at("2020-02-29")], at("2021-02-28")),
            (&[text("year"), Long(i64::MAX), day()], NONE),
        ],
    );
    check(
        "datetime_diff",
        &[
            (&[text("year"), day(), at("2000-12-31")], Long(17)),
            (
                &[text("quarter"), at("2017-07-01"), at("2017-03-30")],
                Long(2),
            ),
            (&[text("month"), day(), at("2015-12-30")], Long(13)),
            (
                &[text("week"), at("2017-10-29"), at("2017-09-30 23:59")],
                Real(5.0),
            ),
            (
                &[text("day"), at("2017-10-29"), at("2017-09-30 23:59")],
                Long(29),
            ),
            (
                &[
                    text("minute"),
                    at("2017-10-30 23:05:01"),
                    at("2017-10-30 23:00:59"),
                ],
                Long(5),
            ),
            (
                &[
                    text("millisecond"),
                    at("2017-10-30 23:00:00.200100"),
                    at("2017-10-30 23:00:00.100900"),
                ],
                Long(100),
            ),
            (&[text("nanosecond"), DateTime(0), DateTime(7)], Long(-700)),
        ],
    );
}

#[test]
fn making() {
    check(
        "make_datetime",
        &[
            (&[Long(2017), Long(10), Long(1)], at("2017-10-01")),
            (
                &[
                    Long(2017),
                    Long(10),
                    Long(1),
                    Long(12),
                    Long(11),
                    Real(0.123_456_7),
                ],
                at("2017-10-01 12:11:00.1234567"),
            ),
            (&[Long(2017), Long(2), Long(29)], NONE),
            (&[Long(2017), Long(13), Long(1)], NONE),
            (&[text("2017-10-01")], at("2017-10-01")),
        ],
    );
    check(
        "make_timespan",
        &[(
            &[Long(1), Long(12), Long(30), Real(55.123)],
            TimeSpan(1_314_551_230_000),
        )],
    );
    for (name, number) in [
        ("unixtime_seconds_todatetime", 1_546_300_800),
        ("unixtime_milliseconds_todatetime", 1_546_300_800_000),
        ("unixtime_microseconds_todatetime", 1_546_300_800_000_000),
        ("unixtime_nanoseconds_todatetime", 1_546_300_800_000_000_000),
    ] {
        assert_eq!(eval(name, &[Long(number)]), Ok(at("2019-01-01")), "{name}");
    }
    check(
        "unixtime_seconds_todatetime",
        &[
            (&[Real(1.5)], at("1970-01-01 00:00:01.5")),
            (&[Long(i64::MAX)], NONE),
        ],
    );
}

#[test]
fn zones() {
    let clock = |hour: &str| at(&format!("2022-03-27 {hour}:00"));
    let brussels = || text("Europe/Brussels");
    check(
        "datetime_local_to_utc",
        &[
            (&[clock("01"), brussels()], clock("00")),
            (&[clock("02"), brussels()], clock("00")),
            (&[clock("03"), brussels()], clock("01")),
            (
                &[at("2020-02-02 20:02:20"), text("US/Pacific")],
                at("2020-02-03 04:02:20"),
            ),
        ],
    );
    check(
        "datetime_utc_to_local",
        &[
            (&[clock("01"), brussels()], clock("03")),
            (&[clock("00"), brussels()], clock("01")),
        ],
    );
    assert!(
        eval(
            "datetime_utc_to_local",
            &[clock("01"), text("Mars/Olympus")]
        )
        .unwrap_err()
        .contains("IANA")
    );
}
