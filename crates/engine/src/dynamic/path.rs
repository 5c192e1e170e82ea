//! Reading values out of values.

use super::{Dynamic, View};

/// One step of a path into a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// The value of a key of a bag.
    Member(String),
    /// A place in an array; negative places count from the end.
    Index(i64),
}

/// The value of a key, if the value is a bag that has it.
#[must_use]
pub fn get_member<'a>(value: Dynamic<'a>, key: &str) -> Option<Dynamic<'a>> {
    value.as_bag()?.get(key)
}

/// The value at a place, if the value is an array that reaches so far; `-1` is the last one.
#[must_use]
pub fn get_index(value: Dynamic<'_>, index: i64) -> Option<Dynamic<'_>> {
    let array = value.as_array()?;
    let place = if index < 0 {
        let from_end = usize::try_from(index.unsigned_abs()).ok()?;
        array.len().checked_sub(from_end)?
    } else {
        usize::try_from(index).ok()?
    };
    array.get(place)
}

/// The value at the end of a path. An empty path gives the value itself.
#[must_use]
pub fn get_path<'a>(value: Dynamic<'a>, path: &[Step]) -> Option<Dynamic<'a>> {
    path.iter()
        .try_fold(value, |value, step| match (step, value.view_or_null()) {
            (Step::Member(key), View::Bag(bag)) => bag.get(key),
            (Step::Index(index), View::Array(_)) => get_index(value, *index),
            _ => None,
        })
}

/// Reads a JSON path such as `$.a.b[0]['c d']`; without a leading `$` the text is one key.
///
/// Source: "JSONPath expressions", learn.microsoft.com/kusto/query/jsonpath.
#[must_use]
pub fn parse_path(text: &str) -> Option<Vec<Step>> {
    let Some(mut rest) = text.strip_prefix('$') else {
        return Some(vec![Step::Member(text.to_owned())]);
    };
    let mut path = Vec::new();
    while !rest.is_empty() {
        let (step, after) = parse_step(rest)?;
        path.push(step);
        rest = after;
    }
    Some(path)
}

fn parse_step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        if rest.starts_with('[') {
            return parse_step(rest);
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (key, after) = rest.split_at_checked(end)?;
        return (!key.is_empty()).then(|| (Step::Member(key.to_owned()), after));
    }
    let rest = text.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(quoted) = rest.strip_prefix(quote) {
            let (key, after) = quoted.split_once(quote)?;
            return Some((Step::Member(key.to_owned()), after.strip_prefix(']')?));
        }
    }
    let (index, after) = rest.split_once(']')?;
    Some((Step::Index(index.trim().parse().ok()?), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_paths() {
        let member = |key: &str| Step::Member(key.to_owned());
        let cases = [
            ("$", Some(vec![])),
            ("$.a.b", Some(vec![member("a"), member("b")])),
            ("$['a b'][0]", Some(vec![member("a b"), Step::Index(0)])),
            (
                "$.a[-1].c",
                Some(vec![member("a"), Step::Index(-1), member("c")]),
            ),
            ("a.b", Some(vec![member("a.b")])),
            ("$..a", None),
            ("$[a]", None),
            ("$['a", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_path(text), expected, "{text}");
        }
    }
}
