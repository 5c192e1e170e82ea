//! The shape of dynamics.

use tesem_kql::types::ScalarType;

use super::arguments::Arguments;
use super::arrays::first;
use super::{ResultName, ScalarFunction, function};
use crate::bound::{Bound, CallContext, CallError};
use crate::dynamic::{Dynamic, View};
use crate::kernel;
use crate::kernels::rows;

pub(super) const FUNCTIONS: &[ScalarFunction] = &[function(
    "treepath",
    1..=1,
    ResultName::PrefixAndFirstArgument("tree"),
    tree_path,
)];

/// `treepath(dynamic)`: the paths of everything inside, each once; `[0]` stands for all places of an array.
///
/// Source: learn.microsoft.com/kusto/query/treepath-function.
fn tree_path(context: &CallContext<'_>, arguments: Vec<Bound>) -> Result<Bound, CallError> {
    let value = Arguments::new(context, arguments).dynamic()?;
    let dynamic = ScalarType::Dynamic;
    Ok(kernel::call(
        "treepath",
        vec![value],
        dynamic,
        context.span,
        |input| {
            let values = first(input)?;
            rows::dynamics(input.rows, |row, writer| {
                let value = values.dynamic(row);
                if !matches!(value.view_or_null(), View::Array(_) | View::Bag(_)) {
                    return Ok(());
                }
                let mut paths = indexmap::IndexSet::new();
                collect(value, &mut String::new(), &mut paths);
                writer.open_array()?;
                paths.iter().for_each(|path| writer.string(path));
                writer.close()
            })
        },
    ))
}

/// Adds the paths of what is inside a value; values nest no deeper than [`crate::dynamic::DEPTH_MAX`].
fn collect(value: Dynamic<'_>, path: &mut String, paths: &mut indexmap::IndexSet<String>) {
    let before = path.len();
    let mut step = |path: &mut String, step: &str, item: Dynamic<'_>| {
        path.push_str(step);
        paths.insert(path.clone());
        collect(item, path, paths);
        path.truncate(before);
    };
    match value.view_or_null() {
        View::Bag(bag) => bag
            .iter()
            .for_each(|(key, item)| step(path, &format!("['{key}']"), item)),
        View::Array(array) => array.iter().for_each(|item| step(path, "[0]", item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{dynamic, json};

    #[test]
    fn published_answers() {
        for (value, paths) in [
            (r#"{"a":"b","c":123}"#, r#"["['a']","['c']"]"#),
            (
                r#"{"p":[1,2,3],"q":"x"}"#,
                r#"["['p']","['p'][0]","['q']"]"#,
            ),
            (
                r#"{"l":[1,"e",{"x":"y"}]}"#,
                r#"["['l']","['l'][0]","['l'][0]['x']"]"#,
            ),
            ("5", "null"),
        ] {
            assert_eq!(json("treepath", &[dynamic(value)]), paths);
        }
    }
}
