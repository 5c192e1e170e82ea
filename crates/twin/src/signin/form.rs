//! The form a client posts to a token endpoint.

use std::collections::HashMap;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;

/// A client id and a secret that came together.
#[derive(Debug)]
pub(super) struct BasicCredential {
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
}

/// The form fields. Of a field that is there several times, the first counts.
pub(super) struct Form {
    fields: HashMap<String, String>,
}

impl Form {
    /// Reads a body as a form. Never fails: what is no form has no fields.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut fields = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            fields
                .entry(name.into_owned())
                .or_insert_with(|| value.into_owned());
        }
        Self { fields }
    }

    /// The value of a field that is there and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

/// The client id and secret of an `Authorization: Basic` header: both form-encoded, by RFC 6749, section 2.3.1.
pub(super) fn basic_credential(headers: &HeaderMap) -> Option<BasicCredential> {
    let header = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, secret) = decoded.split_once(':')?;
    let client_secret = SecretString::from(form_decoded(secret));
    Some(BasicCredential {
        client_id: form_decoded(client_id),
        client_secret,
    })
}

fn form_decoded(text: &str) -> String {
    // A lone `=` or `&` in an unencoded secret must not end the value, so only `%` and `+` are decoded.
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(escaped.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn any_bytes_are_a_form() {
        let form = Form::read(b"a=1&a=2&b=%ff%zz&=x&c&\xff\x00");
        assert_eq!(form.get("a"), Some("1"));
        assert_eq!(form.get("b"), Some("\u{fffd}%zz"));
        assert_eq!(form.get("c"), None);
    }

    #[test]
    fn a_basic_credential_is_decoded() {
        let read = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, value.parse().unwrap());
            basic_credential(&headers).map(|basic| {
                (
                    basic.client_id,
                    basic.client_secret.expose_secret().to_owned(),
                )
            })
        };
        let encoded = |text: &str| format!("Basic {}", STANDARD.encode(text));
        let expected = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(
            read(&encoded("id:a%2Bb:c=d&e")),
            expected("id", "a+b:c=d&e")
        );
        assert_eq!(read(&encoded("no colon")), None);
        assert_eq!(read("Basic ###"), None);
        assert_eq!(read("Bearer abc"), None);
        assert_eq!(read("Basic"), None);
    }
}
