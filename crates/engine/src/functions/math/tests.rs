//! Answers of the functions of the family.

use super::super::testing::{check, eval, text};
use crate::Value::{Bool, Int, Long, Null, Real, TimeSpan};
use tesem_kql::types::ScalarType;

const NO_REAL: crate::Value = Null(ScalarType::Real);

#[test]
fn rounding() {
    check(
        "abs",
        &[
            (&[Long(-5)], Long(5)),
            (&[Int(-5)], Long(5)),
            (&[Real(-1.5)], Real(1.5)),
            (&[TimeSpan(-3)], TimeSpan(3)),
        ],
    );
    check(
        "ceiling",
        &[
            (&[Real(-1.1)], Real(-1.0)),
            (&[Long(0)], Real(0.0)),
            (&[Real(0.9)], Real(1.0)),
        ],
    );
    check(
        "round",
        &[
            (&[Real(2.98765), Long(3)], Real(2.988)),
            (&[Real(2.15), Long(1)], Real(2.2)),
            (&[Real(2.5)], Real(3.0)),
            (&[Real(-2.5)], Real(-3.0)),
            (&[Real(1234.5), Long(-2)], Real(1200.0)),
            (&[Long(5)], Long(5)),
            (&[Real(f64::MAX), Long(300)], Real(f64::MAX)),
        ],
    );
    check(
        "sign",
        &[
            (&[Long(-42)], Real(-1.0)),
            (&[Long(0)], Real(0.0)),
            (&[Real(11.2)], Real(1.0)),
        ],
    );
    assert!(eval("round", &[text("5")]).is_err());
}

#[test]
fn powers() {
    check("pow", &[(&[Long(2), Long(3)], Real(8.0))]);
    check(
        "sqrt",
        &[
            (&[Long(9)], Real(3.0)),
            (&[Long(-1)], NO_REAL),
            (&[NO_REAL], NO_REAL),
        ],
    );
    check("exp10", &[(&[Long(2)], Real(100.0))]);
    check("exp2", &[(&[Long(3)], Real(8.0))]);
    check(
        "log10",
        &[(&[Long(1000)], Real(3.0)), (&[Long(-1)], NO_REAL)],
    );
    check("degrees", &[(&[Real(std::f64::consts::PI)], Real(180.0))]);
    check(
        "atan2",
        &[(&[Long(0), Long(-1)], Real(std::f64::consts::PI))],
    );
    check("acos", &[(&[Long(2)], NO_REAL)]);
}

#[test]
fn questions_and_bits() {
    check(
        "isnan",
        &[(&[Real(f64::NAN)], Bool(true)), (&[Long(1)], Bool(false))],
    );
    check("isinf", &[(&[Real(f64::INFINITY)], Bool(true))]);
    check("isfinite", &[(&[Real(f64::NAN)], Bool(false))]);
    check("binary_and", &[(&[Long(6), Long(3)], Long(2))]);
    check("binary_or", &[(&[Long(5), Long(3)], Long(7))]);
    check(
        "binary_shift_left",
        &[
            (&[Long(1), Long(5)], Long(32)),
            (&[Long(1), Long(65)], Long(2)),
            (&[Long(1), Long(-1)], Null(ScalarType::Long)),
        ],
    );
    check("binary_shift_right", &[(&[Long(-4), Long(1)], Long(-2))]);
    check("bitset_count_ones", &[(&[Long(42)], Long(3))]);
}
