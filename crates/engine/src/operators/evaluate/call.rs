//! The call of a plugin: its arguments by position or name.

use tesem_kql::Span;
use tesem_kql::ast::{Argument, ColumnDeclaration, Expr, Name};
use tesem_kql::types::ScalarType;

use crate::binder::Binder;
use crate::binder::fault::{Bind, Fault};
use crate::binder::relation::{Relation, id_of};
use crate::binder::row::Row;
use crate::binder::scope::Scope;
use crate::bound::Bound;
use crate::error::codes;

/// The call of a plugin.
pub(super) struct Call<'c, 'b, 'q> {
    pub(super) binder: &'c Binder<'b>,
    pub(super) scope: &'c Scope<'q>,
    pub(super) name: &'q Name,
    pub(super) arguments: &'q [Argument],
    /// The columns that the query says the plugin returns.
    pub(super) schema: Option<&'q [ColumnDeclaration]>,
    /// Whether the columns of the input come first in the schema: `*`.
    pub(super) open: bool,
    pub(super) span: Span,
}

impl<'q> Call<'_, '_, 'q> {
    /// The arguments without a name.
    pub(super) fn positional(&self) -> impl Iterator<Item = &'q Expr> + use<'q> {
        let unnamed = self
            .arguments
            .iter()
            .filter(|argument| argument.name.is_none());
        unnamed.map(|argument| &argument.value)
    }

    /// The argument at a position that must be there.
    pub(super) fn required(&self, position: usize) -> Bind<&'q Expr> {
        self.positional().nth(position).ok_or_else(|| {
            let message = format!(
                "`{}` needs at least {} arguments",
                self.name.text,
                position + 1
            );
            Fault::wrong(codes::WRONG_ARGUMENTS, message, self.span)
        })
    }

    /// The argument of a name.
    pub(super) fn named(&self, name: &str) -> Option<&'q Expr> {
        let is_named = |argument: &&Argument| {
            argument
                .name
                .as_ref()
                .is_some_and(|given| given.text == name)
        };
        self.arguments
            .iter()
            .find(is_named)
            .map(|argument| &argument.value)
    }

    /// Refuses more arguments without a name than the plugin has, and names that it has not.
    pub(super) fn check(&self, positional_max: usize, names: &[&str]) -> Bind<()> {
        if let Some(extra) = self.positional().nth(positional_max) {
            let message = format!(
                "`{}` takes at most {positional_max} arguments",
                self.name.text
            );
            return Err(Fault::wrong(codes::WRONG_ARGUMENTS, message, extra.span));
        }
        let given = self
            .arguments
            .iter()
            .filter_map(|argument| argument.name.as_ref());
        for name in given {
            if !names.contains(&name.text.as_str()) {
                let what = format!("the argument `{}` of `{}`", name.text, self.name.text);
                return Err(Fault::not_supported(what, name.span));
            }
        }
        Ok(())
    }

    /// Refuses a declared schema.
    pub(super) fn without_schema(&self) -> Bind<()> {
        match self.schema {
            None => Ok(()),
            Some(_) => Err(self.not_supported("a declared schema")),
        }
    }

    /// A column of the rows, by its position among them.
    pub(super) fn column(&self, input: &Relation, expr: &'q Expr) -> Bind<usize> {
        let bound = self.binder.scalar(&Row::of(input, self.scope), expr)?;
        let id = id_of(&bound.expr).filter(|_| bound.is_column);
        let position = id.and_then(|id| input.columns.iter().position(|column| column.id == id));
        position.ok_or_else(|| {
            let message = format!("`{}` takes a column here", self.name.text);
            Fault::wrong(codes::WRONG_ARGUMENTS, message, expr.span)
        })
    }

    /// A value that is known before the query runs.
    pub(super) fn constant(&self, expr: &'q Expr, expected: ScalarType) -> Bind<Bound> {
        let bound = self.binder.scalar(&Row::none(self.scope), expr)?;
        if !bound.is_constant() {
            return Err(Fault::not_constant("an argument of a plugin", expr.span));
        }
        match (bound.scalar_type, expected) {
            (found, expected) if found == expected => Ok(bound),
            (ScalarType::Int, ScalarType::Long) => self.binder.convert(bound, expected),
            (found, expected) => Err(Fault::wrong_type(
                "the argument",
                expected.name(),
                found,
                expr.span,
            )),
        }
    }

    /// A text that is known before the query runs.
    pub(super) fn text(&self, expr: &'q Expr) -> Bind<String> {
        let bound = self.constant(expr, ScalarType::String)?;
        Ok(bound.constant_str().unwrap_or_default().to_owned())
    }

    /// A refusal of what the plugin cannot do here.
    pub(super) fn not_supported(&self, what: &str) -> Fault {
        Fault::not_supported(format!("{what} of `{}`", self.name.text), self.span)
    }
}
