//! Waiting for what the service does on its own: jobs, and imports.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;

use super::CarError;
use super::client::{Answer, Call, CarClient};
use super::envelope::Page;
use super::settings::OUTSTANDING_MAX;

/// The first pause between two looks; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_secs(1);

/// Longest pause between two looks, as IBM's connectors have it.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Pauses that grow, up to a deadline.
pub(super) struct Patience<'a> {
    client: &'a CarClient,
    task: &'static str,
    max: Duration,
    deadline: Timestamp,
    pause: Duration,
}

impl<'a> Patience<'a> {
    pub(super) fn new(client: &'a CarClient, task: &'static str, max: Duration) -> Self {
        Self {
            client,
            task,
            max,
            deadline: client.after(max),
            pause: PAUSE_FIRST,
        }
    }

    /// Waits a little longer than the time before; an error once the time is up.
    pub(super) async fn wait(&mut self) -> Result<(), CarError> {
        if self.client.clock.now() >= self.deadline {
            return Err(CarError::WaitedTooLong {
                task: self.task,
                waited: self.max,
            });
        }
        let until = self.client.after(self.pause).min(self.deadline);
        self.client.clock.sleep_until(until).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Ok(())
    }
}

impl CarClient {
    /// Starts a job and waits until it is done.
    pub(super) async fn work(&self, task: &'static str, call: &Call) -> Result<(), CarError> {
        let id = self.start(call).await?;
        self.done(task, &id).await
    }

    /// Starts a job. An answer without one counts by its status.
    pub(super) async fn start(&self, call: &Call) -> Result<String, CarError> {
        let answer = self.ask_for(call).await?;
        let id = answer.text("job_id").ok_or_else(|| CarError::Status {
            call: call.to_string(),
            status: answer.status,
            message: "it names no job".to_owned(),
        })?;
        Ok(id.to_owned())
    }

    /// Waits until a job is done.
    pub(super) async fn done(&self, task: &'static str, id: &str) -> Result<(), CarError> {
        let look = Call::get(&["jobstatus", id]);
        let mut patience = Patience::new(self, task, self.settings.job_max);
        loop {
            let answer = self.ask_for(&look).await?;
            match answer.text("status") {
                Some("COMPLETE") => return Ok(()),
                Some("ERROR") => return Err(CarError::JobFailed { task }),
                _ => patience.wait().await?,
            }
        }
    }
}

/// An import that the service accepted and has not completed.
#[derive(Debug)]
struct Outstanding {
    id: String,
    collection: &'static str,
}

/// Imports on their way: at most [`OUTSTANDING_MAX`] at one time.
pub(super) struct Imports<'a> {
    client: &'a CarClient,
    outstanding: Vec<Outstanding>,
}

impl<'a> Imports<'a> {
    pub(super) fn new(client: &'a CarClient) -> Self {
        Self {
            client,
            outstanding: Vec::new(),
        }
    }

    /// Hands a page over, once there is room for it.
    pub(super) async fn send(&mut self, page: Page) -> Result<(), CarError> {
        self.settle(OUTSTANDING_MAX - 1).await?;
        let collection = page.collection;
        let keys = page.keys;
        let call = Call::new(reqwest::Method::POST, &["imports"]).body(page.envelope);
        let answer = self.client.ask(&call).await?;
        let is_accepted = (200..300).contains(&answer.status);
        match answer.text("id").filter(|_| is_accepted) {
            Some(id) => {
                let id = id.to_owned();
                self.outstanding.push(Outstanding { id, collection });
                Ok(())
            }
            None => Err(CarError::Import {
                collection,
                status: answer.status,
                message: self.client.message(&answer.json),
                objects: named_objects(&answer.json, collection, &keys),
            }),
        }
    }

    /// Waits until all are completed.
    pub(super) async fn finish(&mut self) -> Result<(), CarError> {
        self.settle(0).await
    }

