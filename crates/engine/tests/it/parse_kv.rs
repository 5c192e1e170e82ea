//! `parse-kv`, by small cases: a query, the names of its columns, its rows.

use serde_json::json;

use crate::canonical::{check_answers, check_mistakes, check_refusals};

#[test]
fn keys_become_columns_of_their_types() {
    check_answers(
        "",
        &[
            (
                r#"print s = 'user="Ann Lee"; port=22; at=2024-01-02T03:04:05Z; id=x; user=Bob'
               | parse-kv s as (port:long, user:string, at:datetime, id:int, none:string, never:real)
                   with (pair_delimiter=';', kv_delimiter='=', quote='"')
               | project-away s"#,
                "port user at id none never",
                json!([[22, "Ann Lee", "2024-01-02T03:04:05Z", null, "", null]]),
            ),
            (
                "datatable(s:string)['a=(x y) b=1', '', 'b=2 c'] | parse-kv s as (b:int, a:string)
               with (pair_delimiter=' ', kv_delimiter='=', quote='()') | project-away s",
                "b a",
                json!([[1, "x y"], [null, ""], [2, ""]]),
            ),
            (
                r#"print s = @"k='it\'s', v=<a ""b"">" | parse-kv s as (v:string, k:string)
               with (pair_delimiter=', ', kv_delimiter='=', quote="'", quote='<>', escape=@'\') | project-away s"#,
                "v k",
                json!([["a \"b\"", "it's"]]),
            ),
            (
                "print s = 'a=one two b=three' | parse-kv s as (a:string, b:string)
               with (pair_delimiter=' ', kv_delimiter='=', greedy=true) | project-away s",
                "a b",
                json!([["one two", "three"]]),
            ),
            (
                "print s = 'Level: Warn, Code: 7' | parse-kv s as (Code:long, Level:string) | project-away s",
                "Code Level",
                json!([[7, "Warn"]]),
            ),
            (
                "print s = 'a->1;b->2' | parse-kv s as (b:long) with (regex=@'(\\w)->(\\d)') | project b",
                "b",
                json!([[2]]),
            ),
        ],
    );
}

#[test]
fn what_is_not_documented_of_parse_kv_is_refused() {
    check_refusals(
        "",
        &[
            (
                "print s = 'a=\"x' | parse-kv s as (a:string) with (pair_delimiter=' ', kv_delimiter='=', quote='\"')",
                "`parse-kv` of a quote that does not end",
            ),
            (
                "print s = 'x a: 1' | parse-kv s as (a:string)",
                "`parse-kv` without delimiters of a text whose words do not come in pairs",
            ),
            (
                "print s = 'a=1' | parse-kv s as (s:string) with (pair_delimiter=' ', kv_delimiter='=')",
                "a key `s` of `parse-kv` that is a column, too",
            ),
        ],
    );
    check_mistakes(
        "",
        &[
            "print s = 'a=1' | parse-kv s as (a:string) with (pair_delimiter=' ')",
            "print s = 'a=1' | parse-kv s as (a:string) with (pair_delimiter='', kv_delimiter='=')",
            "print s = 'a=1' | parse-kv s as (a:string) with (regex='(a)')",
            "print s = 'a=1' | parse-kv s as (a:string) with (regex='((')",
            "print s = 'a=1' | parse-kv s as (a:string) with (quote='abc')",
            "print s = 'a=1' | parse-kv s as (a:string, a:long)",
            "print s = 'a=1' | parse-kv s as (a:string) with (greedy=true)",
            "print s = 1 | parse-kv s as (a:string)",
        ],
    );
}
