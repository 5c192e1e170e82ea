//! One page of a list.

use serde_json::{Map, Value};

use crate::AnswerProblem;
use crate::wire::Entity;

/// Items, and where the service says that there are more.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_link: Option<String>,
}

impl<T: Entity> Page<T> {
    /// Reads `{"value": [...], "@odata.nextLink"?: "..."}`.
    pub(crate) fn read(mut body: Map<String, Value>) -> Result<Self, AnswerProblem> {
        let Some(Value::Array(values)) = body.shift_remove("value") else {
            return Err(AnswerProblem::Missing { part: "value" });
        };
        let items = values
            .into_iter()
            .enumerate()
            .map(|(index, value)| item(index, value));
        let items = items.collect::<Result<_, _>>()?;
        let next_link = body.shift_remove("@odata.nextLink");
        let next_link = next_link
            .as_ref()
            .and_then(Value::as_str)
            .map(str::to_owned);
        Ok(Self {
            items,
            next_link: next_link.filter(|link| !link.is_empty()),
        })
    }
}

fn item<T: Entity>(index: usize, value: Value) -> Result<T, AnswerProblem> {
    let place = || format!("value[{index}]");
    match value {
        Value::Object(object) => T::read(object).map_err(|problem| AnswerProblem::Shape {
            problem: problem.within(&place()).to_string(),
        }),
        _ => Err(AnswerProblem::Shape {
            problem: format!("`{}` is no object", place()),
        }),
    }
}
