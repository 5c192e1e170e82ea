//! The names of result columns.
//!
//! Source: learn.microsoft.com/kusto/query/schema-entities/entity-names and the `resultName` of the official symbol tables.

use std::collections::HashSet;

use tesem_kql::Span;
use tesem_kql::ast::Name;

use super::fault::{Bind, Fault};
use crate::error::{Finding, codes};

/// Hands out the names of an operator's result columns.
#[derive(Debug, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// Names that the query itself writes: they cannot be given twice.
    written: HashSet<String>,
    unnamed: usize,
}

impl Names {
    /// Names that are already taken.
    pub(crate) fn with_taken<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            taken: names.into_iter().map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    /// A name that the query gives: it must be free.
    pub(crate) fn explicit(&mut self, name: &Name, operator: &str) -> Bind<String> {
        self.claim(&name.text, operator, name.span)
    }

    /// The name of a column that the query writes as it is: the same one cannot be written twice, but a derived name may be in its
    /// way.
    pub(crate) fn claim(&mut self, name: &str, operator: &str, span: Span) -> Bind<String> {
        if self.written.insert(name.to_owned()) {
            return Ok(self.derived(name));
        }
        Err(duplicate(name, operator, span))
    }

    /// A derived name, with a number behind it if it is taken.
    pub(crate) fn derived(&mut self, name: &str) -> String {
        let free = if self.taken.contains(name) {
            let numbered = (1_usize..).map(|number| format!("{name}{number}"));
            let mut free = numbered.filter(|candidate| !self.taken.contains(candidate));
            free.next().unwrap_or_default()
        } else {
            name.to_owned()
        };
        self.taken.insert(free.clone());
        free
    }

    /// `Column1`, `Column2`, …: counting only the columns without a name.
    pub(crate) fn unnamed(&mut self) -> String {
        self.unnamed += 1;
        let name = format!("Column{}", self.unnamed);
        self.derived(&name)
    }
}

/// The same name given twice.
pub(crate) fn duplicate(name: &str, operator: &str, span: Span) -> Fault {
    Finding::error(
        codes::DUPLICATE_NAME,
        format!("`{operator}` names two columns `{name}`"),
        span,
    )
    .with_hint("give one of them another name")
    .with_service_message(format!(
        "'{operator}' operator: column named '{name}' already exists"
    ))
    .into()
}