    /// Waits until at most `most` are outstanding. The wait begins anew with each import that is completed.
    async fn settle(&mut self, most: usize) -> Result<(), CarError> {
        let (task, max) = ("complete an import", self.client.settings.job_max);
        let mut patience = Patience::new(self.client, task, max);
        while self.outstanding.len() > most {
            let before = self.outstanding.len();
            self.look().await?;
            if self.outstanding.len() < before {
                patience = Patience::new(self.client, task, max);
            } else {
                patience.wait().await?;
            }
        }
        Ok(())
    }

    /// Asks for all that are outstanding at once. Only an import that is said to be complete counts as that.
    async fn look(&mut self) -> Result<(), CarError> {
        let ids: Vec<&str> = self.outstanding.iter().map(|job| &*job.id).collect();
        let call = Call::get(&["importstatus"]).with("ids", ids.join(","));
        let answer = self.client.ask_for(&call).await?;
        for job in &self.outstanding {
            self.check(job, &answer)?;
        }
        let complete: Vec<&str> = ids_in(&answer.json, "complete_imports").collect();
        self.outstanding
            .retain(|job| !complete.contains(&job.id.as_str()));
        Ok(())
    }

    fn check(&self, job: &Outstanding, answer: &Answer) -> Result<(), CarError> {
        let collection = job.collection;
        if let Some(failed) = entry(&answer.json, "error_imports", &job.id) {
            let status = failed.get("statusCode").and_then(Json::as_u64);
            return Err(CarError::ImportFailed {
                collection,
                status: status
                    .and_then(|status| u16::try_from(status).ok())
                    .unwrap_or(0),
                message: self.client.message(failed),
            });
        }
        if ids_in(&answer.json, "notfound_imports").any(|id| id == job.id) {
            return Err(CarError::ImportLost { collection });
        }
        Ok(())
    }
}

fn entries<'a>(json: &'a Json, list: &str) -> impl Iterator<Item = &'a Json> {
    json.get(list)
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
}

/// The id of an entry: the entry itself or its member.
fn id_of(entry: &Json) -> Option<&str> {
    entry.as_str().or_else(|| entry.get("id")?.as_str())
}

fn ids_in<'a>(json: &'a Json, list: &str) -> impl Iterator<Item = &'a str> {
    entries(json, list).filter_map(id_of)
}

fn entry<'a>(json: &'a Json, list: &str, id: &str) -> Option<&'a Json> {
    entries(json, list).find(|entry| id_of(entry) == Some(id))
}

/// Most objects that an error names.
const NAMED_MAX: usize = 20;

/// The keys of the objects that a refusal names by collection and number, as `asset[3].name` or `/asset/3/name`.
fn named_objects(json: &Json, collection: &str, keys: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut texts = Vec::new();
    all_texts(json, &mut texts);
    for text in texts {
        let words: Vec<&str> = text
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .filter(|word| !word.is_empty())
            .collect();
        for pair in words.windows(2) {
            if let [name, number] = pair
                && *name == collection
                && let Some(key) = number
                    .parse()
                    .ok()
                    .and_then(|number: usize| keys.get(number))
                && !found.contains(key)
                && found.len() < NAMED_MAX
            {
                found.push(key.clone());
            }
        }
    }
    found
}

fn all_texts<'a>(json: &'a Json, found: &mut Vec<&'a str>) {
    match json {
        Json::String(text) => found.push(text),
        Json::Array(items) => items.iter().for_each(|item| all_texts(item, found)),
        Json::Object(members) => members.values().for_each(|member| all_texts(member, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_named_in_whatever_form() {
        let keys = ["a", "b", "c"].map(str::to_owned);
        let cases: [(Json, &[&str]); 5] = [
            (json!({"errors": [{"path": "asset[1].name"}]}), &["b"]),
            (
                json!({"message": "/asset/2/name must be string, /asset/2/x, /asset/0"}),
                &["c", "a"],
            ),
            (json!({"message": "asset[7].name"}), &[]),
            (json!({"message": "hostname[1]._key"}), &[]),
            (Json::Null, &[]),
        ];
        for (body, expected) in cases {
            assert_eq!(named_objects(&body, "asset", &keys), expected, "{body}");
        }
    }
}
