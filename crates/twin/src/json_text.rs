//! JSON written straight into a text, for results of many rows.

/// Appends a comma, unless the text ends with what opens the list or object.
pub(crate) fn separate(out: &mut String, opening: char) {
    if !out.ends_with(opening) {
        out.push(',');
    }
}

/// `"name":`.
pub(crate) fn key(name: &str) -> String {
    let mut key = String::new();
    push_string(name, &mut key);
    key.push(':');
    key
}

/// Appends text as a JSON string.
pub(crate) fn push_string(text: &str, out: &mut String) {
    if text.bytes().all(is_plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte != b'"' && byte != b'\\'
}

/// Appends a real; what JSON has no number for becomes a string, as OData writes it.
pub(crate) fn push_real(value: f64, out: &mut String) {
    match serde_json::Number::from_f64(value) {
        Some(number) => out.push_str(&number.to_string()),
        None if value.is_nan() => out.push_str("\"NaN\""),
        None if value > 0.0 => out.push_str("\"INF\""),
        None => out.push_str("\"-INF\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_and_number_stays_itself() {
        for text in ["", "plain", "a\"b\\c", "line\nend\u{0}", "\u{2028} é 💥"] {
            let mut out = String::new();
            push_string(text, &mut out);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text, "{out}");
        }
        let real = |value| {
            let mut out = String::new();
            push_real(value, &mut out);
            out
        };
        assert_eq!(real(0.1), "0.1");
        assert_eq!(real(1e300), "1e+300");
        assert_eq!(real(f64::NEG_INFINITY), "\"-INF\"");
    }
}
