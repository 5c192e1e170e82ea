//! `project-rename`: new names for columns, which keep their places.
//!
//! Source: learn.microsoft.com/kusto/query/project-rename-operator.

use tesem_kql::ast::{ExprKind, NamedExpr};

use super::project_away;
use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::names::duplicate;
use crate::binder::relation::Relation;
use crate::error::codes;

pub(crate) fn bind(binder: &Binder<'_>, input: Relation, names: &[NamedExpr]) -> Bind<Relation> {
    let mut renamed = input.columns.clone();
    for rename in names {
        let ([new], ExprKind::Name(old)) = (rename.names.as_slice(), &rename.value.kind) else {
            let message = "`project-rename` takes `new = old`";
            return Err(Fault::wrong(codes::WRONG_KIND, message, rename.span));
        };
        project_away::check(&input, &rename.value, binder.operator())?;
        let position = input
            .columns
            .iter()
            .position(|column| column.name == old.text);
        if let Some(column) = position.and_then(|position| renamed.get_mut(position)) {
            column.name.clone_from(&new.text);
        }
    }
    for rename in names {
        let Some(new) = rename.names.first() else {
            continue;
        };
        let count = renamed
            .iter()
            .filter(|column| column.name == new.text)
            .count();
        if count > 1 {
            return Err(duplicate(&new.text, binder.operator(), new.span));
        }
    }
    Ok(Relation {
        columns: renamed,
        ..input
    })
}
