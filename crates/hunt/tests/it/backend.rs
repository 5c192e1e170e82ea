//! A backend that answers by script.

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use tesem_hunt::{
    BackendColumn, BackendError, BackendLimits, BackendRows, CancelSource, HuntingBackend, Stage,
    TableReach,
};

/// How a scripted backend answers one query.
pub(crate) type Respond = Box<dyn FnMut(&Question) -> Result<BackendRows, BackendError> + Send>;

/// A query as a backend sees it.
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) stage: Stage,
    /// Its number among the queries of the backend, from 1.
    pub(crate) number: usize,
    /// What stands between two quotes.
    quoted: HashSet<String>,
}

impl Question {
    /// Whether a value is in one of the query's lists.
    pub(crate) fn asks_for(&self, value: &str) -> bool {
        self.quoted.contains(value)
    }

    /// Whether the query looks into a table.
    pub(crate) fn looks_into(&self, table: &str) -> bool {
        self.text.contains(&format!("({table} |"))
    }

    /// The window in the query's text.
    pub(crate) fn window(&self) -> (Timestamp, Timestamp) {
        let mut dates = self.text.split("datetime(").skip(1);
        let mut next = || instant(dates.next().unwrap().split(')').next().unwrap());
        (next(), next())
    }
}

/// Answers by `respond` and remembers every query.
pub(crate) struct Scripted {
    respond: Mutex<Respond>,
    pub(crate) asked: Mutex<Vec<String>>,
    limits: BackendLimits,
    /// Cancelled after so many queries.
    cancel: Mutex<Option<(usize, CancelSource)>>,
}

impl Scripted {
    pub(crate) fn new(
        respond: impl FnMut(&Question) -> Result<BackendRows, BackendError> + Send + 'static,
    ) -> Self {
        Self {
            respond: Mutex::new(Box::new(respond)),
            asked: Mutex::default(),
            limits: BackendLimits::service(TableReach::All),
            cancel: Mutex::new(None),
        }
    }

    /// The same with an answer of at most `rows` rows.
    pub(crate) fn with_rows_max(mut self, rows: usize) -> Self {
        self.limits.rows_max = rows;
        self
    }

    /// The same with other limits.
    pub(crate) fn with_limits(mut self, limits: BackendLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Cancels while the query after the first `queries` is running.
    pub(crate) fn cancelling(self, queries: usize, source: CancelSource) -> Self {
        *self.cancel.lock().unwrap() = Some((queries, source));
        self
    }

    pub(crate) fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl HuntingBackend for Scripted {
    fn limits(&self) -> BackendLimits {
        self.limits.clone()
    }

    async fn run(&self, query: &str) -> Result<BackendRows, BackendError> {
        let number = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(query.to_owned());
            asked.len()
        };
        let cancels = {
            let cancel = self.cancel.lock().unwrap();
            cancel.as_ref().is_some_and(|(after, source)| {
                let now = number > *after;
                if now {
                    source.cancel();
                }
                now
            })
        };
        if cancels {
            std::future::pending::<()>().await;
        }
        let stage = if query.contains("| summarize Sightings") {
            Stage::Summary
        } else {
            Stage::Details
        };
        let question = Question {
            quoted: query.split('"').skip(1).map(str::to_owned).collect(),
            text: query.to_owned(),
            stage,
            number,
        };
        (self.respond.lock().unwrap())(&question)
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Something that lies in the scripted tenant.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    pub(crate) form: &'static str,
    pub(crate) value: &'static str,
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) device: &'static str,
    pub(crate) times: Vec<&'static str>,
}

/// A tenant in which `planted` is to be found, and nothing else.
pub(crate) fn tenant(
    planted: Vec<Planted>,
) -> impl FnMut(&Question) -> Result<BackendRows, BackendError> + Send {
    move |question| Ok(answer(question, &planted))
}

/// What `question` finds among `planted`.
pub(crate) fn answer(question: &Question, planted: &[Planted]) -> BackendRows {
    let (start, end) = question.window();
    let found: Vec<(&Planted, Vec<&str>)> = planted
        .iter()
        .filter(|one| question.asks_for(one.value) && question.looks_into(one.table))
        .map(|one| {
            let within = |time: &&&str| (start..end).contains(&instant(time));
            (
                one,
                one.times.iter().filter(within).copied().collect::<Vec<_>>(),
            )
        })
        .filter(|(_, times)| !times.is_empty())
        .collect();
    match question.stage {
        Stage::Summary => summary(&found),
        Stage::Details | Stage::Pack => details(&found),
    }
}

/// An answer to `question` from a tenant that has every table but `absent`.
pub(crate) fn answer_without(
    question: &Question,
    planted: &[Planted],
    absent: &[&str],
) -> BackendRows {
    let mut rows = answer(question, planted);
    if question.stage == Stage::Summary {
        let asked = question
            .text
            .split("  (")
            .filter(|leg| leg.contains("take 0"));
        let tables = asked.filter_map(|leg| leg.split(' ').next());
        for table in tables.filter(|table| !absent.contains(table)) {
            let mut row = vec![json!("table"), Value::Null, json!(table)];
            row.extend([
                Value::Null,
                Value::Null,
                Value::Null,
                json!(0),
                Value::Null,
                Value::Null,
            ]);
            rows.rows.push(row);
        }
    }
    rows
}

fn columns(names: &[&str]) -> Vec<BackendColumn> {
    let column = |name: &&str| BackendColumn {
        name: (*name).to_owned(),
        kind: "string".to_owned(),
    };
    names.iter().map(column).collect()
}

pub(crate) fn empty_summary() -> BackendRows {
    summary(&[])
}

fn summary(found: &[(&Planted, Vec<&str>)]) -> BackendRows {
    let row = |(one, times): &(&Planted, Vec<&str>)| -> Vec<Value> {
        vec![
            json!(one.form),
            json!(one.value),
            json!(one.table),
            json!(one.column),
            json!(format!("id-{}", one.device)),
            json!(one.device),
            json!(times.len()),
            json!(times.iter().min()),
            json!(times.iter().max()),
        ]
    };
    BackendRows {
        columns: columns(&[
            "Form",
            "Value",
            "SourceTable",
            "SourceColumn",
            "DeviceId",
            "DeviceName",
            "Sightings",
            "FirstSeen",
            "LastSeen",
        ]),
        rows: found.iter().map(row).collect(),
        run_time: None,
    }
}

fn details(found: &[(&Planted, Vec<&str>)]) -> BackendRows {
    let mut rows: VecDeque<Vec<Value>> = VecDeque::new();
    for (one, times) in found {
        for time in times {
            // The service promises no order.
            rows.push_front(vec![
                json!(one.form),
                json!(one.value),
                json!(one.table),
                json!(one.column),
                json!(one.value),
                json!(time),
                json!(one.device),
                json!(format!("id-{}", one.device)),
                json!("=cmd|' /C calc'!A0"),
                Value::Null,
            ]);
        }
    }
    BackendRows {
        columns: columns(&[
            "Form",
            "Value",
            "SourceTable",
            "SourceColumn",
            "MatchedText",
            "Timestamp",
            "DeviceName",
            "DeviceId",
            "FileName",
            "FileSize",
        ]),
        rows: rows.into(),
        run_time: None,
    }
}
