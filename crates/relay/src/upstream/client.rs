//! A tenant behind the Defender client.

use std::sync::Arc;

use async_trait::async_trait;
use futures::TryStreamExt;
use futures::future::try_join_all;
use jiff::SignedDuration;
use tesem_defender::endpoint::{
    ActionAvailability, ActionRequest, ActionType, Alert, AlertQuery, Indicator, ItemStream,
    Machine, MachineAction, NewIndicator,
};
use tesem_defender::{
    AlertId, DefenderClient, DefenderError, DefenderReader, DefenderWriter, Filter, HuntingResult,
    IndicatorId, ListQuery, MachineId,
};

use super::{
    Adapters, EventsWanted, Named, ResponseActions, SharedResult, Triples, Upstream,
    adapters_query, hashes_query, triples,
};
use crate::request::Subject;
use crate::sighting::{Adapter, Hashes, Row};

/// How many machines or alerts one filter names, so that its address stays below 4,096 bytes.
pub(crate) const IDS_PER_CALL: usize = 25;

/// A tenant behind the Defender client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tenant {
    client: Arc<DefenderClient>,
    reader: DefenderReader,
    writer: DefenderWriter,
}

impl Tenant {
    /// The tenant of `client`.
    #[must_use]
    pub fn new(client: Arc<DefenderClient>) -> Self {
        Self {
            reader: client.reader(),
            writer: client.writer(),
            client,
        }
    }

    async fn hunt(&self, query: &str) -> Result<HuntingResult, DefenderError> {
        let hunting = self.client.hunting();
        readable(|| hunting.run(query, None)).await
    }

    async fn some_alerts(&self, ids: &[AlertId]) -> Result<Vec<Alert>, DefenderError> {
        let Some(any) = any_of("id", ids.iter().map(AlertId::as_str)) else {
            return Ok(Vec::new());
        };
        let query = AlertQuery {
            list: at_most(ids.len(), any),
            with_evidence: true,
        };
        readable(|| found(self.reader.alerts().list(&query))).await
    }

    async fn some_machines(&self, ids: &[MachineId]) -> Result<Vec<Machine>, DefenderError> {
        match (ids, any_of("id", ids.iter().map(MachineId::as_str))) {
            ([id], _) => {
                let machines = self.reader.machines();
                let machine = readable(|| machines.get(id.as_str())).await?;
                Ok(machine.into_iter().collect())
            }
            (_, Some(any)) => {
                let query = at_most(ids.len(), any);
                readable(|| found(self.reader.machines().list(&query))).await
            }
            (_, None) => Ok(Vec::new()),
        }
    }
}

/// One of these values; nothing where there are none.
fn any_of<'a>(field: &'static str, values: impl Iterator<Item = &'a str>) -> Option<Filter> {
    values
        .map(|value| Filter::equal(field, value))
        .reduce(|all, filter| all.or(&filter))
}

/// As many things as are named: where all are found, no further page is asked for.
fn at_most(count: usize, filter: Filter) -> ListQuery {
    ListQuery {
        limit: count.try_into().ok(),
        ..ListQuery::filtered(filter)
    }
}

/// A whole list; an empty one where the service says that there is no such thing.
async fn found<T>(list: ItemStream<T>) -> Result<Vec<T>, DefenderError> {
    match list.try_collect().await {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        listed => listed,
    }
}

