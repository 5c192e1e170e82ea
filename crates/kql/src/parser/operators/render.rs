//! `render`.

use crate::ast::{Expr, ExprKind, Name, OperatorKind, Property};
use crate::lexer::{Keyword, Punctuation, TokenKind};
use crate::parser::properties::{Rules, ValueForm};
use crate::parser::{Parser, Role};

/// The charts whose names are words of the language.
const CHARTS: &[&str] = &[
    "table",
    "list",
    "barchart",
    "piechart",
    "ladderchart",
    "timechart",
    "linechart",
    "anomalychart",
    "pivotchart",
    "areachart",
    "stackedareachart",
    "scatterchart",
    "timepivot",
    "columnchart",
    "timeline",
    "3Dchart",
    "card",
    "treemap",
    "plotly",
    "graph",
    "sankey",
];

const WITH_PROPERTIES: Rules = Rules::only(&[
    ("kind", ValueForm::Any),
    ("title", ValueForm::Operand),
    ("accumulate", ValueForm::Any),
    ("xcolumn", ValueForm::Name),
    ("ycolumns", ValueForm::NameList),
    ("anomalycolumns", ValueForm::NameList),
    ("series", ValueForm::NameList),
    ("xtitle", ValueForm::Operand),
    ("ytitle", ValueForm::Operand),
    ("xaxis", ValueForm::Any),
    ("yaxis", ValueForm::Any),
    ("legend", ValueForm::Any),
    ("ysplit", ValueForm::Any),
    ("ymin", ValueForm::Any),
    ("ymax", ValueForm::Any),
    ("xmin", ValueForm::Any),
    ("xmax", ValueForm::Any),
]);

/// The properties of the older form, without `with (…)`.
const LEGACY_PROPERTIES: Rules = Rules {
    declared: &[
        ("kind", ValueForm::Any),
        ("title", ValueForm::Operand),
        ("accumulate", ValueForm::Any),
    ],
    known: false,
    equal_needed: true,
};

/// `render chart [with (properties)]`.
pub(super) fn render(parser: &mut Parser<'_>) -> OperatorKind {
    let chart = chart(parser);
    let mut properties = legacy(parser);
    properties.extend(parser.optional_with_list(WITH_PROPERTIES));
    OperatorKind::Render { chart, properties }
}

fn chart(parser: &mut Parser<'_>) -> Name {
    let token = parser.token(0);
    let known = CHARTS.contains(&parser.text_of(token)) || token.kind == TokenKind::Identifier;
    if known {
        return parser.word_name();
    }
    parser.expected("a chart, such as `timechart` or `table`");
    parser.name_of(crate::lexer::Token {
        end: token.start,
        ..token
    })
}

/// `kind=…`, `title=…`, `accumulate=…`, `with "title"`, `by columns`, in any order.
fn legacy(parser: &mut Parser<'_>) -> Vec<Property> {
    let mut properties = Vec::new();
    loop {
        let read = parser.properties(LEGACY_PROPERTIES);
        let count = read.len();
        properties.extend(read);
        match parser.peek() {
            TokenKind::Keyword(Keyword::With)
                if !parser.sign_at(1, Punctuation::OpenParenthesis) =>
            {
                properties.push(legacy_with(parser));
            }
            TokenKind::Keyword(Keyword::By) => properties.push(legacy_by(parser)),
            _ if count == 0 => return properties,
            _ => {}
        }
    }
}

fn legacy_with(parser: &mut Parser<'_>) -> Property {
    let name = parser.word_name();
    Property {
        name,
        value: parser.string_literal(),
    }
}

fn legacy_by(parser: &mut Parser<'_>) -> Property {
    let token = parser.bump_as(Role::ClauseStart);
    let name = parser.name_of(token);
    let columns = parser.list(Parser::name_expr);
    let start = columns
        .first()
        .map_or(name.span.end, |column| column.span.start);
    Property {
        name,
        value: parser.names_value(start, columns),
    }
}

impl Parser<'_> {
    /// Several names as one value.
    fn names_value(&self, start: usize, mut names: Vec<Expr>) -> Expr {
        use crate::ast::{DynamicLiteral, Literal};
        if names.len() == 1
            && let Some(only) = names.pop()
        {
            return only;
        }
        let text = |expr: Expr| match expr.kind {
            ExprKind::Name(name) => name.text,
            _ => String::new(),
        };
        let strings = names
            .into_iter()
            .map(|name| DynamicLiteral::Scalar(Box::new(Literal::String(text(name)))));
        self.expr_from(
            start,
            ExprKind::Literal(Literal::Dynamic(DynamicLiteral::Array(strings.collect()))),
        )
    }
}
