//! Functions called from queries: on values that are known, and on columns.

use serde_json::{Value as Json, json};
use tesem_engine::{Database, EngineError};

use crate::canonical::{engine, rows, run};

/// Columns with their literals, a call on the columns, and the answer.
type Case = (&'static [(&'static str, &'static str)], &'static str, Json);

fn cases() -> Vec<Case> {
    vec![
        (&[("a:string", "'Cmd.EXE'")], "tolower(a)", json!("cmd.exe")),
        (
            &[("a:string", "'a_b'"), ("b:string", "'_'")],
            "split(a, b)",
            json!(["a", "b"]),
        ),
        (
            &[("a:string", "'abc'"), ("b:long", "1")],
            "substring(a, b)",
            json!("bc"),
        ),
        (
            &[("a:string", "'x=12'")],
            "extract('([0-9]+)', 1, a, typeof(long))",
            json!(12),
        ),
        (
            &[("a:string", "'x=12 y=3'")],
            "extract_all('([0-9]+)', a)",
            json!(["12", "3"]),
        ),
        (
            &[("a:string", "'{\"b\":[1,{\"c\":2}]}'")],
            "parse_json(a).b[1].c",
            json!(2),
        ),
        (
            &[("a:dynamic", "dynamic({'b':'x'})")],
            "tostring(a.b)",
            json!("x"),
        ),
        (
            &[("a:dynamic", "dynamic([3,1,2])")],
            "array_sort_asc(a)",
            json!([1, 2, 3]),
        ),
        (
            &[("a:string", "''"), ("b:string", "'y'")],
            "coalesce(a, b)",
            json!("y"),
        ),
        (
            &[("a:bool", "bool(null)")],
            "iff(a, 'yes', 'no')",
            json!("no"),
        ),
        (
            &[("a:datetime", "datetime(2024-02-29 13:14:15)")],
            "bin(a, 1h)",
            json!("2024-02-29T13:00:00Z"),
        ),
        (
            &[("a:datetime", "datetime(2024-02-29)")],
            "datetime_add('year', 1, a)",
            json!("2025-02-28T00:00:00Z"),
        ),
        (
            &[("a:timespan", "90m")],
            "format_timespan(a, 'hh:mm')",
            json!("01:30"),
        ),
        (
            &[("a:string", "'10.1.2.3'")],
            "ipv4_is_in_range(a, '10.0.0.0/8')",
            json!(true),
        ),
        (
            &[("a:string", "'S3VzdG8='")],
            "base64_decode_tostring(a)",
            json!("Kusto"),
        ),
        (
            &[("a:string", "'the quick fox'")],
            "a has_any ('quick', 'slow')",
            json!(true),
        ),
        (
            &[("a:string", "'the quick fox'"), ("b:string", "'ick'")],
            "a has b",
            json!(false),
        ),
        (
            &[
                ("a:string", "'the quick fox'"),
                ("b:dynamic", "dynamic(['fox','the'])"),
            ],
            "a has_all (b)",
            json!(true),
        ),
        (
            &[("a:string", "'straße'"), ("b:string", "'STRASSE'")],
            "a =~ b",
            json!(false),
        ),
        (
            &[("a:long", "5"), ("b:real", "2.5")],
            "max_of(a, b)",
            json!(5.0),
        ),
        (&[("a:int", "int(null)")], "isempty(a)", json!(true)),
        (&[("a:real", "2.5")], "round(a)", json!(3.0)),
        (
            &[("a:string", "'b'"), ("b:long", "7")],
            "bag_pack('a', a, 'b', b)",
            json!({"a": "b", "b": 7}),
        ),
        (
            &[("a:string", "'https://u@h:8/p?q=1#f'")],
            "tostring(parse_url(a).Port)",
            json!("8"),
        ),
        (
            &[("a:real", "1.2")],
            "convert_length(a, 'Meter', 'Foot')",
            json!(3.937_007_874_015_747_7),
        ),
        (
            &[
                ("a:long", "212"),
                ("b:string", "'DegreeFahrenheit'"),
                ("c:string", "'DegreeCelsius'"),
            ],
            "round(convert_temperature(a, b, c), 9)",
            json!(100.0),
        ),
        (
            &[("a:real", "1.2"), ("b:string", "'Furlong'")],
            "convert_length(a, b, 'Meter')",
            json!(null),
        ),
    ]
}

