//! Sketches and schemas: what is made of them, and that their insides do not show.

use serde_json::{Value as Json, json};
use tesem_engine::{Database, EngineError};

use crate::canonical::{engine, rows, run};

#[test]
fn answers() {
    let engine = engine(Database::new());
    for (query, expected) in [
        (
            "range x from 1 to 30 step 1 | summarize h = hll(x), g = hll_if(x % 5, x > 10) | project dcount_hll(h), dcount_hll(g)",
            json!([[30, 5]]),
        ),
        (
            "range x from 1 to 30 step 1 | summarize h = hll(x % 7) by k = x % 2 | summarize dcount_hll(hll_merge(h))",
            json!([[7]]),
        ),
        (
            "range x from 1 to 10 step 1 | summarize a = hll(x), b = hll(x + 5) | project dcount_hll(hll_merge(a, b))",
            json!([[15]]),
        ),
        (
            "range x from 1 to 200000 step 1 | summarize h = hll(x) | project abs(dcount_hll(h) - 200000) < 6000",
            json!([[true]]),
        ),
        (
            "range x from 1 to 100 step 1 | summarize t = tdigest(x)
             | project percentile_tdigest(t, 90, typeof(long)), percentiles_array_tdigest(t, 5, 50), rank_tdigest(t, 40), percentrank_tdigest(t, 400)",
            json!([[90, [5, 50], 40.0, 100.0]]),
        ),
        (
            "range x from 1 to 10 step 1 | summarize a = tdigest(x), b = tdigest(x + 100, x)
             | project percentile_tdigest(merge_tdigest(a, b), 10), percentile_tdigest(tdigest_merge(a, b), 100)",
            json!([[7, 110]]),
        ),
        (
            "range x from 1 to 10 step 1 | summarize t = tdigest(todatetime('2024-01-01') + x * 1d) by k = x % 2
             | summarize m = tdigest_merge(t) | project percentile_tdigest(m, 50, typeof(datetime))",
            json!([["2024-01-06T00:00:00Z"]]),
        ),
        (
            "datatable(d: dynamic)[dynamic({'a': 1, 'b': [{'c': true}, {'c': 'x'}]}), dynamic({'a': {'e': 2.5}}), dynamic(null)]
             | summarize buildschema(d)",
            json!([[{"a": [{"e": "double"}, "long"], "b": {"`indexer`": {"c": ["bool", "string"]}}}]]),
        ),
        (
            "datatable(d: dynamic)[] | summarize buildschema(d), isnull(hll(1)), isnull(tdigest(2))",
            json!([[null, true, true]]),
        ),
        (
            "datatable(s: string, l: long)['abc', 1, '', 2] | project estimate_data_size(*), estimate_data_size(s, now())",
            json!([[11, 11], [8, 8]]),
        ),
        (
            "range x from 1 to 3 step 1 | extend r = rand(), n = rand(5), g = new_guid()
             | summarize countif(r >= 0 and r < 1 and n < 5 and n == floor(n, 1)), dcount(g), dcount(r)",
            json!([[3, 3, 3]]),
        ),
        (
            "set query_bin_auto_size = 10; set query_bin_auto_at = 3; print bin_auto(25)",
            json!([[23]]),
        ),
        ("let T = datatable(a: int, b: string)[]; print column_names_of(T)", json!([[["a", "b"]]])),
        ("print assert(1 < 2, 'no'), array_length(datetime_list_timezones()) > 500", json!([[true, true]])),
    ] {
        let result = run(&engine, query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(Json::from(rows(&result)), expected, "{query}");
    }
}

#[test]
fn refusals() {
    let engine = engine(Database::new());
    for (query, named) in [
        ("range x from 1 to 3 step 1 | summarize hll(x)", "shows"),
        ("range x from 1 to 3 step 1 | summarize tdigest(x)", "shows"),
        ("print dcount_hll(dynamic([1]))", "no sketches"),
        (
            "range x from 1 to 3 step 2 | summarize t = tdigest(x) | project rank_tdigest(t, 2)",
            "between",
        ),
        (
            "print d = dynamic({'a': []}) | summarize buildschema(d)",
            "empty array",
        ),
        ("print toscalar(rand())", "random"),
    ] {
        match run(&engine, query) {
            Err(EngineError::NotSupported { what, .. }) => {
                assert!(what.contains(named), "{query}: {what}");
            }
            other => panic!("{query} is not refused: {other:?}"),
        }
    }
    let failed = run(&engine, "print assert(1 > 2, 'too small')").unwrap_err();
    assert!(failed.to_string().contains("too small"), "{failed}");
}
