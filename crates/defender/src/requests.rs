//! Single requests, counted and told about, and the pauses between them.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use tesem_state::Clock;

use crate::retry::{Failure, History, Next, Repeat, next, stated_wait};
use crate::transport::{Answer, ApiRequest, Transport};
use crate::{ClientEvent, ClientOptions, Refusal, TransportFailure, WaitReason};

/// The result of one request.
pub(crate) type Outcome = Result<Answer, TransportFailure>;

/// Sends single requests and pauses between them; shared by sign-in and calls.
#[derive(Debug)]
pub(crate) struct Requests {
    pub(crate) transport: Transport,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: ClientOptions,
}

/// The tries of one call.
#[derive(Debug)]
pub(crate) struct Tries<'a> {
    requests: &'a Requests,
    operation: &'static str,
    repeat: Repeat,
    history: History,
    /// Requests sent so far.
    pub(crate) sent: u32,
    /// When the call has taken as long as it may.
    pub(crate) deadline: Timestamp,
    /// The name of the last request.
    pub(crate) client_request_id: String,
}

/// A pause before the next try.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pause {
    pub(crate) length: Duration,
    pub(crate) failure: Failure,
}

impl Requests {
    /// Sends `request` once and tells the observer and the log about it.
    pub(crate) async fn send(
        &self,
        tries: &mut Tries<'_>,
        request: &ApiRequest,
        token: Option<&SecretString>,
    ) -> Outcome {
        let id = tries.begin();
        self.tell(&ClientEvent::Sending {
            operation: tries.operation,
            attempt: tries.sent,
            client_request_id: id.clone(),
        });
        let outcome = self.transport.send(request, token, &id).await;
        self.tell(&event_of(tries.operation, &outcome));
        log(tries, &outcome);
        outcome
    }

    /// Waits after a failure, visibly.
    pub(crate) async fn pause(&self, operation: &'static str, length: Duration) {
        let until = self
            .clock
            .now()
            .checked_add(length)
            .unwrap_or(Timestamp::MAX);
        self.tell_wait(operation, WaitReason::Retry, until);
        self.clock.sleep_until(until).await;
    }

    pub(crate) fn tell(&self, event: &ClientEvent) {
        self.options.observer.observe(event);
    }

    pub(crate) fn tell_wait(&self, operation: &'static str, reason: WaitReason, until: Timestamp) {
        let wait = Duration::try_from(until.duration_since(self.clock.now())).unwrap_or_default();
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(operation, ?reason, wait_ms, "waiting");
        self.tell(&ClientEvent::Waiting {
            operation,
            reason,
            until,
            wait,
        });
    }
}

impl<'a> Tries<'a> {
    pub(crate) fn new(requests: &'a Requests, operation: &'static str, repeat: Repeat) -> Self {
        let budget = requests.options.retry.call_time_max;
        let deadline = requests
            .clock
            .now()
            .checked_add(budget)
            .unwrap_or(Timestamp::MAX);
        Self {
            requests,
            operation,
            repeat,
            history: History::default(),
            sent: 0,
            deadline,
            client_request_id: String::new(),
        }
    }

    /// The pause before the next try, or nothing when `outcome` is final.
    pub(crate) fn pause_after(&mut self, outcome: &Outcome) -> Option<Pause> {
        let now = self.requests.clock.now();
        let (failure, stated) = failure_of(outcome, now);
        self.history.count(failure);
        let left = Duration::try_from(self.deadline.duration_since(now)).unwrap_or_default();
        let options = &self.requests.options;
        let chance = (left, options.randomness.fraction());
        match next(
            &options.retry,
            (failure, self.repeat),
            self.history,
            stated,
            chance,
        ) {
            Next::RetryAfter(length) => Some(Pause { length, failure }),
            Next::GiveUp => None,
        }
    }

    /// Counts a request and names it.
    fn begin(&mut self) -> String {
        self.sent += 1;
        self.client_request_id = self.requests.options.randomness.request_id().to_string();
        self.client_request_id.clone()
    }
}

/// What kind of failure an outcome is, and how long the service asks to wait.
fn failure_of(outcome: &Outcome, now: Timestamp) -> (Failure, Option<Duration>) {
    let answer = match outcome {
        Ok(answer) => answer,
        Err(failure) => return (failure.kind(), None),
    };
    let failure = match answer.status {
        429 => Failure::Throttled,
        408 | 504 => Failure::TimedOut,
        500 | 502 | 503 => Failure::Unavailable,
        _ => return (Failure::Refused, None),
    };
    let message = Refusal::parse(answer.status, None, &answer.body).message;
    (
        failure,
        stated_wait(answer.retry_after.as_deref(), &message, now),
    )
}

fn event_of(operation: &'static str, outcome: &Outcome) -> ClientEvent {
    match outcome {
        Ok(answer) => ClientEvent::Answered {
            operation,
            status: answer.status,
            request_id: answer.request_id.clone(),
            bytes: answer.body.len(),
        },
        Err(failure) => ClientEvent::Failed {
            operation,
            reason: failure.to_string(),
        },
    }
}

fn log(tries: &Tries<'_>, outcome: &Outcome) {
    let (operation, attempt) = (tries.operation, tries.sent);
    let client_request_id = tries.client_request_id.as_str();
    match outcome {
        Ok(answer) => tracing::debug!(
            operation,
            attempt,
            client_request_id,
            status = answer.status,
            request_id = answer.request_id.as_deref(),
            bytes = answer.body.len(),
            "answered"
        ),
        Err(failure) => tracing::debug!(
            operation,
            attempt,
            client_request_id,
            error = failure as &dyn std::error::Error,
            "not answered"
        ),
    }
}
