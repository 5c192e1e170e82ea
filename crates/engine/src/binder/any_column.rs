//! `* has "term"`: string operators over all columns of a row, and the conditions of `search` and `find`, which are full of them.
//!
//! Columns that are no strings count with their text. They are converted only where that text could hold what is looked for: a term with
//! letters is in no number, and a whole number has a term exactly where it is that number. Source:
//! learn.microsoft.com/kusto/query/search-operator.

use tesem_kql::Span;
use tesem_kql::ast::{BinaryOp, Expr, ExprKind, InOp, Literal, StringOp, StringTest};
use tesem_kql::types::ScalarType;

use super::Binder;
use super::calls::is_star;
use super::fault::{Bind, Fault};
use super::logic::combine;
use super::row::Row;
use crate::bound::Bound;
use crate::value::Value;

impl Binder<'_> {
    /// Whether `op` holds between any column and a text.
    pub(crate) fn any_column(
        &self,
        row: &Row<'_, '_>,
        op: StringOp,
        text: &Bound,
        span: Span,
    ) -> Bind<Bound> {
        if op.negated {
            let what = "a negated string operator over `*`";
            return Err(Fault::not_supported(what, span));
        }
        let columns = row.columns();
        self.spend_nodes(columns.len())?;
        let mut found = Vec::new();
        for column in columns {
            found.extend(self.in_column(op, column.clone(), text, span)?);
        }
        Ok(combine(false, found, span))
    }

    /// Whether `op` holds between a column and a text; nothing where it cannot.
    fn in_column(
        &self,
        op: StringOp,
        column: Bound,
        text: &Bound,
        span: Span,
    ) -> Bind<Option<Bound>> {
        let is_text = matches!(column.scalar_type, ScalarType::String | ScalarType::Dynamic);
        if is_text {
            return self
                .string_operator(op, column, text.clone(), span)
                .map(Some);
        }
        if let Some(needle) = text.constant_str() {
            if !could_hold(column.scalar_type, op.test, needle) {
                return Ok(None);
            }
            if let Some(number) = whole_number(column.scalar_type, op.test, needle) {
                let values = [number, -number].map(Value::Long).to_vec();
                return self.one_of(&column, values, true, span).map(Some);
            }
        }
        let column = self.convert(column, ScalarType::String)?;
        self.string_operator(op, column, text.clone(), span)
            .map(Some)
    }

    /// A condition as `search` and `find` read it: a text stands for "any column has this term".
    pub(crate) fn search_condition<'q>(
        &self,
        row: &Row<'_, 'q>,
        expr: &'q Expr,
        case_sensitive: bool,
    ) -> Bind<Bound> {
        self.nested(|| self.search_condition_unguarded(row, expr, case_sensitive))
    }

    fn search_condition_unguarded<'q>(
        &self,
        row: &Row<'_, 'q>,
        expr: &'q Expr,
        case_sensitive: bool,
    ) -> Bind<Bound> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Parenthesised(inner) => self.search_condition(row, inner, case_sensitive),
            ExprKind::Literal(Literal::String(text)) => {
                let term = StringOp {
                    test: StringTest::Search,
                    case_sensitive,
                    negated: false,
                };
                let text = Bound::constant(Value::String(text.clone()), span);
                self.any_column(row, term, &text, span)
            }
            _ if is_star(expr) => Ok(Bound::constant(Value::Bool(true), span)),
            ExprKind::Binary {
                op: op @ (BinaryOp::And | BinaryOp::Or),
                left,
                right,
            } => {
                let left = self.search_condition(row, left, case_sensitive)?;
                let right = self.search_condition(row, right, case_sensitive)?;
                Ok(combine(*op == BinaryOp::And, vec![left, right], span))
            }
            ExprKind::Binary {
                op: BinaryOp::String(op),
                left,
                right,
            } => {
                let op = StringOp {
                    case_sensitive: op.case_sensitive || case_sensitive,
                    ..*op
                };
                self.string_test(row, op, left, right, span)
            }
            ExprKind::In { op, operand, list } => {
                let op = match op {
                    InOp::In { negated, .. } if case_sensitive => InOp::In {
                        case_sensitive,
                        negated: *negated,
                    },
                    InOp::HasAny | InOp::HasAll if case_sensitive => {
                        let what = "has_any and has_all in a case-sensitive `search`";
                        return Err(Fault::not_supported(what, span));
                    }
                    op => *op,
                };
                self.membership(row, op, operand, list, span)
            }
            _ => {
                let bound = self.scalar(row, expr)?;
                self.condition(bound, "the condition of `search` or `find`")
            }
        }
    }

    /// `left op right`, where the left side may be `*`.
    pub(crate) fn string_test<'q>(
        &self,
        row: &Row<'_, 'q>,
        op: StringOp,
        left: &'q Expr,
        right: &'q Expr,
        span: Span,
    ) -> Bind<Bound> {
        let right = self.scalar(row, right)?;
        if is_star(left) {
            return self.any_column(row, op, &right, span);
        }
        let left = self.scalar(row, left)?;
        self.string_operator(op, left, right, span)
    }
}