/// What the service took, it took, whatever it says of it.
fn taken<T>(answer: Result<T, DefenderError>) -> Result<(), DefenderError> {
    match answer {
        Ok(_) | Err(DefenderError::Unreadable { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Asks once more where an answer cannot be read: it came whole by its own account, and was cut on its way.
async fn readable<T, C>(ask: impl Fn() -> C) -> Result<T, DefenderError>
where
    C: Future<Output = Result<T, DefenderError>>,
{
    match ask().await {
        Err(DefenderError::Unreadable { .. }) => ask().await,
        answer => answer,
    }
}

fn adapters(result: &HuntingResult) -> Adapters {
    let mut adapters = Adapters::new();
    for row in Row::all(result) {
        if let Some(machine) = row.text("DeviceId") {
            let of_machine = adapters.entry(MachineId::new(machine)).or_default();
            of_machine.push(Adapter::of(&row));
        }
    }
    adapters
}

#[async_trait]
impl Upstream for Tenant {
    async fn alerts(&self, named: &Named) -> SharedResult<Vec<Arc<Alert>>> {
        let alerts = || match named {
            Named::File(sha1) => self.reader.files().alerts(sha1),
            Named::Domain(name) => self.reader.domains().alerts(name),
            Named::Ip(address) => self.reader.ips().alerts(*address),
        };
        let alerts = readable(|| found(alerts())).await?;
        Ok(alerts.into_iter().map(Arc::new).collect())
    }

    async fn alerts_with_evidence(&self, bare: &[Arc<Alert>]) -> SharedResult<Vec<Arc<Alert>>> {
        let ids: Vec<AlertId> = bare.iter().map(|alert| alert.id.clone()).collect();
        let calls = ids.chunks(IDS_PER_CALL).map(|ids| self.some_alerts(ids));
        let alerts = try_join_all(calls).await?.into_iter().flatten();
        Ok(alerts.map(Arc::new).collect())
    }

    async fn file(&self, hash: &str) -> SharedResult<Option<Hashes>> {
        let files = self.reader.files();
        let file = readable(|| files.get(hash)).await?;
        Ok(file.as_ref().map(Hashes::from))
    }

    async fn hashes(&self, files: &[Subject], window: SignedDuration) -> SharedResult<Triples> {
        let query = hashes_query(files, window);
        Ok(triples(&self.hunt(&query).await?))
    }

    async fn events(
        &self,
        wanted: EventsWanted,
        subjects: &[Subject],
    ) -> SharedResult<Arc<HuntingResult>> {
        let query = wanted.query(subjects);
        Ok(Arc::new(self.hunt(&query).await?))
    }

    async fn adapters(
        &self,
        machines: &[MachineId],
        window: SignedDuration,
    ) -> SharedResult<Adapters> {
        let query = adapters_query(machines, window);
        Ok(adapters(&self.hunt(&query).await?))
    }

    async fn machines(&self, ids: &[MachineId]) -> Result<Vec<Machine>, DefenderError> {
        let calls = ids.chunks(IDS_PER_CALL).map(|ids| self.some_machines(ids));
        Ok(try_join_all(calls).await?.into_iter().flatten().collect())
    }

    fn actions(&self) -> &dyn ResponseActions {
        self
    }
}

#[async_trait]
impl ResponseActions for Tenant {
    async fn probe(&self) -> Result<(), DefenderError> {
        self.reader.scores().exposure().await.map(drop)
    }

    async fn available_actions(
        &self,
        machine: &MachineId,
    ) -> Result<Vec<ActionAvailability>, DefenderError> {
        let available = self.reader.machine_actions().available(machine);
        available.try_collect().await
    }

    async fn last_action(
        &self,
        machine: &MachineId,
        kinds: [ActionType; 2],
    ) -> Result<Option<MachineAction>, DefenderError> {
        let [one, other] = kinds.map(|kind| Filter::equal("type", kind.as_str()));
        let filter = Filter::equal("machineId", machine.as_str())
            .and(&Filter::equal("status", "Succeeded"))
            .and(&one.or(&other));
        let mut actions = self
            .reader
            .machine_actions()
            .list(&ListQuery::filtered(filter));
        let mut newest: Option<MachineAction> = None;
        while let Some(action) = actions.try_next().await? {
            if newest
                .as_ref()
                .is_none_or(|newest| newest.created < action.created)
            {
                newest = Some(action);
            }
        }
        Ok(newest)
    }

    async fn indicator(&self, values: [&str; 2]) -> Result<Option<Indicator>, DefenderError> {
        let [one, other] = values;
        let spellings = if one == other {
            vec![one]
        } else {
            vec![one, other]
        };
        let query = ListQuery {
            filter: any_of("indicatorValue", spellings.iter().copied()),
            limit: Some(1),
            page_size: None,
        };
        self.reader.indicators().list(&query).try_next().await
    }

    async fn order(
        &self,
        machine: &MachineId,
        action: &ActionRequest,
        comment: &str,
    ) -> Result<(), DefenderError> {
        let machines = self.writer.machines();
        taken(machines.order(machine, action, comment).await)
    }

    async fn start_investigation(
        &self,
        machine: &MachineId,
        comment: &str,
    ) -> Result<(), DefenderError> {
        let machines = self.writer.machines();
        taken(machines.start_investigation(machine, comment).await)
    }

    async fn add_indicator(&self, indicator: &NewIndicator) -> Result<(), DefenderError> {
        taken(self.writer.indicators().submit(indicator).await)
    }

    async fn remove_indicator(&self, id: &IndicatorId) -> Result<(), DefenderError> {
        taken(self.writer.indicators().delete(id).await)
    }
}
