//! What a person sees when something went wrong: what, why, what to do.

use std::fmt;

use crate::exit::Exit;

/// Marks an error as wrong usage or configuration (exit code 2), optionally with advice.
#[derive(Debug)]
pub(crate) struct UsageError {
    message: String,
    hint: Option<String>,
}

impl UsageError {
    /// A usage error without advice.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what to do about it.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UsageError {}

/// Advice that travels with an error of another kind.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub(crate) struct Advised {
    source: anyhow::Error,
    hint: String,
}

/// Attaches advice to `error`.
pub(crate) fn advise(error: impl Into<anyhow::Error>, hint: impl Into<String>) -> anyhow::Error {
    Advised {
        source: error.into(),
        hint: hint.into(),
    }
    .into()
}

/// The text for the terminal: `error: …`, one `caused by: …` per cause, then `hint: …`.
pub(crate) fn render(error: &anyhow::Error) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for cause in error.chain() {
        let message = cause.to_string();
        if message == last {
            continue;
        }
        let label = if last.is_empty() {
            "error"
        } else {
            "\ncaused by"
        };
        text.push_str(&format!("{label}: {message}"));
        last = message;
    }
    if let Some(hint) = hint(error) {
        text.push_str(&format!("\nhint: {hint}"));
    }
    text
}

/// The same where several tenants are worked on, and this one failed.
pub(crate) fn render_of(tenant: &str, error: &anyhow::Error) -> String {
    render(error).replacen("error:", &format!("error: tenant {tenant}:"), 1)
}

/// The advice that travels with `error`.
pub(crate) fn hint(error: &anyhow::Error) -> Option<String> {
    error.chain().find_map(|cause| {
        let usage = cause
            .downcast_ref::<UsageError>()
            .and_then(|usage| usage.hint.clone());
        usage.or_else(|| {
            cause
                .downcast_ref::<Advised>()
                .map(|advised| advised.hint.clone())
        })
    })
}

/// Which exit code an error stands for.
pub(crate) fn exit(error: &anyhow::Error) -> Exit {
    let is_usage = error.chain().any(<dyn std::error::Error>::is::<UsageError>);
    if is_usage { Exit::Usage } else { Exit::Failed }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let error =
            Err::<(), _>(UsageError::new("no tenant named `x`").with_hint("add [tenants.x]"))
                .context("could not start the hunt")
                .unwrap_err();
        let expected = "error: could not start the hunt\ncaused by: no tenant named `x`\nhint: add [tenants.x]";
        assert_eq!(render(&error), expected);
        assert_eq!(exit(&error), Exit::Usage);
    }

    #[test]
    fn advice_does_not_repeat_the_message() {
        let error = advise(anyhow::anyhow!("the service refused"), "grant the role");
        assert_eq!(
            render(&error),
            "error: the service refused\nhint: grant the role"
        );
        assert_eq!(exit(&error), Exit::Failed);
    }
}