/// The characters that the texts of a type are made of, in lower case; nothing where they can be any.
fn alphabet(scalar_type: ScalarType) -> Option<&'static str> {
    Some(match scalar_type {
        ScalarType::Bool => "truefals",
        ScalarType::Int | ScalarType::Long => "0123456789-",
        ScalarType::Real | ScalarType::Decimal => "0123456789-+.enaifty",
        ScalarType::DateTime => "0123456789-:.tz",
        ScalarType::TimeSpan => "0123456789-:.",
        ScalarType::Guid => "0123456789abcdef-",
        ScalarType::String | ScalarType::Dynamic => return None,
    })
}

/// Whether a value of a type may be one that the test finds `needle` in.
fn could_hold(scalar_type: ScalarType, test: StringTest, needle: &str) -> bool {
    let Some(alphabet) = alphabet(scalar_type) else {
        return true;
    };
    if matches!(test, StringTest::MatchesRegex | StringTest::Like) {
        return true;
    }
    let stars = test == StringTest::Search;
    let may_occur = |character: char| {
        stars && character == '*'
            || !character.is_ascii()
            || alphabet.contains(character.to_ascii_lowercase())
    };
    needle.chars().all(may_occur)
}

/// The number that a whole number has to be, but for its sign, for its text to have a term.
fn whole_number(scalar_type: ScalarType, test: StringTest, needle: &str) -> Option<i64> {
    let is_term = matches!(test, StringTest::Has | StringTest::Search);
    let is_whole = matches!(scalar_type, ScalarType::Int | ScalarType::Long);
    let number: i64 = needle.parse().ok()?;
    let is_plain = number >= 0 && number.to_string() == needle;
    (is_term && is_whole && is_plain).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_no_value_of_a_type_holds() {
        use ScalarType::{Bool, DateTime, Guid, Long, Real, String, TimeSpan};
        use StringTest::{Contains, Has, MatchesRegex, Search};
        for (scalar_type, test, needle, expected) in [
            (Long, Has, "42", true),
            (Long, Has, "err", false),
            (Long, Search, "4*2", true),
            (Long, Contains, "4*2", false),
            (Long, MatchesRegex, "err", true),
            (Real, Has, "NaN", true),
            (Real, Has, "12:00", false),
            (Bool, Has, "True", true),
            (Bool, Has, "truck", false),
            (DateTime, Has, "2024-01-01T", true),
            (TimeSpan, Has, "2024-01-01T", false),
            (Guid, Has, "beef", true),
            (Guid, Has, "pork", false),
            (String, Has, "pork", true),
            (Long, Has, "é", true),
        ] {
            assert_eq!(could_hold(scalar_type, test, needle), expected, "{needle}");
        }
    }

    #[test]
    fn terms_that_are_whole_numbers() {
        use ScalarType::{Long, Real};
        use StringTest::{Contains, Has};
        assert_eq!(whole_number(Long, Has, "42"), Some(42));
        assert_eq!(whole_number(Long, Has, "042"), None);
        assert_eq!(whole_number(Long, Has, "-42"), None);
        assert_eq!(whole_number(Long, Contains, "42"), None);
        assert_eq!(whole_number(Real, Has, "42"), None);
    }
}
