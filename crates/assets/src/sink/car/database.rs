//! The service's own database: made, repaired and waited for.

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::CarError;
use super::client::{Call, CarClient};
use super::jobs::Patience;

/// The graph's name, as IBM's connectors have it.
const GRAPH: &str = "assets";

/// How the database was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Database {
    /// Ready, with what earlier imports left.
    Ready,
    /// It had to be made or repaired: what earlier imports left cannot be relied on.
    Made,
}

/// What an answer says of the database.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    Ready,
    Missing,
    NoGraph,
    NoIndexes(Json),
    /// The service is at work on it.
    NotReady,
}

#[derive(Debug, Deserialize)]
struct Listed {
    databases: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(default)]
    graph_name: Option<String>,
    #[serde(default)]
    collections_without_indexes: Option<Vec<Json>>,
    #[serde(default)]
    is_ready: bool,
}

impl CarClient {
    /// Sees to it that the database is ready.
    pub(super) async fn prepare(&self) -> Result<Database, CarError> {
        let mut patience = Patience::new(self, "ready its database", self.settings.ready_max);
        let (task, call) = loop {
            let change = |method| Call::new(method, &["databases"]);
            match self.find().await? {
                Found::Ready => return Ok(Database::Ready),
                Found::Missing => break ("make its database", change(Method::POST)),
                Found::NoGraph => {
                    let call = change(Method::PATCH).body(json!({"graph_name": GRAPH}));
                    break ("make its graph", call);
                }
                Found::NoIndexes(collections) => {
                    let body = json!({"collections_without_indexes": collections});
                    break ("make its indexes", change(Method::PATCH).body(body));
                }
                Found::NotReady => patience.wait().await?,
            }
        };
        self.work(task, &call).await?;
        Ok(Database::Made)
    }

    async fn find(&self) -> Result<Found, CarError> {
        let call = Call::get(&["databases"]);
        let answer = self.ask(&call).await?;
        match answer.status {
            200 => found(&answer.json).map_err(|error| CarError::Unreadable {
                call: call.to_string(),
                problem: self.line(&error.to_string()),
            }),
            400 => Ok(Found::Missing),
            _ => Err(self.refusal(&call, &answer)),
        }
    }
}

/// Only the first database counts.
fn found(json: &Json) -> serde_json::Result<Found> {
    let listed = Listed::deserialize(json)?;
    let Some(first) = listed.databases.into_iter().next() else {
        return Ok(Found::Missing);
    };
    let unindexed = first.collections_without_indexes.unwrap_or_default();
    Ok(match first.graph_name.as_deref() {
        _ if first.is_ready => Found::Ready,
        None | Some("") => Found::NoGraph,
        _ if !unindexed.is_empty() => Found::NoIndexes(Json::Array(unindexed)),
        _ => Found::NotReady,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_how_the_database_is() {
        let one = |entry: Json| json!({"databases": [entry, {"is_ready": true}]});
        let cases = [
            (
                one(json!({"is_ready": true, "graph_name": ""})),
                Found::Ready,
            ),
            (
                one(json!({"is_ready": false, "graph_name": ""})),
                Found::NoGraph,
            ),
            (one(json!({"graph_name": null})), Found::NoGraph),
            (
                one(json!({"graph_name": "assets", "collections_without_indexes": ["asset"]})),
                Found::NoIndexes(json!(["asset"])),
            ),
            (
                one(json!({"graph_name": "assets", "collections_without_indexes": []})),
                Found::NotReady,
            ),
            (json!({"databases": []}), Found::Missing),
        ];
        for (json, expected) in cases {
            assert_eq!(found(&json).unwrap(), expected, "{json}");
        }
        for strange in [Json::Null, json!({}), json!({"databases": 1})] {
            assert!(found(&strange).is_err(), "{strange}");
        }
    }
}
