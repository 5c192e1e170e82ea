//! The answer of each route.

use std::sync::Arc;

use axum::http::HeaderMap;
use futures::FutureExt;
use futures::future::{BoxFuture, Either, Shared, select};
use serde_json::{Value, json};

use super::Relay;
use super::actions::Actions;
use super::http::credentials;
use super::route::Route;
use crate::auth::Caller;
use crate::observe::{Deadlines, Observed, Observing, observe, time_is_over};
use crate::refer;
use crate::reply::{Code, Compat, Failure, both, data, error};
use crate::request::{ActionForm, ObservableType, SentObservable, observables, supported};
use crate::respond::{AuditRecord, Planned, carry_out, offers, plan};
use crate::upstream::{Asked, Upstream, failure, rejection};

/// A request of a route.
pub(super) struct Ask<'a> {
    pub(super) relay: &'a Relay,
    pub(super) actions: &'a Actions,
    pub(super) compat: Compat,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) request_id: &'a str,
    pub(super) deadline: Shared<BoxFuture<'static, ()>>,
}

impl Ask<'_> {
    /// The envelope to answer with.
    pub(super) async fn answer(&self, route: Route) -> Value {
        let answered = match route {
            Route::Version => Ok(json!({"version": env!("CARGO_PKG_VERSION")})),
            Route::Watchdog => self.watchdog(),
            Route::Health => self.health().await,
            Route::Deliberate => self.caller().await.map(|_| data(json!({}))),
            Route::Observe => self.observe().await,
            Route::Refer => self.refer(),
            Route::Offer => self.offer().await,
            Route::Trigger => Ok(self.trigger().await),
        };
        answered.unwrap_or_else(|failure| error(&failure))
    }

    /// A probe of whoever keeps the relay running.
    fn watchdog(&self) -> Result<Value, Failure> {
        let asked = self.headers.get("health-check");
        let word = asked.and_then(|word| word.to_str().ok());
        word.map(data)
            .ok_or_else(|| Failure::new(Code::HealthCheck, "Invalid Health Check"))
    }

    /// That there is nothing to see does not make a tenant ill; that it may not be seen does.
    async fn health(&self) -> Result<Value, Failure> {
        let (_, tenant) = self.tenant().await?;
        match self.in_time(tenant.actions().probe()).await? {
            Err(error) if !error.is_not_found() => Err(rejection(&error, self.compat)),
            _ => Ok(data(json!({"status": "ok"}))),
        }
    }

    async fn observe(&self) -> Result<Value, Failure> {
        let sent = self.observables()?;
        if supported(&sent, |kind| kind != ObservableType::MsMachineId).is_empty() {
            return Ok(data(json!({})));
        }
        let (caller, tenant) = self.tenant().await?;
        let settings = &self.relay.settings;
        let observing = Observing {
            limit: caller.entities_limit.unwrap_or(settings.limit),
            style: settings.style.clone(),
            window: settings.window,
            compat: self.compat,
        };
        let now = self.relay.time.now();
        let whole = self.deadline.clone();
        let deadlines = Deadlines::within(&*self.relay.time, settings.request_time, whole);
        let observed = observe(&*tenant, &sent, &observing, now, deadlines).await;
        Ok(found(&observed))
    }

    fn refer(&self) -> Result<Value, Failure> {
        let sent = self.observables()?;
        Ok(data(refer::links(&sent, &self.relay.settings.style.portal)))
    }

    async fn offer(&self) -> Result<Value, Failure> {
        let sent = self.observables()?;
        if supported(&sent, |_| true).is_empty() {
            return Ok(data(json!([])));
        }
        let (_, tenant) = self.tenant().await?;
        let offered = offers(&*tenant, &sent, self.compat, self.deadline.clone().boxed()).await?;
        Ok(data(offered))
    }

    /// Failures of actions say so in `data` too, but for those that clients know without it.
    async fn trigger(&self) -> Value {
        let is_new = self.compat == Compat::V2;
        let failed = |failure: Failure, has_status: bool| {
            let status = json!({"status": "failure"});
            both((has_status || is_new).then_some(status), &[failure])
        };
        let form = match ActionForm::read(self.body) {
            Ok(form) => form,
            Err(invalid) => return failed(invalid.failure(self.compat), false),
        };
        let planned = match plan(&form, &self.relay.settings.texts) {
            Ok(planned) => planned,
            Err(rejected) => return failed(rejected.failure, rejected.has_status),
        };
        let (caller, tenant) = match self.tenant().await {
            Ok(found) => found,
            Err(failure) => return failed(failure, true),
        };
        match self.carry_out(&form, planned, caller, tenant).await {
            Some(failure) => failed(failure, true),
            None => data(json!({"status": "success"})),
        }
    }

    /// In a task of its own: a client that goes away takes neither the action nor its record with it.
    async fn carry_out(
        &self,
        form: &ActionForm,
        planned: Planned,
        caller: Caller,
        tenant: Arc<dyn Upstream>,
    ) -> Option<Failure> {
        let (audit, time) = (Arc::clone(&self.relay.audit), Arc::clone(&self.relay.time));
        let (compat, deadline) = (self.compat, self.deadline.clone().boxed());
        let (form, request_id) = (form.clone(), self.request_id.to_owned());
        let under_way = self.actions.begin().await;
        let doing = tokio::spawn(async move {
            let _under_way = under_way;
            let at = time.now();
            let (result, failure) = carry_out(&*tenant, &planned, compat, deadline).await;
            let record = AuditRecord {
                at,
                request_id,
                subject: caller.subject,
                tenant_id: caller.tenant_id,
                client_id: caller.client_id,
                action_id: form.action_id,
                observable_type: form.observable_type,
                observable_value: form.observable_value,
                indicator_id: form.indicator_id,
                result,
                failure: failure.as_ref().map(|failure| failure.message.clone()),
            };
            audit.record(&record);
            log_action(&record);
            failure
        });
        match doing.await {
            Ok(failure) => failure,
            Err(error) => {
                tracing::error!(%error, request_id = self.request_id, "an action ended without a record");
                Some(Failure::new(Code::Unknown, error.to_string()))
            }
        }
    }

    fn observables(&self) -> Result<Vec<SentObservable>, Failure> {
        observables(self.body).map_err(|invalid| invalid.failure(self.compat))
    }

    async fn caller(&self) -> Result<Caller, Failure> {
        let relay = self.relay;
        let credentials = credentials(self.headers);
        let caller = relay.authenticator.caller(credentials, relay.time.now());
        Ok(self.in_time(caller).await??)
    }

    async fn tenant(&self) -> Result<(Caller, Arc<dyn Upstream>), Failure> {
        let caller = self.caller().await?;
        let tenant = self.in_time(self.relay.tenants.tenant(&caller)).await?;
        let tenant = tenant.map_err(|error| failure(&error, Asked::Other, self.compat))?;
        Ok((caller, tenant))
    }

    async fn in_time<T>(&self, doing: impl Future<Output = T>) -> Result<T, Failure> {
        match select(Box::pin(doing), self.deadline.clone()).await {
            Either::Left((value, _)) => Ok(value),
            Either::Right(_) => Err(time_is_over()),
        }
    }
}

/// What was acted on is for the record alone.
fn log_action(record: &AuditRecord) {
    let AuditRecord {
        request_id,
        action_id,
        subject,
        result,
        ..
    } = record;
    tracing::info!(request_id, action_id, subject, ?result, "acted");
}

/// Sightings and failures side by side; a part that is empty is absent, but for the answer that there is nothing.
fn found(observed: &Observed) -> Value {
    let docs = &observed.sightings;
    let sightings = match (docs.is_empty(), observed.failures.is_empty()) {
        (true, true) => Some(json!({})),
        (true, false) => None,
        (false, _) => Some(json!({"sightings": {"count": docs.len(), "docs": docs}})),
    };
    both(sightings, &observed.failures)
}