#[test]
fn known_values_and_columns_give_the_same_answer() {
    let engine = engine(Database::new());
    for (columns, call, expected) in cases() {
        let names: Vec<&str> = columns.iter().map(|(column, _)| *column).collect();
        let literals: Vec<&str> = columns.iter().map(|(_, literal)| *literal).collect();
        let table = format!(
            "datatable({})[{}] | project r = {call}",
            names.join(", "),
            literals.join(", ")
        );
        let lets = columns.iter().map(|(column, literal)| {
            let name = column.split(':').next().unwrap();
            format!("let {name} = {literal};\n")
        });
        let known = format!("{}print r = {call}", lets.collect::<String>());
        for query in [table, known] {
            let result = run(&engine, &query).unwrap_or_else(|error| panic!("{query}: {error}"));
            assert_eq!(rows(&result), [[expected.clone()]], "{query}");
        }
    }
}

#[test]
fn what_is_missing_is_refused_by_name() {
    let engine = engine(Database::new());
    for (call, name) in [
        (
            "geo_info_from_ip_address('192.0.2.1')",
            "geo_info_from_ip_address()",
        ),
        ("parse_user_agent('x')", "parse_user_agent()"),
        ("hash(5)", "hash() of a long"),
        (
            "convert_length(1, 'Mile', 'Meter')",
            "convert_length() of the unit Mile",
        ),
        (
            "convert_angle(1.5, 'Tilt', 'Degree')",
            "convert_angle() of a number outside the range of the unit",
        ),
        (
            "convert_mass(real(nan), 'Gram', 'Pound')",
            "convert_mass() of a number that is not finite",
        ),
    ] {
        match run(&engine, &format!("print {call}")) {
            Err(EngineError::NotSupported { what, .. }) => assert_eq!(what, name),
            other => panic!("{call}: {other:?}"),
        }
    }
}

#[test]
fn units_of_unknown_size_in_columns_are_refused() {
    let engine = engine(Database::new());
    let query = "datatable(a:real, b:string)[1.0, 'Yard', 2.0, 'Mile'] | project convert_length(a, b, 'Meter')";
    match run(&engine, query) {
        Err(EngineError::NotSupported { what, .. }) => {
            assert_eq!(what, "convert_length() of the unit Mile");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_service_refuses_is_refused() {
    let engine = engine(Database::new());
    for call in [
        "strlen(5)",
        "hourofday('x')",
        "extract('(', 1, 'x')",
        "coalesce(1, 'x')",
        "array_length('[1]')",
        "datetime_add('eon', 1, now())",
        "case(true, 1, false, 2)",
        "bin(now(), 1)",
        "hash_md5(dynamic({}))",
        "toint()",
        "no_such_function(1)",
    ] {
        match run(&engine, &format!("print {call}")) {
            Err(EngineError::Semantic(_)) => {}
            other => panic!("{call}: {other:?}"),
        }
    }
}

#[test]
fn aggregates_answer_per_key() {
    let engine = engine(Database::new());
    let table = "datatable(k:string, t:datetime, v:long, s:string)[
        'a', datetime(2024-01-01), 1, 'x',
        'a', datetime(2024-01-03), 2, 'y',
        'a', datetime(2024-01-02), long(null), 'y',
        'b', datetime(2024-01-01), 7, '']";
    for (aggregate, a, b) in [
        ("count()", json!(3), json!(1)),
        ("countif(v > 1)", json!(1), json!(1)),
        ("dcount(s)", json!(2), json!(1)),
        ("sum(v)", json!(3), json!(7)),
        ("avg(v)", json!(1.5), json!(7.0)),
        ("max(s)", json!("y"), json!("")),
        ("make_set(s)", json!(["x", "y"]), json!([""])),
        ("make_list_if(v, s == 'y')", json!([2]), json!([])),
        ("take_any(s)", json!("x"), json!("")),
        ("percentile(v, 50)", json!(1), json!(7)),
        (
            "stdev(v)",
            json!(std::f64::consts::FRAC_1_SQRT_2),
            json!(0.0),
        ),
    ] {
        let query = format!("{table} | summarize r = {aggregate} by k | sort by k asc | project r");
        let result = run(&engine, &query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(rows(&result), [[a], [b]], "{aggregate}");
    }
    let query = format!("{table} | summarize arg_max(t, *) by k | sort by k asc");
    let result = run(&engine, &query).unwrap();
    let names: Vec<_> = result
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(names, ["k", "t", "v", "s"]);
    assert_eq!(
        rows(&result)[0],
        [
            json!("a"),
            json!("2024-01-03T00:00:00Z"),
            json!(2),
            json!("y")
        ]
    );
}
