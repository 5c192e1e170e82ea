//! Tables under names that the service has given up.

use super::{Rule, Subject};
use crate::diagnostic::Diagnostic;
use crate::schema::defender;
use crate::visit::{TableReference, table_references};

pub(super) const RULE: Rule = Rule {
    code: "KQL0203",
    name: "old-table-name",
    summary: "the service renames tables, and drops the old names in the end",
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Diagnostic> {
    let references = table_references(subject.query);
    references.iter().filter_map(judge).collect()
}

fn judge(reference: &TableReference) -> Option<Diagnostic> {
    let table = defender().table(&reference.name)?;
    let current = match table.superseded_by {
        Some(successor) => successor,
        None if table.name != reference.name => table.name,
        None => return None,
    };
    let message = format!("`{}` has become `{current}`", reference.name);
    Some(
        Diagnostic::warning(RULE.code, message, reference.span)
            .with_hint(format!("`tesem kql schema {current}` lists its columns")),
    )
}
