//! What is wrong with an entity.

/// A field of another shape than documented.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is {found}, {expected} was expected")]
pub struct WireProblem {
    /// The field, with those around it: `value[3].ipAddresses[0].type`.
    pub path: String,
    /// What it is, as a kind and not as a value, which may be data of a customer.
    pub found: &'static str,
    /// What it should be.
    pub expected: &'static str,
}

impl WireProblem {
    /// The problem seen from outside of `field`.
    #[must_use]
    pub(crate) fn within(mut self, field: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') {
            ""
        } else {
            "."
        };
        self.path = format!("{field}{dot}{}", self.path);
        self
    }
}
