//! The observables that a pattern looks for.

use tesem_observable::{Observable, ObservableKind, Refusal, recognise_as};

use super::tree::{Comparison, Literal, Observation, Operator, Path, Step, Test};
use crate::stix::sco;

/// What a pattern came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PatternObservables {
    /// Observables, each of which the pattern looks for.
    pub found: Vec<Observable>,
    /// What of the pattern is no observable.
    pub refused: Vec<RefusedPart>,
}

/// A test of a pattern that gives no observable.
#[derive(Debug, Clone, PartialEq)]
pub struct RefusedPart {
    /// The test, or its value.
    pub text: String,
    /// Why.
    pub why: RefusedTest,
}

/// Why a test gives no observable.
#[derive(Debug, Clone, PartialEq)]
pub enum RefusedTest {
    /// What the test asks is not the presence of a value.
    Test(Box<str>),
    /// The value is not well formed.
    Value(Refusal),
}

/// Takes out the observables that must or may be seen where the pattern matches.
///
/// Taken are positive tests for equality (`=`, `IN`, `LIKE` without wildcards, `ISSUBSET`), on either side of `AND`, `OR` and
/// `FOLLOWEDBY`, whatever the qualifiers: one observable alone is a wider search than the pattern. A file's name that is only
/// one condition of an `AND` is refused, because alone it is too wide. All else is refused by its name: `NOT`, `!=`, `MATCHES`,
/// order, `EXISTS`, `ISSUPERSET`, and properties that are no observables.
#[must_use]
pub fn observables(pattern: &Observation) -> PatternObservables {
    let mut all = PatternObservables::default();
    observation(pattern, &mut all);
    all
}

fn observation(pattern: &Observation, all: &mut PatternObservables) {
    match pattern {
        Observation::Single(inner) => comparison(inner, false, all),
        Observation::And(parts) | Observation::Or(parts) | Observation::FollowedBy(parts) => {
            parts.iter().for_each(|part| observation(part, all));
        }
        Observation::Qualified(inner, _) => observation(inner, all),
    }
}

fn comparison(part: &Comparison, is_narrowed: bool, all: &mut PatternObservables) {
    match part {
        Comparison::Test(inner) => test(inner, is_narrowed, all),
        Comparison::Or(parts) => parts
            .iter()
            .for_each(|part| comparison(part, is_narrowed, all)),
        Comparison::And(parts) => parts.iter().for_each(|part| comparison(part, true, all)),
    }
}

fn test(test: &Test, is_narrowed: bool, all: &mut PatternObservables) {
    let refused = |why: String| RefusedPart {
        text: test.to_string(),
        why: RefusedTest::Test(why.into()),
    };
    let Some(kinds) = kinds(&test.path) else {
        let why = format!("`{}` is no observable", test.path);
        return all.refused.push(refused(why));
    };
    if let Some(why) = not_positive(test) {
        return all.refused.push(refused(why));
    }
    if is_narrowed && kinds.contains(&ObservableKind::FileName) {
        let why =
            "a file's name is only one of several conditions; alone it is too wide".to_owned();
        return all.refused.push(refused(why));
    }
    for value in &test.values {
        match observable(test.operator, kinds, value) {
            Ok(observable) => all.found.push(observable),
            Err(why) => all.refused.push(RefusedPart {
                text: value_text(value),
                why,
            }),
        }
    }
}

/// Why a test does not ask for the presence of a value.
fn not_positive(test: &Test) -> Option<String> {
    let name = test.operator.as_str();
    match test.operator {
        _ if test.negated => Some(format!("NOT {name} asks for what is absent")),
        Operator::Equal | Operator::In | Operator::Like | Operator::IsSubset => None,
        Operator::NotEqual => Some("!= asks for what is absent".to_owned()),
        Operator::Matches => Some("MATCHES is a regular expression, no list of values".to_owned()),
        _ => Some(format!("{name} names no single value")),
    }
}

fn observable(
    operator: Operator,
    kinds: &[ObservableKind],
    value: &Literal,
) -> Result<Observable, RefusedTest> {
    let text = match value {
        Literal::Text(text) => text.as_str(),
        _ => return Err(RefusedTest::Test("the value is no text".into())),
    };
    let text = match operator {
        Operator::Like => like_value(text, kinds)?,
        _ => text,
    };
    recognised(kinds, text).map_err(RefusedTest::Value)
}

/// The first kind that the value is one of; the refusal is the first kind's.
pub(crate) fn recognised(kinds: &[ObservableKind], text: &str) -> Result<Observable, Refusal> {
    let mut refusal = None;
    for kind in kinds {
        match recognise_as(*kind, text) {
            Ok(observable) => return Ok(observable),
            Err(error) => {
                refusal.get_or_insert(error);
            }
        }
    }
    Err(refusal.unwrap_or_else(|| Refusal::new(text, tesem_observable::Reason::Unrecognised)))
}

/// What a `LIKE` without wildcards asks for. A domain indicator covers what lies below it, so that `%.evil.com` is `evil.com`.
fn like_value<'t>(text: &'t str, kinds: &[ObservableKind]) -> Result<&'t str, RefusedTest> {
    let is_domain = kinds.contains(&ObservableKind::Domain);
    let bare = text
        .strip_prefix("%.")
        .filter(|_| is_domain)
        .unwrap_or(text);
    match bare.contains(['%', '_']) {
        false => Ok(bare),
        true => Err(RefusedTest::Test(
            "LIKE with wildcards names no single value".into(),
        )),
    }
}

fn value_text(value: &Literal) -> String {
    match value {
        Literal::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The kinds that a property may hold, likeliest first.
fn kinds(path: &Path) -> Option<&'static [ObservableKind]> {
    let keys: Vec<&str> = path
        .steps
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) | Step::Any => None,
        })
        .collect();
    sco::kinds(&path.object, &keys)
}
