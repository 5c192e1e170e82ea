//! How queries are understood: precedence, roles of words, values of literals.

use tesem_kql::ast::{
    BinaryOp, DynamicLiteral, Expr, ExprKind, InOp, Literal, OperatorKind, Statement, StringOp,
    StringTest, UnaryOp,
};
use tesem_kql::parse;

/// The expression as text with all brackets, for comparing precedence.
fn bracketed(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Name(name) => name.text.clone(),
        ExprKind::Wildcard(text) => text.clone(),
        ExprKind::Literal(Literal::Long(Some(value))) => value.to_string(),
        ExprKind::Literal(other) => format!("{other:?}"),
        ExprKind::Parenthesised(inner) => bracketed(inner),
        ExprKind::Path { base, member } => format!("{}.{}", bracketed(base), member.text),
        ExprKind::Index { base, index } => format!("{}[{}]", bracketed(base), bracketed(index)),
        ExprKind::Unary {
            op: UnaryOp::Negate,
            operand,
        } => format!("(-{})", bracketed(operand)),
        ExprKind::Unary {
            op: UnaryOp::Plus,
            operand,
        } => format!("(+{})", bracketed(operand)),
        ExprKind::Binary { op, left, right } => {
            format!("({} {} {})", bracketed(left), sign(*op), bracketed(right))
        }
        ExprKind::In {
            op: InOp::In { negated: false, .. },
            operand,
            list,
        } => {
            format!(
                "({} in {})",
                bracketed(operand),
                list.iter().map(bracketed).collect::<Vec<_>>().join(",")
            )
        }
        ExprKind::Between {
            operand, low, high, ..
        } => {
            format!(
                "({} between {}..{})",
                bracketed(operand),
                bracketed(low),
                bracketed(high)
            )
        }
        ExprKind::Call {
            base: None,
            name,
            arguments,
        } => {
            let arguments: Vec<_> = arguments
                .iter()
                .map(|argument| bracketed(&argument.value))
                .collect();
            format!("{}({})", name.text, arguments.join(","))
        }
        other => panic!("{other:?}"),
    }
}

fn sign(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Or => "or",
        BinaryOp::And => "and",
        BinaryOp::Equal => "==",
        BinaryOp::Less => "<",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::Multiply => "*",
        BinaryOp::String(StringOp {
            test: StringTest::Has,
            ..
        }) => "has",
        BinaryOp::String(StringOp {
            test: StringTest::Search,
            ..
        }) => ":",
        other => panic!("{other:?}"),
    }
}

fn operators(query: &str) -> Vec<OperatorKind> {
    let parsed = parse(query);
    assert!(!parsed.has_errors(), "{query}: {:?}", parsed.diagnostics);
    match parsed.query.statements.into_iter().next_back() {
        Some(Statement::Expression(Expr {
            kind: ExprKind::Pipe { operators, .. },
            ..
        })) => operators
            .into_iter()
            .map(|operator| operator.kind)
            .collect(),
        Some(Statement::Expression(Expr {
            kind: ExprKind::Source(operator),
            ..
        })) => vec![operator.kind],
        other => panic!("{other:?}"),
    }
}

fn condition(text: &str) -> String {
    match operators(&format!("T | where {text}")).remove(0) {
        OperatorKind::Where { predicate, .. } => bracketed(&predicate),
        other => panic!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_in_the_language() {
    let cases = [
        ("a or b and c", "(a or (b and c))"),
        ("a or b or c", "((a or b) or c)"),
        ("a - b - c", "((a - b) - c)"),
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a == b + 1 and c < d", "((a == (b + 1)) and (c < d))"),
        ("a < b == c", "((a < b) == c)"),
        ("a has b + c", "((a has b) + c)"),
        ("a * b has c", "(a * (b has c))"),
        ("-a.b[0] + +c", "((-a.b[0]) + (+c))"),
        ("a == -1 or b:c", "((a == (-1)) or (b : c))"),
        ("a in (b, c) and d", "((a in b,c) and d)"),
        (
            "a + 1 between (b .. c + 1) or d",
            "(((a + 1) between b..(c + 1)) or d)",
        ),
        (
            "not(a) and (b or c) and f(a, b)",
            "((not(a) and (b or c)) and f(a,b))",
        ),
        ("* has a and b", "((* has a) and b)"),
        ("a == -9223372036854775808", "(a == -9223372036854775808)"),
    ];
    for (text, expected) in cases {
        assert_eq!(condition(text), expected, "{text}");
    }
}

#[test]
fn words_are_names_where_nothing_else_fits() {
    assert_eq!(
        condition("count < 1 and kind == view and step.order"),
        "(((count < 1) and (kind == view)) and step.order)"
    );
}

#[test]
fn literals_keep_their_values() {
    let values = |text: &str| match operators(&format!("print {text}")).remove(0) {
        OperatorKind::Print(values) => values
            .into_iter()
            .map(|value| value.value.kind)
            .collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let literal = |literal| vec![ExprKind::Literal(literal)];
    assert_eq!(
        values("\"a\" 'b' @'c'"),
        literal(Literal::String("abc".to_owned()))
    );
    assert_eq!(values("0x10"), literal(Literal::Long(Some(16))));
    assert_eq!(values("int(7)"), literal(Literal::Int(Some(7))));
    assert_eq!(
        values("decimal(1.50)"),
        literal(Literal::Decimal(Some("1.50".to_owned())))
    );
    assert_eq!(
        values("1.5h"),
        literal(Literal::TimeSpan(Some(54_000_000_000)))
    );
    assert_eq!(
        values("datetime(1970-01-01)"),
        literal(Literal::DateTime(Some(621_355_968_000_000_000)))
    );
    assert_eq!(values("datetime(null)"), literal(Literal::DateTime(None)));
    assert_eq!(values("real(nan)").len(), 1);
}

#[test]
fn a_repeated_key_keeps_its_last_value() {
    let OperatorKind::Print(values) =
        operators("print dynamic({'a': 1, 'b': 2, 'a': 3})").remove(0)
    else {
        panic!()
    };
    let ExprKind::Literal(Literal::Dynamic(DynamicLiteral::Bag(pairs))) = &values[0].value.kind
    else {
        panic!()
    };
    let long = |value| DynamicLiteral::Scalar(Box::new(Literal::Long(Some(value))));
    assert_eq!(
        *pairs,
        [("a".to_owned(), long(3)), ("b".to_owned(), long(2))]
    );
}
