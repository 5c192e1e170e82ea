//! A call: token, quota, request, and the same again where that is safe and sensible.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret;
use tesem_state::{
    CallRequest, GateError, LedgerError, Permit, QuotaGate, QuotaKey, Window, WindowUsage,
};

use crate::requests::{Outcome, Pause, Requests, Tries};
use crate::retry::{Failure, Repeat};
use crate::sign_in::TokenCache;
use crate::text::clean_without;
use crate::transport::{Answer, ApiRequest, origin_of};
use crate::{AccessToken, DefenderError, Delivery, Refusal, Service, WaitReason};

/// A quota window is kept this share longer than documented, because the service's clock and ours do not
/// run at exactly the same rate: one thousandth.
const DRIFT_SHARE: u32 = 1_000;

/// How much longer than its request a permit lives when nobody settles it.
const LEASE_MARGIN: Duration = Duration::from_secs(30);

/// What is the same for all requests of a kind.
#[derive(Debug, Clone)]
pub(crate) struct CallKind {
    pub(crate) operation: &'static str,
    pub(crate) service: Service,
    pub(crate) repeat: Repeat,
    /// The endpoint's name in the quota ledger.
    pub(crate) endpoint: &'static str,
    pub(crate) windows: Vec<Window>,
    pub(crate) permissions: &'static [&'static str],
}

/// Makes calls in the name of one tenant.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) requests: Arc<Requests>,
    pub(crate) tokens: TokenCache,
    pub(crate) gate: QuotaGate,
    pub(crate) tenant: String,
    pub(crate) tenant_id: String,
    pub(crate) client_id: String,
}

impl Caller {
    /// Makes one call and returns its successful answer.
    ///
    /// Cancel-safe: a dropped call leaves the queue, or frees its place in the quota after its lease.
    pub(crate) async fn call(
        &self,
        kind: &CallKind,
        request: &ApiRequest,
    ) -> Result<Answer, DefenderError> {
        let mut tries = Tries::new(&self.requests, kind.operation, kind.repeat);
        let mut has_new_token = false;
        loop {
            let (token, permit) = self.admission(kind, &tries).await?;
            let outcome = self
                .requests
                .send(&mut tries, request, Some(&token.secret))
                .await;
            self.settle(permit, &outcome).await;
            let failed = match outcome {
                Ok(answer) if answer.is_success() => return Ok(answer),
                failed => failed,
            };
            if is_unauthorized(&failed)
                && self.tokens.refused(kind.service, &token)
                && !has_new_token
            {
                has_new_token = true;
                continue;
            }
            match tries.pause_after(&failed) {
                Some(pause) => self.wait(kind, pause).await?,
                None => return Err(self.give_up(kind, &tries, request, failed, &token)),
            }
        }
    }

    /// A token that is fresh when the quota lets the call through, and the permit for it.
    ///
    /// The token comes first, so that no place in the quota is held while somebody signs in. When the wait
    /// for the quota outlasted the token, the place is given back and both are asked for once more.
    async fn admission(
        &self,
        kind: &CallKind,
        tries: &Tries<'_>,
    ) -> Result<(Arc<AccessToken>, Permit), DefenderError> {
        let token = self.token(kind).await?;
        let permit = self.permit(kind, tries.deadline).await?;
        if token.expires_at > self.requests.clock.now() {
            return Ok((token, permit));
        }
        let returned = self.gate.ledger().returned(permit).await;
        returned.map_err(|source| ledger_failed(kind, source))?;
        Ok((
            self.token(kind).await?,
            self.permit(kind, tries.deadline).await?,
        ))
    }

    async fn token(&self, kind: &CallKind) -> Result<Arc<AccessToken>, DefenderError> {
        self.tokens
            .get(kind.service)
            .await
            .map_err(|source| DefenderError::SignIn {
                tenant: self.tenant.clone(),
                operation: kind.operation,
                source,
            })
    }

    async fn permit(&self, kind: &CallKind, deadline: Timestamp) -> Result<Permit, DefenderError> {
        let windows = kind.windows.iter().map(with_drift);
        let keeps_quota = self.requests.options.keeps_quota;
        let request = CallRequest {
            key: self.key(kind),
            windows: windows.filter(|_| keeps_quota).collect(),
            lease: self.requests.options.request_timeout + LEASE_MARGIN,
        };
        let tell = |until| {
            self.requests
                .tell_wait(kind.operation, WaitReason::Quota, until);
        };
        let granted = self.gate.acquire(&request, deadline, &tell).await;
        granted.map_err(|error| self.not_admitted(kind, error))
    }

