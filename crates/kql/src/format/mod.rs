//! Query text laid out by one set of rules.
//!
//! One operator per line; long lists are filled up to [`WIDTH`] columns; comments stay with the
//! code they stand by. Only white space
//! changes: the tokens and the comments are the same as before.

mod layout;
mod printer;
mod spacing;

use crate::diagnostic::Diagnostic;
use crate::lexer::{self, Tokens};
use crate::parser::parse_with_roles;
use layout::Layout;
use printer::Printer;

/// How long a line may be, in characters, where something can be broken.
pub const WIDTH: usize = 100;

/// Formats a query. Formatting the result again changes nothing.
///
/// # Errors
///
/// All diagnostics, when one of them is an error: a query that cannot be read is not touched.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let Tokens {
        tokens,
        mut diagnostics,
    } = lexer::tokenize(text);
    let (roles, found) = parse_with_roles(text, &tokens);
    diagnostics.extend(found);
    if diagnostics.iter().any(Diagnostic::is_error) {
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
        return Err(diagnostics);
    }
    let layout = Layout::new(text, &tokens, &roles);
    Ok(Printer::new(&layout).print())
}

#[cfg(test)]
mod tests;
