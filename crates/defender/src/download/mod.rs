//! Files behind signed addresses, record by record.

mod lines;
mod reader;

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::sync::Arc;

use futures::stream::{BoxStream, try_unfold};
use jiff::Timestamp;
use reqwest::Response;
use serde_json::{Map, Value};
use url::Url;

use crate::core::Core;
use crate::retry::{Failure, History, Next, Repeat, next};
use crate::transport::origin_of;
use crate::wire::Entity;
use crate::{AnswerProblem, DefenderError, Refusal, TransportFailure};
use lines::Lines;
use reader::Reader;

const OPERATION: &str = "download an export file";

/// A file that is being read.
struct Download<T> {
    core: Arc<Core>,
    url: Url,
    reader: Option<Reader>,
    /// Lines given out since the beginning of the file.
    given: u64,
    /// Lines to be passed over after the file was opened again.
    passing: u64,
    history: History,
    began: Timestamp,
    is_over: bool,
    record: PhantomData<fn() -> T>,
}

/// Why a step of a download failed: for good, or so that opening the file again can help.
enum Stop {
    Final(DefenderError),
    Again(Failure, DefenderError),
}

/// The records of the file at `url`, for which no token is sent.
pub(crate) fn download<T: Entity>(
    core: Arc<Core>,
    url: Url,
) -> BoxStream<'static, Result<T, DefenderError>> {
    let began = core.caller.requests.clock.now();
    let download = Download {
        core,
        url,
        reader: None,
        given: 0,
        passing: 0,
        history: History::default(),
        began,
        is_over: false,
        record: PhantomData,
    };
    Box::pin(try_unfold(
        (download, VecDeque::new()),
        |(mut download, mut records)| async move {
            loop {
                if let Some(record) = records.pop_front() {
                    return Ok(Some((record, (download, records))));
                }
                if download.is_over {
                    return Ok(None);
                }
                records = download.more().await?;
            }
        },
    ))
}

impl<T: Entity> Download<T> {
    /// Some more records; opens the file again where that can help.
    async fn more(&mut self) -> Result<VecDeque<T>, DefenderError> {
        loop {
            match self.step().await {
                Ok(records) => return Ok(records),
                Err(Stop::Final(error)) => return Err(error),
                Err(Stop::Again(failure, error)) => self.pause(failure, error).await?,
            }
        }
    }

    async fn step(&mut self) -> Result<VecDeque<T>, Stop> {
        let mut reader = match self.reader.take() {
            Some(reader) => reader,
            None => {
                let response = self.open().await?;
                self.passing = self.given;
                Reader::new(response)
            }
        };
        let limit = self.core.caller.requests.options.request_timeout;
        let lines = reader.next(limit).await.map_err(|failure| match failure {
            reader::Failed::Transport(failure) => self.transport(failure),
            reader::Failed::CutOff => Stop::Again(
                Failure::ConnectionLost,
                unreadable("breaks off before its end"),
            ),
            reader::Failed::Damaged(problem) => Stop::Final(unreadable(problem)),
        })?;
        match lines {
            Some(lines) => {
                self.reader = Some(reader);
                self.records(&lines).map_err(Stop::Final)
            }
            None => {
                self.is_over = true;
                Ok(VecDeque::new())
            }
        }
    }

    /// The records in `lines` that were not given out before.
    fn records(&mut self, lines: &Lines) -> Result<VecDeque<T>, DefenderError> {
        let mut records = VecDeque::new();
        for line in lines.iter() {
            if self.passing > 0 {
                self.passing -= 1;
                continue;
            }
            self.given += 1;
            records.push_back(record(line, self.given)?);
        }
        Ok(records)
    }

    async fn open(&mut self) -> Result<Response, Stop> {
        let transport = &self.core.caller.requests.transport;
        let opened = transport.open_signed(&self.url).await;
        let response = opened.map_err(|failure| self.transport(failure))?;
        let status = response.status().as_u16();
        if response.status().is_success() {
            return Ok(response);
        }
        let error = self.refused(response).await;
        Err(match status {
            429 => Stop::Again(Failure::Throttled, error),
            408 | 504 => Stop::Again(Failure::TimedOut, error),
            500 | 502 | 503 => Stop::Again(Failure::Unavailable, error),
            _ => Stop::Final(error),
        })
    }

    async fn refused(&self, response: Response) -> DefenderError {
        let status = response.status().as_u16();
        let body = reader::head(response).await;
        let mut refusal = Refusal::parse(status, None, &body);
        // Storage services quote what was signed.
        for (name, value) in self.url.query_pairs() {
            if name == "sig" {
                refusal.message = crate::text::clean_without(&refusal.message, &[&value]);
            }
        }
        DefenderError::Refused {
            operation: OPERATION,
            refusal: Box::new(refusal),
        }
    }

    fn transport(&self, failure: TransportFailure) -> Stop {
        let kind = failure.kind();
        let error = DefenderError::Transport {
            operation: OPERATION,
            origin: origin_of(&self.url),
            attempts: self.history.failures + 1,
            client_request_id: String::new(),
            source: failure,
        };
        if kind == Failure::Refused {
            Stop::Final(error)
        } else {
            Stop::Again(kind, error)
        }
    }

    /// Waits before the file is opened again, or gives up with `error`.
    async fn pause(&mut self, failure: Failure, error: DefenderError) -> Result<(), DefenderError> {
        self.reader = None;
        self.history.count(failure);
        let requests = &self.core.caller.requests;
        let policy = &requests.options.retry;
        let deadline = self
            .began
            .checked_add(policy.call_time_max)
            .unwrap_or(Timestamp::MAX);
        let left = deadline
            .duration_since(requests.clock.now())
            .try_into()
            .unwrap_or_default();
        let chance = requests.options.randomness.fraction();
        match next(
            policy,
            (failure, Repeat::Safe),
            self.history,
            None,
            (left, chance),
        ) {
            Next::GiveUp => Err(error),
            Next::RetryAfter(length) => {
                requests.pause(OPERATION, length).await;
                Ok(())
            }
        }
    }
}

fn record<T: Entity>(line: &[u8], number: u64) -> Result<T, DefenderError> {
    let object: Map<String, Value> = serde_json::from_slice(line).map_err(|error| {
        let category = error.classify();
        unreadable(&format!(
            "has no JSON object in line {number} ({category:?} error at column {})",
            error.column()
        ))
    })?;
    T::read(object).map_err(|problem| {
        unreadable(&format!(
            "has an unexpected record in line {number}: {problem}"
        ))
    })
}

fn unreadable(problem: &str) -> DefenderError {
    DefenderError::Unreadable {
        operation: OPERATION,
        request: None,
        source: AnswerProblem::File {
            problem: problem.to_owned(),
        },
    }
}