    fn not_admitted(&self, kind: &CallKind, error: GateError) -> DefenderError {
        let operation = kind.operation;
        match error {
            GateError::TooLate { until, .. } => {
                let budget = self.requests.options.retry.call_time_max;
                DefenderError::QuotaWait {
                    operation,
                    until,
                    budget,
                }
            }
            GateError::Ledger(source) => DefenderError::Ledger { operation, source },
            other => {
                let source = LedgerError::Store {
                    action: "admit a call",
                    source: Box::new(other),
                };
                DefenderError::Ledger { operation, source }
            }
        }
    }

    /// Tells the ledger that the request is over. Its answer is here already, so a ledger that fails now is
    /// only logged: the permit's lease ends by itself.
    async fn settle(&self, permit: Permit, outcome: &Outcome) {
        let was_sent = outcome
            .as_ref()
            .err()
            .is_none_or(|failure| failure.delivery() != Delivery::NotSent);
        let ledger = self.gate.ledger();
        let settled = if was_sent {
            ledger.completed(permit, self.requests.clock.now()).await
        } else {
            ledger.returned(permit).await
        };
        if let Err(error) = settled {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a call's quota was not settled"
            );
        }
    }

    /// Pauses before the next try. A throttle holds up all calls to the endpoint, through the ledger.
    async fn wait(&self, kind: &CallKind, pause: Pause) -> Result<(), DefenderError> {
        if pause.failure != Failure::Throttled {
            self.requests.pause(kind.operation, pause.length).await;
            return Ok(());
        }
        let until = self
            .requests
            .clock
            .now()
            .checked_add(pause.length)
            .unwrap_or(Timestamp::MAX);
        self.requests
            .tell_wait(kind.operation, WaitReason::Throttled, until);
        let throttled = self.gate.ledger().throttled(&self.key(kind), until).await;
        throttled.map_err(|source| ledger_failed(kind, source))
    }

    fn give_up(
        &self,
        kind: &CallKind,
        tries: &Tries<'_>,
        request: &ApiRequest,
        outcome: Outcome,
        token: &AccessToken,
    ) -> DefenderError {
        let operation = kind.operation;
        let client_request_id = tries.client_request_id.clone();
        match outcome {
            Ok(answer) => {
                let mut refusal = Refusal::parse(answer.status, answer.request_id, &answer.body);
                refusal.message = clean_without(&refusal.message, &[token.secret.expose_secret()]);
                refusal.client_request_id = client_request_id;
                refusal.permissions = kind.permissions;
                DefenderError::Refused {
                    operation,
                    refusal: Box::new(refusal),
                }
            }
            Err(source) => DefenderError::Transport {
                operation,
                origin: origin_of(&request.url),
                attempts: tries.sent,
                client_request_id,
                source,
            },
        }
    }

    /// How full the windows of a kind of call are now, as far as the ledger knows.
    pub(crate) async fn usage(&self, kind: &CallKind) -> Result<Vec<WindowUsage>, DefenderError> {
        let now = self.requests.clock.now();
        let ledger = self.gate.ledger();
        let usage = ledger.usage(&self.key(kind), &kind.windows, now).await;
        usage.map_err(|source| ledger_failed(kind, source))
    }

    fn key(&self, kind: &CallKind) -> QuotaKey {
        QuotaKey {
            tenant: self.tenant_id.clone(),
            app: self.client_id.clone(),
            endpoint: kind.endpoint.to_owned(),
        }
    }
}

fn ledger_failed(kind: &CallKind, source: LedgerError) -> DefenderError {
    DefenderError::Ledger {
        operation: kind.operation,
        source,
    }
}

fn with_drift(window: &Window) -> Window {
    Window {
        limit: window.limit,
        length: window.length + window.length / DRIFT_SHARE,
    }
}

fn is_unauthorized(outcome: &Outcome) -> bool {
    outcome.as_ref().is_ok_and(|answer| answer.status == 401)
}
