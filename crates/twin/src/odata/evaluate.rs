//! Whether an entity fits a filter.

use std::borrow::Cow;
use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::expression::{Comparison, Expression, Literal, Operand, TextTest};
use super::set::Kind;
use crate::data::Entity;
use crate::iso;

/// A value at the time of comparison. What is missing is null.
#[derive(Debug, Clone, PartialEq)]
enum Scalar<'a> {
    Null,
    Text(Cow<'a, str>),
    Number(f64),
    Flag(bool),
    Instant(Timestamp),
}

/// Whether `entity` fits.
pub(crate) fn holds(expression: &Expression, entity: &Entity) -> bool {
    test(expression, entity, None)
}

fn test(expression: &Expression, entity: &Entity, variable: Option<&str>) -> bool {
    let value = |operand| scalar(operand, entity, variable);
    match expression {
        Expression::All(parts) => parts.iter().all(|part| test(part, entity, variable)),
        Expression::Some(parts) => parts.iter().any(|part| test(part, entity, variable)),
        Expression::Not(part) => !test(part, entity, variable),
        Expression::Compare(left, comparison, right) => {
            compare(&value(left), *comparison, &value(right))
        }
        Expression::OneOf(left, list) => {
            let left = value(left);
            list.iter().any(|literal| left == constant(literal))
        }
        Expression::Test(kind, text, part) => match (value(text), value(part)) {
            (Scalar::Text(text), Scalar::Text(part)) => text_test(*kind, &text, &part),
            _ => false,
        },
        Expression::Any(list, condition) => any(entity.get(*list), condition.as_deref(), entity),
        Expression::Is(operand) => value(operand) == Scalar::Flag(true),
    }
}

fn any(list: Option<&Value>, condition: Option<&Expression>, entity: &Entity) -> bool {
    let mut texts = list
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    match condition {
        None => texts.next().is_some(),
        Some(condition) => texts.any(|text| test(condition, entity, Some(text))),
    }
}

fn text_test(kind: TextTest, text: &str, part: &str) -> bool {
    match kind {
        TextTest::StartsWith => text.starts_with(part),
        TextTest::EndsWith => text.ends_with(part),
        TextTest::Contains => text.contains(part),
    }
}

fn compare(left: &Scalar<'_>, comparison: Comparison, right: &Scalar<'_>) -> bool {
    let ordering = order(left, right);
    match comparison {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Greater => ordering == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
        Comparison::Less => ordering == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
    }
}

/// The order of two values of one type; null is not ordered.
fn order(left: &Scalar<'_>, right: &Scalar<'_>) -> Option<Ordering> {
    match (left, right) {
        (Scalar::Text(left), Scalar::Text(right)) => Some(left.cmp(right)),
        (Scalar::Number(left), Scalar::Number(right)) => left.partial_cmp(right),
        (Scalar::Instant(left), Scalar::Instant(right)) => Some(left.cmp(right)),
        (Scalar::Flag(left), Scalar::Flag(right)) => Some(left.cmp(right)),
        _ => None,
    }
}

/// The order of two entities by a property; null comes first.
pub(super) fn order_by(name: &str, kind: Kind, left: &Entity, right: &Entity) -> Ordering {
    let (left, right) = (property(left, name, kind), property(right, name, kind));
    match (&left, &right) {
        (Scalar::Null, Scalar::Null) => Ordering::Equal,
        (Scalar::Null, _) => Ordering::Less,
        (_, Scalar::Null) => Ordering::Greater,
        _ => order(&left, &right).unwrap_or(Ordering::Equal),
    }
}

fn scalar<'a>(operand: &'a Operand, entity: &'a Entity, variable: Option<&'a str>) -> Scalar<'a> {
    let changed = |inner, change: fn(&str) -> String| match scalar(inner, entity, variable) {
        Scalar::Text(text) => Scalar::Text(Cow::Owned(change(&text))),
        other => other,
    };
    match operand {
        Operand::Property(name, kind) => property(entity, name, *kind),
        Operand::Variable => variable.map_or(Scalar::Null, |text| Scalar::Text(text.into())),
        Operand::Literal(literal) => constant(literal),
        Operand::Lower(inner) => changed(inner, str::to_lowercase),
        Operand::Upper(inner) => changed(inner, str::to_uppercase),
    }
}

fn constant(literal: &Literal) -> Scalar<'_> {
    match literal {
        Literal::Null => Scalar::Null,
        Literal::Text(text) => Scalar::Text(text.as_str().into()),
        Literal::Number(number) => Scalar::Number(*number),
        Literal::Flag(flag) => Scalar::Flag(*flag),
        Literal::Instant(instant) => Scalar::Instant(*instant),
    }
}

