//! String operators over a column of command lines, dynamic access, aggregates' building blocks.
//!
//! `cargo bench -p tesem-engine --bench kernels`

#![expect(clippy::unwrap_used, reason = "a bench that cannot run should stop")]

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StringViewArray};
use datafusion::arrow::datatypes::Field;
use datafusion::config::ConfigOptions;
use datafusion::logical_expr::{ColumnarValue, Expr, ScalarFunctionArgs, col};
use divan::Bencher;
use divan::counter::BytesCount;
use tesem_engine::kernels::{dynamics, strings};
use tesem_engine::{Bound, CallContext, Value};
use tesem_kql::Span;
use tesem_kql::ast::{StringOp, StringTest};
use tesem_kql::types::ScalarType;

const ROWS: usize = 8192;

fn main() {
    divan::main();
}

/// Command lines as telemetry has them, about 100 bytes each, of which one in 1,000 is an attack.
fn command_lines() -> StringViewArray {
    let line = |row: usize| match row % 1000 {
        999 => format!("powershell.exe -NoP -W Hidden -EncodedCommand SQBFAFgA{row}"),
        number if number % 3 == 0 => format!(
            r#""C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe" --type=renderer --lang=en-US --field-trial-handle={row}"#
        ),
        number if number % 3 == 1 => {
            format!(r"C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule /session {row}")
        }
        _ => format!(
            r#"cmd.exe /c "C:\ProgramData\Agent\collect.cmd" >> C:\Users\user{row}\AppData\Local\Temp\log.txt 2>&1"#
        ),
    };
    StringViewArray::from_iter_values((0..ROWS).map(line))
}

fn context() -> CallContext<'static> {
    CallContext {
        function: "bench",
        span: Span::new(0, 0),
        now: 0,
        columns: &[],
    }
}

fn text_column() -> Bound {
    Bound::new(col("c"), ScalarType::String, Span::new(0, 0))
}

/// Runs the function that a bound call stands for.
fn run(bound: &Bound, column: &ArrayRef) -> ArrayRef {
    let Expr::ScalarFunction(call) = &bound.expr else {
        unreachable!("a call of a kernel")
    };
    let field = Arc::new(Field::new("c", column.data_type().clone(), true));
    let arguments = ScalarFunctionArgs {
        args: vec![ColumnarValue::Array(Arc::clone(column))],
        arg_fields: vec![field],
        number_rows: column.len(),
        return_field: Arc::new(Field::new("r", call.func.return_type(&[]).unwrap(), true)),
        config_options: Arc::new(ConfigOptions::default()),
    };
    call.func
        .invoke_with_args(arguments)
        .unwrap()
        .into_array(column.len())
        .unwrap()
}

fn bench_text(bencher: Bencher<'_, '_>, bound: &Bound) {
    let lines = command_lines();
    let bytes: usize = lines.iter().flatten().map(str::len).sum();
    let column: ArrayRef = Arc::new(lines);
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| run(bound, &column));
}

fn operator(test: StringTest, needle: &str) -> Bound {
    let op = StringOp {
        test,
        case_sensitive: false,
        negated: false,
    };
    let needle = Bound::constant(Value::String(needle.to_owned()), Span::new(0, 0));
    strings::binary(&context(), op, text_column(), needle).unwrap()
}

#[divan::bench(args = ["mimikatz", "encodedcommand", "system32", "exe"])]
fn contains(bencher: Bencher<'_, '_>, needle: &str) {
    bench_text(bencher, &operator(StringTest::Contains, needle));
}

#[divan::bench(args = ["mimikatz", "encodedcommand", "system32", "exe"])]
fn has(bencher: Bencher<'_, '_>, needle: &str) {
    bench_text(bencher, &operator(StringTest::Has, needle));
}

#[divan::bench(args = ["powershell", "cmd.exe"])]
fn starts_with(bencher: Bencher<'_, '_>, needle: &str) {
    bench_text(bencher, &operator(StringTest::StartsWith, needle));
}

#[divan::bench(args = [r"-e(nc|ncodedcommand)?\s", r"\\AppData\\.*\.txt"])]
fn matches_regex(bencher: Bencher<'_, '_>, pattern: &str) {
    bench_text(bencher, &operator(StringTest::MatchesRegex, pattern));
}

#[divan::bench(args = [3, 12, 100, 5_000, 100_000])]
fn has_any(bencher: Bencher<'_, '_>, needles: usize) {
    let words = (0..needles).map(|number| format!("indicator{number:06}.example"));
    let bound = strings::has_texts(&context(), text_column(), words.collect(), false).unwrap();
    bench_text(bencher, &bound);
}

#[divan::bench(args = [100, 100_000])]
fn has_any_term(bencher: Bencher<'_, '_>, needles: usize) {
    let words = (0..needles).map(|number| format!("indicator{number:06}"));
    let bound = strings::has_texts(&context(), text_column(), words.collect(), false).unwrap();
    bench_text(bencher, &bound);
}

#[divan::bench(args = [100, 100_000])]
fn in_fold(bencher: Bencher<'_, '_>, texts: usize) {
    let texts = (0..texts).map(|number| {
        format!(r"C:\Windows\System32\svchost.exe -k netsvcs -p -s Schedule /session {number}")
    });
    let bound =
        strings::in_texts(&context(), text_column(), texts.collect(), false, false).unwrap();
    bench_text(bencher, &bound);
}

#[divan::bench]
fn build_has_any_of_100_000(bencher: Bencher<'_, '_>) {
    let words: Vec<String> = (0..100_000)
        .map(|number| format!("indicator{number:06}.example"))
        .collect();
    bencher.bench(|| strings::AnyOf::new(words.iter().map(String::as_str)));
}

/// JSON as `AdditionalFields` holds it.
fn additional_fields() -> StringViewArray {
    let json = |row: usize| {
        format!(
            r#"{{"ProcessId":{row},"DesiredAccess":1052672,"TargetProcess":{{"Name":"lsass.exe","Path":"C:\\Windows\\System32\\lsass.exe"}},"Tags":["a","b","c"],"Score":0.5}}"#
        )
    };
    StringViewArray::from_iter_values((0..ROWS).map(json))
}

#[divan::bench]
fn parse_json(bencher: Bencher<'_, '_>) {
    let function = tesem_engine::functions::scalar("parse_json").unwrap();
    let bound = (function.bind)(&context(), vec![text_column()]).unwrap();
    let texts = additional_fields();
    let bytes: usize = texts.iter().flatten().map(str::len).sum();
    let column: ArrayRef = Arc::new(texts);
    bencher
        .counter(BytesCount::new(bytes))
        .bench(|| run(&bound, &column));
}

#[divan::bench]
fn member_of_dynamic(bencher: Bencher<'_, '_>) {
    let function = tesem_engine::functions::scalar("parse_json").unwrap();
    let parse = (function.bind)(&context(), vec![text_column()]).unwrap();
    let texts: ArrayRef = Arc::new(additional_fields());
    let column = run(&parse, &texts);
    let base = Bound::new(col("c"), ScalarType::Dynamic, Span::new(0, 0));
    let bound = dynamics::member(&context(), base, "TargetProcess").unwrap();
    bencher.bench(|| run(&bound, &column));
}
