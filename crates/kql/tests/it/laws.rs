//! What holds for every text.

use proptest::prelude::*;
use tesem_kql::ast::{Expr, Operator};
use tesem_kql::lexer::{TokenKind, comments, tokenize};
use tesem_kql::visit::{Visitor, walk_expr, walk_operator, walk_query};
use tesem_kql::{Span, format, parse};

use crate::accepted::ACCEPTED;

/// Checks that every node lies in the text, on character boundaries, and inside the node above it.
struct SpanCheck<'a> {
    text: &'a str,
    outer: Span,
}

impl SpanCheck<'_> {
    fn enter(&mut self, span: Span, walk: impl FnOnce(&mut Self)) {
        assert!(
            span.start <= span.end && self.text.get(span.start..span.end).is_some(),
            "{span:?} in {:?}",
            self.text
        );
        let inside = self.outer.start <= span.start && span.end <= self.outer.end;
        assert!(
            inside,
            "{span:?} is not in {:?} of {:?}",
            self.outer, self.text
        );
        let outer = std::mem::replace(&mut self.outer, span);
        walk(self);
        self.outer = outer;
    }
}

impl Visitor for SpanCheck<'_> {
    fn visit_expr(&mut self, expr: &Expr) {
        self.enter(expr.span, |check| walk_expr(check, expr));
    }

    fn visit_operator(&mut self, operator: &Operator) {
        self.enter(operator.span, |check| walk_operator(check, operator));
    }
}

/// Whether a tree is made or refused, everything that is said about the text lies in the text.
fn everything_lies_in(text: &str) {
    let parsed = parse(text);
    for finding in &parsed.diagnostics {
        assert!(
            text.get(finding.span.start..finding.span.end).is_some(),
            "{finding} in {text:?}"
        );
        assert!(!finding.message.is_empty());
    }
    walk_query(
        &mut SpanCheck {
            text,
            outer: parsed.query.span,
        },
        &parsed.query,
    );
    let starts: Vec<_> = parsed
        .diagnostics
        .iter()
        .map(|finding| finding.span.start)
        .collect();
    assert!(starts.is_sorted());
}

/// The tokens are in order and leave nothing but white space and comments between them.
fn tokens_are_lossless(text: &str) {
    let tokens = tokenize(text).tokens;
    let mut at = 0;
    for token in &tokens {
        let span = token.span();
        let gap = text.get(at..span.start).unwrap();
        assert_eq!(token.after_trivia, !gap.is_empty());
        let only_trivia = tokenize(gap)
            .tokens
            .iter()
            .all(|token| token.kind == TokenKind::End);
        assert!(only_trivia, "{gap:?} between the tokens of {text:?}");
        at = span.end;
    }
    assert_eq!(at, text.len());
}

fn token_texts(text: &str) -> Vec<&str> {
    tokenize(text)
        .tokens
        .iter()
        .map(|token| token.span().text(text))
        .collect()
}

fn comment_places(text: &str) -> Vec<(&str, usize, bool)> {
    let tokens = tokenize(text).tokens;
    let place =
        |it: &tesem_kql::lexer::Comment| (it.span.text(text).trim_end(), it.before, it.trailing);
    comments(text, &tokens).iter().map(place).collect()
}

/// The tree as text, without the places.
fn tree(text: &str) -> String {
    let mut tree = String::new();
    let printed = format!("{:?}", parse(text).query);
    for (place, piece) in printed.split("Span { start: ").enumerate() {
        let rest = if place == 0 {
            piece
        } else {
            piece.split_once('}').unwrap().1
        };
        tree.push_str(rest);
    }
    tree
}

/// Formatting `text`, which can be read, changes white space only, and formatting again nothing.
pub(crate) fn formatting_keeps(text: &str, id: &str) {
    let formatted = format(text).unwrap();
    assert_eq!(
        format(&formatted).as_ref(),
        Ok(&formatted),
        "{id} is not stable"
    );
    assert_eq!(token_texts(text), token_texts(&formatted), "{id}");
    assert_eq!(comment_places(text), comment_places(&formatted), "{id}");
    assert_eq!(tree(text), tree(&formatted), "{id}");
}

#[rustfmt::skip]
const PIECES: &[&str] = &[
    "\r\n", "\r", "\n\n\n", "\u{2028}", "\u{a0}", "\u{feff}", "// é\r\n", "//\u{2028}", "```x\r\ny```",
    "T", "a", "b", "'x'", "\"y\"", "1", "2.5", "1d", "datetime(2020-01-01)",
    "dynamic({\"a\":[1]})", "(", ")", "[", "]", "{", "}", ",", ";", "|", "=", "==", "=~", "!=",
    "<", "..", ".", "-", "+", "*", ":", "let", "where", "project", "extend", "summarize", "by",
    "join", "kind=inner", "on", "union", "and", "or", "in", "!in~", "between", "has_any",
    "not", "mv-expand", "to", "typeof(long)", "parse", "with", "take", "top", "sort", "asc",
    "nulls", "first", "render", "evaluate", "f(", "toscalar(", "materialize(", "view",
    "search", "find", "print", "range", "from", "step", "datatable", "externaldata",
    "make-series", "default", "scan", "fork", "partition", "make-graph", "graph-match", "-->",
    "-[", "]->", "// c\n", "\n", "é", "\"", "'", "```", "\\", "@\"", "#", "count", "of", "as",
    "invoke", "lookup", "$left", "['q n']", "{p}", "x:string", "declare", "query_parameters",
    "set", "true",
];

/// Pieces of queries, put together without sense.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.join(" "))
}

/// A good query with one part cut out, doubled, or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let query = prop::sample::select(ACCEPTED.to_vec());
    (
        query,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        soup(),
        0..4_u8,
    )
        .prop_map(|(query, from, to, soup, change)| {
            let boundary = |index: prop::sample::Index| {
                query.floor_char_boundary(index.index(query.len() + 1))
            };
            let (from, to) = (
                boundary(from).min(boundary(to)),
                boundary(from).max(boundary(to)),
            );
            let (before, cut, after) = (&query[..from], &query[from..to], &query[to..]);
            match change {
                0 => format!("{before}{after}"),
                1 => format!("{before}{cut}{cut}{after}"),
                2 => format!("{before}{soup}{after}"),
                _ => before.to_owned(),
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}|[ -~\n]{0,200}") {
        everything_lies_in(&text);
        tokens_are_lossless(&text);
    }

    #[test]
    fn any_soup_is_read_without_panic(text in soup()) {
        everything_lies_in(&text);
        tokens_are_lossless(&text);
    }

    #[test]
    fn any_damaged_query_is_read_without_panic(text in mutated()) {
        everything_lies_in(&text);
        tokens_are_lossless(&text);
    }

    #[test]
    fn what_can_be_read_can_be_formatted(text in prop_oneof![mutated(), soup()]) {
        match format(&text) {
            Ok(_) => formatting_keeps(&text, &text),
            Err(findings) => prop_assert!(findings.iter().any(tesem_kql::Diagnostic::is_error)),
        }
    }
}