fn property<'a>(entity: &'a Entity, name: &str, kind: Kind) -> Scalar<'a> {
    match (kind, entity.get(name)) {
        (Kind::Text, Some(Value::String(text))) => Scalar::Text(text.as_str().into()),
        (Kind::Instant, Some(Value::String(text))) => {
            iso::instant(text).map_or(Scalar::Null, Scalar::Instant)
        }
        (Kind::Number, Some(Value::Number(number))) => {
            number.as_f64().map_or(Scalar::Null, Scalar::Number)
        }
        (Kind::Flag, Some(Value::Bool(flag))) => Scalar::Flag(*flag),
        _ => Scalar::Null,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse::parse;
    use super::super::set::{EntitySet, Property};
    use super::*;

    const SET: EntitySet = EntitySet {
        context: "Things",
        type_name: "test.Thing",
        properties: &[
            Property::filtered("name", Kind::Text),
            Property::filtered("note", Kind::Text),
            Property::filtered("size", Kind::Number),
            Property::filtered("isNew", Kind::Flag),
            Property::filtered("seen", Kind::Instant),
            Property::filtered("tags", Kind::Texts),
            Property::shown("secret", Kind::Text),
            Property::filtered("parts", Kind::Nested),
        ],
        page_rows: 10,
        expandable: &[],
        always_counts: false,
        top_is_page: false,
    };
    static SET_REF: &EntitySet = &SET;

    fn answer(filter: &str) -> Result<bool, String> {
        let Value::Object(entity) = json!({
            "name": "it's", "note": null, "size": 7, "isNew": true, "seen": "2026-10-01T08:00:00.5Z",
            "tags": ["red", "Blue"],
        }) else {
            return Err("no object".to_owned());
        };
        parse(filter, SET_REF)
            .map(|expression| holds(&expression, &entity))
            .map_err(|fault| fault.0)
    }

    #[test]
    fn conditions_mean_what_odata_says() {
        let cases = [
            ("name eq 'it''s'", true),
            ("name eq 'IT''S'", false),
            (
                "tolower(name) eq 'it''s' and toupper(name) eq 'IT''S'",
                true,
            ),
            ("size gt 6 and size le 7", true),
            ("size ge 7.5", false),
            ("size eq 7 or size eq 8 and name eq 'x'", true),
            ("(size eq 7 or size eq 8) and name eq 'x'", false),
            ("not (size eq 7)", false),
            ("not startswith(name,'it')", false),
            ("endswith(name,'''s') and contains(name, 't')", true),
            ("isNew", true),
            ("isNew eq false", false),
            ("not isNew or size in (1, 7)", true),
            ("name in ('a','it''s')", true),
            ("seen ge 2026-10-01T08:00:00Z", true),
            ("seen lt 2026-10-01Z", false),
            ("seen gt 2026-10-01T09:00:00+02:00", true),
            ("note eq null", true),
            ("note ne 'x'", true),
            ("note lt 'x'", false),
            ("name ne null", true),
            ("tags/any(t: t eq 'red')", true),
            ("tags/any(t:t eq 'blue')", false),
            ("tags/any(t: startswith(t,'Bl') and size eq 7)", true),
            ("tags/any()", true),
            ("'x' eq 'x'", true),
        ];
        for (filter, expected) in cases {
            assert_eq!(answer(filter), Ok(expected), "{filter}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_with_a_reason() {
        let deep = format!("{}isNew{}", "(".repeat(60), ")".repeat(60));
        let long = format!("name eq '{}'", "x".repeat(20_000));
        let cases = [
            ("", "the end is not expected"),
            ("nmae eq 'x'", "named 'nmae' on type 'test.Thing'"),
            ("NAME eq 'x'", "named 'NAME'"),
            ("secret eq 'x'", "'secret' cannot be used"),
            ("parts eq 'x'", "'parts' cannot be used"),
            ("size eq 'x'", "'Edm.Double' and 'Edm.String'"),
            ("name gt null", "'Edm.String' and 'null'"),
            ("isNew gt true", "incompatible types"),
            ("name", "single boolean"),
            ("name eq 'x", "unterminated"),
            ("name eq 'x' and", "the end is not expected"),
            ("name eq 'x' name", "'name' is not expected"),
            ("name in ('x'", "the end is not expected"),
            ("name in ()", "')' is not expected"),
            ("startswith(size,'x')", "no function signature"),
            ("tags eq 'x'", "not expected"),
            ("tags/all(t: t eq 'x')", "only `any`"),
            ("tags/any(t: tags/any(u: u eq 'x'))", "within `any`"),
            ("t eq 'x'", "named 't'"),
            ("name eq \u{0}", "syntax error"),
            ("name eq ;", "syntax error at position 8"),
            (deep.as_str(), "nested deeper"),
            (long.as_str(), "at most 16384"),
        ];
        for (filter, expected) in cases {
            let fault = answer(filter).unwrap_err();
            assert!(fault.contains(expected), "{filter}: {fault}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_fall(filter in "[ a-z'(),:/0-9TZ-]{0,200}") {
            let _ = answer(&filter);
        }
    }
}
