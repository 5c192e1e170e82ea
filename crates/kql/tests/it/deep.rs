//! Deep, long and hostile queries: no stack may run out, neither in parsing nor in what one does
//! with a tree.

use tesem_kql::ast::{ExprKind, Statement};
use tesem_kql::diagnostic::codes;
use tesem_kql::{MAX_NESTING, MAX_TREE_HEIGHT, parse};

/// What threads have by default; debug builds need the most.
const STACK_BYTES: usize = 2 << 20;

/// Parses, then copies, compares, prints and drops the tree on a small stack; returns the codes of
/// the findings.
fn codes_of(query: String) -> Vec<&'static str> {
    const LONGEST_PRINTED: usize = 10_000;
    let work = move || {
        let parsed = parse(&query);
        let copy = parsed.clone();
        assert!(copy == parsed);
        if query.len() < LONGEST_PRINTED {
            assert!(!format!("{:?}", parsed.query).is_empty());
        }
        parsed
            .diagnostics
            .iter()
            .map(|finding| finding.code)
            .collect()
    };
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(work)
        .unwrap()
        .join()
        .unwrap()
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    let depth = MAX_NESTING;
    assert_eq!(
        codes_of(format!("print {}1{}", "(".repeat(depth), ")".repeat(depth))),
        [""; 0]
    );
    assert_eq!(
        codes_of(format!(
            "print {}1{}",
            "f(".repeat(depth),
            ")".repeat(depth)
        )),
        [""; 0]
    );
    assert_eq!(
        codes_of(format!("print 1{}", " + 1".repeat(MAX_TREE_HEIGHT - 2))),
        [""; 0]
    );
}

#[test]
fn nesting_beyond_the_limit_is_refused_once() {
    const DEEP: usize = 100_000;
    let refused = [
        format!("print {}1{}", "(".repeat(DEEP), ")".repeat(DEEP)),
        format!("print {}", "(".repeat(DEEP)),
        format!("print {}", "f(".repeat(DEEP)),
        format!("print a{}", "[b".repeat(DEEP)),
        format!("print a{}", "[0]".repeat(DEEP)),
        format!("print a{}", ".b".repeat(DEEP)),
        format!("print a{}", ".b()".repeat(DEEP)),
        format!("print 1{}", " + 1".repeat(DEEP)),
        format!("print 1{}", " * 1".repeat(DEEP)),
        format!("print dynamic({}", "[".repeat(DEEP)),
        format!("print dynamic({}", "{\"a\":".repeat(DEEP)),
        format!("print {}", "a in (".repeat(DEEP)),
        format!("print {}", "a between (".repeat(DEEP)),
        format!("{}T", "union (".repeat(DEEP)),
        format!("T{}", " | join (T".repeat(DEEP)),
        format!("T{}", " | fork (where a".repeat(DEEP)),
        format!("T{}", " | mv-apply a on (take 1".repeat(DEEP)),
        format!("let f = () {{ {}", "let g = () { ".repeat(DEEP)),
        format!("print {}", "toscalar(".repeat(DEEP)),
        format!(
            "T | partition by a {}",
            "{ T | partition by a ".repeat(DEEP)
        ),
    ];
    for query in refused {
        let start: String = query.chars().take(30).collect();
        let found = codes_of(query);
        assert_eq!(
            found
                .iter()
                .filter(|&&code| code == codes::TOO_DEEP)
                .count(),
            1,
            "{start}"
        );
        assert!(found.len() <= 2, "{start}: {found:?}");
    }
}

#[test]
fn long_pipelines_and_lists_are_read() {
    const MANY: usize = 50_000;
    assert_eq!(codes_of(format!("T{}", " | where a".repeat(MANY))), [""; 0]);
    assert_eq!(
        codes_of(format!("print a in (1{})", ",1".repeat(MANY))),
        [""; 0]
    );
    assert_eq!(
        codes_of(format!("let a = 1;{}print a", " let b = 1;".repeat(MANY))),
        [""; 0]
    );
}

#[test]
fn a_megabyte_of_or_is_read_as_a_balanced_tree() {
    let terms = 100_000;
    let query = format!("T | where a == 0{}", " or a == 1".repeat(terms));
    assert!(query.len() > 1_000_000);
    assert_eq!(codes_of(query), [""; 0]);
    assert_eq!(
        codes_of(format!("T | where a{}", " or b and c".repeat(terms))),
        [""; 0]
    );
}

#[test]
fn a_short_chain_leans_to_the_left() {
    let parsed = parse("T | where a or b or c");
    let Statement::Expression(query) = &parsed.query.statements[0] else {
        panic!("{parsed:?}")
    };
    let ExprKind::Pipe { operators, .. } = &query.kind else {
        panic!("{parsed:?}")
    };
    let tesem_kql::ast::OperatorKind::Where { predicate, .. } = &operators[0].kind else {
        panic!("{parsed:?}")
    };
    let ExprKind::Binary { left, .. } = &predicate.kind else {
        panic!("{parsed:?}")
    };
    assert!(matches!(left.kind, ExprKind::Binary { .. }));
}
