//! Paths with parameters: `/api/machines/{id}`, `/api/machines/findbyip({arguments})`.

/// How a path fits a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fit {
    /// Bytes of the path that the template spells out.
    pub(super) literal_bytes: usize,
    pub(super) parameters: Vec<(&'static str, String)>,
}

/// Fits `path`, still percent-encoded, to `template`; a parameter is never empty and never spans a slash.
pub(super) fn fit(template: &'static str, path: &str) -> Option<Fit> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let mut fit = Fit {
        literal_bytes: 0,
        parameters: Vec::new(),
    };
    for (pattern, segment) in template.split('/').zip(path.split('/')) {
        match parameter(pattern) {
            None if pattern == segment => fit.literal_bytes += pattern.len(),
            None => return None,
            Some((before, name, after)) => {
                let value = segment.strip_prefix(before)?.strip_suffix(after)?;
                fit.literal_bytes += before.len() + after.len();
                fit.parameters.push((name, decoded(value)?));
            }
        }
    }
    Some(fit)
}

/// A segment's text before a parameter, the parameter's name, and the text after it.
fn parameter(pattern: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let (before, rest) = pattern.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

/// Undoes percent-encoding; `None` for nothing and for what is not UTF-8.
fn decoded(value: &str) -> Option<String> {
    if value.is_empty() {
        return None;
    }
    // In a path a plus sign is itself; only forms use it for a space.
    let form = value
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    let (name, _) = url::form_urlencoded::parse(form.as_bytes()).next()?;
    Some(name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded() {
        let cases = [
            ("/api/users/a%20b+c/alerts", Some("a b+c")),
            ("/api/users/a=b&c/alerts", Some("a=b&c")),
            ("/api/users/%2e%2e%2F/alerts", Some("../")),
            ("/api/users/%FF/alerts", Some("\u{fffd}")),
            ("/api/users//alerts", None),
            ("/api/users/x/y/alerts", None),
        ];
        for (path, expected) in cases {
            let fit = fit("/api/users/{name}/alerts", path);
            let value = fit.map(|fit| fit.parameters[0].1.clone());
            assert_eq!(value.as_deref(), expected, "{path}");
        }
    }
}
