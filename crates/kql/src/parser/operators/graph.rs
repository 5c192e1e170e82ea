//! Graph operators. Their text is checked and kept, for whoever runs graphs.

use crate::ast::{Name, OperatorKind};
use crate::diagnostic::codes;
use crate::lexer::{Keyword, Punctuation, TokenKind};
use crate::parser::names::NameUse;
use crate::parser::properties::{Rules, ValueForm};
use crate::parser::{Parser, Role};

const COMPONENT_PROPERTIES: Rules = Rules::with(&[("with_component_id", ValueForm::Name)]);
const PATH_PROPERTIES: Rules = Rules::with(&[("output", ValueForm::Any)]);
const TABLE_PROPERTIES: Rules = Rules::with(&[
    ("with_node_id", ValueForm::Name),
    ("with_source_id", ValueForm::Name),
    ("with_target_id", ValueForm::Name),
]);

/// Any of the graph operators; the word is the token before.
pub(super) fn graph(parser: &mut Parser<'_>) -> OperatorKind {
    let token = parser
        .at
        .checked_sub(1)
        .and_then(|at| parser.tokens.get(at))
        .copied()
        .unwrap_or_else(|| parser.token(0));
    let keyword: Name = parser.name_of(token);
    let start = parser.start();
    match token.kind {
        TokenKind::Keyword(Keyword::MakeGraph) => make_graph(parser),
        TokenKind::Keyword(Keyword::GraphMatch) => graph_match(parser, Rules::with(&[])),
        TokenKind::Keyword(Keyword::GraphShortestPaths) => graph_match(parser, PATH_PROPERTIES),
        TokenKind::Keyword(Keyword::GraphToTable) => graph_to_table(parser),
        TokenKind::Keyword(Keyword::GraphMarkComponents) => {
            parser.properties(COMPONENT_PROPERTIES);
        }
        _ => {
            parser.expression();
        }
    }
    OperatorKind::Graph {
        keyword,
        body: parser.span_from(start),
    }
}

/// `source --> target [with tables | with_node_id=name] [partitioned-by column (operators)]`.
fn make_graph(parser: &mut Parser<'_>) {
    parser.properties(Rules::with(&[]));
    parser.name_expr();
    if !(eat_signs(
        parser,
        &[Punctuation::Minus, Punctuation::Minus, Punctuation::Greater],
    ) || eat_signs(parser, &[Punctuation::Minus; 2]))
    {
        parser.expected("`-->`");
    }
    parser.name_expr();
    if parser.at_word(Keyword::WithNodeId) {
        parser.bump_as(Role::ClauseStart);
        parser.expect_sign(Punctuation::Equal);
        parser.name(NameUse::Read);
    } else if parser.eat_clause(Keyword::With) {
        parser.list(node_table);
    }
    if parser.eat_clause(Keyword::PartitionedBy) {
        parser.simple_path();
        parser.mark(Role::PipelineOpen);
        parser.parenthesised(Parser::sub_pipeline);
    }
}

/// `table on key`.
fn node_table(parser: &mut Parser<'_>) {
    parser.signed();
    parser.expect_word(Keyword::On);
    parser.name_expr();
}

/// `patterns [where condition] [project columns]`.
fn graph_match(parser: &mut Parser<'_>, rules: Rules) {
    parser.properties(rules);
    parser.list(pattern);
    if parser.eat_clause(Keyword::Where) {
        parser.expression();
    }
    if parser.eat_clause(Keyword::Project) {
        parser.list(Parser::named_expression);
    }
}

/// Nodes and edges: `(a)-[b]->(c)`.
fn pattern(parser: &mut Parser<'_>) {
    if !notation(parser) {
        let message = format!(
            "expected a graph pattern, such as `(a)-[b]->(c)`, found {}",
            parser.found()
        );
        parser.error_here(codes::MISSING_CLAUSE, message);
        return;
    }
    parser.mark(Role::Attached);
    while notation(parser) {
        parser.mark(Role::Attached);
    }
    parser.unmark();
}

/// One node or edge, if there is one.
fn notation(parser: &mut Parser<'_>) -> bool {
    use Punctuation::{Greater, Less, Minus, OpenBracket, OpenParenthesis};
    if parser.at_sign(OpenParenthesis) {
        parser.parenthesised(|parser| parser.optional_name(NameUse::Read));
        return true;
    }
    if eat_signs(parser, &[Minus, Minus, Greater])
        || eat_signs(parser, &[Less, Minus, Minus])
        || eat_signs(parser, &[Minus, Minus])
    {
        return true;
    }
    let opened =
        eat_signs(parser, &[Minus, OpenBracket]) || eat_signs(parser, &[Less, Minus, OpenBracket]);
    if opened {
        edge(parser);
    }
    opened
}

/// `[name][*low..high]]->` after `-[`.
fn edge(parser: &mut Parser<'_>) {
    use Punctuation::{CloseBracket, Greater, Minus};
    parser.optional_name(NameUse::Read);
    if parser.at_sign(Punctuation::Asterisk) {
        parser.bump_as(Role::Attached);
        parser.mark(Role::Attached);
        parser.signed();
        parser.mark(Role::Attached);
        parser.expect_sign(Punctuation::DotDot);
        parser.mark(Role::Attached);
        parser.signed();
    }
    if !(eat_signs(parser, &[CloseBracket, Minus, Greater])
        || eat_signs(parser, &[CloseBracket, Minus]))
    {
        parser.expected("`]->` or `]-`");
    }
}

/// `nodes [as name] [properties], edges …`.
fn graph_to_table(parser: &mut Parser<'_>) {
    parser.list(|parser| {
        if !parser.eat_word(Keyword::Nodes) && !parser.eat_word(Keyword::Edges) {
            parser.expected("`nodes` or `edges`");
        }
        if parser.eat_clause(Keyword::As) {
            parser.name(NameUse::Read);
        }
        parser.properties(TABLE_PROPERTIES);
    });
}

/// Takes `signs` where they stand without a space between them.
fn eat_signs(parser: &mut Parser<'_>, signs: &[Punctuation]) -> bool {
    let fits = signs.iter().enumerate().all(|(ahead, &sign)| {
        parser.sign_at(ahead, sign) && (ahead == 0 || !parser.token(ahead).after_trivia)
    });
    if fits {
        parser.bump();
        for _ in 1..signs.len() {
            parser.bump_as(Role::Attached);
        }
    }
    fits
}
