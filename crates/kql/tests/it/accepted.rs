//! Queries that the language takes: every operator, statement and literal at least once.

use tesem_kql::parse;

use crate::laws::formatting_keeps;

pub(crate) const ACCEPTED: &[&str] = &[
    // Statements.
    "let x = 5; let T = materialize(DeviceEvents | where a == x); T | take x",
    "let f = (T: (a: long, b: string), x: long = -5, y: dynamic = dynamic([1])) { let z = x; T | where a == z };\nf(U, 1)",
    "let v = view () { T | take 1 }; let w = (T: (*)) { T }; union v, w(T)",
    "let ['a b'] = 1d; let g = entity_group [database('a'), database('b')]; print ['a b']",
    "declare query_parameters (a: string = \"x\", b: datetime); print a, b",
    "set notruncation; set maxmemory = 5; alias database d = cluster('c').database('d'); d.T",
    "restrict access to (T, database('d').*, v*); T",
    "declare pattern p = (a: string)[b: string] { ('x').['y'] = { T | take 1 }; ('z').['w'] = { U }; }; p('x').y",
    "#connect cluster('c')\n#crp x=1\nprint 1;",
    // Literals.
    "print 1, 0xff, 1.5, 1., 1e5, -1, +2.5, true, False, 1d, 2.5h, 10ms, 1tick, 3microseconds, 1minutes",
    "print datetime(2020-01-01 10:00), date(2020), timespan(1.02:03:04), time(15 seconds), long(-1), int(null), real(nan), decimal(1.5)",
    "print guid(74be27de-1e4e-49d9-b579-fe0b331d3642), bool(1), datetime(null), dynamic(null)",
    "print \"a\\tb\\\"\", 'a\\'', @\"C:\\x\"\"y\", @'it''s', ```a\n|b```, ~~~x~~~, h\"secret\", H@'s', \"joined \" 'together'",
    "print dynamic({\"a\": [1, -2.5, true, null, \"x\", datetime(2020), 1d, guid(null)], 'b': {}, \"c\": dynamic([])})",
    // Names and paths.
    "T | where ['a b'] == [\"c\"] and a.b['c'].d[0][-1].['e f'] == $left.x and kind == 1 and count > step | project view, type, ['where']",
    "T | extend title = 1, by = 2, (a, b) = f(x), ['q'] = 3 | project-away title*, *b*2, c | project ['title']",
    "cluster('c').database('d').T | where f(a, *) and g(x = 1).h | union database('e').U*, [V*], ['W']",
    "print {StartTime}, typeof(string), typeof(a: long, *)",
    // Operators between values.
    "T | where a == 1 or b != 2 and c <> 3 and d < e + f * g % h / -i - +j",
    "T | where a =~ 'x' and b !~ 'y' and c has 'd' and e !has_cs 'f' and g hasprefix 'h' and i !hassuffix 'j'",
    "T | where a contains 'x' and b !contains_cs 'y' and c startswith 'd' and e !endswith_cs 'f' and g matches regex 'h+' and i like 'j%'",
    "T | where a in (1, 2) and b !in~ ('x') and c has_any (dynamic(['y'])) and d has_all ('z') and e in (U | project f) and g in ((V))",
    "T | where a between (1 .. 2) and t !between (ago(1d) .. now()) and * has 'x' and x : 'y*'",
    // Columns and rows.
    "T | where k = 1 == 1 | filter b | take 5 | limit 6 | sample 7 | sample-distinct 8 of c | distinct * | distinct d, e = f",
    "T | project a, b = c, (d, e) = f | extend g = 1 | project-away a* | project-keep * | project-rename x = y | project-reorder a, b* desc, c granny-asc",
    "T | count as n | as hint.materialized=true U | consume decodeblocks=true | getschema kind=csl | serialize r = row_number() | serialize",
    "T | sort by a asc nulls first, b = c desc | order by d nulls last | top 5 by e asc | top-hitters 3 of f by g",
    "T | top-nested 3 of a with others = 'o' by count() desc, top-nested of b = bin(c, 1) by d = max(e)",
    "T | summarize | summarize by a | summarize hint.strategy=shuffle count(), x = dcount(a, 2), arg_max(t, *) by b, c = bin(t, 1h) bin = 1h",
    "T | make-series kind=nonempty n = count() default = 0, avg(a) on t from ago(7d) to now() step 1h by b | make-series sum(a) on t in range(1, 9, 2)",
    "T | reduce kind=source by a with threshold=0.5, characters='-'",
    "range x from 1 to 10 step 2 | print y = 1",
    // Tables.
    "T | join kind = leftouter hint.strategy=broadcast (U | where a) on k, $left.b == $right.c and d | join V on k | join (W) where x == y | join X",
    "T | lookup kind=inner (U) on $left.a == $right.b | union kind=outer withsource=s isfuzzy=true U, V*, (W | take 1), f(x)",
    "union withsource = t T, U | where t has 'x'",
    "search kind=case_sensitive in (T, U*, database('d').V) 'x' and a : 'y' | search *",
    "find withsource=s in (T | as X, U*) where a == 1 project b, c: string, pack(*)",
    "find 'x' project-smart",
    "T | fork (where a | take 1) n = (count) | facet by a, b with (where c | take 1)",
    "T | partition hint.strategy=native by a (top 1 by b) | partition by c in dynamic([1]) { U | where d == c }",
    "macro-expand isfuzzy=true entity_group [database('a')] as X (X.T | take 1; X.U)",
    "datatable (a: string, b: long,) ['x', -1, 'y', long(null),] | assert-schema (a: string, b: long)",
    "externaldata (a: string) [@'https://x/y.csv', h'z'] with (format = 'csv', ignoreFirstRecord = true)",
    "inline_external_table (t: datetime, s: string) kind=storage partition by (d: datetime = bin(t, 1d)) pathformat=(datetime_pattern('yyyy', d)) dataformat=csv (h'x') with (a = b)",
    // Dynamic and text.
    "T | mv-expand kind=array with_itemindex=i a, b = c.d to typeof(long) limit 10 | mvexpand bagexpansion=bag e",
    "T | mv-apply with_itemindex=i a to typeof(string), b = c limit 5 on (where a has 'x' | summarize count() by i)",
    "T | parse kind=regex flags=Ui a with * 'x' b: long 'y' c * | parse-where kind=relaxed d with 'p' e",
    "T | parse-kv a as (k: string, ['l m']: long) with (pair_delimiter=' ', kv_delimiter='=', quote='\"', greedy=true)",
    "T | evaluate hint.distribution=single bag_unpack(a, 'p_') : (*, b: string) | evaluate pivot(c, count()) | invoke f(x).g(y)",
    "T | scan with_match_id=m order by a asc partition by b declare (c: long = 0, d: string) with (step s output=last: e => c = 1, d = 'x'; step t optional: s.e > 1; )",
    "T | make-graph a --> b with U on k, V on l | graph-match cycles=none (x)-[e*1..3]->(y)<--(z)-[f]-(w) where x.n == 1 project x.n, m = y.n",
    "T | make-graph a --> b with_node_id=n partitioned-by p (graph-to-table nodes as N with_node_id=i, edges) | graph-mark-components kind=weak with_component_id=c",
    "T | make-graph a -- b | graph-shortest-paths output=all (x)-[e*1..5]->(y) where x.a | graph-where-nodes a == 1 | graph-where-edges b",
    "T | render timechart with (title = strcat('a', 'b'), xcolumn = t, ycolumns = a, b, series = c, legend = hidden, ymin = 0, kind = stacked)",
    "T | render columnchart kind=stacked title='x' accumulate=true | render card",
    // Layout.
    "// a comment first\n\nT // and one here\n\n  // and there\n| where a == 1 // x\n  and b == 2\n\n;\n\n\nprint 1 // last",
    "print toscalar(T | summarize max(a)), toscalar kind=nooptimization (T), totable(T | take 1)",
];

#[test]
fn all_are_read_without_a_finding() {
    for query in ACCEPTED {
        let errors: Vec<_> = parse(query)
            .diagnostics
            .into_iter()
            .filter(tesem_kql::Diagnostic::is_error)
            .collect();
        assert_eq!(errors, [], "{query}");
    }
}

#[test]
fn all_can_be_formatted() {
    for query in ACCEPTED {
        formatting_keeps(query, query);
    }
}
