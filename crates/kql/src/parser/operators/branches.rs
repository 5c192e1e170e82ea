//! Operators that run other pipelines: `fork`, `facet`, `partition`, `macro-expand`.

use crate::ast::{ForkBranch, Operator, OperatorKind, PartitionBody, PartitionOperator};
use crate::diagnostic::codes;
use crate::lexer::{Keyword, Punctuation};
use crate::parser::names::NameUse;
use crate::parser::properties::{Rules, ValueForm};
use crate::parser::{Parser, Role};
use crate::span::Span;

/// `fork [name =] (operators) …`.
pub(super) fn fork(parser: &mut Parser<'_>) -> OperatorKind {
    let mut branches = vec![branch(parser)];
    while parser.at_sign(Punctuation::OpenParenthesis) || at_branch_name(parser) {
        branches.push(branch(parser));
    }
    OperatorKind::Fork(branches)
}

fn at_branch_name(parser: &Parser<'_>) -> bool {
    parser
        .name_length(0, NameUse::Read)
        .is_some_and(|length| parser.sign_at(length, Punctuation::Equal))
}

fn branch(parser: &mut Parser<'_>) -> ForkBranch {
    let name = at_branch_name(parser).then(|| {
        let name = parser.name(NameUse::Read);
        parser.bump();
        name
    });
    ForkBranch {
        name,
        operators: sub_pipeline(parser),
    }
}

/// `( operator | operator … )`.
fn sub_pipeline(parser: &mut Parser<'_>) -> Vec<Operator> {
    parser.mark(Role::PipelineOpen);
    parser
        .parenthesised(Parser::sub_pipeline)
        .unwrap_or_default()
}

/// `facet by columns [with (operators) | with operator]`.
pub(super) fn facet(parser: &mut Parser<'_>) -> OperatorKind {
    parser.expect_clause(Keyword::By);
    let columns = parser.list(Parser::simple_path);
    let with = match parser.eat_clause(Keyword::With) {
        true if parser.at_sign(Punctuation::OpenParenthesis) => sub_pipeline(parser),
        true => vec![parser.operator()],
        false => Vec::new(),
    };
    OperatorKind::Facet { columns, with }
}

/// `partition [hints] by column [in scope] (operators) | { query }`.
pub(super) fn partition(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::strict(&[]));
    parser.expect_clause(Keyword::By);
    let by = parser.simple_path();
    let scope = parser
        .eat_clause(Keyword::In)
        .then(|| match parser.optional_dynamic() {
            Some(dynamic) => dynamic,
            None => parser.call_here(),
        });
    OperatorKind::Partition(PartitionOperator {
        properties,
        by,
        scope,
        body: partition_body(parser),
    })
}

fn partition_body(parser: &mut Parser<'_>) -> PartitionBody {
    if parser.at_sign(Punctuation::OpenBrace) {
        parser.mark(Role::PipelineOpen);
        let query = parser.bracketed(
            Punctuation::OpenBrace,
            Punctuation::CloseBrace,
            Parser::pipe_expression,
        );
        return PartitionBody::Query(query.unwrap_or_else(|| parser.missing_expr()));
    }
    PartitionBody::Operators(sub_pipeline(parser))
}

/// `__partitionby column [id guid] (operators)`, which the service itself writes.
pub(super) fn partition_by(parser: &mut Parser<'_>) -> OperatorKind {
    let properties = parser.properties(Rules::strict(&[]));
    let by = parser.simple_path();
    let scope = parser.eat_clause(Keyword::Id).then(|| parser.literal());
    let body = PartitionBody::Operators(sub_pipeline(parser));
    OperatorKind::Partition(PartitionOperator {
        properties,
        by,
        scope,
        body,
    })
}

/// `macro-expand entities as name ( statements )`.
pub(super) fn macro_expand(parser: &mut Parser<'_>) -> OperatorKind {
    let start = parser.start();
    parser.properties(Rules::with(&[("best_effort", ValueForm::Any)]));
    if parser.at_word(Keyword::EntityGroup) {
        parser.entity_group();
    } else {
        parser.wildcard_entity();
    }
    if parser.eat_clause(Keyword::As) {
        parser.name(NameUse::Read);
    }
    parser.mark(Role::PipelineOpen);
    let statements = parser.parenthesised(Parser::statements);
    if statements.is_some_and(|statements| statements.is_empty()) {
        let span = Span::new(start, start);
        parser.error_at(
            codes::NO_QUERY,
            "`macro-expand` needs a query in its brackets",
            span,
        );
    }
    OperatorKind::MacroExpand(parser.span_from(start))
}
