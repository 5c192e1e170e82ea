//! Paths in JSON.

use serde_json::Value;

/// What is left of a path below `name`; nothing where it does not lead there.
pub(super) fn below<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let rest = path
        .strip_prefix(name)
        .and_then(rest)
        .or_else(|| path.strip_prefix('*').and_then(rest));
    rest.filter(|_| !path.is_empty())
}

fn rest(path: &str) -> Option<&str> {
    match path.is_empty() {
        true => Some(path),
        false => path.strip_prefix('.'),
    }
}

/// The values at a path; of a list each one.
pub(super) fn values<'v>(value: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    collect(value, path, &mut found);
    found
}

fn collect<'v>(value: &'v Value, path: &str, found: &mut Vec<&'v Value>) {
    match value {
        Value::Null => {}
        Value::Array(list) => list.iter().for_each(|one| collect(one, path, found)),
        _ if path.is_empty() => found.push(value),
        Value::Object(members) => {
            for (name, member) in members {
                if let Some(path) = below(path, name) {
                    collect(member, path, found);
                }
            }
        }
        _ => {}
    }
}

/// The texts at a path that are filled; numbers as JSON writes them.
pub(super) fn texts(value: &Value, path: &str) -> Vec<String> {
    let texts = values(value, path).into_iter().filter_map(text);
    texts.filter(|text| !text.is_empty()).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_through_names_and_lists() {
        let entry = json!({
            "ioc": {"value": " evil.com ", "ports": [80, 443], "none": null, "deep": [{"x": "a"}, {"x": ["b", ""]}]},
            "ioc.dotted": "c",
            "list": [["d"], "e"],
        });
        let cases: [(&str, &[&str]); 11] = [
            ("ioc.value", &["evil.com"]),
            ("ioc.ports", &["80", "443"]),
            ("ioc.none", &[]),
            ("ioc.deep.x", &["a", "b"]),
            ("ioc.dotted", &["c"]),
            ("list", &["d", "e"]),
            ("*.value", &["evil.com"]),
            ("ioc", &[]),
            ("io", &[]),
            ("ioc.value.x", &[]),
            ("", &[]),
        ];
        for (path, expected) in cases {
            assert_eq!(texts(&entry, path), expected, "{path}");
        }
        assert_eq!(texts(&json!("evil.com"), ""), ["evil.com"]);
    }
}
