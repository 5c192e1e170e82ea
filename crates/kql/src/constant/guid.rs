//! GUIDs.

/// Reads a GUID: 32 hexadecimal digits, with hyphens after the 8th, 12th, 16th and 20th or without
/// any, in braces, parentheses
/// or neither.
#[must_use]
pub fn parse_guid(text: &str) -> Option<u128> {
    let inner = strip_brackets(text.trim());
    let plain = match inner.len() {
        32 => inner.to_owned(),
        36 => without_hyphens(inner)?,
        _ => return None,
    };
    let digits_only = plain.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits_only
        .then(|| u128::from_str_radix(&plain, 16).ok())
        .flatten()
}

fn strip_brackets(text: &str) -> &str {
    let braces = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let parentheses = || {
        text.strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
    };
    braces.or_else(parentheses).unwrap_or(text)
}

fn without_hyphens(text: &str) -> Option<String> {
    let in_place = text
        .bytes()
        .enumerate()
        .all(|(at, byte)| matches!(at, 8 | 13 | 18 | 23) == (byte == b'-'));
    in_place.then(|| text.replace('-', ""))
}

#[cfg(test)]
mod tests {
    use super::parse_guid;

    #[test]
    fn reads_the_usual_forms() {
        let value = Some(0x74be_27de_1e4e_49d9_b579_fe0b_331d_3642);
        assert_eq!(parse_guid("74be27de-1e4e-49d9-b579-fe0b331d3642"), value);
        assert_eq!(parse_guid(" 74BE27DE1E4E49D9B579FE0B331D3642 "), value);
        assert_eq!(parse_guid("{74be27de-1e4e-49d9-b579-fe0b331d3642}"), value);
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "74be27de",
            "74be27de-1e4e-49d9-b579-fe0b331d364g",
            "74be27de1-e4e-49d9-b579-fe0b331d3642",
            "é",
        ] {
            assert_eq!(parse_guid(text), None, "{text}");
        }
    }
}
