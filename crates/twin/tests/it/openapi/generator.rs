//! Values that fit a schema of the document, values that do not, and texts that nobody should send.

use std::ops::Range;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use super::document::Document;

/// Draws the same values for the same seed.
pub(crate) struct Generator<'a> {
    runner: TestRunner,
    document: &'a Document,
}

/// Texts that end strings, leave folders, break encodings or are just long.
const HOSTILE: &[&str] = &[
    "",
    " ",
    "'",
    "''",
    "\"",
    "\\",
    "%",
    "%00",
    "%2e%2e%2f",
    "../../etc/passwd",
    "' or 1 eq 1 or '",
    "x' or startswith(id,'') or id eq '",
    "\"; DeviceInfo | count //",
    "') | union * | take 5 //",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "$filter=id eq 'x'",
    "null",
    "NaN",
    "-1",
    "99999999999999999999999999",
    "1e400",
    "\u{0}",
    "\r\nSet-Cookie: a=b",
    "\u{feff}x",
    "\u{202e}abc",
    "ｆｕｌｌ",
    "e\u{301}\u{301}\u{301}",
    "💥👩‍👩‍👧‍👦",
    "\u{10ffff}",
    "P1Y2M10DT2H30M",
    "9999-12-31T23:59:59-23:59",
    "0000-00-00T00:00:00Z",
];

/// Longer than any name, and shorter than any request line may be.
const LONG: usize = 12_000;

impl<'a> Generator<'a> {
    pub(crate) fn new(document: &'a Document, seed: u8) -> Self {
        let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
        Self {
            runner: TestRunner::new_with_rng(Config::default(), random),
            document,
        }
    }

    pub(crate) fn number(&mut self, range: Range<u64>) -> u64 {
        range.new_tree(&mut self.runner).unwrap().current()
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.number(0..100) < percent
    }

    pub(crate) fn pick<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        let place = self.number(0..values.len() as u64);
        &values[usize::try_from(place).unwrap()]
    }

    pub(crate) fn hostile(&mut self) -> String {
        if self.chance(5) {
            return "a".repeat(LONG);
        }
        if self.chance(25) {
            return self.matching("\\PC{1,40}");
        }
        (*self.pick(HOSTILE)).to_owned()
    }

    fn matching(&mut self, pattern: &str) -> String {
        let inner = pattern.trim_start_matches('^').trim_end_matches('$');
        let strategy = proptest::string::string_regex(inner).unwrap();
        strategy.new_tree(&mut self.runner).unwrap().current()
    }

    /// A value that fits a schema.
    pub(crate) fn valid(&mut self, schema: &Value) -> Value {
        let schema = self.document.resolved(schema).clone();
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(names) = schema["enum"].as_array() {
            return self.pick(names).clone();
        }
        let own = self.own(&schema);
        self.combined(&schema, own)
    }

    /// What `allOf`, `anyOf` and `oneOf` add to a value.
    fn combined(&mut self, schema: &Value, own: Value) -> Value {
        let mut whole = own;
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let part = self.valid(part);
            whole = merged(whole, part);
        }
        for choice in ["anyOf", "oneOf"] {
            if let Some(parts) = schema[choice].as_array() {
                let part = self.pick(parts).clone();
                let part = self.valid(&part);
                whole = merged(whole, part);
            }
        }
        whole
    }

    fn own(&mut self, schema: &Value) -> Value {
        let kind = match &schema["type"] {
            Value::Array(kinds) => self.pick(kinds).as_str().unwrap().to_owned(),
            Value::String(kind) => kind.clone(),
            _ if schema.get("format").is_some() => "string".to_owned(),
            _ if schema.get("properties").is_some() => "object".to_owned(),
            _ => return Value::Null,
        };
        match kind.as_str() {
            "object" => self.object(schema),
            "array" => self.array(schema),
            "string" => Value::String(self.text(schema)),
            "integer" => {
                let least = schema["minimum"].as_u64().unwrap_or(0);
                let most = schema["maximum"].as_u64().unwrap_or(1_000);
                let most = if self.chance(70) {
                    most.min(least.saturating_add(20))
                } else {
                    most
                };
                json!(self.number(least..most.saturating_add(1)))
            }
            "number" => json!(self.number(0..100)),
            "boolean" => json!(self.chance(50)),
            _ => Value::Null,
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let mut object = Map::new();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if required.contains(&json!(name)) || self.chance(40) {
                object.insert(name.clone(), self.valid(field));
            }
        }
        Value::Object(object)
    }

    fn array(&mut self, schema: &Value) -> Value {
        let least = schema["minItems"].as_u64().unwrap_or(0);
        let most = schema["maxItems"].as_u64().unwrap_or(3).min(least + 3);
        let count = self.number(least..most + 1);
        let mut items: Vec<Value> = (0..count).map(|_| self.valid(&schema["items"])).collect();
        if let Some(needed) = schema.get("contains") {
            items.push(self.valid(needed));
        }
        Value::Array(items)
    }

    fn text(&mut self, schema: &Value) -> String {
        if let Some(pattern) = schema["pattern"].as_str() {
            return self.matching(pattern);
        }
        match schema["format"].as_str() {
            Some("uuid") => {
                self.matching("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}")
            }
            Some("date-time") => {
                self.matching("2026-1[0-2]-[0-2][1-8]T[01][0-9]:[0-5][0-9]:[0-5][0-9]Z")
            }
            Some("ipv4") => self.matching("203\\.0\\.113\\.[1-9][0-9]"),
            Some("ipv6") => self.matching("2001:db8(:[0-9a-f]{1,4}){6}"),
            _ => self.matching("[ -~]{1,20}"),
        }
    }

    /// The value with something wrong in it.
    pub(crate) fn broken(&mut self, mut value: Value) -> Value {
        let wrong = self.wrong();
        match &mut value {
            Value::Object(fields) if !fields.is_empty() && !self.chance(10) => {
                let names: Vec<String> = fields.keys().cloned().collect();
                let name = self.pick(&names).clone();
                match self.number(0..5) {
                    0 => {
                        fields.remove(&name);
                    }
                    1 => {
                        let own = fields.remove(&name).unwrap_or_default();
                        fields.insert(name.to_uppercase(), own);
                    }
                    2 | 3 => {
                        let own = fields.remove(&name).unwrap_or_default();
                        let own = self.broken(own);
                        fields.insert(name, own);
                    }
                    _ => {
                        fields.insert(name, wrong);
                    }
                }
                value
            }
            Value::Array(items) if !items.is_empty() && self.chance(60) => {
                let place = usize::try_from(self.number(0..items.len() as u64)).unwrap();
                items[place] = wrong;
                value
            }
            Value::String(text) if self.chance(30) => json!(swapped(text)),
            Value::String(_) if self.chance(60) => json!(self.hostile()),
            _ => wrong,
        }
    }

    fn wrong(&mut self) -> Value {
        let text = self.hostile();
        let values = [
            Value::Null,
            json!(true),
            json!(-1),
            json!(1e300),
            json!([]),
            json!({}),
            json!([[[]]]),
            json!({"a": {"b": null}}),
            json!(text),
            json!([text]),
        ];
        self.pick(&values).clone()
    }
}

/// The text in the other letter case.
fn swapped(text: &str) -> String {
    let upper = text.to_uppercase();
    if upper == text {
        text.to_lowercase()
    } else {
        upper
    }
}

/// The fields of both, or the later value.
fn merged(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut first), Value::Object(second)) => {
            first.extend(second);
            Value::Object(first)
        }
        (first, Value::Null) => first,
        (_, second) => second,
    }
}
